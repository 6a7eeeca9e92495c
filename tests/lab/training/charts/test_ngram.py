"""The picture of train ngram."""

import pytest
import vega

from llmlab.lab.training.ngram import train

LINES = {
    "English": ["The cat sat on the mat.", "The dog sat on the mat.", "The cat saw the dog."] * 3,
    "Chinese": ["今天天气很好。", "今天天气不好。", "我喜欢看电影。"] * 3,
}


@pytest.mark.parametrize("language", LINES)
@pytest.mark.parametrize("order", [1, 3, 6])
def test_a_bar_an_order_is_parted_by_how_often_its_ngrams_were_seen(language, order):
    found = train(LINES[language], "story", order=order)
    rows = vega.rows(vega.check(found), "share", "seen")
    assert len(rows) == 5 * order
    for record in found.records():
        own = [row for row in rows if row["n"] == record["n"]]
        assert [row["ngrams"] for row in own[:4]] == list(record["with_count"].values())
        assert sum(row["ngrams"] for row in own) == record["ngrams"]
        assert sum(row["share"] for row in own) == pytest.approx(1)


def test_what_it_is_of_is_drawn():
    texts = " ".join(vega.drawn(train(LINES["English"], "story")))
    for text in ("story: a 3-gram model", "once", "5 times or more", "3-grams", "share of the order's n-grams"):
        assert text in texts
