"""The command that the screen copies shows at the prompt what the screen shows."""

import json
import shlex

import numpy as np
import pytest

from llmlab.errors import MisuseError
from llmlab.explore import commands, walk
from llmlab.explore.walk import Walk

START = ("llmlab",)


@pytest.fixture
def typed(config, tmp_path, monkeypatch):
    """Run a copied command as a shell would, on the same cache; its records."""
    import io
    import os

    from llmlab.cli import main
    from llmlab.cli.world import World

    def typed(line):
        name, *arguments = shlex.split(line)
        assert name == "llmlab"
        options = ["--format", "jsonl"]
        place = arguments.index("--") if "--" in arguments else len(arguments)
        out, err = io.StringIO(), io.StringIO()
        environ = {**os.environ, "LLMLAB_CACHE": config.cache}
        code = main(World([*arguments[:place], *options, *arguments[place:]], environ, None, out, err))
        assert code == 0, err.getvalue()
        return [json.loads(one) for one in out.getvalue().splitlines()]

    return typed


@pytest.mark.parametrize(
    "text", ["the cat", "今天天气", "a\nb\tc\\n", "-x 'y' \"z\" $HOME `a` !", " two  ", "--by", "a;b|c"]
)
@pytest.mark.parametrize("temperature", [1.0, 0.3, 0.0])
def test_next_shows_the_same(play, read, typed, text, temperature):
    play.type(text)
    play.list(5)
    read()
    play.warm(temperature)
    records = typed(commands.next_tokens(play, START, ("--model", play.side.name)))
    assert records[0]["context"] == text
    assert [one["token_id"] for one in records] == list(play.heated.ids)
    assert [one["probability"] for one in records] == pytest.approx(np.exp(play.heated.logprobs), abs=1e-5)
    assert {one["temperature"] for one in records} == {temperature}


def test_next_shows_the_same_after_tokens_were_appended(play, read, typed):
    play.type("the cat")
    for _ in range(3):
        read()
        play.append()
    read()
    if not play.as_typed:
        with pytest.raises(MisuseError, match="other tokens"):
            commands.next_tokens(play, START, ())
        play.type(play.text)
        read()
    records = typed(commands.next_tokens(play, START, ("--model", play.side.name)))
    assert [one["token_id"] for one in records] == list(play.heated.ids)


def test_tokens_that_the_tokenizer_would_not_make_have_no_command(play):
    play.type("ca")
    letter = play.model.encode("t")
    assert len(play.model.encode("cat")) < 3
    play.type("c")
    for one in (play.model.encode("a"), letter):
        play.branches.append(one.ids[0], one.pieces[0], -1.0)
    with pytest.raises(MisuseError, match="other tokens"):
        commands.next_tokens(play, START, ())


@pytest.mark.parametrize("metric", walk.ORDER)
def test_neighbors_shows_the_same(shelf, animals, typed, metric):
    here = Walk(animals, metric, ("cat",), 3)
    found = walk.around(shelf, here).found
    records = typed(commands.neighbors(here, START, ()))
    assert [(one["word"], one["score"]) for one in records] == [(one.word, one.score) for one in found.neighbors]


def test_why_shows_the_same(shelf, animals, typed):
    here = Walk(animals, "l1", ("cat",))
    records = typed(commands.why(here, "cat", "猫", START, ()))
    parts = {one["dimension"]: one["part"] for one in records}
    found = walk.why(shelf, here, "cat", "猫")
    assert parts == pytest.approx(dict(zip(found.names, found.parts.tolist(), strict=True)))


@pytest.mark.parametrize("text", ["-"])
def test_a_dash_alone_has_no_command(play, text):
    play.type(text)
    with pytest.raises(MisuseError, match="stdin"):
        commands.next_tokens(play, START, ())
    with pytest.raises(MisuseError, match="stdin"):
        commands.neighbors(Walk("glove", path=(text,)), START, ())


def test_settings_and_engine_are_part_of_the_command(play):
    play.type("hi")
    line = commands.next_tokens(play, ("llmlab", "--config", "my settings.toml"), ("--engine", "torch"))
    assert shlex.split(line) == [
        "llmlab",
        "--config",
        "my settings.toml",
        "next",
        "hi",
        "--by",
        "token",
        "--engine",
        "torch",
    ]
