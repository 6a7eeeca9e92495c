"""What is asked of a model: prompts, what stands around each of them, and what is a right answer."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from llmlab.config import Config, PresetEntry
from llmlab.errors import MisuseError
from llmlab.language import Language, spoken, tr, tr_many
from llmlab.stream import Stream

if TYPE_CHECKING:  # numpy is loaded when a verb computes
    from llmlab.backends.base import CausalLM, Message
    from llmlab.backends.spellings import Spellings
    from llmlab.lab.prompt import Prompt

AS_IT_IS = PresetEntry(template="")


@dataclass(frozen=True)
class Asked:
    """Prompts as they come, how many (0: nobody knows yet), what stands around each, and what is a right answer."""

    texts: Iterator[str]
    count: int
    wrap: PresetEntry
    expect: tuple[str, ...] = ()  # of a preset's own question
    before: "Sequence[Message]" = ()  # of the conversation that a prompt goes on with
    for_base: bool = False  # the preset is the settings': a chat model is asked its question alone

    @classmethod
    def of(
        cls,
        config: Config,
        texts: Stream[str] | Sequence[str] | None,
        *,
        models: Sequence[str] = (),
        preset: str | None = None,
        raw: bool = False,
        before: "Sequence[Message]" = (),
    ) -> "Asked":
        """Prompts in a preset; None is its own question, or that of the settings' preset in the run's language.

        A model that is known to read English alone is asked in English. Raises MisuseError for an unknown preset, or
        one that asks nothing.
        """
        if texts is None:
            own = _own_question(config, preset or config.generate.preset_in(_language(config, models)))
            return replace(own, before=before, for_base=not (preset or raw))
        given = Stream(iter(texts), len(texts)) if isinstance(texts, Sequence) else texts
        return cls(given.each, given.count, preset_of(config, preset or ""), before=before)

    @classmethod
    def conversation(cls, messages: "Sequence[Message]") -> "Asked":
        """The last message, after those before it."""
        *earlier, last = messages
        return cls(iter([last.content]), 1, AS_IT_IS, before=earlier)

    def fitted(self, lm: "CausalLM") -> "Asked":
        """The same as it is for a model: nothing of a base model's preset stands around what a chat model is asked."""
        from llmlab.lab.prompt import chats

        return replace(self, wrap=AS_IT_IS) if self.for_base and chats(lm) else self

    def read(
        self,
        lm: "CausalLM",
        spellings: "Callable[[], Spellings]",
        *,
        raw: bool = False,
        heal: bool | None = None,
        allow_special: bool = False,
    ) -> "Iterator[Prompt]":
        """What the model reads for each of the prompts, as they come; `heal` None: where it needs it."""
        from llmlab.backends.served.base import Served
        from llmlab.lab import prompt as prompts

        around = partial(prompts.read, before=self.before, template=self.wrap.template)
        one = partial(around, lm, raw=raw, allow_special=allow_special)
        for read in lm.each(one, self.texts) if isinstance(lm, Served) else map(one, self.texts):
            if heal is None and isinstance(lm, Served):  # which does not show its vocabulary
                yield prompts.left_open(read)
            else:
                yield read if heal is False else prompts.mended(lm, spellings(), read, bool(heal))


def check_ways(ways: Iterable[tuple[str, object]], raw: bool, preset: str | None, system: str | None) -> None:
    """Raise MisuseError for two `ways` to give a prompt, by name, and for what a template cannot hold."""
    given = [name for name, value in ways if value is not None]
    if len(given) > 1:
        said = tr("{one} and {other} are two ways to say the same", one=given[0], other=given[1])
        raise MisuseError(said, tr("give one of them"))
    if raw and preset:
        said = tr("--raw and --preset are two ways to say what the model reads")
        raise MisuseError(said, tr("give one of them"))
    told = [*(["--system"] if system is not None else []), *(["--chat"] if "--chat" in given else [])]
    if told and (raw or preset):
        over = "--raw" if raw else "--preset"
        said = tr("{told} is read in a chat template, which {over} leaves out", told=told[0], over=over)
        raise MisuseError(said, tr("give one of them"))


def _language(config: Config, models: Sequence[str]) -> Language:
    """The run's, where all the models read it; "" is the settings' own."""
    entries = [config.models.get(name or config.model) for name in models or [""]]
    known = all(one is None or not one.languages or {"*", spoken()} & set(one.languages) for one in entries)
    return spoken() if known else "en"


def preset_of(config: Config, name: str) -> PresetEntry:
    """A way to wrap a prompt; "" leaves it as it is. Raises MisuseError for an unknown one."""
    if not name:
        return AS_IT_IS
    if name not in config.presets:
        said = tr("no preset is called {name!r}", name=name)
        raise MisuseError(said, tr("one of: {names}", names=tr(", ").join(config.presets)))
    return config.presets[name]


def once(lines: Iterable[str], say: Callable[[str], None] = lambda message: None) -> Iterator[str]:
    """Each prompt once: a prompt said twice would be the same samples twice. At the end it is said how many were."""
    from llmlab.files.on_disk import SeenTexts

    seen, again = SeenTexts(), 0
    for line in lines:
        if seen.add(line):
            yield line
        else:
            again += 1
    if again:
        say(tr_many("{count:,} repeated prompt is asked once", "{count:,} repeated prompts are asked once", again))


def _own_question(config: Config, preset: str) -> Asked:
    wrap = preset_of(config, preset)
    if not wrap.question:
        said = tr("the preset {preset!r} has no question of its own", preset=preset)
        raise MisuseError(said, tr("give a PROMPT"))
    return Asked(iter([wrap.question]), 1, wrap, wrap.expect)
