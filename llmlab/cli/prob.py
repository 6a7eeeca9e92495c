"""llmlab prob"""

from typing import Annotated

import typer

from llmlab.cli.options import DtypeOption, EngineOption, EscapesOption, FormatOption, ModelOption, SpecialOption
from llmlab.cli.world import World, texts
from llmlab.errors import MisuseError
from llmlab.lab import cloze, probability
from llmlab.models.engines import open_causal_lm
from llmlab.view import Result

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog='Examples: llmlab prob "He likes movie." "He movie likes." | llmlab prob --next 10 今天天气很')
def prob(
    ctx: typer.Context,
    text: Annotated[list[str], typer.Argument(help="Texts; - reads one a line from stdin.")],
    next_: Annotated[int | None, typer.Option("--next", help="List the K likeliest next tokens.", min=0)] = None,
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
    given = texts(text, escapes=escapes)
    config = world.settings(engine, dtype)
    if not given or (next_ and len(given) > 1):
        raise MisuseError("no text is given" if not given else "--next takes one text", "see `llmlab prob --help`")
    k = next_ if next_ is not None else config.prob.next if len(given) == 1 else 0
    if not all(given):
        raise MisuseError("the text is empty", "give at least one character")
    lm = open_causal_lm(config, world, model or "")
    result: Result
    if k:
        result = cloze.next_tokens(lm, given[0], k, allow_special=allow_special)
    elif len(given) == 1:
        result = probability.ledger(lm, given[0], allow_special=allow_special)
    else:
        with world.progress("scoring") as progress:
            result = probability.ranking(lm, given, allow_special=allow_special, progress=progress)
    world.show(result, form)
