"""Pictures of the default models: every verb's, of few rows and of many, is a png under 200 kB that is no wider than
a screen."""

import io
import shlex

import pytest
from PIL import Image

from llmlab.cli import main
from llmlab.cli.world import World

pytestmark = pytest.mark.models

LONG = "The old professor explains to his students how a language model reads a text, one token after another. "
LINES = [
    "prob 今天天气很好。",
    f"prob '{LONG * 8}'",
    "prob 今天天气很好。 今天天气好很。 'He likes movie.'",
    "compare 'He likes movie.' 'He movie likes.'",
    "orders 我喜欢看电影。",
    "cloze 今天天气很[?]。",
    "choose 'The capital of France is' -c Paris -c 'the largest city in the whole world'",
    "choose configs/exercises/opposites.zh.jsonl --shots 0,1 --draws 1 --template '{prompt}→'",
    "calibration LICENSE",
    "next 今天天气很 -k 3",
    "next 'The capital of France is' -k 60 -t 0.2,0.5,1,1.5,2",
    "generate --sweep 0:2:0.5 --samples 10 --max-tokens 4 --seed 1",
    "generate 今天天气很 -t 1.5 --samples 60 --max-tokens 8 --seed 1",
    "trace 'Once upon a time' --max-tokens 60 --seed 1",
    "tree 今天天气",
    "embed cat dog car",
    "neighbors 爱 -k 3",
    "neighbors love --spaces minilm,glove -k 60",
    "why king queen --space glove",
    "odd 苹果 香蕉 汽车",
    "space eval glove --analogies configs/exercises/analogies.txt",
    "space eval glove --similarity configs/exercises/similarity.tsv",
]


DARK = [line for line in LINES if line.startswith(("embed", "prob 今天天气很好。", "neighbors 爱"))]


@pytest.mark.parametrize(("theme", "line"), [*(("light", line) for line in LINES), *(("dark", line) for line in DARK)])
def test_a_png_is_small_and_fits_a_screen(theme, line, tmp_path, pytestconfig, monkeypatch):
    monkeypatch.chdir(pytestconfig.rootpath)
    path, err = tmp_path / "x.png", io.StringIO()
    argv = [*shlex.split(line), "--plot", str(path), "--theme", theme]
    assert main(World(argv=argv, stdout=io.StringIO(), stderr=err)) == 0, err.getvalue()
    assert path.stat().st_size < 200_000
    with Image.open(path) as image:
        assert 400 <= image.width <= 1920
