"""llmlab neighbors and llmlab embed over spaces of one's own, and embed over a language model's layers."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from wordfreq import zipf_frequency

CHARACTERS = "configs/exercises/characters.csv"
PEOPLE = "configs/exercises/people.csv"
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


@pytest.fixture(autouse=True)
def checkout(monkeypatch):
    """Commands run where configs lies."""
    monkeypatch.chdir(Path(__file__).parents[2])


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


def write(path, vectors):
    path.write_text("".join(f"{word} {' '.join(map(str, row))}\n" for word, row in vectors.items()), encoding="utf-8")
    return str(path)


@pytest.fixture
def lab(run, tmp_path):
    """`run` in a cache that has the spaces mine and others."""
    assert run("space", "import", "mine", write(tmp_path / "v.vec", VECTORS), "--language", "en").code == 0
    assert run("space", "import", "others", write(tmp_path / "o.vec", OTHERS)).code == 0
    return run


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


def found(done):
    """The words of a json answer, in its order, with their scores."""
    assert done.code == 0, done.err
    return {one["word"]: one["score"] for one in json.loads(done.out)["neighbors"]}


def rows(done):
    """The first two cells of each row of a table."""
    return [tuple(line.split()[:2]) for line in done.out.splitlines() if line.strip()[:1].isdigit()]


# Which words


@pytest.mark.parametrize("metric", SCORES)
def test_the_neighbours_are_those_of_brute_force(lab, metric):
    done = lab("neighbors", "love", "--space", "mine", "--metric", metric, "-k", "4", "-f", "json")
    expected = dict(list(scores("love", metric=metric).items())[:4])
    assert list(found(done)) == list(expected)
    assert found(done) == pytest.approx(expected)
    table = lab("neighbors", "love", "--space", "mine", "--metric", metric, "-k", "4")
    assert rows(table) == [(str(rank), word) for rank, word in enumerate(expected, 1)]


def test_a_file_answers_as_its_space_does(lab, tmp_path):
    by_name = lab("neighbors", "love", "--space", "mine", "-f", "json")
    by_path = lab("neighbors", "love", "--space", str(tmp_path / "v.vec"), "-f", "json")
    assert found(by_path) == found(by_name)


def test_candidates_are_ranked(lab):
    done = lab(
        "neighbors", "love", "--against", "hate", "--against", "cat", "--against", "the", "-s", "mine", "-f", "json"
    )
    expected = {word: score for word, score in scores("love").items() if word in ("hate", "cat", "the")}
    assert list(found(done)) == list(expected)
    assert found(done) == pytest.approx(expected)


def test_candidates_come_from_stdin_too(lab):
    done = lab("neighbors", "love", "--against", "-", "--space", "mine", stdin=b"hate\r\ncat\n\nthe\n")
    expected = [word for word in scores("love") if word in ("hate", "cat", "the")]
    assert rows(done) == [(str(rank), word) for rank, word in enumerate(expected, 1)]


def test_a_candidate_that_the_space_lacks_is_named(lab):
    done = lab("neighbors", "love", "--against", "lover", "--space", "mine")
    assert (done.code, done.out) == (2, "")
    assert "the space mine has no word 'lover'; close spellings: love" in done.err


def test_all_words_within_a_distance_are_found(lab):
    for metric, bound in (("l2", 1.5), ("cosine", 0.9)):
        done = lab("neighbors", "love", "--within", str(bound), "--metric", metric, "-s", "mine", "-f", "json")
        every = scores("love", metric=metric)
        inside = {word: score for word, score in every.items() if (score <= bound) == (metric == "l2")}
        assert 0 < len(inside) < len(every)
        assert list(found(done)) == list(inside)


@pytest.mark.parametrize("pattern", ["[a-z]+e", "lo.*", "cat|the"])
def test_only_words_of_a_pattern_are_listed(lab, pattern):
    done = lab("neighbors", "love", "--words", pattern, "--space", "mine", "-f", "json")
    wanted = {"[a-z]+e": {"hate", "the"}, "lo.*": {"loves", "loving", "lovers"}, "cat|the": {"cat", "the"}}[pattern]
    assert list(found(done)) == [word for word in scores("love") if word in wanted]


def test_inflections_are_left_out(lab):
    done = lab("neighbors", "love", "--exclude-forms", "--space", "mine", "-f", "json")
    assert list(found(done)) == [word for word in scores("love") if word not in ("loves", "loving")]


def test_only_frequent_words_are_listed_with_their_frequency(lab):
    done = lab("neighbors", "love", "--min-frequency", "4.5", "--space", "mine", "-f", "json")
    zipf = {word: zipf_frequency(word, "en") for word in VECTORS}
    expected = [word for word in scores("love") if zipf[word] >= 4.5]
    assert 0 < len(expected) < len(VECTORS) - 1
    assert list(found(done)) == expected
    for one in json.loads(done.out)["neighbors"]:
        assert one["zipf"] == pytest.approx(zipf[one["word"]], abs=0.011)


@pytest.mark.parametrize("sort", ["nearness", "word", "frequency"])
def test_rows_are_sorted_and_keep_their_rank(lab, sort):
    done = lab("neighbors", "love", "--sort", sort, "-k", "5", "--space", "mine", "-f", "json")
    nearest = list(scores("love"))[:5]
    orders = {"nearness": None, "word": str, "frequency": lambda word: -zipf_frequency(word, "en")}
    expected = sorted(nearest, key=orders[sort]) if orders[sort] else nearest
    assert list(found(done)) == expected
    assert [one["rank"] for one in json.loads(done.out)["neighbors"]] == [1 + nearest.index(word) for word in expected]


def test_exact_is_accepted_where_all_words_are_compared_anyway(lab):
    plain, exact = (lab("neighbors", "love", "-s", "mine", "-f", "json", *more) for more in ([], ["--exact"]))
    assert plain == exact
    assert json.loads(exact.out)["exact"] is True


def test_the_words_of_a_sum_are_left_out(lab):
    done = lab("neighbors", "love - hate + cat", "--space", "mine", "-k", "1", "-f", "json")
    unit = {word: np.array(row) / np.linalg.norm(row) for word, row in VECTORS.items()}
    target = unit["love"] - unit["hate"] + unit["cat"]
    best = max(VECTORS.keys() - {"love", "hate", "cat"}, key=lambda word: unit[word] @ target)
    assert found(done) == {best: pytest.approx(unit[best] @ target / np.linalg.norm(target))}


# Side by side


def test_spaces_answer_side_by_side(lab):
    done = lab("neighbors", "love", "--spaces", "mine,others", "-k", "3", "-f", "json")
    document = json.loads(done.out)
    lists = [list(scores("love", vectors))[:3] for vectors in (VECTORS, OTHERS)]
    assert [[one["word"] for one in space["neighbors"]] for space in document["spaces"]] == lists
    assert [space["space"] for space in document["spaces"]] == ["mine", "others"]


def test_what_spaces_share_is_counted(lab):
    done = lab("neighbors", "love", "--spaces", "mine, others", "-k", "7", "-f", "json")
    first, second = (set(scores("love", vectors)) for vectors in (VECTORS, OTHERS))
    [overlap] = json.loads(done.out)["overlap"]
    assert overlap["spaces"] == ["mine", "others"]
    assert overlap["words"] == [word for word in scores("love") if word in second]
    assert overlap["jaccard"] == pytest.approx(len(first & second) / len(first | second))
    table = lab("neighbors", "love", "--spaces", "mine,others", "-k", "7").out
    assert " ".join(overlap["words"]) in table
    marked = {line.split()[1] for line in table.splitlines() if line[:1].isdigit() and line.split()[3:4] == ["*"]}
    assert marked == first & second


def test_two_files_of_one_name_are_two_spaces(run, tmp_path):
    paths = []
    for folder, vectors in (("a", {"love": [1, 0], "cat": [1, 1]}), ("b", OTHERS)):
        (tmp_path / folder).mkdir()
        paths.append(write(tmp_path / folder / "v.vec", vectors))
    done = run("neighbors", "love", "--spaces", ",".join(paths), "-f", "json")
    [overlap] = json.loads(done.out)["overlap"]
    assert overlap["words"] == ["cat"]
    assert overlap["jaccard"] == pytest.approx(1 / 4)  # cat, of cat, zebra, hate and the


def test_every_format_tells_the_same_neighbours(lab):
    arguments = ["neighbors", "love", "--spaces", "mine,others", "-k", "2"]
    lines = [json.loads(line) for line in lab(*arguments, "-f", "jsonl").out.splitlines()]
    assert [(one["space"], one["rank"]) for one in lines] == [("mine", 1), ("mine", 2), ("others", 1), ("others", 2)]
    for form, separator in (("csv", ","), ("tsv", "\t")):
        header, *cells = (line.split(separator) for line in lab(*arguments, "-f", form).out.splitlines())
        assert header == list(lines[0])
        assert [row[header.index("word")] for row in cells] == [one["word"] for one in lines]


# Tables of the exercises


def one_hot(path, standardize=False):
    """The words of a table of the exercises, the names of its dimensions, and its vectors."""
    header, *lines = (line.split(",") for line in Path(path).read_text(encoding="utf-8").splitlines())
    dimensions, columns = [], []
    for name, column in zip(header[1:], list(zip(*lines, strict=True))[1:], strict=True):
        if column[0].isdigit():
            values = np.array(column, float)
            columns.append((values - values.mean()) / values.std() if standardize else values)
            dimensions.append(name)
        else:
            for category in dict.fromkeys(column):
                columns.append(np.array([cell == category for cell in column], float))
                dimensions.append(f"{name}={category}")
    vectors = dict(zip([line[0] for line in lines], np.array(columns).T, strict=True))
    return vectors, dimensions


@pytest.mark.parametrize("metric", SCORES)
def test_the_monster_is_nearest_to_man_by_every_metric(run, metric):
    vectors, dimensions = one_hot(CHARACTERS)
    expected = scores("人", vectors, metric)
    assert next(iter(expected)) == "妖"
    done = run("neighbors", "人", "--space", CHARACTERS, "--metric", metric, "-f", "json")
    assert found(done) == pytest.approx(expected)
    first = json.loads(done.out)["neighbors"][0]
    assert first["word"] == "妖"
    assert first["values"] == dict(zip(dimensions, vectors["妖"], strict=True))


def test_neighbours_in_a_table_stand_under_the_names_of_its_columns(run):
    done = run("neighbors", "人", "--space", CHARACTERS, "-k", "1")
    header, _, own, first, *_ = done.out.splitlines()[1:]
    assert header.split() == ["#", "word", "cosine", "构词", "位置", "类别", "词性"]
    assert own.split() == ["人", "5", "后", "人间", "名词"]
    assert first.split()[:2] == ["1", "妖"]
    assert first.split()[3:] == ["3", "后", "人间", "名词"]


@pytest.mark.parametrize(("a", "b", "first"), [("小明", "小陈", "性别=男"), ("小明", "小红", "种族=汉族")])
def test_where_names_the_dimension_that_makes_two_people_alike(run, a, b, first):
    vectors, dimensions = one_hot(PEOPLE, standardize=True)
    parts = vectors[a] * vectors[b] / np.linalg.norm(vectors[a]) / np.linalg.norm(vectors[b])
    assert dimensions[int(np.abs(parts).argmax())] == first
    done = run("embed", a, b, "--space", PEOPLE, "--standardize", "--where", "-f", "json")
    document = json.loads(done.out)
    assert document["dimensions"][0]["dimension"] == first
    found = {one["dimension"]: one["part"] for one in document["dimensions"]}
    assert found == pytest.approx(dict(zip(dimensions, parts, strict=True)), abs=1e-6)
    assert document["score"] == pytest.approx(parts.sum())
    table = run("embed", a, b, "--space", PEOPLE, "--standardize", "--where").out
    assert table.splitlines()[2].split()[0] == first


# Misuse


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["neighbors", "love", "-k", "3", "--within", "0.5", "-s", "mine"], "-k, --within and --against are different"),
        (["neighbors", "love", "-k", "3", "--against", "cat", "-s", "mine"], "-k, --within and --against"),
        (["neighbors", "love", "--within", "1", "--against", "cat", "-s", "mine"], "-k, --within and --against"),
        (["neighbors", "love", "--space", "mine", "--spaces", "mine,others"], "--space and --spaces are two ways"),
        (["neighbors", "love", "--spaces", "mine,,others"], "--spaces 'mine,,others' holds an empty name"),
        (["neighbors", "love", "--spaces", ""], "--spaces '' holds an empty name"),
        (["neighbors", "love", "--spaces", "mine,nowhere"], "no space is called 'nowhere'"),
        (["neighbors", "love", "--against", "-", "-s", "mine"], "--against holds no candidates"),
        (["neighbors", "love", "--against", " ", "-s", "mine"], "--against holds no candidates"),
        (["neighbors", "love", "--words", "(", "-s", "mine"], "--words '(' is no regular expression"),
        (["neighbors", "love", "--sort", "size", "-s", "mine"], "'size' is not one of"),
        (["neighbors", "love", "--within", "nan", "-s", "mine"], "nan is no distance"),
        (["neighbors", "love", "-k", "0", "-s", "mine"], "k = 0 asks for no neighbour"),
        (["neighbors", "love", "--standardize", "-s", "mine"], "the space mine is made already"),
        (["neighbors", "lovve", "-s", "mine"], "the space mine has no word 'lovve'; close spellings: love"),
        (["neighbors", "love - cat", "--method", "mul", "--within", "1", "-s", "mine"], "--method mul ranks all words"),
        (["neighbors", "love", "--method", "mul", "--against", "cat", "-s", "mine"], "--method mul ranks all words"),
        (["embed", "cat", "--space", "mine", "--tokens"], "--space does not go with --tokens"),
        (["embed", "a b", "--tokens", "--odd", "--model", "LM"], "--odd and --tokens are different questions"),
        (["embed", "a", "b", "c", "--odd", "--where"], "--where and --odd are different questions"),
        (["embed", "a", "b", "--where", "--full"], "--full does not go with --where"),
        (["embed", "a b", "--tokens", "--metric", "l2"], "--metric does not go with --tokens"),
        (["neighbors", "love", "--spaces", "mine"], "--spaces takes two spaces or more"),
        (["embed", "a", "b", "--tokens", "--word", "a"], "--word does not go with --tokens"),
        (["embed", "a", "--where", "--space", "mine"], "the space mine has no word 'a'"),
        (["embed", "cat", "--where", "--space", "mine"], "--where explains the similarity of two"),
        (["embed", "cat", "the", "--odd", "--space", "mine"], "--odd takes three words or more"),
        (["embed", "cat", "--standardize"], "--standardize goes with a table's file"),
        (["embed", "cat", "--standardize", "--space", "mine"], "the space mine is made already"),
        (["embed", "cat", "--layer", "1", "--model", "ENCODER"], "is no language model, which --layer and --word ask"),
        (["embed", "cat", "--word", "cat", "--model", "ENCODER"], "is no language model, which --layer and --word ask"),
        (["embed", "cat", "--layer", "1", "--space", "mine"], "--layer"),
        (["embed", "cat", "--word", "cat", "--space", "mine"], "--word"),
        (["embed", "cat", "--word", "cat", "--layer", "1", "--space", "mine"], "--word"),
        (["embed", "cat", "--space", "mine", "--model", "LM"], "--space"),
        (["embed", "cat", "--model", "LM", "--layer", "9"], "has no layer '9'; give input, last, or 1 to 2"),
        (["embed", "cat", "--model", "LM", "--layer", "0"], "has no layer '0'"),
        (["embed", "cat", "--model", "LM", "--layer", "first"], "has no layer 'first'"),
        (["embed", "The cat", "--model", "LM", "--word", "dog"], "'The cat' does not hold 'dog'"),
        (["embed", "The cat", "--model", "LM", "--word", ""], "--word"),
        (["embed", "The cat", "--model", "GGUF", "--layer", "1"], "use --engine torch"),
        (["embed", "The cat", "--model", "GGUF", "--layer", "last"], "use --engine torch"),
        (["embed", "The cat", "--model", "GGUF", "--word", "cat"], "use --engine torch"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_misuse_is_one_line_on_stderr(lab, lm_folder, encoder_folder, gguf_file, arguments, expected):
    models = {"LM": str(lm_folder), "ENCODER": str(encoder_folder), "GGUF": str(gguf_file)}
    done = lab(*(models.get(argument, argument) for argument in arguments))
    assert (done.code, done.out) == (2, "")
    assert expected in done.err
    assert done.err.startswith("llmlab: ")
    assert done.err.count("\n") == 1


# Layers of a language model


@pytest.fixture
def states(lm_folder):
    """The hidden states of a text by plain transformers, [layer][token], without that of <s>."""
    model = AutoModelForCausalLM.from_pretrained(lm_folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(lm_folder)

    def states(text):
        with torch.no_grad():
            output = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
        return [layer[0, 1:].numpy() for layer in output.hidden_states]

    return states


@pytest.mark.parametrize(("layer", "number"), [("input", 0), ("1", 1), ("2", 2), ("last", 2)])
def test_the_rows_of_a_text_at_a_layer_are_those_of_transformers(run, lm_folder, states, layer, number):
    arguments = ["embed", "The cat sat", "--model", str(lm_folder), "--engine", "torch", "--layer", layer]
    document = json.loads(run(*arguments, "-f", "json").out)
    found = np.array([one["vector"] for one in document["embeddings"]])
    np.testing.assert_allclose(found, states("The cat sat")[number], atol=1e-4)
    assert document["layer"] == ("input" if layer == "input" else str(number))
    table = run(*arguments)
    assert table.code == 0
    assert f"a matrix of {len(found)} tokens x 64 dimensions" in table.out


def test_the_input_rows_of_a_gguf_file_are_those_of_its_table(run, gguf_file, states):
    done = run("embed", "The cat sat", "--model", str(gguf_file), "--layer", "input", "-f", "json")
    found = np.array([one["vector"] for one in json.loads(done.out)["embeddings"]])
    np.testing.assert_allclose(found, states("The cat sat")[0], atol=1e-6)


@pytest.mark.parametrize(("layer", "number"), [([], 2), (["--layer", "1"], 1), (["--layer", "input"], 0)])
def test_the_vector_of_a_word_is_the_mean_of_its_tokens_in_each_text(run, lm_folder, states, layer, number):
    texts = ["The cat sat", "A dog, a cat and a zebra", "cat"]
    arguments = ["embed", *texts, "--word", "cat", "--model", str(lm_folder), "--engine", "torch", *layer]
    document = json.loads(run(*arguments, "-f", "json").out)
    assert [one["text"] for one in document["embeddings"]] == texts
    tokenizer = AutoTokenizer.from_pretrained(lm_folder)
    for text, one in zip(texts, document["embeddings"], strict=True):
        spans = tokenizer(text, return_offsets_mapping=True)["offset_mapping"][1:]
        first = text.index("cat")
        own = [place for place, (start, end) in enumerate(spans) if start < first + 3 and end > first]
        np.testing.assert_allclose(one["vector"], states(text)[number][own].mean(axis=0), atol=1e-4)
    table = run(*arguments)
    assert table.code == 0
    assert "cat in each text: the mean of its tokens" in table.out


def test_a_word_that_stands_twice_has_two_vectors(run, lm_folder):
    arguments = ["--word", "cat", "--model", str(lm_folder), "--engine", "torch", "-f", "json"]
    document = json.loads(run("embed", "a cat or a cat, no category", *arguments).out)
    assert [one["text"] for one in document["embeddings"]] == [
        "a cat or a cat, no category [1]",
        "a cat or a cat, no category [2]",
    ]
