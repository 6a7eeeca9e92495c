"""What tests ask of a picture: that it is Vega-Lite, which data it carries, and which texts are drawn."""

import json
from functools import cache
from importlib.resources import files

import jsonschema
import vl_convert

from llmlab.render import plot


@cache
def validator():
    """Of Vega-Lite's own schema, which altair carries."""
    schema = json.loads((files("altair") / "vegalite/v6/schema/vega-lite-schema.json").read_text("utf-8"))
    return jsonschema.Draft7Validator(schema)


def check(result, theme="light"):
    """The whole specification of a result's picture, which any Vega-Lite 6 can draw."""
    found = json.loads(plot.to_json(result, theme))
    errors = sorted(validator().iter_errors(found), key=lambda error: len(error.message))
    assert not errors, errors[0].message[:500]
    return found


def parts(chart):
    """A chart and all the charts in it."""
    yield chart
    for below in ("vconcat", "hconcat", "concat", "layer"):
        for one in chart.get(below, ()):
            yield from parts(one)
    if "spec" in chart:
        yield from parts(chart["spec"])


def rows(chart, *fields):
    """The rows of data, in all parts of a chart, that have these fields."""
    data = [row for part in parts(chart) for row in part.get("data", {}).get("values", ())]
    return [row for row in data if all(field in row for field in fields)]


def same_as_records(rows, records, renamed=()):
    """Rows that say of each record what it says itself, wherever they have a field of its name."""
    assert len(rows) == len(records)
    shared = (set(rows[0]) & set(records[0])) - set(renamed)
    assert shared
    for row, record in zip(rows, records, strict=True):
        assert {name: row[name] for name in shared} == {name: record[name] for name in shared}


def drawn(result, theme="light"):
    """Every text that is drawn: labels, titles, values."""
    graph = vl_convert.vegalite_to_scenegraph(plot.specification(result, theme), vl_version=plot.VEGA_LITE)
    return list(_texts(graph["scenegraph"]))


def _texts(mark):
    for item in mark.get("items", ()):
        if mark.get("marktype") == "text" and item.get("text") not in (None, ""):
            text = item["text"]
            yield from map(str, text if isinstance(text, list) else [text])
        for below in item.get("items", ()) if mark.get("marktype") == "group" else ():
            yield from _texts(below)
