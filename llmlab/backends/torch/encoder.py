"""The reference engine for sentence encoders: any sentence-transformers folder, through torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from llmlab.arrays import Floats
from llmlab.backends.base import ModelInfo, check_room
from llmlab.backends.torch.causal import DTYPES, best_device, prepare_torch
from llmlab.backends.torch.tokens import brief
from llmlab.errors import DamagedError
from llmlab.progress import Progress, silent

BATCH_TEXTS = 64


class SentenceTransformerEncoder:
    """A sentence encoder in one sentence-transformers folder."""

    def __init__(
        self, folder: Path, name: str, revision: str = "", dtype: str = "float32", threads: int = 0, device: str = ""
    ) -> None:
        prepare_torch(dtype, threads)
        self._model = _load(folder, dtype, device or best_device()).eval()
        config = getattr(getattr(self._model[0], "auto_model", None), "config", None)
        tokenizer: Any = self._model.tokenizer
        self.info = ModelInfo(
            name=name,
            revision=revision,
            engine="torch",
            dtype=dtype,
            vocabulary=len(tokenizer),
            context=int(self._model.max_seq_length or 0),
            dimension=int(self._model.get_embedding_dimension() or 0),
            layers=getattr(config, "num_hidden_layers", 0),
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
        return vectors

    def token_vectors(self, text: str) -> tuple[tuple[str, ...], Floats]:
        self._check_lengths([text])
        output = self._model.encode(
            [text], output_value="token_embeddings", show_progress_bar=False, convert_to_numpy=False
        )
        tokenizer: Any = self._model.tokenizer
        ids = self._model.preprocess([text])["input_ids"][0]
        return tuple(tokenizer.convert_ids_to_tokens(ids.tolist())), _numpy(output[0])

    def _check_lengths(self, texts: Sequence[str]) -> None:
        """sentence-transformers would cut a long text and say nothing."""
        tokenizer: Any = self._model.tokenizer
        lengths = [len(ids) for ids in tokenizer(list(texts), truncation=False)["input_ids"]] if texts else []
        if self.info.context:
            check_room(self.info, max(lengths, default=0))


def _load(folder: Path, dtype: str, device: str) -> SentenceTransformer:
    try:
        return SentenceTransformer(
            str(folder),
            device=device,
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"dtype": DTYPES[dtype], "use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise DamagedError(
            f"sentence-transformers cannot read {folder}: {brief(error)}", "is the folder whole?"
        ) from error


def _numpy(tensor: torch.Tensor) -> Floats:
    return np.asarray(tensor.detach().float().cpu().numpy(), np.float32)
