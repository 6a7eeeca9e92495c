"""People are told things in English or Chinese: which of them, and that the catalogue is whole."""

import io
import re
import string
import tomllib
from pathlib import Path

import pytest
import translations
from babel.messages.catalog import Message

from llmlab.cli import main
from llmlab.cli.world import World
from llmlab.language import speak, spoken, system_language, tr, tr_many

ROOT = Path(__file__).parents[1]
CATALOG = translations.gathered()
GLOSSARY = tomllib.loads((ROOT / "configs" / "language" / "glossary.toml").read_text("utf-8"))["terms"]
LESSONS = ROOT / "configs" / "lessons"
TYPED = re.compile(r"\{.*?\}|`.*?`|llmlab \w+")  # what the user types, and values
HAN = re.compile(r"[\u4e00-\u9fff]")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def sentences() -> list[Message]:
    return [one for one in CATALOG if one.id]


def english_of(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def chinese_of(message: Message) -> str:
    return message.string if isinstance(message.string, str) else "".join(message.string or ())


def fields(template: str) -> set[tuple[str, str, str]]:
    """The places of a template: name, kind of figure, conversion."""
    return {(name, spec, how or "") for _, name, spec, how in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "", "LANG": "zh"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "Chinese (Simplified)_China.936"}, "zh"),
    ],
)
def test_the_locale_says_which_language(environ, language):
    assert system_language(environ) == language


@pytest.mark.parametrize(
    ("argv", "environ", "stdout", "language"),
    [
        ([], {"LANG": "zh_CN.UTF-8"}, Terminal(), "zh"),
        ([], {"LANG": "zh_CN.UTF-8"}, io.StringIO(), "en"),
        ([], {"LANG": "zh_CN.UTF-8", "TERM": "dumb"}, Terminal(), "en"),
        ([], {"LLMLAB_LANG": "zh"}, io.StringIO(), "zh"),
        (["--lang", "en", "prob"], {"LLMLAB_LANG": "zh"}, Terminal(), "en"),
        (["prob", "x", "--lang=zh"], {}, io.StringIO(), "zh"),
        (["prob", "--", "--lang", "zh"], {}, io.StringIO(), "en"),
    ],
)
def test_what_is_asked_for_wins_over_the_locale_which_a_pipe_does_not_follow(argv, environ, stdout, language):
    assert World(argv=argv, environ=environ, stdout=stdout).language == language


@pytest.mark.parametrize(("argv", "environ"), [(["--lang", "fr"], {}), ([], {"LLMLAB_LANG": "fr"})])
def test_a_language_that_is_not_known_is_misuse(argv, environ):
    stderr = io.StringIO()
    assert main(World(argv=[*argv, "models", "list"], environ=environ, stdout=io.StringIO(), stderr=stderr)) == 2
    assert "knows no language 'fr'; give zh or en" in stderr.getvalue()


def test_help_and_a_misuse_are_chinese_where_it_is_asked_for():
    out, err = io.StringIO(), io.StringIO()
    assert main(World(argv=["--lang", "zh", "--help"], environ={}, stdout=out, stderr=err)) == 0
    assert out.getvalue().startswith("用法：llmlab")
    assert main(World(argv=["prob", "--lang", "zh"], environ={}, stdin=None, stdout=out, stderr=err)) == 2
    assert HAN.search(err.getvalue())


def test_nothing_is_kept_of_the_language_of_the_run_before():
    for language, usage in (("zh", "用法："), ("en", "Usage: ")):
        out = io.StringIO()
        assert main(World(argv=["--lang", language, "--help"], environ={}, stdout=out)) == 0
        assert out.getvalue().startswith(usage)
        assert spoken() == language


def test_a_sentence_without_words_stays_as_it_is():
    speak("zh")
    assert tr("") == ""
    assert tr("nobody has said this") == "nobody has said this"
    assert tr_many("{count} of these", "{count} of those", 2) == "2 of those"


def test_every_sentence_has_its_chinese():
    assert translations.missing(CATALOG) == []


@pytest.mark.parametrize("place", ["po", "mo"])
def test_the_catalogue_is_what_the_source_says(place):
    written = dict(zip(("po", "mo"), translations.written(CATALOG), strict=True))
    assert (ROOT / "configs" / "language" / f"zh.{place}").read_bytes() == written[place]


def test_the_chinese_has_the_places_of_the_english():
    wrong = [
        (one.id, chinese_of(one))
        for one in sentences()
        if fields(chinese_of(one)) != set().union(*map(fields, english_of(one)))
    ]
    assert wrong == []


@pytest.mark.parametrize("term", GLOSSARY)
def test_the_fields_terms_are_those_of_the_glossary(term):
    named = re.compile(rf"(?<![\w-])[{term[0]}{term[0].upper()}]{term[1:]}(e?s)?(?![\w=-])")
    told = [(english_of(one)[0], chinese_of(one)) for one in sentences()]
    having = [one for one in told if named.search(TYPED.sub("", one[0]))]
    assert [one for one in having if not any(word in one[1] for word in GLOSSARY[term])] == []
    assert having or any(GLOSSARY[term][0] in page.read_text("utf-8") for page in LESSONS.glob("*.zh.md"))
