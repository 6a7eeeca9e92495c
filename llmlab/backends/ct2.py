"""BERT-like sentence encoders through CTranslate2: the same vectors as sentence-transformers, without torch.

The folder holds CTranslate2's own weights, tokenizer.json, and encoder.json: the pooling and normalisation
that the model's modules ask for. Conversion is models/prepare.py's work.
"""

import contextlib
import ctypes
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from tokenizers import Tokenizer

from llmlab import memory
from llmlab.arrays import Floats
from llmlab.backends.base import ModelInfo, check_room
from llmlab.backends.finite import VECTORS, check_finite
from llmlab.backends.known import known_ids
from llmlab.errors import UnsupportedError
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.threads import workers

PLAN, WEIGHTS = "encoder.json", "model.bin"
BATCH_TOKENS = 2048
KEPT_BYTES, GLIBC_BYTES = 2**30, 2**17  # and glibc's own
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h
AVX512 = {"avx512f", "avx512cd", "avx512vl", "avx512bw", "avx512dq"}


class CTranslate2Encoder:
    """A converted sentence encoder."""

    def __init__(self, folder: Path, name: str, revision: str = "", dtype: str = "float32", threads: int = 0) -> None:
        plan = json.loads((folder / PLAN).read_text(encoding="utf-8"))
        _allow_avx512()
        memory.check(name, tr("give a smaller model"), written=_held(folder / WEIGHTS, dtype))
        try:
            # A worker a core, each with batches of its own: faster than a batch that all cores share.
            self._workers = workers(threads)
            self._model = ctranslate2.Encoder(
                str(folder), compute_type=dtype, inter_threads=self._workers, intra_threads=1
            )
        except ValueError as error:  # for example bfloat16 on a processor without it
            raise UnsupportedError(
                tr("the engine ctranslate2 cannot compute in {dtype} on this machine", dtype=dtype)
            ) from error
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._pooling, self._normalize = plan["pooling"], plan["normalize"]
        self.notes: tuple[str, ...] = tuple(plan["notes"])
        self.info = ModelInfo(
            name=name,
            revision=revision,
            engine="ctranslate2",
            library=f"ctranslate2 {ctranslate2.__version__}",
            dtype=dtype,
            vocabulary=self._tokenizer.get_vocab_size(),
            context=plan["max_tokens"],
            dimension=plan["dimension"],
            layers=plan["layers"],
            bos=None,
        )

    def encode(self, texts: Sequence[str], progress: Progress = silent) -> Floats:
        vectors = np.empty((len(texts), self.info.dimension), np.float32)
        encodings = self._tokenizer.encode_batch(list(texts))
        check_room(self.info, max((len(encoding.ids) for encoding in encodings), default=0))

        def run(rows: list[int]) -> int:
            vectors[rows] = self._pool(*self._hidden([encodings[row].ids for row in rows]))
            return len(rows)

        batches = _batches([len(encoding.ids) for encoding in encodings])
        done = 0
        for count in self._map(run, batches[::-1]):  # the long ones first: no core waits for one at the end
            done += count
            progress(done, len(texts))
        return vectors

    def _map(self, run: Callable[[list[int]], int], batches: list[list[int]]) -> Iterator[int]:
        """Run the batches, as many at a time as there are workers."""
        if len(batches) < 2:
            yield from map(run, batches)
            return
        from concurrent.futures import ThreadPoolExecutor

        with _kept_memory(), ThreadPoolExecutor(self._workers) as pool:
            yield from pool.map(run, batches)

    def token_vectors(self, text: str) -> tuple[tuple[str, ...], Floats]:
        encoding = self._tokenizer.encode(text)
        check_room(self.info, len(encoding.ids))
        hidden, _ = self._hidden([encoding.ids])
        return tuple(encoding.tokens), hidden[0]

    def token_ids(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        return known_ids(self._tokenizer, texts)

    def _hidden(self, ids: list[list[int]]) -> tuple[Floats, Floats]:
        """Output vectors [B, T, D], right padded, and lengths [B]."""
        output = self._model.forward_batch(ids)
        return np.array(output.last_hidden_state), np.array([len(row) for row in ids], np.float32)

    def _pool(self, hidden: Floats, lengths: Floats) -> Floats:
        inside = (np.arange(hidden.shape[1]) < lengths[:, None])[..., None]  # [B, T, 1]
        if self._pooling == "cls":
            pooled = hidden[:, 0]
        elif self._pooling == "max":
            pooled = np.where(inside, hidden, -np.inf).max(axis=1)
        else:  # mean
            pooled = np.where(inside, hidden, 0).sum(axis=1) / lengths[:, None]
        if self._normalize:
            pooled = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        check_finite(pooled, VECTORS)
        return np.asarray(pooled, np.float32)


def _held(weights: Path, dtype: str) -> float:
    """Bytes that CTranslate2 keeps of its file of float32 weights."""
    return weights.stat().st_size * (1 if dtype == "float32" else 0.5)


def _allow_avx512() -> None:
    """CTranslate2 takes AVX512 only when its environment variable asks for it (docs/environment_variables.md)."""
    cpu = Path("/proc/cpuinfo")
    flags = (
        next((line for line in cpu.read_text().splitlines() if line.startswith("flags")), "") if cpu.exists() else ""
    )
    if set(flags.split()) >= AVX512:
        os.environ.setdefault("CT2_FORCE_CPU_ISA", "AVX512")


@contextlib.contextmanager
def _kept_memory() -> Iterator[None]:
    """Let glibc keep the buffers of a batch for the next: to map them anew costs a twentieth of the time.

    Afterwards all is given back: kept for good, it would stay with the process under whatever comes next.
    """
    try:
        library = ctypes.CDLL(None)
        mallopt, trim = library.mallopt, library.malloc_trim
    except (OSError, AttributeError):  # another system's C library
        yield
        return
    for option in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
        mallopt(option, KEPT_BYTES)
    try:
        yield
    finally:
        for option in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            mallopt(option, GLIBC_BYTES)
        trim(0)


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Rows grouped by length, so that padding costs little, of up to BATCH_TOKENS tokens each."""
    batches: list[list[int]] = []
    for row in np.argsort(lengths, kind="stable").tolist():
        if batches and (len(batches[-1]) + 1) * lengths[row] <= BATCH_TOKENS:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def convert(source: Path, target: Path) -> None:
    """Write CTranslate2's own weights of a transformers encoder, float32. Needs transformers and torch."""
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):  # type: ignore[misc]  # ctranslate2 has no types
        def load_model(self, *arguments: Any, **options: Any) -> Any:
            model = super().load_model(*arguments, **options)
            if not hasattr(model.config, "position_embedding_type"):  # transformers 5 knows no other and drops it
                model.config.position_embedding_type = "absolute"
            return model

    Converter(str(source)).convert(str(target), force=True)
