"""The probability of a beginning, against the sum over every token sequence, by plain torch and of few tokens."""

import math

import numpy as np
import pytest
from few import LONG, TEXTS, Few, beginning, chance, contexts, covering, covers_of, spelling
from hypothesis import given, settings
from hypothesis import strategies as st

from llmlab.backends.base import Tokens
from llmlab.lab.characters.covers import EXACT, Effort, Request, cover

OWN_TOKENS = Effort(per_token=1, beside=1, rounds=1, exact=False)  # only contexts that the tokenizer itself would make
ALL = Effort(floor=0.0, per_token=10_000, rounds=100, worth=0.0)
SHORT = st.text("The cat今天很好 😀é\n1", min_size=1, max_size=4).filter(lambda text: len(text.encode()) <= 7)


@settings(max_examples=200)
@given(SHORT)
def test_a_short_text_is_covered_exactly(lm, spellings, enumerated, request_of, text):
    found = cover(lm, spellings, request_of(text), ALL)
    assert math.exp(found.logprob) == pytest.approx(enumerated(text.encode()), rel=1e-5, abs=1e-9)
    assert (found.left_out, found.bound) == (0, 0)


@given(SHORT)
def test_what_is_left_out_is_no_more_than_the_bound_says(lm, spellings, enumerated, request_of, text):
    found, whole = cover(lm, spellings, request_of(text), OWN_TOKENS), enumerated(text.encode())
    missing = whole - math.exp(found.logprob)
    assert missing >= -1e-5 * whole
    assert missing <= (found.bound + 1e-5) * math.exp(found.logprob)


@given(SHORT, st.data())
def test_factors_multiply_to_the_whole_wherever_a_text_is_split(lm, spellings, request_of, text, data):
    cut = data.draw(st.integers(1, len(text)))
    whole = cover(lm, spellings, request_of(text), ALL)
    part = cover(lm, spellings, request_of(text[:cut]), ALL)
    assert whole.logprobs[len(text[:cut].encode())] == pytest.approx(part.logprob, abs=1e-4)
    assert np.all(np.diff(whole.logprobs) <= 1e-6)  # P(ab) <= P(a)
    assert np.diff(whole.logprobs).sum() == pytest.approx(whole.logprob)


@given(SHORT)
def test_more_effort_never_finds_less(lm, spellings, request_of, text):
    efforts = (OWN_TOKENS, Effort(), ALL)
    sums = [cover(lm, spellings, request_of(text, through=False), effort).logprob for effort in efforts]
    assert sums[0] <= sums[1] + 1e-5 <= sums[2] + 2e-5


def test_what_stands_before_is_given_and_not_scored(lm, spellings, enumerated):
    given_, own = lm.encode("The cat"), lm.encode(" sat")
    found = cover(lm, spellings, Request(given_, own), ALL)
    assert math.exp(found.logprob) == pytest.approx(enumerated(b" sat", given_.ids), rel=1e-5)


def test_the_tokenizers_own_tokens_are_scored_as_by_the_engine(lm, spellings, total, request_of):
    for text in ("The cat", "今天", "a é"):
        found = cover(lm, spellings, request_of(text, through=False))
        assert found.own.sum() == pytest.approx(total(text), abs=1e-4)


def test_a_text_of_many_contexts_is_read_within_its_budget(lm, spellings):
    own = lm.encode("The quick brown fox jumps over the lazy dog. " * 2)
    effort = Effort()
    found = cover(lm, spellings, Request(Tokens((), ()), own), effort)
    assert len(own) < found.contexts <= effort.budget(len(own)) + 1
    alone = cover(lm, spellings, Request(Tokens((), ()), own), OWN_TOKENS)
    assert alone.logprob <= found.logprob
    assert found.left_out < alone.left_out


@pytest.mark.parametrize("text", TEXTS)
def test_every_beginning_of_a_text_is_the_sum_of_its_covers(text):
    few = Few()
    found, raw = covers_of(few, text), text.encode()
    expected = [beginning(few, raw[:end]) for end in range(len(raw) + 1)]
    assert np.exp(found.logprobs) == pytest.approx(expected, rel=1e-5)
    assert math.exp(found.logprob) == pytest.approx(expected[-1], rel=1e-5)
    assert (found.text, found.left_out, found.bound) == (raw, 0, 0)
    assert found.contexts == len(contexts(few, raw))


@pytest.mark.parametrize("text", TEXTS)
def test_every_context_from_which_one_token_reaches_the_end_is_kept(text):
    few = Few()
    found, raw = covers_of(few, text), text.encode()
    expected = {ids: p for ids, spelt, p in contexts(few, raw) if spelt == raw}
    reaching = {ids for ids, *_ in covering(few, raw)}
    expected |= {ids: p for ids, _, p in contexts(few, raw) if ids in reaching}
    assert {one.tokens.ids: math.exp(one.logprob) for one in found.reaching} == pytest.approx(expected, rel=1e-5)
    for one in found.reaching:
        assert one.end == len(b"".join(one.tokens.pieces))
        assert one.nexts == pytest.approx(few.after(one.tokens.ids), abs=1e-5)


def test_what_is_given_is_read_before_every_context_and_scored_in_none():
    few = Few()
    given, own = few.tokens((3, 8)), few.encode("ab你")
    found = cover(few, few.trie, Request(given, own), ALL)
    assert math.exp(found.logprob) == pytest.approx(beginning(few, "ab你".encode(), given.ids), rel=1e-5)
    assert found.given == given
    assert all(ids[:2] == given.ids for ids in few.read)
    own_logprobs = [few.after((*given.ids, *own.ids[:place]))[token] for place, token in enumerate(own.ids)]
    assert found.own == pytest.approx(own_logprobs, abs=1e-5)


@pytest.mark.parametrize("text", TEXTS)
def test_the_end_itself_is_no_context_where_nothing_after_it_is_asked(text):
    few = Few()
    found, raw = covers_of(few, text, through=False), text.encode()
    assert found.contexts == sum(spelt != raw for _, spelt, _ in contexts(few, raw))
    assert math.exp(found.logprob) == pytest.approx(beginning(few, raw), rel=1e-5)
    assert (found.left_out, found.bound) == (0, 0)


@pytest.mark.parametrize("through", [True, False])
@pytest.mark.parametrize("effort", [Effort(exact=False), Effort(), Effort(per_token=1, rounds=2, exact=False)])
def test_a_long_text_is_read_in_passes_that_keep_to_the_budget_and_the_tokenizers_own_come_first(effort, through):
    few = Few()
    own = few.encode(LONG)
    found = covers_of(few, LONG, effort, through)
    assert [len(ids) for ids in few.passes[0]] == list(range(len(own) + through))
    assert all(ids == own.ids[: len(ids)] for ids in few.passes[0])
    read = few.read
    assert len(read) == len(set(read)) == found.contexts <= effort.per_token * len(own) + effort.beside
    assert 1 < len(few.passes) <= effort.rounds
    assert all(ids[:-1] in read for ids in read if ids)
    assert 0 < found.left_out <= found.bound


@pytest.mark.parametrize("text", ["ab ba", "abc ab", "b你 ab", LONG])
def test_more_contexts_find_more_and_what_they_leave_out_is_bounded(text):
    few = Few()
    sums = []
    whole = math.exp(covers_of(few, text, ALL).logprob) if text != LONG else None
    for beside in (0, 4, 16, 64):
        effort = Effort(floor=0.0, per_token=1, beside=beside + 1, rounds=4, worth=0.0, exact=False)
        found = covers_of(few, text, effort)
        sums.append(found.logprob)
        if whole is not None:
            missing = whole - math.exp(found.logprob)
            assert -1e-6 * whole <= missing <= (found.bound + 1e-6) * math.exp(found.logprob)
    assert sums == sorted(sums)
    assert sums[0] < sums[-1]


def share(model, raw, ids, before):
    """What a context holds of the probability of what it spells, as far as the contexts read before know it."""
    spelt = b"".join(map(model.piece, ids))
    known = 0.0
    for one in before:
        start, after = len(b"".join(map(model.piece, one))), np.exp(model.after(one))
        reaching = [token for token, piece in spelling(model) if piece.startswith(spelt[start:])]
        known += chance(model, one) * sum(after[reaching]) if start < len(spelt) else 0.0
    return chance(model, ids) / known


def behind(model, raw, contexts):
    """The contexts that are one token longer than these."""
    starts = {ids: len(b"".join(map(model.piece, ids))) for ids in contexts}
    return {(*ids, t) for ids in contexts for t, piece in spelling(model) if raw.startswith(piece, starts[ids])}


def onward(model, raw, ids, last):
    """A context gone on to where the next of the tokenizer's own tokens ends, by that one or the only one there is."""
    own = model.encode(raw.decode())
    ends = np.cumsum([len(piece) for piece in own.pieces]).tolist()
    start = len(b"".join(map(model.piece, ids)))
    stop = next((end for end in ends if end > start), len(raw) + 1)
    if stop > last:
        return None
    if start in ends:
        return (*ids, own.ids[ends.index(start) + 1])
    tokens = [token for token, piece in spelling(model) if piece == raw[start:stop]]
    return (*ids, tokens[0]) if len(tokens) == 1 else None


@pytest.mark.parametrize("through", [True, False])
@pytest.mark.parametrize("floor", [0.0, 0.02, 0.1])
@pytest.mark.parametrize("beside", [4, 16, 40])
def test_contexts_are_read_by_what_they_hold_and_half_of_it_is_expected_behind_each(through, floor, beside):
    few, raw = Few(), LONG.encode()
    effort = Effort(floor=floor, per_token=1, beside=beside, rounds=2, worth=0.0, exact=False)
    covers_of(few, LONG, effort, through)
    own, added = few.passes
    last = len(raw) - (not through)
    waiting = {ids: share(few, raw, ids, own) for ids in behind(few, raw, own) - {*own}}
    waiting = {ids: p for ids, p in waiting.items() if len(b"".join(map(few.piece, ids))) <= last and p >= floor}
    chosen = []
    while waiting and len(chosen) < len(few.encode(LONG)) + beside - len(own):
        chosen.append(max(waiting, key=waiting.get))
        half = waiting.pop(chosen[-1]) / 2
        if half >= floor and (longer := onward(few, raw, chosen[-1], last)):
            waiting[longer] = half
    assert sorted(added) == sorted(chosen)


def test_what_is_left_out_is_what_the_contexts_behind_those_read_hold():
    few, raw, heard = Few(), LONG.encode(), []
    request = Request(few.tokens(()), few.encode(LONG))
    found = cover(few, few.trie, request, Effort(exact=False), lambda *of: heard.append(of))
    waiting = behind(few, raw, few.read) - {*few.read}
    spelt = {ids: len(b"".join(map(few.piece, ids))) for ids in waiting}
    held = [(chance(few, ids), math.exp(found.logprobs[end])) for ids, end in spelt.items() if end < len(raw)]
    assert found.left_out == pytest.approx(sum(p / beginning for p, beginning in held), rel=1e-4)
    assert found.bound == pytest.approx(sum(p for p, _ in held) / math.exp(found.logprob), rel=1e-4)
    assert heard[-1] == (found.contexts, 2 * len(request.own) + 6)


@pytest.mark.parametrize("rounds", [2, 3, 4])
def test_each_pass_reads_two_thirds_of_what_is_left_of_the_budget_and_the_last_one_all(rounds):
    few = Few()
    covers_of(few, LONG, Effort(floor=0.0, rounds=rounds, worth=0.0, exact=False))
    own, *more = map(len, few.passes)
    left, expected = 2 * len(few.encode(LONG)) + 6 - own, []
    for _ in range(rounds - 2):
        expected.append(math.ceil(left * 2 / 3))
        left -= expected[-1]
    assert more == [*expected, left]


def test_contexts_that_hold_too_little_are_not_read():
    few = Few()
    effort = Effort(floor=0.999, exact=False)
    found = covers_of(few, LONG, effort)
    assert len(few.passes) == 1
    assert found.contexts == len(few.encode(LONG)) + 1
    few.passes.clear()
    covers_of(few, LONG, Effort(floor=0.0, worth=1e9, exact=False))
    assert len(few.passes) == 1


def test_few_contexts_are_all_read_and_more_are_not_listed():
    few = Few()
    assert len(contexts(few, b"ab b")) < EXACT < len(contexts(few, b"abc ab b"))
    covers_of(few, "ab b", Effort(exact=False))
    assert len(few.passes[0]) == len(few.encode("ab b")) + 1
    short = covers_of(few, "ab b", Effort())
    assert (short.contexts, short.left_out) == (len(contexts(few, b"ab b")), 0)
