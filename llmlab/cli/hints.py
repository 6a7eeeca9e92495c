"""The one thing to try after a result, as a whole command with the words that were asked. For who watches a terminal.

A verb has a few, in the order in which a learner meets them; the first that has something new to ask is told.
"""

from collections.abc import Callable
from typing import Any

from llmlab.cli import suggested
from llmlab.cli.past import Past
from llmlab.cli.suggested import Words
from llmlab.language import later, tr

Hint = tuple[str, Callable[[Past], Words]]  # what it shows, and a command; none where it has nothing to show


def offer(ctx: Any) -> None:
    """Tell who watches what to try after a verb, unless the settings say no."""
    past = Past(ctx)
    if past.odd or not past.world.config.hints:
        return
    for what, words in HINTS.get(past.verb, ()):
        if asked := words(past):
            past.world.tell(tr("next, {what}: {command}", what=tr(what), command=past.line(asked)) + "\n")
            return


HINTS: dict[str, tuple[Hint, ...]] = {
    "prob": (
        (later("write out the chain rule"), suggested.formula),
        (later("see where the two differ"), suggested.compare),
        (later("even out their lengths"), suggested.per_token),
        (later("see what may follow"), suggested.go_on),
    ),
    "next": (
        (later("see what temperature does"), suggested.temperatures),
        (later("draw it, with a slider for T"), suggested.drawn("next")),
        (later("draw samples, cold and warm"), suggested.samples),
    ),
    "compare": (
        (later("rank every order of its words"), suggested.orders),
        (later("see what each is cut into"), suggested.same("tokens")),
    ),
    "orders": ((later("see which part is the least expected"), suggested.sentence),),
    "cloze": (
        (later("try the common nouns and verbs"), suggested.kinds),
        (later("ask without what follows the blank"), suggested.before_blank),
    ),
    "choose": (
        (later("see all that may follow"), suggested.choices),
        (later("put examples before each"), suggested.shots),
    ),
    "pairs": (
        (later("set two models side by side"), suggested.two_models("pairs")),
        (later("draw it"), suggested.drawn("pairs")),
    ),
    "perplexity": ((later("see whether its probabilities hold"), suggested.same("calibration")),),
    "calibration": ((later("measure how well the text is predicted"), suggested.same("perplexity")),),
    "generate": (
        (later("sweep the temperature"), suggested.sweep),
        (later("follow one sample step by step"), suggested.trace),
    ),
    "trace": ((later("see where the text may go"), suggested.tree),),
    "tree": ((later("draw samples, cold and warm"), suggested.samples),),
    "embed": (
        (later("find the one that does not belong"), suggested.odd_one),
        (later("see which dimensions make the two near"), suggested.why),
        (later("list the nearest words"), suggested.nearest),
        (later("see a vector a token"), suggested.tokens),
    ),
    "neighbors": (
        (later("see the same in other spaces"), suggested.spaces),
        (later("leave out the word's own forms"), suggested.other_words),
        (later("see which dimensions make the two near"), suggested.why),
        (later("draw it"), suggested.drawn("neighbors")),
    ),
    "odd": ((later("see which dimensions make the two near"), suggested.why),),
    "why": ((later("see the vectors themselves"), suggested.vectors),),
    "layers": ((later("see where the last token looks"), suggested.same("attention")),),
    "attention": (
        (later("see each head of a layer"), suggested.layer),
        (later("see what each layer would say"), suggested.same("layers")),
    ),
    "tokens": (
        (later("set two tokenizers side by side"), suggested.two_models("tokens")),
        (later("see how likely it is"), suggested.same("prob")),
    ),
    "train vectors": ((later("see a word before and after"), suggested.learned),),
    "guess": ((later("guess letter by letter"), suggested.letters),),
    "space list": ((later("ask for the neighbours of a word"), suggested.word),),
    "space show": ((later("ask for the neighbours of a word"), suggested.word),),
    "space eval": ((later("ask for the neighbours of a word"), suggested.word),),
    "models list": ((later("look into a model"), suggested.a_model),),
    "models show": ((later("ask it"), suggested.ask_model),),
    "models probe": ((later("ask it"), suggested.ask_served),),
    "cache list": ((later("see whether every byte is what was written"), suggested.of_cache("check")),),
    "cache check": ((later("free what nobody needs"), suggested.of_cache("clean")),),
}
