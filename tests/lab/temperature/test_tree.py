"""The tree of likeliest continuations, against plain torch path by path."""

import numpy as np
import pytest

from llmlab.errors import MisuseError
from llmlab.lab.prompt import read
from llmlab.lab.temperature import tree
from llmlab.lab.temperature.drawn import Plan


@pytest.mark.parametrize("engine", ["lm", "llama"])
@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_every_node_is_as_likely_as_torch_says_after_its_path(request, lm, plain, engine, temperature):
    model = request.getfixturevalue(engine)
    found = tree.grow(model, read(model, "The cat"), 3, 3, Plan((temperature,)))
    context = lm.encode("The cat").ids
    assert len(found.nodes) == 3 + 9 + 27
    for node in found.nodes:
        rows = plain([*context, *node.path.ids])
        tempered = rows / temperature
        tempered -= np.log(np.exp(tempered).sum(axis=1, keepdims=True))
        steps = [tempered[len(context) + i][token] for i, token in enumerate(node.path.ids)]
        assert node.logprob == pytest.approx(steps[-1], abs=1e-3)
        assert node.path_logprob == pytest.approx(sum(steps), abs=3e-3)
        best = np.argsort(-tempered[len(context) + node.depth - 1], kind="stable")[:3]
        assert node.path.ids[-1] == best[node.place[-1]]


def test_parents_stand_before_children_and_likelier_siblings_first(lm):
    nodes = tree.grow(lm, read(lm, "The cat"), 3, 2, Plan()).nodes
    places = [node.place for node in nodes]
    assert places == sorted(places)
    for node in nodes:
        if node.depth > 1:
            (parent,) = [one for one in nodes if one.place == node.place[:-1]]
            assert node.path.ids[:-1] == parent.path.ids
            assert node.path_logprob == pytest.approx(parent.path_logprob + node.logprob)


def test_at_temperature_0_the_tree_is_one_path(lm):
    found = tree.grow(lm, read(lm, "The cat"), 4, 3, Plan((0.0,)))
    assert [node.place for node in found.nodes] == [(0,) * depth for depth in range(1, 5)]
    assert found.views()[0].notes[0] == "T = 0; 1 paths hold 100.0% of the probability"


def test_the_drawing_links_each_node_to_its_parent(lm):
    (view,) = tree.grow(lm, read(lm, "The cat"), 2, 2, Plan()).views()
    stems = [row[0][: row[0].index(" ", 2)] if row[0][0] in "│ " else row[0][0] for row in view.rows]
    assert [stem.strip() for stem in stems] == ["├", "│ ├", "│ └", "└", "├", "└"]


def test_the_model_ends_a_path_where_it_ends_the_text(lm, monkeypatch):
    found = tree.grow(lm, read(lm, "The cat"), 2, 2, Plan())
    end = found.nodes[0].path.ids[0]
    monkeypatch.setattr(lm, "_ends", {end})
    shorter = tree.grow(lm, read(lm, "The cat"), 2, 2, Plan())
    assert len(shorter.nodes) < len(found.nodes)
    assert shorter.nodes[0].end
    assert "(end)" in shorter.views()[0].rows[0][0]


def test_filters_are_said_and_leave_the_tokens_that_they_keep(lm, plain):
    found = tree.grow(lm, read(lm, "The cat"), 1, 5, Plan(top_k=2))
    row = plain(lm.encode("The cat").ids)[-1]
    best = np.exp(np.sort(row)[::-1][:2])
    assert [np.exp(node.logprob) for node in found.nodes] == pytest.approx((best / best.sum()).tolist(), abs=1e-4)
    assert "top-k 2" in found.views()[0].notes[0]
    assert found.document()["top_k"] == 2


def test_a_repetition_penalty_is_refused(lm):
    with pytest.raises(MisuseError, match="no repetition penalty"):
        tree.grow(lm, read(lm, "The cat"), 1, 2, Plan(repetition_penalty=2))


@pytest.mark.parametrize(("depth", "branch"), [(0, 3), (-1, 3), (20, 3), (1, 5000), (10**9, 1)])
def test_a_tree_of_no_nodes_or_too_many_is_refused(lm, depth, branch):
    with pytest.raises(MisuseError, match=r"a tree .* deep"):
        tree.grow(lm, read(lm, "The cat"), depth, branch, Plan())
