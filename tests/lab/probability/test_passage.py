"""A passage to guess: which it is, and what the model says of it, against plain torch over all covers."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import llmlab
from llmlab.backends.spellings import Spellings
from llmlab.errors import MisuseError
from llmlab.lab.probability.by_character import spelt
from llmlab.lab.probability.passage import Excerpt, excerpt, in_symbols, read
from llmlab.packaged import packaged

STORY = "The cat sat on the mat. It didn't move, and the dog looked at it for a long time before it sat down too."


@given(st.text(max_size=60), st.sampled_from(["character", "word"]))
def test_the_symbols_joined_are_the_text(text, by):
    line = " ".join(text.split())
    assert "".join(in_symbols(line, by)) == line


def test_a_mark_is_a_word_of_its_own_and_chinese_is_cut_in_words():
    assert in_symbols("It didn't move, he said.", "word") == ["It ", "didn't ", "move", ", ", "he ", "said", "."]
    assert in_symbols("今天天气很好，我们去 Paris 吧。", "word") == [
        "今天天气", "很", "好", "，", "我们", "去 ", "Paris ", "吧", "。",
    ]  # fmt: skip
    assert in_symbols("1️⃣ 👨‍👩‍👧é", "character") == ["1️⃣", " ", "👨‍👩‍👧", "é"]


@given(st.integers(0, 10**9), st.integers(1, 10))
def test_a_passage_is_of_the_text_and_as_long_as_asked_whatever_the_seed(seed, length):
    found = excerpt(STORY, "story", length, seed)
    assert found.text in STORY
    assert found.before
    assert (found.by, len(found.asked)) == ("word", length)
    assert found == excerpt(STORY, "story", length, seed)


def test_the_seeds_ask_everything():
    long = " ".join(f"w{number}" for number in range(40))
    asked = {one.strip() for seed in range(60) for one in excerpt(long, "w", 5, seed).asked}
    assert asked == {f"w{number}" for number in range(30, 40)}  # thirty stand before the first
    assert {excerpt(long, "w", 5, seed).cut for seed in range(60)} == {False, True}


def test_ends_of_lines_are_spaces_but_not_in_chinese():
    assert excerpt("one\r\ntwo\n\n three", "a", 1, 0).text == "one two three"
    assert excerpt("今天，\n天气很\n好。", "a", 1, 0).text == "今天，天气很好。"
    assert excerpt("今天\n天气", "a", 1, 0).by == "character"


@pytest.mark.parametrize(("text", "length"), [("", 1), ("one", 1), ("one two", 2), ("one two", 0)])
def test_a_text_that_is_too_short_is_refused(text, length):
    with pytest.raises(MisuseError, match=r"too few to guess|is none"):
        excerpt(text, "a.txt", length, 0)


def asked(before, *symbols, by="character"):
    return Excerpt("a", 0, by, before, symbols, False)


@pytest.mark.parametrize(
    "one",
    [
        asked("Th", "e"),
        asked("今", "天"),
        asked("a", " ", "é"),
        asked("a ", "é", by="word"),
        asked("T", "he", by="word"),
    ],
)
def test_the_bits_are_of_the_beginnings_before_and_with_a_symbol(lm, spellings, enumerated, one):
    found = read(lm, spellings, one)
    text = one.before
    for bits, own in zip(found.bits, one.asked, strict=True):
        expected = -math.log2(enumerated((text + own).encode()) / enumerated(text.encode()))
        assert bits == pytest.approx(expected, rel=2e-3, abs=2e-3)
        text += own


@pytest.mark.parametrize(
    "one", [asked("Th", *"e cat sat"), asked("The ", "cat ", "sat", by="word"), asked("今", *"天天气很好")]
)
def test_the_bits_add_up_to_what_prob_says_of_the_text(lm, spellings, one):
    total = math.fsum(read(lm, spellings, one).bits)
    assert total == pytest.approx(by_prob(lm, spellings, one), rel=1e-9)


def by_prob(model, spellings, one):
    """The bits of what is asked, by the rows of `prob --by character`."""
    rows = spelt(model, spellings, one.text).rows
    return sum(-row.logprob for row in rows[len(one.before) :]) / math.log(2)


@pytest.mark.models
@pytest.mark.parametrize("name", ["guess.en.txt", "guess.zh.txt"])
def test_the_bits_of_the_real_model_add_up_to_what_prob_says(name):
    lab = llmlab.open()
    text = (packaged() / "exercises" / name).read_text("utf-8")
    one = excerpt(text[:50], name, 8, 1, "character")
    found = read(lab._model(), lab._spellings(), one)
    assert math.fsum(found.bits) == pytest.approx(by_prob(lab._model(), lab._spellings(), one), rel=1e-2)
    assert [found.rank(place) for place in range(8)] == [place_by_next(lab, one, place) for place in range(8)]


@pytest.mark.models
def test_the_place_of_a_word_is_that_among_the_next_words():
    lab = llmlab.open()
    one = Excerpt("a", 0, "word", "The capital of France is ", ("Paris", ". ", "The ", "capital "), False)
    found = read(lab._model(), lab._spellings(), one)
    assert [found.rank(place) for place in range(4)] == [place_by_next(lab, one, place) for place in range(4)]


def place_by_next(lab, one, place):
    """The place of a symbol in what `next` lists."""
    before = one.before + "".join(one.asked[:place])
    listed = [record[one.by] for record in lab.next(before, k=3000, by=one.by).records()]
    return listed.index(one.asked[place].strip() or " ") + 1


def test_the_rank_of_a_character_is_its_place_by_probability(lm, spellings, enumerated):
    before = "Th"
    rank = read(lm, spellings, asked(before, "e")).rank(0)
    one_byte = [chr(code) for code in range(128)]
    masses = {one: enumerated((before + one).encode()) for one in one_byte}
    likelier = sum(mass > masses["e"] for mass in masses.values())
    others = 1 - sum(masses.values()) / enumerated(before.encode())
    assert likelier < rank <= likelier + 1 + others / (masses["e"] / enumerated(before.encode()))


def test_a_symbol_that_is_no_single_code_point_has_no_rank_by_character(lm, spellings):
    found = read(lm, spellings, asked("a", "👨‍👩‍👧"))
    assert found.rank(0) is None
    assert found.bits[0] > 0


def test_without_bos_something_must_stand_before(lm_without_bos):
    spellings = Spellings.read(lm_without_bos)
    with pytest.raises(MisuseError, match="no BOS"):
        read(lm_without_bos, spellings, asked("T", *"he cat"))
    before = "The cat sat on"
    assert all(bits > 0 for bits in read(lm_without_bos, spellings, asked(before, *" the")).bits)
