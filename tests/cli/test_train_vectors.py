"""llmlab train: word vectors from a text, kept as spaces that the other verbs ask."""

import gzip
import json
from importlib.util import find_spec

import pytest
import training_texts
from jsonschema import Draft202012Validator

from llmlab.door import opened
from llmlab.lab.training import skipgram
from llmlab.packaged import packaged

TOY = "train vectors toy --text t.txt --dimension 10 --steps 0,1000,20000"
pytestmark = pytest.mark.skipif(find_spec("gensim") is None, reason="gensim is not installed")


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.txt").write_text(training_texts.english(3_000), encoding="utf-8")
    return tmp_path


def test_neighbours_form_from_space_to_space(lab):
    assert lab(TOY).code == 0
    done = lab("neighbors horse --space toy@0 --space toy@20000 --space toy -k 4 -f json")
    assert done.code == 0, done.err
    (found,) = json.loads(done.out)["queries"]
    asked = {one["space"]: [near["word"] for near in one["neighbors"]] for one in found["spaces"]}
    assert list(asked) == ["toy@0", "toy@20000", "toy"]
    kin = {*training_texts.ANIMALS, *training_texts.EATS, *training_texts.FOOD}
    assert set(asked["toy"]) < kin
    assert not set(asked["toy@0"]) < kin


def test_the_table_of_a_model_is_looked_up(lab):
    assert lab(TOY).code == 0
    (record,) = map(json.loads, lab("embed horse --space toy@0 -f jsonl").out.splitlines())
    assert len(record["vector"]) == 10
    assert (record["space"], record["model"], record["engine"]) == ("toy@0", "skip-gram", "gensim")
    assert max(map(abs, record["vector"])) <= 1 / 10


def test_the_spaces_are_listed_shown_checked_exported_and_removed(lab, here):
    assert lab(TOY).code == 0
    listed = {one["name"]: one for one in json.loads(lab("space list -f json").out)["spaces"]}
    assert {"toy", "toy@0", "toy@1000", "toy@20000"} < set(listed)
    assert listed["toy@0"]["made_from"] == "skip-gram, t.txt"
    shown = json.loads(lab("space show toy@1000 -f json").out)
    assert (shown["words_read"], shown["kind"]) == (1_000, "trained")
    assert "gensim 4." in lab("space show toy").out
    assert "toy@0 is whole: 27 words x 10" in lab("space check toy@0").err
    assert "wrote 27 words" in lab("space export toy@0 toy.vec").err
    assert "MiB of toy" in lab("space remove toy").err
    assert not [name for name in json.loads(lab("space list -f json").out)["spaces"] if "toy" in name["name"]]


def test_a_text_may_be_piped_or_packed(lab, here):
    text = (here / "t.txt").read_bytes()
    (here / "t.txt.gz").write_bytes(gzip.compress(text))
    tables = []
    for name, file in (("one", "t.txt"), ("two", "t.txt.gz"), ("three", "-")):
        assert lab(f"train vectors {name} --text {file} --dimension 4", text).code == 0
        tables.append(json.loads(lab(f"embed cat --space {name} -f jsonl").out)["vector"])
    assert tables[0] == tables[1] == tables[2]


def test_it_is_told_what_comes_of_it(tells):
    head = ("skip-gram on t.txt: 27 words x 10", "words read", "75,000", "nearest in toy@0", "window 5, negative 5")
    tells(TOY, b"", head)
    tells(f"{TOY} --quiet", b"", ("toy@0\ntoy@1000\ntoy@20000\ntoy\n",))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("train vectors toy", "train vectors needs --text; for example: llmlab train vectors toy --text english"),
        ("train vectors toy --text none.txt", "cannot read none.txt"),
        (
            "train vectors toy --text t.txt --steps many",
            "--steps 'many' is not a list of whole numbers; for example --steps 0,1000,10000",
        ),
        ("train vectors toy --text t.txt --from cbow", "cbow"),
        ("train vectors toy@1 --text t.txt", "cannot be called 'toy@1'"),
        ("train nets", "no verb of train is called 'nets'; see `llmlab train --help`"),
        ("neighbors cat --space toy@0 --space toy", "no space is called 'toy@0'"),
        ("neighbors cat --space glove --space ''", "--space is empty"),
        ("space build a@0 --model x --vocab model", "cannot be called 'a@0'"),
    ],
)
def test_misuse_is_one_line(refuses, line, expected):
    refuses(line, b"", expected)


def test_the_door_says_the_same(lab, ear, environ, monkeypatch):
    monkeypatch.setenv("LLMLAB_CACHE", environ["LLMLAB_CACHE"])
    found = opened(None, None, ear).train_vectors("toy", "t.txt", dimension=10, steps=[0, 1_000], watch=["cat"])
    done = lab("train vectors toy --text t.txt --dimension 10 --steps 0,1000 --watch cat -f json")
    assert json.loads(done.out) == json.loads(json.dumps(found.document()))
    counted = opened(None, None, ear).train_vectors("counted", "t.txt", from_="bigram", dimension=10)
    assert counted.values() == ["counted"]


def test_without_gensim_counts_are_left(lab, refuses, monkeypatch):
    monkeypatch.setattr(skipgram, "find_spec", lambda name: None)
    missing = 'skip-gram is trained by gensim, which is not installed; pip install "llmlab[train]"'
    refuses(TOY, b"", missing, code=1)
    assert lab("train vectors counted --text t.txt --from bigram --dimension 10").code == 0


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("train.vectors", f"{TOY} --watch cat,bus"),
        ("train.vectors", "train vectors counted --text t.txt --from bigram --dimension 4"),
        ("space.show", "space show toy@0"),
        ("neighbors", "neighbors cat --space toy@0 --space toy"),
        ("embed", "embed cat --space toy@0"),
    ],
)
def test_records_of_what_was_trained_are_what_the_schema_says(lab, kind, line):
    assert lab(TOY).code == 0
    schema = json.loads((packaged() / "records.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]})
    records = [json.loads(one) for one in lab(f"{line} -f jsonl").out.splitlines()]
    assert records
    for record in records:
        validator.validate(record)
