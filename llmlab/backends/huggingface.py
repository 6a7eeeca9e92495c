"""The reference engine: causal language models that transformers loads from a local folder, through torch.

Whatever another engine says is compared with this one. It does not sample (see sampling.py), fetch, convert, or
run code that came with the weights; tokenizers are in huggingface_tokens.py, sentence encoders in
huggingface_encoder.py.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import AutoModelForCausalLM

from llmlab.backends import huggingface_forest
from llmlab.backends.base import Floats, ModelInfo, ScoreRequest, Tokens, TokenStats, check_room
from llmlab.backends.forest import Forest, Ids, Ledger, groups, grow
from llmlab.backends.huggingface_tokens import TokenPieces, brief
from llmlab.backends.sampling import log_softmax, token_stats, unknown_first
from llmlab.errors import DamagedError, MisuseError
from llmlab.progress import Progress, silent

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
LOGIT_BYTES = 256 * 2**20  # logits kept at a time, as float32
BATCH_TOKENS = 4096  # tokens a forward pass, padding included
BATCH_TEXTS = 64
BATCH_NODES = 512  # tokens of a forest; its mask grows with the square
SHARING = 0.8  # a forest is worth its mask when it has at most this part of its texts' tokens


class HuggingFaceLM:
    """A causal language model in one transformers folder."""

    def __init__(
        self, folder: Path, name: str, revision: str = "", dtype: str = "float32", threads: int = 0, device: str = ""
    ) -> None:
        prepare_torch(dtype, threads)
        self._device = device or best_device()
        self._model = _load_model(folder, dtype).to(self._device)
        self._pieces = TokenPieces(folder)
        self._bos = self._pieces.bos
        config = self._model.config.get_text_config()
        self._ends = _end_tokens(self._model, self._pieces.tokenizer)
        self._positions = max(LOGIT_BYTES // (4 * config.vocab_size), 1)
        self.info = ModelInfo(
            name=name,
            revision=revision,
            engine="torch",
            dtype=dtype,
            vocabulary=config.vocab_size,
            context=_context_length(config, self._pieces.tokenizer),
            dimension=self._model.get_input_embeddings().weight.shape[1],
            layers=config.num_hidden_layers,
            bos=self._pieces.of(self._bos[0]).decode(errors="replace") if self._bos else None,
        )

    def encode(self, text: str, *, allow_special: bool = False) -> Tokens:
        return self._pieces.encode(text, allow_special)

    def vocabulary(self) -> list[bytes | None]:
        return [self._pieces.word(token) for token in range(self.info.vocabulary)]

    def piece(self, token: int) -> bytes:
        return self._pieces.of(token)

    def is_end(self, token: int) -> bool:
        return token in self._ends

    def score(self, batch: Sequence[ScoreRequest], progress: Progress = silent) -> list[TokenStats]:
        results: dict[int, TokenStats] = {}
        rows = [self._bos + request.tokens.ids[:-1] for request in batch]
        firsts = [max(request.start + len(self._bos) - 1, 0) for request in batch]
        for request in batch:
            check_room(self.info, len(self._bos) + len(request.tokens))
        for group in self._forests(rows, firsts):
            forest = grow([rows[i] for i in group])
            ledger = Ledger(forest, [batch[i] for i in group], self._bos)
            for node, row in zip(ledger.wanted, self._forest_logits(forest, ledger.wanted), strict=True):
                ledger.take(node, row)
            results |= dict(zip(group, ledger.results(), strict=True))
            progress(len(results), len(batch))
        rest = [index for index in range(len(batch)) if index not in results]
        for places in self._groups([len(rows[i]) for i in rest], [firsts[i] for i in rest]):
            group = [rest[place] for place in places]
            group_stats = self._score_group(batch, rows, firsts, group)
            for index, stats in zip(group, group_stats, strict=True):
                has_first = not self._bos and batch[index].start == 0 and len(batch[index].tokens) > 0
                results[index] = unknown_first(stats) if has_first else stats
            progress(len(results), len(batch))
        return [results[index] for index in range(len(batch))]

    def next(self, contexts: Sequence[Tokens]) -> Floats:
        nexts = np.empty((len(contexts), self.info.vocabulary), np.float32)
        rows = [self._context_ids(context) for context in contexts]
        for row in rows:
            check_room(self.info, len(row))
        lengths = [len(row) for row in rows]
        for group in self._groups(lengths, [length - 1 for length in lengths]):
            first = lengths[group[0]] - 1
            logits = next(self._forward([rows[i] for i in group], first))  # [B, <= chunk, V]
            for index, text_logits in zip(group, logits, strict=True):
                nexts[index] = log_softmax(text_logits[lengths[index] - 1 - first])
        return nexts

    def decoder(self, context: Tokens, n: int, max_tokens: int) -> "TorchDecoder":
        ids = self._context_ids(context)
        check_room(self.info, len(ids) + max_tokens)
        return TorchDecoder(self._model, self._device, ids, n)

    def embedding_table(self) -> Floats:
        weight = self._model.get_input_embeddings().weight.detach()
        return np.asarray(weight.float().cpu().numpy(), np.float32)

    def _score_group(
        self,
        batch: Sequence[ScoreRequest],
        rows: Sequence[tuple[int, ...]],
        firsts: Sequence[int],
        group: Sequence[int],
    ) -> list[TokenStats]:
        """Statistics of the texts that share one forward pass, in the order of `group`."""
        parts: list[list[TokenStats]] = [[] for _ in group]
        at = min(firsts[i] for i in group)  # the position of the first logits in the chunk
        for logits in self._forward([rows[i] for i in group], at):
            for part, text_logits, i in zip(parts, logits, group, strict=True):
                begin, end = max(firsts[i], at), min(len(rows[i]), at + logits.shape[1])
                targets = np.array((self._bos + batch[i].tokens.ids)[begin + 1 : end + 1], np.int64)
                if begin < end or not part:
                    part.append(token_stats(text_logits[begin - at :], targets, batch[i].detail, batch[i].top))
            at += logits.shape[1]
        return [_concatenate(part) for part in parts]

    def _forests(self, rows: Sequence[Ids], firsts: Sequence[int]) -> Iterator[list[int]]:
        """Groups of texts that begin alike to such a part that a forest saves work; the rest is padded instead."""
        deepest = self._forest_depth if len(rows) > 1 else 0
        able = [i for i, row in enumerate(rows) if firsts[i] < len(row) <= deepest]
        for places in groups([rows[i] for i in able], BATCH_TEXTS, min(self._positions, BATCH_NODES)):
            group = [able[place] for place in places]
            total = sum(len(rows[i]) for i in group)
            if len(grow([rows[i] for i in group])) <= SHARING * total:
                yield group

    @cached_property
    def _forest_depth(self) -> int:
        """The longest text that may stand in a forest; 0 for a model that cannot be given one."""
        able = huggingface_forest.sees_forests(self._model, self._device)
        return huggingface_forest.deepest(self._model) if able else 0

    def _forest_logits(self, forest: Forest, wanted: Sequence[int]) -> Floats:
        return huggingface_forest.logits(self._model, self._device, forest, wanted)

    def _groups(self, lengths: Sequence[int], firsts: Sequence[int]) -> Iterator[list[int]]:
        """Indices of texts run together: of similar length, several only if their logits fit in one chunk."""
        group: list[int] = []
        earliest = 0
        for index in sorted(range(len(lengths)), key=lambda i: lengths[i]):
            longest, count = lengths[index], len(group) + 1
            kept = count * (longest - min(earliest, firsts[index]))
            full = kept > self._positions or count * longest > BATCH_TOKENS or count > BATCH_TEXTS
            if group and full:
                yield group
                group = []
            earliest = min(earliest, firsts[index]) if group else firsts[index]
            group.append(index)
        if group:
            yield group

    def _forward(self, rows: Sequence[tuple[int, ...]], first: int) -> Iterator[Floats]:
        """Logits from position `first` on, [B, chunk, V]; a long text comes in several chunks."""
        longest = max(len(row) for row in rows)
        if first >= longest:  # nothing is asked: no token, or none but the first of a model without BOS
            yield np.empty((len(rows), 0, self.info.vocabulary), np.float32)
            return
        ids = torch.zeros((len(rows), longest), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(row)], mask[i, : len(row)] = torch.tensor(row), 1
        ids, mask = ids.to(self._device), mask.to(self._device)
        size = max(self._positions // len(rows), 1)
        begin, cache = 0, None
        for end in [*range(first + size, longest, size), longest]:
            output = _run(
                self._model,
                input_ids=ids[:, begin:end],
                attention_mask=mask[:, :end],
                past_key_values=cache,
                use_cache=cache is not None or end < longest,
                logits_to_keep=end - max(begin, first),
            )
            yield _logits(output, end - max(begin, first))
            begin, cache = end, output.past_key_values

    def _context_ids(self, context: Tokens) -> tuple[int, ...]:
        ids = self._bos + context.ids
        if not ids:
            raise MisuseError("nothing to continue: the prompt is empty and the model has no BOS", "give a prompt")
        return ids


class TorchDecoder:
    """Continuations of one context: its keys and values are computed once, then copied to each row."""

    def __init__(self, model: Any, device: str, ids: tuple[int, ...], n: int) -> None:
        self._model, self._device = model, device
        output = _run(model, input_ids=torch.tensor([ids], device=device), use_cache=True, logits_to_keep=1)
        self.first: Floats = _logits(output, 1)[0, 0]
        self._cache = output.past_key_values
        self._places = dict.fromkeys(range(n), 0)  # row -> its place in the cache
        self._held = 1  # rows in the cache

    def step(self, rows: Sequence[int], ids: Sequence[int]) -> Floats:
        places = [self._places[row] for row in rows]
        if places != list(range(self._held)):
            self._cache.reorder_cache(torch.tensor(places, device=self._device))
        self._places, self._held = {row: place for place, row in enumerate(rows)}, len(rows)
        output = _run(
            self._model,
            input_ids=torch.tensor(ids, device=self._device)[:, None],
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        self._cache = output.past_key_values
        return _logits(output, 1)[:, 0]


def _load_model(folder: Path, dtype: str) -> Any:
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
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        hint = "is it a whole language model with safetensors weights?"
        raise DamagedError(f"transformers cannot read {folder}: {brief(error)}", hint) from error
    if loading["missing_keys"]:  # transformers would fill them with random numbers and go on
        raise DamagedError(f"{folder} lacks the weights {sorted(loading['missing_keys'])[0]} ...", "fetch it again")
    return model.eval()


def _run(model: Any, **inputs: Any) -> Any:
    with torch.inference_mode():
        return model(**inputs)


def _logits(output: Any, kept: int) -> Floats:
    """The last `kept` positions, [B, kept, V]; a few models do not know logits_to_keep and return all."""
    return np.asarray(output.logits[:, -kept:].float().cpu().numpy(), np.float32)


def _concatenate(parts: Sequence[TokenStats]) -> TokenStats:
    if len(parts) == 1:
        return parts[0]
    return TokenStats(*(np.concatenate(column) for column in zip(*(vars(p).values() for p in parts), strict=True)))


def _end_tokens(model: Any, tokenizer: Any) -> set[int]:
    ends = getattr(model.generation_config, "eos_token_id", None)
    listed = ends if isinstance(ends, list) else [ends]
    return {token for token in [*listed, tokenizer.eos_token_id] if token is not None}


def _context_length(config: Any, tokenizer: Any) -> int:
    for field in ("max_position_embeddings", "max_seq_len", "seq_length"):
        if getattr(config, field, None):
            return int(getattr(config, field))
    return int(min(tokenizer.model_max_length, 2**31 - 1))  # ALiBi and recurrent models may have no bound


def best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def prepare_torch(dtype: str, threads: int) -> None:
    """Threads and silence; transformers' own bars and warnings would mix with the tables."""
    if dtype not in DTYPES:
        raise MisuseError(f"the engine torch has no dtype {dtype}", f"one of {', '.join(DTYPES)}")
    if threads:
        torch.set_num_threads(threads)
    logging: Any = transformers.utils.logging
    logging.set_verbosity_error()
    logging.disable_progress_bar()
