"""Options that several commands share."""

from typing import Annotated

import typer

from llmlab.config import Dtype, Engine
from llmlab.render import Format

FormatOption = Annotated[Format, typer.Option("--format", "-f", help="table for people; the others for scripts.")]
EngineOption = Annotated[Engine | None, typer.Option(help="What computes. auto: the fastest that is right.")]
DtypeOption = Annotated[Dtype | None, typer.Option(help="Number type of the weights. native: as in the file.")]
ModelOption = Annotated[
    str | None, typer.Option("--model", "-m", help="Catalogue name, folder, .gguf file, or organisation/name[@rev].")
]
StandardizeOption = Annotated[
    bool, typer.Option("--standardize", help="Columns of a table's file: (x - mean) / standard deviation.")
]
SpecialOption = Annotated[bool, typer.Option(help="Read control tokens such as <bos> in the text as tokens.")]
EscapesOption = Annotated[bool, typer.Option(help=r"Read \n, \t and \\ in arguments as newline, tab, backslash.")]
