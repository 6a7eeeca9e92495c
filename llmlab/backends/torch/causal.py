"""The reference engine: causal language models that transformers loads from a local folder, through torch.

Whatever another engine says is compared with this one. It does not sample (see sampling.py), fetch, convert, or
run code that came with the weights; tokenizers are in tokens.py, sentence encoders in encoder.py.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from llmlab.arrays import Floats, Ints
from llmlab.backends.base import Message, ModelInfo, ScoreRequest, Tokens, TokenStats, check_bos, check_room
from llmlab.backends.finite import VECTORS, check_finite
from llmlab.backends.forest import Count, Forest, Ids, Tally, groups, grow
from llmlab.backends.sampling import log_softmax
from llmlab.backends.torch import forest as forests
from llmlab.backends.torch import inside, scores
from llmlab.backends.torch.decoder import TorchDecoder
from llmlab.backends.torch.forest import Padded, pad
from llmlab.backends.torch.opening import best_device, context_length, end_tokens, load_causal, prepare_torch
from llmlab.backends.torch.scores import Reader
from llmlab.backends.torch.tokens import TokenPieces
from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.progress import Progress, silent

LOGIT_BYTES = 64 * 2**20  # whole rows of logits kept at a time, as float32
PASS_TOKENS = 512  # tokens of a forward pass, padding included; the mask of a forest grows with the square
BATCH_TEXTS = 64
SHARING = 0.95  # a forest is worth its mask when it has at most this part of its texts' tokens


class HuggingFaceLM:
    """A causal language model in one transformers folder."""

    def __init__(
        self,
        folder: Path,
        name: str,
        revision: str = "",
        dtype: str = "float32",
        threads: int = 0,
        device: str = "",
        bos: bool | None = None,
    ) -> None:
        """`bos`: whether BOS stands before every text, None as its tokenizer. Raises MisuseError for one not named."""
        prepare_torch(dtype, threads)
        self._device = device or best_device()
        self._pieces = TokenPieces(folder, bos)
        self._bos = self._pieces.bos
        check_bos(name, bos, self._bos)
        self._model = load_causal(folder, dtype).to(self._device)
        config = self._model.config.get_text_config()
        self._ends = end_tokens(self._model, self._pieces.tokenizer)
        self._positions = max(LOGIT_BYTES // (4 * config.vocab_size), 1)
        self.info = ModelInfo(
            name=name,
            revision=revision,
            engine="torch",
            library=f"torch {torch.__version__}",
            dtype=dtype,
            vocabulary=config.vocab_size,
            context=context_length(config, self._pieces.tokenizer),
            dimension=self._model.get_input_embeddings().weight.shape[1],
            layers=config.num_hidden_layers,
            bos=self._pieces.of(self._bos[0]).decode(errors="replace") if self._bos else None,
        )

    def encode(self, text: str, *, allow_special: bool = False) -> Tokens:
        return self._pieces.encode(text, allow_special)

    def vocabulary(self) -> list[bytes | None]:
        return [self._pieces.word(token) for token in range(self.info.vocabulary)]

    def spellings(self) -> list[bytes | None]:
        return [self._pieces.spelling(token) for token in range(self.info.vocabulary)]

    def piece(self, token: int) -> bytes:
        return self._pieces.of(token)

    def chat(self, messages: Sequence[Message]) -> str | None:
        return self._pieces.chat(messages, self.info.name)

    def is_end(self, token: int) -> bool:
        return token in self._ends

    def score(self, batch: Sequence[ScoreRequest], progress: Progress = silent) -> list[TokenStats]:
        results: dict[int, TokenStats] = {}
        count = Count(batch, self._bos, progress)
        rows = [self._bos + request.tokens.ids[:-1] for request in batch]
        firsts = [max(request.start + len(self._bos) - 1, 0) for request in batch]
        for request in batch:
            check_room(self.info, len(self._bos) + len(request.tokens))
        for group in self._forests(rows, firsts):
            forest = grow([rows[i] for i in group])
            tally = Tally(forest, [batch[i] for i in group], self._bos, count)
            self._answer(tally, self._forest_pass(forest))
            results |= dict(zip(group, tally.results(), strict=True))
        rest = [index for index in range(len(batch)) if index not in results]
        for places in self._groups([len(rows[i]) for i in rest]):
            group = [rest[place] for place in places]
            padded = pad([rows[i] for i in group])
            tally = Tally(padded, [batch[i] for i in group], self._bos, count)
            if tally.questions:
                self._answer(tally, self._padded_passes(padded, min(firsts[i] for i in group)))
            results |= dict(zip(group, tally.results(), strict=True))
        return [results[index] for index in range(len(batch))]

    def logits(self, request: ScoreRequest) -> Iterator[Floats]:
        check_room(self.info, len(self._bos) + len(request.tokens))
        ids = self._bos + request.tokens.ids[:-1]
        first = max(request.start + len(self._bos) - 1, 0)
        for _, states in self._padded_passes(pad([ids]), first) if first < len(ids) else ():
            for some in states.split(self._positions):
                with torch.inference_mode():
                    rows = scores.rows(self._reader, some).cpu().numpy()
                yield from rows

    def next(self, contexts: Sequence[Tokens]) -> Floats:
        nexts = np.empty((len(contexts), self.info.vocabulary), np.float32)
        rows = [self._context_ids(context) for context in contexts]
        for row in rows:
            check_room(self.info, len(row))
        for group in self._groups([len(row) for row in rows]):
            padded = pad([rows[i] for i in group])
            lasts = np.array([path[-1] for path in padded.paths])
            for begin, states in self._padded_passes(padded, min(len(rows[i]) for i in group) - 1):
                here = np.flatnonzero((lasts >= begin) & (lasts < begin + len(states)))
                for some in np.split(here, range(self._positions, len(here), self._positions)):
                    with torch.inference_mode():
                        logits = scores.rows(self._reader, states[lasts[some] - begin]).cpu().numpy()
                    nexts[[group[place] for place in some]] = log_softmax(logits)
        return nexts

    def hidden(self, tokens: Tokens, layer: int) -> Floats:
        ids = self._context_ids(tokens)
        check_room(self.info, len(ids))
        with torch.inference_mode():  # without the vocabulary's head
            output = self._model.base_model(
                input_ids=torch.tensor([ids], device=self._device), output_hidden_states=True, use_cache=False
            )
        states = np.asarray(output.hidden_states[layer][0, len(self._bos) :].float().cpu().numpy(), np.float32)
        check_finite(states, VECTORS)
        return states

    def lens(self, context: Tokens) -> Floats:
        ids = self._context_ids(context)
        check_room(self.info, len(ids))
        return inside.lens(self._model, self._reader, self._device, ids, self.info.layers)

    def attention(self, context: Tokens) -> Floats:
        ids = self._context_ids(context)
        check_room(self.info, len(ids))
        return inside.attention(self._model, self._device, ids, self.info.layers)

    def decoder(self, context: Tokens, n: int, max_tokens: int) -> "TorchDecoder":
        ids = self._context_ids(context)
        check_room(self.info, len(ids), max_tokens)
        return TorchDecoder(self._model, self._device, ids, n)

    def embedding_table(self) -> Floats:
        weight = self._model.get_input_embeddings().weight.detach()
        return np.asarray(weight.float().cpu().numpy(), np.float32)

    @cached_property
    def _reader(self) -> Reader:
        return scores.reader(self._model, self._device)

    @cached_property
    def _pass_tokens(self) -> int:
        """Tokens of one pass: what it comes to must fit in memory, which for a whole model is all their logits."""
        return PASS_TOKENS if isinstance(self._reader, scores.Split) else min(PASS_TOKENS, self._positions)

    @cached_property
    def _forest_depth(self) -> int:
        """The longest text that may stand in a forest; 0 for a model that cannot be given one."""
        able = forests.sees_forests(self._model, self._reader, self._device)
        return forests.deepest(self._model) if able else 0

    def _forests(self, rows: Sequence[Ids], firsts: Sequence[int]) -> Iterator[list[int]]:
        """Groups of texts that begin alike to such a part that a forest saves work; the rest is padded instead."""
        deepest = self._forest_depth if len(rows) > 1 else 0
        able = [i for i, row in enumerate(rows) if firsts[i] < len(row) <= deepest]
        for places in groups([rows[i] for i in able], BATCH_TEXTS, self._pass_tokens):
            group = [able[place] for place in places]
            total = sum(len(rows[i]) for i in group)
            if len(grow([rows[i] for i in group])) <= SHARING * total:
                yield group

    def _groups(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        """Indices of texts run together: of similar length, several only if they fit in one pass."""
        group: list[int] = []
        for index in sorted(range(len(lengths)), key=lambda i: lengths[i]):
            count = len(group) + 1
            if group and (count * lengths[index] > self._pass_tokens or count > BATCH_TEXTS):
                yield group
                group = []
            group.append(index)
        if group:
            yield group

    def _answer(self, tally: Tally, passes: Iterator[tuple[int, Any]]) -> None:
        """Answer the tally's questions from the states that the passes come to."""
        nodes = np.array([question.node for question in tally.questions])
        for begin, states in passes:
            first, last = np.searchsorted(nodes, [begin, begin + len(states)])
            if first < last:
                questions = tally.questions[first:last]
                wanted, places = np.unique(nodes[first:last] - begin, return_inverse=True)
                tokens = np.array([question.token for question in questions])
                tally.note(questions, self._stats(states[wanted], places, tokens, tally))

    def _stats(self, states: Any, places: Ints, tokens: Ints, tally: Tally) -> TokenStats:
        with torch.inference_mode():
            if tally.thorough:
                return scores.details(self._reader, states, places, tokens, self._positions)
            return scores.logprobs(self._reader, states, places, tokens)

    def _forest_pass(self, forest: Forest) -> Iterator[tuple[int, Any]]:
        """The first node and the states [N, W]: all of them in one pass."""
        inputs = forests.inputs(self._model, self._device, forest)
        with torch.inference_mode():
            states, _ = self._reader.states(len(forest), inputs)
        yield 0, states[0]

    def _padded_passes(self, padded: Padded, first: int) -> Iterator[tuple[int, Any]]:
        """The first node and the states [n, W] of each pass, from position `first` on; a long text takes several."""
        ids = torch.from_numpy(padded.ids).to(self._device)
        mask = torch.from_numpy(padded.mask).to(self._device)
        count, longest = ids.shape
        size = max(self._pass_tokens // count, 1)
        begin, cache = 0, None
        for end in [*range(size, longest, size), longest]:
            kept = max(end - max(begin, first), 1)
            inputs = {
                "input_ids": ids[:, begin:end],
                "attention_mask": mask[:, :end],
                "cache": cache,
                "use_cache": cache is not None or end < longest,
            }
            with torch.inference_mode():
                states, cache = self._reader.states(kept, inputs)
            if end > first:
                yield (end - kept) * count, states.transpose(0, 1).flatten(0, 1)
            begin = end

    def _context_ids(self, context: Tokens) -> tuple[int, ...]:
        ids = self._bos + context.ids
        if not ids:
            raise MisuseError(
                tr("nothing to continue: the prompt is empty and the model has no BOS"), tr("give a prompt")
            )
        return ids
