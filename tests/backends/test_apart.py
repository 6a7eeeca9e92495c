"""A long text cut part by part has the tokens that llama.cpp gives it as a whole."""

import gguf
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.apart import Apart

llama_vocab = pytest.importorskip("llmlab.backends.llama_vocab")
NORMAL, UNKNOWN, CONTROL, USER, BYTE = (gguf.TokenType(kind) for kind in (1, 2, 3, 4, 6))
JOINED = ["ab", "ba", "aba", "abab", "▁a", "▁▁", "a▁b", "的a", "天气", "今天", "天天", "<a", "\n\n"]
WORDS = [
    *(("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL), ("<x>", USER), ("天 气", USER)),
    *((f"<0x{byte:02X}>", BYTE) for byte in range(256)),
    *((one, NORMAL) for one in ["▁", "\n", *"abc<>x的天今气", *JOINED]),
]
ALPHABET = st.text("abcx <>s/的天今气▁\n\x01é🦜", max_size=60)
TEXT = st.lists(ALPHABET | st.sampled_from(["<s>", "</s>", "<x>", "天 气", "<0x41>"]) | st.text(max_size=5)).map(
    "".join
)


def vocabulary(path, prefix=False):
    """A GGUF file of a vocabulary alone, of sentencepiece's kind; its scores are the same every time."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list([word for word, _ in WORDS])
    writer.add_token_types([kind for _, kind in WORDS])
    writer.add_token_scores(np.random.default_rng(0).normal(size=len(WORDS)).tolist())
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_space_prefix(prefix)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return llama_vocab.LlamaVocab.of_file(path, "tiny")


@pytest.fixture(scope="module")
def spm(tmp_path_factory):
    return vocabulary(tmp_path_factory.mktemp("spm") / "spm.gguf")


@pytest.fixture
def by_parts(monkeypatch):
    monkeypatch.setattr(llama_vocab, "LONG", 0)


@given(text=TEXT, special=st.booleans())
def test_the_parts_of_a_text_have_the_tokens_of_the_whole(spm, text, special):
    whole = spm.encode(text, allow_special=special)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llama_vocab, "LONG", 0)
        assert spm.encode(text, allow_special=special) == whole


@given(words=st.lists(st.text("abc天▁", min_size=1)), text=st.text("abcd天▁é", min_size=1))
def test_a_text_is_cut_exactly_where_no_word_has_its_two_neighbours(words, text):
    bounds = list(Apart("\0".join(words)).bounds(text))
    assert "".join(text[start:end] for start, end in bounds) == text
    cuts = {start for start, _ in bounds[1:]}
    together = {place for place in range(1, len(text)) if any(text[place - 1 : place + 1] in word for word in words)}
    assert cuts == set(range(1, len(text))) - together


def test_words_are_not_joined_over_what_stands_between_them():
    assert list(Apart("ab\0cd").bounds("abcd")) == [(0, 2), (2, 4)]


@given(words=st.lists(st.text("ab\x01\x02\ue000", min_size=2)), text=st.text("ab\x01\x03"))
def test_a_separator_is_in_no_word_with_another_and_not_in_the_text(words, text):
    found = Apart("\0".join(words)).separator(text)
    assert found is not None
    assert found not in text
    assert not any(found in word for word in words)


@pytest.mark.usefixtures("by_parts")
def test_a_tokenizer_that_puts_a_space_first_is_not_cut(tmp_path):
    prefixed = vocabulary(tmp_path / "prefix.gguf", prefix=True)
    assert prefixed._apart is None
    assert prefixed.encode("ab ab").text == "ab ab"


@pytest.mark.usefixtures("by_parts")
def test_a_tokenizer_that_splits_by_an_expression_first_is_not_cut(gguf_file):
    byte_level = llama_vocab.LlamaVocab.of_file(gguf_file, "tiny")
    assert byte_level._apart is None
    assert byte_level.encode("the cat").text == "the cat"


@pytest.mark.models
def test_a_long_text_of_the_default_model_has_the_tokens_of_the_whole(library, texts, monkeypatch):
    text = "".join(texts) * 3
    default = library.tokenizer()
    whole = default.encode(text)
    monkeypatch.setattr(llama_vocab, "LONG", 0)
    assert default.encode(text) == whole
