"""Word classes: the commonest nouns, verbs and adjectives of a language, those of one class only.

Many words are of several: to book a book. Such a word is left out, for a sentence's probability does not say as which
it is read. English classes are those of the SPECIALIST Lexicon (Browne, McCray and Srinivasan 2000), inflected forms
included, as the table of lemminflect has them; the package itself is not imported. Chinese ones are those of jieba's
dictionary, which gives each word its one commonest, classes such as vn (a verb that is also a noun) left out.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

from llmlab.errors import MissingError, MisuseError
from llmlab.lab.probability.proposals import BLANK, begins_sentence
from llmlab.lab.probability.whole import written_in
from llmlab.language import tr
from llmlab.spaces.vocabulary import by_frequency

Kind = Literal["noun", "verb", "adjective"]
LANGUAGES = ("en", "zh")  # whose classes are known
EACH = 100  # words a class
MET = 20_000  # words of the language looked through
TABLE = "resources/lemma_lu.csv.gz"
ENGLISH = {"noun": "noun", "verb": "verb", "adj": "adjective"}
CHINESE = {"n": "noun", "v": "verb", "a": "adjective"}
NO_NOUNS = frozenset(("i", "or", "other", "others", "nothing", "nobody", "via"))  # pronouns, particles: it has no such


def asked(kinds: str) -> tuple[str, ...]:
    """Classes between commas. Raises MisuseError for what is none, or is given twice."""
    found = tuple(part.strip() for part in kinds.split(","))
    if odd := [one for one in found if one not in get_args(Kind)]:
        hint = tr("one or more of: {classes}", classes=",".join(get_args(Kind)))
        raise MisuseError(tr("no word class is called {name!r}", name=odd[0]), hint)
    if len(set(found)) < len(found):
        raise MisuseError(tr("a word class is given twice"), tr("give each once"))
    return found


def for_blank(kinds: str, sentence: str) -> dict[str, str]:
    """Words of the classes for the one blank of a sentence, in its language: word -> class.

    Raises MisuseError for several blanks, and as `asked` and `commonest` do.
    """
    left, *rights = sentence.split(BLANK)
    if len(rights) > 1:
        raise MisuseError(tr("word classes are for one blank"), tr("give words with --candidate"))
    words = commonest(asked(kinds), written_in(sentence))
    return {word.capitalize() if begins_sentence(left) else word: kind for word, kind in words.items()}


def commonest(kinds: Sequence[str], tongue: str, each: int = EACH) -> dict[str, str]:
    """The commonest words of the classes, so many each: word -> class. Raises MisuseError for other languages."""
    if tongue not in LANGUAGES:
        unknown = tr("no word classes are known of the language {language!r}", language=tongue)
        raise MisuseError(unknown, tr("give words with --candidate"))
    kind_of = _english() if tongue == "en" else _chinese()
    words: dict[str, list[str]] = defaultdict(list)
    for word in by_frequency(f"wordfreq:{tongue}:{MET}"):
        if (kind := kind_of(word)) and len(words[kind]) < each:
            words[kind].append(word)
    return {word: kind for kind in kinds for word in words[kind]}


def _english() -> Callable[[str], str]:
    import csv
    import gzip
    from importlib.util import find_spec

    spec = find_spec("lemminflect")
    if spec is None or not spec.submodule_search_locations:
        raise MissingError(tr("English word classes need lemminflect"), "pip install lemminflect")
    classes: dict[str, set[str]] = defaultdict(set)
    with gzip.open(Path(spec.submodule_search_locations[0], TABLE), "rt", encoding="utf-8") as table:
        for word, kind, _ in csv.reader(table):
            classes[word].add(kind)
    sole = {word: ENGLISH.get(next(iter(found)), "") for word, found in classes.items() if len(found) == 1}
    return lambda word: "" if word in NO_NOUNS else sole.get(word, "")


def _chinese() -> Callable[[str], str]:
    import rjieba

    def kind(word: str) -> str:
        tags = rjieba.tag(word)
        return CHINESE.get(tags[0][1], "") if len(tags) == 1 else ""

    return kind
