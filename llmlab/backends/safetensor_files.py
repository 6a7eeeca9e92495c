"""The safetensors files of a transformers folder, and what their headers say, without a library and without weights.

Eight bytes say how long the JSON is (https://github.com/huggingface/safetensors#format); the library would map the
whole file to read them.
"""

import json
from pathlib import Path
from typing import Any

WEIGHTS, LISTED = "model.safetensors", "model.safetensors.index.json"
LONGEST = 100 * 2**20  # bytes of a header, by the format's own rule


def paths(folder: Path) -> list[Path]:
    """Those that transformers reads of a folder, which may hold others too."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    try:
        names = set(json.loads((folder / LISTED).read_text(encoding="utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError, TypeError):  # what is wrong, transformers says
        return []
    return [path for name in sorted(names) if (path := folder / str(name)).is_file()]


def tensors(path: Path) -> dict[str, Any]:
    """What a file says of each tensor, by its name; nothing of one that is damaged, as its reader will say."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        text = file.read(length) if length <= LONGEST else b""
    try:
        return {name: one for name, one in json.loads(text).items() if name != "__metadata__"}
    except (ValueError, AttributeError):
        return {}
