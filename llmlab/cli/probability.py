"""The verbs of the probability lab that ask about a text: prob, next, compare, orders, cloze.

What a verb computes with is imported when it runs: its help needs none of it.
"""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmlab.cli import beside, each
from llmlab.cli.draw_options import FilterOptions, HeatOptions
from llmlab.cli.look_options import LookOptions
from llmlab.cli.model_options import ModelOptions, ModelsOptions
from llmlab.cli.options import PictureOptions, ReadingOptions, streams
from llmlab.cli.out_options import OutOptions
from llmlab.cli.verbs import option, verb
from llmlab.cli.word_options import WordOptions
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.lab.asked import preset_of
from llmlab.language import tr

if TYPE_CHECKING:
    from llmlab.backends.base import CausalLM
    from llmlab.stream import Stream

TextArgument = Annotated[
    str, typer.Argument(metavar="TEXT", help="The text; - reads it from stdin.", show_default=False)
]
PartOption = Annotated[
    Literal["token", "character", "word"] | None,
    option("--by", metavar="PART", help="token, character or word; else a token, or a character inside one."),
]
PenaltyOption = Annotated[
    float, option("--repetition-penalty", metavar="X", help="Make the text's own tokens less likely; 1 is off.")
]


@verb(
    'llmlab prob "He likes movie." "He movie likes."', "llmlab prob 今天天气很好 --by character --formula", piped=True
)
def prob(
    world: World,
    *,
    text: Annotated[
        list[str], typer.Argument(metavar="TEXT...", help="Texts; - reads one a line from stdin.", show_default=False)
    ],
    look: LookOptions,
    filed: OutOptions,
    models: ModelsOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """The probability of a text, token by token; of several, which is likelier."""
    filed.check(form, alone=not models.several)
    texts, special = reading.texts(world, text), reading.allow_special
    if models.several:
        return beside.prob(world, list(texts.each), look, models, reading, form)
    model = models.one
    if filed.given:
        look.check_kept()
        return _each(world, texts, look, filed, model, special, form)
    first, several, texts = texts.begun(waiting=look.of_one or not streams(text, form))
    if several and streams(text, form):
        look.check_each()
        return _each(world, texts, look, filed, model, special, form)
    look.check(first)
    lm = model.causal_lm(world)
    if several:
        return _ranked(world, lm, list(texts.each), look, special, form)
    one = look.ledger(world, lm, first[0], model, special, form.hovers)
    asked = {"formula": look.formula, "strip": look.strip, "others": look.alternatives > 0}
    views = partial(one.views, unit=look.unit, **asked)
    world.show(one, form, views, partial(one.values, look.unit))


def _ranked(
    world: World, lm: "CausalLM", texts: list[str], look: LookOptions, special: bool, form: PictureOptions
) -> None:
    """Which of several texts is likelier."""
    from llmlab.lab.probability.ranking import ranking

    with world.progress(tr("scoring")) as progress:
        found = ranking(lm, texts, allow_special=special, progress=progress)
    table = partial(found.views, unit=look.unit, per_token=look.per_token)
    world.show(found, form, table, partial(found.values, look.unit))


def _each(
    world: World,
    texts: "Stream[str]",
    look: LookOptions,
    filed: OutOptions,
    model: ModelOptions,
    special: bool,
    form: PictureOptions,
) -> None:
    """Write what is known of texts as they come: nobody knows yet which will be the likeliest."""
    from llmlab.lab.probability.ranking import ranking

    if form.quiet and not filed.out:
        lm = model.causal_lm(world)
        found = (ranking(lm, some, allow_special=special).values(look.unit) for some in texts.batches())
        return world.stream_values(found)
    each.texts(world, texts, filed, model, special, form)


@verb("llmlab next 今天天气很", 'llmlab next "The capital of France is" --temperature 0.2,1,2', piped=True)
def next_(
    world: World,
    *,
    text: TextArgument,
    k: Annotated[int, option("-k", metavar="K", min=1, help="How many are listed (10).")] = 10,
    heat: HeatOptions,
    filters: FilterOptions,
    repetition_penalty: PenaltyOption = 1.0,
    by: PartOption = None,
    preset: Annotated[str, option("--preset", metavar="NAME", help="Wrap the text for a base model, such as qa.")] = "",
    chat: Annotated[bool, option("--chat", help="The text in the model's chat template.")] = False,
    counts: Annotated[bool, option("--counts", help="Of an n-gram model: the counts behind each probability.")] = False,
    models: ModelsOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """Which word comes next: the exact distribution, at one temperature or several.

    Nothing is drawn. With a temperature or a filter: what top-k, top-p, min-p keep.
    """
    from llmlab.lab.probability.next_text import check, what_follows
    from llmlab.lab.prompt import context

    asked, wrap = reading.one(world, text), preset_of(world.config, preset)
    heats, cuts = heat.temperatures((1.0,)), filters.settings(repetition_penalty)
    check(k, heats, cuts, by, counts=counts)
    if models.several and counts:
        raise MisuseError(tr("--counts is for one model"), tr("give one --model"))
    if models.several:
        return beside.next_(world, asked, wrap, by, k, heats, cuts, chat, models, reading, form)
    model = models.one
    lm = model.ngram(world) if counts else model.causal_lm(world)
    prompt = context(lm, asked, template=wrap.template, chat=chat, allow_special=reading.allow_special)
    more = {"pictured": bool(form.plots), "counts": counts}
    with world.progress(tr("reading")):
        found = what_follows(lm, partial(model.spellings, world), prompt, by, k, heats, cuts, **more)
    world.show(found, form, partial(found.views, measures=heat != HeatOptions()))


@verb('llmlab compare "He likes movie." "He movie likes."', piped=True)
def compare(
    world: World,
    *,
    text: Annotated[
        list[str], typer.Argument(metavar="A B", help="Two texts; - reads one a line.", show_default=False)
    ],
    models: ModelsOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """Where two texts differ in probability: their tokens aligned."""
    from llmlab.lab.probability.compare import difference

    texts = list(reading.texts(world, text).each)
    if len(texts) != 2:
        example = tr('for example llmlab compare "He likes movie." "He movie likes."')
        raise MisuseError(tr("compare takes two texts"), example)
    one, other = texts
    if models.several:
        return beside.compare(world, one, other, models, reading, form)
    lm = models.one.causal_lm(world)
    with world.progress(tr("scoring")) as progress:
        found = difference(lm, one, other, allow_special=reading.allow_special, progress=progress)
    world.show(found, form)


@verb('llmlab orders "He likes movies."', "llmlab orders 我喜欢看电影。", "llmlab orders '我|喜欢|看|电影'", piped=True)
def orders(
    world: World,
    *,
    text: TextArgument,
    seed: Annotated[
        int, option("--seed", metavar="N", min=0, help="Of the sample of a sentence of more than 8 words (0).")
    ] = 0,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """Every order of a sentence's words, ranked by probability."""
    from llmlab.lab.probability.orders import check, orders

    sentence = reading.one(world, text)
    check(sentence)
    lm = model.causal_lm(world)
    with world.progress(tr("scoring")) as progress:
        found = orders(lm, sentence, seed, allow_special=reading.allow_special, progress=progress)
    world.show(found, form)


@verb(
    "llmlab cloze 今天天气很[?]。",
    'llmlab cloze "He likes [?]." --kind noun,verb',
    piped=True,
)
def cloze(
    world: World,
    *,
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="A text with [?] where words are sought.", show_default=False)
    ],
    fillings: WordOptions,
    model: ModelOptions,
    reading: ReadingOptions,
    form: PictureOptions,
) -> None:
    """Which words fill the blank, by what stands before it and by what follows."""
    from llmlab.lab.probability.cloze import cloze

    sentence = reading.one(world, text)
    words, kinds = fillings.words(sentence, reading)
    lm = model.causal_lm(world)
    with world.progress(tr("scoring")) as progress:
        found = cloze(lm, sentence, words, kinds=kinds, allow_special=reading.allow_special, progress=progress)
    world.show(found, form)
