"""A passage of a text to guess, symbol by symbol, and what the model says of each symbol.

A symbol is a character, as Unicode counts them, or a word with the space after it; a mark between words is a symbol of
its own. The model's probability of a symbol is that of its characters after all that stands before it, over all tokens
that spell them (characters/covers.py), so that it is asked for what the player is asked for, and its bits add up to
those of the passage. Its guesses are the symbols by probability: the rank of the right one is how many it would take.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import regex

from llmlab.backends.base import CausalLM
from llmlab.backends.spellings import Spellings
from llmlab.backends.written import RUN, UNSPACED_SCRIPTS, WRITTEN
from llmlab.errors import MisuseError
from llmlab.lab.characters.covers import cover
from llmlab.lab.characters.following import following
from llmlab.lab.characters.healing import LOOKED_AT, QUICK
from llmlab.lab.characters.reading import check_same, tail
from llmlab.lab.characters.words import next_words
from llmlab.lab.languages import UNSPACED, language
from llmlab.lab.probability.by_character import totals_at
from llmlab.lab.provenance import Provenance, of_text
from llmlab.lab.text import BITS, many
from llmlab.language import spoken, tr
from llmlab.packaged import packaged
from llmlab.progress import Progress, silent

SymbolBy = Literal["character", "word"]
SHOWN = {"character": 100, "word": 30}  # symbols before the first that is asked
PIECE = regex.compile(rf"(?:{WRITTEN.pattern}|{RUN.pattern}|\X)\s*", regex.V1)
WIDE = rf"{UNSPACED_SCRIPTS}\u3000-\u303f\uff00-\uffef"  # Chinese with its marks
TORN = regex.compile(rf"(?<=[{WIDE}”])\s*[\r\n]\s*(?=[{WIDE}])", regex.V1)  # an end of a line that is no space


@dataclass(frozen=True)
class Excerpt:
    """What is asked of a text: symbols, and what stands before them."""

    name: str  # of the text
    seed: int
    by: SymbolBy
    before: str
    asked: tuple[str, ...]
    cut: bool  # whether more stands before it

    @property
    def text(self) -> str:
        return self.before + "".join(self.asked)


@dataclass(frozen=True)
class Passage:
    """An excerpt, and what the model says of each of its symbols."""

    excerpt: Excerpt
    bits: tuple[float, ...]  # the surprisal of each
    rank: Callable[[int], int | None] = field(compare=False, repr=False)  # of one; read when it is asked
    origin: Provenance
    left_out: float  # share of P that is missing, about


def own() -> Path:
    """The text of ours that is guessed where none is given, in the language of the run."""
    return packaged() / "exercises" / f"guess.{spoken()}.txt"


def excerpt(text: str, name: str, length: int, seed: int, by: SymbolBy | None = None) -> Excerpt:
    """So many symbols of a text, by the seed, after as much of it as is shown; ends of lines are spaces.

    By character where the text is written without spaces between words, else by word, unless it is said.
    Raises MisuseError for a text that is too short.
    """
    if length < 1:
        raise MisuseError(tr("a passage of {length} symbols is none", length=length), tr("give --length 1 or more"))
    line = " ".join(TORN.sub("", unicodedata.normalize("NFC", text)).split())
    part: SymbolBy = by or ("character" if language(line) in UNSPACED else "word")
    symbols = in_symbols(line, part)
    if len(symbols) <= length:
        count = many(len(symbols), "word") if part == "word" else many(len(symbols), "character")
        few = tr("{name} has {symbols}, too few to guess {length} after one", name=name, symbols=count, length=length)
        raise MisuseError(few, tr("give a longer text, or a smaller --length"))
    last = len(symbols) - length
    start = int(np.random.default_rng(seed).integers(min(SHOWN[part], last), last, endpoint=True))
    begin = max(start - SHOWN[part], 0)
    before = "".join(symbols[begin:start])
    return Excerpt(name, seed, part, before, tuple(symbols[start : start + length]), begin > 0)


def in_symbols(text: str, by: SymbolBy) -> list[str]:
    """The symbols of a text, which joined are the text."""
    if by == "character":
        return list(regex.findall(r"\X", text))
    return [part for piece in PIECE.findall(text) for part in _in_words(piece)]


def read(model: CausalLM, spellings: Spellings, asked: Excerpt, progress: Progress = silent) -> Passage:
    """What the model says of the symbols: their bits at once, and a place among all when it is asked.

    Raises MisuseError for a tokenizer that changes the text, and where nothing stands before the first symbol.
    """
    tokens = model.encode(asked.text)
    check_same(model, asked.text, tokens)
    spelt = len(tokens) - len(model.encode(asked.before)) + LOOKED_AT
    covers = cover(model, spellings, tail(model, spellings, tokens, spelt, through=False), progress=progress)
    ends = np.cumsum([len(one.encode()) for one in (asked.before, *asked.asked)]).tolist()
    totals = totals_at(ends, covers, ends[-1])
    if np.isnan(totals).any():
        message = tr(
            "{model} has no BOS, and no more than its first token stands before what is asked", model=model.info.name
        )
        raise MisuseError(message, tr("give a longer text, or another --seed"))
    bits = tuple((-np.diff(totals) * BITS).tolist())
    return Passage(asked, bits, partial(_rank, model, spellings, asked), of_text(model.info), covers.left_out)


def _in_words(piece: str) -> Sequence[str]:
    """A run of Chinese in the words of jieba's dictionary; anything else is one."""
    if not RUN.match(piece):
        return [piece]
    import rjieba

    run = piece.rstrip()
    *first, last = rjieba.cut(run)
    return [*first, last + piece[len(run) :]]


def _rank(model: CausalLM, spellings: Spellings, asked: Excerpt, number: int) -> int | None:
    """How many guesses a symbol takes whoever names the likeliest first; None where it is not among what was found."""
    before = model.encode(asked.before + "".join(asked.asked[:number]))
    covers = cover(model, spellings, tail(model, spellings, before, LOOKED_AT), QUICK)
    symbol = asked.asked[number].strip() or asked.asked[number]
    if asked.by == "character":
        return place_of(symbol, following(model, spellings, covers).characters)
    return place_of(symbol, next_words(model, spellings, covers, sought=symbol).words)


def place_of(symbol: str, masses: Mapping[str, float]) -> int | None:
    """The place of a symbol by mass; equals stand in the order of their letters."""
    own = masses.get(symbol)
    if own is None:
        return None
    return 1 + sum(mass > own or (mass == own and other < symbol) for other, mass in masses.items())
