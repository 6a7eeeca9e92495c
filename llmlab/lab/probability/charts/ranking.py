"""The picture of prob for several texts: their log-probabilities, likeliest first."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import cut, most, negative, noted, ranked
from llmlab.lab.text import BITS, number
from llmlab.render.safe import visible
from llmlab.view import Chart, Record

if TYPE_CHECKING:
    from llmlab.lab.probability.ranking import Ranking

FIELDS = ("rank", "text", "tokens", "logprob_nats", "probability", "logprob_per_token_nats", "perplexity")


def texts(ranking: "Ranking") -> Chart:
    """A bar a text; beside it what a token comes to, for a longer text is rarer."""
    records = ranking.records()
    count = most([visible(one["text"]) for one in records])
    drawn = records[:count]
    shown = [visible(one["text"]) + (" (no probability)" if one["logprob_nats"] is None else "") for one in drawn]
    rows = chart.data(drawn, *FIELDS, shown=shown, figure=list(map(_figure, drawn)))
    hover = chart.tooltip(
        shown="text",
        logprob_nats="log P (nats)",
        probability="P",
        tokens="tokens",
        logprob_per_token_nats="log P a token (nats)",
        perplexity="perplexity",
    )
    bars = ranked(rows, negative(rows, "logprob_nats"), hover)
    return chart.picture(noted(ranking.views(), cut(len(records), "texts", count)), bars)


def _figure(record: Record) -> str:
    if record["logprob_nats"] is None:
        return ""
    bits = -record["logprob_per_token_nats"] * BITS
    return f"{number(record['logprob_nats'], 2)}, {number(bits, 1)} bits a token"
