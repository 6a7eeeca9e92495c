"""Blanks against plain torch: each filling split into left, words and right."""

import itertools
import math

import pytest

from llmlab.errors import MisuseError
from llmlab.lab.probability import cloze


def split_by_hand(lm, plain, text, blanks):
    """Log-probability before the first blank, in the blanks, and elsewhere, token by token."""
    tokens = lm.encode(text)
    rows = plain(tokens.ids)
    sums = [0.0, 0.0, 0.0]
    for i, (token, (start, end)) in enumerate(zip(tokens.ids, tokens.spans, strict=True)):
        inside = any(set(range(start, end)) & set(range(*blank)) for blank in blanks)
        place = 1 if inside else 0 if end <= blanks[0][0] else 2
        sums[place] += rows[i][token]
    return sums


@pytest.mark.parametrize("sentence", ["The [?] sat.", "[?] sat on the mat", "今天[?]很好", "The [?] sat on the [?]."])
def test_candidates_are_ranked_by_the_whole_sentence_and_split_at_the_blank(lm, plain, total, sentence):
    words = ["cat", "天气", "mat"]
    found = cloze.cloze(lm, sentence, words)
    count = sentence.count("[?]")
    expected = {}
    for filling in itertools.product(words, repeat=count):
        text, spans = "", []
        for part, word in zip(sentence.split("[?]"), [*filling, ""], strict=True):
            text += part
            spans.append((len(text), len(text) + len(word)))
            text += word
        expected[filling] = (text, split_by_hand(lm, plain, text, spans[:count]))
    assert {one.words for one in found.fillings} == set(expected)
    for one in found.fillings:
        text, (before, fill, rest) = expected[one.words]
        assert one.text == text
        assert (one.before, one.fill, one.rest) == pytest.approx((before, fill, rest), abs=2e-4)
        assert one.total == pytest.approx(total(text), abs=2e-4)
    assert [one.total for one in found.fillings] == sorted((one.total for one in found.fillings), reverse=True)
    weights = {words: math.exp(sum(sums)) for words, (_, sums) in expected.items()}
    for row in found.records():
        assert row["share"] == pytest.approx(weights[tuple(row["words"])] / sum(weights.values()), abs=1e-4)


def test_one_token_proposals_are_the_words_that_plain_torch_finds_likeliest(lm, plain, monkeypatch):
    monkeypatch.setattr(cloze, "PIECES", 1)
    rows = plain(lm.encode("The").ids)[-1]
    pieces = [lm.piece(token) for token in range(600)]
    words = [
        (-rows[token], piece[1:].decode())
        for token, piece in enumerate(pieces)
        if piece[:1] == b" " and cloze.WORD.fullmatch(piece[1:].decode(errors="replace"))
    ]
    expected = [word for _, word in sorted(words)][:8]
    assert cloze.propose(lm, "The ", 8)[:3] == expected[:3]


def test_proposals_are_words_of_one_or_more_tokens_and_all_are_ranked(lm):
    found = cloze.cloze(lm, "The [?] sat.")
    assert found.proposed
    assert 10 < len(found.fillings) <= cloze.PROPOSED
    assert all(cloze.WORD.fullmatch(one.words[0]) for one in found.fillings)
    assert max(len(lm.encode(" " + one.words[0])) for one in found.fillings) > 1
    ranks = [row["rank_by_left"] for row in found.records()]
    assert sorted(ranks) == list(range(1, len(ranks) + 1))


def test_several_blanks_are_proposed_left_to_right(lm):
    found = cloze.cloze(lm, "[?] cat [?].")
    firsts = {one.words[0] for one in found.fillings}
    assert len(found.fillings) > len(firsts) > 1
    assert all(len(one.words) == 2 for one in found.fillings)


def test_a_token_across_the_blanks_edge_is_reported(lm):
    merged = next(text for text in ("cat", "sat", "the", "mat") if len(lm.encode(" " + text)) == 1)
    found = cloze.cloze(lm, f"The {merged[0]}[?]", [merged[1:]])
    assert found.fillings[0].merged
    assert found.records()[0]["boundary"] == "merged"


@pytest.mark.parametrize(
    ("sentence", "candidates", "message"),
    [
        ("no blank", (), "has no blank; mark it"),
        ("a [?]", ("",), "a candidate is empty"),
        ("[?] [?] [?] [?] [?]", tuple("abcdefg"), "too many"),
    ],
)
def test_what_cannot_be_filled_is_said(lm, sentence, candidates, message):
    with pytest.raises(MisuseError) as error:
        cloze.cloze(lm, sentence, candidates)
    assert message in f"{error.value.message}; {error.value.hint}"


def test_a_blank_that_stands_first_needs_a_bos_to_be_proposed_for(lm_without_bos):
    with pytest.raises(MisuseError, match="nothing to continue"):
        cloze.cloze(lm_without_bos, "[?] sat")
