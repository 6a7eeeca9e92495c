"""A lesson's slides in a browser: each fits 1280 x 720, keys turn them, everybody can read them, paper holds them."""

import base64
import json

import pytest
from lesson_pages import COMMANDS, lessons  # noqa: F401  (a fixture)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.print_page_options import PrintOptions

from llmlab.language import speak
from llmlab.lessons import pages
from llmlab.lessons.drawing import Drawing
from llmlab.lessons.slides import Showing, html
from llmlab.render import plot
from llmlab.view import Bar, Column, View

RUN = "const done = arguments[0]; axe.run(document).then(done, (error) => done({ error: String(error) }));"
OVER = """
const body = document.querySelector(".shown .body"), slide = document.querySelector(".slide.shown");
const box = slide.getBoundingClientRect();
const inside = [...slide.querySelectorAll("*")].map((one) => one.getBoundingClientRect());
return {
  body: [body.scrollHeight - body.clientHeight, body.scrollWidth - body.clientWidth],
  slide: [slide.scrollHeight - slide.clientHeight, slide.scrollWidth - slide.clientWidth],
  page: [document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth],
  beyond: inside.filter((b) => b.width && (b.right > box.right + 1 || b.bottom > box.bottom + 1)).length,
  letters: parseFloat(getComputedStyle(body).fontSize),
};
"""
LONG = "\n".join(f"{row} " + "word " * 40 for row in range(40))


def table(rows):
    columns = (Column("#", number=True), Column("text", wide=True), Column("P", number=True), Column(""))
    cells = [[str(row), f"今天天气很好 {'x' * 30} {row}", "0.25", Bar(0.5)] for row in range(rows)]
    return View("今天天气很 ...", columns, cells, ("a note of the table " * 12,), "a sentence of what is shown")


@pytest.fixture
def showings(nearest):
    """A table of 40 rows, a long text, and a table with the picture of another result."""
    spec = plot.specification(nearest)
    drawing = Drawing(plot.svg(spec), 'near "cat" <b>')
    shown = (Showing("", [table(40)]), Showing(f"<b>\x1b[31m</b>\n{LONG}"), Showing("", [table(3)], [drawing]))
    return dict(zip(COMMANDS, shown, strict=True))


@pytest.fixture
def slides(driver, tmp_path, showings, lessons):  # noqa: F811
    """The slides in a language, opened in a window of 1280 x 720 without a network."""

    def slides(language="en", width=1280, height=720):
        speak(language)
        file = tmp_path / "slides.html"
        file.write_text(html(pages.find("6"), showings), encoding="utf-8")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.get_log("browser"), driver.get_log("performance")
        driver.get(file.as_uri())
        return driver

    yield slides
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert [entry["message"] for entry in driver.get_log("browser")] == []
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith(("data:", "file:"))] == []


def number(driver):
    """Which slide is shown, as its foot says."""
    return driver.find_element(By.CSS_SELECTOR, ".slide.shown footer span:last-child").text


def press(driver, key):
    driver.find_element(By.TAG_NAME, "body").send_keys(key)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (1920, 1080)])
def test_nothing_of_a_slide_is_beyond_it(slides, language, width, height):
    driver = slides(language, width, height)
    count = len(driver.find_elements(By.CLASS_NAME, "slide"))
    assert count == (10 if language == "en" else 9)
    for place in range(count):
        found = driver.execute_script(OVER)
        assert max(*found["body"], *found["slide"], *found["page"], found["beyond"]) <= 0, (place, found)
        press(driver, Keys.ARROW_RIGHT)
    assert number(driver) == f"{count} / {count}"


def test_letters_are_as_large_as_there_is_room(slides):
    driver = slides()
    sizes = []
    for _ in range(10):
        sizes.append(driver.execute_script(OVER)["letters"])
        press(driver, Keys.SPACE)
    title, think, many_rows, long_text, few_rows = sizes[:5]
    assert title == think == 40
    assert few_rows >= 24 > many_rows
    assert long_text < 24


def test_keys_turn_the_slides_and_stop_at_either_end(slides):
    driver = slides()
    seen = []
    for key in (Keys.ARROW_LEFT, Keys.ARROW_RIGHT, Keys.SPACE, Keys.PAGE_DOWN, Keys.ARROW_DOWN, Keys.PAGE_UP, Keys.UP):
        press(driver, key)
        seen.append(number(driver))
    assert seen == [f"{place} / 10" for place in (1, 2, 3, 4, 5, 4, 3)]
    press(driver, Keys.END)
    press(driver, Keys.ARROW_RIGHT)
    assert number(driver) == "10 / 10"
    driver.refresh()
    assert number(driver) == "10 / 10"  # a page that is loaded anew stays where it was
    press(driver, Keys.HOME)
    driver.find_element(By.ID, "on").click()
    assert number(driver) == "2 / 10"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everybody_can_read_each_slide(slides, axe, language):
    driver = slides(language)
    assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
    driver.execute_script(axe)
    for place in range(len(driver.find_elements(By.CLASS_NAME, "slide"))):
        found = driver.execute_async_script(RUN)
        assert "error" not in found
        assert [(one["id"], [n["html"][:120] for n in one["nodes"]]) for one in found["violations"]] == [], place
        press(driver, Keys.ARROW_RIGHT)
    (picture,) = driver.find_elements(By.TAG_NAME, "img")
    assert 'near "cat" <b>' in picture.get_attribute("alt")


def test_what_is_shown_is_text_and_a_link_its_words(slides):
    driver = slides()
    said = driver.execute_script("return document.body.textContent")
    for text in ("<b>Guess</b>", "<b><1B>[31m</b>", "which is below 1", "P(w1) x P(w2 | w1)"):
        assert text in said
    assert driver.find_elements(By.CSS_SELECTOR, "a, #deck b") == []
    assert "Use your fingers." not in said  # the hint is the teacher's
    assert len(driver.find_elements(By.CSS_SELECTOR, ".said td")) == 2


def test_on_paper_each_slide_is_a_page(slides):
    driver = slides()
    options = PrintOptions()
    options.background = True
    options.page_width, options.page_height = 1280 / 96 * 2.54, 720 / 96 * 2.54
    options.margin_top = options.margin_bottom = options.margin_left = options.margin_right = 0
    paper = base64.b64decode(driver.print_page(options))
    assert paper.count(b"/Type /Page\n") == 10
