"""--model several times: what is refused before one is opened, what is printed, and how many are open at once."""

import json
import weakref
from pathlib import Path

import pytest

from llmlab.cli.model_options import ModelsOptions
from llmlab.cli.world import World

PAIRS = b'{"sentence_good": "The cat sat", "sentence_bad": "sat cat The", "UID": "u"}'


@pytest.fixture
def models(models, lm_folder, lm_folder_without_bos):
    """BOTH: a model with a BOS and one without. SAME: one model twice."""
    with_bos, without = ["--model", str(lm_folder)], ["--model", str(lm_folder_without_bos)]
    return {**models, "BOTH": with_bos + without, "SAME": with_bos * 2, "ANOTHER": without}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("prob a SAME", "is given twice; name another, or give each its own --dtype"),
        ("prob a SAME --dtype float32", "is given twice"),
        ("prob a SAME --dtype float32 --dtype float32", "is given twice"),
        ("prob a -m x -m y --dtype native --dtype native --dtype float32", "--dtype is given 3 times, --model 2"),
        ("prob a -m x -m y -m z --dtype native --dtype float32", "--dtype is given 2 times, --model 3"),
        ("pairs - -m x --dtype native --dtype float32", "--dtype is given 2 times, --model 1"),
        ("prob a --dtype native --dtype float32", "--dtype is given 2 times, --model 0"),
        ("prob a -m x -m y --dtype native --dtype int3", "'int3' is not one of auto, native, float32"),
        ("prob a -m x -m y --by character", "--by is for one model"),
        ("prob a -m x -m y --by character --formula", "--by is for one model"),
        ("prob a -m x -m y --alternatives 3", "--alternatives is for one model"),
        ("prob a b -m x -m y --unit bits", "--unit is for one model"),
        ("prob '' -m x -m y", "the text is empty"),
        ("next a -m x -m y --counts", "--counts is for one model"),
        ("tree a -m x -m y", "tree takes one --model; give --model once"),
        ("choose a -c b -m x --model=y", "choose takes one --model"),
        ("orders a --dtype native --dtype float32", "orders takes one --dtype"),
        ("embed a --space x --space y", "embed takes one --space; give --space once"),
        ("next a -m x -m y -t 1,2", "several models are asked at one temperature"),
        ("next a -m x -m y --top-k 2", "several models are asked at one temperature"),
        ("compare a -m x -m y", "compare takes two texts"),
        ("generate a -m x -m y --out x.jsonl", "--out is for one model"),
        ("generate a -m x -m y --stream", "--stream is for one model"),
        ("generate a -m x -m y --all", "--all is for one model"),
    ],
)
def test_what_several_models_cannot_be_asked_is_said_before_one_is_opened(refuses, line, expected):
    refuses(line, PAIRS, expected)


@pytest.mark.parametrize(
    ("line", "stdin", "expected"),
    [
        ("prob 'The cat' BOTH", b"", ["bits/char", 'compared after "The"', "no BOS"]),
        ("prob - BOTH", b"The cat\nThe mat sat\n", ["The mat sat", "whatever the tokens"]),
        ("prob 'The cat' SAME --dtype float32 --dtype bfloat16", b"", [" float32", " bfloat16", "bits a character"]),
        ("compare 'The cat' 'cat The' BOTH", b"", ["log P(A)", "A - B"]),
        ("next The BOTH", b"", ["next ", "total variation"]),
        ("next - BOTH --by word -k 2", b"The", ["next word", "total variation"]),
        ("next The SAME --dtype float32 --dtype bfloat16 --by token", b"", ["KL(A||B)"]),
        ("pairs - BOTH", PAIRS, ["agree", "only A", "95 %"]),
        ("perplexity - BOTH", b"The cat sat.\n", ["bits/char", "bits/byte"]),
        ("generate The -t 0,1 -n 3 --seed 1 --max-tokens 3 BOTH", b"", ["commonest answer", "entropy"]),
        ("generate The -t 0 --seed 1 --max-tokens 3 --expect x BOTH", b"", ["right", "0.0%"]),
        ("generate --prompts - -t 0 --max-tokens 3 BOTH", b"The\ncat\n", ["The", "cat"]),
    ],
)
def test_every_model_stands_in_the_table(tells, line, stdin, expected):
    tells(line, stdin, expected)


@pytest.mark.parametrize(
    ("line", "values"),
    [("prob a 'The cat' BOTH", 4), ("compare a b BOTH", 2), ("next The BOTH", 2), ("generate The -t 0 BOTH", 2)],
)
def test_quiet_has_a_value_a_model(lab, line, values):
    assert len(lab(f"{line} -q").out.splitlines()) == values


def test_each_record_says_of_which_model_it_is(lab, models):
    done = lab("prob 'The cat' SAME --dtype float32 --dtype bfloat16 -f jsonl")
    assert [json.loads(line)["dtype"] for line in done.out.splitlines()] == ["float32", "bfloat16"]
    done = lab("pairs - BOTH -f jsonl", PAIRS)
    assert [json.loads(line)["model"] for line in done.out.splitlines()] == [
        Path(models["BOTH"][place]).name for place in (1, 3)
    ]


def test_samples_of_several_models_are_those_of_each_alone(lab):
    line = "generate The -t 1 -n 4 --seed 5 --max-tokens 4 -f jsonl"
    both = lab(f"{line} BOTH").out
    assert both == lab(f"{line} LM").out + lab(f"{line} ANOTHER").out


def test_a_model_is_let_go_before_the_next_is_opened(environ, models):
    world = World(argv=(), environ=environ)
    names = [models["BOTH"][1], models["BOTH"][3]]
    opened = []

    def first_gone(lm):
        assert not [one for one in opened if one() is not None]
        opened.append(weakref.ref(lm))
        return lm.info.name

    assert list(map(first_gone, ModelsOptions(model=names).causal_lms(world))) == [Path(name).name for name in names]


@pytest.mark.parametrize(
    ("line", "stdin", "field"),
    [
        ("prob 'The cat' BOTH", b"", "bits_per_character"),
        ("prob 'The cat' 'a cat' BOTH", b"", "bits_per_character"),
        ("compare 'The cat' 'cat The' BOTH", b"", "difference_bits"),
        ("next The BOTH", b"", "probability"),
        ("pairs - BOTH", PAIRS, "share"),
        ("perplexity - BOTH", b"The cat sat.\n", "bits_per_character"),
        ("generate The -t 0,1 -n 2 --seed 1 --max-tokens 2 BOTH", b"", "distinct_answers"),
        ("generate The -t 1 -n 2 --seed 1 --max-tokens 2 BOTH", b"", "first_entropy_bits"),
    ],
)
def test_the_picture_has_every_model(lab, tmp_path, line, stdin, field):
    done = lab(f"{line} --plot {tmp_path}/x.vl.json --plot {tmp_path}/x.svg", stdin)
    assert done.code == 0, done.err
    rows = list(_rows(json.loads((tmp_path / "x.vl.json").read_text("utf-8"))))
    named = {row.get("model", row.get("shown")) for row in rows if field in row}
    assert len(named) == 2
    assert (tmp_path / "x.svg").stat().st_size


def _rows(chart):
    yield from chart.get("data", {}).get("values", ())
    for below in ("vconcat", "hconcat", "layer"):
        for part in chart.get(below, ()):
            yield from _rows(part)
