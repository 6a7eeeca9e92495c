"""The pages of the lessons: which there are, and what stands on one."""

from pathlib import Path

import pytest
from lesson_pages import COMMANDS, lessons  # noqa: F401  (a fixture)

from llmlab.errors import MisuseError
from llmlab.language import LANGUAGES, speak
from llmlab.lessons import pages
from llmlab.lessons.pages import Session, blocks, sections
from llmlab.packaged import packaged


@pytest.mark.usefixtures("lessons")
@pytest.mark.parametrize(("language", "titles"), [("en", ["The next word", "Rows"]), ("zh", ["下一个词", "行"])])
def test_lessons_are_the_numbered_pages_of_a_language_in_their_order(language, titles):
    speak(language)
    found = pages.lessons()
    assert [(one.number, one.name) for one in found] == [(6, "next"), (11, "rows")]
    assert [one.title for one in found] == titles


@pytest.mark.usefixtures("lessons")
@pytest.mark.parametrize("asked", ["6", "06", "next", " next "])
def test_a_lesson_is_found_by_its_number_or_its_name(asked):
    assert pages.find(asked).title == "The next word"


@pytest.mark.usefixtures("lessons")
@pytest.mark.parametrize("asked", ["60", "", "play", "The next words", "-1", "next.en"])
def test_a_lesson_that_is_none_is_told_with_those_there_are(asked):
    with pytest.raises(MisuseError) as caught:
        pages.find(asked)
    assert "6 next, 11 rows" in caught.value.hint


@pytest.mark.usefixtures("lessons")
@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_are_the_typed_lines_of_the_sessions(language):
    speak(language)
    found = tuple(command for _, command in pages.find("next").steps)
    assert found == COMMANDS  # and not what a block of sh shows


@pytest.mark.usefixtures("lessons")
def test_a_heading_is_none_inside_a_session():
    found = dict(sections(pages.find("6").text))
    assert list(found) == ["", "Think first", "Try it", "What to look for", "One idea", "Task", "Hint"]
    assert found["Think first"].strip() == "After `The`, which word would you write? <b>Guess</b> before you look."


@pytest.mark.usefixtures("lessons")
def test_between_the_commands_stands_what_is_said_of_them():
    first, session, second, *others = blocks(dict(sections(pages.find("6").text))["Try it"])
    assert (first.strip(), second.strip()) == (
        "The likeliest of all tokens:",
        "A shell sorts, and a table is a space:",
    )
    assert session == Session(COMMANDS[0], "The ...\n## 1  cat  0.5")
    assert others[:2] == [Session(COMMANDS[1], "a"), Session(COMMANDS[2], "小明")]


@pytest.mark.usefixtures("lessons")
def test_a_step_is_a_command_after_what_is_said_of_it():
    said = [said for said, _ in pages.find("6").steps]
    assert said == ["The likeliest of all tokens:", "A shell sorts, and a table is a space:", ""]


@pytest.mark.usefixtures("lessons")
def test_the_body_leads_to_no_other_file():
    lesson = pages.find("6")
    assert "06-next.zh.md" in lesson.text
    assert "06-next.zh.md" not in lesson.body
    assert lesson.body.startswith("# 6 The next word\n\nThe lecture says")


def test_every_lesson_that_comes_with_llmlab_is_there_in_both_languages():
    found = {}
    for language in LANGUAGES:
        speak(language)
        found[language] = pages.lessons()
    names = [[(one.number, one.name) for one in some] for some in found.values()]
    assert names[0] == names[1]
    numbered = {Path(path.name.split(".")[0]).name for path in (packaged() / "lessons").glob("[0-9]*.md")}
    assert {f"{number:02}-{name}" for number, name in names[0]} == numbered
    for one in (lesson for some in found.values() for lesson in some):
        assert one.text.startswith(f"# {one.number} {one.title}\n"), one


@pytest.mark.parametrize(("readme", "said"), [("README.md", "in {} lessons"), ("README.zh.md", "共 {} 课")])
def test_a_readme_says_how_many_lessons_there_are(readme, said):
    text = (Path(__file__).parents[2] / readme).read_text(encoding="utf-8")
    assert said.format(len(pages.lessons())) in text
