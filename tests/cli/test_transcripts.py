"""Every verb on a terminal and in a pipe: no line is wider than the terminal, nothing steers a pipe, nothing breaks.

A process a setting runs all commands; what it draws is read from a pseudo-terminal of so many cells.
"""

import json
import os
import shlex
import sys
from dataclasses import dataclass, field

import pytest
from rich.cells import cell_len
from typer.main import get_command

from llmlab.cli import ROOMS, app
from llmlab.packaged import packaged

transcripts = pytest.importorskip("transcripts", reason="needs pseudo-terminals", exc_type=ImportError)

ELSEWHERE = {"explore", "models probe", "completion install"}  # a screen, a server, a shell's files: tests of their own
DATA = ("train corpus", "merge", "completion show", "--version")  # a text, records, a script: of programs, as they are
HINT = ("next, ", "下一步，")  # a command is one line, to be copied
TEXT = "'He likes 今天天气很好 and 🎉 👩‍👩‍👧 movies.'"
PAIRS = '{"sentence_good": "The cat sat on the mat 🎉.", "sentence_bad": "sat 猫 cat", "UID": "语序_很长的组名"}\n'
QUESTIONS = '{"context": "今天天气很", "choices": ["好 🎉", "他"], "answer": 0, "group": "中文"}\n'
FILES = {
    "pairs.jsonl": 2 * PAIRS,
    "questions.jsonl": 3 * QUESTIONS,
    "text.txt": 20 * "今天天气很好 🎉。 The cat sat on the mat.\n",
    "texts.txt": "The cat\n今天 🎉\n",
    "v.vec": "love 3 1\nhate -1 2\ncat 0.5 -2\n爱 2 1\n🎉 1 1\n",
    "learned.txt": " ".join(f"w{number % 30}" for number in range(2000)),
    "similar.txt": "love 爱 9\nlove hate 3\nlove cat 1\n",
}
COMMANDS: list[tuple[str, tuple[str, ...]]] = [  # a line, and what is typed
    *((line, ()) for line in ("lesson", "lesson 6", "doctor")),
    *((f"prob {rest} GGUF", ()) for rest in (TEXT, f"{TEXT} cat 🎉", f"{TEXT} --strip", f"{TEXT} --formula")),
    *((f"next {TEXT} {rest} GGUF", ()) for rest in ("-k 3", "-t 0.2,1,2 -k 3", "--by character")),
    (f"compare {TEXT} '今天 🎉 cat' GGUF", ()),
    ("orders '我|喜欢|🎉' GGUF", ()),
    ("cloze '今天 [?] 🎉' -c cat -c 一部很有意思的电影 GGUF", ()),
    ("choose 今天 -c 好 -c ' a very long 🎉 story' GGUF", ()),
    ("choose questions.jsonl --shots 0,1 GGUF", ()),
    ("pairs pairs.jsonl GGUF", ()),
    ("perplexity text.txt GGUF", ()),
    ("calibration text.txt --bins 2 GGUF", ()),
    (f"generate {TEXT} -t 0,1.5 -n 2 --seed 1 --max-tokens 5 GGUF", ()),
    (f"generate {TEXT} --stream --seed 1 --max-tokens 5 GGUF", ()),
    (f"trace {TEXT} --seed 1 --max-tokens 3 GGUF", ()),
    (f"tree {TEXT} --depth 2 --branch 2 GGUF", ()),
    (f"layers {TEXT} -k 2 GGUF", ()),
    (f"attention {TEXT} GGUF", ()),
    (f"tokens {TEXT} cat GGUF", ()),
    (f"embed {TEXT} cat ENCODER", ()),
    (f"embed {TEXT} --strip ENCODER", ()),
    ("space import mine v.vec", ()),
    ("space build built ENCODER --vocab texts.txt", ()),
    *((f"neighbors {words} --space mine", ()) for words in ("love", "'爱 - love + 🎉'", "🎉 爱")),
    ("odd love 爱 🎉 cat --space mine", ()),
    ("why love 爱 --space mine", ()),
    ("why 小明 小红 --space PEOPLE --standardize", ()),
    ("space list", ()),
    ("space show mine", ()),
    ("space check mine", ()),
    ("space eval mine --similarity similar.txt", ()),
    ("space export mine out-COLUMNS.vec --force", ()),
    ("guess text.txt --seed 1 --length 3 --by character GGUF", ("x\n", "天\n", "\n", "\x04")),
    ("secret --space mine --seed 1", ("爱\n", "🎉\n", "\x04")),
    ("train ngram counted --text text.txt --replace", ()),
    ("train vectors learned-COLUMNS --text learned.txt --from bigram --dimension 2", ()),
    ("train corpus english --sentences 2", ()),
    ("pairs pairs.jsonl --out part-COLUMNS.jsonl GGUF", ()),
    ("merge part-COLUMNS.jsonl", ()),
    ("models list", ()),
    *((f"cache {verb}", ()) for verb in ("list", "check", "repair", "clean --yes")),
    ("models show GGUF_FILE", ()),
    ("models prepare GGUF_FILE", ()),
    ("models remove counted", ()),
    ("space remove mine", ()),
    ("serve --list", ()),
    ("completion show bash", ()),
    ("--help", ()),
    ("--version", ()),
    ("generate --help", ()),
    ("--verbose next 今天 -k 2 GGUF", ()),
]


@dataclass(frozen=True)
class Setting:
    columns: int  # 0: a pipe
    steered: bool = False  # whether its terminal understands what steers it
    environ: dict[str, str] = field(default_factory=dict)


SETTINGS = {
    "terminal": Setting(80, True, {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LLMLAB_LANG": "en"}),
    "narrow": Setting(40, True, {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LLMLAB_LANG": "zh"}),
    "narrowest": Setting(20, True, {"TERM": "xterm", "NO_COLOR": "1", "LANG": "C.UTF-8", "LLMLAB_LANG": "en"}),
    "dumb": Setting(80, False, {"TERM": "dumb", "LANG": "C.UTF-8"}),
    "C": Setting(40, True, {"TERM": "xterm", "LC_ALL": "C", "LANG": "C"}),
    "pipe": Setting(0, False, {"TERM": "xterm-256color", "LANG": "C.UTF-8"}),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Files to ask about, and a folder for what each setting makes."""
    folder = tmp_path_factory.mktemp("transcripts")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module", params=SETTINGS)
def played(request, place, gguf_file, encoder_folder):
    """A setting, and what each command draws in it."""
    setting, home = SETTINGS[request.param], place / request.param
    home.mkdir()
    own = {"HOME": str(home), "LLMLAB_CACHE": str(place / "cache"), "LLMLAB_STATE": str(home / "state")}
    own |= {"XDG_CONFIG_HOME": str(home), "PAGER": "cat", "LLMLAB_THREADS": "1", "LLMLAB_ENCODER": str(encoder_folder)}
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "SYSTEMROOT") if name in os.environ}
    names = {
        "GGUF": ["--model", str(gguf_file)],
        "GGUF_FILE": [str(gguf_file)],
        "ENCODER": ["--model", str(encoder_folder)],
    }
    names["PEOPLE"] = [str(packaged() / "exercises" / "people.csv")]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        process = transcripts.Transcript({**kept, **own, **setting.environ}, setting.columns)
    found = {}
    for line, typed in COMMANDS:
        words = [word.replace("COLUMNS", request.param) for one in shlex.split(line) for word in names.get(one, [one])]
        found[line] = process.run(words, typed)
    process.close()
    return setting, found


def plain(text):
    """What is to be read of what is drawn."""
    return transcripts.STYLED.sub("", transcripts.BRACKETED.sub("", text))


def test_all_ends_well_and_without_a_traceback(played):
    _, found = played
    wrong = {line: drawn for line, drawn in found.items() if drawn.code or "Traceback" in drawn.text}
    assert wrong == {}
    assert all(drawn.text for line, drawn in found.items() if not line.startswith("pairs pairs.jsonl --out"))


def test_no_line_is_wider_than_the_terminal(played):
    setting, found = played
    if not setting.columns:
        pytest.skip("a pipe has no width")
    wide = {
        line: [
            one for one in plain(drawn.text).split("\n") if cell_len(one) > setting.columns and not one.startswith(HINT)
        ]
        for line, drawn in found.items()
        if not line.startswith(DATA)
    }
    assert {line: lines for line, lines in wide.items() if lines} == {}


def test_only_a_terminal_that_understands_it_is_steered(played):
    setting, found = played
    for line, drawn in found.items():
        if setting.steered:
            assert "\x1b" not in plain(drawn.text), line  # styles alone, and readline's
        else:
            assert "\x1b" not in drawn.text, line
        assert "\r" not in plain(drawn.text), line


def test_the_next_command_begins_a_line(played):
    _, found = played
    assert [line for line, drawn in found.items() if drawn.text and not plain(drawn.text).endswith("\n")] == []


def test_colours_are_for_terminals_that_want_them(played):
    setting, found = played
    coloured = [line for line, drawn in found.items() if transcripts.STYLED.search(drawn.text)]
    assert bool(coloured) == (setting.steered and "NO_COLOR" not in setting.environ)


PIPED = [  # what a shell makes of one, whether it steers the terminal, and the width that it keeps to; 0: none
    ("$LLMLAB next 今天 -k 2 $MODEL", True, 40),
    ("$LLMLAB next 今天 -k 2 $MODEL | cat", False, 0),
    ("$LLMLAB next 今天 -k 2 $MODEL --verbose 2>&1 | cat", False, 0),
    ("printf '今天 🎉\\ncat\\n' | $LLMLAB prob - $MODEL -f jsonl | head -1", False, 0),
    ("$LLMLAB neighbors zebra --space people.csv 2>&1 >/dev/null || true", False, 40),
    ("$LLMLAB next 今天 -k 2 $MODEL > out.txt && cat out.txt", False, 0),
]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_shell_at_a_terminal_gives_each_what_it_can_show(place, gguf_file, locale):
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    told = {"LLMLAB": f"{sys.executable} -m llmlab", "MODEL": f"--model {gguf_file}", "LLMLAB_HINTS": "false"}
    told |= {"HOME": str(place), "LLMLAB_CACHE": str(place / "shell"), "TERM": "xterm", "LC_ALL": locale}
    script = "; ".join([f"cd {shlex.quote(str(place))}", *(f"{{ {line}; }}; printf '\\036'" for line, _, _ in PIPED)])
    (place / "people.csv").write_text("word,x,y\ncat,1,2\n猫,2,1\n", encoding="utf-8")
    done = transcripts.shell(script, {**kept, **told}, 40)
    assert done.code == 0
    *drawn, rest = done.text.split("\x1e")
    assert rest == ""
    for (line, steers, width), text in zip(PIPED, drawn, strict=True):
        assert text.endswith("\n"), line
        assert "Traceback" not in text
        assert ("\x1b" in text) == steers, line
        assert max(map(cell_len, plain(text).splitlines())) <= (width or 999), line
    assert drawn[1] == drawn[5]
    assert json.loads(drawn[3])["text"] == "今天 🎉"


def test_every_verb_is_asked_here():
    root, verbs = get_command(app), set()
    for name in ROOMS:
        below = getattr(root.get_command(None, name), "verbs", ())
        verbs |= {f"{name} {info.name}" for info in below} or {name}
    asked = {verb for verb in verbs for line, _ in COMMANDS if f"{line} ".startswith(f"{verb} ")}
    assert asked == verbs - ELSEWHERE
