"""Tokens of a text in blocks, against the plain tokenizer that is given the whole text at once."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from llmlab.backends.base import Tokens
from llmlab.errors import LabError
from llmlab.lab.probability import blocks
from llmlab.lab.probability.blocks import encoded

MARKS = ["<unk>", "<s>", "</s>"]


def metaspace() -> Tokenizer:
    """sentencepiece's kind as in Llama: a space before every text, no words, bytes for what is unknown."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    return tokenizer


def unigram() -> Tokenizer:
    """sentencepiece's other kind, with its normaliser."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("  ", " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    return tokenizer


def byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def lower_case() -> Tokenizer:
    """BERT's kind: case and accents are gone."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def composed() -> Tokenizer:
    tokenizer = byte_level()
    tokenizer.normalizer = normalizers.NFC()
    return tokenizer


TRAINERS = {models.BPE: trainers.BpeTrainer, models.Unigram: trainers.UnigramTrainer}
TRAINERS |= {models.WordPiece: trainers.WordPieceTrainer}
KINDS = [metaspace, unigram, byte_level, lower_case, composed]
AROUND = {"nothing": "$A", "EOS": "$A </s>", "BOS": "<s> $A", "both": "<s> $A </s>"}


@pytest.fixture(scope="module")
def story(texts) -> str:
    """Words, Chinese, accents in two forms, indented code, rows of one character, and no line end for long."""
    odd = (
        "e\u0301té E\u0301TÉ Ångström  \n\n\n\tif x:\n\t\treturn  \t 1\r\n"
        + "=" * 90
        + "\n"
        + " " * 70
        + "end\n"
        + "ha" * 60
    )
    return (
        "\n".join(texts[:60])
        + odd
        + " ".join(texts[60:120])
        + "今天天气很好，我们去公园。" * 40
        + odd
        + "".join(texts[120:])
    )


@pytest.fixture(
    scope="module", params=itertools.product(KINDS, AROUND), ids=lambda pair: f"{pair[0].__name__}-{pair[1]}"
)
def tokenizer(request, texts) -> Tokenizer:
    """Trained on the texts; puts before and after them what it is asked to."""
    kind, around = request.param
    made = kind()
    trainer = next(one for model, one in TRAINERS.items() if isinstance(made.model, model))
    own = {"unk_token": "<unk>"} if trainer is trainers.UnigramTrainer else {}
    made.train_from_iterator(texts, trainer(vocab_size=700, special_tokens=MARKS, show_progress=False, **own))
    numbers = [(mark, made.token_to_id(mark)) for mark in MARKS]
    made.post_processor = processors.TemplateProcessing(single=AROUND[around], special_tokens=numbers)
    return made


def reader(tokenizer: Tokenizer) -> Callable[[str], Tokens]:
    def encode(text: str) -> Tokens:
        read = tokenizer.encode(text)
        return Tokens.of(text, read.ids, [piece.encode() for piece in read.tokens])

    return encode


def cut(text: str, places: list[int]) -> list[str]:
    return [text[a:b] for a, b in itertools.pairwise([0, *sorted(places), len(text)])]


def joined(tokenizer: Tokenizer, parts: list[str]) -> Tokens:
    return sum(encoded(reader(tokenizer), parts), Tokens((), ()))


@pytest.mark.parametrize("size", [1, 97, 300, 1000])
def test_blocks_join_to_the_tokens_of_the_whole_text(monkeypatch, tokenizer, story, size):
    monkeypatch.setattr(blocks, "ENOUGH", 1200)
    monkeypatch.setattr(blocks, "OVERLAP", 600)
    parts = cut(story, list(range(size, len(story), size)))
    assert joined(tokenizer, parts).ids == tuple(tokenizer.encode(story).ids)
    assert len(list(encoded(reader(tokenizer), parts))) > 2  # it was read in parts


@given(places=st.lists(st.integers(0, 30), max_size=5))
def test_a_text_of_less_than_a_part_is_encoded_once(places):
    calls = []

    def encode(text: str) -> Tokens:
        calls.append(text)
        return Tokens((1,), (text.encode(),))

    text = "He likes movies.\nShe likes c\n"
    assert [one.text for one in encoded(encode, cut(text, [min(place, len(text)) for place in places]))] == [text]
    assert calls == [text]
    assert list(encoded(encode, [])) == []


def test_one_letter_said_over_and_over_is_the_same_tokens_as_at_once(monkeypatch, tokenizer):
    monkeypatch.setattr(blocks, "ENOUGH", 1200)
    monkeypatch.setattr(blocks, "OVERLAP", 600)
    for letter in "a", " ", "=", "好", "\n":
        text = "He likes movies " + letter * 5003 + " and she likes cats. " * 200
        assert joined(tokenizer, cut(text, list(range(250, len(text), 250)))).ids == tuple(tokenizer.encode(text).ids)


def test_a_tokenizer_that_looks_far_ahead_is_an_error_and_no_other_number(monkeypatch):
    monkeypatch.setattr(blocks, "ENOUGH", 400)
    monkeypatch.setattr(blocks, "OVERLAP", 200)

    def by_length(text: str) -> Tokens:
        return Tokens((len(text) // 500,) * len(text), (b"x",) * len(text))

    with pytest.raises(LabError, match="cannot read a long text in parts"):
        list(encoded(by_length, ["x" * 400] * 9))
