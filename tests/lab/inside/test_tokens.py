"""What a text is cut into: counts against transformers' own offsets, splits and words counted by hand."""

from collections import Counter

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from llmlab.backends.base import TokenizerInfo, Tokens
from llmlab.errors import MisuseError
from llmlab.lab.inside.tokens import BESIDE, LISTED, TokenCut, count_words, cut, cuts

INFO = TokenizerInfo("hand", "r1", "none 1", 9)
MIXED = "The cat 今天👩‍👩‍👧 é"


def by_hand(text, *pieces):
    """A text cut as it stands here."""
    return TokenCut(text, Tokens(tuple(range(len(pieces))), pieces), INFO)


CHINESE = by_hand("今天天气很好", "今天".encode(), "天气".encode(), "很好".encode())
BIRD = by_hand("a🦜好b", b"a", b"\xf0\x9f", b"\xa6\x9c\xe5", b"\xa5\xbd", b"b")  # 🦜 and 好 share a token


def test_each_token_has_the_place_that_transformers_gives_it(lm, lm_folder, texts):
    tokenizer = AutoTokenizer.from_pretrained(lm_folder)
    for text in [*texts[:40], MIXED]:
        theirs = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        records = cut(lm, text).records()
        assert [record["token_id"] for record in records] == theirs["input_ids"]
        assert [(record["start"], record["end"]) for record in records] == theirs["offset_mapping"]
        assert b"".join(bytes.fromhex(record["bytes"]) for record in records) == text.encode()


@given(text=st.text(min_size=1))
def test_a_character_is_split_where_its_bytes_lie_in_several_tokens(lm, text):
    found = cut(lm, text)
    owner = [token for token, piece in enumerate(found.tokens.pieces) for _ in piece]  # of each byte
    places, split, parts = 0, [], Counter()
    for number, character in enumerate(text):
        size = len(character.encode())
        tokens = set(owner[places : places + size])
        places += size
        if len(tokens) > 1:
            split.append(number)
            parts.update((token, character) for token in tokens)
    assert list(found.split) == split
    for token, shared in enumerate(found.shared):
        assert Counter(shared) == Counter({own: n for (at, own), n in parts.items() if at == token})


def test_counts_and_rates_are_those_by_hand():
    assert CHINESE.summary() == {
        "text": "今天天气很好",
        "tokens": 3,
        "characters": 6,
        "bytes": 18,
        "words": 3,
        "tokens_per_character": 0.5,
        "tokens_per_word": 1.0,
        "characters_per_token": 2.0,
        "split_characters": 0,
        "is_exact": True,
        "token_ids": [0, 1, 2],
        "pieces": ["今天", "天气", "很好"],
    }
    assert CHINESE.conclusion == "6 characters are 3 tokens: 0.50 tokens a character"
    assert CHINESE.values() == ["3"]


def test_a_character_in_several_tokens_is_said_and_shown():
    assert BIRD.split == (1, 2)
    assert BIRD.shared == ["", "🦜", "🦜好", "好", ""]
    assert BIRD.conclusion == (
        "4 characters are 5 tokens: 1.25 tokens a character; 2 characters are cut into several tokens: 🦜, 好"
    )
    (view,) = BIRD.views()
    assert [column.name for column in view.columns] == ["#", "token", "id", "bytes", "characters", "part of"]
    assert list(view.rows[1]) == [2, "<F0><9F>", 1, 2, 0, "🦜"]
    assert [record["part_of"] for record in BIRD.records()] == ["", "🦜", "🦜好", "好", ""]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("...", 0),
        ("The cat's well-known.", 3),
        ("我喜欢看电影。", 4),
        ("I 喜欢 cats", 3),
        ("a1 2", 2),
        ("これは cat", None),
    ],
)
def test_words_are_counted_as_they_are_written_and_as_jieba_cuts_them(text, count):
    assert count_words(text) == count


@given(st.lists(st.sampled_from(["cat", "naïve", "x2", "дом"]), min_size=1))
def test_words_between_spaces_are_those_that_a_split_finds(words):
    assert count_words(" ".join(words)) == len(" ".join(words).split())


def test_a_text_without_a_word_has_no_rate_a_word(lm):
    assert cut(lm, "...").summary()["tokens_per_word"] is None
    assert "word" not in str(cut(lm, "..."))
    assert "-" in cuts([lm], ["...", "a"]).views()[0].rows[0]


def test_a_tokenizer_that_changes_the_text_is_named():
    lowered = by_hand("The Cat", b"the", b" cat")
    assert not lowered.is_exact
    assert 'hand reads another text: "the cat"' in str(lowered)
    assert "another text" not in str(CHINESE)


def test_a_space_belongs_to_the_token_behind_it(lm):
    (spaced, bare) = (cut(lm, "the cat").tokens, cut(lm, "cat").tokens)
    (place,) = (place for place, piece in enumerate(spaced.pieces) if piece.startswith(b" "))
    assert spaced.pieces[place] == b" " + bare.pieces[0]
    assert spaced.ids[place] != bare.ids[0]


@pytest.mark.parametrize("special", [False, True])
def test_a_control_token_is_text_unless_it_is_allowed(lm, special):
    assert (1 in cut(lm, "a</s>", allow_special=special).tokens.ids) == special


def test_of_a_long_text_the_beginning_is_listed_and_that_is_said(lm):
    found = cut(lm, "the cat " * LISTED)
    (view,) = found.views()
    assert len(view.rows) == LISTED < len(found.records()) == len(found.tokens)
    assert any(note.startswith(f"the first {LISTED} of {len(found.tokens):,} tokens") for note in view.notes)
    (row,) = cuts([lm, lm], ["the cat " * BESIDE]).views()[0].rows[:1]
    assert str(row[-1]).count(" | ") == BESIDE
    assert str(row[-1]).endswith(" | …")


def test_several_texts_stand_in_their_order_with_their_pieces(lm):
    found = cuts([lm], ["the cat", "今天", "the cat"])
    (view,) = found.views()
    assert [row[0] for row in view.rows] == [1, 2, 3]
    assert [row[1] for row in view.rows] == [len(lm.encode(text)) for text in ("the cat", "今天", "the cat")]
    assert regex.sub(r" \| ", "", str(view.rows[0][-1])) == "the␣cat"
    assert found.values() == [str(row[1]) for row in view.rows]
    assert '"今天" needs 1.50 tokens a character, "the cat"' in view.conclusion


def test_several_tokenizers_stand_side_by_side_and_are_compared_by_all_texts(lm, llama):
    other = by_hand("今天天气很好", "今天".encode(), "天气很好".encode())
    found = type(cuts([lm], ["a"]))(((CHINESE, other), (CHINESE, other)))
    (view,) = found.views()
    assert [column.name for column in view.columns][:2] == ["#", "tokenizer"]
    assert view.conclusion == "hand needs 6 tokens, hand 4: 1.50 times as many"
    one, same = cuts([lm, llama], [MIXED]).records()
    assert {**one, "library": ""} == {**same, "library": ""}


def test_a_document_has_one_shape_for_one_text_and_for_many(lm):
    one, many = cut(lm, MIXED).document(), cuts([lm], [MIXED, "a"]).document()
    assert one["texts"] == many["texts"][:1]
    (own,) = one["texts"][0]["tokenizers"]
    assert own["tokens"] == len(own["each"]) == len(lm.encode(MIXED))
    assert (own["model"], own["vocabulary"]) == ("tiny", 600)


def test_no_text_is_no_question(lm):
    with pytest.raises(MisuseError, match="the text is empty"):
        cut(lm, "")
