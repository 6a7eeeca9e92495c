"""What a model reads before it answers: a preset that is named, else a chat model's template, else the prompt itself.

BOS is put first by the engine, once, whatever a template says.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llmlab.arrays import Floats
from llmlab.backends.base import CausalLM, Message, Tokens
from llmlab.backends.served.base import Served
from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.render.safe import visible

if TYPE_CHECKING:  # numpy, which a prompt of a server does without
    from llmlab.backends.spellings import Spellings
    from llmlab.lab.characters.healing import Backoff

MARK = "\ue000llmlab{}\ue000"  # stands for a message's text in a template; private use, in no text


@dataclass(frozen=True)
class Prompt:
    """The user's text and what became of it."""

    asked: str
    text: str  # as the model reads it, without BOS
    tokens: Tokens  # up to the likeliest cut of a healed one
    chat: bool = False  # the model's own chat template is around it
    messages: tuple[Message, ...] = ()  # of a conversation whose template only a server knows
    cuts: tuple["Backoff", ...] = ()  # where a text that ends inside a token may be cut, the likeliest first
    unhealed: bool = False  # it may end inside a token, which a server does not show

    @property
    def rest(self) -> bytes:
        """The end of the text that the first token drawn spells, after the likeliest cut."""
        return self.cuts[0].rest if self.cuts else b""

    def at(self, cut: int) -> "Prompt":
        """The same with one of its cuts alone."""
        one = self.cuts[cut]
        return replace(self, tokens=one.tokens, cuts=(one,))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a table must say of how the text was read."""
        if self.unhealed:
            return (
                tr("a server does not show whether the text ends inside a token: this goes on after it as it stands"),
            )
        if not self.cuts:
            return ()
        rest = visible(self.rest.decode(errors="replace").replace(" ", "␣"))
        return (
            tr("the text ends inside a token: the first one drawn begins with {rest} (--no-heal: after it)", rest=rest),
        )

    def first(self, logits: Floats) -> Floats:
        """Of the logits [V] after the tokens, those of the tokens that may come first."""
        return self.cuts[0].only(logits) if self.cuts else logits


def left_open(prompt: Prompt) -> Prompt:
    """A text that a server reads, as one that may go on inside a token where it ends with a letter or a digit."""
    return replace(prompt, unhealed=not prompt.chat and prompt.text[-1:].isalnum())


def after_bos(model: CausalLM, text: str, allow_special: bool) -> str:
    """A text without the BOS that was typed before it: the engine puts one there, and never are there two."""
    return text.removeprefix(model.info.bos or "") if allow_special else text


def chats(model: CausalLM) -> bool:
    """Whether a model has a chat template."""
    return _renders_itself(model) or model.chat([Message("user", "Hi")]) is not None


def read(
    model: CausalLM,
    asked: str,
    *,
    before: Sequence[Message] = (),
    template: str = "",
    raw: bool = False,
    allow_special: bool = False,
) -> Prompt:
    """The prompt in a preset's template, else in the model's chat template if it has one, else as it is.

    `raw` takes it as it is; `before` is the conversation that a chat model goes on with. Raises MisuseError for an
    empty prompt, and for a conversation with a base model.
    """
    if not asked:
        raise MisuseError(tr("the prompt is empty"), tr("give at least one character"))
    messages = [*before, Message("user", asked)]
    if _renders_itself(model) and not (template or raw):
        return Prompt(asked, asked, Tokens((), ()), chat=True, messages=tuple(messages))
    rendered = None if template or raw else model.chat(messages)
    if rendered is None:
        if before:
            hint = tr("name a chat model with --model, or leave out --system and --chat")
            raise MisuseError(tr("{model} has no chat template", model=model.info.name), hint)
        text = after_bos(model, template.replace("{prompt}", asked) if template else asked, allow_special)
        return Prompt(asked, text, _context(model, text, allow_special))
    texts = [one.content for one in messages]
    if allow_special or all(model.encode(text, allow_special=True) == model.encode(text) for text in texts):
        return Prompt(asked, rendered, _context(model, rendered, allow_special=True), chat=True)
    return Prompt(asked, rendered, _with_literal(model, messages, rendered), chat=True)


def _renders_itself(model: CausalLM) -> bool:
    """Whether it is a server that alone knows its template."""
    return isinstance(model, Served) and model.renders_itself


def _context(model: CausalLM, text: str, allow_special: bool) -> Tokens:
    encode = model.context if isinstance(model, Served) else model.encode
    return encode(text, allow_special=allow_special)


def context(
    model: CausalLM, asked: str, *, template: str = "", chat: bool = False, allow_special: bool = False
) -> Prompt:
    """A text that something follows: in a preset's template, as it is, or as what a user says in a `chat`.

    Raises MisuseError as `read` does, and for a chat with a base model.
    """
    found = read(model, asked, template=template, raw=not chat, allow_special=allow_special)
    if chat and not found.chat:
        raise MisuseError(tr("{model} has no chat template", model=model.info.name), tr("leave out --chat"))
    return found


def _with_literal(model: CausalLM, messages: Sequence[Message], rendered: str) -> Tokens:
    """The template's control tokens read as such, those in the messages' texts as plain text."""
    marked = model.chat([Message(one.role, MARK.format(place)) for place, one in enumerate(messages)]) or ""
    first, *rest = re.split(MARK.format(r"(\d+)"), marked)
    tokens, made = model.encode(first, allow_special=True), first
    for number, after in zip(rest[::2], rest[1::2], strict=True):
        text = messages[int(number)].content
        said = text if rendered.startswith(text + after, len(made)) else text.strip()  # templates trim
        tokens += model.encode(said) + model.encode(after, allow_special=True)
        made += said + after
    if made != rendered:
        said = tr("the chat template changes a text that holds control tokens")
        raise MisuseError(said, tr("use --allow-special or --raw"))
    return tokens


def mended(model: CausalLM, spellings: "Spellings", prompt: Prompt, wanted: bool = False) -> Prompt:
    """A prompt with its ending healed where it needs it, or `wanted`; a chat template ends with whole tokens."""
    from llmlab.lab.characters.healing import heal

    cuts = () if prompt.chat else heal(model, spellings, prompt.tokens, wanted)
    return replace(prompt, tokens=cuts[0].tokens, cuts=cuts) if cuts else prompt
