"""Whether everybody can use a page: axe-core finds nothing serious, in light and dark, wide and narrow."""

import time

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from llmlab.lab.probability.prob import ledger, with_others
from llmlab.lab.prompt import read
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample
from llmlab.lab.temperature.samples import summarise
from llmlab.render.safe import visible

RUN = "const done = arguments[0]; axe.run(document).then(done, (error) => done({ error: String(error) }));"
TEXT = "the cat sat on the mat, 今天 <b>"


@pytest.fixture
def results(wide, lm, nearest):
    prompt, plan = read(lm, "the cat"), Plan((0.0, 0.5, 2.0), samples=6, max_tokens=3)
    return {
        "next": lambda: wide((0.5, 1.0, 2.0)),
        "prob": lambda: with_others(lm, ledger(lm, TEXT), 3),
        "neighbors": lambda: nearest,
        "generate": lambda: summarise(lm, prompt, plan, sample(lm, prompt, plan, plan.places)),
    }


@pytest.fixture
def narrow(driver):
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 400, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    )
    yield
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def faults(driver, axe):
    """What axe-core finds: how grave, which rule, and where."""
    driver.execute_script(axe)
    found = driver.execute_async_script(RUN)
    assert "error" not in found
    assert len(found["passes"]) > 20
    return [(one["impact"], one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found["violations"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("verb", ["next", "prob", "neighbors", "generate"])
def test_axe_finds_no_fault(opened, saved, results, axe, verb, theme):
    driver = opened(saved(results[verb](), theme))
    assert faults(driver, axe) == []


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("verb", ["next", "prob", "neighbors", "generate"])
def test_on_a_telephone_nothing_stands_beside_the_page(opened, saved, results, axe, verb):
    driver = opened(saved(results[verb]()))
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 400
    assert faults(driver, axe) == []


def test_the_open_card_of_a_text_has_no_fault_either(opened, saved, results, axe):
    driver = opened(saved(results["prob"]()))
    driver.find_element(By.CSS_SELECTOR, ".part").send_keys(Keys.ARROW_RIGHT)
    assert driver.find_element(By.CSS_SELECTOR, ".card").is_displayed()
    assert faults(driver, axe) == []


def test_the_picture_says_to_readers_of_screens_what_it_shows(opened, saved, results):
    result = results["prob"]()
    picture = opened(saved(result)).find_element(By.ID, "chart")
    assert picture.get_attribute("role").startswith("graphics-")
    assert result.views()[0].conclusion in picture.get_attribute("aria-label")


def test_who_wants_no_motion_sees_none(opened, saved, wide, driver):
    motion = "return getComputedStyle(document.querySelector('.fill')).transitionDuration"
    opened(saved(wide()))
    assert driver.execute_script(motion) == "0.15s"
    wanted = {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
    assert driver.execute_script(motion) in ("0s", "0.001s")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_picture_is_saved_from_the_page(opened, saved, results, downloads):
    opened(saved(results["prob"]())).find_element(By.ID, "save").click()
    for _ in range(100):
        if files := list(downloads.glob("*.svg")):
            break
        time.sleep(0.1)
    svg = files[0].read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert visible(TEXT).split()[0] in svg
