"""llmlab prob"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from llmlab.backends.base import CausalLM
from llmlab.cli import pairs_file
from llmlab.cli.options import DtypeOption, EngineOption, EscapesOption, FormatOption, ModelOption, SpecialOption
from llmlab.cli.world import World, texts, unescape
from llmlab.errors import MisuseError
from llmlab.lab import choices, cloze, ledger, orders, pairs, probability
from llmlab.lab.words import Unit
from llmlab.models.engines import open_causal_lm
from llmlab.view import Result

app = typer.Typer(rich_markup_mode=None)


@app.command(
    epilog='Examples: llmlab prob "He likes movie." "He movie likes." | llmlab prob --next 10 今天天气很 | '
    'llmlab prob --orders "He likes movies." | llmlab prob --context "The capital of France is" --choice " Paris" '
    '--choice " London"'
)
def prob(
    ctx: typer.Context,
    text: Annotated[list[str] | None, typer.Argument(help="Texts; - reads one a line from stdin.")] = None,
    next_: Annotated[int | None, typer.Option("--next", help="List the K likeliest next tokens.", min=0)] = None,
    context: Annotated[str | None, typer.Option(help="What stands before every --choice.")] = None,
    choice: Annotated[list[str] | None, typer.Option(help="A continuation of --context; give several.")] = None,
    order: Annotated[bool, typer.Option("--orders", help="Rank all orders of the words of one text.")] = False,
    pair_file: Annotated[
        Path | None, typer.Option("--pairs", help="Minimal pairs: jsonl as in BLiMP, or csv/tsv of two columns.")
    ] = None,
    by: Annotated[Unit, typer.Option(help="Rows of one text: its tokens, words or characters.")] = "token",
    formula: Annotated[bool, typer.Option("--formula", help="Write out the chain rule of one text.")] = False,
    seed: Annotated[int, typer.Option(help="Of the sample of orders of a long sentence.", min=0)] = 0,
    model: ModelOption = None,
    engine: EngineOption = None,
    dtype: DtypeOption = None,
    form: FormatOption = "table",
    allow_special: SpecialOption = False,
    escapes: EscapesOption = True,
) -> None:
    """The probability of text under a language model.

    One text: the chain rule, a row a token. Several: a ranking. With --next: what comes next.
    """
    world: World = ctx.obj
    config = world.settings(engine, dtype)
    given = texts(text, escapes=escapes)
    plain = len(given) == 1 and not (order or context or pair_file)  # the setting asks only where it can be answered
    k = (config.prob.next if plain else 0) if next_ is None else next_
    _one_question(given, k, context, choice, order, pair_file)
    told = pairs_file.read(pair_file) if pair_file else []
    lm = open_causal_lm(config, world, model or "")
    if told:
        with world.progress("scoring") as progress:
            world.show(pairs.judge(lm, told, progress), form)
    elif context is not None:
        sides = [unescape(one) if escapes else one for one in [context, *(choice or [])]]
        world.show(choices.choose(lm, sides[0], sides[1:]), form)
    elif order:
        with world.progress("scoring") as progress:
            world.show(orders.orders(lm, given[0], seed, progress), form)
    elif len(given) == 1 and not k:
        world.show(ledger.ledger(lm, given[0], unit=by, formula=formula, allow_special=allow_special), form)
    else:
        world.show(_plain(world, lm, given, k, allow_special), form)


def _plain(world: World, lm: CausalLM, given: Sequence[str], k: int, allow_special: bool) -> Result:
    """What comes next, or the ranking of several texts."""
    if k:
        return cloze.next_tokens(lm, given[0], k, allow_special=allow_special)
    with world.progress("scoring") as progress:
        return probability.ranking(lm, given, allow_special=allow_special, progress=progress)


def _one_question(
    given: Sequence[str], k: int, context: str | None, choice: Sequence[str] | None, order: bool, pair_file: Path | None
) -> None:
    """Raise MisuseError, before a model is loaded, for options that ask nothing or several things."""
    hint = "see `llmlab prob --help`"
    modes = [bool(k), context is not None or bool(choice), order, pair_file is not None]
    if sum(modes) > 1:
        raise MisuseError("--next, --context with --choice, --orders and --pairs are different questions", hint)
    if (context is None) != (not choice):
        raise MisuseError("--context and --choice go together", 'for example --context "1 + 1 =" --choice " 2"')
    if given and (context is not None or pair_file is not None):
        raise MisuseError("--context and --pairs take no other text", hint)
    if (k or order) and len(given) > 1:
        raise MisuseError("--next and --orders take one text", hint)
    if not given and context is None and pair_file is None:
        raise MisuseError("no text is given", hint)
    if not all(given):
        raise MisuseError("the text is empty", "give at least one character")
