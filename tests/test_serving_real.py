"""llama-server with the default model: its numbers are those of the engine llama.cpp."""

import json
import os
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection

import msgspec
import numpy as np
import pytest
import servers

from llmlab.config import load
from llmlab.models.library import Library
from llmlab.models.serving import launch, registry

pytestmark = pytest.mark.models
servers.skip_without_wheel()
LIKELIEST = 50
LONG = "It was the best of times. " * 90  # more tokens than Gemma's window of 512
TEXTS = ("The capital of France is", "今天天气很", "He likes", LONG)


@pytest.fixture
def served(tmp_path, ear):
    """The prepared models in a cache of the test's own, for a server of the user's may run; and one of them served."""
    mine = load(None)
    os.symlink(mine.models_folder, tmp_path / "models")
    library = Library(msgspec.structs.replace(mine, cache=str(tmp_path)), ear)
    running, process = launch.start(library, mine.model, launch.Place(parallel=2))
    yield library, running
    process.kill()
    process.wait()


def nexts(running, ids):
    """Log-probabilities in nats of the likeliest next tokens, as the server tells them."""
    asked = {"prompt": ids, "n_predict": 1, "n_probs": LIKELIEST, "temperature": 1.0, "cache_prompt": False}
    headers = {"Authorization": f"Bearer {running.key}", "Content-Type": "application/json"}
    with closing(HTTPConnection(running.url.removeprefix("http://"), timeout=60)) as connection:
        connection.request("POST", "/completion", json.dumps(asked), headers)
        told = json.loads(connection.getresponse().read())
    return {one["id"]: one["logprob"] for one in told["completion_probabilities"][0]["top_logprobs"]}


def test_its_numbers_are_those_of_the_engine(served, ear):
    library, running = served
    assert registry.find(library.config, library.source(running.model), ear) == running
    assert (running.dtype, running.context) == ("float16", 4096)
    model = library.causal_lm(running.model)
    bos = model.encode(model.info.bos, allow_special=True).ids
    for text in TEXTS:
        tokens = model.encode(text)
        own = model.next([tokens])[0]
        told = nexts(running, [*bos, *tokens.ids])
        assert set(told) == set(np.argsort(-own)[:LIKELIEST].tolist())
        assert max(abs(own[token] - logprob) for token, logprob in told.items()) < 1e-3


LOADED = """
import sys
from llmlab.cli import main
from llmlab.cli.world import World
print(main(World(argv=sys.argv[1:])), *sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize("form", ["table", "jsonl"])
def test_an_answer_that_it_draws_is_printed_without_numpy(served, tmp_path, form):
    line = ["generate", "--temperature", "0.7", "--max-tokens", "3", "--engine", "server", "--format", form]
    asked = {"env": {**os.environ, "LLMLAB_CACHE": str(tmp_path)}, "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, "-c", LOADED, *line], check=True, **asked)
    code, *modules = done.stderr.split()
    assert (code, "gemma-3-270m" in done.stdout) == ("0", True)
    assert not {"numpy", "rich.console", "concurrent.futures"} & set(modules)
