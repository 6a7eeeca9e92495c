"""How many parameters has one layer of smollm2-135m-instruct? Counted from the shapes of its tensors."""

from math import isclose, prod
from typing import TYPE_CHECKING

from llmlab.language import tr
from llmlab.lessons.replies import Reply, Verdict
from llmlab.models import card
from llmlab.models.card import IN_A_LAYER, Card

if TYPE_CHECKING:
    from llmlab.door import Lab

ASKED, SHOWN = "smollm2-135m-instruct", "gemma-3-270m"
NEAR = 1e-3  # of the answer: the scales of normalisation may be counted or not


def check(reply: Reply, lab: "Lab") -> Verdict:
    """Right with the scales of normalisation and without."""
    found = _card(lab, ASKED)
    layer = _of_layer(found)
    if isclose(reply.number, layer, rel_tol=NEAR):
        return Verdict(
            True,
            tr("A layer's parameters are the numbers in its W, rows times columns of each; its b would add theirs."),
        )
    return Verdict(False, _mixed_up(reply.number, layer, found) or _other(reply.number, lab))


def _card(lab: "Lab", model: str) -> Card:
    return card.read(lab.library.shop, lab.library.source(model))


def _of_layer(found: Card, *kinds: str) -> int:
    """The parameters of the first layer, of some parts or of all."""
    inside = [one for one in found.tensors if IN_A_LAYER.findall(one.name)[:1] == ["0"]]
    return sum(prod(one.shape) for one in inside if not kinds or one.part in kinds)


def _mixed_up(given: float, layer: int, found: Card) -> str:
    """What the number is instead; empty where that cannot be told."""
    layers = int(found.facts["layers"])
    likely = {
        layer * layers: tr("That is all layers together; N stands for the number of one."),
        found.total: tr("That is the whole model; the embedding table is no layer."),
        found.total // layers: tr("The embedding table is no layer: leave it out before you divide."),
        _of_layer(found, "attention"): tr("That is the attention alone; a layer has an MLP too."),
        _of_layer(found, "MLP"): tr("That is the MLP alone; a layer has attention too."),
    }
    return next((said for count, said in likely.items() if isclose(given, count, rel_tol=NEAR)), "")


def _other(given: float, lab: "Lab") -> str:
    """Of a number that is none of the model's: whether it is the one that the page shows."""
    if isclose(given, _of_layer(_card(lab, SHOWN)), rel_tol=NEAR):
        return tr("That is a layer of {shown}, the example; count one of {asked}.", shown=SHOWN, asked=ASKED)
    return tr("That is not it. Multiply rows and columns of each tensor named blk.N, once each, and add.")
