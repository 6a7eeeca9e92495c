"""The picture of choose: what share of the probability each choice has."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import LOGPROB, MOST, cut, noted, ranked, share
from llmlab.lab.text import number
from llmlab.language import later, tr
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.probability.choose import Choices

CUT = later("the first {drawn} of {count:,} choices")
FIELDS = (
    "rank",
    "choice",
    "tokens",
    "logprob_nats",
    "probability",
    "share",
    "logprob_per_token_nats",
    "logprob_per_character_nats",
    "boundary",
)


def shares(found: "Choices") -> Chart:
    """A bar a choice, its log-probability beside it."""
    records = found.records()
    drawn = records[:MOST]
    rows = chart.data(
        drawn,
        *FIELDS,
        shown=[one.label for one in found.choices[:MOST]],
        figure=[
            tr("{share}%, log P = {nats}", share=number(own * 100, 1), nats=number(one.logprob, 2))
            for one, own in zip(found.choices[:MOST], found.shares, strict=False)
        ],
    )
    hover = chart.tooltip(
        shown=tr("choice"),
        logprob_nats=tr(LOGPROB),
        probability="P",
        share=tr("share"),
        tokens=tr("tokens"),
        logprob_per_token_nats=tr("log P a token"),
        logprob_per_character_nats=tr("log P a character"),
    )
    bars = ranked(rows, share(rows, "share", tr("share of the probability of these choices")), hover)
    return chart.picture(noted(found.views(), cut(len(records), CUT)), bars)
