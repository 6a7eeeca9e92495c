"""What else might have come in the place of each token of a text."""

import numpy as np
import pytest
from deaf import Deaf

from llmlab.config import load
from llmlab.lab.probability.alternatives import alternatives
from llmlab.lab.probability.prob import ledger, with_others
from llmlab.models.library import Library

TEXT = "the cat sat on a mat. 今天天气很好"


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_the_likeliest_others_are_those_of_torch_s_distribution(request, engine, plain):
    model = request.getfixturevalue(engine)
    tokens = model.encode(TEXT)
    rows = plain(tokens.ids)
    found = alternatives(model, tokens, 4)
    assert len(found) == len(tokens)
    for place, own in enumerate(found):
        order = [token for token in np.argsort(-rows[place], kind="stable") if token != tokens.ids[place]][:4]
        assert [logprob for _, logprob in own] == pytest.approx(rows[place][order].tolist(), abs=1e-4)
        assert [piece for piece, _ in own] == [model.piece(int(token)) for token in order]


def test_nothing_might_have_come_where_nothing_stands_before(lm_without_bos):
    first, second, *_ = alternatives(lm_without_bos, lm_without_bos.encode("the cat sat"), 2)
    assert (first, len(second)) == ((), 2)


def test_a_long_text_is_read_in_the_windows_in_which_it_is_scored(lm, plain):
    tokens = lm.encode("the cat " * 120)
    room = lm.info.context - 1
    assert len(tokens) > room
    found = alternatives(lm, tokens, 1)
    assert len(found) == len(tokens)
    stride = room // 2
    for place in (room - 1, room, len(tokens) - 1):
        begin = 0 if place < room else -(-(place + 1 - room) // stride) * stride
        row = plain(tokens.ids[begin:place])[-1]
        row[tokens.ids[place]] = -np.inf
        assert found[place][0][1] == pytest.approx(row.max(), abs=1e-4)


def test_a_ledger_has_them_where_they_are_asked_for(lm):
    without = ledger(lm, TEXT)
    listed, hovered = with_others(lm, without, 3), with_others(lm, without, 3, listed=False)
    for found in (listed, hovered):
        assert [row.others for row in found.rows] == alternatives(lm, lm.encode(TEXT), 3)
    assert listed.views(others=True)[0].columns[-1].name == "others"
    assert len(listed.records()[0]["alternatives"]) == 3
    assert hovered.records() == without.records()
    words = ledger(lm, TEXT, "word")
    assert with_others(lm, words, 3) is words  # they are tokens


@pytest.mark.models
def test_on_the_default_model_they_are_what_next_says():
    model = Library(load(None, {}), Deaf()).causal_lm()
    ids = model.encode("The capital of France is Paris").ids
    *_, last = alternatives(model, model.encode("The capital of France is Paris"), 3)
    logprobs = model.next([model.encode("The capital of France is")])[0]
    logprobs[ids[-1]] = -np.inf
    order = np.argsort(-logprobs)[:3]
    assert [piece for piece, _ in last] == [model.piece(int(token)) for token in order]
    assert [logprob for _, logprob in last] == pytest.approx(logprobs[order].tolist(), abs=2e-3)
