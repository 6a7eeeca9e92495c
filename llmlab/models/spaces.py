"""Named spaces: build one in the cache at first use, open it memory-mapped afterwards."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llmlab.backends.base import Encoder, Floats
from llmlab.config import Config, SpaceEntry
from llmlab.errors import MissingError, MisuseError
from llmlab.models import catalog, prepare
from llmlab.models.engines import open_causal_lm, open_encoder, workshop
from llmlab.models.sources import locate
from llmlab.progress import Reporter
from llmlab.store import artifacts
from llmlab.store import space as files

FORMAT = "1"  # raised when the way a space is built changes


def open_space(config: Config, reporter: Reporter, name: str = "", thorough: bool = False) -> files.SpaceFiles:
    """The space, built first when it is not in the cache or was made from something else."""
    name = name or config.space
    entry = catalog.space_entry(config, name)
    folder = config.cache_folder / "spaces" / name
    source = locate(config, entry.model)
    fingerprint = {
        **source.fingerprint,
        "model": entry.model,
        "vectors": entry.vectors,
        "vocabulary": entry.vocabulary,
        "format": FORMAT,
    }

    def build(unfinished: Path) -> dict[str, Any]:
        reporter.say(f"building the space {name} (once)")
        words, vectors, engine = _content(config, reporter, entry)
        files.write(unfinished, words, vectors)
        return {
            "name": name,
            "model": entry.model,
            "revision": source.revision,
            "engine": engine,
            "dtype": "float32",
            "vocabulary": entry.vocabulary,
            "words": len(words),
            "dimension": int(vectors.shape[1]),
        }

    made = artifacts.make(folder, fingerprint, build, reporter, thorough=thorough)
    return files.SpaceFiles(made.folder, dict(made.facts))


def encoder_of(config: Config, reporter: Reporter, space: files.SpaceFiles) -> Encoder | None:
    """The encoder that made a space's vectors; None for one that is a table."""
    entry = catalog.space_entry(config, space.facts["name"])
    return open_encoder(config, reporter, entry.model) if entry.vectors == "encoder" else None


def _content(config: Config, reporter: Reporter, entry: SpaceEntry) -> tuple[Sequence[str], Floats, str]:
    """Words in vocabulary order, their vectors [N, D], and the engine that made them."""
    if entry.vectors == "static":
        words, vectors = prepare.static_vectors(locate(config, entry.model))
        return words, np.asarray(vectors, np.float32), "static"
    if entry.vectors == "table":
        model = open_causal_lm(config, reporter, entry.model)
        words, rows = fold(model.vocabulary())
        table = prepare.read_embedding_table(workshop(config, reporter), locate(config, entry.model))
        return words, table[rows], "table"
    encoder = open_encoder(config, reporter, entry.model)
    words = vocabulary(entry.vocabulary)
    with reporter.progress(f"encoding {len(words):,} words") as progress:
        return words, encoder.encode(words, progress), encoder.info.engine


def vocabulary(spec: str) -> list[str]:
    """wordfreq:LANGUAGE:COUNT, the most frequent words of a language, most frequent first (Speer 2022)."""
    parts = spec.split(":")
    if len(parts) != 3 or parts[0] != "wordfreq" or not parts[2].isdigit():
        raise MisuseError(f"vocabulary {spec!r} is not wordfreq:LANGUAGE:COUNT", "for example wordfreq:en:50000")
    try:
        import wordfreq
    except ImportError:
        raise MissingError("word lists need wordfreq", "pip install wordfreq") from None
    try:
        return list(wordfreq.top_n_list(parts[1], int(parts[2])))
    except LookupError:
        known = ", ".join(sorted(wordfreq.available_languages()))
        raise MisuseError(f"wordfreq has no language {parts[1]!r}", f"one of: {known}") from None


def fold(pieces: Sequence[bytes | None]) -> tuple[list[str], list[int]]:
    """Tokens as words: the leading-space form and case variants of a word become one entry.

    The entry's vector is that of the form met most in running text: the lower-case one with a leading space,
    then the lower-case one, then the earliest token. Pieces of a UTF-8 character, control tokens and white
    space are left out. Entries stand in the order of their chosen token.
    """
    chosen: dict[str, tuple[int, int]] = {}  # word -> (preference, token)
    for token, piece in enumerate(pieces):
        text = _readable(piece)
        if text is None:
            continue
        bare = text.removeprefix(" ")
        word = unicodedata.normalize("NFC", bare).lower()
        preference = 0 if text == " " + word else 1 if text == word else 2
        if word not in chosen or preference < chosen[word][0]:
            chosen[word] = (preference, token)
    ordered = sorted(chosen.items(), key=lambda item: item[1][1])
    return [word for word, _ in ordered], [token for _, (_, token) in ordered]


def _readable(piece: bytes | None) -> str | None:
    try:
        text = (piece or b"").decode()
    except UnicodeDecodeError:
        return None
    word = text.removeprefix(" ")
    return text if word.strip() == word and word and word.isprintable() else None
