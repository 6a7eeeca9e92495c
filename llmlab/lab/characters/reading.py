"""A text as the characters' model reads it: tokens that are given, and the rest, which any tokens may spell."""

from collections.abc import Sequence

from llmlab.backends.base import CausalLM, Tokens
from llmlab.backends.spellings import Spellings
from llmlab.errors import MisuseError
from llmlab.lab.characters.covers import Request
from llmlab.language import tr


def whole(model: CausalLM, spellings: Spellings, text: str, tokens: Tokens) -> Request:
    """All of a text, to be covered; without BOS its first token is given, where no longer one begins as the text does.

    Raises MisuseError for a tokenizer that changes the text, for control tokens in it, and without BOS for a text that
    may begin with several tokens: none of them has a probability.
    """
    check_same(model, text, tokens)
    if not all(_spelt(model, spellings, tokens)):
        message = tr("the text holds a control token, which no characters spell")
        raise MisuseError(message, tr("leave out --allow-special"))
    own = _true(model, tokens)
    if model.info.bos:
        return Request(Tokens((), ()), own, through=False)
    content = b"".join(own.pieces)
    longer = [place for length, exact, _ in spellings.along(content) for place in exact if length > len(own.pieces[0])]
    *_, (deepest, _, covering) = spellings.along(content)
    if longer or (deepest == len(content) and len(own) > 1 and covering):
        message = tr(
            "{model} has no BOS, and the text may begin with {one!r} or {other!r}: no first token has a probability",
            model=model.info.name,
            one=own.pieces[0].decode(errors="replace"),
            other=spellings[(longer or covering)[0]].decode(errors="replace"),
        )
        raise MisuseError(message, tr("use --by token, or --bos where the model names one"))
    return Request(own[:1], own[1:], through=False)


def tail(model: CausalLM, spellings: Spellings, tokens: Tokens, most: int, *, through: bool = True) -> Request:
    """The last tokens of a text, to be covered, after those before them; none where a control token is the last."""
    spelt = _spelt(model, spellings, tokens)
    first = len(tokens) - next((place for place, one in enumerate(reversed(spelt)) if not one), len(spelt))
    first = max(first, len(tokens) - most, 0 if model.info.bos else min(1, len(tokens)))
    own = _true(model, tokens)
    return Request(own[:first], own[first:], through)


def check_same(model: CausalLM, text: str, tokens: Tokens) -> None:
    """Raise MisuseError for a tokenizer that reads another text than the one given."""
    read = b"".join(tokens.pieces)
    if read != text.encode():
        message = tr(
            "the tokenizer of {model} changes the text to {read!r}: its characters have no probabilities",
            model=model.info.name,
            read=read.decode(errors="replace"),
        )
        raise MisuseError(message, tr("use --by token"))


def _true(model: CausalLM, tokens: Tokens) -> Tokens:
    """The tokens with the space that a tokenizer puts before every text."""
    return Tokens(tokens.ids, tuple(map(model.piece, tokens.ids)))


def _spelt(model: CausalLM, spellings: Spellings, tokens: Tokens) -> Sequence[bool]:
    silent = set(spellings.silent(model.info.vocabulary).tolist())
    return [token not in silent for token in tokens.ids]
