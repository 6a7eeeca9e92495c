"""Which words may be neighbours: no inflections of the query, only frequent ones, only those of a pattern."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from llmlab.errors import MissingError, MisuseError
from llmlab.lab import languages
from llmlab.lab.patterns import matcher
from llmlab.language import tr

if TYPE_CHECKING:
    from llmlab.spaces.space import Space

Keep = Callable[[str], bool]


def not_forms_of(words: Sequence[str], language: str) -> Keep:
    """Words with another lemma than these: for love, neither loves nor loving, but lover (Barbaresi's simplemma).

    Raises MisuseError for a language whose inflections are not known.
    """
    import simplemma

    def lemma(word: str) -> str:
        try:
            return str(simplemma.lemmatize(word.lower(), lang=language)).lower()
        except ValueError:
            message = tr("no inflections are known of the language {language!r}", language=language)
            raise MisuseError(message, tr("leave out --exclude-forms")) from None

    own = {lemma(word) for word in words} | {word.lower() for word in words}
    return lambda word: word.lower() not in own and lemma(word) not in own


def matching(pattern: str) -> Keep:
    """Words that a regular expression matches whole. Raises MisuseError for one that is none."""

    def refused(error: str) -> MisuseError:
        message = tr("--words {pattern!r} is no regular expression: {error}", pattern=pattern, error=error)
        return MisuseError(message, tr('for example --words "[a-z]+ing"'))

    return matcher(pattern, refused, whole=True)


def at_least(zipf: float, language: str) -> Keep:
    """Words of at least this frequency."""
    return lambda word: frequency(word, language) >= zipf


def frequency(word: str, language: str) -> float:
    """Zipf frequency: log10 of the times a word is met in a billion words; 0 for one that is not listed.

    Source: van Heuven et al. 2014; the lists are wordfreq's (Speer 2022). Raises MisuseError for other languages.
    """
    share = _shares(language).get(word.lower())
    return round(math.log10(share * 1e9), 2) if share else 0.0


@cache
def _shares(language: str) -> dict[str, float]:
    try:
        import wordfreq
    except ImportError:
        raise MissingError(tr("frequencies need wordfreq"), "pip install wordfreq") from None
    try:
        return dict(wordfreq.get_frequency_dict(language))
    except LookupError:
        message = tr("no frequencies are known of the language {language!r}", language=language)
        raise MisuseError(message, tr("leave out frequencies")) from None


def language_of(space: "Space", text: str) -> str:
    """The language whose word lists and inflections count: the space's one, else by the text's script."""
    own = [language for language in space.facts.languages if language != "*"]
    return own[0] if len(own) == 1 else languages.language(text) or "en"
