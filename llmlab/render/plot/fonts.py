"""A font that has the letters of a picture: png and pdf are drawn here, with what fonts there are.

vl-convert brings fonts for Latin, Greek and Cyrillic letters. Others are sought with fontconfig where it is, else in
the folders in which this platform keeps fonts, and believed only when the font's own character map has them
(cmap, https://learn.microsoft.com/typography/opentype/spec/cmap).
"""

import os
import re
import shutil
import struct
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from llmlab.errors import MissingError
from llmlab.language import tr
from llmlab.render.fold import HAN

OWN = "Liberation Sans"  # vl-convert's, measured like Arial
MARKS = "␣↵"  # of ours, which that font lacks: a text that holds one would be drawn with whatever has it
CARRIED = ("LATIN", "GREEK", "CYRILLIC", "MODIFIER", "MICRO", "FEMININE", "MASCULINE")
SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
# Of several fonts that have the letters, one made for the screen's text, and of one style rather than another.
LIKED = ("sans", "yahei", "pingfang", "hei", "gothic", "regular")
UNLIKED = ("bold", "black", "thin", "light", "medium", "italic", "mono", "serif", "condensed", "symbol", "emoji")


def family(text: str, say: Callable[[str], None]) -> str:
    """The font family to draw a text with: the one that has the most of its letters; for the others vl-convert looks
    further.

    Letters that no font here has are told to `say`: a hot model writes in all scripts. Raises MissingError where they
    are Chinese, which is one of the two languages here.
    """
    letters = {c for c in text if (c.isalpha() and not _carried(c)) or _is_emoji(c)}
    wanted = letters | {c for c in MARKS if c in text}
    missing, most, best = set(letters), 0, OWN
    for file in _files(wanted, thorough=bool(letters)) if wanted else ():
        for name, characters in _faces(file):
            has = {character for character in wanted if ord(character) in characters}
            if has & missing:
                _register(file)
                missing -= has
            if len(has) > most:
                most, best = len(has), name
            if most == len(wanted):
                return best
        if not missing and most:
            break
    if any(map(_is_han, missing)):
        hint = tr("apt install fonts-noto-cjk, or write .svg or .html, drawn where they are read")
        raise MissingError(tr("no font here has the letters {letters}", letters=_some(missing)), hint)
    if missing:
        say(
            tr("no font here has {letters}: they are drawn as boxes (not so in .svg and .html)", letters=_some(missing))
        )
    return best


def having(letters: str) -> str:
    """The family of a font here that has all of these letters; "" where there is none."""
    for file in _files(set(letters), thorough=False):
        for name, characters in _faces(file):
            if all(ord(letter) in characters for letter in letters):
                return name
    return ""


def _is_emoji(character: str) -> bool:
    """Pictures such as ☀ and 🎉; arrows, blocks and lines are carried."""
    return unicodedata.category(character) == "So" and ord(character) >= 0x2600


def _carried(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(CARRIED)


def _some(letters: set[str]) -> str:
    return "".join(sorted(letters)[:5]) + ("" if len(letters) <= 5 else " ...")


def _is_han(letter: str) -> bool:
    return bool(re.match(f"[{HAN}]", letter))


def _register(file: Path) -> None:
    """Tell vl-convert of a font in a folder where it may not look."""
    import vl_convert

    vl_convert.register_font_directory(str(file.parent))


def _files(letters: set[str], thorough: bool) -> Iterator[Path]:
    """Font files, those first that have the letters, as far as fontconfig knows; only `thorough` the others too."""
    if not shutil.which("fc-list"):
        found = (path for folder in _folders() for path in folder.rglob("*"))
        yield from sorted((path for path in found if path.suffix.lower() in SUFFIXES), key=_liking)
        return
    charset = " ".join(f"{ord(letter):x}" for letter in sorted(letters)[:200])
    likely = _listed(f":charset={charset}")
    yield from sorted(likely, key=_liking)
    if thorough:
        yield from sorted(_listed(":") - likely, key=_liking)


def _listed(pattern: str) -> set[Path]:
    """The font files that fontconfig knows of a pattern."""
    asked = ["fc-list", "--format", "%{file}\\n", pattern]
    said = os.fsdecode(subprocess.run(asked, capture_output=True, check=False).stdout)
    return {path for path in map(Path, said.splitlines()) if path.suffix.lower() in SUFFIXES}


def _folders() -> Iterable[Path]:
    """Where this platform keeps fonts."""
    home = Path.home()
    if sys.platform == "win32":
        root, local = os.environ.get("WINDIR", r"C:\Windows"), os.environ.get("LOCALAPPDATA", str(home))
        return [Path(root) / "Fonts", Path(local) / "Microsoft" / "Windows" / "Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    shared = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")]
    return [*shared, home / ".local" / "share" / "fonts", home / ".fonts"]


def _liking(file: Path) -> tuple[int, str]:
    name = file.name.lower()
    points = sum(word in name for word in LIKED) - 2 * sum(word in name for word in UNLIKED)
    return -points, name


def _faces(file: Path) -> Iterator[tuple[str, dict[int, str]]]:
    """Each face of a font file: its family, and its characters by code point. Nothing of what is no font."""
    from fontTools.ttLib import TTCollection, TTFont, TTLibError

    try:
        with file.open("rb") as stream:
            several = file.suffix.lower() in (".ttc", ".otc")
            faces = TTCollection(stream, lazy=True).fonts if several else [TTFont(stream, lazy=True)]
            for face in sorted(faces, key=lambda face: "SC" not in str(face["name"].getDebugName(1)).split()):
                yield str(face["name"].getDebugName(16) or face["name"].getDebugName(1)), face.getBestCmap() or {}
    except (TTLibError, OSError, LookupError, ValueError, AssertionError, struct.error):  # a damaged font
        return
