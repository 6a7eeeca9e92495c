"""A lesson's slides are written where it is said, and show what its commands say now."""

import json

import pytest
from rich.cells import cell_len

from llmlab.cli import projector, sessions
from llmlab.cli.world import World

pytestmark = pytest.mark.usefixtures("lessons")


@pytest.fixture
def environ(environ, gguf_file):
    return {**environ, "LLMLAB_MODEL": str(gguf_file)}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_slides_are_written_where_it_is_said_and_never_over_what_is_there(lab, refuses, here):
    done = lab("lesson --slides 6")
    assert (done.code, done.out) == (0, "")
    assert done.err.endswith("llmlab: the slides are lesson-6.html\n")
    before = (here / "lesson-6.html").read_bytes()
    refuses("lesson --slides next", b"", "lesson-6.html is there already; to write it anew: llmlab lesson 6 --slides")
    assert (here / "lesson-6.html").read_bytes() == before
    assert lab("lesson 6 --slides lesson-6.html").code == 0
    assert sorted(path.name for path in here.iterdir() if path.suffix == ".html") == ["lesson-6.html"]


def test_slides_show_what_the_commands_say_now_and_not_what_the_page_says(lab, here):
    assert lab("lesson next --slides x.html --lang zh").code == 0
    page = (here / "x.html").read_text("utf-8")
    assert '<html lang="zh">' in page
    assert "The ……" not in page
    rows = json.loads(lab("next The -k 3 -f json").out)
    first = next(iter(find(rows, "token")))
    assert first.strip() in page
    assert page.count('<section class="slide picture"') == 2


def find(node, name):
    """The values of a name anywhere in a document."""
    if isinstance(node, list):
        for one in node:
            yield from find(one, name)
    elif isinstance(node, dict):
        if name in node:
            yield node[name]
        for one in node.values():
            yield from find(one, name)


def test_without_what_draws_slides_have_no_pictures_which_is_said(lab, here, monkeypatch):
    monkeypatch.setattr(projector, "find_spec", lambda _: None)
    done = lab("lesson 6 --slides x.html")
    assert done.code == 0
    assert 'llmlab: the slides have no pictures: these need vl-convert-python; pip install "llmlab[plot]"\n' in done.err
    assert "<img" not in (here / "x.html").read_text("utf-8")


def test_a_command_that_fails_is_said_and_its_slide_shows_what_the_page_has(lab, lessons, here):
    page = "# 11 Rows\n\n## Try it\n\n```console\n$ llmlab space show none\nas <written>\n```\n"
    (lessons / "11-rows.en.md").write_text(page, "utf-8")
    done = lab("lesson 11 --slides x.html")
    assert done.code == 0
    assert "this command failed, and its slide shows what the lesson has: llmlab space show none" in done.err
    assert "as &lt;written&gt;" in (here / "x.html").read_text("utf-8")


def test_without_a_shell_a_slide_shows_what_the_page_has(lab, here, monkeypatch):
    monkeypatch.setattr(sessions.shutil, "which", lambda *_, **__: None)
    done = lab("lesson 6 --slides x.html")
    assert done.code == 0
    assert "no sh is installed" in done.err
    assert "<pre>a</pre>" in (here / "x.html").read_text("utf-8")


def test_an_interrupt_ends_the_slides_and_nothing_is_written(lab, here, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("llmlab.cli.model_options.ModelOptions.causal_lm", interrupted)
    done = lab("lesson 6 --slides x.html")
    assert (done.code, done.err.count("interrupted")) == (130, 1)
    assert not (here / "x.html").exists()


def test_a_command_is_recorded_on_80_cells_whatever_the_terminal_is(environ):
    narrow, wide = (World([], {**environ, "COLUMNS": columns}) for columns in ("20", "200"))
    for command in ("llmlab next The --help", "llmlab next The --help | cat"):
        code, said, _ = sessions.recorded(narrow, command)
        assert (code, said) == sessions.recorded(wide, command)[:2]
        assert 60 < max(map(cell_len, said.splitlines())) <= 80


@pytest.mark.parametrize(("code", "told"), [(0, False), (3, True)])
def test_what_a_command_says_is_told_when_it_fails(lab, lessons, here, code, told):
    page = f"# 11 Rows\n\n## Try it\n\n```console\n$ echo why >&2; exit {code}\nas written\n```\n"
    (lessons / "11-rows.en.md").write_text(page, "utf-8")
    done = lab("lesson 11 --slides x.html")
    assert ("why\n" in done.err.replace("echo why", ""), done.code) == (told, 0)


def test_nothing_that_is_said_of_what_is_made_crosses_the_bar(lab, environ, here):
    environ["LLMLAB_CACHE"] = str(here / "cold")
    assert "(once)" in lab("lesson 6 --run").err
    environ["LLMLAB_CACHE"] = str(here / "colder")
    done = lab("lesson 6 --slides x.html")
    assert done.code == 0
    *during, last = done.err.splitlines()
    assert last == "llmlab: the slides are x.html"
    assert all(one.startswith("llmlab: running the commands") for one in during)
