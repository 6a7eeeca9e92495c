"""The next character, against P(text c) / P(text) by plain torch, and against all that few tokens may say."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
from few import TEXTS as FEW_TEXTS
from few import Few, beginning, chance, covering, covers_of, outcomes, spelling
from hypothesis import given, settings
from hypothesis import strategies as st

from llmlab.lab.characters.covers import Effort, cover
from llmlab.lab.characters.following import Following, beyond, drawn, endings, first_character, following
from llmlab.lab.prompt import mended, read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample

ALL = Effort(floor=0.0, per_token=10_000, rounds=100, worth=0.0)
TEXTS = ("T", "The", "今天", "今", "a ", "😀", "é", "The c", "1")


@pytest.mark.parametrize("text", TEXTS)
def test_the_next_character_is_as_likely_as_the_beginnings_say(lm, spellings, enumerated, request_of, text):
    found = following(lm, spellings, cover(lm, spellings, request_of(text), ALL))
    whole = enumerated(text.encode())
    likeliest = sorted(found.characters, key=lambda one: -found.characters[one])[:3]
    for character in likeliest:
        expected = enumerated((text + character).encode()) / whole
        assert found.characters[character] <= expected * (1 + 1e-4)
        assert found.characters[character] >= expected - found.rest - 1e-5


@settings(max_examples=30)
@given(st.sampled_from(TEXTS), st.sampled_from([0.2, 0.7, 1.0, 2.0]))
def test_all_that_may_come_sums_to_1_and_what_was_not_followed(lm, spellings, request_of, text, temperature):
    found = following(lm, spellings, cover(lm, spellings, request_of(text), ALL), temperature)
    known = sum(found.characters.values()) + found.end + found.control + found.invalid
    assert known + found.rest == pytest.approx(1, abs=1e-6)
    assert 0 <= found.rest < 0.35  # of random weights much is unfinished characters
    assert found.entropy <= math.log(len(found.characters) + 4)


@pytest.mark.parametrize("text", TEXTS)
def test_the_places_where_a_last_token_may_begin_share_all_of_the_mass(lm, spellings, request_of, text):
    found = endings(spellings, cover(lm, spellings, request_of(text), ALL))
    assert sum(one.share for one in found if one.rest) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("text", ["The", "今天", "a "])
def test_the_mass_beyond_an_end_is_that_of_longer_tokens(lm, spellings, enumerated, request_of, text):
    """P(beginning) less P(sequences that end with the text), over P(beginning)."""
    raw = text.encode()

    def ending(ids, spelt):
        logprobs = lm.next([replace_ids(lm, ids)])[0]
        total = 0.0
        for token in range(2, lm.info.vocabulary):
            longer = spelt + lm.piece(token)
            if raw.startswith(longer):
                mass = math.exp(logprobs[token])
                total += mass if longer == raw else mass * ending((*ids, token), longer)
        return total

    found = beyond(spellings, cover(lm, spellings, request_of(text), ALL))
    assert found == pytest.approx(1 - ending((), b"") / enumerated(raw), abs=1e-4)


def replace_ids(lm, ids):
    return replace(lm.encode("x"), ids=tuple(ids), pieces=tuple(map(lm.piece, ids)))


@pytest.mark.parametrize("text", ["The c", "The cat s"])
@pytest.mark.parametrize("temperature", [0.7, 1.0, 1.5])
def test_what_is_drawn_after_a_healed_prompt_is_what_the_distribution_says(
    lm, spellings, request_of, text, temperature
):
    """Chi-squared of first characters; those that no first token has whole are left out of both."""
    prompt = mended(lm, spellings, read(lm, text, raw=True), wanted=True)
    assert len(prompt.cuts) > 1
    drawn = sample(lm, prompt, Plan((temperature,), 4000, 6), [(temperature, i) for i in range(4000)])
    counts = Counter(one.text[:1] for one in drawn)
    expected = following(lm, spellings, cover(lm, spellings, request_of(text), ALL), temperature).characters
    frequent = [one for one, mass in expected.items() if mass > 0.01]
    seen = np.array([counts[one] for one in frequent])
    masses = np.array([expected[one] for one in frequent])
    assert masses.sum() > 0.2
    assert scipy.stats.chisquare(seen, seen.sum() * masses / masses.sum()).pvalue > 1e-4


def test_at_zero_only_the_likeliest_cut_is_drawn_from(lm, spellings, request_of):
    covers = cover(lm, spellings, request_of("The c"), ALL)
    found = following(lm, spellings, covers, 0.0)
    prompt = mended(lm, spellings, read(lm, "The c", raw=True), wanted=True)
    (one,) = sample(lm, prompt, Plan((0.0,), 1, 6), [(0.0, 0)])
    outcomes = {**found.characters, **found.others, "not followed": found.rest}
    assert max(outcomes.values()) == pytest.approx(1)
    assert found.characters.get(one.text[:1], 0.0) in (pytest.approx(1), 0.0)


@pytest.mark.parametrize("text", ["", *FEW_TEXTS])
@pytest.mark.parametrize("temperature", [0.0, 0.5, 1.0, 1.7])
def test_the_next_character_is_what_all_that_may_come_say(text, temperature):
    few = Few()
    found = following(few, few.trie, covers_of(few, text), temperature)
    expected = outcomes(few, text.encode(), temperature)
    own = Counter(found.characters) + Counter(end=found.end, control=found.control, invalid=found.invalid)
    assert found.temperature == temperature
    assert found.rest < 0.02
    for one in {*expected, *own}:
        assert expected[one] - found.rest - 1e-5 <= own[one] <= expected[one] + 1e-5, one
    assert sum(own.values()) + found.rest == pytest.approx(1, abs=1e-6)
    assert found.others == {"end of text": found.end, "control token": found.control, "invalid bytes": found.invalid}
    masses = np.array([*own.values(), found.rest])
    assert found.entropy == pytest.approx(-sum(p * math.log(p) for p in masses if p > 0), abs=1e-9)


def test_a_distribution_is_the_models_own_unless_a_temperature_is_asked_for():
    few = Few()
    covers = covers_of(few, "ab")
    assert following(few, few.trie, covers) == following(few, few.trie, covers, 1.0)


def test_what_is_certain_has_no_entropy():
    found = Following(1.0, {"a": 1.0}, 0.0, 0.0, 0.0, 0.0)
    assert (found.entropy, math.copysign(1, found.entropy)) == (0, 1)


@pytest.mark.parametrize("text", FEW_TEXTS)
def test_the_places_of_the_last_token_share_what_they_hold(text):
    few = Few()
    raw, covers = text.encode(), covers_of(few, text)
    whole = beginning(few, raw)
    found = endings(few.trie, covers)
    expected = {ids: sum(tokens.values()) / whole for ids, _, tokens in covering(few, raw)}
    assert {one.tokens.ids: one.share for one in found if one.rest} == pytest.approx(expected, rel=1e-5)
    longer = 0.0
    for one in found:
        if one.rest:
            assert one.rest == raw[len(b"".join(one.tokens.pieces)) :]
            own = {int(token) for token in few.trie.ids[one.places.start : one.places.stop]}
            assert own == {token for token, piece in spelling(few) if piece.startswith(one.rest)}
        else:
            assert len(one.places) == len(few.trie)
            assert one.share == pytest.approx(chance(few, one.tokens.ids) / whole, rel=1e-5)
    for _, end, tokens in covering(few, raw):
        longer += sum(p for token, p in tokens.items() if end + len(few.piece(token)) > len(raw))
    assert beyond(few.trie, covers) == pytest.approx(longer / whole, abs=1e-5)


def test_at_zero_one_place_holds_all_and_at_any_other_temperature_they_are_as_they_were():
    few = Few()
    covers = covers_of(few, "ab b")
    every = endings(few.trie, covers)
    assert [one.share for one in drawn(few.trie, covers, 0.5)] == [one.share for one in every]
    cold = [one for one in drawn(few.trie, covers, 0.0) if one.rest]
    best = max((one for one in every if one.rest), key=lambda one: one.share)
    assert [(one.tokens, one.share) for one in cold] == [(best.tokens, 1.0)]


@pytest.mark.parametrize(
    ("raw", "character"),
    [(b"ab", "a"), ("你a".encode(), "你"), (b"\xe4", None), (b"\xe4\xbd", None), (b"\xff", ""), (b"\xe4a", "")],
)
def test_the_first_character_of_bytes(raw, character):
    assert first_character(raw) == character
