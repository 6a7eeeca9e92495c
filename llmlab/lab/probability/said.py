"""What is said in words of the probability of one text: heads of its table, its conclusion, its shades."""

import math

from llmlab.lab.probability.parts import PART
from llmlab.lab.text import By, multiple, quoted
from llmlab.language import later, tr

MEANS = {  # columns of numbers, and what each says
    "P": later("probability after what is given"),
    "log P": later("its natural logarithm"),
    later("bits"): later("surprisal, -log2 P"),
    later("corrected"): later("with the space after the word instead of the one before it"),
    later("rank"): later("place in the vocabulary by probability"),
    later("entropy"): later("bits, of what might have come"),
    later("product"): later("of this row and those above"),
    later("sum"): later("of this row and those above"),
}
UNITS = {"prob": later("prob"), "nats": later("nats"), "bits": later("bits")}


def conclusion(by: By, given: str, total: float, perplexity: float) -> str:
    """How rare a text of log P `total` (nats) is; nothing stands before what is `given`, its beginning without BOS."""
    if math.isnan(total):
        return tr("nothing stands before the only {part}: it has no probability", part=tr(PART[by]))
    said = {"texts": multiple(-total), "choices": multiple(math.log(perplexity)), "before": quoted(given)}
    if by != "character" and not given:
        return tr("one text in {texts} is this one; a token is as uncertain as {choices} equal choices", **said)
    if by != "character":
        return tr(
            "one of the texts that begin with {before} in {texts} is this one; "
            "a token is as uncertain as {choices} equal choices",
            **said,
        )
    if not given:
        return tr(
            "one text in {texts} begins like this; a character is as uncertain as {choices} equal choices", **said
        )
    return tr(
        "one of the texts that begin with {before} in {texts} begins like this; "
        "a character is as uncertain as {choices} equal choices",
        **said,
    )


def legend(darkest: int) -> list[tuple[str, float]]:
    """What the shades of a text say, up to so many bits."""
    shades = [(tr("{bits} bits", bits=bits), bits / darkest) for bits in (2, 4, 8, 12)]
    return [*shades, (tr("{bits} or more", bits=darkest), 1.0)]
