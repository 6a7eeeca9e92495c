"""The cache under faults: bits that flip, processes that are killed, several on a cold cache."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from kept_folders import flip
from soak import SEED, times

pytestmark = pytest.mark.soak
WORDS = [f"word{row}" for row in range(3000)]
VOCABULARY = "the\ncat\nsat\non\nmat\ndog\nlove\nhate\n"
SPACE = "spaces/mine"


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def given(tmp_path_factory, gguf_file):
    """Files of vectors and words, and a model, of which a cache is made."""
    folder = tmp_path_factory.mktemp("given")
    rows = np.random.default_rng(SEED).normal(size=(len(WORDS), 30)).round(3)
    lines = (f"{word} {' '.join(map(str, row))}\n" for word, row in zip(WORDS, rows.tolist(), strict=True))
    (folder / "big.vec").write_text("".join(lines), encoding="utf-8")
    (folder / "words.txt").write_text(VOCABULARY, encoding="utf-8")
    chance = random.Random(SEED)
    text = "\n".join(" ".join(chance.choices(WORDS[:300], k=9)) for _ in range(4000))
    (folder / "text.txt").write_text(text, encoding="utf-8")
    (folder / "tiny.gguf").write_bytes(gguf_file.read_bytes())
    return folder


@pytest.fixture
def start(environ):
    """Start `llmlab` in a process of its own."""

    def start(*arguments):
        command = [sys.executable, "-m", "llmlab", *arguments]
        return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def kept(cache):
    """The files of all that is whole."""
    records = [path.parent for path in cache.rglob("record.json") if not path.parent.name.startswith(".")]
    return {path: path.read_bytes() for folder in records for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def filled(run, lab, given, cache):
    made = (
        f"space import mine {given / 'big.vec'}",
        f"space build encoded ENCODER --vocab {given / 'words.txt'}",
        f"space build table --model {given / 'tiny.gguf'} --vocab model",
        f"prob the --model {given / 'tiny.gguf'} --dtype float16",
        f"train ngram story --text {given / 'words.txt'}",
    )
    assert [lab(line).code for line in made] == [0] * 5
    return sorted(kept(cache))


def test_a_bit_that_flips_anywhere_is_found_by_a_check_which_names_its_file(run, cache, filled):
    chance = random.Random(SEED)
    for _ in range(times(200)):
        file = chance.choice(filled)
        bit = chance.randrange(8 * file.stat().st_size)
        flip(file, bit)
        done = run("cache", "check", "-f", "jsonl")
        found = [one for line in done.out.splitlines() for one in json.loads(line)["damaged"]]
        assert (done.code, found) == (1, [file.name]), (file, bit)
        flip(file, bit)
    assert run("cache", "check").code == 0


@pytest.mark.usefixtures("filled")
def test_no_answer_comes_of_words_records_and_headers_in_which_a_bit_has_flipped(run, cache):
    chance = random.Random(SEED)
    right = run("neighbors", "word7", "--space", "mine", "-k", "3")
    places = {"record.json": None, "words.txt": None, "vectors.faiss": 60, "unit.faiss": 60}
    for number in range(times(200)):
        name, length = list(places.items())[number % len(places)]
        file = cache / SPACE / name
        bit = chance.randrange(8 * (length or file.stat().st_size))
        flip(file, bit)
        done = run("neighbors", "word7", "--space", "mine", "-k", "3")
        assert (done.code, done.out) == (1, ""), (name, bit)
        assert done.err.startswith(f"llmlab: the space mine is damaged: {name} is not what was written; llmlab cache")
        flip(file, bit)
    assert run("neighbors", "word7", "--space", "mine", "-k", "3").out == right.out


@pytest.mark.parametrize(
    ("line", "full", "places"),
    [
        ("prob 'the cat' --model GGUF_FILE --dtype float16 -q", 100, {"gguf-float16": ("model.gguf", "record.json")}),
        (
            "embed cat --model ENCODER_FOLDER -q",
            30,
            {"ctranslate2": ("tokenizer.json", "vocabulary.json", "encoder.json", "record.json")},
        ),
    ],
)
def test_what_is_made_of_a_model_is_made_anew_with_a_word_when_a_bit_of_its_vocabulary_has_flipped(
    lab, cache, line, full, places
):
    chance, right = random.Random(SEED), lab(line)
    assert right.code == 0, right.err
    [(what, names)] = places.items()
    [folder] = cache.glob(f"models/*/{what}")
    for number in range(times(full)):
        name = names[number % len(names)]
        flip(folder / name, chance.randrange(8 * (folder / name).stat().st_size))
        done = lab(line)
        assert (done.code, done.out) == (0, right.out)
        assert f"/{what} is damaged: {name} is not what was written; it is made anew" in done.err
    assert lab(line).err == ""


@pytest.mark.parametrize(
    ("line", "making"),
    [
        (["neighbors", "word7", "--space", "big.vec"], "building the space big.vec"),
        (["prob", "the cat", "--model", "tiny.gguf", "--dtype", "float16"], "widening tiny.gguf"),
    ],
)
def test_of_eight_processes_on_a_cold_cache_one_makes_and_all_answer_the_same(
    start, given, monkeypatch, line, making, run
):
    monkeypatch.chdir(given)
    together = [start(*line) for _ in range(8)]
    done = [one.communicate(timeout=120) for one in together]
    assert {one.returncode for one in together} == {0}, done
    assert len({out for out, _ in done}) == 1
    assert sum(making in err for _, err in done) == 1
    assert "".join(err for _, err in done).count("waiting for it") <= 7
    assert run("cache", "check").code == 0
    assert run("cache", "clean", "-f", "jsonl").out == ""


MAKING = {  # what is killed, after it has said that it begins to make something; a training says nothing
    "train": lambda given: ["train", "ngram", "zoo", "--replace", "--text", str(given / "text.txt")],
    "import": lambda given: ["space", "import", "zoo", str(given / "big.vec")],
    "prepare": lambda given: ["prob", "the", "--model", str(given / "tiny.gguf"), "--dtype", "float16"],
    "build": lambda given: ["space", "build", "zoo", "--model", str(given / "tiny.gguf"), "--vocab", "model"],
}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
@pytest.mark.parametrize("what", MAKING)
def test_a_kill_at_any_moment_leaves_nothing_that_a_check_accepts_and_is_wrong(run, start, given, cache, what):
    arguments, chance = MAKING[what](given), random.Random(SEED)
    process = start(*arguments)
    begun = said(process, what)
    process.communicate(timeout=60)
    lasted, whole = time.monotonic() - begun, kept(cache)
    assert process.returncode == 0
    assert whole
    empty(run, cache)
    for _ in range(times(300) // len(MAKING)):
        process = start(*arguments)
        said(process, what)
        time.sleep(chance.uniform(0, lasted))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert run("cache", "check").code == 0
        assert kept(cache).items() <= whole.items()
        if chance.random() < 0.5:
            done = run(*arguments)  # it goes on, or begins anew
            assert done.code == 0, done.err
            assert kept(cache) == whole
        empty(run, cache)


def said(process, what):
    """When a process says that it begins to make something."""
    for line in process.stderr if what != "train" else ():
        if "once)" in line:  # building, widening, reading (once)
            break
    return time.monotonic()


def empty(run, cache):
    """Remove what was made, and clean what is left: nothing stays."""
    if (cache / "spaces" / "zoo").exists():
        assert run("space", "remove", "zoo").code == 0
    done = run("cache", "clean", "--yes")
    assert done.code == 0, done.err
    if (cache / "trained" / "zoo").exists():
        assert run("models", "remove", "zoo").code == 0
    for model in list(cache.glob("models/*")):
        assert run("models", "remove", given_model(model)).code == 0
    assert run("cache", "clean", "--yes").code == 0
    assert [path for path in cache.rglob("*") if not path.is_dir()] == []


def given_model(folder):
    """The path of the model that a folder of the cache is made of."""
    [record] = folder.glob("*/record.json")
    return os.fspath(json.loads(record.read_bytes())["facts"]["source"])
