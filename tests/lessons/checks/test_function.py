"""Lesson 1: the parameters of one layer, by hand from SmolLM2's own dimensions."""

import pytest

from llmlab.lessons.checks.function import check
from llmlab.lessons.replies import Reply

HIDDEN, KEYS, INNER, LAYERS, WORDS = 576, 192, 1536, 30, 49152  # of its config.json; 3 key value heads of 64
ATTENTION, MLP = 2 * HIDDEN * HIDDEN + 2 * HIDDEN * KEYS, 3 * HIDDEN * INNER
LAYER, SCALES = ATTENTION + MLP, 2 * HIDDEN


@pytest.mark.models
@pytest.mark.parametrize("answer", [LAYER, LAYER + SCALES])
def test_a_layer_is_right_with_its_scales_and_without(lab, answer):
    assert check(Reply(f"{answer:,}"), lab).right


@pytest.mark.models
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (640 * (2 * 1024 + 2 * 256 + 3 * 2048), "layer of gemma-3-270m"),  # of its config.json
        (LAYER * 1.01, "rows and columns"),
        (LAYER * LAYERS, "all layers"),
        (LAYER * LAYERS + WORDS * HIDDEN + SCALES * LAYERS + HIDDEN, "whole model"),
        ((LAYER * LAYERS + WORDS * HIDDEN) / LAYERS, "before you divide"),
        (ATTENTION, "attention alone"),
        (MLP, "MLP alone"),
    ],
)
def test_another_number_is_told_what_it_is(lab, answer, said):
    verdict = check(Reply(str(answer)), lab)
    assert not verdict.right
    assert said in verdict.why
