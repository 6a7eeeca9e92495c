"""Options of what a model reads before it answers: a prompt or many, a conversation, and what stands around them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from llmlab.cli.options import STDIN, ModelOptions, ReadingOptions
from llmlab.cli.verbs import SHOWN, option
from llmlab.cli.world import World
from llmlab.config import PresetEntry
from llmlab.errors import MisuseError

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.backends.base import Message
    from llmlab.lab.prompt import Prompt

AS_IT_IS = PresetEntry(template="")


class PromptOptions(Struct, frozen=True):
    """What a model reads before it answers."""

    prompt: Annotated[
        str | None,
        typer.Argument(metavar="[PROMPT]", help="Text to continue; - is stdin; none: a fixed question."),
    ] = None
    preset: Annotated[
        str | None,
        option("--preset", metavar="NAME", help="Wrap the prompt for a base model: qa, zh, ..."),
    ] = None
    system: Annotated[
        str | None, option("--system", metavar="TEXT", help="What a chat model is told before the conversation.")
    ] = None
    chat: Annotated[
        Path | None,
        option("--chat", metavar="FILE", help="A conversation: JSON of role and content; or -."),
    ] = None
    raw: Annotated[bool, option("--raw", help="The prompt as it is, without a chat template.")] = False
    heal: Annotated[
        bool | None,
        option("--heal/--no-heal", help="Finish a token that the prompt ends inside (it does)."),
    ] = None
    show_prompt: Annotated[bool, option("--show-prompt", panel=SHOWN, help="Say what the model reads.")] = False

    def asked(self, world: World, reading: ReadingOptions, file: Path | None = None) -> "Asked":
        """The prompts, and what stands around them. Raises MisuseError for what contradicts itself."""
        self._check(file)
        before = self._told(reading)
        texts: Iterator[str] | list[str]
        if self.chat is not None:
            *earlier, last = conversation(world, self.chat, before)
            return Asked(iter([last.content]), 1, AS_IT_IS, before=earlier)
        if file is not None:
            texts = prompts_of(world, file)
        elif self.prompt is not None:
            texts = [reading.one(world, self.prompt)]
        else:
            own = _own_question(world, self.preset or world.config.generate.preset)
            return replace(own, before=before, for_base=not (self.preset or self.raw))
        count = len(texts) if isinstance(texts, list) else 0
        return Asked(iter(texts), count, preset_of(world, self.preset or ""), before=before)

    def read(self, world: World, model: ModelOptions, asked: "Asked", reading: ReadingOptions) -> "Iterator[Prompt]":
        """What the model reads for each of the prompts, as they come."""
        from llmlab.lab import prompt as prompts

        lm, special = model.causal_lm(world), reading.allow_special
        before, template = asked.before, asked.wrap.template
        for text in asked.texts:
            read = prompts.read(lm, text, before=before, template=template, raw=self.raw, allow_special=special)
            one = read if self.heal is False else prompts.mended(lm, model.spellings(world), read, bool(self.heal))
            if self.show_prompt:
                world.say(f"the model reads {f'{lm.info.bos} and ' if lm.info.bos else ''}{one.text!r}")
            yield one

    def _check(self, file: Path | None) -> None:
        ways = {"PROMPT": self.prompt, "--prompts": file, "--chat": self.chat}
        given = [name for name, value in ways.items() if value is not None]
        if len(given) > 1:
            raise MisuseError(f"{given[0]} and {given[1]} are two ways to say the same", "give one of them")
        if self.raw and self.preset:
            raise MisuseError("--raw and --preset are two ways to say what the model reads", "give one of them")
        told = [name for name, value in (("--system", self.system), ("--chat", self.chat)) if value is not None]
        if told and (self.raw or self.preset):
            over = "--raw" if self.raw else "--preset"
            raise MisuseError(f"{told[0]} is read in a chat template, which {over} leaves out", "give one of them")

    def _told(self, reading: ReadingOptions) -> "list[Message]":
        """What --system says, or nothing."""
        if self.system is None:
            return []
        from llmlab.backends.base import Message

        return [Message("system", reading.text(self.system))]


@dataclass(frozen=True)
class Asked:
    """Prompts as they come, how many (0: nobody knows yet), what stands around each, and what is a right answer."""

    texts: Iterator[str]
    count: int
    wrap: PresetEntry
    expect: tuple[str, ...] = ()  # of a preset's own question
    before: "Sequence[Message]" = ()  # of the conversation that a prompt goes on with
    for_base: bool = False  # the preset is the settings': a chat model is asked its question alone


def _own_question(world: World, preset: str) -> Asked:
    """What a preset asks when no prompt is given. Raises MisuseError for one that asks nothing."""
    wrap = preset_of(world, preset)
    if not wrap.question:
        raise MisuseError(f"the preset {preset!r} has no question of its own", "give a PROMPT")
    return Asked(iter([wrap.question]), 1, wrap, wrap.expect)


def conversation(world: World, file: Path, before: "Sequence[Message]") -> "list[Message]":
    """What --system says and a file holds. Raises MisuseError for what no model answers."""
    from llmlab.files.opening import called
    from llmlab.lab.conversation import MESSAGES, check

    messages = world.files.records(file, MESSAGES)
    check(messages, called(file))
    if before and messages[0].role == "system":
        raise MisuseError(f"{called(file)} has a system's message, and so does --system", "give one of them")
    return [*before, *messages]


def preset_of(world: World, name: str) -> PresetEntry:
    """A way to wrap a prompt; "" leaves it as it is."""
    if not name:
        return AS_IT_IS
    if name not in world.config.presets:
        raise MisuseError(f"no preset is called {name!r}", f"one of: {', '.join(world.config.presets)}")
    return world.config.presets[name]


def prompts_of(world: World, file: Path) -> Iterator[str] | list[str]:
    """Prompts, one a line, each once: a prompt said twice would be the same samples twice. stdin's are a stream."""
    from llmlab.files.opening import called

    found = _once(line for _, line in world.files.lines(file))
    first = next(found, None)
    if first is None:
        raise MisuseError(f"{called(file)} holds no prompts", "one prompt a line")
    return chain([first], found) if str(file) == STDIN else [first, *found]


def _once(lines: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for line in lines:
        if line not in seen:
            seen.add(line)
            yield line
