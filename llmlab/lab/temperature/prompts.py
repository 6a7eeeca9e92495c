"""The samples of several prompts, one after the other."""

from collections.abc import Sequence

from llmlab.lab.temperature.samples import Samples
from llmlab.view import Chart, Panel, Several

FEW = 3  # prompts whose pictures and panels stand below each other


class Prompts(Several, frozen=True):
    """What was asked of a model, and what it said."""

    results: Sequence[Samples]

    def panels(self) -> list[Panel]:
        """Of a few prompts those of each."""
        return super().panels() if len(self.results) <= FEW else []

    def chart(self) -> Chart:
        """Of a few prompts the pictures of each; of more one of their measures."""
        from llmlab.lab.temperature.charts.prompts import together

        return super().chart() if len(self.results) <= FEW else together(self.results)
