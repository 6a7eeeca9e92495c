"""A server on this machine that speaks as much of the hub's API as its client asks for a model.

It answers as https://huggingface.co/docs/hub/api says: a revision's files with size and checksum, their tree, and each
file by ranges. What was asked is kept, and it can be told to cut, to be slow, to lie, to redirect, or to refuse.
"""

import hashlib
import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

LARGE = (".safetensors", ".gguf", ".bin")  # what the hub keeps in LFS


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]


@dataclass
class Hub:
    """One repository, organisation/name, whose branch main and tag v1 are one commit."""

    files: dict[str, bytes]
    commit: str = "c" * 40
    refuse: tuple[int, str] = (0, "")  # a status, and the hub's word for why
    refused: str = ""  # all, or only what holds this in its path
    says: bytes = b""  # instead of what it knows of a model
    token: str = ""  # who does not show it is refused
    cut: int = 0  # bytes after which a connection is cut, for the next that is asked for more
    cuts: int = 0  # how many connections more are cut
    pause_s: float = 0.0  # before each piece of a file
    lies: dict[str, bytes] = field(default_factory=dict)  # what is sent instead of a file
    elsewhere: str = ""  # where files are, when not here
    ranges: bool = True
    asked: list[Request] = field(default_factory=list)

    def __enter__(self) -> "Hub":
        hub = self

        class Handler(HubHandler):
            served = hub

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def gets(self, path: str = "") -> list[Request]:
        """What was read of files whose path ends so."""
        return [
            one for one in self.asked if one.method == "GET" and "/resolve/" in one.path and one.path.endswith(path)
        ]

    def entry(self, path: str) -> dict:
        """What is said of a file, as in the answer for a model."""
        content = self.files[path]
        sha256 = hashlib.sha256(content).hexdigest()
        lfs = {"sha256": sha256, "oid": sha256, "size": len(content), "pointerSize": 134}
        return {"size": len(content), "oid": self.oid(path)} | ({"lfs": lfs} if path.endswith(LARGE) else {})

    def oid(self, path: str) -> str:
        """Git's name of what git keeps: of a large file that is a pointer to it."""
        content = self.files[path]
        if path.endswith(LARGE):
            sha256 = hashlib.sha256(content).hexdigest()
            content = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {len(content)}\n".encode()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class HubHandler(BaseHTTPRequestHandler):
    served: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        hub, path = self.served, unquote(urlsplit(self.path).path)
        hub.asked.append(Request(self.command, path, {key.lower(): value for key, value in self.headers.items()}))
        status, word = hub.refuse if hub.refused in path else (0, "")
        if hub.token and self.headers.get("authorization") != f"Bearer {hub.token}":
            status, word = 401, "RepoNotFound"
        if status:
            return self.answer(status, b"{}", {"X-Error-Code": word})
        known = ("main", "v1", hub.commit)
        _, *parts = path.split("/")
        if parts[:4] == ["api", "models", "organisation", "name"]:
            if parts[4:] and (parts[4] not in ("revision", "tree") or parts[5] not in known):
                return self.answer(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
            return self.say(hub, parts[4] if parts[4:] else "")
        if parts[:3] == ["organisation", "name", "resolve"] and parts[3] in known and "/".join(parts[4:]) in hub.files:
            return self.send(hub, "/".join(parts[4:]))
        return self.answer(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    do_HEAD = do_GET  # noqa: N815

    def say(self, hub: Hub, what: str) -> None:
        if what == "tree":
            listed = [{"type": "file", "path": path} | hub.entry(path) for path in hub.files]
            return self.answer(200, json.dumps(listed).encode())
        if hub.says:
            return self.answer(200, hub.says)
        siblings = [{"rfilename": path, "blobId": hub.entry(path)["oid"]} | hub.entry(path) for path in hub.files]
        return self.answer(
            200, json.dumps({"id": "organisation/name", "sha": hub.commit, "siblings": siblings}).encode()
        )

    def send(self, hub: Hub, path: str) -> None:
        """A file, or the rest of it, or where it is."""
        content, facts = hub.lies.get(path, hub.files[path]), hub.entry(path)
        tag = facts["lfs"]["sha256"] if "lfs" in facts else facts["oid"]
        headers = {"X-Repo-Commit": hub.commit, "ETag": f'"{tag}"'}
        if hub.elsewhere:
            more = {"X-Linked-Etag": f'"{tag}"', "X-Linked-Size": str(len(content))}
            return self.answer(302, b"", {**headers, **more, "Location": hub.elsewhere + self.path})
        asked = self.headers.get("range", "") if hub.ranges else ""
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        if asked:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return self.answer(206 if asked else 200, content[start:], headers)

    def answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        hub = self.served
        self.send_response(status)
        for key, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = hub.cut and hub.cuts and len(content) > hub.cut
        if cut:
            hub.cuts -= 1
            content, self.close_connection = content[: hub.cut], True
        for start in range(0, len(content), 2**16):
            time.sleep(hub.pause_s)
            self.wfile.write(content[start : start + 2**16])

    def log_message(self, *_: object) -> None:
        pass


def snapshot_of(folder: Path) -> dict[str, bytes]:
    """What a folder holds, by its paths."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
