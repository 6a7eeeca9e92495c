"""How many are right, in every group and in all."""

from collections import Counter

from llmlab.lab.shares import Share


class GroupShares:
    """So many right of so many of each group; "" is all of them."""

    def __init__(self) -> None:
        self._right: Counter[str] = Counter()
        self._trials: Counter[str] = Counter()

    def add(self, group: str, right: bool) -> None:
        for name in {group, ""}:
            self._trials[name] += 1
            self._right[name] += right

    def each(self) -> list[tuple[str, Share]]:
        """Every group in the order of their names, then all."""
        return [(name, self[name]) for name in (*sorted(self._trials.keys() - {""}), "")]

    def __getitem__(self, group: str) -> Share:
        return Share(self._right[group], self._trials[group])
