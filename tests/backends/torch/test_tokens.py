"""The raw bytes of transformers' tokens."""

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers
from transformers import PreTrainedTokenizerFast

from llmlab.backends.torch.tokens import TokenPieces


@pytest.mark.parametrize("dummy_space", [False, True])
def test_sentencepiece_tokens_join_to_the_text(tmp_path, dummy_space):
    words = ["<unk>", "<s>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", "a", "b", "\u2581a"]
    vocabulary = {word: i for i, word in enumerate(words)}
    backend = Tokenizer(
        models.BPE(vocab=vocabulary, merges=[("\u2581", "a")], unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    )
    spaces = normalizers.Replace(" ", "\u2581")
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), spaces] if dummy_space else [spaces])
    backend.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>", bos_token="<s>").save_pretrained(tmp_path)
    pieces = TokenPieces(tmp_path)
    for text in ["a b", " a", "  ab ", "ä a", "爱 🎉", "a<s>b"]:
        assert b"".join(pieces.encode(text, allow_special=False).pieces).decode() == text
    assert pieces.encode("ä", allow_special=False).pieces[-2:] == (b"\xc3", b"\xa4")
    assert (pieces.word(vocabulary["\u2581a"]), pieces.word(0), pieces.word(1)) == (b" a", None, None)
    assert pieces.word(vocabulary["<0xC3>"]) is None  # half a character is no word
