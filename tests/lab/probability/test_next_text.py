"""Which character or word comes next, and when a character is asked for by itself."""

import math

import numpy as np
import pytest

from llmlab.backends.settings import Settings
from llmlab.errors import MisuseError
from llmlab.lab.characters.words import word_of
from llmlab.lab.probability.next import Next
from llmlab.lab.probability.next_text import next_text, what_follows
from llmlab.lab.prompt import read


def asked(lm, spellings, text, by=None, **more):
    return what_follows(lm, lambda: spellings, read(lm, text, raw=True), by, 5, **more)


def test_the_likeliest_characters_are_those_of_the_beginnings(lm, spellings, enumerated):
    found = asked(lm, spellings, "The", "character")
    whole = enumerated(b"The")
    for character, mass in list(found.tempered[0].masses.items())[:20]:
        assert mass == pytest.approx(enumerated(b"The" + character.encode()) / whole, abs=3e-3)
    masses = [found.tempered[0].masses[one] for one in found.listed]
    assert masses == sorted(masses, reverse=True) == sorted(found.tempered[0].masses.values(), reverse=True)[:5]


def test_a_text_that_ends_inside_a_token_is_asked_by_character_and_one_that_does_not_by_token(lm, spellings):
    inside, whole = asked(lm, spellings, "The q"), asked(lm, spellings, "The quick", "token")
    shares = {text: next_text(lm, spellings, read(lm, text, raw=True), "character", 1).beyond for text in ("The q",)}
    assert (inside.by == "character") == (shares["The q"] > 0.1)
    assert isinstance(whole, Next)


@pytest.mark.parametrize("by", ["character", "word"])
def test_a_page_plays_with_the_tokens_after_the_text_as_they_stand(lm, spellings, plain, by):
    assert asked(lm, spellings, "The", by).panels() == []
    (slider,) = asked(lm, spellings, "The", by, pictured=True, temperatures=(0.5, 2.0)).panels()
    expected = np.sort(plain(lm.encode("The").ids)[-1])[::-1]
    assert slider.logprobs == pytest.approx(expected[: len(slider.logprobs)].tolist(), abs=1e-4)
    assert (slider.temperatures, slider.note[:16]) == ([0.5, 2.0], "This is by token")


@pytest.mark.parametrize("by", ["character", "word"])
@pytest.mark.parametrize("filters", [Settings(top_k=5), Settings(top_p=0.5), Settings(repetition_penalty=1.2)])
def test_filters_are_of_tokens(lm, spellings, by, filters):
    with pytest.raises(MisuseError, match=f"of tokens, not of a {by}"):
        asked(lm, spellings, "The", by, filters=filters)
    assert isinstance(asked(lm, spellings, "The", filters=filters), Next)


@pytest.mark.parametrize("by", ["character", "word"])
def test_masses_and_what_was_not_found_sum_to_1_at_every_temperature(lm, spellings, by):
    found = asked(lm, spellings, "The cat", by, temperatures=(0.5, 1.0, 2.0))
    for one in found.tempered:
        assert sum(one.masses.values()) + sum(one.others.values()) == pytest.approx(1, abs=1e-6)
    records = found.records()
    assert len(records) == 3 * len(found.listed)
    assert {record["by"] for record in records} == {by}


def test_a_word_is_as_likely_as_its_characters_and_a_boundary_after_them(lm, spellings, enumerated):
    """P(word) is at least what was found, and no more than the word as a beginning."""
    found = next_text(lm, spellings, read(lm, "The", raw=True), "word", 5)
    whole = enumerated(b"The")
    for word in found.listed:
        if word.isascii() and word.isalpha() and len(word) < 3:
            joined, parted = (enumerated(one.encode()) for one in (f"The{word}", f"The {word}"))
            assert found.tempered[0].masses[word] <= (joined + parted) / whole * (1 + 1e-3)


@pytest.mark.parametrize(
    ("before", "added", "word"),
    [
        ("He likes", " movies", ("movies", False)),
        ("He likes", " movies.", ("movies", True)),
        ("He likes", " to play", ("to", True)),
        ("He likes", ".", (".", True)),
        ("He likes", "\n", ("\n", True)),
        ("He likes", " ", ("", False)),
        ("I like stra", "wberry", ("strawberry", False)),
        ("I like stra", "wberry,", ("strawberry", True)),
        ("I don", "'", ("", False)),
        ("I don", "'t", ("don't", False)),
        ("I don", "'t ", ("don't", True)),
        ("well", "-known ", ("well-known", True)),
        ("今天天气很", "好", ("好", False)),
        ("今天天气很", "好，", ("好", True)),
        ("我", "喜欢电影", ("喜欢", True)),
        ("我用", "iPhone手机", ("iPhone", True)),
        ("我在上", "海", ("上海", False)),
        ("我在上", "海，", ("上海", True)),
        ("Hello\n", "I'm ", ("I'm", True)),
        ("Hello\n", "My", ("My", False)),
        ("He met", " Xavier ", ("Xavier", True)),
        ("我在上", " 海，", ("海", True)),
    ],
)
def test_a_word_is_whole_when_something_else_follows_it(before, added, word):
    assert word_of(before, added) == word


def test_the_conclusion_names_the_likeliest_and_the_uncertainty(lm, spellings):
    (view,) = asked(lm, spellings, "The", "character").views()
    found = asked(lm, spellings, "The", "character")
    best = max(found.tempered[0].masses.values())
    assert f"({best:.0%}) is the likeliest next character" in view.conclusion
    assert f"{found.tempered[0].entropy / math.log(2):.2f} bits" in view.conclusion
