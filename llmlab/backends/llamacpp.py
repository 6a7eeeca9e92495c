"""GGUF language models through llama.cpp's low-level interface: no torch, an answer in a second from cold.

The file is memory-mapped as it is. Several texts or samples share one decode as sequences; the logits are
numpy views of llama.cpp's own memory. Keys and values are kept in float32 and flash attention stays off, so
that an F32 file scores as torch does.

This does not sample (see sampling.py), convert, or know where the file came from.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import gguf as gguf_file
from llmlab.backends import llama_inside
from llmlab.backends.base import Message, ModelInfo, ScoreRequest, Tokens, TokenStats, check_bos, check_room
from llmlab.backends.forest import Count, Forest, Ids, Tally, groups, grow
from llmlab.backends.llama_memory import Cells, Weights, lc
from llmlab.backends.llama_vocab import LlamaVocab
from llmlab.backends.sampling import log_softmax
from llmlab.errors import DamagedError, LabError, MisuseError, UnsupportedError
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.threads import workers

SEQUENCES = 64  # texts decoded together
CELLS = 4096  # tokens decoded together


class LlamaCpp:
    """A causal language model in one GGUF file."""

    def __init__(self, path: Path, name: str, revision: str = "", threads: int = 0, bos: bool | None = None) -> None:
        """`bos`: whether BOS stands before every text, None as the file says. Raises MisuseError for one not named."""
        self._threads = workers(threads)
        self._weights = Weights(path)
        self._model = self._weights.handle
        self._tokenizer = LlamaVocab(self._weights, name, revision)
        self._vocab = self._tokenizer.handle
        self._context: Cells | None = None
        named, puts_bos = self._named_bos(), lc.llama_vocab_get_add_bos(self._vocab)
        self._bos: Ids = named if bos or (bos is None and puts_bos) else ()
        check_bos(name, bos, named)
        self._named = b"".join(map(self.piece, named)).decode(errors="replace")
        self._puts_bos = True if self._bos else bos  # None: as a chat template does
        self.info = ModelInfo(
            name=name,
            revision=revision,
            engine="llama.cpp",
            library=self._tokenizer.info.library,
            dtype=gguf_file.file_type(lc.llama_model_ftype(self._model)),
            vocabulary=self._tokenizer.info.vocabulary,
            context=lc.llama_model_n_ctx_train(self._model),
            dimension=lc.llama_model_n_embd(self._model),
            layers=lc.llama_model_n_layer(self._model),
            bos=self._named if self._bos else None,
        )

    def encode(self, text: str, *, allow_special: bool = False) -> Tokens:
        return self._tokenizer.encode(text, allow_special=allow_special)

    def vocabulary(self) -> list[bytes | None]:
        return [self._spelling(token, lc.LLAMA_TOKEN_ATTR_BYTE) for token in range(self.info.vocabulary)]

    def spellings(self) -> list[bytes | None]:
        return [self._spelling(token) for token in range(self.info.vocabulary)]

    def piece(self, token: int) -> bytes:
        return self._tokenizer.piece(token)

    def chat(self, messages: Sequence[Message]) -> str | None:
        template = lc.llama_model_chat_template(self._model, None)
        if not template:
            return None
        from llmlab.backends.chat import render

        eos = lc.llama_vocab_eos(self._vocab)  # -1: none
        end = self.piece(eos).decode(errors="replace") if eos >= 0 else ""
        tokens = {"bos_token": self._named, "eos_token": end}
        name, bos, text = self.info.name, self._named, template.decode(errors="replace")
        return render(text, messages, name, bos=bos, puts_bos=self._puts_bos, tokens=tokens)

    def is_end(self, token: int) -> bool:
        return bool(lc.llama_vocab_is_eog(self._vocab, token))

    def score(self, batch: Sequence[ScoreRequest], progress: Progress = silent) -> list[TokenStats]:
        results: dict[int, TokenStats] = {}
        count = Count(batch, self._bos, progress)
        rows = [self._bos + request.tokens.ids[:-1] for request in batch]
        check_room(self.info, max((len(request.tokens) + len(self._bos) for request in batch), default=0))
        for group in self._groups(rows):
            forest = grow([rows[i] for i in group])
            tally = Tally(forest, [batch[i] for i in group], self._bos, count)
            for node, logits in self._forward(forest, tally.wanted):
                tally.take(node, logits)
            results |= dict(zip(group, tally.results(), strict=True))
        return [results[index] for index in range(len(batch))]

    def logits(self, request: ScoreRequest) -> Iterator[Floats]:
        check_room(self.info, len(self._bos) + len(request.tokens))
        ids = self._bos + request.tokens.ids[:-1]
        wanted = range(max(request.start + len(self._bos) - 1, 0), len(ids))
        return (logits for _, logits in self._forward(grow([ids]), wanted))

    def next(self, contexts: Sequence[Tokens]) -> Floats:
        nexts = np.empty((len(contexts), self.info.vocabulary), np.float32)
        rows = [self._context_ids(context) for context in contexts]
        for group in self._groups(rows):
            forest = grow([rows[i] for i in group])
            lasts = [int(path[-1]) for path in forest.paths]
            for node, logits in self._forward(forest, sorted(set(lasts))):
                nexts[[i for i, last in zip(group, lasts, strict=True) if last == node]] = log_softmax(logits)
        return nexts

    def hidden(self, tokens: Tokens, layer: int) -> Floats:
        raise UnsupportedError(tr("the engine llama.cpp cannot show hidden states"))

    def lens(self, context: Tokens) -> Floats:
        ids = self._context_ids(context)
        check_room(self.info, len(ids))
        return llama_inside.lens(self._weights, self.info, ids, self._threads)

    def attention(self, context: Tokens) -> Floats:
        ids = self._context_ids(context)
        check_room(self.info, len(ids))
        return llama_inside.attention(self._weights, self.info, ids, self._threads)

    def decoder(self, context: Tokens, n: int, max_tokens: int) -> "LlamaDecoder":
        ids = self._context_ids(context)
        check_room(self.info, len(ids), max_tokens)
        most = lc.llama_max_parallel_sequences() - 1
        if n > most:
            raise MisuseError(
                tr("{n} samples at once; llama.cpp decodes at most {most}", n=n, most=most), tr("draw fewer")
            )
        return LlamaDecoder(self._room(len(ids) + n * max_tokens, n + 1), ids)

    def _named_bos(self) -> Ids:
        """The BOS that the file names, or that its kind of tokenizer puts first; llama.cpp makes one up for others."""
        named = self._weights.said("tokenizer.ggml.bos_token_id")
        bos = lc.llama_vocab_bos(self._vocab) if named or lc.llama_vocab_get_add_bos(self._vocab) else -1
        return (bos,) if bos >= 0 else ()

    def _context_ids(self, context: Tokens) -> Ids:
        if not (ids := self._bos + context.ids):
            raise MisuseError(
                tr("nothing to continue: the prompt is empty and the model has no BOS"), tr("give a prompt")
            )
        return ids

    def _groups(self, rows: Sequence[Ids]) -> Iterator[list[int]]:
        """Indices of texts decoded together, within one context's cells."""
        check_room(self.info, max((len(row) for row in rows), default=0))
        return groups(rows, SEQUENCES, CELLS)

    def _forward(self, forest: Forest, wanted: Sequence[int]) -> Iterator[tuple[int, Floats]]:
        """Decode a forest; yield (node, its logits [V]) for each wanted node, in order.

        The logits are llama.cpp's own memory, valid until the next is asked for.
        """
        context = self._room(len(forest), len(forest.paths))
        context.clear()
        asked = set(wanted)
        members = forest.members
        columns = zip(forest.ids.tolist(), forest.positions.tolist(), members, strict=True)
        entries = [(token, position, own, node in asked) for node, (token, position, own) in enumerate(columns)]
        nodes = iter(wanted)
        for logits in context.decode(entries):
            for row in logits:
                yield next(nodes), row

    def _room(self, cells: int, sequences: int) -> Cells:
        """A context with room for that many tokens and sequences; made anew only when it must grow."""
        if self._context is None or self._context.cells < cells or self._context.sequences < sequences:
            self._context = None  # free the old one first
            self._context = Cells(self._weights, self.info, cells, sequences, self._threads)
        return self._context

    def _spelling(self, token: int, but: int = 0) -> bytes | None:
        """A token's bytes, None for control, unused and unknown tokens, and for others with an attribute `but`."""
        hidden = lc.LLAMA_TOKEN_ATTR_CONTROL | lc.LLAMA_TOKEN_ATTR_UNUSED | lc.LLAMA_TOKEN_ATTR_UNKNOWN
        return None if lc.llama_vocab_get_attr(self._vocab, token) & (hidden | but) else self.piece(token) or None


class LlamaDecoder:
    """Continuations of one context; its keys and values are computed once and shared by all."""

    def __init__(self, context: Cells, ids: Ids) -> None:
        self._context = context
        self._shared = context.sequences - 1  # the sequence that holds the context itself
        context.clear()
        self._generation = context.generation
        entries = [(token, i, [self._shared], i == len(ids) - 1) for i, token in enumerate(ids)]
        self.first: Floats = np.concatenate([part.copy() for part in context.decode(entries)])[0]
        self._lengths: dict[int, int] = {}
        self._start = len(ids)

    def restart(self) -> None:
        for row in self._lengths:
            self._context.forget(row)
        self._lengths = {}

    def step(self, rows: Sequence[int], ids: Sequence[int]) -> Floats:
        if self._context.generation != self._generation:
            raise LabError(tr("another text was read between two steps; llama.cpp decodes one context at a time"))
        entries = []
        for row, token in zip(rows, ids, strict=True):
            if row not in self._lengths:
                self._context.share(self._shared, row)
                self._lengths[row] = self._start
            entries.append((token, self._lengths[row], [row], True))
            self._lengths[row] += 1
        return next(self._context.decode(entries))  # a context's chunk holds a token of each of its sequences


def requantize(source: Path, target: Path, file_type: int) -> None:
    """Write a GGUF file with its weights in another type (llama.h: LLAMA_FTYPE_*)."""
    params = lc.llama_model_quantize_default_params()
    params.ftype, params.allow_requantize = file_type, True
    params.nthread = workers(0)
    if lc.llama_model_quantize(str(source).encode(), str(target).encode(), params) != 0:
        raise DamagedError(
            tr("llama.cpp cannot convert {source}", source=source),
            tr("is it a whole GGUF language model, and is there room for a copy, by any quota too?"),
        )
