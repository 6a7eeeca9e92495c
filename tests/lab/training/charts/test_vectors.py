"""The picture of train vectors: every word at every moment, in one plane."""

import numpy as np
import pytest
import training_texts
import vega
from lab_spaces import make
from lab_vectors import HOSTILE, check_harmless

from llmlab.lab.training.vectors import trained_vectors
from llmlab.lab.training.word_sentences import Corpus


def trained(folder, words, moments=4, seed=0):
    """Random tables of these words, as if a training had made them."""
    draw, spaces = np.random.default_rng(seed), []
    for at in range(moments):
        place = folder / f"at{at}"
        place.mkdir(parents=True)
        name = "s" if at == moments - 1 else f"s@{at}"
        spaces.append(make(place, draw.normal(size=(len(words), 6)), list(words), name=name, words_read=at))
    corpus = Corpus(list(words), np.array([len(words)]), dict.fromkeys(words, 7))
    return trained_vectors(spaces, list(words), corpus)


@pytest.mark.parametrize(("count", "moments"), [(3, 1), (3, 4), (12, 6), (60, 3)])
def test_the_points_are_those_of_the_records(tmp_path, count, moments):
    found = trained(tmp_path, [f"{'词' if row % 2 else 'word'}{row}" for row in range(count)], moments)
    spec = vega.check(found, "dark" if count == 3 else "light")
    rows = vega.rows(spec, "pc1", "pc2")
    vega.same_as_records(rows, found.records())
    assert [row["last"] for row in rows] == [False] * count * (moments - 1) + [True] * count
    assert found.conclusion in vega.drawn(found) or any(found.conclusion[:30] in line for line in vega.drawn(found))


def test_the_last_of_each_word_has_its_label(tmp_path):
    found = trained(tmp_path, ["cat", "小狗", "horse"])
    assert {"cat", "小狗", "horse"} <= set(vega.drawn(found))
    rows = vega.rows(vega.check(found), "pc1", "pc2")
    assert [row["word"] for row in rows if "label_x" in row] == ["cat", "小狗", "horse"]


def test_labels_without_room_are_counted(tmp_path):
    found = trained(tmp_path, [f"averylongwordforalabel{row}" for row in range(60)], 2)
    hidden = 60 - sum("label_x" in row for row in vega.rows(vega.check(found), "pc1", "pc2"))
    assert hidden
    assert any(f"{hidden} of 60 words have no room for their label" in line for line in vega.drawn(found))


def test_hostile_words_are_drawn_as_text(tmp_path):
    words = [text.replace("\n", " ") for text in HOSTILE]
    check_harmless(trained(tmp_path, words), words)


def test_made_of_a_text_it_is_drawn_too(shelf):
    pytest.importorskip("gensim")
    from llmlab.lab.training.making import train

    found = train(shelf, "toy", training_texts.english(800), "t.txt", dimension=4, watch=["horse", "cat"])
    assert "horse" in vega.drawn(found)
