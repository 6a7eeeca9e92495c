"""llmlab neighbors over spaces of one's own, side by side, and over the tables of the exercises."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from wordfreq import zipf_frequency

CHARACTERS = "configs/exercises/characters.csv"
VECTORS = {
    "love": [3, 1, 0.5],
    "loves": [3, 1.1, 0.5],
    "loving": [2.8, 1, 0.7],
    "lovers": [2, 1.5, 0.5],
    "hate": [-1, 2, 0.5],
    "cat": [0.5, -2, 3],
    "the": [1, 1, 1],
    "quokka": [2.5, 0.2, -0.5],
}
OTHERS = {"love": [1, 0], "cat": [1, 0.1], "zebra": [1, 0.2], "hate": [0.1, 1], "the": [-1, 1]}

pytestmark = pytest.mark.usefixtures("checkout")


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


def write(path, vectors):
    path.write_text("".join(f"{word} {' '.join(map(str, row))}\n" for word, row in vectors.items()), encoding="utf-8")
    return str(path)


@pytest.fixture
def spaces(run, tmp_path):
    """The cache has the spaces mine and others."""
    assert run("space", "import", "mine", write(tmp_path / "v.vec", VECTORS), "--language", "en").code == 0
    assert run("space", "import", "others", write(tmp_path / "o.vec", OTHERS)).code == 0


SCORES = {
    "cosine": lambda a, b: a @ b / np.linalg.norm(a) / np.linalg.norm(b),
    "dot": lambda a, b: a @ b,
    "l2": lambda a, b: np.linalg.norm(a - b),
    "l1": lambda a, b: np.abs(a - b).sum(),
}


def scores(query, vectors=VECTORS, metric="cosine"):
    """The score of every other word, nearest first."""
    other = {word: SCORES[metric](np.array(vectors[query]), np.array(row)) for word, row in vectors.items()}
    sign = 1 if metric in ("l2", "l1") else -1
    return {word: other[word] for word in sorted(other, key=lambda word: sign * other[word]) if word != query}


def only(done):
    """The answer of a document of one query."""
    (answer,) = json.loads(done.out)["queries"]
    return answer


def found(done):
    """The words of a json answer, in its order, with their scores."""
    assert done.code == 0, done.err
    return {one["word"]: one["score"] for one in only(done)["neighbors"]}


def rows(done):
    """The first two cells of each row of a table."""
    return [tuple(line.split()[:2]) for line in done.out.splitlines() if line.strip()[:1].isdigit()]


# Which words


@pytest.mark.usefixtures("spaces")
def test_space_several_times_is_spaces_side_by_side_and_twice_the_same_is_one(lab):
    one = lab("neighbors love --space mine -k 2")
    assert lab("neighbors love --space mine --space mine -k 2") == one
    both = lab("neighbors love -s mine -s others -k 2")
    assert both == lab("neighbors love --spaces mine,others -k 2")
    assert both.code == 0


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize("metric", SCORES)
def test_the_neighbours_are_those_of_brute_force(lab, metric):
    done = lab(f"neighbors love --space mine --metric {metric} -k 4 -f json")
    expected = dict(list(scores("love", metric=metric).items())[:4])
    assert list(found(done)) == list(expected)
    assert found(done) == pytest.approx(expected)
    table = lab(f"neighbors love --space mine --metric {metric} -k 4")
    assert rows(table) == [(str(rank), word) for rank, word in enumerate(expected, 1)]


@pytest.mark.usefixtures("spaces")
def test_a_file_answers_as_its_space_does(lab, tmp_path):
    by_name = lab("neighbors love --space mine -f json")
    by_path = lab(f"neighbors love --space {tmp_path}/v.vec -f json")
    assert found(by_path) == found(by_name)


@pytest.mark.usefixtures("spaces")
def test_candidates_are_ranked(lab):
    done = lab("neighbors love --against hate --against cat --against the -s mine -f json")
    expected = {word: score for word, score in scores("love").items() if word in ("hate", "cat", "the")}
    assert list(found(done)) == list(expected)
    assert found(done) == pytest.approx(expected)


@pytest.mark.usefixtures("spaces")
def test_candidates_come_from_stdin_too(lab):
    done = lab("neighbors love --against - --space mine", stdin=b"hate\r\ncat\n\nthe\n")
    expected = [word for word in scores("love") if word in ("hate", "cat", "the")]
    assert rows(done) == [(str(rank), word) for rank, word in enumerate(expected, 1)]


@pytest.mark.usefixtures("spaces")
def test_a_candidate_that_the_space_lacks_is_named(lab):
    done = lab("neighbors love --against lover --space mine")
    assert (done.code, done.out) == (2, "")
    assert "the space mine has no word 'lover'; close spellings: love" in done.err


@pytest.mark.usefixtures("spaces")
def test_all_words_within_a_distance_are_found(lab):
    for metric, bound in (("l2", 1.5), ("cosine", 0.9)):
        done = lab(f"neighbors love --within {bound} --metric {metric} -s mine -f json")
        every = scores("love", metric=metric)
        inside = {word: score for word, score in every.items() if (score <= bound) == (metric == "l2")}
        assert 0 < len(inside) < len(every)
        assert list(found(done)) == list(inside)


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [("[a-z]+e", {"hate", "the"}), ("lo.*", {"loves", "loving", "lovers"}), ("cat|the", {"cat", "the"})],
)
def test_only_words_of_a_pattern_are_listed(lab, pattern, wanted):
    done = lab(f"neighbors love --words '{pattern}' --space mine -f json")
    assert list(found(done)) == [word for word in scores("love") if word in wanted]


@pytest.mark.usefixtures("spaces")
def test_inflections_are_left_out(lab):
    done = lab("neighbors love --exclude-forms --space mine -f json")
    assert list(found(done)) == [word for word in scores("love") if word not in ("loves", "loving")]


@pytest.mark.usefixtures("spaces")
def test_only_frequent_words_are_listed_with_their_frequency(lab):
    done = lab("neighbors love --min-frequency 4.5 --space mine -f json")
    zipf = {word: zipf_frequency(word, "en") for word in VECTORS}
    expected = [word for word in scores("love") if zipf[word] >= 4.5]
    assert 0 < len(expected) < len(VECTORS) - 1
    assert list(found(done)) == expected
    for one in only(done)["neighbors"]:
        assert one["zipf"] == pytest.approx(zipf[one["word"]], abs=0.011)


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize("sort", ["nearness", "word", "frequency"])
def test_rows_are_sorted_and_keep_their_rank(lab, sort):
    done = lab(f"neighbors love --sort {sort} -k 5 --space mine -f json")
    nearest = list(scores("love"))[:5]
    orders = {"nearness": None, "word": str, "frequency": lambda word: -zipf_frequency(word, "en")}
    expected = sorted(nearest, key=orders[sort]) if orders[sort] else nearest
    assert list(found(done)) == expected
    assert [one["rank"] for one in only(done)["neighbors"]] == [1 + nearest.index(word) for word in expected]


@pytest.mark.usefixtures("spaces")
def test_exact_is_accepted_where_all_words_are_compared_anyway(lab):
    plain, exact = (lab(f"neighbors love -s mine -f json {more}") for more in ("", "--exact"))
    assert plain == exact
    assert only(exact)["exact"] is True


@pytest.mark.usefixtures("spaces")
def test_the_words_of_a_sum_are_left_out(lab):
    done = lab("neighbors 'love - hate + cat' --space mine -k 1 -f json")
    unit = {word: np.array(row) / np.linalg.norm(row) for word, row in VECTORS.items()}
    target = unit["love"] - unit["hate"] + unit["cat"]
    best = max(VECTORS.keys() - {"love", "hate", "cat"}, key=lambda word: unit[word] @ target)
    assert found(done) == {best: pytest.approx(unit[best] @ target / np.linalg.norm(target))}


# Side by side


@pytest.mark.usefixtures("spaces")
def test_spaces_answer_side_by_side(lab):
    document = only(lab("neighbors love --spaces mine,others -k 3 -f json"))
    lists = [list(scores("love", vectors))[:3] for vectors in (VECTORS, OTHERS)]
    assert [[one["word"] for one in space["neighbors"]] for space in document["spaces"]] == lists
    assert [space["space"] for space in document["spaces"]] == ["mine", "others"]


@pytest.mark.usefixtures("spaces")
def test_what_spaces_share_is_counted(lab):
    done = lab("neighbors love --spaces 'mine, others' -k 7 -f json")
    first, second = (set(scores("love", vectors)) for vectors in (VECTORS, OTHERS))
    [overlap] = only(done)["overlap"]
    assert overlap["spaces"] == ["mine", "others"]
    assert overlap["words"] == [word for word in scores("love") if word in second]
    assert overlap["jaccard"] == pytest.approx(len(first & second) / len(first | second))
    table = lab("neighbors love --spaces mine,others -k 7").out
    assert " ".join(overlap["words"]) in table
    marked = {line.split()[1] for line in table.splitlines() if line[:1].isdigit() and line.split()[2:3] == ["*"]}
    assert marked == first & second


def test_two_files_of_one_name_are_two_spaces(lab, tmp_path):
    paths = []
    for folder, vectors in (("a", {"love": [1, 0], "cat": [1, 1]}), ("b", OTHERS)):
        (tmp_path / folder).mkdir()
        paths.append(write(tmp_path / folder / "v.vec", vectors))
    done = lab(f"neighbors love --spaces {','.join(paths)} -f json")
    [overlap] = only(done)["overlap"]
    assert overlap["words"] == ["cat"]
    assert overlap["jaccard"] == pytest.approx(1 / 4)  # cat, of cat, zebra, hate and the


@pytest.mark.usefixtures("spaces")
def test_every_format_tells_the_same_neighbours(lab):
    line = "neighbors love --spaces mine,others -k 2"
    lines = [json.loads(one) for one in lab(f"{line} -f jsonl").out.splitlines()]
    assert [(one["space"], one["rank"]) for one in lines] == [("mine", 1), ("mine", 2), ("others", 1), ("others", 2)]
    for form, separator in (("csv", ","), ("tsv", "\t")):
        header, *cells = (row.split(separator) for row in lab(f"{line} -f {form}").out.splitlines())
        assert header == list(lines[0])
        assert [row[header.index("word")] for row in cells] == [one["word"] for one in lines]


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_spaces_whose_records_differ_share_a_header(lab, tmp_path, form, delimiter):
    """A table's neighbours have the values of its columns, which other spaces have not."""
    (tmp_path / "table.csv").write_text("word,warm,big\nlove,3,1\nhate,0,1\ncat,2,2\n", encoding="utf-8")
    line = f"neighbors love -k 2 --spaces mine,{tmp_path}/table.csv"
    records = [json.loads(one) for one in lab(f"{line} -f jsonl").out.splitlines()]
    assert len({tuple(record) for record in records}) == 2
    done = lab(f"{line} -f {form}")
    assert done.code == 0, done.err
    reader = csv.DictReader(io.StringIO(done.out), delimiter=delimiter)
    rows = [record | {f"values.{name}": one for name, one in record.pop("values", {}).items()} for record in records]
    assert set(reader.fieldnames) == {name for row in rows for name in row}
    for row, record in zip(reader, rows, strict=True):
        assert (row["space"], row["word"]) == (record["space"], record["word"])
        assert [row[f"values.{name}"] for name in ("warm", "big")] == [
            str(record.get(f"values.{name}", "")) for name in ("warm", "big")
        ]


# Tables of the exercises


def one_hot(path):
    """The words of a table of numbers and categories, the names of its dimensions, and its vectors."""
    header, *lines = (line.split(",") for line in Path(path).read_text(encoding="utf-8").splitlines())
    dimensions, columns = [], []
    for name, column in zip(header[1:], list(zip(*lines, strict=True))[1:], strict=True):
        if column[0][0].isdigit():
            columns.append(np.array(column, float))
            dimensions.append(name)
        else:
            for category in dict.fromkeys(column):
                columns.append(np.array([cell == category for cell in column], float))
                dimensions.append(f"{name}={category}")
    vectors = dict(zip([line[0] for line in lines], np.array(columns).T, strict=True))
    return vectors, dimensions


@pytest.mark.parametrize("metric", SCORES)
def test_man_and_monster_are_one_point_in_the_lectures_table(lab, metric):
    vectors, dimensions = one_hot(CHARACTERS)
    assert vectors["人"].tolist() == vectors["妖"].tolist() == [0.4, 0.9, 0.1]
    expected = scores("人", vectors, metric)
    done = lab(f"neighbors 人 --space {CHARACTERS} --metric {metric} -f json")
    assert found(done) == pytest.approx(expected, abs=1e-6)
    first = only(done)["neighbors"][0]
    assert first["word"] == ("神" if metric == "dot" else "妖")  # the dot product favours the longer vector
    assert first["score"] == pytest.approx({"cosine": 1, "l2": 0, "l1": 0, "dot": 1.06}[metric], abs=1e-6)
    assert first["values"] == pytest.approx(dict(zip(dimensions, vectors[first["word"]], strict=True)))


def test_neighbours_in_a_table_stand_under_the_names_of_its_columns(lab):
    done = lab(f"neighbors 人 --space {CHARACTERS} -k 1")
    header, _, own, first, *_ = done.out.splitlines()[1:]
    assert header.split() == ["#", "word", "cosine", "构词法", "类别", "词性"]
    assert own.split() == ["人", "0.4", "0.9", "0.1"]
    assert first.split() == ["1", "妖", "1.0000", "0.4", "0.9", "0.1"]
