"""What a server can do, for the eye: each ability, what was found, and which verbs ask for it."""

from dataclasses import dataclass

from llmlab.backends.served.base import LIES, Abilities, Findings
from llmlab.language import later, retold, tr
from llmlab.models.servers import Server
from llmlab.view import Cell, Column, Record, View

YES, NO, UNKNOWN = later("yes"), later("no"), later("not known")
SCORES = {
    "": NO,
    "echo": later("yes, by echo"),
    "prompt_logprobs": later("yes, by prompt_logprobs"),
    "forced": later("yes, token by token"),
}
NAMED = {"numbers": later("by number"), "text": later("by text, which two may share")}


@dataclass(frozen=True)
class Probed:
    """What a probe found at the servers of a model."""

    server: Server
    found: Findings

    def views(self) -> list[View]:
        columns = (Column(tr("what it does")), Column(tr("finding")), Column(tr("who needs it"), wide=True))
        notes = (
            *(retold(one, *LIES) for one in self.found.abilities.lies),
            f"{self.server.name} {self.found.build}".strip(),
        )
        return [View(self.server.urls[0], columns, self._rows(self.found.abilities), notes, self._conclusion())]

    def _conclusion(self) -> str:
        able = self.found.abilities
        if able.scores:
            return tr("It scores texts, lists next tokens and draws: most verbs work.")
        if able.listed:
            return tr("It lists next tokens and draws, and does not score a text: next, choose and generate work.")
        return tr("It draws, and shows no probabilities: generate works.")

    def _rows(self, able: Abilities) -> list[list[Cell]]:
        return [
            [tr("continues a text"), _told(able.completions), "generate, next, prob"],
            [tr("answers a conversation"), _told(able.chats), tr("generate with a chat model")],
            [tr("scores a text"), tr(SCORES[able.scores]), "prob, compare, orders, pairs, perplexity, choose"],
            [tr("lists likeliest tokens"), able.listed, "next -k, choose"],
            [tr("names tokens"), tr(NAMED[able.named]), tr("next, and how varied samples are")],
            [tr("lists the model itself at any T"), _told(_not(able.scaled)), tr("log P of samples")],
            [tr("draws from softmax(z / T)"), _told(able.tempered), "generate --temperature"],
            [tr("keeps to a seed"), _told(able.seeded), "generate --seed"],
            [tr("keeps to top-k and min-p"), _told(able.filters), "generate --top-k"],
            [tr("puts BOS before a text"), _told(able.bos), tr("the first token's probability")],
            [tr("takes tokens by number"), _told(able.reads_numbers), tr("exact contexts")],
            [tr("tokens at once"), self.found.context or tr(UNKNOWN), tr("long texts")],
        ]

    def records(self) -> list[Record]:
        able = self.found.abilities
        return [
            {
                "model": self.server.name,
                "servers": list(self.server.urls),
                "build": self.found.build,
                "completions": able.completions,
                "chats": able.chats,
                "scores": able.scores or None,
                "listed": able.listed,
                "named": able.named,
                "scaled": able.scaled,
                "tempered": able.tempered,
                "seeded": able.seeded,
                "filters": able.filters,
                "bos": able.bos,
                "reads_numbers": able.reads_numbers,
                "context_tokens": self.found.context or None,
                "lies": list(able.lies),
            }
        ]

    def document(self) -> Record:
        return self.records()[0]

    def values(self) -> list[str]:
        return [self.found.abilities.scores or "none"]


def _told(found: bool | None) -> str:
    return tr(UNKNOWN if found is None else YES if found else NO)


def _not(found: bool | None) -> bool | None:
    return None if found is None else not found
