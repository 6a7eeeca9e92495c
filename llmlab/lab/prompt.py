"""What a model reads before it answers: the prompt as it is, or wrapped in a preset or in its chat template.

BOS is put first by the engine, once, whatever a template says.
"""

from dataclasses import dataclass, replace

from llmlab.arrays import Floats
from llmlab.backends.base import CausalLM, Tokens
from llmlab.backends.spellings import Spellings
from llmlab.errors import MisuseError
from llmlab.lab.characters.healing import Backoff, heal
from llmlab.render.safe import visible

MARK = "\ue000llmlab\ue000"  # stands for the user's text in a template; private use, in no text


@dataclass(frozen=True)
class Prompt:
    """The user's text and what became of it."""

    asked: str
    text: str  # as the model reads it, without BOS
    tokens: Tokens  # up to the likeliest cut of a healed one
    chat: bool = False  # the model's own chat template is around it
    cuts: tuple[Backoff, ...] = ()  # where a text that ends inside a token may be cut, the likeliest first

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
        if not self.cuts:
            return ()
        rest = visible(self.rest.decode(errors="replace").replace(" ", "␣"))
        what = f"the text ends inside a token: the first one drawn begins with {rest}"
        return (f"{what} (--no-heal: after it)",)

    def first(self, logits: Floats) -> Floats:
        """Of the logits [V] after the tokens, those of the tokens that may come first."""
        return self.cuts[0].only(logits) if self.cuts else logits


def after_bos(model: CausalLM, text: str, allow_special: bool) -> str:
    """A text without the BOS that was typed before it: the engine puts one there, and never are there two."""
    return text.removeprefix(model.info.bos or "") if allow_special else text


def read(model: CausalLM, asked: str, *, template: str = "", raw: bool = False, allow_special: bool = False) -> Prompt:
    """The prompt in a preset's template, else in the model's chat template if it has one, else as it is.

    `raw` takes it as it is. Raises MisuseError for an empty prompt.
    """
    if not asked:
        raise MisuseError("the prompt is empty", "give at least one character")
    if template or raw:
        text = after_bos(model, template.replace("{prompt}", asked) if template else asked, allow_special)
        return Prompt(asked, text, model.encode(text, allow_special=allow_special))
    rendered = model.chat(asked)
    if rendered is None:
        text = after_bos(model, asked, allow_special)
        return Prompt(asked, text, model.encode(text, allow_special=allow_special))
    if allow_special or model.encode(asked, allow_special=True) == model.encode(asked):
        return Prompt(asked, rendered, model.encode(rendered, allow_special=True), chat=True)
    return Prompt(asked, rendered, _with_literal(model, asked, rendered), chat=True)


def _with_literal(model: CausalLM, asked: str, rendered: str) -> Tokens:
    """The template's control tokens read as such, those in the user's text as plain text."""
    before, mark, after = (model.chat(MARK) or "").partition(MARK)
    user = rendered.removeprefix(before).removesuffix(after)
    if not mark or before + user + after != rendered or user.strip() != asked.strip():
        raise MisuseError("the chat template changes a text that holds control tokens", "use --allow-special or --raw")
    return model.encode(before, allow_special=True) + model.encode(user) + model.encode(after, allow_special=True)


def mended(model: CausalLM, spellings: Spellings, prompt: Prompt, wanted: bool = False) -> Prompt:
    """A prompt with its ending healed where it needs it, or `wanted`; a chat template ends with whole tokens."""
    cuts = () if prompt.chat else heal(model, spellings, prompt.tokens, wanted)
    return replace(prompt, tokens=cuts[0].tokens, cuts=cuts) if cuts else prompt
