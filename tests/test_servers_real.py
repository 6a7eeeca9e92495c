"""Servers that others wrote, with the packages' models: the probe tells them apart, and their numbers are right."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import servers
from deaf import Deaf
from msgspec.structs import asdict, replace

from llmlab.backends.base import ScoreRequest
from llmlab.backends.served import probe as probing
from llmlab.backends.served.base import LLAMA_SERVER, Abilities
from llmlab.backends.served.model import ServedLM
from llmlab.backends.served.pool import Pool
from llmlab.backends.served.probe import Probe
from llmlab.backends.served.wire import Loopback
from llmlab.config import load
from llmlab.errors import UnsupportedError
from llmlab.lab.probability.choose import choose
from llmlab.models import servers as served
from llmlab.models.library import Library
from llmlab.models.serving import launch

pytestmark = pytest.mark.models
GEMMA, SMOLLM = "gemma-3-270m", "smollm2-135m-instruct"
TEXTS = (
    "He likes movie.",
    "The capital of France is Paris.",
    "今天天气很好，我们去公园。",
    "I like 🥭 and 🍕, 今天🥭!",
)
BY_TOKEN = ("He likes movie.", "好🥭")
CONTEXTS = ("The capital of France is", "今天天气很", "I like 🥭 and")
LLAMA_CPP_PYTHON = Abilities(  # what version 0.3.36 was found to do with a model that has BOS
    completions=True,
    chats=True,
    scores="echo",
    listed=1000,
    scaled=False,
    tempered=True,
    seeded=True,
    takes_filters=True,
    filters=True,
    bos=None,
    named="text",
    reads_numbers=False,
    tokenizes="",
    template="",
)
ENGINE = """
import json, sys
sys.path.append(sys.argv[1])  # llmlab prefers what stands there to the wheel
from deaf import Deaf
from llmlab.backends import llama_library
from llmlab.backends.base import ScoreRequest
from llmlab.config import load
from llmlab.models.library import Library
assert llama_library.carrier().package == llama_library.NATIVE
model = Library(load(None, {"LLMLAB_DTYPE": "float16"}), Deaf()).causal_lm(sys.argv[2])
alone = [model.score([ScoreRequest(model.encode(text), 0)])[0] for text in json.load(sys.stdin)]
print(json.dumps([one.logprobs.tolist() for one in alone]))
"""


def library(cache=None, **settings):
    """The prepared models, in a cache of the test's own where servers are started."""
    mine = load(None)
    if cache is None:
        return Library(replace(mine, **settings), Deaf())
    (cache / "models").symlink_to(mine.models_folder)
    return Library(replace(mine, cache=str(cache), **settings), Deaf())


def file_of(name):
    """The weights in float16."""
    from llmlab.models import prepare

    own = library()
    return prepare.gguf_to_run(own.shop, own.source(name), "float16")


def probed(url, name, monkeypatch, samples):
    monkeypatch.setattr(probing, "SAMPLES", samples)
    return Probe(Pool([Loopback(url, "", 60)], 4, 1, str), name).run()


def opened(url, name, found):
    """The model behind a server that was probed."""
    server = served.Server(f"openai:{name}", name, (url,), served.KEY)
    return ServedLM(
        Pool([Loopback(url, "", 60)], 4, 1, str), name, served.info(load(None), server, found), found.abilities
    )


class TestLlamaCppPythonWithGemma:
    @pytest.fixture(scope="class")
    def url(self, tmp_path_factory):
        with servers.serving(file_of(GEMMA), GEMMA, tmp_path_factory.mktemp("server") / "log") as url:
            yield url

    @pytest.fixture(scope="class")
    def model(self, url):
        with pytest.MonkeyPatch.context() as patch:
            return opened(url, GEMMA, probed(url, GEMMA, patch, samples=1))

    def test_it_is_told_by_what_it_does(self, model):
        assert model.abilities == replace(LLAMA_CPP_PYTHON, tempered=None)  # one sample tells nothing

    def test_its_scores_are_those_of_the_engine(self, model):
        """By the same build of llama.cpp, one text after the other: two builds are up to 2e-2 apart."""
        asked = [sys.executable, "-c", ENGINE, str(servers.packages()), GEMMA]
        own = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        said = subprocess.run(
            asked, input=json.dumps(TEXTS), env=own, capture_output=True, text=True, check=True
        ).stdout
        for text, own in zip(TEXTS, json.loads(said), strict=True):
            tokens = model.encode(text)
            assert b"".join(tokens.pieces).decode() == text
            (found,) = model.score([ScoreRequest(tokens, 0)])
            assert np.isnan(found.logprobs[0])
            assert np.abs(found.logprobs[1:] - own[1:]).max() < 1e-3


def test_llama_cpp_python_without_bos_tells_another_tokens_log_probability_and_is_not_believed(tmp_path, monkeypatch):
    with servers.serving(file_of(SMOLLM), SMOLLM, tmp_path / "log") as url:
        found = probed(url, SMOLLM, monkeypatch, samples=40)
        lie = "the log-probabilities of an echoed text are not those of its own lists"
        assert found.abilities == replace(
            LLAMA_CPP_PYTHON, scores="", listed=100, lies=(lie,)
        )  # of 1000 some share a name
        model = opened(url, SMOLLM, found)
        with pytest.raises(UnsupportedError, match="does not tell the probability of a text"):
            model.score([ScoreRequest(model.encode("He likes movie."), 0)])


class TestLlamaServer:
    @pytest.fixture(scope="class", params=[GEMMA, SMOLLM])
    def pair(self, request, tmp_path_factory):
        """The model through the server of the wheel, and on the engine."""
        servers.skip_without_wheel()
        own = library(tmp_path_factory.mktemp("cache"))
        running, process = launch.start(own, request.param, launch.Place())
        yield served.open_own(own.config, own.source(request.param), Deaf()), own.causal_lm(request.param), running
        process.kill()
        process.wait()

    @pytest.mark.parametrize("pair", [GEMMA], indirect=True)
    def test_it_is_told_by_what_it_does(self, pair, monkeypatch):
        model, _, running = pair
        monkeypatch.setattr(probing, "SAMPLES", 60)
        wire = Loopback(f"{running.url}/v1", running.key, 60)
        found = Probe(Pool([wire], 4, 1, str), running.model).run()
        lie = "echo is passed over: what comes back is the new text alone"
        assert asdict(found.abilities) == asdict(LLAMA_SERVER) | {"lies": (lie,)}
        assert model.abilities == LLAMA_SERVER
        assert (found.bos, found.context, found.vocabulary) == ("<bos>", 4096, 262144)

    @pytest.mark.parametrize("text", CONTEXTS)
    def test_its_lists_are_those_of_the_engine(self, pair, text):
        model, own, _ = pair
        every = own.next([own.encode(text)])[0]
        found = model.likeliest(model.encode(text), 1000)
        assert {one.number for one in found} == set(np.argsort(-every)[:1000].tolist())
        assert max(abs(one.logprob - every[one.number]) for one in found) < 1e-3
        assert [one.piece for one in found] == [own.piece(one.number) for one in found]

    def test_its_scores_are_those_of_the_engine(self, pair):
        """Token by token llama.cpp computes in batches of other sizes, and rounds otherwise."""
        model, own, _ = pair
        for text in BY_TOKEN:
            tokens = model.encode(text)
            assert tokens == own.encode(text)
            (found,), (right,) = (one.score([ScoreRequest(tokens, 0)]) for one in (model, own))
            apart = np.abs(found.logprobs - right.logprobs)
            assert np.isnan(apart).sum() == (0 if own.info.bos else 1)
            assert np.nanmean(apart) < 1e-3
            assert np.nanmax(apart) < 5e-3

    def test_it_chooses_as_the_engine_does(self, pair):
        model, own, _ = pair
        asked = ("The capital of France is", ["Paris", "London", "🥭"])
        found, right = (choose(one, *asked) for one in (model, own))
        assert [one.text for one in found.choices] == [one.text for one in right.choices]
        for mine, theirs in zip(found.choices, right.choices, strict=True):
            assert abs(mine.logprob - theirs.logprob) < 1e-3 * mine.tokens
