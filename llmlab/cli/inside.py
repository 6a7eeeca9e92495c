"""The verbs of the inside lab: tokens.

What a verb computes with is imported when it runs: its help needs none of it.
"""

from itertools import chain, islice
from typing import Annotated

import typer

from llmlab.cli.options import PictureOptions, ReadingOptions, batches, streams
from llmlab.cli.verbs import MODEL, option, verb
from llmlab.cli.world import World


@verb(
    'llmlab tokens "The cat likes ice cream." 今天天气很好',
    "llmlab tokens 今天天气很好 -m gemma-3-270m -m smollm2-135m-instruct",
    piped=True,
)
def tokens(
    world: World,
    *,
    text: Annotated[
        list[str], typer.Argument(metavar="TEXT...", help="Texts; - reads one a line from stdin.", show_default=False)
    ],
    model: Annotated[
        list[str] | None,
        option("--model", "-m", metavar="NAME", panel=MODEL, help="Whose tokenizer; repeat it for several."),
    ] = None,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """What a text is cut into: its tokens, and how many a character and a word take.

    Only the tokenizer is opened, no weights. Several stand side by side.
    """
    from llmlab.lab.inside.tokens import cut, cuts

    texts, special = reading.texts(world, text), reading.allow_special
    first = list(islice(texts, 2))
    found = [world.library().tokenizer(name) for name in dict.fromkeys(model or [""])]
    if len(first) == len(found) == 1:
        world.show(cut(found[0], first[0], allow_special=special), form)
    elif streams(text, form):
        each = (cuts(found, batch, allow_special=special) for batch in batches(chain(first, texts)))
        if form.quiet:
            world.stream_values(one.values() for one in each)
        else:
            world.stream((one.records() for one in each), form)
    else:
        world.show(cuts(found, chain(first, texts), allow_special=special), form)
