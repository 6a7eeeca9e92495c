"""What every encoder promises (llmlab/backends/base.py), against sentence-transformers itself, or plain torch.

Folders of other modules are in tests/models/test_encoders.py.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tiny_use
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, BertModel

from llmlab.backends import ct2, usem
from llmlab.backends.base import UNKNOWN
from llmlab.backends.known import check_known
from llmlab.backends.torch.encoder import SentenceTransformerEncoder
from llmlab.errors import DamagedError, MisuseError

CONTEXT = 128  # tokens the tiny encoder reads, [CLS] and [SEP] among them
PLAN = {
    "pooling": "mean",
    "normalize": True,
    "max_tokens": CONTEXT,
    "dimension": 32,
    "layers": 2,
    "notes": [],
}
BERTS = ["torch", "ctranslate2"]


@dataclass(frozen=True)
class Reference:
    """What another program says of the same weights."""

    sizes: tuple[int, int, int, int]  # vocabulary, context, dimension, layers
    vector: Callable[[str], Any]
    tokens: Callable[[str], tuple[list[str], Any]]
    ids: Callable[[str], list[int]]  # without marks
    unknown: int


def bert(folder):
    tokenizer, model = AutoTokenizer.from_pretrained(folder), SentenceTransformer(str(folder), device="cpu")

    def tokens(text):
        ids = tokenizer(text)["input_ids"]
        with torch.no_grad():
            hidden = BertModel.from_pretrained(folder).eval()(torch.tensor([ids])).last_hidden_state[0].numpy()
        return tokenizer.convert_ids_to_tokens(ids), hidden

    def ids(text):
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    return Reference((len(tokenizer), CONTEXT, 32, 2), model.encode, tokens, ids, tokenizer.unk_token_id)


def universal(folder):
    plain = tiny_use.plain_torch(folder)
    pieces = usem.sentencepiece.SentencePieceProcessor(model_file=str(folder / "sp.model"))

    def marked(text):
        return [pieces.bos_id(), *pieces.encode(text), pieces.eos_id()]

    def tokens(text):
        return [pieces.id_to_piece(one) for one in marked(text)], plain(marked(text))[0]

    scored = [(pieces.id_to_piece(i), pieces.get_score(i)) for i in range(len(pieces))]
    viterbi = Tokenizer(models.Unigram(scored, 0, False))  # by Hugging Face
    viterbi.pre_tokenizer = pre_tokenizers.Metaspace()
    sizes = (tiny_use.VOCABULARY, 0, tiny_use.DIMENSION, 6)
    return Reference(sizes, lambda text: plain(marked(text))[1], tokens, lambda t: viterbi.encode(t).ids, 0)


@pytest.fixture(scope="module")
def use_folder(tmp_path_factory, texts):
    return tiny_use.encoder(tmp_path_factory.mktemp("use"), texts)


@pytest.fixture(scope="module", params=[*BERTS, "numpy"])
def engine(request):
    return request.param


@pytest.fixture(scope="module")
def encoder(engine, encoder_folder, use_folder, tmp_path_factory):
    if engine == "torch":
        return SentenceTransformerEncoder(encoder_folder, "tiny", "r1")
    folder = tmp_path_factory.mktemp(engine)
    if engine == "numpy":
        usem.convert(use_folder, folder)
        return usem.UniversalSentenceEncoder(folder, use_folder / usem.TOKENIZER, "tiny", "r1")
    ct2.convert(encoder_folder, folder)
    (folder / ct2.PLAN).write_text(json.dumps(PLAN))
    shutil.copy(encoder_folder / "tokenizer.json", folder)
    return ct2.CTranslate2Encoder(folder, "tiny", "r1")


@pytest.fixture(scope="module")
def reference(engine, encoder_folder, use_folder):
    return universal(use_folder) if engine == "numpy" else bert(encoder_folder)


@pytest.fixture(scope="module")
def tokenizer(encoder_folder):
    return AutoTokenizer.from_pretrained(encoder_folder)


def words(tokenizer, count):
    """A text of so many tokens, the two marks among them."""
    text = " ".join(["cat"] * count)
    ids = tokenizer(text)["input_ids"][1 : count - 1]
    text = tokenizer.decode(ids)
    assert len(tokenizer(text)["input_ids"]) == count
    return text


def test_info_says_where_a_vector_comes_from(engine, encoder, reference):
    info = encoder.info
    assert (info.name, info.revision, info.engine, info.dtype, info.bos) == ("tiny", "r1", engine, "float32", None)
    assert (info.vocabulary, info.context, info.dimension, info.layers) == reference.sizes


def test_vectors_are_those_of_the_reference_in_the_order_of_the_texts(encoder, reference, texts):
    expected = np.stack([reference.vector(text) for text in texts])
    vectors = encoder.encode(texts)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    shuffled = np.random.default_rng(0).permutation(len(texts))
    np.testing.assert_allclose(encoder.encode([texts[i] for i in shuffled]), expected[shuffled], atol=1e-5)


def test_progress_ends_at_the_number_of_texts(encoder, texts):
    seen = []
    encoder.encode(texts, lambda done, total: seen.append((done, total)))
    assert seen[-1] == (200, 200)
    assert seen == sorted(seen)


def test_no_texts_are_no_vectors(encoder):
    assert encoder.encode([]).shape == (0, encoder.info.dimension)
    assert encoder.token_ids([]) == []


@pytest.mark.parametrize("text", ["He likes movies.", "CAT", ""])
def test_token_vectors_are_what_the_reference_computes_last_for_each(encoder, reference, text):
    names, expected = reference.tokens(text)
    tokens, vectors = encoder.token_vectors(text)
    assert list(tokens) == names
    assert (tokens[0], tokens[-1]) in (("[CLS]", "[SEP]"), ("<s>", "</s>"))
    assert (vectors.shape, vectors.dtype) == ((len(names), encoder.info.dimension), np.float32)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


@pytest.mark.parametrize("engine", BERTS, indirect=True)
def test_token_vectors_average_to_the_sentence_vector(encoder):
    _, vectors = encoder.token_vectors("He likes movies.")
    mean = vectors.mean(axis=0)
    np.testing.assert_allclose(mean / np.linalg.norm(mean), encoder.encode(["He likes movies."])[0], atol=1e-5)


@pytest.mark.parametrize("engine", BERTS, indirect=True)
def test_a_context_is_read_to_its_last_token_and_one_more_is_refused(encoder, tokenizer):
    full, longer = words(tokenizer, CONTEXT), words(tokenizer, CONTEXT + 1)
    assert len(encoder.token_vectors(full)[0]) == CONTEXT
    assert encoder.encode(["a", full]).shape == (2, 32)
    for ask in (lambda: encoder.encode(["a", longer]), lambda: encoder.token_vectors(longer)):
        with pytest.raises(MisuseError, match="the text needs 129 tokens; tiny reads at most 128"):
            ask()


@pytest.mark.parametrize("engine", ["numpy"], indirect=True)
def test_a_text_longer_than_a_piece_has_the_vectors_of_the_whole(encoder, reference, texts):
    text = " ".join(texts)
    while len(encoder.token_ids([text])[0]) < 2 * usem.BATCH_TOKENS:
        text = f"{text} {text}"
    names, expected = reference.tokens(text)
    tokens, vectors = encoder.token_vectors(text)
    assert list(tokens) == names
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    np.testing.assert_allclose(encoder.encode([text, "cat"])[0], reference.vector(text), atol=1e-5)


def test_tokens_have_their_numbers_and_what_is_not_known_has_none(encoder, reference):
    known = ["the cat sat", "He likes movies.", "movies"]
    assert encoder.token_ids(known) == [tuple(reference.ids(text)) for text in known]
    (strange,), (half,) = encoder.token_ids(["☃"]), encoder.token_ids(["the cat ☃☃"])
    assert set(strange) == {UNKNOWN}
    counted = [UNKNOWN if one == reference.unknown else one for one in reference.ids("the cat ☃☃")]
    assert half[0] == counted[0] != UNKNOWN == half[-1]


def test_a_text_that_is_not_known_is_refused_and_one_that_is_in_part_is_said(encoder):
    assert check_known(encoder, ["the cat sat"], "not {}".format) == []
    (said,) = check_known(encoder, ["He likes movies ☃"], "not {}".format)
    assert said.startswith("tiny has ")
    assert said.endswith(" tokens of 'He likes movies ☃': its vector is of those")
    with pytest.raises(MisuseError, match=r"tiny does not know '☃': it has 0 of its [12] tokens") as caught:
        check_known(encoder, ["the cat", "☃"], "not {}".format)
    assert caught.value.hint == "not ☃"


@pytest.mark.parametrize("engine", ["numpy"], indirect=True)
@pytest.mark.parametrize("text", ["\u200b", "\ufeff", ""])
def test_a_text_without_a_token_is_not_known(encoder, text):
    assert encoder.token_ids(["the cat", text, "the"])[1] == ()
    with pytest.raises(MisuseError, match=r"tiny does not know '.*': it has no token for it"):
        check_known(encoder, [text], "not {}".format)


def test_arrays_that_lack_one_are_no_universal_sentence_encoder(tmp_path):
    np.savez(tmp_path / "weights.npz", scale=np.ones(2), q1=np.ones((3, 4), np.uint8))
    with pytest.raises(DamagedError, match="holds no universal sentence encoder"):
        usem.convert(tmp_path, tmp_path)


def test_arrays_that_are_not_there_are_said_to_be_missing_and_not_broken(tmp_path):
    with pytest.raises(DamagedError, match=r"cannot read .*weights\.npz: No such file or directory$"):
        usem.convert(tmp_path, tmp_path)


def test_pickled_arrays_are_not_read(tmp_path):
    np.savez(tmp_path / "weights.npz", scale=np.array([{}, print], dtype=object))
    with pytest.raises(DamagedError, match=r"holds no universal sentence encoder$"):
        usem.convert(tmp_path, tmp_path)
