"""What the lessons say of the spaces for Chinese is what `space eval` counts; what it counts is tested beside it."""

import io
import json
import re
from functools import cache
from pathlib import Path

import pytest

from llmlab.cli import main
from llmlab.cli.world import World

pytestmark = pytest.mark.models

ROOT = Path(__file__).parents[1]
FILES = {"odd": "odd.zh.txt", "translations": "translations.txt", "analogies": "analogies.zh.txt"}
SAID = {
    "configs/lessons/vectors.en.md": (
        r"Of our (\d+) odd-one-outs it can read (\d+), and answers all \(`gemma`: (\d+) of (\d+)\); of (\d+) "
        r"translations (\d+) % \(`gemma`: (\d+) %; there "
        r"a French answer counts as wrong too\); of (\d+) analogies only (\d+) \(`gemma`: (\d+) of (\d+)\)"
    ),
    "configs/lessons/vectors.zh.md": (
        r"自编 (\d+) 道“哪个不合群”，\s*其中 (\d+) 道的词都在词表里，全部答对（`gemma`：能答 (\d+) 道，对 (\d+) 道）；"
        r"(\d+) 个译词对 (\d+)%\s*（`gemma` (\d+)%，不过"
        r"那里答成法语也算错）；(\d+) 道类比只对 (\d+) 道（`gemma`：(\d+) 道对 (\d+) 道）"
    ),
}


@cache
def counted(space, task):
    """(asked, known, right) of an exercise."""
    out = io.StringIO()
    file = ROOT / "configs" / "exercises" / FILES[task]
    assert main(World(argv=["space", "eval", space, f"--{task}", str(file), "-f", "jsonl"], stdout=out)) == 0
    (total,) = [one for one in map(json.loads, out.getvalue().splitlines()) if one["section"] == "total"]
    return total["questions"], total["known"], total["right"]


@pytest.mark.parametrize("page", SAID)
def test_the_figures_of_the_lessons_are_those_that_are_counted(page):
    said = re.search(SAID[page], " ".join((ROOT / page).read_text(encoding="utf-8").split()))
    assert said is not None
    numbers = [int(one) for one in said.groups()]
    if page.endswith(".zh.md"):  # says "of 21 can be read, 20 are right" in that order
        numbers[2], numbers[3], numbers[9], numbers[10] = numbers[3], numbers[2], numbers[10], numbers[9]
    asked, known, right = counted("bilingual", "odd")
    assert right == known
    pairs, _, found = counted("bilingual", "translations")
    _, read, sums = counted("bilingual", "analogies")
    others = {task: counted("gemma", task) for task in FILES}
    expected = [asked, known, others["odd"][2], others["odd"][1], pairs, round(100 * found / pairs)]
    expected += [round(100 * others["translations"][2] / others["translations"][1]), read, sums]
    assert numbers == [*expected, others["analogies"][2], others["analogies"][1]]
