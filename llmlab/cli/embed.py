"""llmlab embed"""

from dataclasses import replace
from typing import Annotated

import typer

from llmlab.cli.modes import Mode, find
from llmlab.cli.options import DtypeOption, EngineOption, FormatOption, ModelOption, StandardizeOption
from llmlab.cli.world import World, texts
from llmlab.config import Config, Metric
from llmlab.errors import MisuseError
from llmlab.lab import embedding
from llmlab.lab.embedding import Embeddings
from llmlab.lab.metrics import METRICS
from llmlab.lab.odd import OddOneOut
from llmlab.lab.space import look_up, row_of
from llmlab.lab.where import explain
from llmlab.models.engines import kind, open_causal_lm, open_encoder, open_table
from llmlab.models.spaces import encoder_of, open_space

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EXAMPLES = """\b
Examples:
  llmlab embed cat dog car
  llmlab embed love --strip
  llmlab embed king queen --space glove --where
  llmlab embed "He likes movies" --tokens
  llmlab embed "the river bank" "a bank robber" --word bank --layer last \\
    --model gemma-3-270m --engine torch"""


OF_SPACE, OF_WORD = {"space", "standardize"}, {"word", "layer"}
MODES = (
    Mode("dimensions", "where", frozenset({"text", "metric", *OF_SPACE, *OF_WORD})),
    Mode("odd one out", "odd", frozenset({"text", *OF_SPACE, *OF_WORD})),
    Mode("tokens", "tokens", frozenset({"text", "layer", "full"})),
    Mode("vectors", "", frozenset({"text", "metric", "strip", "full", *OF_SPACE, *OF_WORD})),
)


@app.command(epilog=EXAMPLES)
def embed(
    ctx: typer.Context,
    text: Annotated[list[str], typer.Argument(help="Words or sentences; - reads one a line from stdin.")],
    model: ModelOption = None,
    space: Annotated[
        str | None, typer.Option("--space", "-s", help="Take word vectors from this space, or file of vectors.")
    ] = None,
    standardize: StandardizeOption = False,
    metric: Annotated[Metric, typer.Option(help="How each pair is compared.")] = "cosine",
    tokens: Annotated[bool, typer.Option("--tokens", help="One row vector a token of one text.")] = False,
    layer: Annotated[
        str | None, typer.Option(help="Of a language model: input (its embedding table), last, or a number.")
    ] = None,
    word: Annotated[str | None, typer.Option(help="The vector of this word in each text, of a language model.")] = None,
    odd: Annotated[bool, typer.Option("--odd", help="Which of three or more words does not belong.")] = False,
    where: Annotated[bool, typer.Option("--where", help="Which dimensions make two texts similar.")] = False,
    strip: Annotated[bool, typer.Option("--strip", help="All values as a heat strip; one text has it anyway.")] = False,
    full: Annotated[bool, typer.Option("--full", help="All values, not only the first and last.")] = False,
    engine: EngineOption = None,
    dtype: DtypeOption = None,
    form: FormatOption = "table",
) -> None:
    """The vector of a word or sentence; how near each pair is when there are several."""
    world: World = ctx.obj
    given = texts(text, escapes=False)
    if not given or not all(one.strip() for one in given):
        raise MisuseError("the text is empty", "give at least one word")
    if space and (model or layer or word is not None):
        raise MisuseError("--space gives vectors of words; --model, --layer and --word ask a model", "leave out either")
    if word is not None and not word.strip():
        raise MisuseError("--word is empty", "give a word of the texts")
    find(ctx, MODES)
    tokens = tokens or (layer is not None and word is None)
    if tokens and (len(given) > 1 or space or odd or where or strip):
        raise MisuseError("--tokens, or --layer without --word, takes one text and a model", "or add --word WORD")
    if odd and len(given) < 3:
        raise MisuseError("--odd takes three words or more", "for example llmlab embed --odd cat dog car")
    if standardize and not space:
        raise MisuseError("--standardize goes with a table's file", "for example --space people.csv")
    config = world.settings(engine, dtype)
    found = (
        _of_space(world, config, space, given, standardize)
        if space
        else _of_model(world, config, model or config.encoder, given, tokens, layer, word)
    )
    found = replace(found, full=full, strip=strip or (len(given) == 1 and not found.dimensions), metric=METRICS[metric])
    world.show(OddOneOut(found) if odd else explain(found) if where else found, form)


def _of_space(world: World, config: Config, space: str, words: list[str], standardize: bool) -> Embeddings:
    opened = open_space(config, world, space, standardize=standardize)
    lacks = any(row_of(opened, word) is None for word in words)
    encoder = encoder_of(config, world, opened) if lacks else None
    others = ", ".join(config.spaces)
    return embedding.of_words(opened, [look_up(opened, word, encoder, others) for word in words])


def _of_model(
    world: World, config: Config, model: str, given: list[str], tokens: bool, layer: str | None, word: str | None
) -> Embeddings:
    if kind(config, model) != "causal":
        if layer or word:
            hint = "for example --model gemma-3-270m"
            raise MisuseError(f"{model} is no language model, which --layer and --word ask for", hint)
        encoder = open_encoder(config, world, model)
        return embedding.of_tokens(encoder, given[0]) if tokens else embedding.of_texts(encoder, given)
    if not tokens and word is None:
        hint = "add --tokens, --word WORD, or use --space"
        raise MisuseError(f"{model} gives a vector to each token, not to a text", hint)
    layer = layer or ("last" if word else "input")
    if layer == "input":
        lm, table = open_table(config, world, model)
    else:
        lm, table = open_causal_lm(config, world, model), None
    if word is not None:
        return embedding.of_word(lm, given, word, layer, table)
    return embedding.of_layer(lm, given[0], layer, table)
