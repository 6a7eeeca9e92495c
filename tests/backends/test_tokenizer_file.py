"""tokenizer.json read without transformers: the tokens that transformers itself makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import PreTrainedTokenizerFast

from llmlab.backends.tokenizer_file import TokenizerFile
from llmlab.backends.torch.tokens import TokenPieces

WORDS = ["<unk>", "<s>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", "a", "b", "\u2581a"]
TEXT = st.text() | st.text("ab <s>[x]\n爱🎉")


@pytest.fixture(scope="module", params=["plain", "dummy space"])
def both(request, tmp_path_factory):
    """A sentencepiece-like tokenizer with an added word, read here and by transformers."""
    vocabulary = {word: i for i, word in enumerate(WORDS)}
    backend = Tokenizer(
        models.BPE(vocab=vocabulary, merges=[("\u2581", "a")], unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    spaces = [normalizers.Replace(" ", "\u2581")]
    before = [normalizers.Prepend("\u2581")] if request.param == "dummy space" else []
    backend.normalizer = normalizers.Sequence([*before, *spaces])
    backend.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    backend.add_tokens([AddedToken("[x]", special=False, normalized=False)])
    backend.enable_truncation(4)  # what is set there for training is none of ours
    folder, saved = tmp_path_factory.mktemp("folder"), tmp_path_factory.mktemp("saved")
    PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>", bos_token="<s>").save_pretrained(folder)
    pieces = TokenPieces(folder)
    assert pieces.save(saved)
    return TokenizerFile(saved, "tiny"), pieces


@given(text=TEXT, special=st.booleans())
def test_the_tokens_are_those_of_transformers(both, text, special):
    file, pieces = both
    assert file.encode(text, allow_special=special) == pieces.encode(text, special)


def test_a_word_that_was_added_and_bytes_that_are_none_of_a_word_are_spelt(both):
    file, _ = both
    assert {b"\xc3", b"\xa4", b"[x]", b" a"} <= set(file.encode("ä[x] a").pieces)
    assert file.piece(len(WORDS) + 99) == b""
