"""Whether records stand in the order of their inputs, and all those of an input together."""

from llmlab.view import Record


class Order:
    """The inputs whose records went by."""

    def __init__(self) -> None:
        self.start = 0  # where the records of the last input begin, in bytes
        self.found = 0  # records of the last input
        self._item = self._wanted = self._before = 0

    def add(self, record: Record, start: int) -> bool:
        """Whether a record that stands there goes on with its input, or follows one that is whole."""
        if record["item"] == self._item:
            self.found += 1
            return self.found <= self._wanted
        follows = self.whole and record["item"] > self._item
        self._before, self.start = self._item, start
        self._item, self.found, self._wanted = record["item"], 1, record["item_records"]
        return follows

    @property
    def whole(self) -> bool:
        """Whether the last input has all its records."""
        return self.found == self._wanted

    def behind(self, item: int) -> bool:
        """Whether an input comes before one that is whole."""
        return item < (self._item if self.whole else self._before)
