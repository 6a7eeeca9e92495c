"""Models behind servers as they are typed: what names them, what is wrong with a name, and where the key is not."""

import json
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from backends.served.faulty import Faulty, cut, gone, logprob, raw, status, told

from llmlab.backends.served import pool, probe

SECRET, OFFICIAL = "sk-kept-to-itself-0123456789", "sk-official-9876543210"
TEXT = "The cat sat on the mat."
MODEL = ("--model", "openai:bigram")


@pytest.fixture(scope="module")
def server():
    with Faulty(key=SECRET, echo="right") as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.002)
    monkeypatch.setattr(probe, "SAMPLES", 1)


@pytest.fixture(autouse=True)
def keys(environ):
    environ |= {"LLMLAB_API_KEY": SECRET, "OPENAI_API_KEY": OFFICIAL, "LLMLAB_SERVERS_RETRIES": "1"}


@pytest.fixture
def ask(run, server):
    """A command line with the model behind the server, whose next answers are scripted."""

    def ask(*words, script=()):
        server.waiting.clear()
        server.waiting.extend(script)
        return run(*words, *MODEL, "--base-url", server.url)

    return ask


@pytest.fixture
def probed(ask):
    assert ask("next", "The cat", "-k", "1").code == 0


def test_a_text_has_the_probability_that_the_servers_model_gives_it(ask):
    found = ask("prob", TEXT, "--format", "jsonl")
    assert found.code == 0, found.err
    records = [json.loads(line) for line in found.out.splitlines()]
    words = [one["token"] for one in records]
    assert "".join(words) == TEXT
    assert records[0]["logprob_nats"] is None
    assert [one["logprob_nats"] for one in records[1:]] == [pytest.approx(logprob(*pair)) for pair in pairwise(words)]
    assert {one["engine"] for one in records} == {"openai"}
    assert all(one["token_ids"] == [None] for one in records)  # this server gives no numbers


def test_an_entry_of_the_settings_names_its_servers_and_the_variable_of_its_key(run, server, environ, tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(
        f'[models.box]\nsource = "server"\nkind = "causal"\npath = "bigram"\nurls = ["{server.url}"]\n'
        'key = "BOX_KEY"\nlicence = "MIT"\ndescription = "ours"\n'
    )
    environ |= {"BOX_KEY": SECRET, "LLMLAB_API_KEY": "another"}
    found = run("--config", str(file), "next", "The cat", "-k", "2", "--model", "box")
    assert found.code == 0, found.err
    assert "box" in found.out
    assert SECRET not in found.out + found.err


def test_the_environment_names_servers_too(run, server, environ):
    environ["LLMLAB_SERVERS_BASE_URL"] = server.url
    assert run("next", "The cat", "-k", "2", *MODEL).code == 0


def test_a_server_that_was_never_probed_is_asked_so_much_once_and_that_is_said(run):
    with Faulty(key=SECRET, echo="right") as server:
        at = (*MODEL, "--base-url", server.url)
        found = [run("next", "The cat", "-k", "2", *at) for _ in range(2)]
        assert run("models", "probe", "openai:bigram", "--base-url", server.url).err == ""
    assert [one.code for one in found] == [0, 0]
    news = f"llmlab: {server.url} was never probed as it is now: asking it some 200 short questions, once\n"
    assert [one.err for one in found] == [news, ""]


def test_two_servers_are_one_pool_and_one_of_them_may_be_dead(ask, probed, run, server, environ):
    environ["LLMLAB_SERVERS_RETRIES"] = "7"  # until the one that is checked is free
    with Faulty(key=SECRET, echo="right") as dead:
        pass
    urls = ("--base-url", server.url, "--base-url", dead.url)
    server.pause_s = 0.05  # so that the other is asked meanwhile
    found = run("prob", "The cat sat.", "The dog runs.", *MODEL, *urls)
    server.pause_s = 0.0
    assert found.code == 0, found.err
    assert "left out for now" in found.err
    found = run("prob", "The cat sat.", *MODEL, "--base-url", dead.url)
    assert found.code == 1
    assert "gives no answer" in found.err


MISUSE = [
    ("next Hi -m openai:", "'openai:' names no model|openai: names no model"),
    ("next Hi -m openai:x --base-url localhost:8000", "no URL of a server"),
    ("next Hi -m openai:x --base-url ftp://box/v1", "no URL of a server"),
    ("next Hi -m openai:x --base-url http://", "no URL of a server"),
    (f"next Hi -m openai:x --base-url http://me:{SECRET}@box/v1", "holds more than an address"),
    (f"next Hi -m openai:x --base-url http://box/v1?key={SECRET}", "holds more than an address"),
    ("next Hi -m openai:x --base-url http://box/v1 --engine torch", "runs behind a server"),
    ("next Hi -m openai:x --base-url http://box/v1 --dtype float16", "own number type"),
]


@pytest.mark.parametrize(("line", "said"), MISUSE, ids=[line.replace(SECRET, "KEY") for line, _ in MISUSE])
def test_what_cannot_be_meant_is_said_before_a_server_is_asked(run, line, said):
    found = run(*line.split())
    assert found.code == 2
    assert any(one in found.err for one in said.split("|")), found.err
    assert SECRET not in found.err


def test_bos_is_not_asked_for_where_the_server_has_none(ask, probed):
    found = ask("next", "The cat", "--bos")
    assert found.code == 2
    assert "BOS" in found.err


def test_without_a_url_the_official_server_wants_its_key(run, environ):
    del environ["OPENAI_API_KEY"]
    found = run("next", "Hi", "-m", "openai:x")
    assert found.code == 1
    assert "https://api.openai.com/v1 needs a key" in found.err
    assert "OPENAI_API_KEY" in found.err


def test_without_the_client_it_is_said_how_to_install_it(ask, monkeypatch):
    monkeypatch.setitem(sys.modules, "llmlab.backends.served.client", None)
    found = ask("next", "The cat")
    assert found.code == 1
    assert 'pip install "llmlab[servers]"' in found.err


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (status(401, "who?"), "refuses the key in LLMLAB_API_KEY: who?"),
        (status(404, "no such page"), "no such model or page"),
        (status(429), "gives no answer"),
        (status(500, "out of memory"), "gives no answer: out of memory"),
        (gone, "gives no answer"),
        (cut, "gives no answer"),
        (raw(b"<html>", "text/html"), "gives no answer"),
        (told(lambda answer: answer.clear()), "not as its protocol says"),
    ],
)
@pytest.mark.parametrize("verb", ["next", "prob", "generate"])
def test_a_fault_is_one_line_on_stderr(ask, probed, verb, fault, said):
    found = ask(verb, "The cat sat", script=[None, *[fault] * 9])
    assert found.code == 1
    assert said in found.err
    assert found.err.count("llmlab: ") == len(found.err.splitlines())
    assert not found.out


def test_another_model_under_the_same_name_is_noticed_at_the_next_opening(ask, probed, server):
    server.shift = 5
    try:
        found = ask("next", "The cat")
    finally:
        server.shift = 0
    assert found.code == 1
    assert "runs another model than when openai:bigram was probed" in found.err
    assert "llmlab models probe openai:bigram" in found.err


def test_another_model_behind_the_second_of_two_servers_is_noticed(run, probed, server):
    with Faulty(key=SECRET, echo="right", shift=5) as other:
        urls = ("--base-url", server.url, "--base-url", other.url)
        server.pause_s = 0.05
        try:
            found = run("prob", *["The cat sat."] * 8, *MODEL, *urls)
        finally:
            server.pause_s = 0.0
    assert found.code == 1
    assert f"{other.url} runs another model than when openai:bigram was probed" in found.err


def files(*folders):
    """All that is kept, by its place."""
    every = [path for folder in folders for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink()]
    return {str(path): path.read_bytes() for path in every}


def test_the_key_is_nowhere_but_in_the_requests(ask, run, server, environ, cache, tmp_path):
    out = str(tmp_path / "out.jsonl")
    found = [
        run("models", "probe", "openai:bigram", "--base-url", server.url),
        ask("prob", TEXT),
        ask("next", "The cat", "--format", "json"),
        ask("generate", "The cat", "--samples", "3", "--format", "jsonl"),
        ask("prob", "The cat sat.", "The dog runs.", "--format", "jsonl", "--out", out),
        *(ask("--debug", "next", "The cat", script=[one] * 9) for one in (status(401), status(500), gone, cut)),
        ask("--debug", "next", "The cat", script=[told(lambda answer: answer.clear())] * 9),
        ask("--debug", "next", "unknown words"),
        ask("--debug", "generate", "The cat", "--top-p", "7"),
    ]
    assert [one.code for one in found] == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 2]
    assert all("Traceback" in one.err for one in found[5:-1])
    said = "".join(one.out + one.err for one in found)
    kept = files(cache, environ["LLMLAB_STATE"], tmp_path)
    assert any("probes" in name for name in kept)
    assert "out.jsonl" in "".join(kept)
    for key in (SECRET, OFFICIAL):
        assert key not in said
        assert [name for name, content in kept.items() if key.encode() in content] == []
    assert {one.headers["authorization"] for one in server.asked} == {f"Bearer {SECRET}"}


def test_what_is_meant_for_the_official_server_goes_to_no_other(run, environ, monkeypatch):
    del environ["LLMLAB_API_KEY"]
    official = {name: f"{name}-kept" for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY")}
    for name, value in {**official, "OPENAI_API_KEY": OFFICIAL}.items():
        monkeypatch.setenv(name, value)  # the client asks the process
        environ[name] = value
    with Faulty(echo="right") as open_to_all:
        assert run("next", "The cat", *MODEL, "--base-url", open_to_all.url).code == 0
        sent = json.dumps([one.headers for one in open_to_all.asked])
    assert [value for value in (OFFICIAL, *official.values()) if value in sent] == []


def test_a_key_does_not_follow_to_another_host(ask, probed):
    with Faulty() as elsewhere:
        to = {"Location": f"{elsewhere.url}/completions"}
        found = ask("next", "The cat", script=[lambda handler, answer: handler.say(307, {}, to)] * 9)
        assert found.code == 1
        assert elsewhere.asked == []


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads /proc")
def test_the_key_is_in_no_process_list(server, environ, cache):
    words = [sys.executable, "-m", "llmlab", "next", "The cat", *MODEL, "--base-url", server.url]
    server.waiting.clear()
    server.pause_s = 0.3
    own = {**environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(words, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        asked = len(server.asked)
        while len(server.asked) == asked and process.poll() is None:
            time.sleep(0.01)
        lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if readable(path)]
        server.pause_s = 0.0
        said = process.communicate()[0]
    assert any(b"openai:bigram" in line for line in lines)
    assert [line for line in lines if SECRET.encode() in line] == []
    assert process.returncode == 0, said


def readable(path):
    """Whether a process is still there."""
    try:
        return bool(path.read_bytes())
    except OSError:
        return False
