"""--quiet and --verbose of llmlab itself: how much is said on stderr; what is answered stays as it is."""

import re

import pytest

OPENED = [  # a line, and what --verbose says of it, below the threads
    (
        "prob Hi GGUF",
        [r"reading .*\.gguf: 0\.\d MiB", r"\S+\.gguf \(local\) is open: llama\.cpp, F32, \S+ [\d.]+; [\d.]+ s"],
    ),
    ("prob Hi MODEL", [r"reading .*: 0\.\d MiB", r"\S+ \(local\) is open: torch, float32, .* [\d.]+\S*; [\d.]+ s"]),
    ("tokens Hi GGUF", [r"the tokenizer of \S+\.gguf \(local\) is open: \S+ [\d.]+; [\d.]+ s"]),
    ("embed Hi ENCODER", [r"reading .*: 0\.\d MiB", r"\S+ \(local\) is open: ctranslate2, float32, .*; [\d.]+ s"]),
    (
        "embed Hi ENCODER --engine torch",
        [r"reading .*: 0\.\d MiB", r"\S+ \(local\) is open: torch, float32, .*; [\d.]+ s"],
    ),
    ("neighbors 小明 --space PEOPLE", [r"the space people\.csv is open: 3 words, 9 numbers a vector; [\d.]+ s"]),
]


@pytest.fixture
def models(models):
    """With a table that the packages carry."""
    from llmlab.packaged import packaged

    return {**models, "PEOPLE": [str(packaged() / "exercises" / "people.csv")]}


@pytest.mark.parametrize(("line", "said"), OPENED)
def test_verbose_says_what_is_opened_on_what(lab, line, said):
    before = lab(line)  # what is made once is made
    done = lab(f"--verbose {line}")
    threads, *rest = done.err.splitlines()
    assert (done.code, done.out) == (0, before.out)
    assert threads.startswith("llmlab: threads: ")
    assert len(rest) == len(said)
    for one, pattern in zip(rest, said, strict=True):
        assert re.fullmatch(f"llmlab: {pattern}", one)
    assert "is open" not in before.err


@pytest.mark.parametrize("line", ["--debug prob Hi GGUF", "prob Hi GGUF --debug", "prob --verbose Hi GGUF"])
def test_it_may_stand_behind_the_verb_and_debug_says_it_too(lab, line):
    assert " is open: llama.cpp, " in lab(line).err


def test_what_an_option_takes_or_what_follows_two_dashes_is_no_option(lab):
    assert "is open" not in lab("cloze 'The [?]' -c --verbose -c cat GGUF").err
    done = lab("prob GGUF -- --verbose")
    assert (done.code, done.err) == (0, "")


def test_quiet_says_nothing_but_errors(lab, run, models, tmp_path):
    vectors = tmp_path / "quiet.vec"
    vectors.write_text("love 3 1\nhate -1 2\n", encoding="utf-8")
    loud = run("space", "import", "loud", str(vectors))
    done = run("--quiet", "space", "import", "quiet", str(vectors))
    assert "building the space loud" in loud.err
    assert (done.code, done.err) == (0, "")
    assert done.out == loud.out.replace("loud", "quiet")
    wrong = run("--quiet", "neighbors", "love", "--space", "absent")
    assert (wrong.code, wrong.out) == (2, "")
    assert wrong.err == run("neighbors", "love", "--space", "absent").err != ""


def test_quiet_shows_no_progress_however_long_it_takes(monkeypatch):
    import io

    from llmlab.cli.world import World

    err = io.StringIO()
    monkeypatch.setattr("llmlab.progress.PATIENCE_S", -1)
    with World(argv=[], environ={}, stderr=err, quiet=True).progress("scoring") as progress:
        for done in range(41):
            progress(done, 40)
    assert err.getvalue() == ""


def test_on_a_terminal_quiet_leaves_out_what_to_try_next(at, tmp_path):
    vectors = tmp_path / "v.vec"
    vectors.write_text("cat 3 1\ndog -1 2\ncar 1 1\n", encoding="utf-8")
    asked = ("why", "cat", "dog", "--space", str(vectors), "--lang", "en")
    assert at(*asked).err.endswith(
        f"next, see the vectors themselves: llmlab --lang en embed cat dog --strip --space {vectors}\n"
    )
    done = at("--quiet", *asked)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("line", ["--quiet --verbose prob Hi", "--quiet prob Hi --verbose"])
def test_more_and_less_at_once_is_misuse(refuses, line):
    refuses(line, b"", "--quiet does not go with --verbose; give one of them")


def test_a_quiet_error_has_its_traceback_where_it_is_asked_for(lab):
    done = lab("--quiet --debug neighbors love --space absent")
    assert done.err.startswith("Traceback ")
    assert "no space is called" in done.err.splitlines()[-1]
