"""Task: the radius by l2 that finds just the words that are near `love` by cosine similarity."""

import math
from typing import TYPE_CHECKING, Any

from llmlab.language import tr
from llmlab.lessons.replies import Reply, Verdict
from llmlab.lessons.sentences import together

if TYPE_CHECKING:
    from llmlab.door import Lab

WORD, LEAST = "love", 0.6  # all words at least so similar by cosine
NEAR = 0.01  # so near to what is often mixed up, and it is that


def check(reply: Reply, lab: "Lab") -> Verdict:
    radius = reply.number
    wanted = _words(lab, within=LEAST)
    found = _words(lab, within=radius, metric="l2")
    told: dict[str, Any] = {"radius": f"{radius:g}", "found": len(found), "wanted": len(wanted), "least": LEAST}
    if found == wanted:
        why = tr("l2 at most {radius} finds the same {wanted} words as cosine at least {least}.", **told)
        return Verdict(True, together(why, tr("Of vectors that are 1 long, |a - b|² = 2 - 2 cos(a, b).")))
    why = tr("l2 at most {radius} finds {found} words, cosine at least {least} finds {wanted}.", **told)
    return Verdict(False, together(why, _mixed_up(radius)))


def _words(lab: "Lab", **asked: Any) -> set[str]:
    return {str(record["word"]) for record in lab.neighbors(WORD, **asked).records()}


def _mixed_up(radius: float) -> str:
    """What the number is instead; empty where that cannot be told."""
    known = {
        LEAST: tr("That is the cosine itself; l2 is a distance, small for what is near."),
        1 - LEAST: tr("That is 1 - cosine, a distance too, but another one than l2."),
        2 - 2 * LEAST: tr("That is the square of the distance."),
    }
    return next((said for number, said in known.items() if math.isclose(radius, number, abs_tol=NEAR)), "")
