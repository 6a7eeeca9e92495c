"""The ways to make vectors of a text."""

from typing import Literal

Way = Literal["skipgram", "bigram"]
