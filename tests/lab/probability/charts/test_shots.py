"""The curves of choose FILE --shots: a line a wording, each point with its interval."""

import pytest
import vega

from llmlab.lab.probability.prompting import Prompting
from llmlab.lab.probability.quiz import Item
from llmlab.lab.probability.shots import after_examples

QUESTIONS = [Item(f"The {one}", 0, (" cat", " mat")) for one in ("big", "old", "<b>", "今天", "sat")]


@pytest.mark.parametrize("templates", [("{prompt}",), ("{prompt}", "问题：{prompt}\n答案：", "<script> {prompt}")])
@pytest.mark.parametrize("shots", [(0,), (0, 1, 4)])
def test_points_are_those_of_the_document_with_their_intervals(lm, templates, shots):
    found = after_examples(lm, QUESTIONS, Prompting(shots, templates, draws=2))
    chart = vega.check(found, "dark")
    rows = vega.rows(chart, "share")
    vega.same_as_records(rows, found.document()["points"])
    (rule,) = [part for part in vega.parts(chart) if part.get("mark", {}) and part["mark"].get("type") == "rule"]
    assert (rule["encoding"]["y"]["field"], rule["encoding"]["y2"]["field"]) == ("low", "high")
    said = set(vega.drawn(found))
    assert {"examples in the prompt", *map(str, shots)} <= said
    assert ({"{prompt}", "问题：{prompt}↵答案：", "<script> {prompt}"} <= said) == (len(templates) > 1)
