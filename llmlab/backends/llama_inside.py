"""What lies between the layers of a llama.cpp model, seen as it computes: each layer's state, each head's weights.

llama.cpp calls back with every tensor that it computes (llama.h: cb_eval), and goes on with what then stands in it. So
the logit lens needs neither norm nor head of its own: the last token is read as one more sequences than there are
layers, all alike, and where the last layer has made their states, those of the earlier layers take the places of all
but one. The rest of the model reads each as if it were the last.

Tensors are known by the names that llama.cpp's models give them: l_out-N is the state after layer N, kq_soft_max-N its
attention. A model that names them otherwise is not guessed at.
"""

import ctypes
from functools import cache
from typing import Any, Protocol

import numpy as np

from llmlab.arrays import Floats
from llmlab.backends import llama_library
from llmlab.backends.base import ModelInfo
from llmlab.backends.finite import WEIGHTS, check_finite
from llmlab.backends.forest import Ids
from llmlab.backends.llama_memory import Cells, Weights, lc
from llmlab.backends.sampling import log_softmax
from llmlab.errors import UnsupportedError
from llmlab.language import tr

BASE = {  # of a tensor: its name, where its numbers are, how many, and how many bytes
    "ggml_get_name": ctypes.c_char_p,
    "ggml_get_data": ctypes.c_void_p,
    "ggml_nelements": ctypes.c_int64,
    "ggml_nbytes": ctypes.c_size_t,
}
SAME = 0.9999  # of two directions: the square of their cosine
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_bool, ctypes.c_void_p)


class Eye(Protocol):
    """What is looked for."""

    def wants(self, name: str) -> bool:
        """Whether to be shown the tensor of this name; asked of each before it is computed."""
        ...

    def see(self, name: str, values: Floats) -> None:
        """Look at its numbers, one after the other in llama.cpp's own memory. Must not raise: C has no use for it."""
        ...


class States:
    """The states of one token after each layer; in the end each stands in a row of the last layer's.

    What goes into the first layer has no name of its own: it is what that layer's norm, its first tensor, is made of.
    """

    def __init__(self, info: ModelInfo) -> None:
        self._layers, self._dimension = info.layers, info.dimension
        self._before: list[Floats] = []  # [D] each, of all that is computed before the layers
        self._norm = ""  # the name of the first layer's first tensor
        self._found: list[Floats] = []  # [D] before the first layer, and after each but the last
        self.whole = False  # all of them were found and put in their places

    def wants(self, name: str) -> bool:
        if name.endswith("-0") and not self._norm:
            self._norm = name
            return True
        return name.startswith("l_out-") or not self._norm

    def see(self, name: str, values: Floats) -> None:
        one = values[: self._dimension].copy()
        if name == f"l_out-{self._layers - 1}":
            if len(self._found) == self._layers and values.size == (self._layers + 1) * self._dimension:
                values.reshape(-1, self._dimension)[:-1] = self._found
                self.whole = True
        elif name.startswith("l_out-"):
            self._found.append(one)
        elif name == self._norm:
            self._found = [state for state in self._before if _is_norm_of(one, state)][-1:]
        else:
            self._before.append(one)


def _is_norm_of(norm: Floats, state: Floats) -> bool:
    """Whether it is the state, or the state without its mean, but for its length."""
    if norm.shape != state.shape:
        return False
    with np.errstate(all="ignore"):  # some of what stands before the layers is memory that nothing was written to
        both = (state, state - state.mean())
        return any((one @ norm) ** 2 > SAME * (one @ one) * (norm @ norm) > 0 for one in both)


class Weighing:
    """The weights of one token's attention in each layer, [heads x cells] each."""

    def __init__(self) -> None:
        self.found: list[Floats] = []

    def wants(self, name: str) -> bool:
        return name.startswith("kq_soft_max-")

    def see(self, name: str, values: Floats) -> None:
        self.found.append(values.copy())


def lens(weights: Weights, info: ModelInfo, ids: Ids, threads: int) -> Floats:
    """Log-probabilities after the last token by the state before the first layer and after each, [1 + layers, V].

    Raises UnsupportedError for a model whose states have other names.
    """
    states, count = States(info), info.layers + 1
    logits = _last(TensorWatch(states), weights, info, ids, threads, count)
    check_finite(logits.max(axis=-1))
    if not states.whole:
        raise UnsupportedError(tr("the engine llama.cpp cannot show the states of {model}", model=info.name))
    return log_softmax(logits)


def attention(weights: Weights, info: ModelInfo, ids: Ids, threads: int) -> Floats:
    """The weights of the last token on each, [layers, heads, T].

    Raises UnsupportedError for a model that has none in some layer, or of other names.
    """
    eye, heads = Weighing(), lc.llama_model_n_head(weights.handle)
    _last(TensorWatch(eye), weights, info, ids, threads, 1)
    sizes = {one.size for one in eye.found}
    if len(eye.found) != info.layers or len(sizes) != 1 or sizes.pop() % heads:
        raise UnsupportedError(tr("the engine llama.cpp cannot show the attention of {model}", model=info.name))
    found = np.stack(eye.found).reshape(info.layers, heads, -1)[:, :, : len(ids)]  # cells are filled in order
    check_finite(found, WEIGHTS)
    return found


def _last(watch: "TensorWatch", weights: Weights, info: ModelInfo, ids: Ids, threads: int, count: int) -> Floats:
    """The logits of the last token, read in so many sequences, [count, V]; it alone is watched."""
    context = Cells(weights, info, len(ids) + count, count, threads, watch.callback)
    everyone = list(range(count))
    before = [(token, place, everyone, False) for place, token in enumerate(ids[:-1])]
    for _ in context.decode(before):
        pass  # none of them is asked for
    watch.open = True
    (logits,) = context.decode([(ids[-1], len(ids) - 1, [one], True) for one in everyone])
    return logits.copy()


class TensorWatch:
    """What llama.cpp calls back. It must live as long as the context that calls."""

    def __init__(self, eye: Eye) -> None:
        self.open = False
        self._eye, self._ggml = eye, _ggml()
        self.callback = CALLBACK(self._seen)

    def _seen(self, tensor: int, ask: bool, _: Any) -> bool:
        """Asked whether a tensor is wanted, and if so called again when it is computed; true goes on."""
        name = self._ggml["ggml_get_name"](tensor).decode(errors="replace")
        if ask:
            return self.open and self._eye.wants(name)
        size, place = self._ggml["ggml_nelements"](tensor), self._ggml["ggml_get_data"](tensor)
        if place and self._ggml["ggml_nbytes"](tensor) == 4 * size:  # float32, as all are that are looked for
            data = ctypes.cast(place, ctypes.POINTER(ctypes.c_float))
            self._eye.see(name, np.ctypeslib.as_array(data, shape=(size,)))
        return True


@cache
def _ggml() -> dict[str, Any]:
    """The functions that tell what a tensor is, of the library below llama.cpp's own."""
    carrier = llama_library.carrier()
    files = sorted(carrier.folder.rglob("*ggml-base*")) if carrier else []
    if not files:
        raise UnsupportedError(
            tr("the engine llama.cpp cannot show what lies between layers: its library ggml-base is not found")
        )
    library = ctypes.CDLL(str(files[0]))
    functions = {name: getattr(library, name) for name in BASE}
    for name, function in functions.items():
        function.restype, function.argtypes = BASE[name], [ctypes.c_void_p]
    return functions
