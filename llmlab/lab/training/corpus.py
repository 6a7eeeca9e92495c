"""The text that a model is made from: sentences that a shipped grammar makes, or the lines of a user's file."""

import itertools
from collections.abc import Iterator
from pathlib import Path

from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.lab.training.grammar import Grammar, read
from llmlab.language import tr
from llmlab.packaged import packaged

SHIPPED = {"english": "en", "chinese": "zh"}  # names of texts, and their languages
SENTENCES = 60_000  # more than 2 MB of either
RULES = ".grammar"  # what a file of rules ends in


def is_grammar(text: Path | str) -> bool:
    """Whether a text is made by rules: a shipped one by its name, or a user's file of rules."""
    return str(text) in SHIPPED or str(text).endswith(RULES)


def grammar(text: Path | str, files: Files) -> Grammar:
    """The rules of a shipped text or of a user's file. Raises MisuseError for what is neither, or is no grammar."""
    if not is_grammar(text):
        shipped = tr(" and ").join(SHIPPED)
        hint = tr("there are {names}; or give a file of rules that ends in {rules}", names=shipped, rules=RULES)
        raise MisuseError(tr("no text is called {text!r}", text=str(text)), hint)
    path = packaged() / "corpora" / f"{text}{RULES}" if str(text) in SHIPPED else Path(text)
    return read(files.text(path), path.name)


def lines(text: Path | str, files: Files, *, sentences: int | None = SENTENCES, seed: int = 1) -> Iterator[str]:
    """So many sentences of a grammar, which are no natural text, without end for None; or all that a file holds.

    Of a file the lines that hold something. Raises MisuseError for one that cannot be read.
    """
    if is_grammar(text):
        return itertools.islice(grammar(text, files).sentences(seed), sentences)
    return (line for _, line in files.lines(text))


def pairs(text: Path | str) -> Path | None:
    """The file of the minimal pairs that go with a shipped text."""
    language = SHIPPED.get(str(text))
    return packaged() / "exercises" / f"grammar-pairs.{language}.jsonl" if language else None
