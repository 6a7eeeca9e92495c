"""Tab: real shells complete real lines, and what is asked of llmlab is answered or not said at all."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from llmlab.cli import ROOMS
from llmlab.cli.shells import SHELLS, place

VECTORS = {"king": "4 1 3", "queen": "4 -1 3", "woman": "4 -1 0", "d'or": "1 0 0", "co:op": "0 2 0", "皇后": "1 1 1"}
VECTORS |= {"--dashes": "0 1 1", "$HOME": "0 3 1", "皇帝": "1 1 2", "rock’n": "1 2 3"}
HEAVY = {"torch", "transformers", "faiss", "ctranslate2", "numpy", "rich", "llama_cpp", "wordfreq", "hashlib"}


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture
def asks(environ, run, tmp_path):
    """What a shell's script is answered for a line up to the cursor, in a cache that has the space mine."""
    words = tmp_path / "v.vec"
    words.write_text("".join(f"{word} {vector}\n" for word, vector in VECTORS.items()), encoding="utf-8")
    assert run("space", "import", "mine", str(words)).code == 0

    def asks(line, shell="fish", **more):
        environ.update({"_LLMLAB_COMPLETE": shell, "_LLMLAB_LINE": line, **more})
        done = run()
        assert (done.code, done.err) == (0, "")
        return done.out.splitlines()

    return asks


@pytest.mark.parametrize("how", ["", "--standardize "])
def test_the_words_of_a_table_are_known_once_it_was_asked(asks, run, environ, tmp_path, monkeypatch, how):
    monkeypatch.chdir(tmp_path)
    Path("people.csv").write_text("name,height,weight\nanna,1,2\nbert,3,4\nanton,2,9\n", encoding="utf-8")
    line = f"llmlab why --space people.csv {how}an"
    assert asks(line) == []
    del environ["_LLMLAB_COMPLETE"]
    assert run("why", "anna", "bert", "--space", "people.csv", *how.split()).code == 0
    assert asks(line) == ["anna", "anton"]


def values(lines):
    return [line.partition("\t")[0] for line in lines]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("llmlab ", list(ROOMS)),
        ("llmlab ne", ["next", "neighbors"]),
        ("/usr/bin/llmlab orde", ["orders"]),
        ("llmlab --lang zh orde", ["orders"]),
        ("llmlab --lang ", ["en", "zh"]),
        ("llmlab space ", ["build", "import", "list", "show", "remove", "export", "check", "eval"]),
        ("llmlab train n", ["ngram"]),
        ("llmlab completion show ", ["bash", "zsh", "fish", "powershell"]),
        ("llmlab prob a --form", ["--formula", "--format"]),
        ("llmlab prob a --no", ["--no-bos", "--no-escapes"]),
        ("llmlab prob a -f ", ["table", "json", "jsonl", "csv", "tsv"]),
        ("llmlab prob a --format=js", ["--format=json", "--format=jsonl"]),
        ("llmlab orders a --dtype f", ["float32", "float16"]),
        ("llmlab prob a --dtype f", ["float32", "float16"]),
        ("llmlab neighbors a --metric ", ["cosine", "l2", "l1", "dot"]),
        ("llmlab generate --preset qa", ["qa", "qa-zh"]),
        ("llmlab cloze '[?]' --kind noun,", ["noun,verb", "noun,adjective"]),
        ("llmlab next a --model g", ["gemma-3-270m", "glove-6b-50d"]),
        ("llmlab next a -m sm", ["smollm2-135m-instruct"]),
        ("llmlab models show all", ["all-minilm-l6-v2"]),
        ("llmlab serve gem", ["gemma-3-270m"]),
        ("llmlab neighbors a --space mi", ["minilm", "mine"]),
        ("llmlab neighbors a --spaces mine,g", ["mine,glove", "mine,gemma"]),
        ("llmlab space show m", ["minilm", "mine"]),
        ("llmlab space remove ", ["mine"]),
        ("llmlab train ngram a --text ", ["chinese", "english"]),
        ("llmlab neighbors --space mine ki", ["king"]),
        ("llmlab neighbors --space mine king qu", ["queen"]),
        ("llmlab neighbors --space mine 皇", ["皇后", "皇帝"]),
        ("llmlab neighbors --space mine 'king - man + wo", ["king - man + woman"]),
        ("llmlab neighbors --space mine king --against q", ["queen"]),
        ("llmlab odd king queen --space mine w", ["woman"]),
        ("llmlab why --space=mine k", ["king"]),
        ("llmlab embed -s mine d\\'", ["d'or"]),
        ("llmlab explore --space mine --word q", ["queen"]),
        ("llmlab lesson 6 --slides ", []),  # a file: --slides of a number is without a lesson
        ("llmlab lesson 6 --slides=", []),
        ("llmlab perplexity ", []),  # a file: the shell's own
        ("llmlab prob He", []),
        ("llmlab neighbors --space mine xylo", []),
        ("llmlab neighbors --space minilm ki", []),  # not prepared in this cache, and not prepared now
    ],
)
def test_what_may_follow(asks, line, expected):
    assert sorted(values(asks(line))) == sorted(expected)


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("llmlab nosuch ", {}),
        ("llmlab nosuch sub --x y", {}),
        ("llmlab prob --nosuch x --modell", {}),
        ("llmlab space nosuch x", {}),
        ("llmlab neighbors --space nosuch k", {}),
        ("llmlab neighbors --space '' k", {}),
        ("llmlab neighbors --space ../.. k", {}),
        ("llmlab odd --space a --space b k", {}),
        ("llmlab --config /no/such/file why k", {}),
        ("llmlab why k", {"LLMLAB_CONFIG": "/no/such/file"}),
        ("llmlab why k", {"LLMLAB_LANG": "xx"}),
        ("llmlab why \udc80", {}),
        ("llmlab neighbors --within nonsense --metric nonsense --k", {}),
        ("llmlab prob 'open", {}),
        ("llmlab 'ab", {"_LLMLAB_COMPLETE": "nosuchshell"}),
    ],
)
def test_a_line_that_is_wrong_is_answered_with_nothing(asks, line, more):
    assert asks(line, **more) == []


def test_without_a_line_there_is_no_answer(asks, environ, run):
    asks("llmlab ")
    del environ["_LLMLAB_LINE"]
    done = run("prob", "a")
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.parametrize(
    "verb", [verb for verb in ROOMS if verb not in ("space", "models", "cache", "train", "completion")]
)
def test_the_options_are_those_of_the_page_with_what_they_mean(run, asks, environ, verb):
    page = run(verb, "--help").out
    told = dict(line.split("\t") for line in asks(f"llmlab {verb} -"))
    listed = re.findall(r"^  (-\S+?(?:(?:, |/)-\S+?)*)(?: |$)", page, re.MULTILINE)
    assert {name for row in listed for name in re.split(", |/", row)} == set(told) - {"--help"}
    assert all(
        " ".join(meaning.split()) in " ".join(page.split()) for name, meaning in told.items() if name != "--help"
    )


def test_what_follows_is_explained_in_the_users_language(asks):
    assert asks("llmlab generate --temp", LLMLAB_LANG="zh")[0].partition("\t")[2][0] >= "一"
    assert asks("llmlab orde", LLMLAB_LANG="", LC_ALL="zh_CN.UTF-8")[0].partition("\t")[2][0] >= "一"


@pytest.mark.parametrize(
    ("shell", "line", "expected"),
    [
        ("bash", "llmlab embed -s mine d", ["d\\'or"]),
        ("bash", 'llmlab embed -s mine "d', ["d'or"]),
        ("bash", "llmlab embed -s mine 'd", ["d'\\''or"]),
        ("bash", 'llmlab embed -s mine "$', ["\\$HOME"]),
        ("bash", "llmlab embed -s mine '$", ["$HOME"]),
        ("bash", "llmlab embed -s mine 'a' \"it's\" \\' \\$", ["\\$HOME"]),  # all marks are closed
        ("bash", 'llmlab embed -s mine "co:', ["co:op"]),  # no sign breaks a word between marks
        ("bash", "llmlab embed -s mine \\$", ["\\$HOME"]),
        ("bash", "llmlab embed -s mine co:", ["op"]),  # bash holds what stands before the colon
        ("bash", "llmlab embed --space=mi", ["minilm", "mine"]),
        ("zsh", "llmlab embed -s mine co:", ["co\\:op"]),
        ("zsh", "llmlab space sho", ["show:What a space was made from, and how it is stored."]),
        ("fish", "llmlab space sho", ["show\tWhat a space was made from, and how it is stored."]),
        ("powershell", "llmlab space sho", ["show\tWhat a space was made from, and how it is stored."]),
        ("powershell", "llmlab embed -s mine d", ["'d''or'"]),
        ("powershell", 'llmlab embed -s mine "$', ["'$HOME'"]),
        ("powershell", "llmlab embed -s mine rock", ["'rock’’n'"]),  # ’ is a mark to PowerShell
    ],
)
def test_each_shell_reads_a_candidate_as_it_is_meant(asks, shell, line, expected):
    breaks = {"_LLMLAB_BREAKS": " \t\n\"'@><=;|&(:"} if shell == "bash" else {}  # its COMP_WORDBREAKS
    assert asks(line, shell, **breaks) == expected


@pytest.mark.parametrize("line", ["lesson ", "lesson --slides "])
def test_the_lessons_are_named_by_number_and_by_name_in_their_order(asks, lessons, line):
    assert asks(f"llmlab {line}") == ["6", "11", "next", "rows"]


def test_what_follows_is_of_the_settings_that_the_line_names(asks, tmp_path):
    settings = tmp_path / "own.toml"
    settings.write_text('[presets.marvin]\ntemplate = "{prompt}"\n', encoding="utf-8")
    assert asks(f"llmlab --config {settings} generate a --preset marv") == ["marvin"]
    assert asks("llmlab generate a --preset marv") == []


def test_of_many_words_a_hundred_are_offered(asks, run, environ, tmp_path):
    (tmp_path / "many.vec").write_text("".join(f"word{n} {n} 1\n" for n in range(150)), encoding="utf-8")
    assert run("space", "import", "many", str(tmp_path / "many.vec")).code == 0
    assert asks("llmlab neighbors --space many word") == [f"word{n}" for n in range(100)]


LIGHT = ["", "prob --model g", "neighbors ki", "cloze '[?]' --kind ", "train ngram x --text ", "lesson "]


@pytest.mark.parametrize("line", LIGHT)
def test_nothing_heavy_is_loaded(line, tmp_path):
    code = "import sys; from llmlab.cli import main; main(); print(*sys.modules, file=sys.stderr)"
    environ = os.environ | {"_LLMLAB_COMPLETE": "bash", "_LLMLAB_LINE": f"llmlab {line}", "LLMLAB_CACHE": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    found = {name.partition(".")[0] for name in done.stderr.split()}
    assert "llmlab" in found
    assert not found & HEAVY


@pytest.fixture
def home(environ, tmp_path):
    """A home of its own."""
    environ.pop("ZDOTDIR", None)
    own = {"HOME": tmp_path, "XDG_DATA_HOME": tmp_path / "data", "XDG_CONFIG_HOME": tmp_path / "config"}
    environ.update({name: str(path) for name, path in own.items()})
    return tmp_path


@pytest.mark.parametrize("shell", SHELLS)
def test_install_writes_the_script_once_and_says_what_it_did(run, home, shell):
    first = run("completion", "install", shell)
    files = [path for path in home.rglob("*llmlab*") if path.is_file() and "cache" not in path.parts]
    assert [path.read_text("utf-8") for path in files] == [run("completion", "show", shell).out]
    assert f"the script for {shell} is written: {files[0]}" in first.err
    assert first.out == ("" if shell == "fish" else f". '{files[0]}'\n")
    rc = {"bash": ".bashrc", "zsh": ".zshrc"}.get(shell)
    if rc:
        (home / rc).write_text(f"# mine\n{first.out}", encoding="utf-8")
    second = run("completion", "install", shell)
    assert f"is there already: {files[0]}" in second.err
    assert second.out == ("" if rc else first.out)
    assert second.code == first.code == 0


@pytest.mark.parametrize(
    ("shell", "name", "inside", "usual"),
    [
        ("bash", "XDG_DATA_HOME", "bash-completion/completions/llmlab", ".local/share"),
        ("zsh", "XDG_DATA_HOME", "llmlab/completion/llmlab.zsh", ".local/share"),
        ("powershell", "XDG_DATA_HOME", "llmlab/completion/llmlab.ps1", ".local/share"),
        ("fish", "XDG_CONFIG_HOME", "fish/completions/llmlab.fish", ".config"),
    ],
)
def test_the_script_goes_where_the_environment_says(shell, name, inside, usual):
    assert place(shell, {"HOME": "/h", name: "/own"}) == Path("/own", inside)
    for left_out in ({}, {name: ""}, {name: "relative"}):  # XDG: "consider the path invalid and ignore it"
        assert place(shell, {"HOME": "/h", **left_out}) == Path("/h", usual, inside)


def test_install_that_cannot_write_says_so(run, home, refuses):
    (home / "data").write_text("", encoding="utf-8")  # a file where the folder would be
    refuses("completion install bash", b"", "write it yourself: llmlab completion show bash", code=1)


def test_install_finds_the_shell(run, home, monkeypatch, environ, refuses):
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("pwsh", "/usr/bin/pwsh"))
    assert "the script for powershell is written" in run("completion", "install").err
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("tcsh", "/bin/tcsh"))
    refuses("completion install", b"", "the shell 'tcsh' has no completion of ours; name one of: bash, zsh, fish")


def test_a_shell_that_is_none_is_refused(refuses):
    refuses("completion show csh", b"", "'csh' is not one of 'bash', 'zsh', 'fish', 'powershell'")


def test_the_scripts_are_in_the_wheel_as_they_are_shown(run):
    folder = Path(__file__).parents[2] / "configs" / "completion"
    assert sorted(path.suffix for path in folder.iterdir()) == [".bash", ".fish", ".ps1", ".zsh"]
    assert {run("completion", "show", shell).out for shell in SHELLS} == {
        p.read_text("utf-8") for p in folder.iterdir()
    }
    assert "Register-ArgumentCompleter -Native -CommandName llmlab" in run("completion", "show", "powershell").out
    assert "$env:_LLMLAB_LINE = $line" in run("completion", "show", "powershell").out
