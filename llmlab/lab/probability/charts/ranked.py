"""What the rankings of this lab share: as many rows as can be read, log-probabilities as bars, what each comes to."""

from collections.abc import Sequence

from msgspec import structs

from llmlab.lab import chart
from llmlab.language import later, tr
from llmlab.render.fold import cells, fold
from llmlab.view import Chart, Picture

MOST, LONG = 60, 30  # rows of a ranking that are drawn; of long texts, which would make a png of over 200 kB
TITLE = 2  # lines of a title
LOGPROB = later("log P (nats)")
PERCENT = {"format": "%", "values": [0, 0.25, 0.5, 0.75, 1]}


def noted(views: Sequence[Picture], *said: str) -> list[Picture]:
    """Tables with notes of the picture before their own."""
    first, *rest = views
    return [structs.replace(first, notes=(*filter(None, said), *first.notes)), *rest]


def brief(views: Sequence[Picture]) -> list[Picture]:
    """Tables whose title is a text that stands in the picture: of a long one its beginning."""
    first, *rest = views
    lines = fold(first.title, chart.LINE - 2)
    return [structs.replace(first, title=f"{lines[0]} …") if len(lines) > TITLE else first, *rest]


def most(texts: Sequence[str]) -> int:
    """How many rows are drawn of a ranking of texts."""
    return LONG if any(cells(text) > chart.LABEL for text in texts[:LONG]) else MOST


def cut(count: int, said: str, drawn: int = MOST) -> str:
    """What is `said` of a ranking that is not drawn to its end, such as "the first {drawn} of {count:,} texts"."""
    return tr(said, drawn=drawn, count=count) if count > drawn else ""


def negative(rows: Chart, field: str, title: str = "") -> Chart:
    """The channel of a log-probability: 0 at the left, so that what is likelier has the shorter bar."""
    lowest = min((row[field] for row in rows["values"] if row[field] is not None), default=-1.0) or -1.0
    return chart.number(
        field, title or tr(LOGPROB), scale={"domain": [lowest * room(rows), 0], "reverse": True, "nice": False}
    )


def share(rows: Chart, field: str, title: str) -> Chart:
    """The channel of a share of 1."""
    return chart.number(field, title, scale={"domain": [0, room(rows)], "nice": False}, axis=PERCENT)


def ranked(rows: Chart, value: Chart, hover: Sequence[Chart], *more: Chart) -> Chart:
    """Bars to the right with what each comes to (`figure`) at its end."""
    mark = {"type": "text", "style": "value", "align": "left", "baseline": "middle", "dx": 4, "clip": False}
    if chart.widest(rows) > chart.LABEL:
        mark["dy"] = 8  # as the bar, which stands below its label
    return chart.bars(rows, value, hover, *more, {"mark": mark, "encoding": {"x": value, "text": {"field": "figure"}}})


def room(rows: Chart) -> float:
    """The scale's end, in shares of the longest bar, so that its figure stands beside it."""
    longest = max((cells(str(row["figure"])) for row in rows["values"]), default=0)
    return 1 + (longest * chart.CELL) / (chart.WIDTH - longest * chart.CELL - chart.LABEL * chart.CELL)
