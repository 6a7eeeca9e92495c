"""Task: a table of the five characters that says of 神 what the lecture says: the records of `embed` in its space."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.lessons.records import rows
from llmlab.lessons.replies import Reply, Verdict

if TYPE_CHECKING:
    from llmlab.door import Lab

GOD, BY_FORMATION, BY_CATEGORY = "神", "奇大", "人妖"
FORMATION, CATEGORY = "构词法", "类别"
SAME = 1e-6  # of numbers of 32 bits

Point = dict[str, float]  # by dimension


class VectorRow(Struct):
    """A character's numbers, and what they are called."""

    text: str = ""
    dimensions: tuple[str, ...] = ()
    vector: tuple[float, ...] = ()


def check(reply: Reply, lab: "Lab") -> Verdict:
    points = _points(rows(reply, "embed --space my.csv", "embeddings", VectorRow))
    for dimension, nearer, farther in ((FORMATION, BY_FORMATION, BY_CATEGORY), (CATEGORY, BY_CATEGORY, BY_FORMATION)):
        wrong = _order(points, dimension, nearer, farther)
        if wrong:
            return Verdict(False, wrong)
    one, other = (points[name] for name in BY_CATEGORY)
    if all(abs(one[dimension] - other[dimension]) < SAME for dimension in one):
        return Verdict(False, tr("人 and 妖 are still one point: all their numbers are the same."))
    return Verdict(True, tr("Now the figures say it: by one side 神 is near 奇 and 大, by another near 人 and 妖."))


def _points(found: Sequence[VectorRow]) -> dict[str, Point]:
    """Each character's numbers. Raises MisuseError for records that are not of a table of the five."""
    known = {row.text: dict(zip(row.dimensions, row.vector, strict=False)) for row in found}
    points = {name: known.get(name, {}) for name in GOD + BY_FORMATION + BY_CATEGORY}
    dimensions = set(points[GOD])
    if not {FORMATION, CATEGORY} <= dimensions or any(set(point) != dimensions for point in points.values()):
        hint = tr("keep its head, and ask: llmlab embed 神 奇 大 人 妖 --space my.csv --format json")
        raise MisuseError(tr("these are not the five characters of a table with 构词法 and 类别"), hint)
    return points


def _order(points: Mapping[str, Point], dimension: str, nearer: str, farther: str) -> str:
    """What is wrong in one dimension: of which some should be nearer to 神 than the others. Empty for nothing."""
    away = {name: abs(point[dimension] - points[GOD][dimension]) for name, point in points.items()}
    last, first = max(nearer, key=away.__getitem__), min(farther, key=away.__getitem__)
    if away[last] < away[first] - SAME:
        return ""
    told = {"dimension": dimension, "last": last, "first": first, "a": f"{away[last]:g}", "b": f"{away[first]:g}"}
    return tr("By {dimension} {last} is {a} from 神 and {first} is {b}: {last} should be the nearer.", **told)
