"""What a text is cut into: its tokens, their bytes, and how many a character and a word take.

A tokenizer is made before the model, from text: what is common there became a token of its own, what is rare is put
together of smaller ones, down to single bytes (Sennrich et al. 2016; Kudo and Richardson 2018). So a language costs the
more tokens the less of it was there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from llmlab.backends.base import ModelInfo, Tokenizer, TokenizerInfo, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.inside import said
from llmlab.lab.inside.charts import tokens as charts
from llmlab.lab.shown import Shown
from llmlab.lab.text import numbered, quoted, raw, show
from llmlab.language import later, tr
from llmlab.render.safe import visible
from llmlab.view import Cell, Chart, Column, Record, View, stated_once

LISTED = 500  # tokens of one text that a table lists
BESIDE = 100  # and that it shows in a row beside their counts
MEANS = {
    "id": later("place in the vocabulary"),
    "characters": later("of Unicode"),
    "part of": later("a character that takes several tokens"),
    "words": later("as written with spaces between them; Chinese as jieba cuts it"),
    "tokens/char": later("tokens a character"),
    "tokens/word": later("tokens a word"),
    "chars/token": later("characters a token"),
}


@dataclass(frozen=True)
class TokenCut(Shown):
    """One text as one tokenizer cuts it."""

    text: str
    tokens: Tokens
    info: ModelInfo | TokenizerInfo

    @property
    def origin(self) -> Record:
        """Provenance: no number of these depends on weights."""
        return {
            "model": self.info.name,
            "revision": self.info.revision,
            "library": self.info.library,
            "vocabulary": self.info.vocabulary,
        }

    @property
    def line(self) -> str:
        """The same as a line under a table."""
        return tr(
            "{model}, {count:,} tokens in its vocabulary, {library}",
            model=f"{self.info.name} {self.info.revision}".strip(),
            count=self.info.vocabulary,
            library=self.info.library,
        )

    @cached_property
    def words(self) -> int | None:
        """None for a text whose words are not told apart here."""
        return count_words(self.text)

    @property
    def per_character(self) -> float:
        return len(self.tokens) / len(self.text)

    @property
    def per_word(self) -> float | None:
        """Tokens a word; None for a text without one, such as punctuation, or whose words are not counted."""
        return len(self.tokens) / self.words if self.words else None

    @cached_property
    def shared(self) -> list[str]:
        """For each token the characters of which it holds a part, and another token the rest; "" for most."""
        raws, split = self._bytes, set(self.split)
        return ["".join(raws[i] for i in range(*span) if i in split) for span in self._spans]

    @cached_property
    def split(self) -> tuple[int, ...]:
        """The places of the characters that several tokens share, in characters from 0."""
        neighbours = pairwise(self._spans)
        return tuple(sorted({start for (_, end), (start, _) in neighbours if start < end}))

    @property
    def is_exact(self) -> bool:
        """Whether the tokens spell the text: some tokenizers lower it, or compose its letters."""
        return self._bytes == self.text

    def views(self) -> list[View]:
        rows = [self._cells(place) for place in range(min(len(self.tokens), LISTED))]
        columns = [Column("#", True), Column(tr("token"), wide=True), _number(later("id")), Column(tr("bytes"), True)]
        columns += [_number(later("characters"))] + (
            [Column(tr("part of"), means=tr(MEANS["part of"]))] if self.split else []
        )
        count = len(self.tokens)
        cut = tr("the first {listed} of {count:,} tokens; --format jsonl has all", listed=LISTED, count=count)
        notes = (*((cut,) if count > LISTED else ()), said.rates(self), *self.remarks, self.line)
        return [View("", tuple(columns), rows, notes, self.conclusion)]

    def records(self) -> list[Record]:
        """A record a token, without the text, which would be there as often."""
        return [{**token, **self.origin} for token in self.each()]

    def each(self) -> list[Record]:
        """What is known of each token by itself."""
        columns = zip(self.tokens.ids, self.tokens.pieces, self._spans, self.shared, strict=True)
        return [
            {
                "position": position,
                "token": raw(piece),
                "token_id": token,
                "bytes": piece.hex(" "),
                "start": start,
                "end": end,
                "part_of": shared,
            }
            for position, (token, piece, (start, end), shared) in enumerate(columns)
        ]

    def summary(self) -> Record:
        """The text as a whole, without its provenance."""
        count = len(self.tokens)
        return {
            "text": self.text,
            "tokens": count,
            "characters": len(self.text),
            "bytes": len(self.text.encode()),
            "words": self.words,
            "tokens_per_character": self.per_character,
            "tokens_per_word": self.per_word,
            "characters_per_token": len(self.text) / count if count else None,
            "split_characters": len(self.split),
            "is_exact": self.is_exact,
            "token_ids": numbered(self.tokens.ids),
            "pieces": [raw(piece) for piece in self.tokens.pieces],
        }

    def document(self) -> Record:
        return TokenCuts(((self,),)).document()

    def values(self) -> list[str]:
        return [str(len(self.tokens))]

    def chart(self) -> Chart:
        return charts.one(self)

    @property
    def conclusion(self) -> str:
        return said.of_one(self)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What must be said beside the figures."""
        if self.is_exact:
            return ()
        return (tr("{model} reads another text: {text}", model=self.info.name, text=quoted(self._bytes)),)

    @cached_property
    def _spans(self) -> tuple[tuple[int, int], ...]:
        return self.tokens.spans

    @cached_property
    def _bytes(self) -> str:
        return self.tokens.text

    def _cells(self, place: int) -> list[Cell]:
        piece, shared = self.tokens.pieces[place], self.shared[place]
        whole = len(piece.decode(errors="ignore"))
        cells: list[Cell] = [place + 1, show(piece), self.tokens.ids[place], len(piece), whole]
        return [*cells, visible(shared)] if self.split else cells


@dataclass(frozen=True)
class TokenCuts(Shown):
    """Several texts, each as one tokenizer or several cut it."""

    by_text: tuple[tuple[TokenCut, ...], ...]  # in the order given, the tokenizers in theirs

    @property
    def all(self) -> list[TokenCut]:
        return [one for own in self.by_text for one in own]

    def views(self) -> list[View]:
        counts = (later("tokens"), later("characters"), later("words"), later("tokens/char"), later("tokens/word"))
        several = len(self.by_text) > 1, len(self.by_text[0]) > 1
        columns = [Column("#", True)] * several[0] + [Column(tr("tokenizer"), wide=True)] * several[1]
        columns += [*map(_number, counts), Column(tr("pieces"), wide=True)]
        rows = [
            [*[number] * several[0], *[visible(one.info.name)] * several[1], *_counted(one), _pieces(one)]
            for number, own in enumerate(self.by_text, 1)
            for one in own
        ]
        long = any(len(one.tokens) > BESIDE for one in self.all)
        cut = (tr("of a long text the first {count} tokens; --format jsonl has all", count=BESIDE),) if long else ()
        notes = (*cut, *(remark for one in self.all for remark in one.remarks), *(one.line for one in self.all))
        return [View("", tuple(columns), rows, tuple(dict.fromkeys(notes)), self.conclusion)]

    def records(self) -> list[Record]:
        return [{**one.summary(), **one.origin} for one in self.all]

    def document(self) -> Record:
        """A text with what each tokenizer makes of it."""
        found = []
        for own in self.by_text:
            summary = own[0].summary()
            of_text = {key: summary[key] for key in ("text", "characters", "bytes", "words")}
            found.append({**of_text, "tokenizers": [_entry(one, of_text) for one in own]})
        return {"texts": found}

    def values(self) -> list[str]:
        return [value for one in self.all for value in one.values()]

    def chart(self) -> Chart:
        return charts.several(self)

    @property
    def conclusion(self) -> str:
        return said.of_several(self)


def cut(tokenizer: Tokenizer, text: str, *, allow_special: bool = False) -> TokenCut:
    """One text by one tokenizer. Raises MisuseError for an empty text."""
    if not text:
        raise MisuseError(tr("the text is empty"), tr("give at least one character"))
    return TokenCut(text, tokenizer.encode(text, allow_special=allow_special), tokenizer.info)


def cuts(tokenizers: Sequence[Tokenizer], texts: Iterable[str], *, allow_special: bool = False) -> TokenCuts:
    """Several texts, each by every tokenizer."""
    return TokenCuts(tuple(tuple(cut(one, text, allow_special=allow_special) for one in tokenizers) for text in texts))


def count_words(text: str) -> int | None:
    """Words as written with spaces between them, and Chinese as jieba cuts it; None with Japanese or Thai in it."""
    import regex
    import rjieba

    from llmlab.backends.written import RUN, WRITTEN

    if regex.search(r"[\p{Hiragana}\p{Katakana}\p{Thai}]", text):
        return None
    return len(WRITTEN.findall(text)) + sum(len(list(rjieba.cut(run))) for run in RUN.findall(text))


def _entry(one: TokenCut, of_text: Record) -> Record:
    return {**one.origin, **stated_once(of_text, [one.summary()])[0], "each": one.each()}


def _number(name: str) -> Column:
    return Column(tr(name), True, means=tr(MEANS.get(name, "")))


def _counted(one: TokenCut) -> list[Cell]:
    per_word = "-" if one.per_word is None else f"{one.per_word:.2f}"
    words = "-" if one.words is None else one.words
    return [len(one.tokens), len(one.text), words, f"{one.per_character:.2f}", per_word]


def _pieces(one: TokenCut) -> str:
    """The tokens with a separator that is seen."""
    shown = [show(piece) for piece in one.tokens.pieces[:BESIDE]]
    return " | ".join([*shown, "…"] if len(one.tokens) > BESIDE else shown)
