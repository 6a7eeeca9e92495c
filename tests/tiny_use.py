"""A tiny universal sentence encoder with random weights, and what plain torch says of it."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from numpy.typing import NDArray
from torch.nn import functional

VOCABULARY, CHUNKS, EMBEDDING, INSIDE, DIMENSION = 600, 3, 24, 8, 16
ORDERS = {2: 0, 3: 1, 5: 2}


def encoder(folder: Path, texts: Sequence[str]) -> Path:
    """The files of the package: a unigram tokenizer trained on the texts, and arrays under its names."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=model, vocab_size=VOCABULARY, character_coverage=0.98, minloglevel=2
    )
    (folder / "sp.model").write_bytes(model.getvalue())
    np.savez_compressed(folder / "weights.npz", **_arrays(np.random.default_rng(0)))
    return folder


def _arrays(rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    def random(*shape: int) -> NDArray[np.float32]:
        return rng.normal(scale=0.3, size=shape).astype(np.float32)

    joined = EMBEDDING + len(ORDERS) * INSIDE
    found = {
        f"q{chunk}": rng.integers(0, 64, (VOCABULARY // CHUNKS, EMBEDDING), np.uint8) for chunk in range(1, CHUNKS + 1)
    }
    found |= {"scale": np.array([0.05, 0.02, 0.1], np.float32), "lo": np.array([-1.5, -0.6, -3], np.float32)}
    for order in ORDERS:
        found |= {f"proj{order}": random(EMBEDDING, INSIDE), f"proj_b{order}": random(INSIDE)}
        found |= {f"ln_g{order}": 1 + random(INSIDE), f"ln_b{order}": random(INSIDE)}
        for depth in (1, 2):
            found |= {f"w{depth}_{order}": random(order * INSIDE, INSIDE), f"b{depth}_{order}": random(INSIDE)}
    found |= {"ln_g": 1 + random(joined), "ln_b": random(joined)}
    found |= {"cnn_W": random(joined, DIMENSION), "cnn_b": random(DIMENSION)}
    found |= {"d0": random(16, 10), "d1": random(10, 10), "p1": random(16, 10)}
    return found | {"d2": random(10, 16), "d3": random(16, 16), "p3": random(10, 16), "bits": np.array([6], np.int8)}


def plain_torch(folder: Path) -> Callable[[Sequence[int]], tuple[NDArray, NDArray]]:
    """The vectors of tokens [T, D], marks among them, and their text's [D], one text at a time in float64.

    Each convolution has a normalisation of its own, as in Google's graph; the package's program has one for all.
    """
    with np.load(folder / "weights.npz") as file:
        arrays = {name: torch.tensor(file[name]) for name in file.files}
    arrays |= {name: array.double() for name, array in arrays.items() if not name.startswith("q")}
    for order, depth in ((order, depth) for order in ORDERS for depth in (1, 2)):
        inside = arrays[f"b{depth}_{order}"].shape[0]
        kernel = arrays[f"w{depth}_{order}"].reshape(order, inside, inside)
        arrays[f"w{depth}_{order}"] = kernel.permute(2, 1, 0).contiguous()  # out, in, place

    def vectors(ids: Sequence[int]) -> tuple[NDArray, NDArray]:
        tokens = _tokens(arrays, torch.stack([_embedded(arrays, one) for one in ids]))
        return tokens.numpy(), _text(arrays, tokens).numpy()

    return vectors


def _embedded(arrays: dict[str, torch.Tensor], token: int) -> torch.Tensor:
    """Tokens are dealt out to the chunks in turn."""
    row, chunk = divmod(token, len(arrays["scale"]))
    return arrays[f"q{chunk + 1}"][row] * arrays["scale"][chunk] + arrays["lo"][chunk]


def _tokens(arrays: dict[str, torch.Tensor], embedded: torch.Tensor) -> torch.Tensor:
    """What the convolutions make of tokens [T, E]."""
    features = [embedded]
    for order, left in ORDERS.items():
        found = _normalised(embedded @ arrays[f"proj{order}"] + arrays[f"proj_b{order}"], arrays, str(order))
        for depth in (1, 2):
            padded = functional.pad(found.T[None], (left, order - 1 - left))
            seen = functional.conv1d(padded, arrays[f"w{depth}_{order}"], arrays[f"b{depth}_{order}"])[0].T
            found = found + seen.relu()
        features.append(found)
    return _normalised(torch.cat(features, 1), arrays, "") @ arrays["cnn_W"] + arrays["cnn_b"]


def _normalised(values: torch.Tensor, arrays: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    return functional.layer_norm(values, values.shape[1:], arrays[f"ln_g{name}"], arrays[f"ln_b{name}"], 1e-12)


def _text(arrays: dict[str, torch.Tensor], tokens: torch.Tensor) -> torch.Tensor:
    summed = tokens.sum(0) / len(tokens) ** 0.5
    first = ((summed @ arrays["d0"]).relu() @ arrays["d1"] + summed @ arrays["p1"]).relu()
    last = ((first @ arrays["d2"]).relu() @ arrays["d3"] + first @ arrays["p3"]).tanh()
    return functional.normalize(last, dim=0)
