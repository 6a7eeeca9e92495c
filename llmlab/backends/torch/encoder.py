"""The reference engine for sentence encoders: whatever sentence-transformers loads from a folder, through torch.

A folder that states no modules of its own is read as sentence-transformers reads it, which `notes` say.
"""

import logging
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase

from llmlab.arrays import Floats
from llmlab.backends.base import POOLED, PROMPTED, UNKNOWN, UNPOOLED, ModelInfo, check_room
from llmlab.backends.finite import VECTORS, check_finite
from llmlab.backends.known import known_ids
from llmlab.backends.torch import layer_count, refusals
from llmlab.backends.torch.opening import DTYPES, best_device, prepare_torch
from llmlab.errors import DamagedError, UnsupportedError
from llmlab.language import tr
from llmlab.progress import Progress, silent

BATCH_TEXTS = 64
READ_FORWARD = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}
LIBRARIES = ("sentence_transformers", "transformers")


class SentenceTransformerEncoder:
    """A sentence encoder in one folder."""

    def __init__(
        self, folder: Path, name: str, revision: str = "", dtype: str = "float32", threads: int = 0, device: str = ""
    ) -> None:
        prepare_torch(dtype, threads)
        self._model, dimension, warnings = _load(folder, dtype, device or best_device())
        self._tokenizer: Any = getattr(self._model[0], "tokenizer", None)
        self._prompt = self._model.prompts.get(self._model.default_prompt_name or "", "")
        self.notes = (*_notes(folder, self._model), *warnings)  # what a user should know of how it was read
        self.info = ModelInfo(
            name=name,
            revision=revision,
            engine="torch",
            library=f"torch {torch.__version__}",
            dtype=dtype,
            vocabulary=len(self._vocabulary()),
            context=_longest(self._model),
            dimension=dimension,
            layers=getattr(self._model.config, "num_hidden_layers", 0),
            bos=None,
        )

    def encode(self, texts: Sequence[str], progress: Progress = silent) -> Floats:
        self._check_lengths(texts)
        vectors = np.empty((len(texts), self.info.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))  # similar lengths together: little padding
        for start in range(0, len(order), BATCH_TEXTS):
            rows = order[start : start + BATCH_TEXTS]
            batch = [texts[row] for row in rows]
            output = self._model.encode(batch, batch_size=BATCH_TEXTS, show_progress_bar=False, convert_to_tensor=True)
            vectors[rows] = _numpy(output)
            progress(start + len(rows), len(texts))
        check_finite(vectors[~np.isneginf(vectors)], VECTORS)  # the largest of no known token is -inf
        return vectors

    def token_vectors(self, text: str) -> tuple[tuple[str, ...], Floats]:
        self._check_lengths([text])
        if not isinstance(self._tokenizer, PreTrainedTokenizerBase):
            raise UnsupportedError(
                tr(
                    "the engine torch cannot show the tokens of {model}: no transformer reads them",
                    model=self.info.name,
                ),
                "auto",
            )
        output = self._model.encode(
            [text], output_value="token_embeddings", show_progress_bar=False, convert_to_numpy=False
        )
        ids = self._model.preprocess([text], prompt=self._prompt)["input_ids"][0]
        return tuple(self._tokenizer.convert_ids_to_tokens(ids.tolist())), _numpy(output[0])

    def token_ids(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """Tokenizers of whole words leave out those that they do not know."""
        tokenizer = self._tokenizer
        if isinstance(tokenizer, Tokenizer):
            return known_ids(tokenizer, texts)
        if not isinstance(tokenizer, PreTrainedTokenizerBase):
            return [tuple(tokenizer.tokenize(text)) for text in texts]
        found = tokenizer(list(texts), add_special_tokens=False, truncation=False)["input_ids"] if texts else []
        return [tuple(UNKNOWN if one == tokenizer.unk_token_id else one for one in ids) for ids in found]

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, those of the prompt and the model's own marks among them."""
        texts = [self._prompt + text for text in texts]
        if isinstance(self._tokenizer, PreTrainedTokenizerBase):
            return [len(ids) for ids in self._tokenizer(texts, truncation=False)["input_ids"]] if texts else []
        return [len(self._tokenizer.tokenize(text)) for text in texts]

    def plan(self) -> dict[str, Any] | None:
        """What CTranslate2 has to do after BERT's own layers; None where these modules ask for more than it does."""
        kinds = tuple(type(module) for module in self._model)
        if kinds not in ((Transformer, Pooling), (Transformer, Pooling, Normalize)):
            return None
        reader: Any = self._model[0]
        pooling = str(self._model[1].pooling_mode)
        plain = reader.modality_config == READ_FORWARD and not reader.processing_kwargs and self._tokenizer.is_fast
        whole = self._model.truncate_dim is None and not self._prompt
        like_bert = reader.config.model_type in ("bert", "distilbert", "roberta", "xlm-roberta", "camembert")
        if not (plain and whole and like_bert and pooling in ("mean", "cls", "max") and self.info.context):
            return None
        return {
            "pooling": pooling,
            "normalize": len(kinds) == 3,
            "max_tokens": self.info.context,
            "dimension": self.info.dimension,
            "layers": self.info.layers,
            "notes": list(self.notes),
        }

    def save_tokenizer(self, path: Path) -> None:
        """Write tokenizer.json as the modules set it up: one of them may lower every text."""
        self._tokenizer.backend_tokenizer.save(str(path))

    def _vocabulary(self) -> Any:
        tokenizer = self._tokenizer
        return tokenizer.get_vocab() if hasattr(tokenizer, "get_vocab") else ()

    def _check_lengths(self, texts: Sequence[str]) -> None:
        """sentence-transformers would cut a long text and say nothing."""
        if self.info.context:
            check_room(self.info, max(self.lengths(texts), default=0))


def _load(folder: Path, dtype: str, device: str) -> tuple[SentenceTransformer, int, list[str]]:
    """The model, how long its vectors are, and what sentence-transformers warns of.

    Raises DamagedError for a folder that is not whole, or whose parts do not go together.
    """
    for part in sorted({folder, *(path.parent for path in folder.glob("*/config.json"))}):
        layer_count.check(part)
    with _heard() as heard:
        try:
            model = SentenceTransformer(
                str(folder),
                device=device,
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"dtype": DTYPES[dtype], "use_safetensors": True},
            ).eval()
            dimension = model.encode(["a"], show_progress_bar=False).shape[1]  # not every module knows its own
        except Exception as error:  # the modules of a folder may fail in as many ways as programs
            raise refusals.of_encoder(folder, error) from error
    if isinstance(words := getattr(model[0], "tokenizer", None), PreTrainedTokenizerBase):
        refusals.check_words(folder, words)
    lacking = re.findall(r"^(\S+) +\| MISSING", "\n".join(heard["transformers"]), re.MULTILINE)
    if used := [name for name in lacking if not (name.startswith("pooler.") and Pooling in map(type, model))]:
        raise DamagedError(
            tr("{folder} lacks the weights {weights} ...", folder=folder, weights=used[0]), tr("fetch it again")
        )
    return model, dimension, [one for one in heard["sentence_transformers"] if not one.startswith("Default prompt")]


@contextmanager
def _heard() -> Iterator[dict[str, list[str]]]:
    """What the libraries warn of, by library, instead of their writing it to stderr.

    transformers tells only there which weights it filled with random numbers.
    """
    heard: dict[str, list[str]] = {name: [] for name in LIBRARIES}
    loggers = [logging.getLogger(name) for name in LIBRARIES]
    before = [(logger.handlers, logger.propagate) for logger in loggers]
    for logger in loggers:
        handler = logging.Handler()
        handler.emit = lambda record, into=heard[logger.name]: into.append(record.getMessage())  # type: ignore[method-assign, misc]
        logger.handlers, logger.propagate = [handler], False
    own: Any = transformers.utils.logging
    own.set_verbosity_warning()
    try:
        yield heard
    finally:
        own.set_verbosity_error()
        for logger, (handlers, propagate) in zip(loggers, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate


def _notes(folder: Path, model: Any) -> Iterator[str]:
    if not (folder / "modules.json").is_file():
        kind = type(model.transformers_model).__name__
        pooling = model[1].pooling_mode if len(model) > 1 else ""
        yield (POOLED if pooling else UNPOOLED).format(folder=folder.name, kind=kind, pooling=pooling)
    if prompt := model.prompts.get(model.default_prompt_name or "", ""):
        yield PROMPTED.format(folder=folder.name, name=model.default_prompt_name, prompt=prompt)


def _longest(model: Any) -> int:
    """Tokens that the model reads at once; 0 for one without a bound."""
    limit = model.max_seq_length or math.inf
    embeddings = getattr(model.transformers_model, "embeddings", None)
    places: Any = getattr(embeddings, "position_embeddings", None)
    if getattr(places, "padding_idx", None) is not None:  # RoBERTa counts places from behind that of padding
        limit = min(limit, places.num_embeddings - places.padding_idx - 1)
    return int(limit) if math.isfinite(limit) else 0


def _numpy(tensor: torch.Tensor) -> Floats:
    return np.asarray(tensor.detach().float().cpu().numpy(), np.float32)
