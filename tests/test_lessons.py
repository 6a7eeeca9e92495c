"""The sessions of the READMEs and lessons are what the commands print. `python tests/test_lessons.py` writes them anew.

With names of files it writes those alone.
"""

import functools
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import python_sessions
import reference
from desk import Desk

from llmlab.cli import ROOMS, SECTIONS

ROOT = Path(__file__).parents[1]
LESSONS = ROOT / "configs" / "lessons"
ENGLISH = (ROOT / "README.md", *sorted(LESSONS.glob("*.en.md")))
CHINESE = (ROOT / "README.zh.md", *sorted(LESSONS.glob("*.zh.md")))
OTHERS = (ROOT / ".github" / "CONTRIBUTING.md", *sorted((ROOT / "configs" / "exercises").glob("*.md")))
OFFLINE = ROOT / "tests" / "offline"  # no command that is shown needs a network
MOST_BYTES = 9216  # of a README
NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?"
TOLERANCE = 0.02  # processors round differently; bars and the last digits follow
COUNTED = {  # percentage points that one case moves, which a rounding may turn
    "llmlab calibration": 2.0,  # a position, one of 100, into the next bin
    "--shots": 6.0,  # an answer, one of 20 questions in two draws, and the bounds of its interval
}
NOT_ASKED = ("Lessons", "Training", "Play", "Things")  # sections whose verbs ask no question of one file
CHAPTERS = {"lesson": "play", "explore": "pictures", "space": "vectors", "models": "models"}
CHAPTERS |= {"cache": "models", "serve": "scale", "merge": "scale", "completion": "models", "doctor": "models"}


def called(page: Path) -> str:
    return page.name


def tongue(page: Path) -> str:
    """The language of a page, in which its commands speak."""
    return "zh" if page.name.endswith(".zh.md") else "en"


def sessions(page: Path) -> list[tuple[str, str]]:
    """(command, output) of each `$ ` line in the console blocks."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output.rstrip("\n")))
    return found


@functools.cache
def printed(command: str, language: str, *, whole: bool = False) -> str:
    """What a user sees: messages and data, lines without trailing spaces.

    A shell runs what needs one (a pipe, a loop), and what is to be seen as a whole process.
    """
    alone = command.startswith("llmlab ") and not set("|;&<>$`") & set(command) and not whole
    said = told(command, language) if alone else shell(command, language)
    return python_sessions.lasting(said)


def of(page: Path, command: str) -> str:
    """What a command of a page prints; what the READMEs show are whole processes."""
    return printed(command, tongue(page), whole=page.name.startswith("README"))


def told(command: str, language: str) -> str:
    """What a command of llmlab alone says, in a process that keeps what it has opened."""
    answer = desk().ask(shlex.split(command)[1:], language)
    assert answer.code == 0, (command, answer.said)
    return answer.said


@functools.cache
def desk() -> Desk:
    """The process of `told`."""
    return Desk(environment("en"))


def environment(language: str) -> dict[str, str]:
    """That of a user: this installation, 80 cells, a language, and no network."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    offline = os.pathsep.join([str(OFFLINE), *filter(None, [os.environ.get("PYTHONPATH")])])
    return os.environ | {"PATH": path, "COLUMNS": "80", "PYTHONPATH": offline, "LLMLAB_LANG": language}


def shell(command: str, language: str) -> str:
    """What a shell's command says."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.run(command, shell=True, **pipes, check=True, cwd=ROOT, env=environment(language)).stdout


def rewrite(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for command, output in sessions(page):
        old = f"$ {command}\n{output}\n" if output else f"$ {command}\n"
        text = text.replace(old, f"$ {command}\n{of(page, command)}\n", 1)
    page.write_text(python_sessions.rewritten(text, str(OFFLINE)) if "\n>>> " in text else text, encoding="utf-8")


def steady(command: str, output: str) -> str:
    """What every processor prints: of drawn samples, only what T = 0 says; a rounding may draw another token."""
    if "--seed" not in command:
        return output
    return "\n".join(line for line in output.splitlines() if re.match(r"\s*(T |0 |seed|随机种子|Question|问)", line))


@pytest.mark.models
@pytest.mark.parametrize("page", [*ENGLISH, *CHINESE], ids=called)
def test_the_sessions_are_what_the_commands_print(page):
    examples = python_sessions.examples(page.read_text(encoding="utf-8"))
    lines = tuple(line for line, _ in examples)
    said = python_sessions.printed(lines, str(OFFLINE)) if examples else []
    shown = [(*one, of(page, one[0])) for one in sessions(page)]
    shown += [(*one, now) for one, now in zip(examples, said, strict=True)]
    assert shown
    for command, output, printed_now in shown:
        wanted, now = steady(command, output), steady(command, printed_now)
        least = next((points for part, points in COUNTED.items() if part in command), TOLERANCE)
        words, found = (re.sub(r"[█▏▎▍▌▋▊▉ ─]+", " ", re.sub(NUMBER, "0", text)) for text in (wanted, now))
        assert found == words, command
        for one, other in zip(re.findall(NUMBER, wanted), re.findall(NUMBER, now), strict=True):
            pair = [float(number.replace(",", "")) for number in (one, other)]
            assert pair[1] == pytest.approx(pair[0], rel=TOLERANCE, abs=least), command


@pytest.mark.parametrize(("english", "chinese"), list(zip(ENGLISH, CHINESE, strict=True)))
def test_both_languages_show_the_same_sessions(english, chinese):
    assert english.name.split(".")[0] == chinese.name.split(".")[0]
    one, other = ([command for command, _ in sessions(page)] for page in (english, chinese))
    assert one == other
    one, other = (python_sessions.examples(page.read_text(encoding="utf-8")) for page in (english, chinese))
    assert one == other


@pytest.mark.parametrize("page", [ENGLISH[0], CHINESE[0]], ids=called)
def test_a_readme_is_read_in_a_minute(page):
    assert page.stat().st_size <= MOST_BYTES


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("section", SECTIONS)
def test_every_verb_has_a_section_of_a_lesson(section, language):
    for verb in SECTIONS[section]:
        lesson = CHAPTERS.get(verb, section.lower())
        headings = re.findall(r"^## (.*)$", (LESSONS / f"{lesson}.{language}.md").read_text("utf-8"), re.MULTILINE)
        assert headings.count(verb) == 1, verb


@pytest.mark.parametrize("verb", ["ngram", "vectors", "corpus"])
def test_what_is_trained_has_its_name_as_its_address(verb):
    assert f"\ndef {verb}" in (ROOT / "llmlab" / "cli" / "training.py").read_text("utf-8")
    assert (ROOT / "llmlab" / "lab" / "training" / f"{verb}.py").is_file()
    assert (ROOT / "tests" / "lab" / "training" / f"test_{verb}.py").is_file()


@pytest.mark.parametrize("verb", [verb for verb in ROOMS if not any(verb in SECTIONS[name] for name in NOT_ASKED)])
def test_a_verbs_name_is_its_address(verb):
    assert f"\ndef {verb}" in (ROOT / "llmlab" / "cli" / f"{ROOMS[verb]}.py").read_text("utf-8")
    room = next(section.lower() for section, verbs in SECTIONS.items() if verb in verbs)
    assert (ROOT / "llmlab" / "lab" / room / f"{verb}.py").is_file()
    assert (ROOT / "tests" / "lab" / room / f"test_{verb}.py").is_file()


@pytest.mark.parametrize("page", [*ENGLISH, *CHINESE, *OTHERS], ids=called)
def test_no_page_names_a_verb_or_an_option_that_is_gone(page):
    known = {" ".join(words): set(re.findall(r"-{1,2}[a-z][a-z-]*", reference.helped(*words))) for words in all_verbs()}
    for words, rest in named(page.read_text(encoding="utf-8")):
        assert words in known, (words, rest)
        options = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", re.sub(r"'[^']*'|\"[^\"]*\"", "", rest)))
        assert options <= known[words] | {"--help"}, (words, rest)


def all_verbs() -> list[tuple[str, ...]]:
    return list(reference.verbs())


def named(text: str) -> list[tuple[str, str]]:
    """(verb, what follows it) of each call of llmlab in the code of a page."""
    blocks = re.findall(r"```(?:console|sh)\n(.*?)```", text, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    code = lines + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    calls = [call for line in code for call in re.findall(r"(?:^\s*|[$;|] |do )llmlab ([a-z][^;|#]*)", line)]
    verbs = {" ".join(words) for words in all_verbs()}
    found = []
    for call in calls:
        first, _, rest = call.partition(" ")
        second, _, after = rest.partition(" ")
        longer = f"{first} {second}"
        found.append((longer, after) if longer in verbs else (first, rest))
    return found


if __name__ == "__main__":
    for one in map(Path, sys.argv[1:]) if sys.argv[1:] else (*ENGLISH, *CHINESE):
        rewrite(one)


@pytest.mark.models
def test_the_example_of_an_answer_is_one_of_its_lesson():
    pages = [reference.written(), *((LESSONS / f"play.{language}.md").read_text("utf-8") for language in ("en", "zh"))]
    examples = [re.findall(r"^ *llmlab (lesson \d+ --check [^ -]\S*)", page, re.MULTILINE) for page in pages]
    assert all(examples)
    for one in {one for some in examples for one in some}:
        assert desk().ask(one.split(), "en").code in (0, 1), one  # right or wrong, and no misuse
