"""Options of what a model reads before it answers: a prompt or many, a conversation, and what stands around them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from llmlab.cli.model_options import ModelOptions
from llmlab.cli.options import ReadingOptions
from llmlab.cli.verbs import SHOWN, option
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.lab.asked import Asked, check_ways, once
from llmlab.language import tr

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.backends.base import Message
    from llmlab.lab.prompt import Prompt
    from llmlab.stream import Stream


class PromptOptions(Struct, frozen=True):
    """What a model reads before it answers."""

    prompt: Annotated[
        str | None,
        typer.Argument(metavar="[PROMPT]", help="Text to continue; - is stdin; none: a fixed question."),
    ] = None
    preset: Annotated[
        str | None,
        option(
            "--preset",
            metavar="NAME",
            help="Wrap the prompt for a base model: qa, qa-zh, zh ...",
        ),
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

    def asked(
        self, world: World, models: Sequence[ModelOptions], reading: ReadingOptions, file: Path | None = None
    ) -> Asked:
        """The prompts, and what stands around them. Raises MisuseError for what contradicts itself."""
        ways = {"PROMPT": self.prompt, "--prompts": file, "--chat": self.chat}
        check_ways(ways.items(), self.raw, self.preset, self.system)
        before = self._told(reading)
        if self.chat is not None:
            from llmlab.files.opening import called
            from llmlab.lab.conversation import MESSAGES, told

            return Asked.conversation(told(world.files.records(self.chat, MESSAGES), called(self.chat), before))
        texts: Stream[str] | list[str] | None = None
        if file is not None:
            texts = prompts_of(world, file)
        elif self.prompt is not None:
            texts = [reading.one(world, self.prompt)]
        names = [one.model or "" for one in models]
        return Asked.of(world.config, texts, models=names, preset=self.preset, raw=self.raw, before=before)

    def read(self, world: World, model: ModelOptions, asked: Asked, reading: ReadingOptions) -> "Iterator[Prompt]":
        """What the model reads for each of the prompts, as they come."""
        lm, spellings = model.causal_lm(world), partial(model.spellings, world)
        for one in asked.read(lm, spellings, raw=self.raw, heal=self.heal, allow_special=reading.allow_special):
            if self.show_prompt:
                world.say(_read(lm.info.bos, one.text))
            yield one

    def _told(self, reading: ReadingOptions) -> "list[Message]":
        """What --system says, or nothing."""
        if self.system is None:
            return []
        from llmlab.backends.base import Message

        return [Message("system", reading.text(self.system))]


def _read(bos: str | None, text: str) -> str:
    """What the model reads."""
    if bos:
        return tr("the model reads {bos} and {text!r}", bos=bos, text=text)
    return tr("the model reads {text!r}", text=text)


def prompts_of(world: World, file: Path) -> "Stream[str]":
    """Prompts, one a line, each once: a prompt said twice would be the same samples twice."""
    from llmlab.files.opening import called

    found = world.files.counted(file, lambda files: once((line for _, line in files.lines(file)), files.say))
    first = next(found.each, None)
    if first is None:
        raise MisuseError(tr("{file} holds no prompts", file=called(file)), tr("one prompt a line"))
    return replace(found, each=chain([first], found.each))
