"""What every encoder promises (llmlab/backends/base.py), against sentence-transformers itself.

Folders of other modules are in tests/models/test_encoders.py.
"""

import json
import shutil

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoTokenizer, BertModel

from llmlab.backends import ct2
from llmlab.backends.torch.encoder import SentenceTransformerEncoder
from llmlab.errors import MisuseError

CONTEXT = 128  # tokens the tiny encoder reads, [CLS] and [SEP] among them
PLAN = {
    "pooling": "mean",
    "normalize": True,
    "max_tokens": CONTEXT,
    "dimension": 32,
    "layers": 2,
    "notes": [],
}


@pytest.fixture(scope="module", params=["torch", "ctranslate2"])
def encoder(request, encoder_folder, tmp_path_factory):
    if request.param == "torch":
        return SentenceTransformerEncoder(encoder_folder, "tiny-bert", "r1")
    folder = tmp_path_factory.mktemp("ctranslate2")
    ct2.convert(encoder_folder, folder)
    (folder / ct2.PLAN).write_text(json.dumps(PLAN))
    shutil.copy(encoder_folder / "tokenizer.json", folder)
    return ct2.CTranslate2Encoder(folder, "tiny-bert", "r1")


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


def test_info_says_where_a_vector_comes_from(request, encoder, tokenizer):
    info = encoder.info
    assert (info.name, info.revision, info.dtype, info.bos) == ("tiny-bert", "r1", "float32", None)
    assert f"[{info.engine}]" in request.node.name
    assert (info.vocabulary, info.context, info.dimension, info.layers) == (len(tokenizer), CONTEXT, 32, 2)


def test_vectors_are_those_of_sentence_transformers_in_the_order_of_the_texts(encoder, encoder_folder, texts):
    model = SentenceTransformer(str(encoder_folder), device="cpu")
    expected = np.stack([model.encode(text) for text in texts])
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
    assert encoder.encode([]).shape == (0, 32)


@pytest.mark.parametrize("text", ["He likes movies.", "CAT", ""])
def test_token_vectors_are_the_last_hidden_states_of_plain_torch(encoder, encoder_folder, tokenizer, text):
    ids = tokenizer(text)["input_ids"]
    with torch.no_grad():
        expected = BertModel.from_pretrained(encoder_folder).eval()(torch.tensor([ids])).last_hidden_state[0].numpy()
    tokens, vectors = encoder.token_vectors(text)
    assert list(tokens) == tokenizer.convert_ids_to_tokens(ids)
    assert (tokens[0], tokens[-1]) == ("[CLS]", "[SEP]")
    assert (vectors.shape, vectors.dtype) == ((len(ids), 32), np.float32)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_token_vectors_average_to_the_sentence_vector(encoder):
    _, vectors = encoder.token_vectors("He likes movies.")
    mean = vectors.mean(axis=0)
    np.testing.assert_allclose(mean / np.linalg.norm(mean), encoder.encode(["He likes movies."])[0], atol=1e-5)


def test_a_context_is_read_to_its_last_token_and_one_more_is_refused(encoder, tokenizer):
    full, longer = words(tokenizer, CONTEXT), words(tokenizer, CONTEXT + 1)
    assert len(encoder.token_vectors(full)[0]) == CONTEXT
    assert encoder.encode(["a", full]).shape == (2, 32)
    for ask in (lambda: encoder.encode(["a", longer]), lambda: encoder.token_vectors(longer)):
        with pytest.raises(MisuseError, match="the text needs 129 tokens; tiny-bert reads at most 128"):
            ask()
