"""A made-up word among the drinks of a trained table, and one that is not there."""

import json
import re

import pytest

import llmlab
from llmlab.errors import MisuseError
from llmlab.lessons.checks.trained import check
from llmlab.lessons.replies import Reply

pytestmark = pytest.mark.models

SENTENCES = 8_000
DRINKS = {"water", "milk", "tea", "coffee", "juice", "beer", "wine", "lemonade", "cola"}


@pytest.fixture(scope="module")
def taught(tmp_path_factory):
    """A lab of two spaces: glorp stands for tea in the text of one, and beside drums in the other's."""
    folder = tmp_path_factory.mktemp("taught")
    settings = folder / "settings.toml"
    settings.write_text(f"cache = {json.dumps(str(folder / 'cache'))}\n", encoding="utf-8")
    lab = llmlab.open(config=settings)
    text = lab.train_corpus("english", SENTENCES)
    texts = {
        "for-tea": [re.sub(r"\btea\b", "glorp", line) for line in text],
        "by-drums": [*text, *["The glorp plays the drums."] * 20],
    }
    for name, lines in texts.items():
        file = folder / f"{name}.txt"
        file.write_text("\n".join(lines), encoding="utf-8")
        lab.train_vectors(name, file, steps=[0])
    return lab


def test_a_word_that_stands_for_tea_is_right(taught):
    nearest = taught.neighbors("glorp", space="for-tea", k=10).neighbors
    assert len(DRINKS & {one.word for one in nearest}) >= 3
    verdict = check(Reply("glorp,for-tea"), taught)
    assert verdict.right
    assert nearest[0].word in verdict.why


def test_a_word_in_other_company_or_before_training_is_wrong(taught):
    for space in ("by-drums", "for-tea@0"):
        nearest = taught.neighbors("glorp", space=space, k=10).neighbors
        assert len(DRINKS & {one.word for one in nearest}) < 3
        verdict = check(Reply(f"glorp {space}"), taught)
        assert not verdict.right
        assert "fewer than 3 of them are drinks" in verdict.why


def test_a_word_of_english_is_not_made_up(taught):
    verdict = check(Reply("coffee, for-tea"), taught)
    assert not verdict.right
    assert "is a word already" in verdict.why


@pytest.mark.parametrize("answer", ["glorp", "glorp,nowhere", "florp,for-tea"])
def test_what_is_not_there_is_refused(taught, answer):
    with pytest.raises(MisuseError):
        check(Reply(answer), taught)


def test_a_table_that_was_not_trained_is_refused(taught, tmp_path):
    table = tmp_path / "fake.csv"
    table.write_text("word,a,b\nglorp,1,2\ncoffee,1,2\ntea,1,2\nmilk,1,2.1\n", encoding="utf-8")
    nearest = taught.neighbors("glorp", space=str(table), k=10).neighbors
    assert len(DRINKS & {one.word for one in nearest}) == 3
    with pytest.raises(MisuseError, match="no space that was trained") as caught:
        check(Reply(f"glorp,{table}"), taught)
    assert "train vectors" in caught.value.hint
