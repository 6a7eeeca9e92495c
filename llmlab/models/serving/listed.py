"""The servers that run, as a table and as records. None of it shows a key, only in which file it stands."""

from dataclasses import dataclass
from datetime import datetime

from llmlab.language import later, tr, tr_many
from llmlab.models.serving.registry import EVERY, KEY, Running
from llmlab.view import Cell, Column, Record, View

FRONT, BACK = later("the foreground"), later("the background")


@dataclass(frozen=True)
class Servers:
    """Servers of the user's on this machine; `model`: those of which are asked for, "" for all."""

    running: tuple[Running, ...]
    model: str = ""
    silent: frozenset[int] = frozenset()  # the processes of those that do not answer

    def views(self) -> list[View]:
        columns = (
            Column(tr("model")),
            Column(tr("type"), means=tr("of its numbers")),
            Column(tr("where")),
            Column(tr("since"), wide=True),
            Column(tr("parallel"), True, means=tr("texts that it computes at once")),
            Column(tr("runs in")),
        )
        if not self.running:
            return [View("", (), (), (), self._conclusion())]
        keys = [tr("key of {model}: in {file}", model=one.model, file=one.folder / KEY) for one in self.running]
        notes = (tr("use: --engine server"), *keys, tr("end: llmlab serve --stop"))
        return [View("", columns, [self._row(one) for one in self.running], notes, self._conclusion())]

    def _conclusion(self) -> str:
        if count := len(self.running):
            return tr_many("{count} server runs.", "{count} servers run.", count)
        return tr("No server runs for {model}.", model=self.model) if self.model else tr("No server runs.")

    def records(self) -> list[Record]:
        return [
            {
                "model": one.model,
                "revision": one.revision,
                "dtype": one.dtype,
                "library": one.version,
                "url": one.base_url,
                "host": one.host or None,
                "answers": one.pid not in self.silent,
                "key_file": str(one.folder / KEY),
                "pid": one.pid,
                "since": _moment(one).isoformat(timespec="seconds"),
                "parallel": one.parallel,
                "context": one.context,
                "detached": one.detached,
            }
            for one in self.running
        ]

    def document(self) -> Record:
        return {"servers": self.records()}

    def values(self) -> list[str]:
        return [one.base_url for one in self.running]

    def _row(self, one: Running) -> list[Cell]:
        since = _moment(one).strftime("%Y-%m-%d %H:%M")
        kept = tr(BACK if one.detached else FRONT)
        state = tr("{where}, does not answer", where=kept) if one.pid in self.silent else kept
        return [one.model, one.dtype, _where(one), since, str(one.parallel), state]


def _where(one: Running) -> str:
    """Its URL, and the address that it listens at where that is another one: all of a machine's."""
    url = one.base_url
    return tr("{url} (listens at {host})", url=url, host=one.host) if one.host in EVERY else url


def _moment(one: Running) -> datetime:
    return datetime.fromtimestamp(one.since).astimezone()
