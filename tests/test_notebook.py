"""A notebook that is run shows table and picture of a result, with the numbers of its records."""

import json
import os
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

from llmlab.lab.shown import VEGA_LITE  # noqa: E402 - what a notebook needs may not be here

ROOT = Path(__file__).parents[1]


class Cells(HTMLParser):
    """The texts of a table's cells, in their order."""

    def __init__(self, fragment):
        super().__init__()
        self.found, self._inside = [], False
        self.feed(fragment)

    def handle_starttag(self, tag, attrs):
        self._inside = tag == "td"
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag):
        self._inside = self._inside and tag != "td"

    def handle_data(self, data):
        if self._inside:
            self.found[-1] += data


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """Run cells in a kernel of this Python, and give the outputs of each but what is said on stderr."""
    spec = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "language": "python"}
    folder = tmp_path / "kernels" / "this"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps({**spec, "display_name": "this Python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])))

    def run(*cells):
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        nbclient.NotebookClient(book, timeout=300, kernel_name="this").execute()
        nbformat.validate(book)
        return [[one for one in cell.outputs if one.get("name") != "stderr"] for cell in book.cells]

    return run


def checked(outputs, records):
    """A table, then a picture, of these records of prob."""
    table, picture = (output["data"] for output in outputs)
    assert set(table) == {"text/plain", "text/html"}
    assert set(picture) == {VEGA_LITE}
    cells, values = Cells(table["text/html"]).found, drawn(picture[VEGA_LITE])
    assert [one["surprisal_bits"] for one in values] == [one["surprisal_bits"] for one in records]
    for one in records:
        assert f"{one['surprisal_bits']:.2f}" in cells
        assert f"{one['surprisal_bits']:.2f}" in table["text/plain"]


def drawn(spec):
    """The first rows of data that have what a bar of prob shows."""
    if isinstance(spec, dict):
        values = spec.get("values")
        if isinstance(values, list) and values and "surprisal_bits" in values[0]:
            return values
        spec = list(spec.values())
    found = (drawn(one) for one in spec if isinstance(one, dict | list)) if isinstance(spec, list) else ()
    return next((one for one in found if one), None)


OPEN = "import json, llmlab\nlab = llmlab.open({})"
ASK = "answer = lab.prob({!r})\nprint(json.dumps(answer.records()))"


def test_a_notebook_shows_table_and_picture_with_the_numbers_of_the_records(notebook, gguf_file):
    chosen = f"model={str(gguf_file)!r}"
    _, (printed,), shown = notebook(OPEN.format(chosen), ASK.format("The cat <b>sat</b>."), "answer")
    assert "<b>" not in shown[0]["data"]["text/html"]
    checked(shown, json.loads(printed["text"]))


@pytest.mark.models
def test_the_models_of_the_wheels_show_themselves_in_a_notebook(notebook):
    _, (printed,), shown, words = notebook(
        OPEN.format(""), ASK.format("今天天气很好"), "answer", "lab.neighbors('爱', k=5)"
    )
    checked(shown, json.loads(printed["text"]))
    table, picture = words
    assert "爱上" in Cells(table["data"]["text/html"]).found
    assert "爱上" in json.dumps(picture["data"][VEGA_LITE], ensure_ascii=False)
