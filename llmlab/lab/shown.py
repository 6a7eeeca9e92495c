"""How a result shows itself where there is no command: printed, and in a notebook as a table and a picture.

A notebook's front end shows one form of an output, the richest that it knows, and HTML comes before pictures: so table
and picture are two outputs (https://ipython.readthedocs.io/en/stable/config/integrating.html). JupyterLab 4 draws
Vega-Lite 5 and knows no later name of it; what is drawn here is the same in 5 and 6.
"""

import io
from collections.abc import Collection, Sequence
from typing import Any

from llmlab.view import Chart, Picture, Pictured, Several

VEGA_LITE = "application/vnd.vegalite.v5+json"
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"


class Shown:
    """What a result inherits to be shown; it holds nothing."""

    def views(self) -> Sequence[Picture]:
        raise NotImplementedError

    def __str__(self) -> str:
        """The table, as in a pipe."""
        from llmlab.render import Screen, table

        text = io.StringIO()
        table.draw(self.views(), text, Screen(terminal=False))
        return text.getvalue().removesuffix("\n")

    def _ipython_display_(self) -> None:
        """Show the table, and below it the picture."""
        from IPython.display import display

        for output in self._table(), self._picture():
            if output:
                display(output, raw=True)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """The same in one, for those who choose a form themselves."""
        found = {**self._table(), **self._picture()}
        return {kind: one for kind, one in found.items() if kind in (include or found) and kind not in (exclude or ())}

    def _table(self) -> dict[str, Any]:
        from llmlab.render.html import tables

        return {"text/plain": str(self), "text/html": tables(self.views())}

    def _picture(self) -> dict[str, Chart]:
        from llmlab.render.plot import specification

        if not isinstance(self, Pictured):
            return {}
        return {VEGA_LITE: {**specification(self), "$schema": SCHEMA}}


class Each(Several, Shown, frozen=True):
    """Several results that are shown."""
