"""What is noted of a space when it is made, in English as its folder keeps it, and the same for who is told of it."""

import re

from llmlab.language import later, retold

BLANK = later("blank lines left out: {count:,}")
REPEATED = later("repeated words left out, the first of each stays: {count:,}")
UNREADABLE = later("words that are not UTF-8 left out: {count:,}")
HEADLESS = later("line 1 is read as a row: its cells are numbers, not names of columns")
ENCODED = later("text columns are one-hot encoded: {columns}")
MORE = later(" and {count:,} more")  # categories of a column
STANDARD = later("number columns are standardised: (x - mean) / standard deviation")
MEAN = later("{count:,} cells stand for nothing: the mean in a column of numbers, no category in one of texts")
ONE_MEAN = later("1 cell stands for nothing: the mean in a column of numbers, no category in one of texts")
NOTES = (BLANK, REPEATED, UNREADABLE, HEADLESS, ENCODED, STANDARD, MEAN, ONE_MEAN)
CUT = re.compile(r" and [\d,]+ more(?=\))")


def told(note: str) -> str:
    """A note in the language of this run."""
    return CUT.sub(lambda cut: retold(cut[0], MORE), retold(note, *NOTES))
