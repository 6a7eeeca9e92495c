"""The language that a text is written in, as far as its script says."""

import unicodedata

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
UNSPACED = ("zh", "ja", "th")  # written without spaces between words


def language(text: str) -> str:
    """The language whose script the text is written in; "" for Latin and what is not a letter."""
    for character in text:
        script = unicodedata.name(character, "").split(" ")[0]
        if script in SCRIPTS:
            return SCRIPTS[script]
    return ""
