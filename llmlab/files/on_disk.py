"""What is known of millions of lines, kept on disk: memory does not grow with it.

SQLite's temporary database is a file without a name, which is gone with the process, however that ends.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

from llmlab.errors import LabError
from llmlab.language import tr

Key = int | str


class Database:
    """An empty database that nothing is left of. Raises LabError where it has no room."""

    def __init__(self, *statements: str) -> None:
        with _told():
            self._connection = sqlite3.connect("", isolation_level=None)
        # what is lost by a crash is worth no journal
        for one in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", *statements, "BEGIN"):
            self.change(one)

    def change(self, statement: str, values: Sequence[object] = ()) -> int:
        """How many rows a statement has changed."""
        with _told():
            return self._connection.execute(statement, values).rowcount

    def fill(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement for each row."""
        with _told():
            self._connection.executemany(statement, rows)

    def rows(self, question: str, values: Sequence[object] = ()) -> Iterator[Any]:
        with _told():
            yield from self._connection.execute(question, values)

    def close(self) -> None:
        self._connection.close()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Say in the user's words why a temporary file cannot be written: the folder is full, as a rule."""
    try:
        yield
    except sqlite3.Error as error:
        message = tr("cannot write a temporary file: {reason}", reason=error)
        raise LabError(message, tr("make room, or let TMPDIR name a folder that has some")) from error


class Places:
    """Where in a file the records of each key stand: their beginnings and lengths, in bytes."""

    def __init__(self, found: Iterable[tuple[Key, int, int]]) -> None:
        self._database = Database("CREATE TABLE places (key, start INTEGER, length INTEGER)")
        self._database.fill("INSERT INTO places VALUES (?, ?, ?)", found)
        self._database.change("CREATE INDEX by_key ON places (key)")

    def of(self, key: Key) -> Iterator[tuple[int, int]]:
        """In the order of the file."""
        yield from self._database.rows("SELECT start, length FROM places WHERE key = ? ORDER BY start", (key,))

    def close(self) -> None:
        self._database.close()


class SeenTexts:
    """Texts that were met."""

    def __init__(self) -> None:
        self._database = Database("CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID")

    def add(self, text: str) -> bool:
        """Whether a text is met for the first time."""
        return bool(self._database.change("INSERT OR IGNORE INTO seen VALUES (?)", (_digest(text),)))


class FirstWith:
    """The first word that came with each key."""

    def __init__(self) -> None:
        self._database = Database("CREATE TABLE firsts (digest BLOB PRIMARY KEY, word TEXT) WITHOUT ROWID")

    def add(self, key: str, word: str) -> str:
        """The first word that came with the key: this one, or one before it."""
        digest = _digest(key)
        if self._database.change("INSERT OR IGNORE INTO firsts VALUES (?, ?)", (digest, word)):
            return word
        ((first,),) = self._database.rows("SELECT word FROM firsts WHERE digest = ?", (digest,))
        return str(first)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
