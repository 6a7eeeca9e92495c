"""What is piped to a verb without its argument; and nothing waits for a terminal, or for a closed stdin."""

import io

import pytest

from llmlab.cli import main
from llmlab.cli.world import World

SPACE = "king,4,1,3\nqueen,4,-1,3\nman,4,1,0\nparis,-5,1,0\n"
CHOICES = '{"context": "The", "choices": [" cat", " sat"], "answer": 0}\n'
CHOICES += '{"context": "a", "choices": ["b", "c"], "answer": 1}\n'
PAIRS = '{"sentence_good": "The cat sat", "sentence_bad": "sat cat"}\n{"sentence_good": "b", "sentence_bad": "a b c"}\n'


@pytest.fixture
def models(models, tmp_path):
    """A small table as a space."""
    (tmp_path / "space.csv").write_text(f"word,x,y,z\n{SPACE}", encoding="utf-8")
    return {**models, "SPACE": ["--space", str(tmp_path / "space.csv")]}


@pytest.mark.parametrize(
    ("typed", "piped", "stdin"),
    [
        ("prob 'The cat' MODEL", "prob MODEL", "The cat\n"),
        ("layers 'The cat' MODEL", "layers MODEL", "The cat\n"),
        ("attention 'The cat' MODEL", "attention MODEL", "The cat\n"),
        ("tokens 'The cat' LM", "tokens LM", "The cat\n"),
        ("next 'The cat' -k 3 MODEL", "next -k 3 MODEL", "The cat\n"),
        ("compare 'The cat' sat MODEL", "compare MODEL", "The cat\nsat\n"),
        ("orders 'The cat sat.' MODEL", "orders MODEL", "The cat sat.\n"),
        ("cloze 'The [?] sat' -c cat -c mat MODEL", "cloze -c cat -c mat MODEL", "The [?] sat\n"),
        ("choose The -c a -c b MODEL", "choose -c a -c b MODEL", "The\n"),
        ("choose - MODEL", "choose MODEL", CHOICES),
        ("pairs - MODEL", "pairs MODEL", PAIRS),
        ("perplexity - MODEL", "perplexity MODEL", "The cat sat\n"),
        ("calibration - --bins 2 MODEL", "calibration --bins 2 MODEL", "The cat sat\n"),
        ("embed cat ENCODER", "embed ENCODER", "cat\n"),
        ("neighbors king SPACE", "neighbors SPACE", "king\n"),
        ("odd king queen paris SPACE", "odd SPACE", "king\nqueen\nparis\n"),
        ("why king queen SPACE", "why SPACE", "king\nqueen\n"),
    ],
)
def test_a_verb_without_its_argument_reads_what_is_piped(lab, typed, piped, stdin):
    expected, found = lab(typed, stdin.encode()), lab(piped, stdin.encode())
    assert (found.code, found.out) == (0, expected.out), found.err


@pytest.mark.parametrize("verb", ["generate", "trace", "tree"])
def test_the_fixed_question_is_asked_whatever_is_piped(lab, verb):
    line = f"{verb} MODEL -f json --seed 1" if verb != "tree" else "tree MODEL -f json"
    assert "capital of France" in lab(line, b"The cat\n").out


class Terminal(io.TextIOWrapper):
    """A terminal at which nobody types."""

    def __init__(self, typed=None):
        super().__init__(io.BufferedReader(io.BytesIO(typed or b"")), encoding="utf-8")
        self.waits = typed is None

    def isatty(self):
        return True

    @property
    def buffer(self):
        assert not self.waits, "it would wait for somebody to type"
        return super().buffer


def at(stdin, environ, *arguments):
    """The exit code, stdout and stderr of a line whose stdin is this one."""
    out, err = io.StringIO(), io.StringIO()
    return (
        main(World(argv=arguments, environ=environ, stdin=stdin, stdout=out, stderr=err)),
        out.getvalue(),
        err.getvalue(),
    )


@pytest.mark.parametrize(
    "verb",
    [
        *("prob", "next", "compare", "orders", "cloze", "choose", "pairs", "perplexity", "calibration"),
        *("embed", "neighbors", "odd", "why", "layers", "attention", "tokens"),
    ],
)
@pytest.mark.parametrize("stdin", ["a terminal", "closed", "empty"])
def test_without_an_argument_nothing_waits_for_a_terminal(environ, verb, stdin):
    stream = {
        "a terminal": Terminal,
        "closed": lambda: None,
        "empty": lambda: io.TextIOWrapper(io.BufferedReader(io.BytesIO())),
    }
    code, out, err = at(stream[stdin](), environ, verb)
    assert (code, out) == (2, "")
    assert err.startswith(f"llmlab: {verb} needs ")
    assert ", typed or from a pipe; for example: llmlab" in err
    assert err.count("\n") == 1


def test_who_reads_a_terminal_says_how_it_ends(environ, gguf_file):
    code, out, err = at(Terminal(b"The cat\n"), environ, "prob", "-", "--model", str(gguf_file), "-q")
    assert code == 0
    assert float(out) > 0
    assert "llmlab: reading what you type; Ctrl-D on a line of its own ends it\n" in err


def test_a_closed_stdin_that_is_asked_for_is_misuse(environ):
    code, out, err = at(None, environ, "prob", "-")
    assert (code, out) == (2, "")
    assert err == "llmlab: stdin is closed; give the text as an argument, or pipe it\n"
