"""The pictures of neighbors: a map whose distances never grow, and a ranking that is the records'."""

import numpy as np
import pytest
import vega
from lab_spaces import make
from lab_vectors import HOSTILE, check_harmless
from sklearn.decomposition import PCA

from llmlab.lab.vectors import neighbors
from llmlab.lab.vectors.charts.word_map import MOST, mapped
from llmlab.lab.vectors.question import Question
from llmlab.lab.vectors.side_by_side import SideBySide
from llmlab.spaces.lookup import look_up
from llmlab.view import Several


def space_of(folder, words, dimension=6, name="s"):
    folder.mkdir(exist_ok=True)
    vectors = np.random.default_rng(len(words)).normal(size=(len(words), dimension))
    return make(folder, vectors, list(words), name=name)


def ask(space, text, **question):
    return neighbors.answer(space, text, Question(**question), lambda word: look_up(space, word, None))


@pytest.fixture
def many(tmp_path):
    return space_of(tmp_path / "many", [f"{'词' if row % 2 else 'word'}{row}" for row in range(150)])


def ranked(spec):
    return vega.rows(spec, "figure")


def points(spec, kind):
    return [row for row in vega.rows(spec, "pc1", "label_x") if row["kind"] == kind and "figure" not in row]


@pytest.mark.parametrize("metric", ["cosine", "l2", "l1", "dot"])
@pytest.mark.parametrize("k", [1, 3, 24, 60])
def test_the_ranking_and_the_map_have_the_records(many, metric, k):
    found = ask(many, "word0", k=k, metric=metric)
    spec = vega.check(found, "dark")
    vega.same_as_records(ranked(spec), found.records())
    assert [row["figure"] for row in ranked(spec)] == [f"{one.score:z.4f}" for one in found.neighbors]
    on_map = [row for row in vega.rows(spec["vconcat"][0], "pc1", "rank") if "figure" not in row]
    vega.same_as_records(on_map, found.records())
    assert metric in vega.drawn(found)


@pytest.mark.parametrize("metric", ["cosine", "l2"])
def test_the_map_is_scikit_learn_s_pca_and_states_its_shares(many, metric):
    found = ask(many, "word0", k=20, metric=metric)
    of = mapped(found)
    vectors = np.array([many.vector(0), *(many.vector(one.row) for one in found.neighbors)], np.float64)
    if metric == "cosine":
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pca = PCA(2).fit(vectors)
    assert np.abs(of.xy) == pytest.approx(np.abs(pca.transform(vectors)), abs=1e-9)
    said = [
        f"PC {n} ({share:.0%} of the variance)".replace("%", " %")
        for n, share in enumerate(pca.explained_variance_ratio_, 1)
    ]
    assert set(said) <= set(vega.drawn(found))


def test_a_px_is_as_much_on_both_axes_and_every_point_is_inside(many):
    for k in (1, 2, 30):
        of = mapped(ask(many, "word0", k=k))
        (left, right), (low, high) = of.frame.domains
        assert (right - left) / of.frame.room[0] == pytest.approx((high - low) / of.frame.room[1])
        assert ((of.xy > (left, low)) & (of.xy < (right, high))).all()


def test_labels_in_the_data_are_where_they_were_placed_clear_of_each_other(many):
    of = mapped(ask(many, "word0", k=60))
    boxes = np.array([label.box for label in of.labels if label is not None])
    for number, box in enumerate(boxes):
        others = np.delete(boxes, number, axis=0)
        assert not ((others[:, :2] < box[2:]) & (others[:, 2:] > box[:2])).all(axis=1).any()
    assert of.hidden == 61 - len(boxes)
    told = f"{of.hidden} of 61 words have no room for their label: they are in the list"
    assert bool(of.hidden) == (told in of.left_out)


def test_the_query_is_marked_and_so_are_the_words_of_a_sum(many):
    found = ask(many, "word2 - 词1 + 词3", k=5)
    rows = vega.rows(vega.check(found), "pc1")
    assert [row["shown"] for row in rows if row["kind"] == "query"] == ["word2 - 词1 + 词3"]
    assert [row["shown"] for row in rows if row["kind"] == "term"] == ["word2", "词1", "词3"]
    styles = {part["mark"].get("style") for part in vega.parts(vega.check(found)) if isinstance(part.get("mark"), dict)}
    assert {"asked", "asked-label"} <= styles


def test_more_words_than_a_map_holds_are_counted(many):
    found = ask(many, "word0", within=1e9, metric="l2")
    assert len(found.neighbors) == 149
    spec = vega.check(found)
    vega.same_as_records(ranked(spec), found.records()[:MOST])
    assert f"the map and the list have the {MOST} nearest; 49 more are in --format json" in vega.drawn(found)


def test_candidates_that_the_space_lacks_have_a_place_of_their_own(many):
    class Ones:
        def encode(self, texts):
            return np.ones((len(texts), 6), np.float32)

    one = neighbors.Query("outside", Ones().encode([""])[0], None)
    found = neighbors.among(many, look_up(many, "word0", None), [one, look_up(many, "词1", None)], "l2")
    place = [spot.text for spot in mapped(found).spots].index("outside")
    xy = mapped(found).xy
    lengths = np.linalg.norm(xy[0] - xy[place])  # three points lie in a plane: nothing is lost
    assert lengths == pytest.approx(np.linalg.norm(many.vector(0) - np.ones(6)), rel=1e-6)


def test_no_neighbour_is_no_map(many):
    found = ask(many, "word0", within=1e-9, metric="l2")
    assert "0 words have l2 at most 1e-09" in " ".join(vega.drawn(found))
    assert vega.rows(vega.check(found), "pc1") == []


def test_a_word_of_several_spaces_has_one_colour_in_all(tmp_path):
    spaces = [
        space_of(tmp_path / name, words, 3 + len(name), name=name)
        for name, words in (("a", ["x", "Cat", "dog", "sun"]), ("bb", ["x", "cat", "tree", "sun", "爱"]))
    ]
    beside = SideBySide(tuple(ask(space, "x", k=4) for space in spaces))
    spec = vega.check(beside)
    rows = [row for row in vega.rows(spec, "pc1", "word") if "figure" not in row]
    vega.same_as_records(rows, beside.records())
    looks = {}
    for row in rows:
        looks.setdefault(row["word"].lower(), []).append((row.get("colour"), row.get("shape")))
    assert looks["cat"][0] == looks["cat"][1]
    assert looks["sun"][0] == looks["sun"][1] != looks["cat"][0]
    assert looks["dog"] == looks["tree"] == looks["爱"] == [(None, None)]


def test_several_words_are_several_pictures(many):
    many_asked = Several("queries", [ask(many, "word0", k=1)] * 14)
    assert many_asked.chart()["title"] == "the first 12 of 14 queries"
    assert len(many_asked.chart()["vconcat"]) == 12
    both = Several("queries", [ask(many, word, k=3) for word in ("word0", "词1")])
    assert [row["shown"] for row in vega.rows(vega.check(both), "pc1") if row["kind"] == "query"] == ["word0", "词1"]


def test_hostile_words_are_drawn_as_text(tmp_path):
    words = [word for word in HOSTILE if "\n" not in word]
    found = ask(space_of(tmp_path, words), words[0], k=len(words) - 1)
    check_harmless(found, words)
