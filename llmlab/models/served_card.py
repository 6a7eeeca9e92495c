"""What is known of a model behind servers: where they are, which variable holds their key, and what a probe found."""

from collections.abc import Mapping
from dataclasses import dataclass

from llmlab.backends.served.base import Findings
from llmlab.config import Config
from llmlab.language import later, tr
from llmlab.models import probing, servers
from llmlab.models.fact_names import fact_name
from llmlab.models.probed import Probed
from llmlab.models.servers import Server
from llmlab.view import Cell, Column, Record, View

SET, UNSET = later("{name}, which is set"), later("{name}, which is not set")


@dataclass(frozen=True)
class ServedCard:
    """A model's servers. Nobody is asked for it, and the key is not shown."""

    server: Server
    kind: str
    licence: str
    has_key: bool
    found: Findings | None

    def views(self) -> list[View]:
        facts: dict[str, str] = {
            "kind": self.kind,
            "served_as": self.server.model,
            "servers": " ".join(self.server.urls),
            "key_variable": tr(SET if self.has_key else UNSET, name=self.server.key),
            "licence": self.licence,
        }
        rows: list[list[Cell]] = [[fact_name(key), value] for key, value in facts.items() if value]
        known = self.found is not None or self.kind != "causal"
        notes = () if known else (tr("what it can do: {command}", command=f"llmlab models probe {self.server.name}"),)
        columns, conclusion = (Column(tr("fact")), Column("", wide=True)), tr("It runs behind a server.")
        probed = Probed(self.server, self.found).views() if self.found else []
        return [View(self.server.name, columns, rows, notes, conclusion), *probed]

    def records(self) -> list[Record]:
        return [
            {
                "model": self.server.name,
                "kind": self.kind,
                "served_as": self.server.model,
                "servers": list(self.server.urls),
                "key_variable": self.server.key,
                "key_set": self.has_key,
                "probed": self.found is not None,
            }
        ]

    def document(self) -> Record:
        return self.records()[0]

    def values(self) -> list[str]:
        return list(self.server.urls)


def read(config: Config, server: Server, environ: Mapping[str, str]) -> ServedCard:
    """The card of a model, of which the settings may tell more. Raises MisuseError for a key that is none."""
    entry = config.models.get(server.name)
    kept = probing.kept(config, server)
    server, found = kept or (server, None)
    has_key = bool(servers.checked_key(server.key, environ))
    return ServedCard(server, entry.kind if entry else "causal", entry.licence if entry else "", has_key, found)
