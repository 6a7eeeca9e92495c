"""The language that a text is written in, as far as its script says."""

import unicodedata
from collections.abc import Iterable, Mapping

from llmlab.config import Config, ModelEntry, SpaceEntry
from llmlab.language import later

SCRIPTS = {  # first word of a letter's Unicode name -> language
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "GREEK": "el",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "THAI": "th",
}
NAMES = {
    "zh": later("Chinese"),
    "ja": later("Japanese"),
    "ko": later("Korean"),
    "ru": later("Russian"),
    "ar": later("Arabic"),
    "el": later("Greek"),
    "he": later("Hebrew"),
    "hi": later("Hindi"),
    "th": later("Thai"),
}
UNSPACED = ("zh", "ja", "th")  # written without spaces between words


def language(text: str) -> str:
    """The language whose script the text is written in; "" for Latin and what is not a letter."""
    for character in text:
        script = unicodedata.name(character, "").split(" ")[0]
        if script in SCRIPTS:
            return SCRIPTS[script]
    return ""


def speaking(entries: Mapping[str, ModelEntry] | Mapping[str, SpaceEntry], text: str) -> list[str]:
    """The names of the models or spaces that have the language of a text; all for one in Latin letters."""
    own = language(text)
    return [name for name, entry in entries.items() if not own or {"*", own} & set(entry.languages)]


def of_texts(texts: Iterable[str]) -> str:
    """The language of a list of texts: the first that is not Latin, for who knows it knows English beside it."""
    return language(" ".join(texts))


def space_for(config: Config, text: str) -> str:
    """The settings' space, or the one that they have for the language of a text that it lacks."""
    return space_of(config, language(text))


def space_of(config: Config, own: str) -> str:
    """The same for a language; "" is any."""
    entry = config.spaces.get(config.space)
    if entry is None or not own or {"*", own} & set(entry.languages):
        return config.space
    return config.languages.get(own, config.space)
