"""The language of a text, as far as a page must say it: its letters are drawn and read aloud by it."""

import re

from llmlab.language import spoken
from llmlab.render.fold import HAN

CHINESE = re.compile(f"[{HAN}]")
LETTER = re.compile(r"[^\W\d_]")


def language(text: str) -> str:
    """zh for a text that is mostly Chinese, en for others: two words of English are some eight letters."""
    chinese = len(CHINESE.findall(text))
    return "zh" if chinese and 3 * chinese >= len(LETTER.findall(text)) - chinese else "en"


def marked(text: str) -> str:
    """The attribute of a text whose language is another than the page's; nothing where it is the same."""
    own = language(text)
    return "" if own == spoken() else f' lang="{own}"'
