"""A result by itself: printed it is its table; in a notebook it is a table and a picture."""

import io
from dataclasses import dataclass

import pytest
from lab_vectors import embeddings

from llmlab.backends.settings import Settings
from llmlab.lab import prompt as prompts
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.probability.prob import ledger
from llmlab.lab.shown import SCHEMA, VEGA_LITE, Each, Shown
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.samples import draw
from llmlab.lab.vectors.odd import odd_one_out
from llmlab.render import Screen, show
from llmlab.view import Column, View


@dataclass(frozen=True)
class Bare(Shown):
    """A result that has no picture."""

    word: str

    def views(self):
        return [View("a title", (Column("word"),), [[self.word]])]


@pytest.fixture(scope="module")
def results(lm):
    context = prompts.read(lm, "The cat", raw=True)
    return {
        "prob": ledger(lm, "The cat <b>sat</b>."),
        "next": next_tokens(lm, context, 5, (0.5, 1.0), Settings()),
        "generate": draw(lm, context, Plan(temperatures=(0.5, 1.5), samples=4, max_tokens=3)),
        "odd": odd_one_out(embeddings(["cat", "<i>dog</i>", "车"])),
    }


KINDS = ["prob", "next", "generate", "odd"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_printed_result_is_its_table_in_a_pipe(results, kind):
    piped = io.StringIO()
    show(results[kind], "table", piped, Screen(terminal=False))
    assert f"{results[kind]}\n" == piped.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_gets_a_table_as_text_and_html_and_a_picture(results, kind):
    bundle = results[kind]._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", VEGA_LITE}
    assert bundle["text/plain"] == str(results[kind])
    assert "<table" in bundle["text/html"]
    assert "<b>sat" not in bundle["text/html"]
    assert "<i>dog" not in bundle["text/html"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_picture_is_one_that_notebooks_draw(results, kind):
    """JupyterLab 4 has Vega-Lite 5; the oldest that is here is 5.8."""
    vl_convert = pytest.importorskip("vl_convert")
    spec = results[kind]._repr_mimebundle_()[VEGA_LITE]
    assert spec["$schema"] == SCHEMA
    vega = vl_convert.vegalite_to_vega(spec, vl_version="5.8")
    assert vega["marks"]
    svg = vl_convert.vegalite_to_svg(spec, vl_version="5.8")
    assert svg.count("<path") > 3


def test_forms_can_be_chosen(results):
    whole = results["prob"]
    assert set(whole._repr_mimebundle_(include=["text/html"])) == {"text/html"}
    assert set(whole._repr_mimebundle_(exclude=["text/html", "text/plain"])) == {VEGA_LITE}


def test_a_result_without_a_picture_is_a_table_alone():
    assert set(Bare("cat")._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_several_results_are_shown_one_after_the_other(results):
    both = Each("texts", [results["prob"], results["prob"]])
    assert str(both) == f"{results['prob']}\n\n{strip_legend(str(results['prob']))}"
    assert both._repr_mimebundle_()["text/html"].count("<table") == 2


def strip_legend(text):
    """A table below another, whose columns are explained already."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("P: "))
