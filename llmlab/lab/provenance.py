"""Where a number comes from: the columns that every record carries, and the same as a line under every table."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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
    bos = f"after {info.bos}" if info.bos else "no BOS: a text's first token has no probability"
    vectors = of_vectors(info)
    return Provenance(vectors.columns | {"bos": info.bos}, f"{vectors.line}, {bos}")


def of_vectors(info: "ModelInfo") -> Provenance:
    """Of the vectors that a model computes."""
    columns: Record = {"model": info.name, "revision": info.revision}
    columns |= {"engine": info.engine, "library": info.library, "dtype": info.dtype}
    return Provenance(columns, f"{info.name} {info.revision}, {info.engine}, {info.dtype}".replace(" ,", ","))


def of_space(space: "Space") -> Provenance:
    """Of the vectors of a space's words."""
    facts = space.facts
    columns: Record = {"space": facts.name, "model": facts.model, "revision": facts.revision}
    columns |= {"engine": facts.engine, "dtype": facts.dtype}
    words = f"{len(space.words):,} words x {space.dimension}"
    return Provenance(columns, f"space {facts.name}: {words}, {facts.model} {facts.revision}")
