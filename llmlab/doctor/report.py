"""What the doctor found: a row a section for people, a record a fact for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llmlab.language import clauses, later, tr, tr_many
from llmlab.view import Cell, Column, Record, View

Value = str | int | float | bool | list[str] | None
ROWS = {
    "llmlab": "llmlab",
    "packages": later("packages"),
    "llama.cpp": "llama.cpp",
    "processor": later("processor"),
    "cores": later("cores"),
    "memory": later("memory"),
    "cache": later("cache"),
    "models": later("models"),
    "spaces": later("spaces"),
    "network": later("network"),
    "fonts": later("fonts"),
    "terminal": later("terminal"),
    "settings": later("settings"),
}
LISTS = ("packages", "models", "spaces")  # rows of things; the others are of clauses


@dataclass(frozen=True)
class Fact:
    """One thing that was looked at."""

    section: str
    name: str
    value: Value
    told: str = ""  # to people; "" for what only programs need
    lacks: str = ""  # what is not well about it, in a clause
    mend: str = ""  # the command that mends that, or what to do


@dataclass(frozen=True)
class Report:
    facts: tuple[Fact, ...]

    @property
    def lacking(self) -> list[Fact]:
        """What is not well."""
        return [one for one in self.facts if one.lacks]

    def views(self) -> list[View]:
        told = {section: [one.told for one in self.facts if one.section == section and one.told] for section in ROWS}
        rows: list[list[Cell]] = [[tr(ROWS[name]), _joined(name, some)] for name, some in told.items() if some]
        return [View("", (Column(tr("what")), Column(tr("state"), wide=True)), rows, conclusion=self._conclusion())]

    def _conclusion(self) -> str:
        if not self.lacking:
            return tr("All is well: nothing that llmlab needs is missing.")
        each = [tr("{lacks} (mend it: {mend})", lacks=one.lacks, mend=one.mend) for one in self.lacking]
        return tr_many(
            "{count} thing is not well: {each}.",
            "{count} things are not well: {each}.",
            len(each),
            each=tr("; ").join(each),
        )

    def records(self) -> list[Record]:
        return [
            {
                "section": one.section,
                "name": one.name,
                "value": one.value,
                "well": not one.lacks,
                "mend": one.mend or None,
            }
            for one in self.facts
        ]

    def document(self) -> Record:
        return {"all_well": not self.lacking, "facts": self.records()}

    def values(self) -> list[str]:
        """What mends it, a line each; none where all is well."""
        return [one.mend for one in self.lacking]


def _joined(section: str, told: Sequence[str]) -> str:
    return tr(", ").join(told) if section in LISTS else clauses(told)


def homeless(path: Path) -> str:
    """A path whose beginning, where it is the user's home, is ~; the root is nobody's, where HOME is empty."""
    try:
        home = Path.home()
        return str(path if home == Path(home.anchor) else Path("~") / path.relative_to(home))
    except (ValueError, RuntimeError):  # elsewhere; nobody's home
        return str(path)


def joined(words: Sequence[str]) -> str:
    """Words of a list in a row of the table; of none a dash."""
    return " ".join(words) or "–"
