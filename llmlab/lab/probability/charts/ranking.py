"""The picture of prob for several texts: their log-probabilities, likeliest first."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import LOGPROB, cut, most, negative, noted, ranked
from llmlab.lab.text import BITS, number
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.probability.ranking import Ranking

CUT = later("the first {drawn} of {count:,} texts")
FIELDS = ("rank", "text", "tokens", "logprob_nats", "probability", "logprob_per_token_nats", "perplexity")


def texts(ranking: "Ranking") -> Chart:
    """A bar a text; beside it what a token comes to, for a longer text is rarer."""
    records = ranking.records()
    count = most([visible(one["text"]) for one in records])
    drawn = records[:count]
    shown = list(map(_label, drawn))
    rows = chart.data(drawn, *FIELDS, shown=shown, figure=list(map(_figure, drawn)))
    hover = chart.tooltip(
        shown=tr("text"),
        logprob_nats=tr(LOGPROB),
        probability="P",
        tokens=tr("tokens"),
        logprob_per_token_nats=tr("log P a token (nats)"),
        perplexity=tr("perplexity"),
    )
    bars = ranked(rows, negative(rows, "logprob_nats"), hover)
    return chart.picture(noted(ranking.views(), cut(len(records), CUT, count)), bars)


def _label(record: Record) -> str:
    text = visible(record["text"])
    return tr("{text} (no probability)", text=text) if record["logprob_nats"] is None else text


def _figure(record: Record) -> str:
    if record["logprob_nats"] is None:
        return ""
    bits = -record["logprob_per_token_nats"] * BITS
    return tr("{nats}, {bits} bits a token", nats=number(record["logprob_nats"], 2), bits=number(bits, 1))
