"""Pages as they are saved, opened from disk in a headless Chromium that has no network.

Without a browser these tests are skipped, unless TEST_BROWSER=required says that there must be one.
"""

import json
import os
import shutil
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from lab_spaces import make
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from llmlab.backends.base import ModelInfo, Tokens
from llmlab.backends.sampling import log_softmax
from llmlab.backends.settings import Settings
from llmlab.backends.torch.causal import HuggingFaceLM
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.prompt import Prompt
from llmlab.lab.vectors import neighbors
from llmlab.lab.vectors.question import Question
from llmlab.render import plot
from llmlab.spaces.lookup import look_up

OPTIONS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND")
VOCABULARY = 30_000  # of which a page carries 2,000 one by one
WORDS = ("cat", "天气", "<b>&amp;</b>", "a\u202eb", "\n")


def needed(found, what):
    if not found and os.environ.get("TEST_BROWSER") == "required":
        pytest.fail(f"{what} is not installed")
    return found or pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="session")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def driver(downloads):
    options = webdriver.ChromeOptions()
    options.binary_location = needed(shutil.which("chromium") or shutil.which("google-chrome"), "chromium")
    for option in (*OPTIONS, "--window-size=1280,900"):
        options.add_argument(option)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service(needed(shutil.which("chromedriver"), "chromedriver"))
    with webdriver.Chrome(options=options, service=service) as driver:
        yield driver


@pytest.fixture
def opened(driver):
    """Open a page and wait until it is drawn. At the end nothing was said on its console, and nothing fetched."""
    pages = []

    def opened(path: Path):
        pages.append(path.as_uri())
        driver.get(path.as_uri())
        WebDriverWait(driver, 20).until(lambda d: d.find_element(By.ID, "save").is_displayed())
        return driver

    driver.get_log("browser"), driver.get_log("performance")
    yield opened
    assert [entry["message"] for entry in driver.get_log("browser")] == []
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == pages


@pytest.fixture(scope="session")
def axe():
    """axe-core, which a package for another driver carries."""
    try:
        carrier = metadata.distribution("axe-playwright-python")
    except metadata.PackageNotFoundError:
        return needed("", "axe-playwright-python")
    return Path(str(carrier.locate_file("axe_playwright_python/axe.min.js"))).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def lm(lm_folder):
    return HuggingFaceLM(lm_folder, "tiny", "r1")


class Wide:
    """A model of one distribution over many tokens."""

    info = ModelInfo("wide", "r1", "none", "none", "float32", VOCABULARY, 100, 1, 1, None)

    def __init__(self):
        drawn = np.random.default_rng(7).normal(size=VOCABULARY)
        self._logprobs = log_softmax((2.5 * drawn).astype(np.float32))

    def next(self, contexts):
        return np.stack([self._logprobs for _ in contexts])

    def piece(self, token):
        return (WORDS[token % len(WORDS)] + str(token)).encode()


@pytest.fixture(scope="session")
def wide():
    """What comes next of 30,000 tokens, at temperatures and with filters that cut among the likeliest and beyond."""

    def wide(temperatures=(1.0,), filters=Settings(top_k=50, top_p=0.9, min_p=0.05)):  # noqa: B008
        prompt = Prompt("He likes", "He likes", Tokens((1, 2), (b"He", b" likes")))
        return next_tokens(Wide(), prompt, 10, temperatures, filters)

    return wide


@pytest.fixture(scope="session")
def nearest(tmp_path_factory):
    """The neighbours of cat, which are eleven words."""
    words = ["cat", "天气", "Köln", "<b>cats</b>", "a & b", *(f"word{row}" for row in range(7))]
    vectors = np.random.default_rng(3).normal(size=(len(words), 5))
    space = make(tmp_path_factory.mktemp("space"), vectors, words)
    return neighbors.answer(space, "cat", Question(k=11), lambda word: look_up(space, word, None))


@pytest.fixture
def saved(tmp_path):
    """The page of a result."""

    def saved(result, theme="light"):
        plot.save(result, tmp_path / f"{theme}.html", theme)
        return tmp_path / f"{theme}.html"

    return saved
