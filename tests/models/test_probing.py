"""What was probed: asked for once, and told again."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from backends.served.faulty import Faulty

from llmlab.backends.served import probe
from llmlab.models import probing, servers
from llmlab.models.servers import Server


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ({"a": -1.0, "b": -2.0, "c": -3.0}, {"a": -1.01, "b": -2.0, "d": -2.99}, True),  # the last changes places
        ({"a": -1.0, "b": -2.0, "c": -3.0}, {"a": -1.0, "d": -2.0, "e": -3.0}, False),
        ({"a": -1.0, "b": -2.0, "c": -3.0}, {"a": -1.0, "b": -2.2, "c": -3.0}, False),
        ({"a": -1.0, "b": -1.1}, {"a": -1.0, "c": -1.1}, True),
        ({"a": -1.0}, {"a": -1.0}, True),
        ({"a": -1.0}, {"b": -1.0}, False),
        ({"a": -1.0, "b": -1.1}, {"c": -1.0, "d": -1.1}, False),
        ({"a": -1.0}, {}, False),
    ],
)
def test_a_list_that_was_kept_tells_a_model_again(was, now, same):
    assert probing._same(was, now) is same


def test_of_several_that_probe_a_server_at_once_one_does(config, ear, monkeypatch):
    monkeypatch.setattr(probe, "SAMPLES", 1)
    with Faulty(echo="right", pause_s=0.003) as server:
        asked = Server("openai:bigram", "bigram", (server.url,), "BOX_KEY")

        def probed(_=None):
            pool = servers.connect(config, asked, {}, ear)
            return probing.probe(config, asked, pool, ear)[1]

        with ThreadPoolExecutor(4) as workers:
            found = list(workers.map(probed, range(4)))
        pages = sum(one.path.endswith("/tokenize") for one in server.asked)
        assert pages == 2  # of one probe
        assert found == [found[0]] * 4
        assert "another llmlab is probing the server; waiting for it" in ear.heard
        probed()  # who asks for it anew is given it
        assert sum(one.path.endswith("/tokenize") for one in server.asked) == 4
