"""What a command loads: the heavy libraries only where they compute."""

import os
import subprocess
import sys

import pytest

CODE = """
import sys
from llmlab.cli import main
sys.argv = ["llmlab", *sys.argv[1:]]
try:
    main()
except SystemExit as ended:
    print("code", ended.code, *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """Top-level modules that a command has imported when it ends well."""
    command = [sys.executable, "-c", CODE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    word, code, *modules = done.stderr.splitlines()[-1].split()
    assert (word, code) == ("code", "0"), done.stderr
    return set(modules)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["prob", "--help"], ["generate", "--help"]])
def test_help_is_light(arguments):
    heavy = {"torch", "transformers", "sentence_transformers", "faiss", "ctranslate2", "llama_cpp", "pandas", "scipy"}
    light = {"numpy"} if arguments[0].startswith("--") else set()
    assert not loaded(*arguments) & (heavy | light)


@pytest.mark.models
@pytest.mark.parametrize(
    "arguments",
    [
        ["neighbors", "love"],
        ["neighbors", "爱"],
        ["neighbors", "love", "--space", "glove"],
        ["prob", "He likes movie."],
        ["prob", "cat", "xxyy"],
        ["prob", "--next", "5", "今天天气很"],
        ["generate", "--max-tokens", "3"],
        ["embed", "love"],
        ["embed", "He likes movies", "--tokens"],
        ["embed", "cat", "dog", "--space", "glove"],
        ["embed", "love", "hate", "--where"],
        ["neighbors", "love", "--spaces", "minilm,glove,gemma"],
        ["neighbors", "love", "--exclude-forms", "--min-frequency", "4"],
        ["space", "list"],
    ],
    ids=" ".join,
)
def test_a_warm_command_needs_no_torch(arguments):
    loaded(*arguments)  # the first time may convert
    assert not loaded(*arguments) & {"torch", "transformers", "sentence_transformers", "scipy", "pandas"}
