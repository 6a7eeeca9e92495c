"""The verbs of the inside lab: layers, attention, tokens.

What a verb computes with is imported when it runs: its help needs none of it.
"""

from typing import Annotated

import typer

from llmlab.cli.model_options import ModelOptions
from llmlab.cli.options import PictureOptions, ReadingOptions, streams
from llmlab.cli.verbs import MODEL, option, verb
from llmlab.cli.world import World
from llmlab.language import tr

TextArgument = Annotated[
    str, typer.Argument(metavar="TEXT", help="The text; - reads it from stdin.", show_default=False)
]


@verb(
    "llmlab layers 今天天气很 --track 冷",
    'llmlab layers "The capital of France is" --track " Paris"',
    piped=True,
)
def layers(
    world: World,
    *,
    text: TextArgument,
    track: Annotated[
        list[str] | None,
        option("--track", metavar="TOKEN", help="A token to follow; repeat it. Else the likeliest."),
    ] = None,
    k: Annotated[int, option("-k", metavar="K", min=1, help="How many are listed of each layer (3).")] = 3,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """What each layer says of the next token: the logit lens.

    A projection by the final norm and head; early layers say little by it.
    """
    from llmlab.lab.inside.layers import check, layers, tokens_of
    from llmlab.lab.prompt import context

    asked, tracked, special = (
        reading.one(world, text),
        [reading.text(one) for one in track or ()],
        reading.allow_special,
    )
    check(k, tracked)
    lm = model.causal_lm(world)
    prompt = context(lm, asked, allow_special=special)
    with world.progress(tr("reading")):
        found = layers(lm, prompt, k, tokens_of(lm, prompt, tracked, allow_special=special))
    world.show(found, form)


@verb("llmlab attention 今天天气很", 'llmlab attention "The capital of France is" --layer 12', piped=True)
def attention(
    world: World,
    *,
    text: TextArgument,
    layer: Annotated[
        int | None,
        option("--layer", metavar="N", min=1, help="Each head of this layer, not the mean of each."),
    ] = None,
    k: Annotated[int, option("-k", metavar="K", min=1, help="How many tokens are named in a row (3).")] = 3,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """On which tokens the last one looks: the weights of each layer's heads.

    Much rests on the first token. It does not explain what the model says.
    """
    from llmlab.lab.inside.attention import attention
    from llmlab.lab.prompt import context

    asked = reading.one(world, text)
    lm = model.causal_lm(world)
    with world.progress(tr("reading")):
        found = attention(lm, context(lm, asked, allow_special=reading.allow_special), layer, k)
    world.show(found, form)


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

    flows, special = streams(text, form), reading.allow_special
    first, several, texts = reading.texts(world, text).begun(waiting=not flows)
    found = [world.library().tokenizer(name) for name in dict.fromkeys(model or [""])]
    if not several and len(found) == 1:
        world.show(cut(found[0], first[0], allow_special=special), form)
    elif flows:
        each = (cuts(found, batch, allow_special=special) for batch in texts.batches())
        if form.quiet:
            world.stream_values(one.values() for one in each)
        else:
            world.stream((one.records() for one in each), form)
    else:
        world.show(cuts(found, texts.each, allow_special=special), form)
