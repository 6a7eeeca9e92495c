"""Where Markdown is code: between fences, which what is made of the rest leaves alone."""

import re

FENCED = re.compile(r"^(```.*?^```\n?)", re.MULTILINE | re.DOTALL)
