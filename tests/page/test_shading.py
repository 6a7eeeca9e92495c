"""A text on a page: shaded, and telling of each part under the pointer and on the keyboard's focus."""

import json

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from llmlab.lab.probability.prob import ledger, with_others
from llmlab.render.safe import visible

HOSTILE = "the cat <script>alert(1)</script> & \"a\" 'b'\u202e\u2066 </span>\n<b>今天</b>"


@pytest.fixture
def text(lm):
    """One text of the tiny model, with three others to each token."""
    return lambda text: with_others(lm, ledger(lm, text), 3)


def card(driver):
    """What the card tells, or nothing when it is hidden."""
    return driver.find_element(By.CSS_SELECTOR, ".card").text.splitlines()


def wanted(row):
    """Each other token on a line with its P, its bits and its rank."""
    shown = [visible(one["token"].replace(" ", "␣")) for one in row["alternatives"]]
    assert len(shown) == 3
    return shown


def told(driver, row):
    """The card is of a record: its figures, and what else might have come."""
    lines = card(driver)
    facts = dict(zip(lines[:-4:2], lines[1:-4:2], strict=True))
    assert facts["P"] in (f"{row['probability']:.4f}", f"{row['probability']:.2e}")
    assert facts["surprisal"] == f"{row['surprisal_bits']:.2f} bits"
    assert facts["entropy"] == f"{row['entropy_bits']:.2f} bits"
    assert facts["rank"] == f"{row['rank']:,}"
    assert lines[-4] == "instead P bits rank"
    for line, shown, other in zip(lines[-3:], wanted(row), row["alternatives"], strict=True):
        name, p, bits, rank = line.rsplit(" ", 3)
        assert name == shown
        assert float(p) == pytest.approx(other["probability"], rel=5e-3)
        assert 2 ** -float(bits) == pytest.approx(other["probability"], rel=1e-2)
        assert int(rank) != row["rank"]


def test_the_pointer_is_told_what_else_might_have_come(opened, saved, text):
    found = text("the cat sat on the mat")
    driver = opened(saved(found))
    assert card(driver) == []
    parts = driver.find_elements(By.CSS_SELECTOR, ".part")
    for part, row in zip(parts, found.records(), strict=True):
        ActionChains(driver).move_to_element(part).perform()
        told(driver, row)
    ActionChains(driver).move_to_element(driver.find_element(By.TAG_NAME, "h1")).perform()
    assert card(driver) == []


def test_so_is_the_focus_by_tab_and_arrows_until_escape(opened, saved, text):
    found = text("the cat sat on the mat")
    records = found.records()
    driver = opened(saved(found))
    keys = ActionChains(driver)
    keys.send_keys(Keys.TAB).perform()
    focused = driver.switch_to.active_element
    assert focused.get_attribute("role") == "option"
    assert focused.get_attribute("aria-describedby") == driver.find_element(By.CSS_SELECTOR, ".card").get_attribute(
        "id"
    )
    told(driver, records[0])
    for key, place in (
        (Keys.ARROW_RIGHT, 1),
        (Keys.ARROW_DOWN, 2),
        (Keys.ARROW_LEFT, 1),
        (Keys.END, -1),
        (Keys.HOME, 0),
    ):
        ActionChains(driver).send_keys(key).perform()
        assert driver.switch_to.active_element.text.strip() == records[place]["token"].strip()
        told(driver, records[place])
    ActionChains(driver).send_keys(Keys.ESCAPE).perform()
    assert card(driver) == []
    assert driver.execute_script("return document.querySelectorAll('.part[tabindex=\"0\"]').length") == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_text_is_text_whatever_it_holds(opened, saved, text, theme):
    found = text(HOSTILE)
    driver = opened(saved(found, theme))
    assert driver.title.startswith(f"P({visible(HOSTILE)}): ")
    shown = driver.execute_script("return document.querySelector('.text').textContent")
    pieces = "".join(visible(row["token"], alone=False) for row in found.records())
    assert shown.replace("\n", "") == pieces
    assert "<script>alert(1)</script> & \"a\" 'b'" in shown
    about = driver.find_element(By.CSS_SELECTOR, ".asked").text
    assert "<script>alert(1)</script> & \"a\" 'b'<202E><2066> </span>↵<b>今天</b>" in about
    assert driver.execute_script("return document.scripts.length") == 3
    assert driver.execute_script("return document.querySelectorAll('b, .part *').length") == 0
    for part in driver.find_elements(By.CSS_SELECTOR, ".part"):
        ActionChains(driver).move_to_element(part).perform()
        assert driver.execute_script("return document.querySelectorAll('.card b, .card script').length") == 0


def test_what_a_page_carries_is_read_back_as_it_was(opened, saved, text):
    found = text(HOSTILE)
    driver = opened(saved(found))
    carried = json.loads(driver.execute_script("return document.getElementById('data').textContent"))
    (panel,) = carried["panels"]
    assert [part["text"] for part in panel["parts"]] == [row["token"] for row in found.records()]
