"""The columns that several tables of samples have."""

from llmlab.language import tr
from llmlab.view import Column


def heat() -> Column:
    return Column("T", True, means=tr("temperature: 0 is argmax, 1 the model itself"))


def finish() -> Column:
    means = tr("by a stop text, at the end the model sets, or at the length of --max-tokens")
    return Column(tr("finish"), means=means)


def times() -> Column:
    return Column(tr("times"), True, means=tr("samples with this answer"))


def distinct() -> Column:
    return Column(tr("distinct"), True, means=tr("different answers"))


def surprisal() -> Column:
    return Column(tr("bits/token"), True, means=tr("surprise to the model itself"))


def summary() -> tuple[Column, ...]:
    """Of what the samples of a temperature are like."""
    return (
        heat(),
        distinct(),
        Column("dist-1", True, means=tr("share of different tokens")),
        Column("dist-2", True, means=tr("of different pairs of tokens")),
        surprisal(),
        Column(tr("tokens"), True, means=tr("a sample")),
    )


def begins() -> tuple[Column, ...]:
    """Of its likeliest first token."""
    return (
        Column(tr("first"), wide=True, means=tr("the likeliest first token")),
        Column("P", True, means=tr("its exact probability at this T")),
        Column(tr("seen"), True, means=tr("the share of samples that begin with it")),
    )
