"""Several models beside each other: how each is called in a table."""

from collections import Counter
from collections.abc import Sequence

from llmlab.lab.provenance import Provenance
from llmlab.render.safe import visible


def names(origins: Sequence[Provenance]) -> list[str]:
    """Each model's name, with its number type where the same model answers twice."""
    found = [visible(str(one.columns["model"])) for one in origins]
    times = Counter(found)
    return [
        f"{name} {one.columns['dtype']}" if times[name] > 1 else name for name, one in zip(found, origins, strict=True)
    ]


def lines(origins: Sequence[Provenance]) -> tuple[str, ...]:
    """Where the numbers of each model come from."""
    return tuple(dict.fromkeys(one.line for one in origins))
