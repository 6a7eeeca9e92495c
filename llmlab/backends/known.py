"""What an encoder knows of a text: to a model of English words Chinese is an unknown token, and has no vector."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from llmlab.backends.base import UNKNOWN, Encoder
from llmlab.errors import MisuseError, UnsupportedError
from llmlab.language import later, tr

if TYPE_CHECKING:
    from tokenizers import Tokenizer

KNOWS_SOME = later("{model} does not know {text!r}: it has {known} of its {tokens} tokens")
KNOWS_NONE = later("{model} does not know {text!r}: it has no token for it")


def knows(ids: Sequence[int]) -> bool:
    """Whether an encoder knows more than half of the tokens of a text."""
    return 2 * ids.count(UNKNOWN) < len(ids)


def told_ids(model: Encoder, texts: Sequence[str]) -> list[tuple[int, ...]] | None:
    """The tokens of texts by number; None where the encoder runs behind a server, which does not tell them."""
    try:
        return model.token_ids(texts)
    except UnsupportedError:
        return None


def check_known(model: Encoder, texts: Sequence[str], hint: Callable[[str], str]) -> list[str]:
    """Raise MisuseError for a text of which an encoder knows no more than half; say of which it does not know all.

    Of one that does not tell there is nothing to say. `hint`: what to do about such a text.
    """
    told, said = told_ids(model, texts), []
    if told is None:
        return []
    for text, ids in zip(texts, told, strict=True):
        known = len(ids) - ids.count(UNKNOWN)
        if not knows(ids):
            lacks = KNOWS_SOME if ids else KNOWS_NONE
            raise MisuseError(tr(lacks, model=model.info.name, text=text, known=known, tokens=len(ids)), hint(text))
        if known < len(ids):
            said.append(
                tr(
                    "{model} has {known} of the {tokens} tokens of {text!r}: its vector is of those",
                    model=model.info.name,
                    known=known,
                    tokens=len(ids),
                    text=text,
                )
            )
    return said


def known_ids(tokenizer: "Tokenizer", texts: Sequence[str]) -> list[tuple[int, ...]]:
    """The tokens of texts by number, without marks; UNKNOWN for the one that stands for what is not known."""
    name = getattr(tokenizer.model, "unk_token", None) or "<unk>"  # a unigram model does not tell its own
    unknown = tokenizer.token_to_id(name)
    encodings = tokenizer.encode_batch(list(texts), add_special_tokens=False)
    return [tuple(UNKNOWN if one == unknown else one for one in encoding.ids) for encoding in encodings]
