"""A text as sentences of words: in lower case where a script has one, Chinese cut by jieba's dictionary (rjieba).

A sentence ends with its line, with . ! ? or with 。！？, and after so many words; punctuation is no word.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise

import numpy as np
import regex

from llmlab.arrays import Ints
from llmlab.backends.written import RUN, WRITTEN
from llmlab.errors import MisuseError
from llmlab.lab import languages
from llmlab.language import tr

READER = "1"  # raised when the same text becomes other words
END = re.compile(r"[.!?。！？\n]+")
PARTS = regex.compile(rf"{WRITTEN.pattern}|{RUN.pattern}", regex.V1)
ASCII = re.compile(r"\w+(?:['-]\w+)*", re.ASCII)  # the same of ASCII, four times as fast
LONGEST = 1_000  # words of a sentence, as in Mikolov's word2vec
MET = 5  # times; of a word that is met less, nothing is learned
FEWEST, FEWEST_KNOWN = 1_000, 20  # words of a text, and different ones that are met so often
SCRIPT = 100  # words whose script says the language


@dataclass(frozen=True)
class Corpus:
    """The running words of a text that are met often enough, where its sentences end, and the words by count."""

    running: list[str]  # [T]
    ends: Ints  # [sentences], the last is T
    counts: dict[str, int]  # most frequent first, of equals the first met

    @property
    def language(self) -> str:
        """That of most of the frequent words, as far as their script says; "" for Latin letters."""
        scripts = Counter(map(languages.language, list(self.counts)[:SCRIPT]))
        return scripts.most_common(1)[0][0]

    @cached_property
    def whole(self) -> list[list[str]]:
        """All sentences, cut once for all passes through the text."""
        return self._cut(0, len(self.running))

    def between(self, start: int, end: int) -> list[list[str]]:
        """The sentences of the running words from one place to another; what reaches beyond these is cut."""
        return self.whole if end - start == len(self.running) else self._cut(start, end)

    def _cut(self, start: int, end: int) -> list[list[str]]:
        inside = self.ends[(self.ends > start) & (self.ends < end)].tolist()
        return [self.running[one:other] for one, other in pairwise([start, *inside, end])]


def corpus(text: str, name: str) -> Corpus:
    """The words of a text. Raises MisuseError, naming the file, for one that is too short to learn from."""
    found = list(sentences(text))
    met = Counter(chain.from_iterable(found))
    counts = {word: count for word, count in met.most_common() if count >= MET}
    if met.total() < FEWEST or len(counts) < FEWEST_KNOWN:
        said = tr(
            "{name} is too little to learn from: {count:,} words, {known:,} different ones that are met {met} times or "
            "more",
            name=name,
            count=met.total(),
            known=len(counts),
            met=MET,
        )
        wanted = tr(
            "give at least {fewest:,} words and {known} that are met so often; far more is better",
            fewest=FEWEST,
            known=FEWEST_KNOWN,
        )
        raise MisuseError(said, wanted)
    rare = met.keys() - counts.keys()
    known = [one if rare.isdisjoint(one) else [word for word in one if word not in rare] for one in found]
    ends = np.cumsum([len(sentence) for sentence in known if sentence], dtype=np.int64)
    return Corpus(list(chain.from_iterable(known)), ends, counts)


def sentences(text: str) -> Iterator[list[str]]:
    """The words of each sentence; none is empty, or longer than LONGEST."""
    import rjieba

    for sentence in END.split(unicodedata.normalize("NFC", text).lower()):
        if sentence.isascii():
            words = ASCII.findall(sentence)
        else:
            parts = PARTS.findall(sentence)
            cut = (rjieba.cut(part, hmm=False) if RUN.match(part) else [part] for part in parts)  # no words of its own
            words = list(chain.from_iterable(cut))
        yield from (words[start : start + LONGEST] for start in range(0, len(words), LONGEST))
