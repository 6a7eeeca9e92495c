"""What is told of a server that does not answer or refuses: which, why, once, and what helps."""

import json
import os
from pathlib import Path

import pytest
from backends.served.faulty import Faulty, gone

from llmlab.backends.served import pool, probe
from llmlab.models import inventory

MODEL = ("--model", "openai:bigram")
NEXT = ("next", "The cat", "-k", "1", *MODEL)
OWN = """[models.box]
source = "server"
kind = "causal"
path = "bigram"
urls = ["{url}"]
key = "BOX_KEY"
licence = "MIT"
description = "ours"
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.002)
    monkeypatch.setattr(probe, "SAMPLES", 1)


@pytest.fixture(autouse=True)
def settings(environ, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("LLMLAB_API_KEY", "OPENAI_API_KEY"):
        environ.pop(name, None)
    environ["LLMLAB_SERVERS_RETRIES"] = "1"


@pytest.fixture
def server():
    with Faulty(echo="right") as server:
        yield server


@pytest.fixture
def dead():
    """Where no server listens any more."""
    with Faulty() as one:
        pass
    return one


def at(*servers):
    return [word for one in servers for word in ("--base-url", one.url)]


@pytest.mark.parametrize("words", [("models", "probe", "openai:bigram"), NEXT])
def test_of_servers_that_were_never_probed_the_first_that_answers_is(run, dead, server, words):
    found = run(*words, *at(dead, server))
    assert (found.code, found.err.count(dead.url)) == (0, 1), found.err
    assert found.err.startswith(f"llmlab: {dead.url} is left out for now: ")
    if words[0] == "models":
        assert found.out.startswith(server.url)
    asked = len(server.asked)
    again = run(*NEXT, *at(dead, server))
    assert (again.code, again.err.count(dead.url)) == (0, 1)
    assert len(server.asked) - asked < 5  # what was found is found again


def test_of_servers_none_of_which_answers_each_is_named(run, dead):
    with Faulty() as other:
        pass
    found = run(*NEXT, *at(dead, other))
    assert found.code == 1
    assert [line.split()[1] for line in found.err.splitlines()] == [dead.url, other.url]
    assert "gives no answer" in found.err.splitlines()[-1]


def test_a_stream_that_breaks_at_one_of_several_is_told_once(run, server):
    def broken(handler, answer):
        answer["choices"] = [{"text": " cat sat on", "logprobs": None}]
        handler.stream(answer, last=False, ended=False)
        handler.wfile.write(b'data: {"error": {"message": "out of memory"}}\n\n')

    assert run(*NEXT, *at(server)).code == 0
    server.waiting.extend([None, broken])  # who it is, and the text
    with Faulty([None, broken], echo="right") as other:
        found = run("generate", "The cat", "--stream", *MODEL, *at(server, other))
    assert (found.code, found.err.count("out of memory")) == (1, 1), found.err


@pytest.mark.parametrize("key", ["", "sk-wrong"])
@pytest.mark.parametrize("name", ["BOX_KEY", "LLMLAB_API_KEY"])
def test_a_key_that_is_missing_and_one_that_is_wrong_are_told_apart_with_the_variables_name(run, environ, name, key):
    environ |= {"BOX_KEY": "", "LLMLAB_API_KEY": "", name: key}
    with Faulty(key="sk-right") as server:
        Path("own.toml").write_text(OWN.format(url=server.url), encoding="utf-8")
        own = ("--config", "own.toml", *NEXT[:-2], "--model", "box")
        found = run(*own) if name == "BOX_KEY" else run(*NEXT, *at(server))
    told = f"refuses the key in {name}: a wrong key" if key else "needs a key: a wrong key"
    assert found.code == 1
    assert found.err.startswith(f"llmlab: {server.url} {told}; put ")
    assert {one for one in ("BOX_KEY", "LLMLAB_API_KEY", "OPENAI_API_KEY") if one in found.err} == {name}


def test_the_official_server_has_a_variable_of_its_own_where_its_url_is_typed_too(run):
    found = run(*NEXT, "--base-url", "https://api.openai.com/v1/")
    assert found.code == 1
    assert "https://api.openai.com/v1 needs a key; put it into the environment, as OPENAI_API_KEY" in found.err


def test_only_what_stands_in_a_file_is_said_to_be_kept(run, server, environ):
    environ["LLMLAB_SERVERS_PARALLEL"] = "1"
    words = ("generate", "The cat", "-n", "3", "--format", "jsonl", *MODEL, *at(server))
    assert run(*NEXT, *at(server)).code == 0
    found = []
    for out in ((), ("--out", "out.jsonl"), ("--out", os.devnull)):
        server.waiting.clear()
        server.waiting.extend([None, None, *[gone] * 99])  # who it is, and a sample
        found.append(run(*words, *out))
    assert [one.code for one in found] == [1, 1, 1]
    assert ["; what was finished is kept; see whether the server runs" in one.err for one in found] == [
        *(False, True, False),
    ]
    assert all("see whether the server runs" in one.err for one in found)
    assert len(Path("out.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    nothing = run(*words, "--out", "other.jsonl")  # it has broken before the first
    assert (nothing.code, "kept" in nothing.err, Path("other.jsonl").exists()) == (1, False, False)


@pytest.mark.parametrize("words", [NEXT, ("models", "probe", "openai:bigram"), ("embed", "cat", *MODEL)])
def test_who_leaves_out_the_end_of_a_base_url_is_asked_whether_it_was_meant(run, server, words):
    base = server.url.removesuffix("/v1")
    found = run(*words, "--base-url", f"{base}/")
    assert found.code == 2
    assert found.err.splitlines()[-1] == (
        f"llmlab: {base} does not speak OpenAI's protocol; did you mean {server.url}?"
    )


def test_a_base_url_that_is_wrong_otherwise_is_not_guessed_at(run, server):
    found = run(*NEXT, "--base-url", f"{server.url}/api")
    assert found.code == 1
    assert "has no such model or page" in found.err


@pytest.mark.parametrize("page", ["chat/completions", "models/", "embeddings"])
def test_a_page_of_a_server_is_no_base_url(run, server, page):
    found = run(*NEXT, "--base-url", f"{server.url}/{page}")
    assert (found.code, server.asked) == (2, [])
    assert f"is no base URL; did you mean {server.url}?" in found.err


def test_an_entry_of_servers_is_listed_and_shown_with_what_is_known_of_it_and_without_its_key(run, environ, server):
    environ["BOX_KEY"] = "sk-not-to-be-shown"
    Path("own.toml").write_text(OWN.format(url=server.url), encoding="utf-8")
    before, nobody = [
        run("--config", "own.toml", "models", verb, *name) for verb, *name in (("list",), ("show", "box"))
    ]
    assert server.asked == []
    assert run("--config", "own.toml", "models", "probe", "box").code == 0
    after, shown = [run("--config", "own.toml", "models", verb, *name) for verb, *name in (("list",), ("show", "box"))]
    rows = [next(line for line in one.out.splitlines() if line.startswith("box ")) for one in (before, after)]
    assert ["behind a server" in row for row in rows] == [True, True]
    assert ["probed" in row for row in rows] == [False, True]
    for one in (nobody, shown):
        assert (one.code, one.err) == (0, "")
        assert all(text in one.out for text in ("bigram", server.url, "BOX_KEY, which is set", "MIT"))
    assert "llmlab models probe box" in nobody.out
    assert "scores a text" in shown.out
    said = "".join(one.out + one.err for one in (before, nobody, after, shown))
    assert "sk-not-to-be-shown" not in said
    record = json.loads(run("--config", "own.toml", "models", "show", "box", "--format", "jsonl").out)
    assert (record["servers"], record["key_variable"], record["probed"]) == ([server.url], "BOX_KEY", True)
    del environ["BOX_KEY"]
    assert "BOX_KEY, which is not set" in run("--config", "own.toml", "models", "show", "box").out


def test_a_url_that_is_typed_stands_before_those_of_an_entry_and_is_not_sent_its_key(run, environ, dead, server):
    environ["BOX_KEY"] = "sk-of-the-box-alone"
    Path("own.toml").write_text(OWN.format(url=dead.url), encoding="utf-8")
    found = run("--config", "own.toml", *NEXT[:-2], "--model", "box", *at(server))
    assert found.code == 0, found.err
    assert server.texts
    assert not any("box-alone" in one.headers.get("authorization", "") for one in server.asked)
    shown = json.loads(run("--config", "own.toml", "models", "show", "box", *at(server), "--format", "jsonl").out)
    assert (shown["servers"], shown["key_variable"]) == ([server.url], "LLMLAB_API_KEY")


def test_models_of_servers_are_not_prepared_with_all_others(run, monkeypatch):
    Path("own.toml").write_text(OWN.format(url="http://127.0.0.1:9/v1"), encoding="utf-8")
    monkeypatch.setattr(inventory, "installed", lambda entry: entry.source == "server")
    done = run("--config", "own.toml", "models", "prepare")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_a_model_of_this_machine_has_no_base_url_to_show(run):
    done = run("models", "show", "gemma-3-270m", "--base-url", "http://127.0.0.1:9/v1")
    assert done.code == 2
    assert "gemma-3-270m is a model of this machine, which --base-url is not for; name openai:NAME" in done.err


@pytest.mark.parametrize(("lang", "why"), [("en", "Connection refused"), ("zh", "连接被拒绝")])
def test_why_nobody_answers_is_said_in_the_language_of_the_run_and_without_a_number(run, dead, lang, why):
    said = run("--lang", lang, *NEXT, *at(dead)).err
    assert why in said
    assert "Errno" not in said
