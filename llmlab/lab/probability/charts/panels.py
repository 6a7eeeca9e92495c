"""What a page lets its reader play with of the probability lab."""

from typing import TYPE_CHECKING

from msgspec import structs

from llmlab.backends.settings import Settings
from llmlab.lab.panels import part, shading, slider
from llmlab.lab.probability.parts import PART
from llmlab.lab.text import BITS
from llmlab.language import later, tr
from llmlab.view import Shading, TemperatureSlider

if TYPE_CHECKING:
    from llmlab.lab.probability.compare import Difference
    from llmlab.lab.probability.next import Next
    from llmlab.lab.probability.next_text import NextText
    from llmlab.lab.probability.prob import Ledger


BESIDE = {
    "character": later(
        "This is by token, after the text as its own tokens stand. The heading and the picture are by character: "
        "they count every token that covers the text's end, also those that go on beyond it."
    ),
    "word": later(
        "This is by token, after the text as its own tokens stand. The heading and the picture are by word: "
        "they count every token that covers the text's end, also those that go on beyond it."
    ),
}


def of_next(found: "Next") -> TemperatureSlider:
    """What temperature makes of the next token, with the filters that its table shows."""
    cuts = {cut.name: cut.value for cut in found.tempered[0].cuts}
    top_k, penalty = int(cuts.get("top_k", 0)), found.filters.repetition_penalty
    filters = Settings(1.0, top_k, cuts.get("top_p", 1.0), cuts.get("min_p", 0.0), penalty)
    temperatures = [one.temperature for one in found.tempered]
    return slider(found.context.text, found.pieces, found.logprobs, temperatures, filters)


def of_next_text(found: "NextText", by_token: "Next") -> TemperatureSlider:
    """The same beside characters or words, whose own distribution is no softmax of one row of logits."""
    return structs.replace(of_next(by_token), note=tr(BESIDE[found.by]))


def of_ledger(found: "Ledger") -> Shading:
    """A text shaded by surprisal, with what might have come in the place of each token."""
    parts = [
        part(
            row.piece,
            row.logprob,
            row.rank,
            row.others,
            entropy=None if row.entropy is None else row.entropy * BITS,
        )
        for row in found.rows
    ]
    return shading(tr("The text by {part}, shaded by surprisal", part=tr(PART[found.by])), parts)


def of_difference(found: "Difference") -> list[Shading]:
    """Both texts by token, each shaded by its own surprisal."""
    sides = (("A", found.a), ("B", found.b))
    return [
        shading(
            tr("{name} by token, shaded by surprisal", name=name),
            [
                part(piece, float(logprob), None, ())
                for piece, logprob in zip(one.tokens.pieces, one.logprobs, strict=True)
            ],
        )
        for name, one in sides
    ]
