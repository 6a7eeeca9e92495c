"""How good a space is, against scipy and a brute-force search by numpy in float64."""

import json
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lab_spaces import make
from scipy import stats

from llmlab.errors import MisuseError
from llmlab.lab.vectors import evaluate
from llmlab.lab.vectors.evaluate import WordPair, WordQuestion
from llmlab.render.records import to_json


def random_space(folder, seed, count=60, dimension=6):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return make(folder, vectors), vectors.astype(np.float64)


def cosine(a, b):
    return a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


@given(
    count=st.integers(2, 40), unknown=st.integers(0, 5), scores=st.sampled_from([3, 1000]), seed=st.integers(0, 10**6)
)
def test_correlations_are_those_of_scipy_over_the_known_pairs(count, unknown, scores, seed):
    rng = np.random.default_rng(seed)
    ids = rng.permutation([(a, b) for a in range(60) for b in range(a)])[:count]  # no pair twice: no cosines tie
    people = rng.integers(0, scores, count).astype(float)  # with ties
    people[:2] = 0, 1  # not all alike
    pairs = [WordPair(f"w{a}", f"W{b}", score) for (a, b), score in zip(ids, people, strict=True)]
    lacking = [WordPair("w1", "nothing", 9.0), WordPair("nothing", "w1", 0.0), WordPair("nil", "nihil", 5.0)]
    for number in range(unknown):
        pairs.insert(int(rng.integers(len(pairs) + 1)), lacking[number % 3])
    with tempfile.TemporaryDirectory() as folder:
        space, vectors = random_space(folder, seed)
        found = evaluate.similarity(space, pairs)
    cosines = [cosine(vectors[a], vectors[b]) for a, b in ids]
    spearman, pearson = stats.spearmanr(people, cosines), stats.pearsonr(people, cosines)
    assert found.spearman == pytest.approx(spearman.statistic, abs=1e-9)
    known = np.nan if found.p_value is None else found.p_value
    assert known == pytest.approx(spearman.pvalue, abs=1e-9, nan_ok=True)
    assert found.pearson == pytest.approx(pearson.statistic, abs=1e-6)
    assert (found.pairs, found.known) == (count + unknown, count)


def test_the_screen_and_the_record_say_how_many_pairs_were_known(tmp_path):
    space = make(tmp_path, np.array([[1, 0], [1, 0.1], [1, 1], [0, 1]]), ["a", "b", "c", "d"])
    pairs = [WordPair("a", "b", 9), WordPair("a", "c", 5), WordPair("a", "d", 1), WordPair("a", "x", 3)]
    found = evaluate.similarity(space, pairs)
    (view,) = found.views()
    pearson = stats.pearsonr([9, 5, 1], [1 / np.sqrt(1.01), np.sqrt(0.5), 0]).statistic
    assert view.rows == [[4, 3, "1.0000", f"{pearson:.4f}"]]
    assert view.conclusion.startswith("The order of 3 pairs by cosine and by people correlates at 1.00")
    judged = found.document().pop("judged")
    assert found.records() == [{name: value for name, value in found.document().items() if name != "judged"}]
    assert [(one["a"], one["b"], one["score"]) for one in judged] == [("a", "b", 9), ("a", "c", 5), ("a", "d", 1)]
    assert [one["cosine"] for one in judged] == pytest.approx([1 / np.sqrt(1.01), np.sqrt(0.5), 0], abs=1e-6)
    record = found.document()
    assert (record["coverage"], record["space"]) == (0.75, "s")
    assert record["pearson"] == pytest.approx(pearson, abs=1e-6)


@pytest.mark.parametrize("known", [0, 1])
def test_a_correlation_of_fewer_than_two_pairs_is_refused(tmp_path, known):
    pairs = [*[WordPair("w0", "w1", 1)] * known, WordPair("w0", "x", 2), WordPair("x", "y", 3)]
    with pytest.raises(MisuseError, match=f"s knows {known} of the {known + 2} pairs"):
        evaluate.similarity(make(tmp_path, np.eye(3)), pairs)


def test_the_p_value_of_two_pairs_is_not_known_and_json_says_so(tmp_path):
    space = make(tmp_path, np.array([[1, 0], [1, 0.1], [0, 1]]))
    document = evaluate.similarity(space, [WordPair("w0", "w1", 9), WordPair("w0", "w2", 1)]).document()
    assert document["spearman"] == pytest.approx(1)
    assert document["spearman_p"] is None
    assert json.loads(to_json(document)) == document


@pytest.mark.filterwarnings("ignore::scipy.stats.ConstantInputWarning")
def test_a_correlation_with_scores_that_are_all_alike_is_not_known_and_json_says_so(tmp_path):
    space = make(tmp_path, np.array([[1, 0], [1, 0.1], [0, 1]]))
    found = evaluate.similarity(space, [WordPair("w0", "w1", 5), WordPair("w0", "w2", 5), WordPair("w1", "w2", 5)])
    assert json.loads(to_json(found.document()))["spearman"] is None
    assert found.views()[0].rows == [[3, 3, "-", "-"]]


def test_pairs_without_a_cosine_are_left_out_of_the_correlation(tmp_path):
    space = make(tmp_path, np.array([[1, 0], [1, 0.1], [1, 1], [0, 1], [0, 0]]))
    pairs = [WordPair("w0", f"w{row}", score) for row, score in ((1, 5), (2, 9), (3, 1), (4, 7))]
    found = evaluate.similarity(space, pairs)
    cosines = [1 / np.sqrt(1.01), np.sqrt(0.5), 0]
    assert found.spearman == pytest.approx(stats.spearmanr([5, 9, 1], cosines).statistic)
    assert found.pearson == pytest.approx(stats.pearsonr([5, 9, 1], cosines).statistic, abs=1e-6)


def three_cos_add(vectors, a, b, c):
    """The row nearest to b - a + c of unit vectors, the question's own left out, ties by row."""
    unit = [vector / np.linalg.norm(vector) if vector.any() else vector for vector in vectors]
    target = unit[b] - unit[a] + unit[c]
    able = [row for row in range(len(unit)) if row not in (a, b, c) and unit[row].any()]
    return max(able, key=lambda row: (round(cosine(target, unit[row]), 12), -row), default=None)


def answered(space, vectors, questions):
    """One question a call, each with the answer of brute force and with another."""
    for a, b, c in questions:
        best = three_cos_add(vectors, a, b, c)
        others = [row for row in range(len(vectors)) if row != best]
        for d in ([] if best is None else [best]) + others[:5]:
            words = tuple(f"w{row}" for row in (a, b, c, d))
            yield evaluate.analogies(space, [WordQuestion("s", words)]).total.right, int(d == best)


@given(count=st.integers(4, 80), dimension=st.integers(2, 8), seed=st.integers(0, 10**6))
def test_an_analogy_is_right_where_brute_force_finds_its_answer(count, dimension, seed):
    with tempfile.TemporaryDirectory() as folder:
        space, vectors = random_space(folder, seed, count, dimension)
        questions = np.random.default_rng(seed).integers(0, count, (4, 3)).tolist()
        for right, expected in answered(space, vectors, questions):
            assert right == expected


@given(copies=st.integers(1, 5), seed=st.integers(0, 10**6))
def test_equally_near_answers_are_taken_in_vocabulary_order(copies, seed):
    rng = np.random.default_rng(seed)
    vectors = np.repeat(rng.normal(size=(12, 4)), copies, axis=0).astype(np.float32)
    vectors = vectors[rng.permutation(len(vectors))]
    with tempfile.TemporaryDirectory() as folder:
        space = make(folder, vectors)
        questions = rng.integers(0, len(vectors), (4, 3)).tolist()
        for right, expected in answered(space, vectors.astype(np.float64), questions):
            assert right == expected


def test_words_without_a_cosine_answer_no_analogy_and_crowd_nobody_out(tmp_path):
    vectors = np.zeros((400, 2))
    vectors[0], vectors[1], vectors[2], vectors[300] = (1, 0), (2, 0), (0, 1), (-1, -2)  # 300 is the only other one
    space = make(tmp_path, vectors)
    assert evaluate.analogies(space, [WordQuestion("s", ("w0", "w1", "w2", "w300"))]).total.right == 1
    assert evaluate.analogies(space, [WordQuestion("s", ("w0", "w1", "w2", "w3"))]).total.right == 0


def test_a_question_that_adds_up_to_nothing_stops_no_other(tmp_path):
    vectors = np.array([[0, 0], [1, 0], [0, 1], [-1, 1], [5, 1]])
    space = make(tmp_path, vectors)
    nothing = WordQuestion("s", ("w1", "w1", "w0", "w2"))  # w1 - w1 + 0
    best = three_cos_add(vectors.astype(float), 1, 2, 3)
    total = evaluate.analogies(space, [nothing, WordQuestion("t", ("w1", "w2", "w3", f"w{best}"))]).sections[1]
    assert (total.known, total.right) == (1, 1)


def test_a_large_number_of_questions_is_answered_as_one_by_one(tmp_path):
    space, vectors = random_space(tmp_path, 5)
    asked = np.random.default_rng(5).integers(0, 60, (1100, 4)).tolist()
    best = [three_cos_add(vectors, *question[:3]) for question in asked]
    for i in range(0, 1100, 2):
        asked[i][3] = best[i]
    questions = [WordQuestion(f"of {i % 3}", tuple(f"w{row}" for row in asked[i])) for i in range(1100)]
    found = evaluate.analogies(space, questions)
    for section in found.sections:
        own = [i for i in range(1100) if f"of {i % 3}" == section.name]
        right = sum(asked[i][3] == best[i] for i in own)
        assert (section.questions, section.known, section.right) == (len(own), len(own), right)
    assert found.total.right == sum(row[3] == answer for row, answer in zip(asked, best, strict=True)) >= 550


@pytest.fixture
def families(tmp_path):
    """Two kinds of questions of three, one of which the space half knows; and one it does not know."""
    words = ["man", "woman", "king", "queen", "boy", "girl"]
    space = make(tmp_path, np.array([[1, 0, 0], [1, 1, 0], [1, 0, 2], [1, 1, 2], [1, 0, -2], [1, 1, -2]]), words)
    questions = [
        WordQuestion("royal", ("man", "woman", "king", "queen")),
        WordQuestion("young", ("man", "woman", "boy", "girl")),
        WordQuestion("royal", ("man", "woman", "king", "girl")),  # wrong
        WordQuestion("royal", ("Man", "WOMAN", "King", "Queen")),  # the space folds case
        WordQuestion("young", ("man", "woman", "boy", "lass")),  # unknown
        WordQuestion("cities", ("Bonn", "Germany", "Rome", "Italy")),
    ]
    return evaluate.analogies(space, questions)


def test_sections_stand_in_the_order_of_the_questions_with_the_unknown_ones_counted(families):
    counts = [(one.name, one.questions, one.known, one.right) for one in (*families.sections, families.total)]
    assert counts == [("royal", 3, 3, 2), ("young", 2, 1, 1), ("cities", 1, 0, 0), ("total", 6, 4, 3)]


def test_accuracy_is_of_the_known_questions_with_wilsons_interval(families):
    (view,) = families.views()
    low, high = stats.binomtest(3, 4).proportion_ci(method="wilson")
    assert view.rows[-1] == ["total", 6, 4, 3, "75.0%", f"{low:.1%} - {high:.1%}"]
    assert view.rows[2] == ["cities", 1, 0, 0, "-", ""]
    said = "3 of 4 known questions are answered right (75.0%); hardest is royal (66.7%)."
    assert view.conclusion == said  # of those sections of which a question is known
    accuracies = [record["accuracy"] for record in families.records()]
    assert accuracies == [pytest.approx(2 / 3), 1, None, 0.75]
    assert all(record["space"] == "s" for record in families.records())
    document = families.document()
    assert [one["section"] for one in document["sections"]] == ["royal", "young", "cities"]
    assert document["total"]["accuracy"] == 0.75


def test_questions_of_which_none_is_known_are_refused(tmp_path):
    space = make(tmp_path, np.eye(3))
    with pytest.raises(MisuseError, match="s knows none of the questions"):
        evaluate.analogies(space, [WordQuestion("s", ("w0", "w1", "w2", "w3"))])
