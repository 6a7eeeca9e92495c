"""The words of a space: a word list by frequency, a file with a word a line, or a language model's own tokens."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from llmlab.errors import MissingError, MisuseError
from llmlab.files.opening import opened, raw_lines, text_lines
from llmlab.language import tr
from llmlab.progress import Reporter

BY_FREQUENCY = "wordfreq:"  # what a list of words begins with; all else is a file
MOST = 10_000_000  # words asked of wordfreq: all it has


def words(spec: str, reporter: Reporter) -> list[str]:
    """The words of `wordfreq:LANGUAGE:COUNT`, most frequent first, or of a file, in its order.

    Several lists joined by + are taken one after the other, each word once.
    """
    if spec.startswith(BY_FREQUENCY):
        return list(dict.fromkeys(word for part in spec.split("+") for word in by_frequency(part)))
    path = Path(spec).expanduser()
    if not path.is_file():
        hint = tr("give wordfreq:LANGUAGE:COUNT, for example wordfreq:zh:50000, or a file with one word a line")
        raise MisuseError(tr("vocabulary {spec!r} is neither a word list nor a file", spec=spec), hint)
    return of_file(path, reporter)


def languages(spec: str) -> tuple[str, ...]:
    """The languages of word lists; any for other words."""
    found = tuple(dict.fromkeys(re.findall(r"(?:^|\+)wordfreq:(\w+):", spec)))
    return found or ("*",)


def by_frequency(spec: str) -> list[str]:
    """wordfreq:LANGUAGE:COUNT, the most frequent words of a language, most frequent first (Speer 2022)."""
    parts = spec.split(":")
    if len(parts) != 3 or parts[0] != "wordfreq" or not parts[2].isdigit() or int(parts[2]) < 1:
        raise MisuseError(
            tr("vocabulary {spec!r} is not wordfreq:LANGUAGE:COUNT", spec=spec), tr("for example wordfreq:en:50000")
        )
    try:
        import wordfreq
    except ImportError:
        raise MissingError(tr("word lists need wordfreq"), "pip install wordfreq") from None
    try:
        return list(wordfreq.top_n_list(parts[1], min(int(parts[2]), MOST)))
    except LookupError:
        known = tr(", ").join(sorted(wordfreq.available_languages()))
        raise MisuseError(
            tr("wordfreq has no language {language!r}", language=parts[1]), tr("one of: {known}", known=known)
        ) from None


def frequencies(language: str, count: int) -> dict[str, float]:
    """The most frequent words of a language, most frequent first, and the share of each in running text."""
    words = by_frequency(f"wordfreq:{language}:{count}")
    from wordfreq import get_frequency_dict

    shares = get_frequency_dict(language)
    return {word: shares[word] for word in words}


def of_file(path: Path, reporter: Reporter) -> list[str]:
    """The words of a file, one a line, in NFC, each once. Raises MisuseError for none, or for what is not UTF-8."""
    with opened(path) as file:
        lines = text_lines(raw_lines(file, str(path)), str(path))
        found = [word for _, line in lines if (word := unicodedata.normalize("NFC", line.strip()))]
    if not found:
        raise MisuseError(tr("{path} holds no words", path=path), tr("one word a line"))
    once = list(dict.fromkeys(found))
    if len(once) < len(found):
        reporter.say(
            tr(
                "{path}: {repeated:,} lines repeat a word; each word is taken once",
                path=path,
                repeated=len(found) - len(once),
            )
        )
    return once


def fold(pieces: Sequence[bytes | None]) -> tuple[list[str], list[int]]:
    """Tokens as words: the leading-space form and case variants of a word become one entry.

    The entry's vector is that of the form met most in running text: the lower-case one with a leading space,
    then the lower-case one, then the earliest token. Pieces of a UTF-8 character, control tokens and white
    space are left out. Entries stand in the order of their chosen token.
    """
    chosen: dict[str, tuple[int, int]] = {}  # word -> (preference, token)
    for token, piece in enumerate(pieces):
        text = _readable(piece)
        if text is None:
            continue
        bare = text.removeprefix(" ")
        word = unicodedata.normalize("NFC", bare).lower()
        preference = 0 if text == " " + word else 1 if text == word else 2
        if word not in chosen or preference < chosen[word][0]:
            chosen[word] = (preference, token)
    ordered = sorted(chosen.items(), key=lambda item: item[1][1])
    return [word for word, _ in ordered], [token for _, (_, token) in ordered]


def _readable(piece: bytes | None) -> str | None:
    try:
        text = (piece or b"").decode()
    except UnicodeDecodeError:
        return None
    word = text.removeprefix(" ")
    return text if word.strip() == word and word and word.isprintable() else None
