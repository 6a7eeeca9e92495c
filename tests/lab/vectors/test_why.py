"""Where a similarity comes from: parts that sum to the metric, the largest first."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lab_spaces import make

from llmlab.errors import MisuseError
from llmlab.lab.provenance import Provenance
from llmlab.lab.vectors.embed import Embeddings, of_words
from llmlab.lab.vectors.metrics import METRICS
from llmlab.lab.vectors.why import explain
from llmlab.spaces.lookup import look_up

TEST = Provenance({"model": "m"}, "of a test")


def pair(one, other, metric, **more):
    vectors = np.array([one, other], np.float32)
    return Embeddings(("a", "b"), vectors, TEST, **more).by(metric)


def whole(metric, a, b):
    """What the parts sum to."""
    return {
        "cosine": a @ b / np.sqrt((a @ a) * (b @ b)) if a.any() and b.any() else None,
        "l2": np.linalg.norm(a - b) ** 2,
        "l1": np.linalg.norm(a - b, 1),
        "dot": np.dot(a, b),
    }[metric]


def part(metric, a, b, place):
    x, y = a[place], b[place]
    if metric == "cosine":
        return x / np.sqrt((a * a).sum()) * y / np.sqrt((b * b).sum())
    return {"l2": (x - y) ** 2, "l1": abs(x - y), "dot": x * y}[metric]


NUMBERS = st.floats(-100, 100, width=32).map(lambda x: round(x, 3))


@pytest.mark.parametrize("metric", METRICS)
@given(numbers=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30))
def test_parts_sum_to_the_metric_and_stand_by_size(metric, numbers):
    found = pair(*zip(*numbers, strict=True), metric)
    one, other = found.vectors.astype(np.float64)
    assume(metric != "cosine" or (one.any() and other.any()))
    asked = explain(found)
    parts = [record["part"] for record in asked.records()]
    assert sum(parts) == pytest.approx(whole(metric, one, other), abs=1e-6)
    assert [abs(x) for x in parts] == sorted((abs(x) for x in parts), reverse=True)
    assert [record["rank"] for record in asked.records()] == list(range(1, len(numbers) + 1))
    assert sorted(record["dimension"] for record in asked.records()) == sorted(map(str, range(len(numbers))))
    for record in asked.records():
        place = int(record["dimension"])
        assert (record["value_a"], record["value_b"]) == (one[place], other[place])
        assert record["part"] == pytest.approx(part(metric, one, other, place), abs=1e-9)
    document = asked.document()
    assert document["sum"] == pytest.approx(whole(metric, one, other), abs=1e-6)
    score = document["score"] ** 2 if metric == "l2" else document["score"]
    assert score == pytest.approx(document["sum"], abs=1e-6, rel=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_parts_of_one_size_stand_in_the_order_of_the_dimensions(metric):
    asked = explain(pair([1, -1, 1, 2], [-1, 1, -1, -2], metric))
    assert [record["dimension"] for record in asked.records()] == ["3", "0", "1", "2"]


@pytest.mark.parametrize("count", [1, 9, 10, 11, 30])
def test_what_is_not_shown_is_summed_in_one_row(count):
    one = np.arange(count, 0, -1)
    (view,) = explain(pair(one, -np.ones(count), "dot")).views()
    shown = view.rows[: min(count, 10)]
    assert [row[:4] for row in shown] == [
        [str(i), f"{one[i]:+.4f}", "-1.0000", f"{-one[i]:+.4f}"] for i in range(len(shown))
    ]
    assert [row[4].share for row in shown] == pytest.approx([one[i] / count for i in range(len(shown))])
    others = [[f"{count - 10} others", "", "", f"{-one[10:].sum():+.4f}", ""]] if count > 10 else []
    assert view.rows[len(shown) :] == [*others, ["dot", "", "", f"{-one.sum():+.4f}", ""]]


def test_the_screen_says_what_the_parts_of_an_l2_sum_to():
    (view,) = explain(pair([3, 0], [0, 4], "l2")).views()
    assert [column.name for column in view.columns] == ["dimension", "a", "b", "part", ""]
    assert view.rows[-1] == ["l2^2", "", "", "+25.0000", ""]
    assert view.conclusion == "l2 of a and b: 5.0000; dimension 1 makes 64.0% of the distance"  # 16 of 9 + 16
    assert view.columns[3].means == "what a dimension adds; the parts sum to l2^2"
    assert "of a test" in view.notes


def test_named_dimensions_are_called_by_their_names(tmp_path):
    vectors = np.array([[1, 0, 30], [0, 1, 20], [1, 1, 1]])
    space = make(tmp_path, vectors, ["ann", "bob", "cat"], dimensions=["sex=f", "sex=m", "age"], notes=["in years"])
    found = of_words(space, [look_up(space, word, None) for word in ("ann", "bob")])
    asked = explain(found.by("l1"))
    assert [(record["dimension"], record["part"]) for record in asked.records()] == [
        ("age", 10),
        ("sex=f", 1),
        ("sex=m", 1),
    ]
    assert {"a": "ann", "b": "bob", "metric": "l1", "space": "s"}.items() <= asked.records()[0].items()
    (view,) = asked.views()
    assert view.rows[0][:4] == ["age", "+30.0000", "+20.0000", "+10.0000"]
    assert "in years" in view.notes


def test_equal_vectors_lie_at_no_distance():
    (view,) = explain(pair([1, 2], [1, 2], "l1")).views()
    assert [row[3] for row in view.rows] == ["+0.0000"] * 3
    assert [row[4].share for row in view.rows[:2]] == [0, 0]


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_words_than_two_is_refused(count):
    found = Embeddings(("w",) * count, np.ones((count, 2), np.float32), TEST)
    with pytest.raises(MisuseError, match="explains the similarity of two"):
        explain(found)


@pytest.mark.parametrize(("one", "other"), [([0, 0], [1, 2]), ([1, 2], [0, 0]), ([0, 0], [0, 0])])
def test_the_cosine_of_a_zero_vector_is_refused_and_its_l2_explained(one, other):
    with pytest.raises(MisuseError, match="cosine of a zero vector is undefined"):
        explain(pair(one, other, "cosine"))
    assert explain(pair(one, other, "l2")).document()["sum"] == np.square(np.subtract(one, other)).sum()


PEOPLE = {"身高": (170, 160), "体重": (60, 50), "性别=男": (1, 0), "性别=女": (0, 1), "年龄": (20, 25)}
TABLE = {"dimensions": tuple(PEOPLE)}


def test_a_column_that_makes_most_of_a_product_is_named_with_the_option_that_mends_it():
    a, b = np.array(list(PEOPLE.values()), np.float64).T
    share = a[0] * b[0] / (a @ b)
    (view,) = explain(pair(a, b, "cosine", **TABLE)).views()
    assert view.conclusion == f"cosine of a and b: {whole('cosine', a, b):.4f}; 身高 makes {share:.1%} of the product"
    assert view.notes[0].startswith("身高: its numbers are the largest: --standardize")


@pytest.mark.parametrize("a", [[1, 1, 1, 1, 1], [1, 1, 0, 9, 1]])  # none is large; a column of texts is
def test_where_no_column_of_numbers_makes_most_nothing_is_to_be_mended(a):
    (view,) = explain(pair(a, a, "cosine", **TABLE)).views()
    assert not [note for note in view.notes if "--standardize" in note]


def test_a_column_of_texts_is_as_large_as_its_categories_together():
    found = explain(pair([1, 1, 2, 3, 1], [1, 1, 2, 3, 1], "dot", **TABLE))
    assert found.columns[0] == ("性别", 13, 13 / 16)
    assert found.values() == ["性别=女"]


def test_parts_of_both_signs_have_no_share():
    (view,) = explain(pair([1, -3], [1, 1], "dot")).views()
    assert view.conclusion == "dot of a and b: -2.0000; dimension 1 moves it most, by -3.0000"


def test_what_a_table_says_stands_beside_what_is_standardised():
    raw, z = np.array([[170, 1], [180, 0]], np.float32), [[-1, 1], [1, 0]]
    found = explain(pair(*z, "dot", dimensions=("身高", "男"), raw=raw))
    (view,) = found.views()
    assert [column.name for column in view.columns] == ["dimension", "a", "b", "z a", "z b", "part", ""]
    assert [row[:5] for row in view.rows[:2]] == [
        ["身高", "170", "180", "-1.0000", "+1.0000"],
        ["男", "1", "0", "+1.0000", "+0.0000"],
    ]
    assert view.rows[-1][:6] == ["dot", "", "", "", "", "-1.0000"]
    assert [(record["raw_a"], record["raw_b"]) for record in found.records()] == [(170, 180), (1, 0)]
    assert "--standardize" not in "".join(view.notes)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("chosen", "kept"), [(["性别", "年龄"], [2, 3, 4]), (["身高", "性别=女"], [0, 3]), (["体重"], [1])]
)
def test_chosen_columns_are_compared_as_if_there_were_no_others(metric, chosen, kept):
    a, b = np.array(list(PEOPLE.values()), np.float64).T
    found = explain(pair(a, b, metric, **TABLE), chosen)
    assert {record["dimension"] for record in found.records()} == {list(PEOPLE)[place] for place in kept}
    assert found.document()["sum"] == pytest.approx(whole(metric, a[kept], b[kept]))
    assert f"only of {', '.join(chosen)}" in found.views()[0].notes


def test_dimensions_without_names_are_chosen_by_number():
    found = explain(pair([1, 2, 3], [1, 2, 3], "dot"), ["2", "0"])
    assert [(record["dimension"], record["part"]) for record in found.records()] == [("2", 9), ("0", 1)]


@pytest.mark.parametrize(("more", "there"), [(TABLE, "身高, 体重, 性别, 年龄"), ({}, "0 to 4")])
def test_an_unknown_column_is_refused_with_those_that_there_are(more, there):
    with pytest.raises(MisuseError) as error:
        explain(pair([1] * 5, [1] * 5, "dot", **more), ["5"])
    assert (error.value.message, error.value.hint) == ("no column is called '5'", f"there are: {there}")


def test_what_rounds_to_zero_has_no_minus():
    (view,) = explain(pair([1, -1e-6, 0.5], [1, 1, -0.0], "dot")).views()
    assert [row[1:4] for row in view.rows[1:3]] == [
        ["+0.0000", "+1.0000", "+0.0000"],
        ["+0.5000", "+0.0000", "+0.0000"],
    ]
