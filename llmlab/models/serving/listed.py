"""The servers that run, as a table and as records. None of it shows a key, only in which file it stands."""

from dataclasses import dataclass
from datetime import datetime

from llmlab.language import later, tr, tr_many
from llmlab.models.serving.registry import KEY, Running
from llmlab.view import Cell, Column, Record, View

FRONT, BACK = later("the foreground"), later("the background")


@dataclass(frozen=True)
class Servers:
    """Servers of the user's on this machine; `model`: those of which are asked for, "" for all."""

    running: tuple[Running, ...]
    model: str = ""

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
        notes = (tr("use: --engine server"), tr("end: llmlab serve --stop"))
        return [View("", columns, [_row(one) for one in self.running], notes, self._conclusion())]

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
                "url": one.url,
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
        return [one.url for one in self.running]


def _row(one: Running) -> list[Cell]:
    since = _moment(one).strftime("%Y-%m-%d %H:%M")
    return [one.model, one.dtype, f"{one.url}/v1", since, str(one.parallel), tr(BACK if one.detached else FRONT)]


def _moment(one: Running) -> datetime:
    return datetime.fromtimestamp(one.since).astimezone()
