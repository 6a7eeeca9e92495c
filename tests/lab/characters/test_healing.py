"""Where a prompt is cut, against all places where a model of few tokens may begin its last one."""

import numpy as np
import pytest
from few import CONTROL, LONG, TEXTS, Few, covering, covers_of, spelling

from llmlab.lab.characters.following import BEYOND, beyond
from llmlab.lab.characters.healing import LEAST, LOOKED_AT, heal


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize("text", [*TEXTS, LONG])
def test_a_prompt_is_cut_where_a_last_token_may_begin_as_often_as_it_holds_the_mass(text, wanted):
    few = Few()
    tokens = few.encode(text)
    kept = max(len(tokens) - LOOKED_AT, 0)
    given, raw = tokens.ids[:kept], b"".join(tokens.pieces[kept:])
    places = covering(few, raw, given)
    whole = sum(sum(one.values()) for *_, one in places)
    inside = sum(p for _, end, one in places for token, p in one.items() if end + len(few.piece(token)) > len(raw))
    cuts = heal(few, few.trie, tokens, wanted)
    if not wanted and inside / whole < 0.1:
        assert cuts == ()
        return
    assert cuts
    assert sum(cut.share for cut in cuts) == pytest.approx(1)
    assert [cut.share for cut in cuts] == sorted((cut.share for cut in cuts), reverse=True)
    expected = {(*given, *ids): sum(one.values()) / whole for ids, _, one in places}
    for cut in cuts:
        assert cut.tokens.ids[: len(given)] == given
        assert cut.rest == raw[len(b"".join(cut.tokens.pieces[kept:])) :]
        assert set(cut.covering.tolist()) == {token for token, piece in spelling(few) if piece.startswith(cut.rest)}
        assert cut.share >= LEAST
        likelier = expected[cuts[0].tokens.ids] / expected[cut.tokens.ids]
        assert cuts[0].share / cut.share == pytest.approx(likelier, rel=1e-4)
        logits = few.after(cut.tokens.ids).astype(np.float32)
        only = cut.only(logits)
        assert np.array_equal(np.flatnonzero(np.isfinite(only)), np.sort(cut.covering))
        assert np.array_equal(only[cut.covering], logits[cut.covering])


def test_a_prompt_is_looked_at_in_two_quick_passes_and_backed_off_only_inside_a_token():
    few = Few()
    tokens = few.encode(LONG)
    wanted = heal(few, few.trie, tokens, wanted=True)
    assert [len(few.passes), len(few.passes[0])] == [2, LOOKED_AT]
    assert len(few.read) <= LOOKED_AT + 8
    assert wanted
    unasked, asked = ([heal(few, few.trie, few.encode(text), *more) for text in TEXTS] for more in ((), (True,)))
    assert all(asked)
    assert [bool(cuts) for cuts in unasked] == [beyond(few.trie, covers_of(few, text)) > BEYOND for text in TEXTS]
    assert not all(unasked)


def test_nothing_is_backed_off_of_a_prompt_that_ends_in_a_control_token():
    few = Few()
    tokens = few.tokens((*few.encode("ab").ids, CONTROL))
    assert heal(few, few.trie, tokens, wanted=True) == heal(few, few.trie, few.tokens(()), wanted=True) == ()
