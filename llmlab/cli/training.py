"""The verbs that make a model in front of one's eyes: ngram.

What a verb computes with is imported when it runs: its help needs none of it.
"""

from typing import Annotated, Literal

import typer

from llmlab.cli.options import PictureOptions
from llmlab.cli.verbs import Noun, option, verb
from llmlab.cli.world import World

Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is to be called.", show_default=False)]
TextOption = Annotated[
    str, option("--text", metavar="FILE", help="What it learns from, a sentence a line; - reads stdin.")
]
ReplaceOption = Annotated[bool, option("--replace", help="In place of one of yours that has this name.")]


@verb(
    "llmlab train ngram mine --text README.md", "llmlab train ngram letters --text README.md --by character --order 5"
)
def ngram(
    world: World,
    *,
    name: Name,
    text: TextOption,
    order: Annotated[int, option("--order", metavar="N", help="Tokens of the longest n-gram, 1 to 9 (3).")] = 3,
    by: Annotated[
        Literal["character", "word"], option("--by", metavar="PART", help="character or word: what its tokens are.")
    ] = "word",
    min_count: Annotated[
        int, option("--min-count", metavar="N", help="A word that was seen fewer times is spelled (2).")
    ] = 2,
    replace: ReplaceOption = False,
    form: PictureOptions,
) -> None:
    """Count what follows what in a text, and smooth the counts: a language model without a network.

    Interpolated modified Kneser-Ney. It answers as any model does: give its name to --model.
    """
    from llmlab.files.opening import called
    from llmlab.lab.training.ngram import check, train
    from llmlab.models import trained

    check(order, min_count)
    known = trained.check(world.config, name, replace)
    lines = (line for _, line in world.files.lines(text))
    with world.progress("counting"):
        found = train(lines, known, called(text), order=order, by=by, min_count=min_count)
    trained.keep(world.config, known, found.vocabulary, found.counts, found.facts, world)
    world.show(found, form)
    world.say(f"ask it: llmlab next TEXT --model {known}")


train = Noun("train", "Models made in front of your eyes, from a text of yours.", ngram)
