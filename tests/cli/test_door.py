"""The Python door says what the verbs say: the same document, of the same functions."""

import json
from pathlib import Path

import pytest

import llmlab
from llmlab.door import Lab, opened
from llmlab.errors import LabError

PAIRS = [{"sentence_good": "The cat runs.", "sentence_bad": "The cat run."}, {"good": "He is.", "bad": "He are."}]
QUESTIONS = [{"context": "The cat", "choices": [" is", " are"], "answer": 0}]
TWO = [*QUESTIONS, {"context": "The mat", "choices": [" is", " are"], "answer": 0}]
CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
TEXT = "the cat and the dog " * 90
TABLE = "word,size,fur\ncat,1,3\ndog,2,2.5\ncar,9,0\nbus,12,0.5\nhouse,9,1\nriver,8,2\n"


@pytest.fixture
def door(environ, monkeypatch, ear):
    """The door in the world of the commands."""
    monkeypatch.setenv("LLMLAB_CACHE", environ["LLMLAB_CACHE"])

    def door(bos: bool | None = None, **chosen: str) -> Lab:
        return opened(None, bos, ear, **chosen)

    return door


def same(done, result) -> None:
    """A command's json is the document of what the door returns."""
    assert done.code == 0, done.err
    assert json.loads(done.out) == json.loads(json.dumps(result.document()))


ABOUT_TEXT = {
    "prob 'The cat sat.'": lambda lab: lab.prob("The cat sat."),
    "prob 'The cat sat.' --by word --word-correction": lambda lab: lab.prob(
        "The cat sat.", by="word", word_correction=True
    ),
    "prob 'The cat sat.' --by character": lambda lab: lab.prob("The cat sat.", by="character"),
    "prob 'The cat' --alternatives 3": lambda lab: lab.prob("The cat", alternatives=3),
    "prob 'The cat' 'cat The'": lambda lab: lab.prob("The cat", "cat The"),
    "next 'The cat' -k 4": lambda lab: lab.next("The cat", k=4),
    "next 'The cat' -t 0.5,2 --top-k 5": lambda lab: lab.next("The cat", temperature=[0.5, 2], top_k=5),
    "next 'The ca' --by word -t 2": lambda lab: lab.next("The ca", by="word", temperature=2),
    "next 'What?' --preset qa": lambda lab: lab.next("What?", preset="qa"),
    "compare 'The cat sat.' 'The dog sat.'": lambda lab: lab.compare("The cat sat.", "The dog sat."),
    "orders 'The cat sat.'": lambda lab: lab.orders("The cat sat."),
    "cloze 'The [?] sat.' -c cat -c dog": lambda lab: lab.cloze("The [?] sat.", candidates=["cat", "dog"]),
    "choose 'The cat' -c ' is' -c ' are'": lambda lab: lab.choose("The cat", [" is", " are"]),
    "choose QUESTIONS": lambda lab: lab.choose(QUESTIONS),
    "choose TWO --shots 0,1 --draws 2 --seed 3 --template {prompt} --template 'Q: {prompt}'": lambda lab: lab.choose(
        TWO, shots=[1, 0], draws=2, seed=3, templates=["{prompt}", "Q: {prompt}"]
    ),
    "choose TWO --template 'Q: {prompt}'": lambda lab: lab.choose(TWO, templates="Q: {prompt}"),
    "pairs PAIRS": lambda lab: lab.pairs(PAIRS),
    "perplexity TEXT --window 64 --stride 20": lambda lab: lab.perplexity("text.txt", window=64, stride=20),
    "guess TEXT --seed 1 --length 4 --by character": lambda lab: lab.guess(
        [], "text.txt", seed=1, length=4, by="character"
    ),
    "calibration TEXT --bins 5 --tokens 90 --seed 2": lambda lab: lab.calibration(
        "text.txt", bins=5, tokens=90, seed=2
    ),
    "generate 'The cat' --seed 1 --samples 3 -t 0.5,1 --max-tokens 4": lambda lab: lab.generate(
        "The cat", seed=1, samples=3, temperature=[0.5, 1], max_tokens=4
    ),
    "generate --preset zh --seed 1 --max-tokens 3 --expect 巴黎": lambda lab: lab.generate(
        preset="zh", seed=1, max_tokens=3, expect="巴黎"
    ),
    "generate --seed 4 --max-tokens 3": lambda lab: lab.generate(seed=4, max_tokens=3),
    "trace 'The cat' --seed 1 --max-tokens 3 --top-p 0.9": lambda lab: lab.trace(
        "The cat", seed=1, max_tokens=3, top_p=0.9
    ),
    "layers 'The cat' --track ' is' -k 2": lambda lab: lab.layers("The cat", track=" is", k=2),
    "layers 'The cat'": lambda lab: lab.layers("The cat"),
    "attention 'The cat'": lambda lab: lab.attention("The cat"),
    "attention 'The cat' --layer 2": lambda lab: lab.attention("The cat", layer=2),
    "tree 'The cat' --depth 2 --branch 2 --min-p 0.01": lambda lab: lab.tree("The cat", depth=2, branch=2, min_p=0.01),
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Files that hold what is given to the door as records."""
    monkeypatch.chdir(tmp_path)
    Path("pairs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in PAIRS))
    Path("questions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in QUESTIONS))
    Path("two.jsonl").write_text("".join(json.dumps(one) + "\n" for one in TWO))
    Path("text.txt").write_text(TEXT)
    Path("table.csv").write_text(TABLE)
    Path("prompts.txt").write_text("The cat\nThe dog\n")


@pytest.mark.parametrize("line", ABOUT_TEXT)
def test_a_question_about_text_has_the_answer_of_its_verb(line, door, lab, files, lm_folder):
    typed = line.replace("PAIRS", "pairs.jsonl").replace("QUESTIONS", "questions.jsonl").replace("TEXT", "text.txt")
    typed = typed.replace("TWO", "two.jsonl")
    result = ABOUT_TEXT[line](door(model=str(lm_folder), engine="torch"))
    done = lab(f"{typed} MODEL --format json")
    document = {"prompts": [result.document()]} if line.startswith("generate") else result.document()
    assert done.code == 0, done.err
    assert json.loads(done.out) == json.loads(json.dumps(document))


def test_several_prompts_are_answered_one_after_the_other(door, lab, files, lm_folder):
    found = door(model=str(lm_folder), engine="torch").generate(["The cat", "The dog"], seed=3, max_tokens=3)
    same(lab("generate --prompts prompts.txt --seed 3 --max-tokens 3 MODEL --format json"), found)
    assert str(found).count("seed 3") == 2


def test_the_tokens_of_texts_are_those_of_the_verb(door, lab, lm_folder, gguf_file):
    same(lab("tokens 'The cat' LM --format json"), door(model=str(lm_folder)).tokens("The cat"))
    found = door().tokens("The 爱", "a</s>", model=[str(lm_folder), str(gguf_file)], allow_special=True)
    same(lab("tokens 'The 爱' 'a</s>' LM GGUF --allow-special --format json"), found)
    with pytest.raises(LabError, match="no text is given"):
        door().tokens()


ABOUT_WORDS = {
    "embed cat dog": lambda lab, _: lab.embed("cat", "dog"),
    "embed 'the cat' --tokens": lambda lab, _: lab.embed("the cat", tokens=True),
    "odd cat dog car": lambda lab, _: lab.odd("cat", "dog", "car"),
    "why cat dog --metric l2": lambda lab, _: lab.why("cat", "dog", metric="l2"),
    "embed 'the cat' 'a cat' --word cat --layer 1 MODEL": lambda lab, lm: lab.embed(
        "the cat", "a cat", word="cat", layer=1, model=lm
    ),
    "embed 'the cat' MODEL": lambda lab, lm: lab.embed("the cat", model=lm),
    "why cat dog --space table.csv --standardize --columns size": lambda lab, _: lab.why(
        "cat", "dog", space="table.csv", standardize=True, columns=["size"]
    ),
    "odd cat dog car --space table.csv": lambda lab, _: lab.odd("cat", "dog", "car", space="table.csv"),
}


@pytest.mark.parametrize("line", ABOUT_WORDS)
def test_a_question_about_words_has_the_answer_of_its_verb(line, door, lab, files, lm_folder, encoder_folder, environ):
    environ["LLMLAB_ENCODER"] = str(encoder_folder)
    engine = {"engine": "torch"} if "MODEL" in line else {}
    result = ABOUT_WORDS[line](door(encoder=str(encoder_folder), **engine), str(lm_folder))
    same(lab(f"{line} --format json"), result)


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ("-k 2 --metric l2", {"k": 2, "metric": "l2"}),
        ("--within 5 --metric l2 --sort word", {"within": 5.0, "metric": "l2", "sort": "word"}),
        ("--against car --against bus", {"against": ["car", "bus"]}),
        ("--words c.* --method mul", {"words": "c.*", "method": "mul"}),
    ],
)
def test_neighbours_are_those_of_the_verb(door, lab, files, options, asked):
    result = door().neighbors("cat", space="table.csv", **asked)
    done = lab(f"neighbors cat --space table.csv {options} --format json")
    assert done.code == 0, done.err
    assert json.loads(done.out) == {"queries": [json.loads(json.dumps(result.document()))]}


def test_what_a_command_says_on_stderr_the_reporter_hears(door, lab, files, ear, environ, encoder_folder):
    environ["LLMLAB_ENCODER"] = str(encoder_folder)
    lab_of_words = door(encoder=str(encoder_folder))
    done = lab("embed qqqq zzzz")
    lab_of_words.embed("qqqq", "zzzz")
    assert [f"llmlab: {one}" for one in ear.heard if "prepar" not in one] == [
        one for one in done.err.splitlines() if "prepar" not in one
    ]


def test_a_game_is_what_its_answers_make_of_it(door, lab, files, lm_folder):
    found = door(model=str(lm_folder), engine="torch").guess(["x", "", "", "t"], "text.txt", length=4, by="character")
    same(lab("guess text.txt --length 4 --by character --seed 0 MODEL -f json", b"x\n\n\nt\n"), found)
    hidden = door().secret(["car", "?", "!"], space="table.csv", seed=2)
    same(lab("secret --space table.csv --seed 2 -f json", b"car\n?\n!\n"), hidden)
    assert hidden.given_up


MISUSE = {
    "no text": lambda lab: lab.prob(),
    "['a', 'b'] is no text": lambda lab: lab.prob(["a", "b"]),
    "3 is no text": lambda lab: lab.next(3),
    "1 is no text": lambda lab: lab.compare("a", 1),
    "['love'] is no text": lambda lab: lab.neighbors(["love"]),
    "'0.2,1' is a text": lambda lab: lab.next("a", temperature="0.2,1"),
    "the text is empty": lambda lab: lab.prob(""),
    "for one text": lambda lab: lab.prob("a", "b", by="word"),
    "alternatives are to tokens": lambda lab: lab.prob("a", by="word", alternatives=2),
    "backwards": lambda lab: lab.perplexity(text="a b c", stride=-1),
    "of one text": lambda lab: lab.perplexity(),
    "calibration is of one text": lambda lab: lab.calibration("a", text="b"),
    "do not fill": lambda lab: lab.calibration(text="b", tokens=2),
    "leave 0 for examples": lambda lab: lab.choose(QUESTIONS, shots=[1]),
    "nothing is asked": lambda lab: lab.next("a", k=0),
    "is negative": lambda lab: lab.orders("a b", seed=-1),
    "top-k": lambda lab: lab.next("a", top_k=-1),
    "no preset": lambda lab: lab.next("a", preset="none"),
    "no chat template": lambda lab: lab.generate(chat=CHAT),
    "two ways": lambda lab: lab.generate("a", chat=CHAT),
    "one temperature": lambda lab: lab.trace("a", temperature=[1, 2]),
    "no prompts": lambda lab: lab.generate([]),
    "no pairs": lambda lab: lab.pairs([]),
    "record 2 is no pair: it has no bad": lambda lab: lab.pairs([PAIRS[1], {"good": "a"}]),
    "record 1 is no pair": lambda lab: lab.pairs([None]),
    "there are no questions": lambda lab: lab.choose([]),
    "--space is empty": lambda lab: lab.neighbors("a", space=""),
    "one space": lambda lab: lab.neighbors("a", spaces=["minilm"]),
    "takes one file": lambda lab: lab.evaluate("glove"),
    "--metric does not go with": lambda lab: lab.embed("a", tokens=True, metric="l2"),
}


@pytest.mark.parametrize("said", MISUSE)
def test_misuse_is_an_error_that_says_what_is_wrong(said, door, lm_folder):
    with pytest.raises(LabError) as caught:
        MISUSE[said](door(model=str(lm_folder), engine="torch"))
    assert said in caught.value.message


def test_a_lab_has_the_settings_it_is_opened_with(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('space = "glove"\n[neighbors]\nk = 3\n')
    lab = llmlab.open(config=file, model="gemma-3-270m", dtype="float32")
    assert (lab.config.space, lab.config.neighbors.k, lab.config.dtype) == ("glove", 3, "float32")


def test_a_setting_that_is_none_is_refused():
    with pytest.raises(LabError, match="engine"):
        llmlab.open(engine="abacus")
