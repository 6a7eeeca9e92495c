"""Without a network every verb answers, and none asks for one: what is on this machine needs no hub."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

OFFLINE = str(Path(__file__).parents[1] / "offline")
CODE = """
import shlex, sys
from llmlab.cli import main
from llmlab.cli.world import World
for line in sys.argv[1:]:
    print(line, main(World(argv=shlex.split(line))), file=sys.stderr)
"""
ASKED = "the network was asked for"


@pytest.fixture
def cut_off(environ, tmp_path):
    """Run lines in one process that has no network; its stderr."""

    def cut_off(*lines):
        path = os.pathsep.join([OFFLINE, *filter(None, [os.environ.get("PYTHONPATH")])])
        variables = environ | {"PYTHONPATH": path, "HF_HOME": str(tmp_path / "hf"), "COLUMNS": "80"}
        line = [sys.executable, "-c", CODE, *lines]
        return subprocess.run(line, env=variables, capture_output=True, text=True, check=True).stderr

    return cut_off


@pytest.fixture
def written(models):
    """A line with the tiny models in their places."""
    return lambda line: shlex.join(word for one in shlex.split(line) for word in models.get(one, [one]))


@pytest.mark.parametrize(
    "lines",
    [
        ["prob 'The cat' GGUF", "next The GGUF", "generate The --max-tokens 2 GGUF", "embed 'The cat' --tokens GGUF"],
        ["prob 'The cat' MODEL", "next The MODEL", "generate The --max-tokens 2 MODEL", "tree The MODEL --depth 2"],
        ["prob 'The cat' --engine torch GGUF", "models show GGUF_FILE", "models show LM_FOLDER", "models list"],
        ["embed cat dog ENCODER", "odd cat dog the ENCODER", "models prepare ENCODER_FOLDER"],
        ["embed cat dog ENCODER --engine torch", "embed 'The cat' --layer last MODEL"],
    ],
)
def test_a_model_on_this_machine_is_opened_and_asked_without_a_network(cut_off, written, lines):
    wanted = [written(line) for line in lines]
    said = cut_off(*wanted)
    assert ASKED not in said
    assert [line for line in said.splitlines() if line.endswith(" 0")] == [f"{line} 0" for line in wanted]


def test_words_of_a_space_need_none(cut_off, tmp_path):
    (tmp_path / "space.csv").write_text("word,x,y\nking,4,1\nqueen,4,-1\nparis,-5,1\n", encoding="utf-8")
    lines = [f"neighbors king --space {tmp_path}/space.csv", f"why king queen --space {tmp_path}/space.csv"]
    said = cut_off(*lines)
    assert ASKED not in said
    assert [line for line in said.splitlines() if line.endswith(" 0")] == [f"{line} 0" for line in lines]


def test_a_model_of_the_hub_asks_for_it_once_and_says_what_to_do(cut_off):
    said = cut_off("prob a --model organisation/name").splitlines()
    assert said[:1] == [ASKED]
    assert said.count(ASKED) <= 2  # the host is looked up, or a proxy is called
    (told,) = [line for line in said if line.startswith("llmlab: ")]
    assert "cannot fetch organisation/name from huggingface.co" in told
