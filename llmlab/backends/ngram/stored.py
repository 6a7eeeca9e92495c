"""An n-gram model in a folder: arrays without pickles, and what a vocabulary is cut by."""

import json
import zipfile
from pathlib import Path

import numpy as np

from llmlab.backends.ngram.kneser_ney import Grams, KneserNey
from llmlab.backends.ngram.tokens import Vocabulary
from llmlab.errors import DamagedError, reason
from llmlab.language import tr

ARRAYS, FACTS = "ngram.npz", "ngram.json"


def save(folder: Path, vocabulary: Vocabulary, counts: KneserNey) -> None:
    """Write both; the folder is there."""
    content = np.frombuffer(b"".join(vocabulary.pieces), np.uint8)
    arrays = {"pieces": content, "lengths": np.array([len(piece) for piece in vocabulary.pieces])}
    for order, grams in enumerate(counts.grams, 1):
        arrays |= {f"keys_{order}": grams.keys, f"counts_{order}": grams.counts}
    with (folder / ARRAYS).open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    facts = {"by": vocabulary.by, "order": counts.order}
    (folder / FACTS).write_text(json.dumps(facts), encoding="utf-8")


def revision(vocabulary: Vocabulary, counts: KneserNey) -> str:
    """What tells two models apart: the beginning of the SHA-256 of all that is stored."""
    import hashlib  # here, for it takes long to load

    found = hashlib.sha256(f"{vocabulary.by} {counts.order} ".encode() + b"\0".join(vocabulary.pieces))
    for grams in counts.grams:
        for array in (grams.keys, grams.counts):
            found.update(np.ascontiguousarray(array, "<i8").tobytes())
    return found.hexdigest()[:12]


def load(folder: Path) -> tuple[Vocabulary, KneserNey]:
    """What `save` wrote. Raises DamagedError for anything else."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            content, ends = arrays["pieces"].tobytes(), np.cumsum(arrays["lengths"]).tolist()
            orders = range(1, int(facts["order"]) + 1)
            grams = [Grams(arrays[f"keys_{order}"], arrays[f"counts_{order}"]) for order in orders]
        pieces = tuple(content[start:end] for start, end in zip([0, *ends], ends, strict=False))
        return Vocabulary(facts["by"], pieces), KneserNey.of(len(pieces), grams)
    except (FileNotFoundError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DamagedError(
            tr("{folder} holds no whole n-gram model", folder=folder), tr("train it again with --replace")
        ) from error
    except OSError as error:
        raise DamagedError(tr("cannot read {path}: {reason}", path=folder, reason=reason(error))) from error
