"""After a result, one thing to try: a command that works as typed, for who watches a terminal, and for nobody else."""

import io
import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from llmlab.cli import app, main
from llmlab.cli.hints import HINTS
from llmlab.cli.past import quoted, written
from llmlab.cli.world import World

PAIRS = '{"sentence_good": "the cat sat", "sentence_bad": "cat the sat", "UID": "order"}\n'
QUESTIONS = '{"context": "the cat", "choices": [" sat", " the"], "answer": 0}\n'
WORDS = "cat 4 1\ndog 4 2\ncats 4 1.5\ncar -3 1\nlove 0 2\n爱 1 2\n"
LEFT_OUT = {"secret", "lesson", "train ngram", "serve"}  # a game that keeps its word; others say themselves what to try
LEFT_OUT |= {"cache repair", "cache clean", "doctor"}  # after which all is well; it says itself what to try
FILES = {"pairs.jsonl": PAIRS, "choose.jsonl": QUESTIONS, "text.txt": "the cat sat on the mat.\n", "mine.vec": WORDS}

HINTED = [  # what is typed, and what is told to type next
    ("prob 'the cat' MODEL", "prob 'the cat' --formula MODEL"),
    ("prob 今天天气 MODEL", "prob 今天天气 --by character --formula MODEL"),
    ("prob 'the cat' --formula MODEL", "next 'the cat' MODEL"),
    ("prob 'the cat.' --strip MODEL --no-escapes", "next 'the cat' MODEL --no-escapes"),
    ("prob 'the cat' 'cat the' MODEL", "compare 'the cat' 'cat the' MODEL"),
    ("prob a b c MODEL", "prob a b c --per-token MODEL"),
    ("next 'the cat' MODEL --no-bos", "next 'the cat' --temperature 0.2,1,2 MODEL --no-bos"),
    ("next 'the cat' -t 0.5 MODEL", "next 'the cat' --plot next.html MODEL"),
    ("next 'the cat' -t 0.5 --plot next.html MODEL", "generate 'the cat' --temperature 0,1 --samples 10 MODEL"),
    ("compare 'the cat' 'cat the' MODEL", "orders 'the cat' MODEL"),
    ("compare 今天天气 明天天气 MODEL", "tokens 今天天气 明天天气 --model LM_FOLDER"),
    ("orders 'the cat.' MODEL", "prob 'the cat.' --by word MODEL"),
    ("orders '今|天' MODEL", "prob 今天 --by character MODEL"),
    ("cloze 'the [?].' -c cat MODEL", "next the MODEL"),
    ("choose 'the cat' -c sat -c ran MODEL", "next 'the cat' MODEL"),
    ("choose choose.jsonl MODEL", "choose choose.jsonl --shots 0,1,2,4 MODEL"),
    ("pairs pairs.jsonl --model LM_FOLDER --bos", "pairs pairs.jsonl --model LM_FOLDER --model gemma-3-270m --bos"),
    ("perplexity text.txt MODEL", "calibration text.txt MODEL"),
    ("calibration text.txt MODEL", "perplexity text.txt MODEL"),
    (
        "generate 'the cat' --seed 1 --max-tokens 3 MODEL",
        "generate 'the cat' --sweep 0:2:0.5 --samples 10 MODEL --max-tokens 3 --seed 1",
    ),
    ("generate the -t 0,1 --seed 1 --max-tokens 3 --raw MODEL", "trace the MODEL --raw --max-tokens 3 --seed 1"),
    ("trace 'the cat' --seed 1 --max-tokens 3 --top-k 5 MODEL", "tree 'the cat' --depth 2 MODEL --top-k 5"),
    ("neighbors cat dog -k 2 --metric l2 --space mine --exclude-forms", "why cat dog --space mine --metric l2"),
    ("tree the --depth 1 --branch 2 MODEL", "generate the --temperature 0,1 --samples 10 MODEL"),
    ("layers 'the cat' MODEL", "attention 'the cat' MODEL"),
    ("attention 'the cat' MODEL", "attention 'the cat' --layer 1 MODEL"),
    ("attention 'the cat' --layer 1 MODEL", "layers 'the cat' MODEL"),
    ("tokens 'the cat' --model LM_FOLDER", "tokens 'the cat' --model LM_FOLDER --model gemma-3-270m"),
    ("tokens the -m LM_FOLDER -m GGUF_FILE", "prob the --model LM_FOLDER --model GGUF_FILE"),
    ("embed cat dog car --space mine", "odd cat dog car --space mine"),
    ("embed cat dog --space mine", "why cat dog --space mine"),
    ("embed cat --space mine", "neighbors cat --space mine"),
    ("embed 'the cat' ENCODER", 'embed "the cat" --tokens ENCODER'),
    ("neighbors cat --space mine", "neighbors cat --exclude-forms --space mine"),
    ("neighbors cat dog --space mine --exclude-forms", "why cat dog --space mine"),
    ("neighbors 爱 --space mine", "neighbors 爱 --plot neighbors.html --space mine"),  # it has no forms
    ("neighbors love --space mine", "neighbors love --plot neighbors.html --space mine"),  # the space knows none of it
    ("neighbors 'cat + dog' --space mine", "neighbors 'cat + dog' --plot neighbors.html --space mine"),
    ("odd cat dog car --space mine", "why cat dog --space mine"),
    ("why cat dog --space mine", "embed cat dog --strip --space mine"),
    ("--lang en neighbors cat --space mine --lang zh", "--lang zh neighbors cat --exclude-forms --space mine"),
    ("neighbors cat --spaces mine,mine.vec", "neighbors cat --exclude-forms --spaces mine,mine.vec"),
    ("space show mine", "neighbors 爱 --space mine"),
    ("space list", "neighbors 爱 --space mine"),
    ("space eval mine --odd odd.txt", "neighbors 爱 --space mine"),
    ("models list", "models show gemma-3-270m"),
    ("cache list", "cache check"),
    ("cache check", "cache clean"),
]
SILENT = [
    "neighbors 爱 --space mine --plot neighbors.html",
    "train ngram toy --text english --sizes 50,100",  # says itself how to ask it
    "space show mine -q",
    "space list -f json",
    "models list -f csv",
    "neighbors cat --space mine -f jsonl",
    "prob 'the cat' MODEL -q",
]


class Seen(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture
def typed(environ, models, run, tmp_path, monkeypatch):
    """What a line says on stderr, where stdout and stderr are terminals unless they are named as `pipes`."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).write_text(text, encoding="utf-8")
    Path("odd.txt").write_text("cat dog car\n", encoding="utf-8")
    assert run("space", "import", "mine", "mine.vec").code == 0
    environ.update({"TERM": "xterm", "LLMLAB_SPACE": "mine", "LLMLAB_LANG": "en", "NO_COLOR": "1", "COLUMNS": "80"})

    def typed(line, stdin=b"", pipes=""):
        source = io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin)), encoding="utf-8") if stdin else Seen()
        out, err = (io.StringIO() if name in pipes else Seen() for name in ("out", "err"))
        world = World(words(line, models), environ, source, out, err)
        assert main(world) == 0, err.getvalue()
        return err.getvalue()

    return typed


def words(line, models):
    return [word for one in shlex.split(line) for word in models.get(one, [one])]


def hints(said):
    """The commands of hints, at a line's begin or after a bar that was wiped away."""
    return re.findall(r"(?:^|\x1b\[2K)(?:next, [^:]+: |下一步，[^：]+：)llmlab (.*)$", said, re.MULTILINE)


def parse(arguments):
    """Read a line as the verb that it names does; an unknown verb or option raises."""
    ctx = get_command(app).make_context("llmlab", list(arguments), obj=World(argv=arguments))
    while hasattr(ctx.command, "commands") and (rest := [*ctx._protected_args, *ctx.args]):
        name, verb, rest = ctx.command.resolve_command(ctx, rest)
        ctx = verb.make_context(name, rest, parent=ctx)
    return ctx


@pytest.mark.parametrize(("line", "expected"), HINTED)
def test_a_result_is_followed_by_what_to_try(typed, models, line, expected):
    (found,) = hints(typed(line))
    assert shlex.split(found) == words(expected, models)
    assert shlex.split(found) != words(line, models)
    assert parse(shlex.split(found)).command.name in expected.split()[:3]


RUN = [
    (line, hint)
    for line, hint in HINTED
    if "gemma" not in hint and "--shots" not in hint and line.split()[0] not in ("train", "embed", "space")
]


@pytest.mark.parametrize(("line", "hint"), RUN)
def test_what_is_to_be_tried_works(typed, models, line, hint):
    (found,) = hints(typed(line))
    followed = typed(found if "generate" not in found else f"{found} --max-tokens 3")
    assert len(hints(followed)) <= 1
    assert found not in hints(followed)


def test_an_option_that_means_something_else_to_another_verb_is_not_kept():
    options = {name: get_command(app).get_command(None, name).params for name in ("next", "generate")}
    chat = {name: next(one for one in found if one.name == "chat") for name, found in options.items()}
    assert written(chat["generate"], True) == written(chat["next"], "talk.json") == []
    assert (written(chat["next"], True), written(chat["generate"], "talk.json")) == (
        ["--chat"],
        ["--chat", "talk.json"],
    )


@pytest.mark.parametrize("line", SILENT)
def test_where_there_is_nothing_new_or_a_program_reads_nothing_is_said(typed, line):
    assert "next, " not in typed(line)


@pytest.mark.parametrize("pipes", ["out", "err", "out err"])
def test_no_hint_where_nobody_watches(typed, pipes):
    assert hints(typed("odd cat dog car --space mine"))
    assert "next, " not in typed("odd cat dog car --space mine", pipes=pipes)


def test_none_of_what_came_from_a_pipe_or_looks_like_an_option(typed):
    assert "next, " not in typed("odd --space mine", b"cat\ndog\ncar\n")
    assert "next, " not in typed("tokens --model LM_FOLDER -- -a")
    assert "next, " not in typed("tokens 'a\nb' --model LM_FOLDER")


@pytest.mark.parametrize("how", ["file", "variable"])
def test_the_settings_can_say_no(typed, environ, tmp_path, how):
    if how == "file":
        (tmp_path / "own.toml").write_text("hints = false\n", encoding="utf-8")
        environ["LLMLAB_CONFIG"] = str(tmp_path / "own.toml")
    else:
        environ["LLMLAB_HINTS"] = "false"
    assert "next, " not in typed("odd cat dog car --space mine")


def test_a_hint_keeps_the_file_of_settings_and_every_shell_reads_its_words(typed, tmp_path):
    (tmp_path / "own.toml").write_text("", encoding="utf-8")
    said = typed("--config own.toml tokens \"it's\" 'a$b' '今天 天气' --model LM_FOLDER -m GGUF_FILE")
    assert 'llmlab --config own.toml prob "it\'s" \'a$b\' "今天 天气" --model ' in said


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("a=b", "a=b"),
        ("50%", '"50%"'),
        ("=ls", '"=ls"'),  # zsh: where ls is
        ("@x", '"@x"'),  # PowerShell: a splatted variable
        ("%PATH%", '"%PATH%"'),  # cmd, and jobs of a shell
        (",a", '",a"'),  # PowerShell: a list
        ("me@x.org", "me@x.org"),
        ("今天", "今天"),
    ],
)
def test_a_word_is_typed_as_every_shell_reads_it(word, expected):
    assert quoted(word) == expected


def test_words_are_sought_in_the_spaces_that_are_prepared(typed, cache):
    for name in ("minilm", "glove", "gemma"):
        (cache / "spaces" / name).mkdir()
    (cache / "spaces" / "bilingual").touch()
    assert hints(typed("neighbors cat")) == ["neighbors cat --spaces minilm,glove,gemma"]
    assert "--spaces" not in hints(typed("neighbors cat --space mine"))[0]


def test_a_hint_is_told_in_chinese_in_a_line_of_its_own(typed, environ):
    environ["LLMLAB_LANG"] = "zh"
    said = typed("odd cat dog car --space mine").splitlines()
    assert said[-1] == "下一步，看这两个因哪些维而近：llmlab why cat dog --space mine"


def test_every_verb_that_shows_a_table_has_a_hint():
    root = get_command(app)
    shown = set()
    for name in root.list_commands(None):
        verb = root.get_command(None, name)
        below = {f"{name} {info.name}": verb.get_command(None, info.name) for info in getattr(verb, "verbs", ())}
        for path, one in (below or {name: verb}).items():
            shown |= {path} if "format" in {parameter.name for parameter in one.params} else set()
    assert set(HINTS) == shown - LEFT_OUT
