"""The picture of odd: a bar a word, and the one that does not belong stands out."""

import pytest
import vega
from lab_vectors import HOSTILE, check_harmless, embeddings

from llmlab.lab.vectors.odd import odd_one_out


def marked(spec):
    """The rows that stand out, by the test of their layer."""
    (layer,) = [part for part in vega.parts(spec) if part.get("mark", {}).get("style") == "asked"]
    (test,) = layer["transform"]
    return [row for row in vega.rows(spec, "rank") if row[test["filter"].removeprefix("datum.")]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("count", [3, 60])
def test_a_bar_a_word_as_the_records_say(count, theme):
    found = odd_one_out(embeddings([f"w{place}" for place in range(count)]))
    spec = vega.check(found, theme)
    vega.same_as_records(vega.rows(spec, "rank"), found.records())
    assert [row["text"] for row in marked(spec)] == found.values()
    assert {f"{record['cosine_to_mean']:z.4f}" for record in found.records()} <= set(vega.drawn(found))
    assert "of a test" in vega.drawn(found)


def test_hostile_words_are_drawn_as_text():
    check_harmless(odd_one_out(embeddings(HOSTILE)))
