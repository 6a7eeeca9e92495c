"""The verbs that make a model in front of one's eyes: ngram, vectors; and the text for it: corpus.

What a verb computes with is imported when it runs: its help needs none of it.
"""

import itertools
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from msgspec import Struct

from llmlab.cli.options import PictureOptions, listed, whole_numbers
from llmlab.cli.verbs import Noun, option, verb
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.lab.training.ways import Way
from llmlab.language import tr

if TYPE_CHECKING:
    from llmlab.lab.training.sizes import Sizes

AT_ONCE = 500  # sentences written at a time
Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is to be called.", show_default=False)]
TextOption = Annotated[
    str, option("--text", metavar="FILE", help="What it learns from: english, chinese, a file; - is stdin.")
]
ReplaceOption = Annotated[bool, option("--replace", help="In place of one of yours that has this name.")]


class GrowthOptions(Struct, frozen=True):
    """Whether a model of more and more of a text is made, and what each is asked."""

    sizes: Annotated[
        str | None,
        option("--sizes", metavar="N,N...", help="A model of the first N sentences each; all are tested."),
    ] = None
    pairs: Annotated[
        Path | None, option("--pairs", metavar="FILE", help="Minimal pairs for that test; english, chinese have some.")
    ] = None

    @property
    def asked(self) -> list[int]:
        """Sizes, none where none are wanted. Raises MisuseError for what is no list of numbers."""
        example = "--sizes 1000,10000,100000"
        if self.sizes is None and self.pairs is not None:
            raise MisuseError(tr("--pairs is the test of several sizes"), tr("for example {example}", example=example))
        return [] if self.sizes is None else whole_numbers("--sizes", self.sizes, example)


@verb(
    "llmlab train ngram mine --text english",
    "llmlab train ngram letters --text README.md --by character --order 5",
    "llmlab train ngram grown --text chinese --sizes 1000,10000",
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
    growth: GrowthOptions,
    replace: ReplaceOption = False,
    form: PictureOptions,
) -> None:
    """Count what follows what in a text, and smooth the counts: a language model without a network.

    Interpolated modified Kneser-Ney. It answers as any model does: give its name to --model.
    """
    from llmlab.files.opening import called
    from llmlab.lab.training import corpus
    from llmlab.lab.training.ngram import check, train
    from llmlab.models import trained

    check(order, min_count)
    known = trained.check(world.config, name, replace)
    how: dict[str, Any] = {"order": order, "by": by, "min_count": min_count}
    if growth.asked:
        world.show(_grown(world, known, text, growth, replace, how), form)
    else:
        with world.progress(tr("counting")):
            found = train(corpus.lines(text, world.files), known, called(text), **how)
        trained.keep(world.config, known, found.vocabulary, found.counts, found.facts, world)
        world.show(found, form)
    world.say(tr("ask it: {command}", command=f"llmlab next TEXT --model {known}"))


def _grown(world: World, name: str, text: str, growth: GrowthOptions, replace: bool, how: dict[str, Any]) -> "Sizes":
    """Models of more and more of a text, tested and kept."""
    from llmlab.files.opening import called
    from llmlab.lab.probability.pairs import PAIRS, marked
    from llmlab.lab.training import corpus
    from llmlab.lab.training.sizes import check, train_sizes
    from llmlab.models import trained

    check(growth.asked)
    for size in growth.asked[:-1]:
        trained.check(world.config, name, replace, size)
    file = growth.pairs or corpus.pairs(text)
    exam = partial(marked, pairs=world.files.records(file, PAIRS)) if file else None
    lines = corpus.lines(text, world.files, sentences=None)
    with world.progress(tr("training")) as progress:
        found = train_sizes(lines, growth.asked, exam, name, called(text), **how, progress=progress)
    for one in found.trained:
        trained.keep(world.config, one.name, one.vocabulary, one.counts, one.facts, world)
    return found


@verb(
    "llmlab train vectors toy --text english",
    "llmlab train vectors counted --text english --from bigram",
    "llmlab neighbors cat --space toy@0 --space toy@10000 --space toy",
)
def vectors(
    world: World,
    *,
    name: Name,
    text: TextOption,
    from_: Annotated[
        Way, option("--from", metavar="WAY", help="skipgram (word2vec), or bigram: counts and their SVD.")
    ] = "skipgram",
    dimension: Annotated[int, option("--dimension", metavar="D", help="Numbers of a vector (50).")] = 50,
    steps: Annotated[
        str | None, option("--steps", metavar="N,N", help="Words read when the table is kept, as space NAME@N.")
    ] = None,
    seed: Annotated[int, option("--seed", metavar="N", min=0, help="Of what is drawn at random (1).")] = 1,
    watch: Annotated[
        str | None, option("--watch", metavar="A,B", help="Words to show; else the frequent ones.")
    ] = None,
    form: PictureOptions,
) -> None:
    """Word vectors from a text: a table that is random, and then learns.

    Kept as spaces: NAME the last, NAME@0 before training.
    """
    from llmlab.files.opening import called
    from llmlab.lab.training.corpus import lines
    from llmlab.lab.training.making import train

    read = None if steps is None else whole_numbers("--steps", steps, "--steps 0,1000,10000")
    words = [] if watch is None else listed(watch)
    learned = "\n".join(lines(text, world.files))
    found = train(world.shelf(), name, learned, called(text), from_, dimension, read, seed, words)
    world.show(found, form)


@verb("llmlab train corpus english --sentences 10", "llmlab train corpus chinese > chinese.txt")
def corpus(
    world: World,
    *,
    rules: Annotated[
        str, typer.Argument(metavar="NAME", help="english, chinese, or a FILE.grammar of your own.", show_default=False)
    ],
    sentences: Annotated[
        int, option("--sentences", "-n", metavar="N", min=1, help="How many (60,000: over 2 MB).")
    ] = 60_000,
    seed: Annotated[int, option("--seed", metavar="N", help="Others with another; the same with the same (1).")] = 1,
) -> None:
    """Write sentences that a grammar makes, a line each: text to train on, whose rules are known.

    They are no natural text. The shipped rules are configs/corpora/*.grammar.
    """
    from llmlab.lab.training.corpus import grammar

    found = grammar(rules, world.files).sentences(seed)
    for start in range(0, sentences, AT_ONCE):
        batch = itertools.islice(found, min(AT_ONCE, sentences - start))
        if not world.write("".join(f"{line}\n" for line in batch)):
            return


train = Noun("train", "Models made in front of your eyes, and the text for them.", ngram, vectors, corpus)
