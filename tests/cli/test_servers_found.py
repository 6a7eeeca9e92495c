"""What was found of a server is kept, and found anew where it no longer holds."""

import json
from pathlib import Path

import pytest
from backends.served.faulty import Faulty
from cli.test_servers import MODEL, SECRET, keys, quick  # noqa: F401  # fixtures that surround every test
from kept_folders import flip

from llmlab.cache import disk


def probes(server):
    """How often it was probed: what nothing else asks."""
    return sum(one.path.endswith("apply-template") or one.path.endswith("/tokenize") for one in server.asked) // 2


def test_another_build_of_a_server_is_probed_anew_and_the_same_is_not(run):
    with Faulty(key=SECRET, echo="right", build="b1") as server:
        url = ("--base-url", server.url)
        seen = []
        for build in ("b1", "b1", "b2", "b2", ""):
            server.build = build
            assert run("next", "The cat", "-k", "1", *MODEL, *url).code == 0
            seen.append(probes(server))
    assert seen == [1, 1, 2, 2, 2]


@pytest.mark.parametrize("old", ["{}", "[1, {}]", "found", "[1, found]"])
def test_what_another_version_of_llmlab_found_is_found_anew(run, cache, old):
    with Faulty(key=SECRET, echo="right") as server:
        url = ("--base-url", server.url)
        assert run("next", "The cat", "-k", "1", *MODEL, *url).code == 0
        newest = max((Path(cache) / "probes").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        found = json.dumps(json.loads(disk.sealed(newest))[1])
        disk.put_sealed(newest, old.replace("found", found).encode())
        assert run("next", "The cat", "-k", "1", *MODEL, *url).code == 0
        assert probes(server) == 2


def test_a_bit_that_flips_in_what_was_found_is_answered_by_finding_it_anew(run, cache):
    with Faulty(key=SECRET, echo="right") as server:
        line = ("next", "The cat", "-k", "1", *MODEL, "--base-url", server.url)
        assert run(*line).code == 0
        newest = max((Path(cache) / "probes").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        flip(newest, 8 * newest.read_bytes().index(b"true") + 1)
        assert run(*line).code == 0
        assert probes(server) == 2
