"""The picture of orders: the likeliest orders of a sentence, and the original among them."""

from typing import TYPE_CHECKING

from llmlab.lab import chart
from llmlab.lab.probability.charts.ranked import LOGPROB, cut, most, negative, noted, ranked
from llmlab.lab.text import number
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Chart

if TYPE_CHECKING:
    from llmlab.lab.probability.orders import Orders

CUT = later("the first {drawn} of {count:,} orders")
FIELDS = ("rank", "original", "text", "tokens", "logprob_nats", "probability", "logprob_per_token_nats")


def likeliest_orders(found: "Orders") -> Chart:
    """A bar an order; the original's has a colour of its own, and is there however rare it is."""
    records = found.records()
    count = most([visible(one.text) for one in found.texts])
    drawn = records[:count] if found.place <= count else [*records[: count - 1], records[found.place - 1]]
    shown = [f"{one['rank']:,}. {visible(one['text'])}" for one in drawn]
    rows = chart.data(drawn, *FIELDS, shown=shown, figure=[number(one["logprob_nats"], 2) for one in drawn])
    hover = chart.tooltip(shown=tr("order"), logprob_nats=tr(LOGPROB), probability="P", tokens=tr("tokens"))
    value = negative(rows, "logprob_nats")
    bars = ranked(rows, value, hover, chart.standing_out(rows, value, hover, "original"))
    original = tr("the original, number {place:,}, has another colour", place=found.place)
    return chart.picture(noted(found.views(), original, _cut(found, count)), bars)


def _cut(found: "Orders", drawn: int) -> str:
    if found.place <= drawn:
        return cut(len(found.texts), CUT, drawn)
    count = len(found.texts)
    return tr("the first {drawn} of {count:,} orders, and the original", drawn=drawn - 1, count=count)
