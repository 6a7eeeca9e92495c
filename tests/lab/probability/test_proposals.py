"""Words proposed for a blank, against plain torch."""

import pytest

from llmlab.lab.probability import proposals
from llmlab.lab.probability.proposals import ROOM, WORD, likeliest, narrow, propose, search

WORDS = ["cat", "dog", "mat", "sat", "the", "good", "今天", "天气", "category"]


def scored(total, left, words, right=""):
    return sorted(words, key=lambda word: -total(left + word + right))


def test_one_token_words_are_found_as_plain_torch_ranks_them(lm, plain, monkeypatch):
    monkeypatch.setattr(proposals, "PIECES", 1)
    rows = plain(lm.encode("The").ids)[-1]
    pieces = [lm.piece(token) for token in range(600)]
    words = [
        (-rows[token], piece[1:].decode())
        for token, piece in enumerate(pieces)
        if piece[:1] == b" " and WORD.fullmatch(piece[1:].decode(errors="replace"))
    ]
    expected = [word for _, word in sorted(words)][:8]
    assert search(lm, "The ")[:3] == expected[:3]


@pytest.mark.parametrize("left", ["The ", "The c", "今天", ""])
def test_frequent_words_are_scored_as_the_tokenizer_writes_them(lm, total, monkeypatch, left):
    monkeypatch.setattr(proposals, "_listed", lambda tongue: dict.fromkeys(WORDS))
    monkeypatch.setattr(proposals, "search", lambda *_, **__: [])
    monkeypatch.setattr(proposals, "CONTEXTS", 100)
    found = likeliest(lm, left, "en")
    english = [word.capitalize() if not left else word for word in WORDS if word.isascii()]
    assert found == scored(total, left, english)


def test_a_word_of_other_contexts_is_scored_too(lm, total, monkeypatch):
    monkeypatch.setattr(proposals, "_listed", lambda tongue: {})
    monkeypatch.setattr(proposals, "search", lambda *_, **__: WORDS)
    monkeypatch.setattr(proposals, "CONTEXTS", 1)
    assert likeliest(lm, "The ", "en") == scored(total, "The ", WORDS)


def test_what_follows_narrows_the_words_down_to_those_plain_torch_finds_likeliest(lm, total, monkeypatch):
    monkeypatch.setattr(proposals, "FEWEST", 2)
    monkeypatch.setattr(proposals, "NARROW", 100)  # one round reads one token, the next all
    right = " sat on"
    first = lm.encode(right).pieces[0].decode()
    assert narrow(lm, "The ", WORDS, right) == scored(total, "The ", WORDS, first)[:2]
    assert narrow(lm, "The ", WORDS, ".") == WORDS  # what follows is one token: the whole sentence ranks them


def test_a_sentence_is_asked_from_both_sides(lm, monkeypatch):
    asked = {}
    monkeypatch.setattr(proposals, "likeliest", lambda model, left, tongue, **_: asked.setdefault(left, ["cat", left]))
    assert propose(lm, ["The ", "."])[:2] == ["cat", "The "]
    assert list(asked) == ["The ", "The .... The "]


@pytest.mark.parametrize("sentence", ["The [?] sat.", "[?] sat", "今天天气[?]。"])
def test_proposals_are_whole_words(lm, sentence):
    found = propose(lm, sentence.split("[?]"))
    assert 1 < len(found) <= ROOM
    assert len(set(found)) == len(found)
    assert all(WORD.fullmatch(word) for word in found)
