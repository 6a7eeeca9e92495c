"""The words of a map are found as they are typed, and told under the pointer."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from llmlab.lab.probability.prob import ledger

OPACITIES = """
const found = {};
for (const mark of document.querySelectorAll("#chart .mark-text text, #chart .mark-text tspan")) {
  if (mark.textContent) found[mark.textContent] = Number(mark.getAttribute("opacity") ?? 1);
}
return found;
"""


def dim(driver, words):
    """Which labels on the map are dim."""
    shown = driver.execute_script(OPACITIES)
    return {word for word in words if shown[word] < 0.5}


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("CAT", {"cat", "<b>cats</b>"}),
        ("天", {"天气"}),
        (" & ", {"a & b"}),
        ("'; alert(1) //", set()),
        ("<b>", {"<b>cats</b>"}),
    ],
)
def test_what_is_typed_stands_out(opened, saved, nearest, typed, left):
    words = {"cat", *(one.word for one in nearest.neighbors)}
    assert left < words
    driver = opened(saved(nearest))
    assert dim(driver, words) == set()
    field = driver.find_element(By.ID, "find")
    field.send_keys(typed)
    WebDriverWait(driver, 5).until(lambda d: dim(d, words) == words - left)
    said = driver.find_element(By.ID, "found").text
    assert said.startswith(f"{len(left & words)} of {len(words)}")
    assert all(word in said for word in left & words)
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.DELETE)
    WebDriverWait(driver, 5).until(lambda d: not dim(d, words))
    assert driver.find_element(By.ID, "found").text == ""


def test_the_pointer_is_told_the_word_and_its_score_as_text(opened, saved, nearest):
    driver = opened(saved(nearest))
    points = driver.find_elements(By.CSS_SELECTOR, "#chart [aria-roledescription=point][aria-label*='<b>cats</b>']")
    ActionChains(driver).move_to_element(points[0]).perform()
    told = driver.find_element(By.ID, "vg-tooltip-element")
    assert "<b>cats</b>" in told.text
    assert told.find_elements(By.TAG_NAME, "b") == []
    (one,) = (one for one in nearest.neighbors if one.word == "<b>cats</b>")
    assert f"{one.score:.6f}" in told.text.replace("−", "-")


def test_what_is_no_map_has_no_field_to_find_in(opened, saved, lm):
    assert opened(saved(ledger(lm, "the cat"))).find_elements(By.ID, "find") == []
