"""What lies between the layers of a transformers model: what each state says of the next token, where its end looks.

The logit lens (nostalgebraist 2020, "interpreting GPT: the logit lens") reads the state after each layer as if it were
the last: through the final norm and the output layer. The norm is not guessed from its name: it is what the model's
last states come out of. A model whose logits are not those states times one matrix is refused.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch

from llmlab.arrays import Floats
from llmlab.backends.finite import WEIGHTS, check_finite
from llmlab.backends.sampling import log_softmax
from llmlab.backends.torch import scores
from llmlab.backends.torch.scores import Reader, Split
from llmlab.errors import MisuseError
from llmlab.language import later, tr

OTHER = later("use another model")
LONGEST = 1024  # tokens whose attention is computed: every layer has a weight of each on each


def lens(model: Any, reader: Reader, device: str, ids: tuple[int, ...], layers: int) -> Floats:
    """Log-probabilities after the last token by the state before the first layer and after each, [1 + layers, V].

    Raises MisuseError for a model whose final norm or output layer is not found.
    """
    if not isinstance(reader, Split):
        raise MisuseError(
            tr("the logits of {model} are not its last state times one matrix", model=type(model).__name__), tr(OTHER)
        )
    with torch.inference_mode(), ExitStack() as hooks:
        made: list[tuple[Any, Any]] = []  # what stands outside the layers, and what comes out of it
        for name, module in reader.body.named_modules():
            if not any(map(str.isdigit, name.split("."))):
                hooks.enter_context(module.register_forward_hook(lambda one, _, out: made.append((one, out))))
        output = reader.body(**_inputs(ids, device), use_cache=False, output_hidden_states=True)
        norms = [one for one, out in made if _same(out, output.last_hidden_state) and _is_norm(one)]
        states = output.hidden_states or ()
        if not norms or len(states) != layers + 1:
            raise MisuseError(
                tr("{model} has no final norm over the states of its layers", model=type(model).__name__), tr(OTHER)
            )
        early = norms[0](torch.stack([state[0, -1] for state in states[:-1]]))  # [layers, D]; the last is normed
        rows = [scores.rows(reader, part).cpu().numpy() for part in (early, output.last_hidden_state[0, -1:])]
    return np.concatenate([log_softmax(row) for row in rows])


def attention(model: Any, device: str, ids: tuple[int, ...], layers: int) -> Floats:
    """The weights of the last token on each, [layers, heads, T]; the rows of a head are those of its softmax.

    Raises MisuseError for a text that is too long, and for a model without such weights in every layer.
    """
    if len(ids) > LONGEST:
        raise MisuseError(
            tr("the text has {tokens} tokens; attention is of at most {most}", tokens=len(ids), most=LONGEST),
            tr("shorten it"),
        )
    with torch.inference_mode(), _eager(model):
        output = model.base_model(**_inputs(ids, device), use_cache=False, output_attentions=True)
    found = [one[0, :, -1] for one in getattr(output, "attentions", None) or () if one is not None]  # each [heads, T]
    if len(found) != layers or len({one.shape for one in found}) != 1:
        raise MisuseError(
            tr("{model} has no attention of the same heads in each layer", model=type(model).__name__), tr(OTHER)
        )
    weights = np.asarray(torch.stack(found).float().cpu().numpy(), np.float32)
    check_finite(weights, WEIGHTS)
    return weights


def _same(out: Any, states: Any) -> bool:
    """Whether what came out of a module is the states, in whatever shape."""
    same = torch.is_tensor(out) and out.data_ptr() == states.data_ptr() and out.numel() == states.numel()
    return bool(same)


def _is_norm(module: Any) -> bool:
    """Whether it has at most a scale and a shift for each dimension, and no matrix."""
    return all(one.ndim == 1 for one in module.parameters())


def _inputs(ids: tuple[int, ...], device: str) -> dict[str, Any]:
    """The same as where the next token is asked for, so that the last layer says to the digit what that says."""
    row = torch.tensor([ids], device=device)
    return {"input_ids": row, "attention_mask": torch.ones_like(row)}


@contextmanager
def _eager(model: Any) -> Iterator[None]:
    """Attention computed in the open: the fused kernels give no weights."""
    before = model.config._attn_implementation
    model.set_attn_implementation("eager")
    try:
        yield
    finally:
        model.set_attn_implementation(before)
