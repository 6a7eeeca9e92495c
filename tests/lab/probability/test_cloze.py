"""Blanks against plain torch: each filling split into left, words and right."""

import itertools
import math

import pytest

from llmlab.errors import MisuseError
from llmlab.lab.probability import cloze
from llmlab.lab.text import probability


def common(lm, texts, characters):
    """How many tokens all texts begin with, within so many characters of each."""
    ids = [lm.encode(text).ids for text in texts]
    count = 0
    while all(len(one) > count and one[: count + 1] == ids[0][: count + 1] for one in ids):
        count += 1
    while count and lm.encode(texts[0]).spans[count - 1][1] > characters:
        count -= 1
    return count


def split_by_hand(lm, plain, text, blanks, shared):
    """Log-probability of the shared tokens, of the blanks and what is not shared before them, and of the rest."""
    tokens = lm.encode(text)
    rows = plain(tokens.ids)
    sums = [0.0, 0.0, 0.0]
    for i, (token, (start, end)) in enumerate(zip(tokens.ids, tokens.spans, strict=True)):
        inside = any(set(range(start, end)) & set(range(*blank)) for blank in blanks)
        place = 0 if i < shared else 1 if inside or end <= blanks[0][0] else 2
        sums[place] += rows[i][token]
    return sums


@pytest.mark.parametrize(
    "sentence", ["The [?] sat.", "[?] sat on the mat", "今天[?]很好", "The [?] sat on the [?].", "The c[?] sat"]
)
def test_candidates_are_ranked_by_the_whole_sentence_and_split_at_the_blank(lm, plain, total, sentence):
    words = ["cat", "天气", "at"]
    found = cloze.cloze(lm, sentence, words)
    count = sentence.count("[?]")
    expected = {}
    for filling in itertools.product(words, repeat=count):
        text, spans = "", []
        for part, word in zip(sentence.split("[?]"), [*filling, ""], strict=True):
            text += part
            spans.append((len(text), len(text) + len(word)))
            text += word
        expected[filling] = (text, spans[:count])
    shared = common(lm, [text for text, _ in expected.values()], sentence.index("[?]"))
    expected = {one: (text, split_by_hand(lm, plain, text, own, shared)) for one, (text, own) in expected.items()}
    assert len({one.before for one in found.fillings}) == 1  # every row is scored from the same tokens
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


def test_the_conclusion_names_the_best_word_and_how_much_likelier_the_sentence_is(lm, total):
    likely, rare = sorted(("cat", "dog"), key=lambda word: -total(f"The {word} sat"))
    ratio = math.exp(total(f"The {likely} sat") - total(f"The {rare} sat"))
    said = cloze.cloze(lm, "The [?] sat", ["cat", "dog"]).views()[0].conclusion
    assert said == f'"{likely}" is the likeliest filling: {ratio:.2f} times as likely as "{rare}"'


def test_what_follows_has_a_column_only_where_something_follows(lm):
    for sentence, follows in {"The [?]": False, "The [?] sat": True}.items():
        view = cloze.cloze(lm, sentence, ["cat", "dog"]).views()[0]
        assert ("right | word" in [column.name for column in view.columns]) is follows
        assert {len(row) for row in view.rows} == {len(view.columns)}


def test_classes_are_the_sums_of_their_words(lm, total):
    kinds = {"cat": "noun", "dog": "noun", "sat": "verb", "ran": "verb", "good": "adjective"}
    found = cloze.cloze(lm, "The [?] sat", list(kinds), kinds=kinds)
    shared = common(lm, [f"The {word} sat" for word in kinds], 4)
    base = total("The cat sat") - total("The cat sat", shared)
    sums = dict.fromkeys(("noun", "verb", "adjective"), 0.0)
    for word, kind in kinds.items():
        sums[kind] += math.exp(total(f"The {word} sat") - base)
    shown = {one["class"]: one for one in found.document()["classes"]}
    assert list(shown) == sorted(sums, key=lambda kind: -sums[kind])
    for kind, value in sums.items():
        assert math.exp(shown[kind]["logprob_nats"]) == pytest.approx(value, rel=1e-3)
        assert shown[kind]["share"] == pytest.approx(value / sum(sums.values()), rel=1e-3)
        best = max((word for word in kinds if kinds[word] == kind), key=lambda word: total(f"The {word} sat"))
        assert (shown[kind]["likeliest"], shown[kind]["words"]) == (best, list(kinds.values()).count(kind))
    assert {row["words"][0]: row["class"] for row in found.records()} == kinds
    assert found.views()[0].conclusion.startswith(f"{next(iter(shown))}s are ")


def test_one_class_is_not_compared_with_itself(lm, total):
    kinds = {"cat": "noun", "dog": "noun"}
    sums, _ = cloze.cloze(lm, "The [?] sat", list(kinds), kinds=kinds).views()
    shared = common(lm, [f"The {word} sat" for word in kinds], 4)
    base = total("The cat sat") - total("The cat sat", shared)
    chance = sum(math.exp(total(f"The {word} sat") - base) for word in kinds)
    best = max(kinds, key=lambda word: total(f"The {word} sat"))
    assert sums.conclusion == f'nouns stand here with P = {probability(math.log(chance))}; "{best}" is the likeliest'
    assert "share" not in [column.name for column in sums.columns]
    assert {len(row) for row in sums.rows} == {len(sums.columns)}


@pytest.mark.parametrize(("sentence", "spoken"), [("He likes [?].", "English"), ("他喜欢[?]。", "Chinese")])
def test_classes_say_whose_words_they_are_of(lm, sentence, spoken):
    found = cloze.cloze(lm, sentence, ["cat", "天气"], kinds={"cat": "noun", "天气": "noun"})
    assert found.views()[0].notes == (f"of each class the 2 commonest {spoken} words that are of no other class",)


def test_proposals_are_all_ranked(lm):
    found = cloze.cloze(lm, "The [?] sat.")
    assert found.proposed
    assert len(found.fillings) > 10
    ranks = [row["rank_by_left"] for row in found.records()]
    assert sorted(ranks) == list(range(1, len(ranks) + 1))


def test_several_blanks_are_proposed_left_to_right(lm):
    found = cloze.cloze(lm, "[?] cat [?].")
    firsts = {one.words[0] for one in found.fillings}
    assert len(found.fillings) > len(firsts) > 1
    assert all(len(one.words) == 2 for one in found.fillings)
    said = "combinations of words, up to 8 a blank, proposed by what stands before it, ranked by the whole sentence"
    assert f"{len(found.fillings)} {said}" in found.views()[0].notes


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


@pytest.mark.parametrize("words", [(), ("She", "He")])
def test_fillings_that_begin_a_text_are_not_compared_without_bos(lm_without_bos, words):
    with pytest.raises(MisuseError, match="has no BOS, and the fillings differ in their first token") as error:
        cloze.cloze(lm_without_bos, "[?] sat", words)
    assert error.value.hint == "put a word before the blank, or use --bos where the model names one"


def test_without_bos_fillings_after_a_word_are_compared(lm_without_bos):
    found = cloze.cloze(lm_without_bos, "The [?] sat", ["cat", "dog"])
    assert {one.before for one in found.fillings} == {0.0}  # the first token, which has no probability, is in all
