"""The slider of a page: at every temperature the numbers of `next --temperature`, with filters and presets."""

import io
import json
import math

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from llmlab.backends.sampling import distribution
from llmlab.backends.settings import Settings
from llmlab.cli import main
from llmlab.cli.world import World
from llmlab.render import plot

HEATS = (0.5, 0.8, 1.0, 2.0, 5.0)
READ = """
const told = (all) => Object.fromEntries([...all].map((one) => [one.dataset.of, Number(one.value)]));
const rows = [...document.querySelectorAll(".live tbody tr")].map((row) => ({
  name: row.querySelector("th").textContent, ...told(row.querySelectorAll("data")),
}));
return [told(document.querySelectorAll(".measures data, .cuts data")), rows];
"""


def slid(driver, t):
    """Type a temperature beside the slider, and read what stands below it: of all, and of each row."""
    number = driver.find_element(By.CSS_SELECTOR, ".slider .number")
    number.send_keys(Keys.CONTROL, "a")
    number.send_keys(f"{t:g}", Keys.ENTER)
    return driver.execute_script(READ)


def same(whole, rows, records):
    """The page says what the records of one temperature say."""
    first = records[0]
    assert whole["temperature"] == first["temperature"]
    assert whole["entropy_bits"] == pytest.approx(first["entropy_bits"], abs=1e-4)
    assert whole["choices"] == pytest.approx(first["choices"], rel=1e-4)
    for name in ("top_k", "top_p", "min_p"):
        assert whole[f"{name}_mass"] == pytest.approx(first[f"{name}_mass"], abs=1e-4)
        kept = first[f"{name}_kept"]
        assert whole[f"{name}_kept"] == pytest.approx(kept, rel=0 if kept <= 2000 else 1e-3)
    for row, record in zip(rows[:-1], records, strict=True):
        assert row["probability"] == pytest.approx(record["probability"], abs=1e-4)
        assert row["cumulative_probability"] == pytest.approx(record["cumulative_probability"], abs=1e-4)
    assert rows[-1]["probability"] == pytest.approx(1 - records[-1]["cumulative_probability"], abs=1e-4)


def at(result, t):
    return [record for record in result.records() if record["temperature"] == t]


def test_its_numbers_are_those_of_next_at_every_temperature(opened, saved, wide):
    driver, exact = opened(saved(wide())), wide((*HEATS, 0.0))
    for t in (*HEATS, 0.0):
        same(*slid(driver, t), at(exact, t))


def said(*argv):
    out, err = io.StringIO(), io.StringIO()
    assert main(World(argv=argv, stdout=out, stderr=err)) == 0, err.getvalue()
    return out.getvalue()


@pytest.mark.models
def test_its_numbers_are_those_of_the_command_line(opened, tmp_path):
    page, heats = tmp_path / "x.html", ",".join(f"{t:g}" for t in HEATS)
    said("next", "He likes", "--plot", str(page))
    lines = said("next", "He likes", "--temperature", heats, "--format", "jsonl")
    records = [json.loads(one) for one in lines.splitlines()]
    driver = opened(page)
    for t in HEATS:
        same(*slid(driver, t), [one for one in records if one["temperature"] == t])


@pytest.mark.parametrize(
    "filters", [Settings(top_k=3), Settings(top_p=0.6), Settings(min_p=0.3), Settings(1, 8, 0.7, 0.2)]
)
def test_what_the_filters_leave_together_is_what_would_be_drawn_from(opened, saved, wide, filters):
    result = wide((1.0,), filters)
    driver = opened(saved(result))
    for t in (0.7, 1.5):
        drawn = distribution(result.logprobs, Settings(t, filters.top_k, filters.top_p, filters.min_p))
        _, rows = slid(driver, t)
        for row, token in zip(rows, result.ids, strict=False):
            assert row["drawn"] == pytest.approx(math.exp(drawn[token]), abs=1e-4)
        assert sum(row["drawn"] for row in rows) == pytest.approx(1, abs=1e-6)


def test_a_filter_that_is_typed_cuts_at_once_and_a_senseless_one_changes_nothing(opened, saved, wide):
    driver = opened(saved(wide()))
    field = driver.find_element(By.CSS_SELECTOR, "[data-filter=top_k]")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("3")
    whole, rows = driver.execute_script(READ)
    assert whole["top_k_kept"] == 3
    assert [row["drawn"] > 0 for row in rows].count(True) <= 3
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("-3")
    assert field.get_attribute("aria-invalid") == "true"
    assert driver.execute_script(READ)[0]["top_k_kept"] == 3
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("0")
    assert field.get_attribute("aria-invalid") == "false"
    assert not driver.find_element(By.CSS_SELECTOR, "[data-cut=top_k]").is_displayed()


def test_the_temperatures_that_were_asked_for_are_a_key_away(opened, saved, wide):
    result = wide((0.5, 2.0, 7.0))
    driver = opened(saved(result))
    buttons = driver.find_elements(By.CSS_SELECTOR, "[data-t]")
    assert [button.text for button in buttons] == ["T = 0.5", "T = 2", "T = 7"]
    assert driver.find_element(By.CSS_SELECTOR, ".range").get_attribute("max") == "7"
    buttons[2].send_keys(Keys.ENTER)
    assert [button.get_attribute("aria-pressed") for button in buttons] == ["false", "false", "true"]
    same(*driver.execute_script(READ), at(result, 7.0))


def test_the_arrow_keys_slide(opened, saved, wide):
    driver = opened(saved(wide()))
    slide = driver.find_element(By.CSS_SELECTOR, ".range")
    slide.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert driver.execute_script(READ)[0]["temperature"] == pytest.approx(1.02)
    slide.send_keys(Keys.HOME)
    whole, rows = driver.execute_script(READ)
    assert (whole["temperature"], whole["entropy_bits"], rows[0]["probability"]) == (0, 0, 1)


def test_tokens_are_text_whatever_they_hold(opened, saved, wide):
    result = wide()
    driver = opened(saved(result))
    _, rows = driver.execute_script(READ)
    names = [row["shown"] for part in plot.specification(result)["vconcat"] for row in _values(part) if "shown" in row]
    assert [row["name"] for row in rows[:-1]] == names
    assert {"<b>&amp;</b>", "a<202E>b", "↵"} & {name.rstrip("0123456789") for name in names}


def _values(part):
    yield from part.get("data", {}).get("values", ())
    for kind in ("vconcat", "hconcat", "layer"):
        for inner in part.get(kind, ()):
            yield from _values(inner)
