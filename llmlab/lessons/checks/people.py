"""Task: columns of the table of people by which, standardised, 小陈 is more like 小明 than 小红 is."""

from typing import TYPE_CHECKING

from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.lessons.replies import Reply, Verdict
from llmlab.lessons.sentences import together
from llmlab.packaged import packaged

if TYPE_CHECKING:
    from llmlab.door import Lab

FEWEST = 2  # one column alone is what the lecture says
SAME = 1e-6  # two cosines that are one, but for rounding
ASKED, WANTED, OTHER = "小明", "小陈", "小红"


def check(reply: Reply, lab: "Lab") -> Verdict:
    columns = dict.fromkeys(reply.words)
    if len(columns) < FEWEST:
        raise MisuseError(tr("this task asks for two columns or more"), tr("give their names: 身高,体重"))
    wanted, other = (_cosine(lab, one, list(columns)) for one in (WANTED, OTHER))
    told = {"asked": ASKED, "wanted": WANTED, "other": OTHER, "a": f"{wanted:z.4f}", "b": f"{other:z.4f}"}
    by = tr("By these columns the cosine of {asked} and {wanted} is {a}, of {asked} and {other} {b}.", **told)
    if abs(wanted - other) < SAME:
        return Verdict(False, together(by, tr("Equally near is not nearer.")))
    if wanted < other:
        return Verdict(False, together(by, tr("See which column helps {other}, and which one hurts {wanted}.", **told)))
    return Verdict(True, together(by, tr("Who is alike depends on the dimensions that describe them.")))


def _cosine(lab: "Lab", other: str, columns: list[str]) -> float:
    """0 where one has nothing but zeros in these columns, as one that lies at the mean: it is like nobody."""
    space = packaged() / "exercises" / "people.csv"
    pair = lab.why(ASKED, other, space=str(space), standardize=True, columns=columns, metric="dot").pair
    one, two = pair.norms
    return float(pair.matrix[0, 1] / (one * two)) if one and two else 0.0
