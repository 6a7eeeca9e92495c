"""What the records of `choose FILE` come to: how often the right choice is the likeliest."""

from llmlab.lab.probability.choose import MERGED, label
from llmlab.lab.probability.tallies.shares import GroupShares
from llmlab.lab.provenance import of_record
from llmlab.lab.shares import Share, share_columns
from llmlab.lab.tally import RecordTally
from llmlab.lab.text import number
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Cell, Column, Record, View

MISSES = 5  # wrong answers shown
BY = {"sum": later("sum"), "per_character": later("per character"), "per_token": later("per token")}


class QuizTally(RecordTally):
    """Questions that were answered, by group; a record is one choice, and those of a question stand together."""

    def __init__(self) -> None:
        self._shares = {score: GroupShares() for score in BY}
        self._misses: dict[int, dict[str, Record]] = {}  # of a question, the right choice and the one picked
        self._merged = False
        self._last: Record = {}

    def add(self, record: Record) -> None:
        self._last = record
        self._merged |= record["boundary"] == "merged"
        if record["right"]:
            for score, shares in self._shares.items():
                shares.add(record["group"], record[f"picked_by_{score}"])
        known = record["question"] in self._misses or len(self._misses) < MISSES
        if known and record["right"] != record["picked_by_sum"]:
            part = "right" if record["right"] else "picked"
            self._misses.setdefault(record["question"], {})[part] = record

    def groups(self) -> list[tuple[str, str, Share]]:
        """How often the right choice is the likeliest: group, by which score, share; the last are ("") of all."""
        names = [name for name, _ in self._shares["sum"].each()]
        return [(name, score, shares[name]) for name in names for score, shares in self._shares.items()]

    def views(self) -> list[View]:
        columns = (
            Column(tr("group"), wide=True),
            Column(tr("questions"), True),
            Column(tr("by"), means=tr("by which log P of the choices is compared")),
            *share_columns(),
        )
        rows: list[list[Cell]] = []
        for group, score, share in self.groups():
            name: list[Cell] = [visible(group) or tr("all"), share.trials] if score == "sum" else ["", ""]
            rows.append([*name, tr(BY[score]), *share.cells()])
        notes = (tr("sum is acc, per character acc_norm of lm-evaluation-harness"), of_record(self._last).line)
        return [View("", columns, rows, notes, self._conclusion()), *self._wrong()]

    def values(self) -> list[str]:
        return [repr(self._shares["sum"][""].share)]

    def _conclusion(self) -> str:
        whole = self._shares["sum"][""]
        return tr(
            "The right choice is the likeliest in {right:,} of {trials:,} questions ({share:.1%}).",
            right=whole.right,
            trials=whole.trials,
            share=whole.share,
        )

    def _wrong(self) -> list[View]:
        if not self._misses:
            return []
        columns = (Column(tr("context"), wide=True), Column(tr("right")), Column("log P", True), Column(tr("picked")))
        rows: list[list[Cell]] = []
        for one in self._misses.values():
            both = [cell for part in ("right", "picked") for cell in (_label(one[part]), _logprob(one[part]))]
            rows.append([visible(one["right"]["context"]), *both])
        notes = (tr(MERGED),) if self._merged else ()
        return [View(tr("some that the sum gets wrong"), (*columns, Column("log P", True)), rows, notes)]


def _label(record: Record) -> str:
    return label(record["choice"], record["spaced"], record["boundary"])


def _logprob(record: Record) -> str:
    return number(float("nan") if record["logprob_nats"] is None else record["logprob_nats"])
