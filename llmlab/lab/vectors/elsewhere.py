"""Who else knows a word, for the hint of a space or an encoder that does not. Nothing is built to find out."""

from llmlab import cache
from llmlab.lab import languages
from llmlab.lab.vectors.arithmetic import unspaced
from llmlab.language import tr
from llmlab.models.library import Library
from llmlab.spaces.lookup import row_of
from llmlab.spaces.shelf import Shelf, facts_of
from llmlab.spaces.space import Space


def ask_spaces(shelf: Shelf, own: str, word: str) -> str:
    """The hint of a space that does not know a word."""
    if sum_ := unspaced(word):
        return sum_
    others = [name for name in (*shelf.config.spaces, *shelf.own_names) if name != own and _has(shelf, name, word)]
    if others:
        return tr("ask another space: {names}", names=tr(", ").join(others))
    return tr("no space here knows it: try another word")


def ask_encoders(library: Library, own: str, text: str) -> str:
    """The hint of an encoder that does not know a text."""
    entries = {name: entry for name, entry in library.config.models.items() if entry.kind == "encoder" and name != own}
    others = [name for name in languages.speaking(entries, text) if library.knows(name, text)]
    if others:
        return tr("choose another encoder with --model: {names}", names=tr(", ").join(others))
    if (library.config.engine, library.config.dtype) != ("auto", "auto"):
        return tr("no encoder here knows it: leave out --engine and --dtype")
    return tr("no encoder here knows it: try another text")


def _has(shelf: Shelf, name: str, word: str) -> bool:
    """Whether a space holds a word, or its encoder reads it."""
    made = cache.find(shelf.folder(name), None)
    facts = facts_of(made) if made else None
    if made is None or facts is None:
        return _may_have(shelf, name, word)
    if row_of(Space(made.folder, facts), word) is not None:
        return True
    own = languages.language(word)
    speaks = not own or {"*", own} & set(facts.languages)
    return facts.kind == "encoder" and bool(speaks) and shelf.library.knows(facts.model, word)


def _may_have(shelf: Shelf, name: str, word: str) -> bool:
    """Whether a space that is not made yet would: an encoder's, of the word's language, if it is letters."""
    entry = shelf.config.spaces.get(name)
    if entry is None or entry.vectors != "encoder" or not word.replace(" ", "").isalpha():
        return False
    return name in languages.speaking({name: entry}, word)


def better_at_sums(shelf: Shelf, space: Space, text: str) -> str:
    """What to know of the sums of a space whose vectors a sentence encoder made."""
    fit = {name: entry for name, entry in shelf.config.spaces.items() if entry.vectors != "encoder"}
    own, others = space.facts.name, tr(" or ").join(languages.speaking(fit, text))
    if not others:
        return tr("{own} is made by a sentence encoder, which is weak at sums", own=own)
    return tr(
        "{own} is made by a sentence encoder, which is weak at sums; word vectors do better: --space {others}",
        own=own,
        others=others,
    )
