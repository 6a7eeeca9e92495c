"""Files of the hub, read from a server on this machine by the real client into a cache of its own."""

import os
import shutil
import socket
import time

import huggingface_hub
import pytest
from hub_server import Hub, snapshot_of
from huggingface_hub import constants

from llmlab.errors import DamagedError, LabError, MissingError, MisuseError
from llmlab.models import fetch, hub, refusals

FILES = {
    "config.json": b'{"a": 1}\n',
    "empty.txt": b"",
    "model.safetensors": os.urandom(300_000),
    "1_Pooling/config.json": b"{}",
}
READ = [path for path, content in FILES.items() if content]  # of an empty file all is known
CARRIED = ["small", "tiny"]


@pytest.fixture
def fetched(ear):
    """A snapshot as llmlab finds or fetches it."""
    return lambda name="organisation/name": hub.snapshot(hub.parse(name), ear, CARRIED)


@pytest.fixture
def served(use):
    with Hub({**FILES, "README.md": b"# It\n", "pytorch_model.bin": b"x"}) as server:
        yield use(server)


@pytest.mark.parametrize("name", ["organisation/name", "organisation/name@v1", f"organisation/name@{'c' * 40}"])
def test_a_model_is_read_once_with_what_stands_beside_it_and_no_pickles(served, fetched, name):
    folder = fetched(name)
    assert snapshot_of(folder) == FILES
    assert folder.name == served.commit
    asked = len(served.asked)
    assert fetched(name) == folder
    assert len(served.asked) == asked == 1 + len(READ)  # one question, and each file


def test_the_cache_is_as_the_client_itself_would_have_made_it(served, fetched, hub_cache, tmp_path):
    ours = fetched("organisation/name@v1").parents[1]
    patterns = ["*.json", "*.txt", "*.safetensors"]
    theirs = tmp_path / "theirs"
    huggingface_hub.snapshot_download(
        "organisation/name", revision="v1", cache_dir=theirs, allow_patterns=patterns, endpoint=served.url
    )
    theirs = theirs / ours.name
    for part in ("blobs", "snapshots", "refs"):
        assert snapshot_of(ours / part) == snapshot_of(theirs / part)
    for link in (path.relative_to(theirs) for path in theirs.rglob("*") if path.is_symlink()):
        assert os.readlink(ours / link) == os.readlink(theirs / link)
    (known,) = huggingface_hub.scan_cache_dir(hub_cache).repos
    assert known.repo_id == "organisation/name"
    assert huggingface_hub.scan_cache_dir(hub_cache).warnings == []


def test_what_the_client_has_fetched_is_used(served, fetched):
    theirs = huggingface_hub.snapshot_download("organisation/name", endpoint=served.url)
    asked = len(served.asked)
    assert str(fetched()) == theirs
    assert len(served.asked) == asked


def test_a_cut_connection_is_taken_up_where_it_was_cut(served, fetched):
    served.cut, served.cuts = 100_000, 2
    assert snapshot_of(fetched()) == FILES
    ranges = [one.headers.get("range") for one in served.gets("model.safetensors")]
    assert ranges == [None, "bytes=100000-", "bytes=200000-"]


def test_a_later_run_goes_on_where_one_was_stopped(served, fetched, monkeypatch):
    served.cut, served.cuts = 100_000, 1

    def stop(seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch, "sleep", stop)
    with pytest.raises(KeyboardInterrupt):
        fetched()
    served.asked.clear()
    assert snapshot_of(fetched()) == FILES
    assert [one.headers.get("range") for one in served.gets("model.safetensors")] == ["bytes=100000-"]
    assert len(served.gets()) < len(READ)  # what came whole before is not read again


def test_a_server_that_knows_no_ranges_is_read_from_the_start(served, fetched):
    served.cut, served.cuts, served.ranges = 100_000, 1, False
    assert snapshot_of(fetched()) == FILES


def test_a_connection_that_brings_nothing_ends_the_run_and_what_came_is_kept(served, fetched, hub_cache, monkeypatch):
    served.cut, served.cuts = 100_000, 1
    append = fetch._append

    def once(*arguments):
        try:
            append(*arguments)
        finally:
            served.server.shutdown()
            served.stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "_append", lambda url, *rest: (once if "safetensors" in url else append)(url, *rest))
        with pytest.raises(MissingError, match=r"broke after 0 of 0 MiB of organisation/name") as caught:
            fetched()
    assert caught.value.hint.startswith("run the command again: it goes on from there, where the host can")
    (partial,) = hub_cache.rglob("*.incomplete")
    assert partial.read_bytes() == FILES["model.safetensors"][:100_000]


@pytest.mark.parametrize("path", ["model.safetensors", "config.json"])
@pytest.mark.parametrize("change", [lambda data: b"X" + data[1:], lambda data: data + b"X"])
def test_what_is_not_what_the_hub_says_is_not_used(served, fetched, hub_cache, path, change):
    served.lies[path] = change(FILES[path])
    with pytest.raises(DamagedError, match=rf"{path} of organisation/name came otherwise than 127\.0\.0\.1"):
        fetched()
    assert not list(hub_cache.rglob("*.incomplete"))
    assert hub.cached(hub.parse("organisation/name")) is None
    served.lies.clear()
    assert snapshot_of(fetched()) == FILES


@pytest.mark.parametrize(
    ("word", "status", "error", "message", "hint"),
    [
        (
            "RepoNotFound",
            401,
            MisuseError,
            "shows no model organisation/name",
            "check the name (there is no folder organisation/name); if it is private, set HF",
        ),
        ("RepoNotFound", 404, MisuseError, "shows no model organisation/name", "check the name"),
        (
            "GatedRepo",
            403,
            MissingError,
            "organisation/name is gated",
            "accept its terms at https://huggingface.co/org",
        ),
        ("", 403, MissingError, r"does not give you .* \(it answers 403\)", "set HF_TOKEN"),
        ("", 503, MissingError, "cannot fetch .*: it answers 503", "these need no hub: small, tiny"),
        ("", 429, MissingError, "cannot fetch .*: it answers 429", "these need no hub: small, tiny"),
    ],
)
def test_an_answer_that_is_no_model_says_what_to_do(served, fetched, word, status, error, message, hint):
    served.refuse = status, word
    with pytest.raises(LabError, match=message) as caught:
        fetched()
    assert type(caught.value) is error
    assert hint in caught.value.hint
    assert len(served.asked) == 1  # nothing is asked again and again


def test_a_gated_model_whose_files_are_refused_says_where_its_terms_are(served, fetched):
    served.refuse, served.refused = (401, "GatedRepo"), "/resolve/"
    with pytest.raises(MissingError, match="organisation/name is gated") as caught:
        fetched()
    assert caught.value.hint.startswith(
        "accept its terms at https://huggingface.co/organisation/name, then set HF_TOKEN"
    )


@pytest.mark.parametrize("says", [b"<html>Log in to this network</html>", b"[]", b'{"siblings": 3}'])
def test_what_is_no_hub_is_said_to_be_none(served, fetched, says):
    served.says = says
    with pytest.raises(MissingError, match=r"cannot fetch .*: it does not answer as the hub does"):
        fetched()


def test_the_hub_itself_is_logged_in_to(served, fetched, monkeypatch):
    monkeypatch.setattr(refusals, "is_the_hub", lambda: True)
    served.refuse = 403, "GatedRepo"
    with pytest.raises(MissingError) as caught:
        fetched()
    assert caught.value.hint.endswith("then log in with `hf auth login`, or set HF_TOKEN")


def test_a_revision_that_is_not_there_is_named(served, fetched):
    with pytest.raises(MisuseError, match="organisation/name has no revision 'v9'"):
        fetched("organisation/name@v9")


def test_a_hub_that_is_not_there_is_left_at_once(served, fetched):
    served.stop()
    with pytest.raises(
        MissingError, match=r"cannot fetch organisation/name from 127\.0\.0\.1:\d+: .*refused"
    ) as caught:
        fetched()
    for part in ("a folder or a .gguf file", "HF_ENDPOINT=https://", "need no hub: small, tiny"):
        assert part in caught.value.hint


def test_a_hub_that_does_not_answer_is_not_waited_for(use, fetched, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 0.2)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(MissingError, match=r"no answer within 0\.2 s|timed out"):
            fetched()


def test_a_name_whose_addresses_are_looked_up_for_ever_is_not_waited_for():
    with pytest.raises(TimeoutError, match=r"no answer within 0\.05 s"):
        fetch._within(0.05, lambda: time.sleep(5))


def test_a_disk_without_room_is_said_before_anything_is_read(served, fetched, monkeypatch):
    monkeypatch.setattr(fetch.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(1, 1, 1000))
    with pytest.raises(MissingError, match=r"MiB are to be fetched, and .* has 0 MiB free") as caught:
        fetched()
    assert "HF_HOME" in caught.value.hint
    assert served.gets() == []


def test_a_disk_that_is_full_is_no_matter_of_the_network(served, fetched, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device", "blob")

    monkeypatch.setattr(fetch, "_append", full)
    with pytest.raises(MissingError, match="cannot write the hub's cache: No space left on device blob"):
        fetched()


@pytest.mark.parametrize(
    "path", ["../../evil.json", "/evil.json", "a//b.json", "a\\b.json", "a/./b.json", "C:evil.json", "a\x1b[2J.json"]
)
def test_a_file_that_would_lie_elsewhere_is_left_out(served, fetched, tmp_path, path):
    served.files[path] = b"{}"
    assert snapshot_of(fetched()) == FILES
    assert not list(tmp_path.rglob("*evil*"))


def test_a_hub_whose_checksums_are_none_is_refused(served, fetched):
    served.entry = lambda path: {"size": 1, "oid": "../../../evil"}
    with pytest.raises(DamagedError, match="does not say how"):
        fetched()


def authorizations(server):
    return {one.headers.get("authorization") for one in server.asked}


@pytest.fixture
def logged_in(hub_cache, tmp_path):
    """What `hf auth login` has stored."""
    (tmp_path / "token").write_text("hf_stored")


def test_another_host_is_not_told_the_stored_token(served, fetched, logged_in):
    assert huggingface_hub.get_token() == "hf_stored"
    fetched()
    assert authorizations(served) == {None}


def test_another_host_is_told_the_token_that_is_set_beside_its_name(served, fetched, logged_in, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_given")
    served.token = "hf_given"
    fetched()
    assert authorizations(served) == {"Bearer hf_given"}


def test_the_hub_itself_is_told_the_stored_token(served, fetched, logged_in, monkeypatch):
    monkeypatch.setattr(hub, "HUB", served.url)
    fetched()
    assert authorizations(served) == {"Bearer hf_stored"}


def test_a_token_does_not_follow_to_where_the_files_are(served, fetched, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_given")
    with Hub(served.files) as store:
        served.elsewhere = store.url
        assert snapshot_of(fetched()) == FILES
    assert authorizations(served) == {"Bearer hf_given"}
    assert len(store.gets()) == len(READ)
    assert authorizations(store) == {None}
