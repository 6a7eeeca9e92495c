"""Spaces of an encoder behind a server: built block by block, never of two models, asked again where a word is new."""

import hashlib
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from embeddings_server import EmbeddingsServer
from lab_spaces import content, word_file
from msgspec.structs import replace
from wordfreq import top_n_list

from llmlab.backends.served import pool
from llmlab.config import ModelEntry
from llmlab.errors import DamagedError, LabError, MisuseError, UnsupportedError
from llmlab.lab.vectors import asking
from llmlab.lab.vectors.source import VectorSource
from llmlab.models.library import Library
from llmlab.spaces import build, check
from llmlab.spaces import content as blocks
from llmlab.spaces.shelf import Shelf

WORDS = ["cat", "dog", "love", "the", "and", "to", "of", "in", "is", "you"]
MANY = 10_000  # words: three blocks


def vectors(texts):
    """Vectors [N, 8] that are to the last bit the same, in whatever batch a text stands."""
    return np.stack([np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8)[:8] - 99.5 for text in texts])


def other_vectors(texts):
    return vectors(texts)[:, ::-1]


def new_vector(shelf, word):
    """A word's vector in the space that was built."""
    return asking.vector_of(shelf, shelf.open("mine"), word).vector


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.01)
    with EmbeddingsServer(vectors) as one:
        yield one


@pytest.fixture
def fresh(config, ear):
    """The spaces of a new run that knows a server."""

    def fresh(*urls, **entries):
        servers = replace(config.servers, base_url=urls, retries=2)
        return Shelf(Library(replace(config, servers=servers, models=config.models | entries), ear))

    return fresh


@pytest.fixture
def spec(tmp_path):
    return str(word_file(tmp_path, *WORDS))


def test_a_space_has_the_vectors_of_its_server(server, fresh, ear, spec):
    built = build.build(fresh(server.url), "mine", "openai:tiny", spec)
    words, rows = content(built)
    assert words == WORDS
    np.testing.assert_array_equal(rows, vectors(WORDS))
    assert server.texts == WORDS
    assert "openai:tiny does not tell which words it knows: all of them are taken" in ear.heard
    facts = built.facts
    assert (facts.kind, facts.model, facts.revision, facts.engine, facts.dtype) == (
        *("encoder", "openai:tiny", "tiny-1", "openai", "as served"),
    )
    assert server.url not in str(facts)
    check.check(fresh(server.url), "mine")


def test_a_space_that_is_there_asks_no_server(server, fresh, spec):
    build.build(fresh(server.url), "mine", "openai:tiny", spec)
    before = len(server.asked)
    assert new_vector(fresh("http://127.0.0.1:9/v1"), "cat").tolist() == vectors(["cat"])[0].tolist()
    assert len(server.asked) == before


def test_a_new_word_has_its_vector_from_the_server_whatever_its_url(server, fresh, spec):
    build.build(fresh(server.url), "mine", "openai:tiny", spec)
    with EmbeddingsServer(lambda texts: vectors(texts) * 1.001) as moved:  # the last digits of another machine
        np.testing.assert_allclose(new_vector(fresh(moved.url), "zebra"), vectors(["zebra"])[0] * 1.001, rtol=1e-6)
        assert moved.texts == ["zebra"]


def test_a_new_word_is_not_asked_of_another_model(server, fresh, spec):
    build.build(fresh(server.url), "mine", "openai:tiny", spec)
    server.encode = other_vectors
    with pytest.raises(DamagedError, match="openai:tiny is no longer what the space mine was built with"):
        new_vector(fresh(server.url), "zebra")
    assert "zebra" not in server.texts
    with pytest.raises(MisuseError, match="you have a space mine, made from something else"):
        build.build(fresh(server.url), "mine", "openai:tiny", spec)


def broken(right):
    return 400, {"error": {"message": "out of order"}}


def test_a_build_whose_server_fails_goes_on_where_it_was_and_with_no_other_model(server, fresh, ear, spec, monkeypatch):
    monkeypatch.setattr(blocks, "ENCODED", 4)
    server.faults = [None, None, broken]  # the fixed text, and the first block, are answered
    with pytest.raises(LabError, match="out of order"):
        build.build(fresh(server.url), "mine", "openai:tiny", spec)
    server.encode = other_vectors
    with pytest.raises(MisuseError) as caught:
        build.build(fresh(server.url), "mine", "openai:tiny", spec)
    assert caught.value.message == "the space mine was begun with another model than openai:tiny is now"
    assert caught.value.hint == "llmlab space remove mine"
    server.asked.clear()
    server.encode = lambda texts: vectors(texts) * 1.001  # the same, on another machine
    words, rows = content(build.build(fresh(server.url), "mine", "openai:tiny", spec))
    assert "4 words were there from the last time" in ear.heard
    assert (words, server.texts) == (WORDS, WORDS[4:])
    np.testing.assert_allclose(rows, vectors(WORDS), rtol=2e-3)


def test_another_model_in_the_middle_of_a_build_ends_it_and_what_was_made_is_kept(server, fresh, spec, monkeypatch):
    monkeypatch.setattr(blocks, "ENCODED", 4)

    def changed(number):
        server.encode = other_vectors if number == 3 else vectors

    server.before = changed
    with pytest.raises(LabError, match="another vector beside other texts than alone"):  # as it looks from here
        build.build(fresh(server.url), "mine", "openai:tiny", spec)
    words, rows = content(build.build(fresh(server.url), "mine", "openai:tiny", spec))
    assert (words, rows.tolist()) == (WORDS, vectors(WORDS).tolist())
    assert server.texts.count("cat") == 1


def test_a_build_that_is_killed_comes_to_the_same_as_one_that_is_not(server, config, tmp_path):
    def command(name):
        line = [sys.executable, "-m", "llmlab", "space", "build", name, "--model", "openai:tiny", "--precision"]
        line += ["float32", "--vocab", f"wordfreq:en:{MANY}", "--base-url", server.url, "--parallel", "3"]
        environment = {**os.environ, "LLMLAB_CACHE": str(tmp_path / "cache")}
        return subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, text=True)

    folder = tmp_path / "cache" / "spaces"
    with command("whole") as whole:
        whole.communicate()
    server.asked.clear()
    with command("mine") as first:

        def kill(number):
            if number == 5:  # within the first block: what is finished after a second is noted at once
                time.sleep(1.1)
            if (folder / ".mine.begun" / "progress.json").exists():
                first.send_signal(signal.SIGKILL)

        server.before = kill
        first.communicate()
    server.before, killed = lambda number: None, len(server.texts)
    assert (first.returncode, (folder / "mine").exists()) == (-signal.SIGKILL, False)
    assert blocks.ENCODED <= killed < MANY
    server.asked.clear()
    with command("mine") as second:
        _, said = second.communicate()
    assert "4,096 words were there from the last time" in said
    words = (folder / "mine" / "words.txt").read_text(encoding="utf-8").split()
    assert words == top_n_list("en", MANY)
    assert sorted(server.texts) == sorted(words[blocks.ENCODED :])  # nothing was asked for twice, or not at all
    for name in ("words.txt", "vectors.faiss", "unit.faiss"):
        assert (folder / "mine" / name).read_bytes() == (folder / "whole" / name).read_bytes()


def test_an_entry_of_the_settings_names_servers_and_the_encoder_behind_them(server, fresh, spec):
    entry = ModelEntry("encoder", "ours", "server", "MIT", path="tiny", urls=(server.url,))
    shelf = fresh(box=entry)
    assert content(build.build(shelf, "mine", "box", spec))[0] == WORDS
    assert server.asked[0]["model"] == "tiny"
    found = VectorSource(shelf.library, shelf, "box").vectors(["cat", "dog"])
    np.testing.assert_array_equal(found.vectors, vectors(["cat", "dog"]))
    assert found.origin.columns["model"] == "box"


def test_a_vocabulary_of_the_model_itself_and_vectors_of_tokens_are_refused(server, fresh):
    shelf = fresh(server.url)
    with pytest.raises(MisuseError, match="openai:tiny is an encoder, which has no words of its own"):
        build.build(shelf, "mine", "openai:tiny", "model")
    source = VectorSource(shelf.library, shelf, "openai:tiny")
    with pytest.raises(UnsupportedError, match="a server does not tell the vectors of tokens"):
        source.each(tokens=True, metric="cosine")(["cat"])
    with pytest.raises(MisuseError, match="openai:tiny is no language model"):
        VectorSource(shelf.library, shelf, "openai:tiny", layer="1").vectors(["cat"])


def test_a_server_is_not_asked_for_a_hint(server, fresh):
    entry = ModelEntry("encoder", "ours", "server", "MIT", path="tiny", urls=(server.url,))
    assert fresh(box=entry).library.knows("box", "cat") is False
    assert server.asked == []
