"""llmlab space: spaces of one's own, built, imported, listed, exported, checked and judged."""

import csv
import io
import json

import numpy as np
import pytest
from scipy import stats
from sentence_transformers import SentenceTransformer

# man is to woman as king is to queen; and so on, but tokyo lies where no analogy puts it
VECTORS = {
    "man": [4, 1, 0],
    "woman": [4, -1, 0],
    "king": [4, 1, 3],
    "queen": [4, -1, 3],
    "paris": [-5, 1, 0],
    "france": [-5, 1, 2],
    "rome": [-5, -2, 0],
    "italy": [-5, -2, 2],
    "tokyo": [1, 7, 1],
    "japan": [0, 1, -6],
}
TEXT = "10 3\n" + "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in VECTORS.items())
FORMS = ("json", "jsonl", "csv", "tsv")


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture
def vec(tmp_path):
    path = tmp_path / "v.vec"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def mine(run, vec):
    """`run` in a cache that has the space mine."""
    assert run("space", "import", "mine", str(vec)).code == 0
    return run


def names(run):
    return [one["name"] for one in json.loads(run("space", "list", "-f", "json").out)["spaces"]]


def same_records(run, *arguments):
    """The document of a command, and its records, the same in every format."""
    found = {form: run(*arguments, "--format", form) for form in FORMS}
    assert {(done.code, done.err) for done in found.values()} == {(0, "")}
    lines = [json.loads(line) for line in found["jsonl"].out.splitlines()]
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        rows = list(csv.DictReader(io.StringIO(found[form].out), delimiter=delimiter))
        assert [list(row) for row in rows] == [list(line) for line in lines]
        for row, line in zip(rows, lines, strict=True):
            for name, value in line.items():
                if isinstance(value, str):
                    assert row[name] == value
                elif isinstance(value, float | int) and not isinstance(value, bool):
                    assert float(row[name]) == value
                elif isinstance(value, list):
                    assert json.loads(row[name]) == value
    return json.loads(found["json"].out), lines


def test_a_space_is_built_and_used(run, tmp_path, encoder_folder):
    (tmp_path / "words.txt").write_text("cat\ndog\nlove\n", encoding="utf-8")
    done = run("space", "build", "mine", "--model", str(encoder_folder), "--vocab", str(tmp_path / "words.txt"))
    assert (done.code, done.out) == (0, "")
    first, *_, last = done.err.splitlines()
    assert first == "llmlab: building the space mine (once)"
    assert last == "llmlab: the space mine has 3 words x 32"
    row = json.loads(run("embed", "dog", "--space", "mine", "-f", "json").out)["embeddings"][0]
    expected = SentenceTransformer(str(encoder_folder), device="cpu").encode(["dog"])[0]
    assert row["vector"] == pytest.approx(expected.tolist(), abs=1e-5)


def test_a_space_of_a_language_models_own_words_is_built(run, lm_folder):
    done = run("space", "build", "mine", "--model", str(lm_folder), "--vocab", "model", "--precision", "float16")
    assert done.code == 0
    found = json.loads(run("space", "show", "mine", "-f", "json").out)
    assert found.items() >= {"kind": "table", "dimension": 64, "stored": "float16"}.items()
    assert done.err.endswith(f"llmlab: the space mine has {found['words']:,} words x 64\n")


def test_a_file_is_imported_and_named_in_the_list(mine, vec):
    done = mine("space", "import", "again", str(vec))
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines()[-1] == "llmlab: the space again has 10 words x 3 (word2vec text)"
    table = mine("space", "list").out
    assert any(line.split()[:3] == ["mine", "10", "3"] and "v.vec" in line for line in table.splitlines())
    assert names(mine) == ["minilm", "bilingual", "glove", "gemma", "again", "mine"]


def test_what_became_of_a_tables_columns_is_said(run, tmp_path):
    (tmp_path / "t.tsv").write_text("w\tage\tsex\na\t1\tf\nb\t3\tm\n", encoding="utf-8")
    done = run("space", "import", "mine", str(tmp_path / "t.tsv"), "--standardize", "--language", "de")
    assert done.err.splitlines()[1:] == [
        "llmlab: text columns are one-hot encoded: sex (f, m)",
        "llmlab: number columns are standardised: (x - mean) / standard deviation",
        "llmlab: the space mine has 2 words x 3 (table)",
    ]
    row = json.loads(run("embed", "b", "--space", "mine", "-f", "json").out)["embeddings"][0]
    assert row["vector"] == [1, 0, 1]
    assert row["dimensions"] == ["age", "sex=f", "sex=m"]


def test_the_words_of_an_array_come_from_a_file(run, tmp_path):
    np.save(tmp_path / "v.npy", np.array([[1.5, 2], [3, 4]]))
    (tmp_path / "words.list").write_text("cat\ndog\n", encoding="utf-8")
    done = run("space", "import", "mine", str(tmp_path / "v.npy"), "--words", str(tmp_path / "words.list"))
    assert done.code == 0
    assert json.loads(run("embed", "cat", "-s", "mine", "-f", "json").out)["embeddings"][0]["vector"] == [1.5, 2]


@pytest.mark.parametrize(("case", "code"), [("keep", 2), ("lower", 0)])
def test_whether_a_word_is_found_in_another_case_can_be_said(run, vec, case, code):
    run("space", "import", "mine", str(vec), "--case", case)
    assert run("embed", "King", "--space", "mine").code == code


def test_the_list_is_the_same_in_every_format(mine):
    document, lines = same_records(mine, "space", "list")
    assert document["spaces"] == lines
    assert lines[-1].items() >= {"name": "mine", "own": True, "words": 10, "dimension": 3, "ready": True}.items()


def test_a_sheet_is_the_same_in_every_format(mine, cache):
    document, lines = same_records(mine, "space", "show", "mine")
    assert [document] == lines
    expected = {"words": 10, "format": "word2vec text", "case": "lower", "folder": str(cache / "spaces" / "mine")}
    assert document.items() >= expected.items()
    table = mine("space", "show", "mine")
    assert (table.code, table.err) == (0, "")
    assert "word2vec text" in table.out


def test_a_space_is_removed(mine, vec):
    done = mine("space", "remove", "mine")
    assert (done.code, done.out, done.err) == (0, "", "llmlab: removed 0.0 MiB of mine\n")
    assert "mine" not in names(mine)
    assert vec.exists()
    assert mine("space", "remove", "mine").code == 2


def test_an_export_is_a_file_that_other_programs_read(mine, tmp_path):
    path = tmp_path / "out.vec"
    done = mine("space", "export", "mine", str(path))
    assert (done.code, done.out, done.err) == (0, "", f"llmlab: wrote 10 words to {path}\n")
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    assert header == "10 3"
    fields = [row.split(" ") for row in rows]
    assert {word: [float(value) for value in values] for word, *values in fields} == VECTORS


def test_an_export_replaces_a_file_by_force(mine, tmp_path):
    path = tmp_path / "out.vec"
    path.write_text("before", encoding="utf-8")
    assert mine("space", "export", "mine", str(path), "--force").code == 0
    assert path.read_text(encoding="utf-8").startswith("10 3\n")


def test_a_check_says_that_a_space_is_whole_or_that_it_is_not(mine, cache):
    done = mine("space", "check", "mine")
    assert (done.code, done.out, done.err) == (0, "", "llmlab: mine is whole: 10 words x 3\n")
    file = cache / "spaces" / "mine" / "words.txt"
    file.write_bytes(file.read_bytes().replace(b"king", b"ming"))
    done = mine("space", "check", "mine")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("llmlab: the space mine is damaged: words.txt is not what was written")
    assert done.err.count("\n") == 1


PAIRS = [("king", "queen", 9), ("king", "paris", 1), ("rome", "italy", 8), ("tokyo", "japan", 7), ("man", "woman", 8.5)]


@pytest.mark.parametrize("separator", [" ", "\t", ","])
def test_similarity_is_correlated_with_peoples_scores(mine, tmp_path, separator):
    path = tmp_path / "pairs"
    lines = [separator.join(["word1", "word2", "score"]), *(separator.join(map(str, pair)) for pair in PAIRS)]
    path.write_text("\n".join([*lines, separator.join(["king", "zebra", "3"]), "# no pair", ""]), encoding="utf-8")
    document, lines = same_records(mine, "space", "eval", "mine", "--similarity", str(path))
    judged = document.pop("judged")
    assert [document] == lines
    cosines = [
        np.dot(VECTORS[a], VECTORS[b]) / np.linalg.norm(VECTORS[a]) / np.linalg.norm(VECTORS[b]) for a, b, _ in PAIRS
    ]
    scores = [score for _, _, score in PAIRS]
    assert [(one["a"], one["b"], one["score"]) for one in judged] == [(a, b, float(score)) for a, b, score in PAIRS]
    assert [one["cosine"] for one in judged] == pytest.approx(cosines)
    assert document["spearman"] == pytest.approx(stats.spearmanr(scores, cosines).statistic)
    assert document["pearson"] == pytest.approx(stats.pearsonr(scores, cosines).statistic)
    assert (document["pairs"], document["known"], document["coverage"]) == (6, 5, pytest.approx(5 / 6))
    table = mine("space", "eval", "mine", "--similarity", str(path))
    assert (table.code, table.err) == (0, "")
    assert f"{document['spearman']:.4f}" in table.out


def test_a_line_of_column_names_may_follow_a_comment(mine, tmp_path):
    path = tmp_path / "pairs"
    path.write_text("# scores of people\nword1\tword2\tscore\nking\tqueen\t9\nking\tparis\t1\n", encoding="utf-8")
    done = mine("space", "eval", "mine", "--similarity", str(path), "-f", "json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["pairs"] == 2


QUESTIONS = """# ours
: people
man woman king queen
: capitals
paris france rome italy
rome italy paris france
paris france tokyo japan
paris france oslo norway
"""


def test_analogies_are_counted_by_section(mine, tmp_path):
    path = tmp_path / "questions"
    path.write_text(QUESTIONS, encoding="utf-8")
    unit = {word: np.array(row) / np.linalg.norm(row) for word, row in VECTORS.items()}

    def right(a, b, c, d):
        target = unit[b] - unit[a] + unit[c]
        return max(VECTORS.keys() - {a, b, c}, key=lambda word: unit[word] @ target) == d

    asked = [line.split() for line in QUESTIONS.splitlines() if line[0] not in "#:"]
    hits = [right(*words) for words in asked if set(words) <= VECTORS.keys()]
    assert hits.count(True) not in (0, len(hits))
    document, lines = same_records(mine, "space", "eval", "mine", "--analogies", str(path))
    counted = [(one["section"], one["questions"], one["known"], one["right"]) for one in lines]
    assert counted == [("people", 1, 1, hits[0]), ("capitals", 4, 3, sum(hits[1:])), ("total", 5, 4, sum(hits))]
    assert lines[-1]["accuracy"] == pytest.approx(sum(hits) / 4)
    assert [one["section"] for one in document["sections"]] == ["people", "capitals"]
    assert document["total"]["right"] == sum(hits)
    table = mine("space", "eval", "mine", "--analogies", str(path))
    assert (table.code, table.err) == (0, "")
    assert "capitals" in table.out


def test_pairs_are_read_from_stdin_too(mine):
    done = mine("space", "eval", "mine", "--similarity", "-", "-f", "json", stdin=b"king queen 9\nking paris 1\n")
    assert json.loads(done.out)["known"] == 2
