"""The pictures of embed: every number of every vector, and of every pair."""

from dataclasses import replace

import numpy as np
import pytest
import vega
from lab_vectors import HOSTILE, TEST, check_harmless, embeddings

from llmlab.lab.vectors.charts.embed import MOST
from llmlab.lab.vectors.rows import TokenRows


def words(count):
    return [f"{'词' if place % 2 else 'word'}{place}" for place in range(count)]


def cells(spec):
    return vega.rows(spec, "row", "column")


def extent(spec):
    """Px of the widest plotted area."""
    return max(part["width"] for part in vega.parts(spec) if "width" in part)


@pytest.mark.parametrize(("count", "dimension"), [(1, 384), (3, 50), (3, 640), (3, 3000), (60, 2), (60, 384)])
def test_the_vectors_are_those_of_the_records(count, dimension):
    found = embeddings(words(count), dimension)
    spec = vega.check(found, "dark" if count == 3 else "light")
    vega.same_as_records(vega.rows(spec, "vector"), found.records())
    assert extent(spec) <= 764
    width = spec["vconcat"][0]["width"] / dimension
    assert dimension > 1400 or (2 * width) % 1 == 0  # a cell is whole in a png, which is twice as large


@pytest.mark.parametrize("metric", ["cosine", "l2", "l1", "dot"])
@pytest.mark.parametrize("count", [2, 12, 13, 60])
def test_the_pairs_are_those_of_the_document_and_few_are_written(count, metric):
    found = embeddings(words(count), 8).by(metric)
    spec = vega.check(found)
    matrix = found.document()["matrix"]
    assert [row[metric] for row in cells(spec)] == [value for row in matrix for value in row]
    assert [(row["a"], row["b"]) for row in cells(spec)] == [(a, b) for a in words(count) for b in words(count)]
    drawn = vega.drawn(found)
    written = {f"{value:z.4f}" for row in matrix for value in row}
    assert (written <= set(drawn)) is (count <= 12)
    assert found.metric.statement in drawn


def test_a_number_is_drawn_where_its_dimension_is():
    vectors = np.array([[0.5, -1, 0.25]], np.float32)
    found = replace(embeddings(["a"]), vectors=vectors)
    (part, _) = vega.check(found)["vconcat"]
    assert part["layer"][0]["encoding"]["x"]["scale"]["domain"] == [-0.5, 2.5]
    assert part["layer"][0]["encoding"]["color"]["scale"]["domain"] == [-1, 1]
    steps = {step["as"]: step["calculate"] for step in part["transform"] if "calculate" in step}
    assert (steps["from"], steps["to"]) == ("datum.number - 1.5", "datum.number - 0.5")  # row_number counts from 1


def test_a_few_huge_numbers_do_not_take_the_colours_of_all_others():
    found = embeddings(words(3), 400)
    vectors = found.vectors.copy()
    vectors[0, 7] = -500
    found = replace(found, vectors=vectors)
    spec = vega.check(found)
    end = np.quantile(np.abs(vectors), 0.99)
    low, high = spec["vconcat"][0]["layer"][0]["encoding"]["color"]["scale"]["domain"]
    assert (low, high) == pytest.approx((-end, end))
    (told,) = [line for line in vega.drawn(found) if "1 % of the numbers are larger, up to 500" in line]
    assert told.startswith(f"the colours end at -{end:.4g} and {end:.4g}")
    assert vega.rows(spec, "vector")[0]["vector"][7] == -500


def test_a_zero_vector_has_no_cosine_and_its_cells_no_colour():
    found = replace(embeddings(["a", "zero"]), vectors=np.array([[1, 2], [0, 0]], np.float32))
    spec = vega.check(found)
    assert [row["cosine"] for row in cells(spec)] == [pytest.approx(1), None, None, None]
    assert vega.drawn(found).count("-") == 3


def test_long_labels_are_numbered_as_their_columns_are():
    found = embeddings(["今天天气很好，我们一起去公园散步吧", "He likes movies, and goes to the cinema", "bank"])
    drawn = vega.drawn(found)
    assert "1 今天天气很好，我们一起去公园散步吧" in drawn
    assert {"1", "2", "3", "3 bank"} <= set(drawn)


def test_of_many_vectors_the_first_are_drawn_and_the_others_counted():
    found = embeddings(words(MOST + 23), 2)
    spec = vega.check(found)
    vega.same_as_records(vega.rows(spec, "vector"), found.records()[:MOST])
    assert len(cells(spec)) == MOST**2
    assert f"the first {MOST} are drawn; 23 more are in --format json" in vega.drawn(found)


def test_dimensions_with_names_have_them_below():
    found = embeddings(["小明", "小陈"], 3, dimensions=("身高", "性别=男", "性别=女"))
    spec = vega.check(found)
    vega.same_as_records(vega.rows(spec, "vector"), found.records())
    assert {"身高", "性别=男", "性别=女"} <= set(vega.drawn(found))
    assert spec["vconcat"][0]["layer"][0]["encoding"]["x"]["axis"]["labels"] is False


def test_tokens_are_a_row_each_below_their_texts():
    labels = ("He", "␣likes", "今", "天", "He")
    vectors = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
    found = TokenRows(labels, vectors, TEST, texts=("He likes",) * 2 + ("今天",) * 2 + ("He",), ids=(5, 6, 7, 8, 5))
    spec = vega.check(found)
    vega.same_as_records(vega.rows(spec, "vector"), found.records())
    assert [part["title"]["text"] for part in spec["vconcat"][:-1]] == ["He likes", "今天", "He"]
    scales = [part["layer"][0]["encoding"]["color"]["scale"]["domain"] for part in spec["vconcat"][:-1]]
    assert scales == [[-np.abs(vectors).max(), np.abs(vectors).max()]] * 3
    assert cells(spec) == []


def test_hostile_texts_and_names_are_drawn_as_text():
    check_harmless(embeddings(HOSTILE, len(HOSTILE), dimensions=HOSTILE))
    check_harmless(TokenRows(HOSTILE, embeddings(HOSTILE).vectors, TEST, texts=HOSTILE))


def test_long_hostile_texts_are_too():
    texts = [f"{text} and {'more words ' * 3}" for text in HOSTILE]
    check_harmless(embeddings(texts), [f"{number} {text}" for number, text in enumerate(texts, 1)])
