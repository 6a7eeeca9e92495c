"""How words are written: with spaces between them, or, in Chinese, Japanese and Thai, in runs without any."""

import regex

UNSPACED_SCRIPTS = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}"
# With spaces between words; an apostrophe or a hyphen may stand inside.
WRITTEN = regex.compile(rf"[\w--[{UNSPACED_SCRIPTS}]]+(?:['’-][\w--[{UNSPACED_SCRIPTS}]]+)*", regex.V1)
RUN = regex.compile(rf"[{UNSPACED_SCRIPTS}]+", regex.V1)
