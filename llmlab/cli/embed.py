"""llmlab embed"""

from typing import Annotated

import typer

from llmlab.cli.options import DtypeOption, EngineOption, FormatOption, ModelOption
from llmlab.cli.world import World, texts
from llmlab.config import Config
from llmlab.errors import MisuseError
from llmlab.lab import embedding
from llmlab.lab.odd import OddOneOut
from llmlab.lab.space import look_up, row_of
from llmlab.models.engines import kind, open_encoder, open_table
from llmlab.models.spaces import encoder_of, open_space

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog='Examples: llmlab embed cat dog car | llmlab embed "He likes movies" --tokens')
def embed(
    ctx: typer.Context,
    text: Annotated[list[str], typer.Argument(help="Words or sentences; - reads one a line from stdin.")],
    model: ModelOption = None,
    space: Annotated[str | None, typer.Option("--space", "-s", help="Take word vectors from this space.")] = None,
    tokens: Annotated[bool, typer.Option("--tokens", help="One row vector a token of one text.")] = False,
    odd: Annotated[bool, typer.Option("--odd", help="Which of three or more words does not belong.")] = False,
    full: Annotated[bool, typer.Option("--full", help="All values, not only the first and last.")] = False,
    engine: EngineOption = None,
    dtype: DtypeOption = None,
    form: FormatOption = "table",
) -> None:
    """The vector of a word or sentence; the cosine similarity of each pair when there are several."""
    world: World = ctx.obj
    given = texts(text, escapes=False)
    if not given or not all(one.strip() for one in given):
        raise MisuseError("the text is empty", "give at least one word")
    if tokens and (len(given) > 1 or space):
        raise MisuseError("--tokens takes one text and a model", "quote the sentence; leave out --space")
    if odd and (tokens or len(given) < 3):
        raise MisuseError("--odd takes three words or more", "for example llmlab embed --odd cat dog car")
    config = world.settings(engine, dtype)
    causal = not space and kind(config, model or config.encoder) == "causal"
    if causal and not tokens:
        raise MisuseError(f"{model} gives a vector to each token, not to a text", "add --tokens, or use --space")
    if space:
        result = _of_space(world, config, space, given, full)
    elif causal:
        lm, table = open_table(config, world, model or config.encoder)
        result = embedding.of_tokens(lm, given[0], table, full)
    elif tokens:
        result = embedding.of_tokens(open_encoder(config, world, model or ""), given[0], full=full)
    else:
        result = embedding.of_texts(open_encoder(config, world, model or ""), given, full)
    world.show(OddOneOut(result) if odd else result, form)


def _of_space(world: World, config: Config, space: str, words: list[str], full: bool) -> embedding.Embeddings:
    opened = open_space(config, world, space)
    lacks = any(row_of(opened, word) is None for word in words)
    encoder = encoder_of(config, world, opened) if lacks else None
    others = ", ".join(config.spaces)
    return embedding.of_words(opened, [look_up(opened, word, encoder, others) for word in words], full)
