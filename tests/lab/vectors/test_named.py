"""Tables as spaces: dimensions with names, read back as the columns they came from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_spaces import make

from llmlab.lab.vectors import named, neighbors
from llmlab.lab.vectors.embed import of_words
from llmlab.spaces.lookup import look_up

NAMES = ["sex=f", "sex=m", "age", "height", "city=Bonn", "city=Ulm", "city=Köln"]
PEOPLE = np.array(
    [[1, 0, 30, 1.7, 0, 1, 0], [0, 1, 31, 1.8, 1, 0, 0], [1, 0, 70, 1.6, 0, 0, 1], [0, 1, 33, 1.75, 0, 0, 0]]
)
WORDS = ["ann", "bob", "cat", "dan"]


def people(folder):
    return make(folder, PEOPLE, WORDS, dimensions=NAMES, notes=["age: in years"])


def test_dimensions_without_names_are_counted_from_0():
    assert named.names([], 3) == ["0", "1", "2"]
    assert named.names(("a", "b"), 2) == ["a", "b"]


def test_one_hot_dimensions_are_one_column():
    assert named.columns(NAMES) == ["sex", "age", "height", "city"]
    assert named.columns(["a=1", "b", "a=2"]) == ["a", "b"]


@pytest.mark.parametrize(
    ("vector", "cells"),
    [
        (PEOPLE[0], ["f", "30", "1.7", "Ulm"]),
        (PEOPLE[3], ["m", "33", "1.75", ""]),  # of no known city
        ([0.5, 0.5, 1234567, -0.000123456, 1, 1, 0], ["f 0.5 m 0.5", "1.235e+06", "-0.0001235", "Bonn Ulm"]),
        ([0, -1, 0, 0, 0, 0, 2], ["m -1", "0", "0", "Köln 2"]),
    ],
)
def test_a_cell_is_the_number_or_the_category_whose_dimension_is_1(vector, cells):
    assert named.cells(NAMES, np.array(vector, np.float32)) == cells


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.floats(-1e6, 1e6, width=32)),
        unique_by=lambda pair: pair[0],
    ),
    st.lists(st.integers(0, 4), max_size=4),
)
def test_a_row_of_a_table_is_read_back(numbers, categories):
    hot = [(f"c{column}=k{k}", float(k == chosen)) for column, chosen in enumerate(categories) for k in range(5)]
    names, values = zip(*[*numbers, *hot], strict=True) if numbers or hot else ((), ())
    cells = dict(zip(named.columns(names), named.cells(names, np.array(values)), strict=True))
    assert list(cells) == [*(name for name, _ in numbers), *(f"c{column}" for column in range(len(categories)))]
    for name, value in numbers:
        assert float(cells[name]) == pytest.approx(value, rel=1e-3)
    for column, chosen in enumerate(categories):
        assert cells[f"c{column}"] == f"k{chosen}"


def test_neighbours_stand_below_the_query_with_their_columns(tmp_path):
    space = people(tmp_path)
    found = neighbors.nearest(space, look_up(space, "ann", None), 3, "l1")
    (view,) = found.views()
    assert [column.name for column in view.columns] == ["#", "word", "l1", "sex", "age", "height", "city"]
    far = np.abs(PEOPLE - PEOPLE[0]).sum(axis=1)
    assert view.rows == [
        ["", "ann", "", "f", "30", "1.7", "Ulm"],
        [1, "bob", f"{far[1]:.4f}", "m", "31", "1.8", "Bonn"],
        [2, "dan", f"{far[3]:.4f}", "m", "33", "1.75", ""],
        [3, "cat", f"{far[2]:.4f}", "f", "70", "1.6", "Köln"],
    ]
    assert "age: in years" in view.notes


def test_frequencies_stand_between_the_score_and_the_columns(tmp_path):
    space = people(tmp_path)
    found = neighbors.nearest(space, look_up(space, "ann", None), 1, "l1").sorted("nearness", lambda word: 3.0)
    (view,) = found.views()
    assert [column.name for column in view.columns[2:5]] == ["l1", "zipf", "sex"]
    assert [row[3:5] for row in view.rows] == [["", "f"], ["3.00", "m"]]


def test_records_hold_the_value_of_each_dimension(tmp_path):
    space = people(tmp_path)
    query = look_up(space, "ann", None)
    expected = {name: pytest.approx(float(value)) for name, value in zip(NAMES, PEOPLE[1], strict=True)}
    for found in (
        neighbors.nearest(space, query, 3, "l1"),
        neighbors.within(space, query, 50, "l1"),
        neighbors.among(space, query, [look_up(space, "bob", None)], "l1"),
    ):
        assert found.records()[0]["word"] == "bob"
        assert found.records()[0]["values"] == expected
        assert found.document()["neighbors"][0]["values"] == expected


def test_a_table_of_many_columns_shows_eight_of_them_and_records_all(tmp_path):
    names = [f"d{number}" for number in range(20)]
    space = make(tmp_path, np.arange(60).reshape(3, 20), dimensions=names)
    found = neighbors.nearest(space, look_up(space, "w0", None), 2, "l2")
    (view,) = found.views()
    assert [column.name for column in view.columns[3:]] == names[:8]
    assert view.rows[1][3:] == [str(number) for number in range(20, 28)]
    assert list(found.records()[0]["values"]) == names


def test_a_space_without_names_shows_no_columns_and_no_values(tmp_path):
    space = make(tmp_path, PEOPLE, WORDS)
    found = neighbors.nearest(space, look_up(space, "ann", None), 3, "l1")
    assert len(found.views()[0].columns) == 3
    assert len(found.views()[0].rows) == 3
    assert "values" not in found.records()[0]


def test_the_vector_of_a_named_row_is_shown_by_its_columns(tmp_path):
    space = people(tmp_path)
    found = of_words(space, [look_up(space, "bob", None)])
    view = found.views()[0]
    assert view.rows[0][3] == "sex=m age=31 height=1.8 city=Bonn"
    assert "age: in years" in view.notes
    assert found.records()[0]["dimensions"] == NAMES
