"""The verbs of vectors where the encoder runs behind a server."""

import json

import pytest
from embeddings_server import EmbeddingsServer

from llmlab.backends.torch.encoder import SentenceTransformerEncoder


@pytest.fixture(scope="module")
def server(encoder_folder):
    with EmbeddingsServer(SentenceTransformerEncoder(encoder_folder, "tiny").encode) as one:
        yield one


@pytest.fixture
def served(lab, server):
    """Run a line with the server's options at its end."""
    return lambda line: lab(f"{line} --base-url {server.url}")


@pytest.mark.parametrize("verb", ["embed cat dog love", "odd cat dog love", "why cat dog"])
def test_a_verb_answers_with_the_vectors_of_the_encoder_that_the_server_runs(lab, served, verb):
    here, there = lab(f"{verb} ENCODER --format json"), served(f"{verb} --model openai:tiny --format json")
    assert (here.code, there.code, there.err) == (0, 0, "")
    own, other = json.loads(here.out), json.loads(there.out)
    assert (other["model"], other["revision"], other["engine"], other["dtype"]) == (
        *("openai:tiny", "tiny-1", "openai", "as served"),
    )
    for document in (own, other):
        for name in ("model", "revision", "engine", "library", "dtype"):
            del document[name]
    assert _close(own, other)


def _close(one, other):
    """Whether two documents are the same but for the last digits of their numbers."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_close(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_close, one, other))
    return one == (pytest.approx(other, abs=1e-5) if isinstance(one, float) else other)


def test_a_space_is_built_and_asked(served, lab, server):
    built = served("space build away --model openai:tiny --vocab wordfreq:en:100 --parallel 2")
    assert (built.code, built.err.splitlines()[-1]) == (0, "llmlab: the space away has 100 words x 32")
    assert lab("neighbors the --space away -k 3").code == 0
    found = served("neighbors moviegoer --space away -k 3")
    assert found.code == 0
    assert "its vector comes from the encoder" in found.err
    assert server.texts[-1] == "moviegoer"
    assert json.loads(lab("space show away --format json").out)["model"] == "openai:tiny"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("embed cat --model openai:tiny --tokens", "a server does not tell the vectors of tokens; take an encoder"),
        ("embed cat --model openai:tiny --layer 1", "openai:tiny is no language model, which --layer"),
        ("embed cat --model openai:tiny --engine torch", "openai:tiny runs behind a server, not on the engine torch"),
        ("embed cat --model openai:tiny --dtype float16", "openai:tiny runs behind a server, which has its own number"),
        ("space build b --model openai:tiny --vocab model", "openai:tiny is an encoder, which has no words of its own"),
        ("space build b --model openai: --vocab wordfreq:en:9", "openai: names no model"),
    ],
)
def test_what_a_server_cannot_do_is_said(served, line, said):
    done = served(line)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"llmlab: {said}")
    assert done.err.count("\n") == 1


def test_without_a_server_the_official_one_wants_a_key(lab, environ):
    environ.pop("OPENAI_API_KEY", None)
    done = lab("embed cat --model openai:text-embedding-3-small")
    assert (done.code, done.err) == (
        1,
        "llmlab: https://api.openai.com/v1 needs a key; put it into the environment, as OPENAI_API_KEY, or name another"
        " server with --base-url\n",
    )
