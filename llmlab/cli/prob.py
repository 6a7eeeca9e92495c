"""llmlab prob"""

from pathlib import Path
from typing import Annotated

import typer

from llmlab.backends.sampling import Settings
from llmlab.cli import data_files, modes
from llmlab.cli.modes import Mode
from llmlab.cli.options import DtypeOption, EngineOption, EscapesOption, FormatOption, ModelOption, SpecialOption
from llmlab.cli.world import World, texts, unescape
from llmlab.errors import MisuseError
from llmlab.lab import choices, cloze, diff, ledger, long_text, next_word, orders, pairs, probability, quiz
from llmlab.lab.text import Unit
from llmlab.lab.words import By
from llmlab.models.engines import open_causal_lm
from llmlab.view import Result

app = typer.Typer(rich_markup_mode=None, add_completion=False)

HINT = "see `llmlab prob --help`"
TEXT = frozenset({"text"})
ONE_TEXT = frozenset({"by", "formula", "strip", "correction"})
MODES = (
    Mode("file", "file", frozenset({"window", "stride"})),
    Mode("pairs", "pair_file"),
    Mode("choices", "choices_file"),
    Mode("context", "context", frozenset({"choice"})),
    Mode("cloze", "blank", frozenset({"candidate"})),
    Mode("orders", "order", TEXT | {"seed"}),
    Mode("diff", "difference", TEXT),
    Mode("next", "next_", TEXT | {"at"}),
    Mode("texts", "", TEXT | ONE_TEXT | {"unit", "next_"}),
)

EXAMPLES = """\b
Examples:
  llmlab prob "He likes movie." "He movie likes."
  llmlab prob 今天天气很好 --by char --formula
  llmlab prob --next 10 今天天气很
  llmlab prob --context "The capital of France is" --choice " Paris" --choice " London"
  llmlab prob --cloze "He likes [?]." --candidate movies --candidate eats
  llmlab prob --orders "He likes movies."
  llmlab prob --pairs configs/exercises/pairs.jsonl
  llmlab prob --file README.md"""


@app.command(epilog=EXAMPLES)
def prob(
    ctx: typer.Context,
    text: Annotated[list[str] | None, typer.Argument(help="Texts; - reads one a line from stdin.")] = None,
    by: Annotated[By, typer.Option(help="Rows of one text: its tokens, words or characters.")] = "token",
    unit: Annotated[Unit | None, typer.Option(help="Show only this unit; without it, several.")] = None,
    formula: Annotated[bool, typer.Option("--formula", help="Write out the chain rule of one text.")] = False,
    strip: Annotated[bool, typer.Option("--strip", help="The text itself, shaded by surprisal.")] = False,
    correction: Annotated[
        bool, typer.Option("--word-correction", help="With --by word: count the space after a word, not before it.")
    ] = False,
    difference: Annotated[bool, typer.Option("--diff", help="Align two texts: where their difference arises.")] = False,
    next_: Annotated[int | None, typer.Option("--next", help="List the K likeliest next tokens.", min=0)] = None,
    at: Annotated[float, typer.Option("--at", help="With --next: under this temperature.")] = 1.0,
    context: Annotated[str | None, typer.Option(help="What stands before every --choice.")] = None,
    choice: Annotated[list[str] | None, typer.Option(help="A continuation of --context; give several.")] = None,
    choices_file: Annotated[
        Path | None, typer.Option("--choices", help="Questions: jsonl with context, choices, answer; or csv/tsv.")
    ] = None,
    blank: Annotated[str | None, typer.Option("--cloze", help="A sentence with [?] where words are sought.")] = None,
    candidate: Annotated[
        list[str] | None, typer.Option(help="A word for the [?]; without any, the model proposes some.")
    ] = None,
    order: Annotated[bool, typer.Option("--orders", help="Rank all orders of the words of one text.")] = False,
    seed: Annotated[int, typer.Option(help="With --orders: of the sample of a long sentence's orders.", min=0)] = 0,
    pair_file: Annotated[
        Path | None, typer.Option("--pairs", help="Minimal pairs: jsonl as in BLiMP, or csv/tsv of two columns.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A long text: perplexity, bits per byte.")] = None,
    window: Annotated[int, typer.Option(help="With --file: tokens read at once; 0: 1024.", min=0)] = 0,
    stride: Annotated[int, typer.Option(help="With --file: tokens from window to window; 0: half.", min=0)] = 0,
    model: ModelOption = None,
    engine: EngineOption = None,
    dtype: DtypeOption = None,
    form: FormatOption = "table",
    allow_special: SpecialOption = False,
    escapes: EscapesOption = True,
) -> None:
    """The probability of text under a language model.

    One text: the chain rule, a row a token. Several: a ranking. The other questions have an option each.
    """
    world: World = ctx.obj
    config = world.settings(engine, dtype)
    given = texts(text, escapes=escapes)
    mode = modes.find(ctx, MODES).name
    _check(ctx, mode, given)
    k = config.prob.next if next_ is None and mode == "texts" and len(given) == 1 else next_
    read = unescape if escapes else str
    sides = [read(one) for one in [context or "", *(choice or [])]]
    told = data_files.pairs(pair_file) if pair_file else []
    asked = data_files.questions(choices_file) if choices_file else []
    blocks, size = data_files.blocks(file) if file else (iter(()), 0)
    lm = open_causal_lm(config, world, model or "")
    look = ledger.Look(by, unit, formula, strip)
    special = allow_special
    result: Result
    with world.progress("scoring") as progress:
        match mode:
            case "file":
                name, cut = "stdin" if str(file) == "-" else str(file), {"window": window, "stride": stride}
                result = long_text.measure(lm, name, blocks, size, **cut, allow_special=special, progress=progress)
            case "pairs":
                result = pairs.judge(lm, told, allow_special=special, progress=progress)
            case "choices":
                result = quiz.answer(lm, asked, allow_special=special, progress=progress)
            case "context":
                result = choices.choose(lm, sides[0], sides[1:], allow_special=special)
            case "cloze":
                words = [read(one) for one in candidate or []]
                result = cloze.cloze(lm, read(blank or ""), words, allow_special=special, progress=progress)
            case "orders":
                result = orders.orders(lm, given[0], seed, allow_special=special, progress=progress)
            case "diff":
                result = diff.difference(lm, given[0], given[1], allow_special=special)
            case _ if k:
                result = next_word.next_tokens(lm, given[0], k, temperature=at, allow_special=special)
            case _ if len(given) > 1:
                result = probability.ranking(lm, given, unit=unit, allow_special=special, progress=progress)
            case _:
                result = ledger.ledger(lm, given[0], look, correct=correction, allow_special=special)
    world.show(result, form)


def _check(ctx: typer.Context, mode: str, given: list[str]) -> None:
    """Raise MisuseError, before a model is loaded, for too few or too many texts, and for an empty one."""
    if mode == "context" and not ctx.params["choice"]:
        raise MisuseError("--context needs a --choice", 'for example --context "1 + 1 =" --choice " 2"')
    for name, count, many in (("orders", 1, "one text"), ("diff", 2, "two texts"), ("next", 1, "one text")):
        if mode == name and len(given) != count:
            raise MisuseError(f"--{name} takes {many}", HINT)
    alone = [option for name, option in modes.told(ctx).items() if name in ONE_TEXT]
    if len(given) > 1 and alone:
        raise MisuseError(f"{alone[0]} is for one text", HINT)
    if mode == "texts" and not given:
        raise MisuseError("no text is given", HINT)
    if not all(given):
        which = f"text {given.index('') + 1}" if len(given) > 1 else "the text"
        raise MisuseError(f"{which} is empty", "give at least one character")
    if mode == "next":
        Settings(ctx.params["at"])  # refuses what is no temperature
    if mode == "orders" and len(orders.split(given[0])[0]) < 2:
        raise orders.too_short(given[0])
    if mode == "cloze":
        cloze.blanks(ctx.params["blank"], ctx.params["candidate"] or ())
