"""What llmlab space refuses: it is told in one line, and the spaces are what they were."""

import json

import pytest

VECTORS = {
    "man": [4, 1, 0],
    "woman": [4, -1, 0],
    "king": [4, 1, 3],
    "queen": [4, -1, 3],
    "rome": [-5, -2, 0],
}


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def mine(run, tmp_path, monkeypatch):
    """The cache has the space mine, and the file it was made from lies where the command runs."""
    monkeypatch.chdir(tmp_path)
    text = "".join(f"{word} {' '.join(map(str, row))}\n" for word, row in VECTORS.items())
    (tmp_path / "v.vec").write_text(text, encoding="utf-8")
    (tmp_path / "v.npy").write_bytes(b"")
    assert run("space", "import", "mine", "v.vec").code == 0


def names(lab):
    return [json.loads(line)["name"] for line in lab("space list -f jsonl").out.splitlines()]


@pytest.mark.parametrize(
    ("line", "stdin", "expected"),
    [
        ("build mine2 ENCODER", b"", "space build needs --vocab; for example: llmlab space build zh --model"),
        ("build mine2 --vocab wordfreq:en:5", b"", "space build needs --model; for example: llmlab space build"),
        ("build mine2 ENCODER --vocab model", b"", "has no words of its own"),
        ("build mine2 ENCODER --vocab wordfreq:en", b"", "is not wordfreq:LANGUAGE:COUNT"),
        ("build glove ENCODER --vocab wordfreq:en:5", b"", "cannot be called 'glove'"),
        ("build mine2 --model nowhere --vocab wordfreq:en:5", b"", "no model is called 'nowhere'"),
        ("import mine2", b"", "space import needs FILE; for example: llmlab space import mine vectors.vec"),
        ("import mine2 /no/v.vec", b"", "cannot read /no/v.vec"),
        (
            "import mine2 /dev/null",
            b"",
            "/dev/null is stdin, a pipe or a device, and is to be read more than once",
        ),
        ("import mine2 -", b"king 1 2", "- is stdin, a pipe or a device, and is to be read more than once"),
        ("import mine2 ''", b"", "the name of the file is empty; give a file of vectors"),
        ("import mine2 " + "x" * 300, b"", "x: there is no such file; check the file's name"),
        ("import mine2 v.npy --words -", b"", "- is stdin, a pipe"),
        ("import mine2 v.npy --words none.txt", b"", "cannot read none.txt: No such file or directory"),
        ("import v.vec --name mine2", b"", "space import has no option --name; give NAME without it; see `llmlab"),
        ("import a/b v.vec", b"", "a space of yours cannot be called 'a/b'"),
        ("import mine2 v.vec --precision float8", b"", "'float8' is not one of"),
        ("import mine2 v.vec --case upper", b"", "'upper' is not one of"),
        ("import mine2 v.vec --standardize", b"", "is no table, and only a table is standardised"),
        ("import mine2 v.vec --words v.vec", b"", "holds its words itself"),
        ("list --format xml", b"", "'xml' is not one of"),
        ("show mone", b"", "no space is called 'mone'; did you mean mine?"),
        ("remove minilm", b"", "minilm is a space of the settings"),
        ("remove nowhere", b"", "you have no space called 'nowhere'; yours: mine"),
        ("export mine /tmp/x.xyz", b"", "has no ending that can be written"),
        ("export mine v.vec", b"", "v.vec is there already; --force replaces it, or name another file"),
        ("export minilm v.vec", b"", "v.vec is there already"),
        ("export mine /tmp", b"", "/tmp has no ending that can be written"),
        ("export nowhere /tmp/x.vec", b"", "no space is called 'nowhere'"),
        ("check nowhere", b"", "no space is called 'nowhere'"),
        ("eval mine", b"", "space eval takes one file; give --similarity, --analogies, --odd or --translations FILE"),
        ("eval mine --similarity a --analogies b", b"", "space eval takes one file"),
        ("eval mine --similarity /no/file", b"", "cannot read /no/file: No such file"),
        ("eval mine --similarity -", b"", "stdin holds no scored pairs"),
        ("eval mine --similarity -", b"# only this\n", "stdin holds no scored pairs"),
        ("eval mine --similarity -", b"word1 word2 score\nking queen\n", "stdin line 2 is no scored pair"),
        ("eval mine --similarity -", b"king queen 1\n# x\nking man x\n", "stdin line 3 is no scored pair"),
        ("eval mine --similarity -", b"king\tqueen\t1\nking\tman\t\n", "stdin line 2 is no scored pair"),
        ("eval mine --similarity -", b"king queen 1\nking man nan\nrome man 3\n", "stdin line 2 is no scored"),
        ("eval mine --similarity -", b"king queen 1\nking man inf\nrome man 3\n", "stdin line 2 is no scored"),
        ("eval mine --similarity -", b"king queen 1\nk\xffng man 2\n", "stdin is not UTF-8 (line 2)"),
        ("eval mine --similarity -", b"king queen 1\nking zebra 2\n", "mine knows 1 of the 2 pairs"),
        ("eval mine --analogies -", b"", "stdin holds no analogies"),
        ("eval mine --analogies -", b": people\n", "stdin holds no analogies"),
        ("eval mine --analogies -", b": people\nman woman king\n", "stdin line 2 is no analogy"),
        ("eval mine --analogies -", b"# x\n\n: a\na b c d\na b c d e\n", "stdin line 5 is no analogy"),
        ("eval mine --analogies -", b"a b c d\n", "mine knows none of the questions"),
        ("eval nowhere --analogies -", b"a b c d\n", "no space is called 'nowhere'"),
        ("lst", b"", "no verb of space is called 'lst'; did you mean list? see `llmlab space --help`"),
        ("frobnicate", b"", "no verb of space is called 'frobnicate'; see `llmlab space --help`"),
        ("", b"", "space needs one of its verbs: build, import, list, show, remove, export, check, eval"),
    ],
)
def test_misuse_is_told_and_changes_nothing(lab, line, stdin, expected):
    done = lab(f"space {line}", stdin)
    assert (done.code, done.out) == (2, "")
    said = [line for line in done.err.splitlines() if not line.startswith("llmlab: building the space")]
    assert len(said) == 1
    assert expected in said[0]
    assert names(lab) == ["minilm", "bilingual", "glove", "gemma", "mine"]


def test_a_place_that_cannot_be_written_is_named(refuses):
    refuses(
        "space export mine /no/folder/out.vec", b"", "cannot write /no/folder/out.vec: No such file or directory", 1
    )
