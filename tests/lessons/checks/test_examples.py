"""Examples that make an answer likely, against the probabilities of whole texts, with the answer and without."""

import json
import math
import re

import pytest

from llmlab.errors import MisuseError
from llmlab.lessons.checks.examples import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models

EXAMPLES = ["banana -> yellow", "snow -> white", "blood -> red", "sky -> blue"]


def asked(lab, *lines):
    return check(Reply(json.dumps(lab.next("\n".join(lines), k=1).document())), lab)


def after(lab, context):
    """P(green after the context) as P of both over P of the context."""
    both, alone = (lab.prob(text).total for text in (context + " green", context))
    return math.exp(both - alone)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_right_is_what_makes_the_answer_likely_enough(lab, count):
    lines = [*EXAMPLES[:count], "grass ->"]
    likely = after(lab, "\n".join(lines))
    assert (likely >= 0.4) == (count == 4)
    verdict = asked(lab, *lines)
    assert verdict.right == (count == 4)
    told = re.match(r"Examples: (\d); P\(green\) is ([.\d]+)\. ", verdict.why)
    assert int(told[1]) == count
    assert float(told[2]) == pytest.approx(likely, abs=0.002)


def test_the_answer_must_not_stand_in_the_prompt(lab):
    verdict = asked(lab, *EXAMPLES, "leaf -> Green", "grass ->")
    assert not verdict.right
    assert "gives the answer away" in verdict.why


def test_another_question_and_other_records_are_refused(lab):
    with pytest.raises(MisuseError, match="last line"):
        asked(lab, *EXAMPLES, "leaf ->")
    with pytest.raises(MisuseError, match="no example"):
        asked(lab, "grass ->")
    with pytest.raises(MisuseError, match="llmlab next"):
        check(Reply(json.dumps(lab.tokens("grass ->").document())), lab)
