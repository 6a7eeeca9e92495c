"""In which language people are told things.

Every sentence for people stands in the source in English, as `tr("{count:,} words of {space}", count=..., space=...)`;
its Chinese stands in configs/language/zh.po, a gettext catalogue, whose compiled form (zh.mo) is read when a run is in
Chinese. What programs read (records, names of fields, commands and options) is English in every language.

`tr` looks a sentence up when it is told, never when a module is imported: a constant holds the English, and is handed
to `tr` where it is used. What stands in a decorator (an option's help, a verb's docstring) is looked up by the page of
--help.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from functools import reduce
from gettext import GNUTranslations, NullTranslations
from typing import Literal, get_args

from llmlab.packaged import packaged

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
PLACE = re.compile(r"\{(\w+)[^}]*\}")  # of a value in a sentence
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set says it (POSIX 8.2)


class _Spoken:
    """The language of this run, and its catalogue; English needs none."""

    language: Language = "en"
    catalogue: NullTranslations = NullTranslations()


def speak(language: Language) -> None:
    """Tell people things in this language from now on."""
    _Spoken.language, _Spoken.catalogue = language, _read(language)


def spoken() -> Language:
    """The language in which people are told things."""
    return _Spoken.language


def tr(message: str, /, **values: object) -> str:
    """A sentence in the language of this run, with its values in the places that carry their names."""
    told = _Spoken.catalogue.gettext(message) if message else message  # of "" gettext gives its header
    return told.format(**values) if values else told


def tr_many(one: str, several: str, count: int, /, **values: object) -> str:
    """The same of a number of things, in the singular where it is one; `{count}` is the number."""
    return _Spoken.catalogue.ngettext(one, several, count).format(count=count, **values)


def clauses(said: Sequence[str]) -> str:
    """One clause or more after each other: by another comma in Chinese than the things of a list (`tr(", ")`)."""
    return reduce(lambda before, one: tr("{before}, {one}", before=before, one=one), said)


def later(message: str) -> str:
    """A sentence of a constant, which `tr` is handed where it is told; so the catalogue knows of it."""
    return message


def retold(text: str, *templates: str) -> str:
    """What was said in English elsewhere, by a library or by an earlier run, in the language of this run.

    `templates` are the sentences that it may be, each marked with `later`; another text stays as it is.
    """
    for template in templates:
        parts = PLACE.split(template)  # of words and of names, in turn
        pattern = "".join(f"(?P<{part}>.*)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
        if found := re.fullmatch(pattern, text, re.DOTALL):
            told = PLACE.split(tr(template))
            return "".join(found[part] if place % 2 else part for place, part in enumerate(told))
    return text


def system_language(environ: Mapping[str, str]) -> Language:
    """The language of the user's system: by the locale's variables, else as Windows or macOS has it set."""
    named = next((environ[name] for name in VARIABLES if environ.get(name)), None)
    return _language(named if named is not None else _of_desktop())


def _language(name: str) -> Language:
    """zh_CN.UTF-8, zh-Hans-CN, Chinese (Simplified)_China.936: Chinese; what there is no catalogue of: English."""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def _of_desktop() -> str:
    if sys.platform == "win32":
        import ctypes
        import locale

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    if sys.platform == "darwin":
        import plistlib
        from contextlib import suppress
        from pathlib import Path

        with suppress(OSError, plistlib.InvalidFileException, IndexError):
            settings = plistlib.loads((Path.home() / "Library/Preferences/.GlobalPreferences.plist").read_bytes())
            return str(settings.get("AppleLanguages", [""])[0])
    return ""


def _read(language: Language) -> NullTranslations:
    if language == "en":
        return NullTranslations()
    with (packaged() / "language" / f"{language}.mo").open("rb") as file:
        return GNUTranslations(file)
