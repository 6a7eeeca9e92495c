"""llama.cpp's memory: a GGUF file mapped as it is, and the key-value cells of the sequences that are decoded."""

import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llmlab import memory
from llmlab.arrays import Floats
from llmlab.backends import llama_library, shards
from llmlab.backends.base import ModelInfo
from llmlab.errors import DamagedError, LabError
from llmlab.language import later, tr, tr_many

lc = llama_library.load()
COUNTS = ("head_count_kv", "key_length", "value_length", "shared_kv_layers")
SMALLER = later("ask for fewer tokens, or give a smaller model")
LONGEST = 64  # bytes of such a value
CHUNK = 64  # tokens a decode, or as many as there are sequences; its logits take so many x V x 4 bytes


class Weights:
    """A GGUF file memory-mapped, for as long as a model or a context reads it."""

    def __init__(self, path: Path, *, vocabulary_only: bool = False) -> None:
        size = sum(part.stat().st_size for part in shards.paths(path) if part.is_file())
        memory.check(path.name, tr("give a smaller model"), mapped=size)
        params = lc.llama_model_default_params()
        params.n_gpu_layers = 0
        params.load_mode = lc.LLAMA_LOAD_MODE_MMAP
        params.vocab_only = vocabulary_only
        params.use_extra_bufts = False  # repacking the weights would copy them: slower from cold, no mmap
        self.handle = lc.llama_model_load_from_file(str(path).encode(), params)
        if not self.handle:
            hint = memory.hint(tr("give a whole GGUF language model"), tr("is it a whole GGUF language model?"))
            raise DamagedError(tr("llama.cpp cannot read {path}", path=path), hint)

    def said(self, key: str) -> str:
        """A value of the file's metadata; empty where there is none, or a list."""
        value = ctypes.create_string_buffer(LONGEST)
        found = lc.llama_model_meta_val_str(self.handle, key.encode(), value, LONGEST) >= 0
        return value.value.decode() if found else ""

    def __del__(self) -> None:
        if getattr(self, "handle", None):
            lc.llama_model_free(self.handle)


def cell_bytes(weights: Weights) -> int:
    """What the keys and values of one token take, of all layers, in float32; 0 where the file does not say it.

    As llama.cpp counts them (llama-hparams.cpp: n_embd_k_gqa, n_embd_v_gqa); of lists, a number a layer, it tells none.
    """
    architecture = weights.said("general.architecture")
    count = {name: weights.said(f"{architecture}.attention.{name}") for name in COUNTS}
    width = lc.llama_model_n_embd(weights.handle) // max(lc.llama_model_n_head(weights.handle), 1)
    lengths = int(count["key_length"] or width) + int(count["value_length"] or width)
    layers: int = lc.llama_model_n_layer(weights.handle) - int(count["shared_kv_layers"] or 0)
    return 4 * layers * int(count["head_count_kv"] or 0) * lengths


class Cells:
    """llama.cpp's context: the key-value cells of several sequences, and one batch to feed them."""

    def __init__(
        self, weights: "Weights", info: ModelInfo, cells: int, sequences: int, threads: int, watch: Any = None
    ) -> None:
        """`watch` is called back with every tensor that is computed (see llama_inside.py)."""
        params = lc.llama_context_default_params()
        self._weights = weights  # they are freed after the last context
        self.generation = 0  # how often the cells were cleared: a decoder's own are gone when it moves on
        self.cells = -(-cells // 256) * 256
        self.sequences = sequences
        what = tr("a context of {cells:,} tokens for {model}", cells=cells, model=info.name)
        memory.check(what, tr(SMALLER), written=self.cells * cell_bytes(weights))
        params.n_ctx, params.n_seq_max, params.kv_unified = self.cells, sequences, True
        self._chunk = max(CHUNK, sequences)  # fewer tokens than sequences abort the process
        params.n_batch = params.n_ubatch = self._chunk
        params.n_threads = params.n_threads_batch = threads
        params.type_k = params.type_v = 0  # GGML_TYPE_F32
        params.flash_attn_type = lc.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.swa_full = True  # a sliding window's evicted cells could not be shared by later samples
        params.no_perf = True
        if watch is not None:
            self._watch = watch  # it lives as long as it may be called
            params.cb_eval = ctypes.cast(watch, dict(params._fields_)["cb_eval"])
        self._handle = lc.llama_init_from_model(weights.handle, params)
        if not self._handle:
            raise LabError(
                tr_many(
                    "llama.cpp has no room for {count:,} token of {model}",
                    "llama.cpp has no room for {count:,} tokens of {model}",
                    cells,
                    model=info.name,
                ),
                memory.hint(tr(SMALLER)),
            )
        self._memory = lc.llama_get_memory(self._handle)
        self._batch = lc.llama_batch_init(self._chunk, 0, sequences)
        self._vocabulary = info.vocabulary

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            lc.llama_batch_free(self._batch)
            lc.llama_free(self._handle)

    def clear(self) -> None:
        self.generation += 1
        lc.llama_memory_clear(self._memory, False)

    def share(self, source: int, target: int) -> None:
        """Let `target` begin where `source` stands; the cells are shared, not copied."""
        lc.llama_memory_seq_cp(self._memory, source, target, -1, -1)

    def forget(self, sequence: int) -> None:
        """Free the cells that only this sequence holds."""
        lc.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def decode(self, entries: Sequence[tuple[int, int, list[int], bool]]) -> Iterator[Floats]:
        """Feed (token, position, sequences, wanted); yield a view [wanted in the chunk, V] a chunk."""
        for start in range(0, len(entries), self._chunk):
            chunk = entries[start : start + self._chunk]
            batch = self._batch
            batch.n_tokens = len(chunk)
            for i, (token, position, members, wanted) in enumerate(chunk):
                batch.token[i], batch.pos[i], batch.logits[i] = token, position, wanted
                batch.n_seq_id[i] = len(members)
                for place, sequence in enumerate(members):
                    batch.seq_id[i][place] = sequence
            if (code := lc.llama_decode(self._handle, batch)) != 0:
                raise LabError(tr("llama.cpp failed to decode (code {code})", code=code), tr("try --engine torch"))
            wanted_count = sum(entry[3] for entry in chunk)
            if wanted_count:
                pointer = lc.llama_get_logits(self._handle)
                yield np.ctypeslib.as_array(pointer, shape=(wanted_count, self._vocabulary))
