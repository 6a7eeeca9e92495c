"""What is here, and what is missing: one screen that can be pasted into a report. Nothing is mended, made or loaded.

It names no folder of the user's home, no key and no host but those of the settings.
"""

from collections.abc import Sequence

from llmlab.config import Config
from llmlab.doctor import hardware, outside, software, store
from llmlab.doctor.report import Fact, Report


def examine(config: Config, terminal: Sequence[Fact], *, network: bool = False) -> Report:
    """All that is known without the network; with it, whether the hub answers. `terminal`: what only the shell's side
    knows.
    """
    facts = (
        *software.facts(),
        *hardware.facts(config.threads),
        *store.facts(config),
        *outside.facts(network=network),
        *terminal,
    )
    return Report(facts)
