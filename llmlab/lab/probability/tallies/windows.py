"""What the windows of a long text come to, a record each: the text's perplexity."""

from typing import TYPE_CHECKING

from llmlab.lab.exact import ExactSum
from llmlab.lab.provenance import of_record
from llmlab.lab.tally import RecordTally
from llmlab.view import Record, View

if TYPE_CHECKING:
    from llmlab.lab.probability.perplexity import LongText


class WindowsTally(RecordTally):
    """Windows that were scored."""

    def __init__(self) -> None:
        self._windows = self._characters = self._bytes = self._tokens = self._scored = 0
        self._logprob = ExactSum()
        self._last: Record = {}

    def add(self, record: Record) -> None:
        self._last = record
        self._windows += 1
        self._characters += record["characters"]
        self._bytes += record["bytes"]
        self._tokens += record["tokens"]
        self._scored += record["scored_tokens"]
        self._logprob.add(float("-inf") if record["logprob_nats"] is None else record["logprob_nats"])

    def views(self) -> list[View]:
        return self.text().views()

    def values(self) -> list[str]:
        return self.text().values()

    def text(self) -> "LongText":
        """The text as far as its windows go; without what is drawn along it."""
        from llmlab.lab.probability.perplexity import LongText
        from llmlab.lab.probability.profile import Profile

        last = self._last
        return LongText(
            last["text"],
            self._characters,
            self._bytes,
            self._tokens,
            self._scored,
            float(self._logprob),
            self._windows,
            last["window_tokens"],
            last["stride_tokens"],
            of_record(last),
            Profile(1, (), ()),
        )
