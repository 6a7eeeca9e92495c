"""What a name on the hub means does not hang on what was fetched before, and no error tells a secret."""

import json
import os
import shutil
from pathlib import Path

import huggingface_hub
import pytest
from hub_server import Hub, snapshot_of
from huggingface_hub import constants

from llmlab.errors import DamagedError, LabError, MissingError, MisuseError
from llmlab.models import fetch, hub, refusals

PINNED = f"organisation/name@{'c' * 40}"
SHARDED = {
    "config.json": b"{}",
    "model-00001-of-00002.safetensors": b"1" * 50,
    "model-00002-of-00002.safetensors": b"2" * 50,
    "model.safetensors.index.json": json.dumps(
        {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    ).encode(),
    "tokenizer.json": b"{}",
}


@pytest.fixture
def fetched(ear):
    return lambda name="organisation/name": hub.snapshot(hub.parse(name), ear, ["tiny"])


@pytest.fixture
def serve(use):
    """Serve these files."""
    opened = []

    def serve(files):
        opened.append(Hub(files).__enter__())
        return use(opened[-1])

    yield serve
    for server in opened:
        server.stop()


def test_the_plain_name_of_several_gguf_models_stays_several(serve, fetched):
    server = serve({"a.gguf": b"GGUFa", "b.gguf": b"GGUFb"})
    fetched("organisation/name:a.gguf")
    for _ in range(2):
        with pytest.raises(MisuseError, match="several GGUF models"):
            fetched()
    assert len(server.gets()) == 1


def test_the_plain_name_is_of_the_safetensors_whatever_gguf_is_here(serve, fetched):
    serve({"a.gguf": b"GGUFa", **SHARDED})
    fetched("organisation/name:a.gguf")
    assert snapshot_of(fetched()).keys() == {"a.gguf", *SHARDED}


def test_the_only_gguf_model_is_asked_for_once(serve, fetched):
    server = serve({"it.gguf": b"GGUF", "README.md": b"#"})
    folder = fetched()
    assert fetched() == folder
    assert len(server.asked) == 2


def test_without_the_hub_the_gguf_that_is_here_is_used_and_named(serve, fetched, ear, monkeypatch):
    said = []
    monkeypatch.setattr(type(ear), "say", lambda self, text: said.append(text))
    server = serve({"a.gguf": b"GGUFa", "b.gguf": b"GGUFb"})
    folder = fetched("organisation/name:a.gguf")
    server.refuse = 503, ""
    said.clear()
    assert fetched() == folder
    assert said == [f"{server.url[7:]} cannot be asked what organisation/name is: using what is here of it, a.gguf"]


@pytest.mark.parametrize("one", sorted(SHARDED))
def test_one_file_that_another_program_fetched_is_no_whole_model(serve, fetched, one):
    server = serve(SHARDED)
    huggingface_hub.hf_hub_download("organisation/name", one, endpoint=server.url)
    assert snapshot_of(fetched()) == SHARDED


def test_a_part_that_the_index_names_must_be_there(serve, fetched):
    server = serve(SHARDED)
    for one in sorted(SHARDED)[:2] + sorted(SHARDED)[3:]:
        huggingface_hub.hf_hub_download("organisation/name", one, endpoint=server.url)
    assert hub.cached(hub.parse("organisation/name")) is None


@pytest.mark.parametrize("links", range(len(SHARDED)))
def test_a_run_stopped_between_links_is_taken_up(serve, fetched, monkeypatch, links):
    serve(SHARDED)
    link, made = fetch._link, []

    def stopped(*arguments):
        if len(made) == links:
            raise KeyboardInterrupt
        made.append(link(*arguments))

    with monkeypatch.context() as patch:
        patch.setattr(fetch, "_link", stopped)
        with pytest.raises(KeyboardInterrupt):
            fetched(PINNED)
    assert hub.cached(hub.parse(PINNED)) is None
    folder = fetched(PINNED)
    assert snapshot_of(folder) == SHARDED
    assert all(path.is_symlink() for path in folder.iterdir())  # those that were there are left as they are


def test_a_gguf_model_that_lacks_one_of_its_files_is_not_whole(serve, fetched):
    parts = {f"it-0000{number}-of-00002.gguf": b"GGUF%d" % number for number in (1, 2)}
    serve(parts)
    for name in ("organisation/name", "organisation/name:it-00001-of-00002.gguf"):
        folder = fetched(name)
        (folder / "it-00002-of-00002.gguf").unlink()
        assert hub.cached(hub.parse(name)) is None
        assert snapshot_of(fetched(name)) == parts


def test_a_copy_that_was_stopped_is_not_used(serve, fetched, monkeypatch):
    files = {"config.json": b'{"a":1}', "model.safetensors": os.urandom(300_000)}
    serve(files)

    def no_link(self, *_):
        raise OSError("no links")

    def half(source, to):
        Path(to).write_bytes(Path(source).read_bytes()[:5])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "symlink_to", no_link)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", half)
        with pytest.raises(KeyboardInterrupt):
            fetched()
    assert snapshot_of(fetched()) == files


def test_a_pinned_commit_is_what_the_hub_must_answer(serve, fetched, monkeypatch):
    server = serve(SHARDED)
    other = json.dumps({"id": "organisation/name", "sha": "d" * 40, "siblings": []}).encode()
    server.says = other
    with pytest.raises(DamagedError, match=f"asked for {PINNED}, .* answers with {'d' * 40}"):
        fetched(PINNED)
    server.says = other.replace(b"d" * 40, b"main")
    with pytest.raises(DamagedError, match="does not say which commit organisation/name is"):
        fetched()


def test_a_file_of_the_model_whose_checksum_is_none_is_not_left_out(serve, fetched):
    server = serve(SHARDED)
    entry = server.entry
    server.entry = lambda path: entry(path) | ({"oid": "zz"} if path == "tokenizer.json" else {})
    with pytest.raises(DamagedError, match=r"does not say how tokenizer\.json of organisation/name must be"):
        fetched()


def test_a_fault_of_our_own_is_not_laid_on_the_hub(serve, fetched, monkeypatch):
    serve(SHARDED)
    monkeypatch.setattr(hub, "chosen", lambda *_: {}["ours"])
    with pytest.raises(KeyError, match="ours"):
        fetched()


def test_more_than_was_stated_is_not_read_to_its_end(serve, fetched, hub_cache, monkeypatch):
    server = serve({"config.json": b"{}", "model.safetensors": b"x" * 100})
    server.lies["model.safetensors"] = bytes(20 * 2**20)
    seen = []
    monkeypatch.setattr(fetch, "_check", lambda name, file, partial: seen.append(partial.stat().st_size))
    fetched()
    assert max(seen) < 2**20
    assert {one.headers["accept-encoding"] for one in server.gets()} == {"identity"}


def test_a_server_without_ranges_that_cuts_again_promises_nothing(serve, fetched):
    server = serve({"config.json": b"{}", "model.safetensors": os.urandom(300_000)})
    server.cut, server.cuts, server.ranges = 200_000, 2, False
    with pytest.raises(MissingError) as caught:
        fetched()
    assert caught.value.hint.endswith("where the host can send the rest of a file")


@pytest.mark.parametrize("token", ["hf_secret\n", " hf_secret ", "hf_ségret", "hf_se\ncret", "hf_se\x07cret"])
@pytest.mark.parametrize("is_the_hub", [False, True])
def test_no_error_tells_the_token(serve, fetched, monkeypatch, token, is_the_hub):
    server = serve(SHARDED)
    monkeypatch.setenv("HF_TOKEN", token)
    if is_the_hub:
        monkeypatch.setattr(hub, "HUB", server.url)
    server.token = "another"
    with pytest.raises(LabError) as caught:
        fetched()
    told = caught.value.message + caught.value.hint
    assert not any(part in told for part in ("secret", "ségret", "cret", "hf_s"))
    assert {one.headers.get("authorization") for one in server.asked} <= {"Bearer hf_secret"}


def test_the_host_is_named_without_who_asks_it(monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "https://me:secret@mirror.example:8443/hf")
    assert hub.host() == "mirror.example:8443"
    said = refusals.of(hub.parse("a/b"), RuntimeError("x"), [])
    assert "secret" not in said.message + said.hint


@pytest.mark.parametrize("endpoint", ["", "mirror.example", "ftp://mirror.example", "https://", "https:"])
def test_an_endpoint_that_is_none_is_misuse(hub_cache, fetched, monkeypatch, endpoint):
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    with pytest.raises(MisuseError, match=r"HF_ENDPOINT must begin with https:// \(or http://\)"):
        fetched()


@pytest.mark.parametrize("text", ["org/name@", "org/name:", "org/name@:a.gguf"])
def test_a_name_that_stops_too_early_is_refused(text):
    with pytest.raises(MisuseError, match="stops where a revision or a file should follow"):
        hub.parse(text)


def test_a_host_without_an_address_is_said_in_words(hub_cache):
    assert refusals.reason(OSError("[Errno -2] Name or service not known")) == "no network, or no such host"
    assert refusals.reason(OSError("[Errno 111] Connection refused")) == "Connection refused"
