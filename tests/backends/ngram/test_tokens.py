"""What an n-gram model cuts a text into."""

import rjieba
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.ngram.tokens import BOS, BYTE, END, Vocabulary, units, words

LINES = ["The cat sat on the mat.", "The cat saw the dog.", "今天天气很好。", "今天天气不好。"]
TEXT = st.text(st.sampled_from("aZ é'-._1今天很好ですไทย👩‍👩‍👧\t\r<s>"), max_size=30) | st.text(max_size=20)


def vocabulary(lines=LINES, by="word", min_count=2):
    return Vocabulary.of([list(units(line, by)) for line in lines], by, min_count)


def shown(found, text):
    return [found.pieces[token].decode(errors="replace") for token in found.encode(text)]


@given(TEXT)
def test_words_join_to_the_text(text):
    assert "".join(words(text)) == text


def test_a_word_keeps_the_space_before_it_and_chinese_is_cut_as_jieba_does():
    assert list(words("The cat's well-known  tail, 3.")) == [
        "The", " cat's", " well-known", " ", " tail", ",", " 3", ".",
    ]  # fmt: skip
    assert list(words("今天天气很好。OK 今天")) == [*rjieba.cut("今天天气很好"), "。", "OK", " ", *rjieba.cut("今天")]


@given(TEXT.filter(lambda text: text.isprintable() or "\n" not in text), st.sampled_from(["word", "character"]))
def test_the_tokens_of_any_text_spell_it(text, by):
    found = vocabulary(by=by)
    ids = found.encode(text)
    assert b"".join(found.pieces[token] for token in ids) == text.encode()
    assert BOS not in ids


def test_the_vocabulary_is_control_tokens_bytes_and_what_was_seen_twice_the_frequent_first():
    found = vocabulary()
    assert found.pieces[:2] == (b"<s>", b"\n")
    assert found.pieces[BYTE : BYTE + 256] == tuple(bytes([byte]) for byte in range(256))
    assert [piece.decode() for piece in found.pieces[BYTE + 256 :]] == [
        "天", "。", "今", "好", "气", " cat", " the", "The", "今天天气",
    ]  # fmt: skip
    assert found.words == 4


def test_what_is_rare_is_spelled_by_characters_and_those_by_bytes():
    found = vocabulary()
    assert shown(found, "The cat sat") == ["The", " cat", " ", "s", "a", "t"]
    assert shown(found, "很") == ["�"] * 3
    assert len(found.encode("很")) == len("很".encode())


def test_one_for_min_count_keeps_every_word_whole():
    found = vocabulary(min_count=1)
    assert shown(found, "The cat saw") == ["The", " cat", " saw"]


def test_by_character_a_token_is_a_character():
    found = vocabulary(by="character")
    assert shown(found, "The 天气") == ["T", "h", "e", " ", "天", "气"]
    assert found.words == 0


def test_the_end_of_a_line_is_a_token_and_control_tokens_are_text():
    found = vocabulary()
    assert found.encode("The\nThe") == (found.encode("The")[0], END, found.encode("The")[0])
    assert END not in found.encode("</s>")
    assert found.encode_marked("<s>The</s>") == ((BOS, *found.encode("The"), END), (b"<s>", b"The", b"</s>"))


def test_what_is_spelled_is_counted_once():
    cut = [list(units(line, "word")) for line in LINES]
    found = vocabulary()
    rare = {unit for one in cut for unit in one if len(found.encode(unit)) > 1}
    assert found.rare(cut) == len(rare) > 3
