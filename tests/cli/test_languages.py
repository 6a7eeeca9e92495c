"""Texts go to an encoder, and words to a space, that has their language; what none knows has no vector."""

import json

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
    """An encoder and a space for English, which are the default, and others for Chinese, of the same weights."""
    words = tmp_path / "words.txt"
    words.write_text("cat\ndog\nlove\n爱\n天\n", encoding="utf-8")
    settings = 'encoder = "english"\nspace = "english"\n[languages]\nzh = "chinese"\n'
    for name, language in (("english", "en"), ("chinese", "zh")):
        settings += ENTRY.format(name=name, folder=encoder_folder, language=language)
        settings += SPACE.format(name=name, words=words, language=language)
    (tmp_path / "settings.toml").write_text(settings, encoding="utf-8")
    environ["LLMLAB_CONFIG"] = str(tmp_path / "settings.toml")
    return lab


SAID = "llmlab: english has no zh words: using the encoder chinese (choose another with --model)"


@pytest.mark.parametrize(
    ("line", "model", "said"),
    [
        ("embed cat dog", "english", False),
        ("embed 爱 cat", "chinese", True),
        ("embed cat 爱", "chinese", True),
        ("embed 爱 cat --tokens", "chinese", True),
        ("embed 爱 cat --model english", "english", False),
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


def test_what_streams_has_one_encoder_whatever_comes(lab):
    done = lab("embed - -f jsonl", stdin="cat\n爱\ndog\n".encode())
    assert [json.loads(record)["model"] for record in done.out.splitlines()] == ["english"] * 3


@pytest.mark.parametrize(("word", "space"), [("love", "english"), ("爱", "chinese"), ("爱 - cat + dog", "chinese")])
def test_a_word_goes_to_the_space_of_its_language(lab, word, space):
    done = lab(f"neighbors '{word}' -k 1 -f jsonl")
    assert done.code == 0, done.err
    assert json.loads(done.out)["space"] == space


HERE = "english does not know '☃': it has 0 of its 1 tokens; "


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("embed ☃", f"{HERE}choose another encoder with --model: all-minilm-l6-v2, use-multilingual, chinese"),
        ("embed cat ☃", HERE),
        ("odd cat dog ☃", HERE),
        ("why cat ☃", HERE),
        ("embed 爱☃☃☃ --model english", "choose another encoder with --model: use-multilingual, chinese"),
        ("embed ☃ --space english", f"{HERE}ask another space: "),
        ("neighbors ☃ --space english", f"{HERE}ask another space: minilm, bilingual, glove, gemma, chinese"),
        ("neighbors 爱☃☃☃ --space english", "ask another space: bilingual, gemma, chinese"),
        ("neighbors 'cat - ☃'", HERE),
        ("neighbors cat --against ☃", HERE),
        ("neighbors ☃ --spaces english,chinese", HERE),
    ],
)
def test_what_an_encoder_does_not_know_has_no_vector_and_who_may_know_it_is_named(lab, line, expected):
    assert lab("neighbors cat --spaces english,chinese").code == 0  # both are built
    done = lab(line)
    assert (done.code, done.out) == (2, "")
    assert expected in done.err.splitlines()[-1]


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
