"""What is known of millions of lines, kept on disk: memory does not grow with it.

SQLite's temporary database is a file without a name, which is gone with the process, however that ends.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import blake2b

Key = int | str


def database(*statements: str) -> sqlite3.Connection:
    """An empty database that nothing is left of; what is lost by a crash is worth no journal."""
    found = sqlite3.connect("", isolation_level=None)
    for one in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", *statements, "BEGIN"):
        found.execute(one)
    return found


class Places:
    """Where in a file the records of each key stand: their beginnings and lengths, in bytes."""

    def __init__(self, found: Iterable[tuple[Key, int, int]]) -> None:
        self._database = database("CREATE TABLE places (key, start INTEGER, length INTEGER)")
        self._database.executemany("INSERT INTO places VALUES (?, ?, ?)", found)
        self._database.execute("CREATE INDEX by_key ON places (key)")

    def of(self, key: Key) -> Iterator[tuple[int, int]]:
        """In the order of the file."""
        yield from self._database.execute("SELECT start, length FROM places WHERE key = ? ORDER BY start", (key,))

    def close(self) -> None:
        self._database.close()


class SeenTexts:
    """Texts that were met."""

    def __init__(self) -> None:
        self._database = database("CREATE TABLE seen (digest BLOB PRIMARY KEY) WITHOUT ROWID")

    def add(self, text: str) -> bool:
        """Whether a text is met for the first time."""
        return bool(self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (_digest(text),)).rowcount)


class FirstWith:
    """The first word that came with each key."""

    def __init__(self) -> None:
        self._database = database("CREATE TABLE firsts (digest BLOB PRIMARY KEY, word TEXT) WITHOUT ROWID")

    def add(self, key: str, word: str) -> str:
        """The first word that came with the key: this one, or one before it."""
        digest = _digest(key)
        if self._database.execute("INSERT OR IGNORE INTO firsts VALUES (?, ?)", (digest, word)).rowcount:
            return word
        return str(self._database.execute("SELECT word FROM firsts WHERE digest = ?", (digest,)).fetchone()[0])


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
