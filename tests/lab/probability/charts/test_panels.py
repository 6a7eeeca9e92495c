"""What a page lets play with of the probability lab: the records' numbers, in the text's order."""

import math

import numpy as np
import pytest

from llmlab.backends.sampling import log_softmax
from llmlab.backends.settings import Settings
from llmlab.lab.probability.compare import difference
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.probability.prob import ledger, with_others
from llmlab.lab.prompt import read
from llmlab.lab.shaded import FULL
from llmlab.lab.text import probability


def test_a_text_is_shaded_by_the_surprisal_of_its_records(lm):
    found = with_others(lm, ledger(lm, "the cat sat"), 2)
    (panel,) = found.panels()
    for part, record in zip(panel.parts, found.records(), strict=True):
        assert part.text == record["token"]
        assert part.share == pytest.approx(min(record["surprisal_bits"] / FULL, 1))
        facts = dict(part.facts)
        assert facts["P"] == probability(record["logprob_nats"])
        assert facts["rank"] == f"{record['rank']:,}"
        assert facts["entropy"] == f"{record['entropy_bits']:.2f} bits"
        others = [probability(math.log(one["probability"])) for one in record["alternatives"]]
        assert [row[1] for row in part.others] == others


def test_the_rank_of_another_is_its_place_in_the_whole_vocabulary(lm, plain):
    found = with_others(lm, ledger(lm, "the cat sat"), 3)
    ids = [row.ids[0] for row in found.rows]
    for part, logprobs, own in zip(found.panels()[0].parts, plain(ids), ids, strict=False):
        order = np.argsort(-logprobs, kind="stable").tolist()
        expected = [rank for rank, token in enumerate(order[:4], 1) if token != own][:3]
        assert [int(row[3]) for row in part.others] == expected


def test_parts_without_a_rank_tell_what_is_known(lm, lm_without_bos):
    (by_word,) = ledger(lm, "the cat sat", "word").panels()
    assert [part.text for part in by_word.parts] == ["the", " cat", " sat"]
    assert {name for part in by_word.parts for name, _ in part.facts} == {"part", "P", "surprisal"}
    first = ledger(lm_without_bos, "the cat").panels()[0].parts[0]
    assert (first.share, dict(first.facts)["P"]) == (0, "-")


def test_both_texts_of_a_comparison_are_shaded(lm):
    found = difference(lm, "the cat sat", "the dog sat")
    for panel, side in zip(found.panels(), (found.a, found.b), strict=True):
        assert "".join(part.text for part in panel.parts) == side.text
        assert [dict(part.facts)["P"] for part in panel.parts] == [probability(one) for one in side.logprobs]


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        (Settings(), (50, 0.9, 0.05)),
        (Settings(top_k=7), (7, 1.0, 0.0)),
        (Settings(top_p=0.5, min_p=0.1), (0, 0.5, 0.1)),
    ],
)
def test_what_comes_next_is_carried_with_the_filters_of_its_table(lm, plain, filters, shown):
    prompt = read(lm, "the cat", raw=True)
    found = next_tokens(lm, prompt, 5, (0.5, 2.0), filters)
    (panel,) = found.panels()
    assert (panel.top_k, panel.top_p, panel.min_p) == shown
    assert (panel.title, list(panel.temperatures), len(panel.tokens)) == ("the cat", [0.5, 2.0], 5)
    exact = np.sort(log_softmax(plain(prompt.tokens.ids)[-1]))[::-1]
    assert np.array(panel.logprobs) == pytest.approx(exact, abs=1e-4)
    assert panel.logprobs[:5] == pytest.approx([one["logprob_nats"] for one in next_tokens(lm, prompt, 5).records()])
