"""The Python door to several models says what the verbs say with --model several times."""

import json

import pytest

from llmlab.door import opened
from llmlab.errors import MisuseError

PAIRS = [{"good": "The cat runs.", "bad": "The cat run."}, {"good": "He is.", "bad": "He are."}]
SAMPLED = {"seed": 1, "samples": 2, "temperature": [0, 1], "max_tokens": 3}
LINES = {
    "prob 'The cat sat.'": lambda lab, two: lab.prob("The cat sat.", **two),
    "prob 'The cat' 'cat The'": lambda lab, two: lab.prob("The cat", "cat The", **two),
    "next 'The cat' -k 4 --by token": lambda lab, two: lab.next("The cat", k=4, by="token", **two),
    "next 'The ca' -t 2": lambda lab, two: lab.next("The ca", temperature=2, **two),
    "compare 'The cat sat.' 'The dog sat.'": lambda lab, two: lab.compare("The cat sat.", "The dog sat.", **two),
    "pairs pairs.jsonl": lambda lab, two: lab.pairs(PAIRS, **two),
    "perplexity text.txt --window 64": lambda lab, two: lab.perplexity("text.txt", window=64, **two),
    "generate The --seed 1 -n 2 -t 0,1 --max-tokens 3": lambda lab, two: lab.generate("The", **SAMPLED, **two),
}


@pytest.fixture
def lab_of(environ, monkeypatch, ear, tmp_path):
    """A lab in the world of the commands, beside files of what it is given as records."""
    monkeypatch.setenv("LLMLAB_CACHE", environ["LLMLAB_CACHE"])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(one) + "\n" for one in PAIRS))
    (tmp_path / "text.txt").write_text("the cat and the dog " * 90)
    return opened(None, None, ear, engine="torch")


@pytest.mark.parametrize("line", LINES)
def test_a_question_to_several_models_has_the_answer_of_its_verb(line, lab_of, lab, lm_folder, lm_folder_without_bos):
    two = {"model": [str(lm_folder), str(lm_folder_without_bos)]}
    document = LINES[line](lab_of, two).document()
    done = lab(f"{line} MODEL --model {lm_folder_without_bos} --format json")
    assert done.code == 0, done.err
    expected = {"prompts": [document]} if line.startswith("generate") else document
    assert json.loads(done.out) == json.loads(json.dumps(expected))


def test_one_model_twice_takes_a_number_type_each(lab_of, lm_folder):
    found = lab_of.prob("The cat", model=[str(lm_folder)] * 2, dtype=["float32", "bfloat16"])
    assert [row["dtype"] for row in found.records()] == ["float32", "bfloat16"]
    with pytest.raises(MisuseError, match="given twice"):
        lab_of.prob("The cat", model=[str(lm_folder)] * 2)


def test_one_model_that_is_named_answers_alone(lab_of, lm_folder):
    found = lab_of.prob("The cat", model=str(lm_folder), dtype="bfloat16")
    assert {row["dtype"] for row in found.records()} == {"bfloat16"}
    assert "token" in found.records()[0]


def test_what_is_of_one_model_is_refused(lab_of):
    for asked in ({"by": "word"}, {"alternatives": 2}):
        with pytest.raises(MisuseError, match="for one text and model"):
            lab_of.prob("a", model=["x", "y"], **asked)
    with pytest.raises(MisuseError, match="one temperature"):
        lab_of.next("a", temperature=[1, 2], model=["x", "y"])
