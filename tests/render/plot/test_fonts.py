"""A font for a picture's letters: found, believed by its character map alone, or said to be missing."""

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from llmlab.errors import MissingError
from llmlab.render.plot import fonts


def family(text):
    """The font of a text that needs no word about it."""
    return fonts.family(text, pytest.fail)


def font(path, family, letters):
    """A font of empty glyphs for these letters."""
    names = [".notdef", *(f"u{ord(letter):04x}" for letter in letters)]
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap({ord(letter): name for letter, name in zip(letters, names[1:], strict=True)})
    made.setupGlyf({name: TTGlyphPen(None).glyph() for name in names})
    made.setupHorizontalMetrics(dict.fromkeys(names, (500, 0)))
    made.setupHorizontalHeader()
    made.setupNameTable({"familyName": family, "styleName": "Regular"})
    made.setupOS2()
    made.setupPost()
    made.save(path)
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Fonts of this folder alone, without fontconfig, and the folders that vl-convert is told of."""
    told = []
    monkeypatch.setattr(fonts.shutil, "which", lambda name: None)
    monkeypatch.setattr(fonts, "_folders", lambda: [tmp_path])
    monkeypatch.setattr("vl_convert.register_font_directory", told.append)
    (tmp_path / "told").mkdir()
    return tmp_path, told


def test_latin_greek_and_cyrillic_need_no_font_of_this_machine(monkeypatch):
    monkeypatch.setattr(fonts, "_files", lambda letters, thorough: pytest.fail("nothing is sought"))
    assert family("Café, Ελλάδα, Москва, ﬁ: 1 + 1 = 2 。") == "Liberation Sans"


def test_the_font_that_has_the_most_of_the_letters_is_taken_and_all_that_are_needed_are_registered(folder):
    place, told = folder
    font(place / "a.ttf", "Few Hei", "今")
    (place / "deep").mkdir()
    font(place / "deep" / "b.ttf", "Many Hei", "天气很")
    font(place / "c.ttf", "None Hei", "abc")
    assert family("今天天气很 good") == "Many Hei"
    assert told == [str(place), str(place / "deep")]


def test_a_font_is_named_that_has_all_letters_asked_for(folder):
    font(folder[0] / "a.ttf", "Half Hei", "中")
    font(folder[0] / "b.ttf", "Whole Hei", "中文")
    assert fonts.having("中文") == "Whole Hei"
    assert fonts.having("中国") == ""


def test_the_mark_of_a_space_is_drawn_in_the_letters_font_but_none_is_refused_for_it(folder):
    font(folder[0] / "a.ttf", "Marks Sans", "␣")
    assert family("cat␣dog") == "Marks Sans"
    assert family("cat↵dog") == "Liberation Sans"


def test_letters_that_no_font_has_are_named_with_what_to_install(folder):
    font(folder[0] / "a.ttf", "Few", "今")
    with pytest.raises(MissingError, match="no font here has the letters 天气") as caught:
        family("今天天气")
    assert caught.value.hint == "apt install fonts-noto-cjk, or write .svg or .html, drawn where they are read"


def test_other_letters_that_no_font_has_are_said_to_be_boxes(folder):
    font(folder[0] / "a.ttf", "Few", "今")
    said = []
    assert fonts.family("今 ไทย🎉", said.append) == "Few"
    assert said == ["no font here has ทยไ🎉: they are drawn as boxes (not so in .svg and .html)"]


def test_a_file_that_is_no_font_is_passed_over(folder):
    (folder[0] / "a.ttf").write_bytes(b"no font")
    (folder[0] / "b.ttc").write_bytes(b"ttcf\x00\x01\x00\x00\xff\xff\xff\xff")
    font(folder[0] / "c.otf", "Right", "今")
    assert family("今") == "Right"


def test_a_font_for_the_screen_comes_before_a_bold_or_a_serif_one(folder):
    font(folder[0] / "A-Serif-Bold.ttf", "Serif", "今")
    font(folder[0] / "B-Sans-Regular.ttf", "Sans", "今")
    assert family("今") == "Sans"


@pytest.mark.parametrize("text", ["今天天气很好", "天气 and अ"[:6]])
def test_fontconfig_s_answer_is_believed_where_the_font_s_own_map_says_the_same(text):
    try:
        found = family(text)
    except MissingError:
        pytest.skip("no font for Chinese here")
    letters = {letter for letter in text if letter > "\u2e80"}
    faces = [face for file in fonts._listed(":lang=zh") for face in fonts._faces(file)]
    assert any(name == found and all(ord(letter) in has for letter in letters) for name, has in faces)


def test_the_made_fonts_are_fonts(tmp_path):
    assert TTFont(font(tmp_path / "a.ttf", "One", "今天")).getBestCmap() == {0x4ECA: "u4eca", 0x5929: "u5929"}
