"""The language of a text, as far as a page must say it: its letters are drawn and read aloud by it."""

import re

from llmlab.render.fold import HAN

CHINESE = re.compile(f"[{HAN}]")
LETTER = re.compile(r"[^\W\d_]")


def language(text: str) -> str:
    """zh for a text that is mostly Chinese, en for others: two words of English are some eight letters."""
    chinese = len(CHINESE.findall(text))
    return "zh" if chinese and 3 * chinese >= len(LETTER.findall(text)) - chinese else "en"


def marked(tongue: str, around: str) -> str:
    """The attribute of a part whose language is another than that around it; nothing where it is the same."""
    return "" if tongue == around else f' lang="{tongue}"'
