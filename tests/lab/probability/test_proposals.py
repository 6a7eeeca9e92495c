"""Words proposed for a blank, against plain torch."""

import pytest

from llmlab.lab.probability import proposals
from llmlab.lab.probability.proposals import ROOM, likeliest, narrow, propose, search
from llmlab.lab.probability.whole import LETTERS

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
        if piece[:1] == b" " and LETTERS.fullmatch(piece[1:].decode(errors="replace"))
    ]
    expected = [word for _, word in sorted(words)][:8]
    assert search(lm, "The ")[:3] == expected[:3]


@pytest.mark.parametrize("left", ["The ", "The c", "今天", ""])
def test_frequent_words_are_scored_as_the_tokenizer_writes_them(lm, total, monkeypatch, left):
    monkeypatch.setattr(proposals, "listed", lambda tongue: dict.fromkeys(WORDS, 0.001))
    monkeypatch.setattr(proposals, "search", lambda *_, **__: [])
    monkeypatch.setattr(proposals, "CONTEXTS", 100)
    found = likeliest(lm, left, "en")
    english = [word.capitalize() if not left else word for word in WORDS if word.isascii()]
    assert list(found) == scored(total, left, english)
    for word, logprob in found.items():
        assert logprob == pytest.approx(total(left + word), abs=2e-4)


def test_a_word_of_other_contexts_is_scored_too(lm, total, monkeypatch):
    words = [word for word in WORDS if word.isascii()]
    monkeypatch.setattr(proposals, "listed", lambda tongue: {})
    monkeypatch.setattr(proposals, "search", lambda *_, **__: words)
    monkeypatch.setattr(proposals, "CONTEXTS", 1)
    assert list(likeliest(lm, "The ", "en")) == scored(total, "The ", words)


def test_what_follows_narrows_the_words_down_to_those_plain_torch_finds_likeliest(lm, total, monkeypatch):
    monkeypatch.setattr(proposals, "FEWEST", 2)
    monkeypatch.setattr(proposals, "NARROW", 100)  # one round reads one token, the next all
    right = " sat on"
    first = lm.encode(right).pieces[0].decode()
    unheard = dict.fromkeys(WORDS, 0.0)  # the gap speaks for none of them
    assert narrow(lm, "The ", unheard, right) == scored(total, "The ", WORDS, first)[:2]
    assert narrow(lm, "The ", unheard, ".") == WORDS  # what follows is one token: the whole sentence ranks them


def test_a_round_keeps_the_likeliest_so_far_and_the_likeliest_in_the_gap(lm, total, monkeypatch):
    words = ["cat", "dog", "man", "sun", "day", "boy", "girl", "house"]
    monkeypatch.setattr(proposals, "FEWEST", 2)
    so_far = sorted(words, key=lambda word: -total(text_one_token_past(lm, word)))
    for told in (so_far[-1], so_far[-2]):
        gap = dict.fromkeys(words, -1000.0) | {told: 0.0}
        assert narrow(lm, "The ", gap, " sat on the mat and slept.")[:2] == [so_far[0], told]


def text_one_token_past(lm, word):
    """The sentence as far as the first token after the word."""
    text = f"The {word} sat on the mat and slept."
    return text[: next(end for start, end in lm.encode(text).spans if start >= len(f"The {word}"))]


@pytest.mark.parametrize(("left", "contexts"), [("The ", ["The .... The ", "The "]), ("", ["...sat. "])])
def test_a_sentence_is_asked_from_both_sides_where_both_say_something(lm, monkeypatch, left, contexts):
    asked = {}

    def found(model, left, tongue, **_):
        return asked.setdefault(left, {"cat": -1.0, left: -2.0})

    monkeypatch.setattr(proposals, "likeliest", found)
    assert set(propose(lm, [left, "." if left else "sat."])) == {"cat", *contexts}
    assert list(asked) == contexts


@pytest.mark.parametrize("sentence", ["The [?] sat.", "[?] sat", "今天天气[?]。"])
def test_proposals_are_whole_words(lm, sentence):
    found = propose(lm, sentence.split("[?]"))
    assert 1 < len(found) <= ROOM
    assert len(set(found)) == len(found)
    assert all(LETTERS.fullmatch(word) for word in found)
