"""What has just been asked, for what to try next: its words, its options, and how both are typed again."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llmlab.cli.lang import LANG, given
from llmlab.cli.world import World

KEPT = ("space", "spaces", "standardize", "layer", "model", "engine", "dtype", "bos", "base_url", "parallel")
READ = ("allow_special", "no_escapes")
PROMPTED = ("preset", "system", "chat", "raw", "heal")  # what stands around a prompt
DRAWN = ("top_k", "top_p", "min_p", "repetition_penalty", "max_tokens", "seed", "stop")  # how text is drawn
JUDGED = ("expect", "expect_regex", "anywhere", "metric", "k")
ASKED = ("text", "word", "prompt", "asked", "file", "name")  # what a verb may be asked about
TOO = (*KEPT, *READ, *PROMPTED, *DRAWN, *JUDGED)  # options that hold for the next question
NOTHING: tuple[Any, ...] = (None, False, "", [], ())
PLAIN = re.compile(r"[\w+:./-][\w@+=:,./-]*")  # what every shell reads as itself, Chinese too
TAKEN = re.compile(r'["$`\\!]')  # what some shell reads otherwise between double quotation marks


@dataclass(frozen=True)
class Past:
    """A verb that has been answered."""

    ctx: Any  # of typer

    @property
    def world(self) -> World:
        found: World = self.ctx.obj
        return found

    @property
    def given(self) -> dict[str, Any]:
        """The verb's parameters by name, as they were typed."""
        found: dict[str, Any] = self.ctx.params
        return found

    @property
    def verb(self) -> str:
        return str(self.ctx.command_path).removeprefix("llmlab ")

    @property
    def texts(self) -> list[str]:
        """What the verb was asked about."""
        return next(([str(one) for one in listed(self.given[name])] for name in ASKED if self.has(name)), [])

    def has(self, *names: str) -> bool:
        """Whether one of these options was given."""
        return any(self.given.get(name) not in NOTHING for name in names)

    @property
    def served(self) -> bool:
        """Whether a server answered, which does not tell all that a model of this machine does."""
        return self.given.get("engine") == "server" or any(str(one).startswith("openai:") for one in self.models)

    @property
    def models(self) -> list[str]:
        """The names of the models that were asked for."""
        return [str(one) for one in listed(self.given.get("model") or [])]

    @property
    def several(self) -> bool:
        """Whether several models stand side by side."""
        return isinstance(self.given.get("model"), (list, tuple)) and len(self.given["model"]) > 1

    @property
    def odd(self) -> bool:
        """Whether what was asked could not stand in another line: stdin, an option's look, a control character."""
        arguments = [one.name for one in self.ctx.command.params if one.param_type_name == "argument"]
        arguments += ["chat"] if "chat" in self.given else []
        return any(is_odd(str(one)) for name in arguments if self.has(name) for one in listed(self.given[name]))

    def line(self, words: Sequence[str]) -> str:
        """A whole command, with what was given and holds for it too."""
        of_all = {"--config": self.world.config_file, LANG: given(self.world.argv)}
        start = [word for name, value in of_all.items() if value for word in (name, str(value))]
        return " ".join(map(quoted, ["llmlab", *start, *words, *self._kept(words)]))

    def _kept(self, words: Sequence[str]) -> list[str]:
        """The options that were given and that the verb of the command has too, as often as it takes them."""
        verb = self.ctx.find_root().command.get_command(self.ctx, words[0])
        known = {one.name: one for one in verb.params if one.param_type_name == "option"}
        both = [(known[name], self.given[name]) for name in TOO if name in known and self._typed(name)]
        asked = [(option, value) for option, value in both if not set(option.opts) & set(words)]
        return [word for option, value in asked for word in written(option, value)]

    def _typed(self, name: str) -> bool:
        """Whether a parameter stood in the line."""
        source = self.ctx.get_parameter_source(name)
        return source is not None and source.name == "COMMANDLINE"


def written(option: Any, value: Any) -> list[str]:
    """An option as it is typed; nothing for what another verb means by its name."""
    if isinstance(value, bool) != bool(option.is_flag):
        return []
    if option.is_flag:
        names = {True: option.opts, False: option.secondary_opts}.get(value) or []
        return list(names[:1])
    values = listed(value)
    return [word for one in (values if option.multiple else values[:1]) for word in (option.opts[0], str(one))]


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def is_odd(word: str) -> bool:
    return word.startswith("-") or not word.isprintable()


def quoted(word: str) -> str:
    """A word as every shell reads it, where that can be; else as those of POSIX do."""
    if PLAIN.fullmatch(word):
        return word
    return shlex.quote(word) if TAKEN.search(word) else f'"{word}"'
