"""Texts go to an encoder, and words to a space, that has their language; what none knows has no vector."""

import json
import shutil

import pytest

ENTRY = """
[models.{name}]
kind = "encoder"
description = "tiny"
source = "folder"
licence = "MIT"
path = "{folder}"
languages = ["{language}"]
"""
SPACE = """
[spaces.{name}]
model = "{name}"
vectors = "encoder"
vocabulary = "{words}"
languages = ["{language}"]
"""


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture
def lab(lab, environ, tmp_path, encoder_folder):
    """An encoder and a space for English, which are the default, and others for Chinese, of the same weights.

    The English encoder lacks the token 爱, as one of English texts does.
    """
    english = shutil.copytree(encoder_folder, tmp_path / "english")
    tokenizer = english / "tokenizer.json"
    read = json.loads(tokenizer.read_text(encoding="utf-8"))
    vocabulary = read["model"]["vocab"]
    vocabulary["nothing"] = vocabulary.pop("爱")
    tokenizer.write_text(json.dumps(read), encoding="utf-8")
    words = tmp_path / "words.txt"
    words.write_text("cat\ndog\nlove\n爱\n天\n", encoding="utf-8")
    settings = 'encoder = "english"\nspace = "english"\n[languages]\nzh = "chinese"\n'
    for name, language, folder in (("english", "en", english), ("chinese", "zh", encoder_folder)):
        settings += ENTRY.format(name=name, folder=folder, language=language)
        settings += SPACE.format(name=name, words=words, language=language)
    (tmp_path / "settings.toml").write_text(settings, encoding="utf-8")
    environ["LLMLAB_CONFIG"] = str(tmp_path / "settings.toml")
    return lab


SAID = "llmlab: english has no Chinese words: using the encoder chinese (choose another with --model)"


@pytest.mark.parametrize(
    ("line", "model", "said"),
    [
        ("embed cat dog", "english", False),
        ("embed 爱 cat", "chinese", True),
        ("embed cat 爱", "chinese", True),
        ("embed 爱 cat --tokens", "chinese", True),
        ("embed 'cat 爱 dog' --model english", "english", False),
        ("odd cat dog 爱", "chinese", True),
        ("why cat 爱", "chinese", True),
        ("why cat dog", "english", False),
    ],
)
def test_texts_go_to_an_encoder_that_has_the_language_of_one_of_them(lab, line, model, said):
    done = lab(f"{line} -f jsonl")
    assert done.code == 0, done.err
    assert {json.loads(record)["model"] for record in done.out.splitlines()} == {model}
    assert (SAID in done.err.splitlines()) == said


@pytest.mark.parametrize(
    ("given", "model"), [("爱\ncat\n爱\n", "chinese"), ("cat\nlove\nthe cat\n", "english"), ("", None)]
)
def test_what_streams_has_the_encoder_of_its_first_line(lab, given, model):
    done = lab("embed - -f jsonl", stdin=given.encode())
    assert done.code == 0, done.err
    assert [json.loads(record)["model"] for record in done.out.splitlines()] == [model] * given.count("\n")
    assert (SAID in done.err.splitlines()) == (model == "chinese")
    values = lab("embed - -q", stdin=given.encode())
    assert (values.code, values.out.count("\n")) == (0, given.count("\n"))


def test_a_line_that_the_encoder_of_the_first_does_not_know_is_refused(lab):
    done = lab("embed - -f jsonl", stdin="cat\n爱\n".encode())
    assert (done.code, done.out.count("\n")) == (2, 1)
    assert "english does not know '爱': it has 0 of its 1 tokens; choose another encoder with --model: " in done.err


@pytest.mark.parametrize(("word", "space"), [("love", "english"), ("爱", "chinese"), ("爱 - cat + dog", "chinese")])
def test_a_word_goes_to_the_space_of_its_language(lab, word, space):
    done = lab(f"neighbors '{word}' -k 1 -f jsonl")
    assert done.code == 0, done.err
    assert json.loads(done.out)["space"] == space


WEAK = "is made by a sentence encoder, which is weak at sums; word vectors do better: --space"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("neighbors 'love - cat + dog'", f"llmlab: english {WEAK} glove or gemma"),
        ("neighbors '爱 － cat ＋ dog'", f"llmlab: chinese {WEAK} gemma"),
        ("neighbors 'cat - dog' --spaces chinese，english", f"llmlab: english {WEAK} glove or gemma"),
        ("neighbors love", None),
        ("neighbors '爱 - 恨' -s mine", None),
    ],
)
def test_a_sum_in_a_space_of_a_sentence_encoder_is_said_to_be_weak(lab, tmp_path, line, said):
    (tmp_path / "mine.vec").write_text("爱 3 1\n恨 -1 2\n心 4 2\n", encoding="utf-8")
    assert lab(f"space import mine {tmp_path}/mine.vec").code == 0
    done = lab(f"{line} -f jsonl")
    assert done.code == 0, done.err
    assert (said in done.err.splitlines()) if said else ("weak at sums" not in done.err)


def test_a_sum_without_spaces_around_its_signs_is_shown_with_them(lab, tmp_path):
    (tmp_path / "mine.vec").write_text("爱 3 1\n恨 -1 2\n", encoding="utf-8")
    assert lab(f"space import mine {tmp_path}/mine.vec").code == 0
    hint = "; a sum has spaces around its signs: '爱 - 天'"
    refused, answered = lab("neighbors 爱-天 -s mine"), lab("neighbors 爱-天 -s chinese")
    assert (refused.code, answered.code) == (2, 0)
    for done in (refused, answered):
        assert done.err.splitlines()[-1].endswith(hint)
    assert hint not in lab("neighbors love-cat").err


HERE = "english does not know '☃': it has 0 of its 1 tokens; "
NO_SPACE, NO_ENCODER = "no space here knows it: try another word", "no encoder here knows it: try another text"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("embed cat ☃", HERE),
        ("odd cat dog ☃", HERE),
        ("why cat ☃", HERE),
        ("embed '爱 ☃ ☃ ☃' --model english", NO_ENCODER),
        ("embed '☃ ☃ cat' --model chinese", NO_ENCODER),
        ("embed ☃ --space english", f"{HERE}{NO_SPACE}"),
        ("neighbors ☃ --space english", f"{HERE}{NO_SPACE}"),
        ("neighbors 爱☃☃☃ --space english", NO_SPACE),
        ("neighbors 爱 --space english", "ask another space: bilingual, chinese, mine"),
        ("embed 爱 love --space english", "ask another space: bilingual, chinese, mine"),
        ("neighbors love --space mine", "ask another space: minilm, bilingual, english, chinese"),
        ("neighbors 好 --space mine", "ask another space: bilingual, chinese"),
        ("neighbors 爱 --space mine --against ☃", f"the space mine has no word '☃'; {NO_SPACE}"),
        ("neighbors 'cat - ☃'", HERE),
        ("neighbors cat --against ☃", HERE),
        ("neighbors ☃ --spaces english,chinese", HERE),
    ],
)
def test_what_an_encoder_does_not_know_has_no_vector_and_only_who_knows_it_is_named(lab, tmp_path, line, expected):
    (tmp_path / "mine.vec").write_text("爱 3 1\n恨 -1 2\n", encoding="utf-8")
    assert lab(f"space import mine {tmp_path}/mine.vec").code == 0
    assert lab("neighbors cat --spaces english,chinese").code == 0  # both are built
    done = lab(line)
    assert (done.code, done.out) == (2, "")
    assert expected in done.err.splitlines()[-1]
    assert not (tmp_path / "cache" / "spaces" / "bilingual").exists()


def test_an_engine_without_an_encoder_for_a_text_is_to_be_left_out(lab):
    done = lab("embed ☃ --engine torch")
    assert (done.code, done.out) == (2, "")
    assert f"{HERE}no encoder here knows it: leave out --engine and --dtype" in done.err


def test_another_encoder_that_knows_a_text_is_named(lab):
    done = lab("embed 爱 --model english")
    named = done.err.split("choose another encoder with --model: ")[1].strip().split(", ")
    assert "chinese" in named
    assert "all-minilm-l6-v2" not in named  # it is for English


def test_what_an_encoder_lacks_of_a_text_is_said(lab):
    part = "its vector is of those"
    assert part in lab("embed 'the cat ☃'").err
    assert part in lab("neighbors 'the cat ☃' -k 1").err
    assert part in lab("embed 'the cat ☃' --space english").err
    assert part not in lab("embed 'the cat'").err


def test_a_space_leaves_out_what_its_encoder_does_not_know(lab, tmp_path):
    (tmp_path / "some.txt").write_text("cat\n☃\nCAT\n☃☃\n", encoding="utf-8")
    done = lab(f"space build mine --model english --vocab {tmp_path}/some.txt")
    assert "llmlab: english: left out 2 words that it does not know: ☃, ☃☃" in done.err
    assert "llmlab: english: left out 1 word that it cannot tell from a word before: CAT = cat" in done.err
    record = json.loads(lab("space show mine -f jsonl").out)
    assert (record["words"], record["unknown"], record["alike"]) == (1, 2, 1)
