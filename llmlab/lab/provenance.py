"""Where a number comes from: the columns that every record carries, and the same as a line under every table."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmlab.language import tr
from llmlab.view import Record

if TYPE_CHECKING:
    from llmlab.backends.base import ModelInfo
    from llmlab.spaces.space import Space


@dataclass(frozen=True)
class Provenance:
    """Model, revision, engine, library and number type; of text also BOS, of words also their space."""

    columns: Record
    line: str

    def at(self, line: str, **more: str) -> "Provenance":
        """The same of a part of the model, such as one of its layers."""
        return replace(self, columns=self.columns | more, line=line)


def of_text(info: "ModelInfo") -> Provenance:
    """Of what a causal language model says of a text."""
    vectors = of_vectors(info)
    line = (
        tr("{origin}, after {bos}", origin=vectors.line, bos=info.bos)
        if info.bos
        else tr("{origin}, no BOS: a text's first token has no probability", origin=vectors.line)
    )
    return Provenance(vectors.columns | {"bos": info.bos}, line)


def of_vectors(info: "ModelInfo") -> Provenance:
    """Of the vectors that a model computes."""
    columns: Record = {"model": info.name, "revision": info.revision}
    columns |= {"engine": info.engine, "library": info.library, "dtype": info.dtype}
    model = f"{info.name} {info.revision}".strip()
    return Provenance(columns, tr("{model}, {engine}, {dtype}", model=model, engine=info.engine, dtype=info.dtype))


def of_space(space: "Space") -> Provenance:
    """Of the vectors of a space's words."""
    facts = space.facts
    columns: Record = {"space": facts.name, "model": facts.model, "revision": facts.revision}
    columns |= {"engine": facts.engine, "dtype": facts.dtype}
    line = tr(
        "space {name}: {count:,} words x {dimension}, {model} {revision}",
        name=facts.name,
        count=len(space.words),
        dimension=space.dimension,
        model=facts.model,
        revision=facts.revision,
    )
    return Provenance(columns, line)
