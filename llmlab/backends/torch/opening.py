"""How transformers opens a folder: the weights of a causal language model, where they run, and in which numbers."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

from llmlab import memory
from llmlab.backends.torch import layer_count, refusals
from llmlab.errors import DamagedError, MisuseError
from llmlab.language import later, tr

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
LAYER = re.compile(r"\.\d+(?=\.)")  # the number of a layer in a weight's name
OTHER_MODELS = later("see `llmlab models list`")


def load_causal(folder: Path, dtype: str) -> Any:
    layer_count.check(folder)
    auto: Any = AutoModelForCausalLM
    try:
        model, loading = auto.from_pretrained(
            folder,
            dtype=DTYPES[dtype],
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as error:  # what comes with a folder may fail in as many ways as a program
        if memory.lacking(error):
            raise
        if "Unrecognized configuration class" in str(error):
            kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
            raise MisuseError(
                tr("transformers has no causal language model of the type {kind}", kind=kind), tr(OTHER_MODELS)
            ) from None
        raise refusals.of_model(folder, error) from error
    if loading["missing_keys"]:  # transformers would fill them with random numbers and go on
        lacking = sorted(loading["missing_keys"])[0]
        raise DamagedError(
            tr("{folder} lacks the weights {weights} ...", folder=folder, weights=lacking),
            tr("give a whole language model, its head too"),
        )
    _refuse_further_layers(folder, {*model.state_dict()}, loading["unexpected_keys"])
    return model.eval()


def _refuse_further_layers(folder: Path, read: set[str], left: Iterable[str]) -> None:
    """Raise DamagedError for weights of a layer that config.json does not count: without it the rest says nothing."""
    layers = {LAYER.sub("", name) for name in read if LAYER.search(name)}
    more = sorted(name for name in left if LAYER.search(name) and (LAYER.sub("", name) in layers or not layers))
    if more:
        raise DamagedError(
            tr("{folder} holds {weights} ..., a layer more than its config.json says", folder=folder, weights=more[0]),
            tr("fetch config.json again"),
        )


def end_tokens(model: Any, tokenizer: Any) -> set[int]:
    ends = getattr(model.generation_config, "eos_token_id", None)
    listed = ends if isinstance(ends, list) else [ends]
    return {token for token in [*listed, tokenizer.eos_token_id] if token is not None}


def context_length(config: Any, tokenizer: Any) -> int:
    for field in ("max_position_embeddings", "max_seq_len", "seq_length"):
        if (getattr(config, field, None) or 0) > 0:  # XLNet writes -1 for no bound
            return int(getattr(config, field))
    return int(min(tokenizer.model_max_length, 2**31 - 1))  # ALiBi and recurrent models may have no bound


def best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def prepare_torch(dtype: str, threads: int) -> None:
    """Threads and silence; transformers' own bars and warnings would mix with the tables."""
    if dtype not in DTYPES:
        raise MisuseError(
            tr("the engine torch has no dtype {dtype}", dtype=dtype), tr("one of {known}", known=tr(", ").join(DTYPES))
        )
    if threads:
        torch.set_num_threads(threads)
    logging: Any = transformers.utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
