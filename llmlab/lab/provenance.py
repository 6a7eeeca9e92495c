"""Where a number comes from: the columns that every record carries, and the same as a line under every table."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmlab.language import later, tr
from llmlab.view import Record

if TYPE_CHECKING:
    from llmlab.backends.base import ModelInfo
    from llmlab.spaces.space import Space

NO_BOS = later("{origin}, no BOS: a text's first token has no probability")
UNTOLD = later("{origin}: the server tells no probability of a text's first token")
OF_TEXT = ("model", "revision", "engine", "library", "dtype", "bos")  # columns of what is said of a text


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
    return of_record({**of_vectors(info).columns, "bos": info.bos})


def of_vectors(info: "ModelInfo") -> Provenance:
    """Of the vectors that a model computes."""
    columns: Record = {"model": info.name, "revision": info.revision}
    columns |= {"engine": info.engine, "library": info.library, "dtype": info.dtype}
    return Provenance(columns, _computed(columns))


def of_record(record: Record) -> Provenance:
    """Of what a record tells of a text."""
    columns = {name: record[name] for name in OF_TEXT}
    origin, bos = _computed(columns), columns["bos"]
    if bos:
        return Provenance(columns, tr("{origin}, after {bos}", origin=origin, bos=bos))
    return Provenance(columns, tr(UNTOLD if columns["engine"] == "openai" else NO_BOS, origin=origin))


def _computed(columns: Record) -> str:
    """What computed."""
    model = f"{columns['model']} {columns['revision']}".strip()
    return tr("{model}, {engine}, {dtype}", model=model, engine=columns["engine"], dtype=columns["dtype"])


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
