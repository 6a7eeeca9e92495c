"""What a tokenizer that is opened without weights promises: the tokens of the model itself, on every engine."""

import shutil

import pytest
from backends.engines import VOCABULARY, only
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from llmlab.config import load
from llmlab.errors import MisuseError
from llmlab.models.library import Library

MARKED = st.lists(
    st.sampled_from(["<s>", "</s>", " ", "  ", "\n", "cat", "今天", "👩‍👩‍👧", "é", "e\u0301", "\x00", "\ufeff"])
)
TEXT = st.text() | MARKED.map("".join)


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Settings with a cache of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("settings")))
        return load(None, {"LLMLAB_CACHE": str(tmp_path_factory.mktemp("cache"))})


class Deaf:
    """Who hears nothing."""

    def say(self, message: str) -> None: ...

    def detail(self, message: object) -> None: ...


def opened_alone(settings, engine, path):
    return Library(replace(settings, engine=engine), Deaf()).tokenizer(str(path))


@pytest.fixture(scope="module")
def tokenizer(kind, settings, folder, gguf_file, gguf_file_without_bos):
    gguf = gguf_file if kind.bos else gguf_file_without_bos
    return opened_alone(settings, kind.engine, folder if kind.engine == "torch" else gguf)


@only(lambda kind: not kind.counts)  # which is opened whole
@given(text=TEXT, special=st.booleans())
def test_the_tokens_are_those_of_the_model(engine, tokenizer, text, special):
    assert tokenizer.encode(text, allow_special=special) == engine.encode(text, allow_special=special)


@only(lambda kind: not kind.counts)  # which is opened whole
@given(text=TEXT)
def test_the_pieces_join_to_the_bytes_of_the_text(tokenizer, text):
    found = tokenizer.encode(text)
    assert b"".join(found.pieces) == text.encode()
    assert [tokenizer.piece(token) for token in found.ids] == list(found.pieces)


@only(lambda kind: not kind.counts)  # which is opened whole
def test_every_piece_is_that_of_the_model(engine, tokenizer):
    assert [tokenizer.piece(token) for token in range(VOCABULARY)] == list(map(engine.piece, range(VOCABULARY)))


@only(lambda kind: not kind.counts)  # which is opened whole
def test_info_says_what_cuts_the_text(kind, tokenizer):
    assert tokenizer.info.vocabulary == VOCABULARY
    package = "tokenizers" if kind.engine == "torch" else "llama-cpp"
    assert package in tokenizer.info.library


@pytest.fixture(scope="module")
def on_torch(settings, gguf_file):
    """A GGUF model and its tokenizer, both on torch."""
    library = Library(replace(settings, engine="torch"), Deaf())
    return library.tokenizer(str(gguf_file)), library.causal_lm(str(gguf_file))


@given(text=TEXT, special=st.booleans())
def test_on_torch_the_tokens_of_a_gguf_file_are_those_of_the_model_there(on_torch, text, special):
    alone, model = on_torch
    assert alone.encode(text, allow_special=special) == model.encode(text, allow_special=special)


def test_the_weights_are_not_read(settings, lm_folder, tmp_path):
    folder = shutil.copytree(lm_folder, tmp_path / "hollow")
    (folder / "model.safetensors").write_bytes(b"")
    assert opened_alone(settings, "auto", folder).encode("The cat").text == "The cat"


def test_a_tokenizer_that_no_file_tells_is_opened_by_transformers(settings, lm_folder, tmp_path):
    folder = shutil.copytree(lm_folder, tmp_path / "words")
    backend = Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "cat": 2}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]").save_pretrained(folder)
    found = opened_alone(settings, "auto", folder)
    assert found.info.library.startswith("transformers ")
    assert found.encode("the cat").ids == (1, 2)
    assert found.encode("the cat").pieces == (b"the", b"cat")  # the space is lost, which a user is told


def test_an_encoder_is_refused(settings, encoder_folder):
    with pytest.raises(MisuseError, match="is a sentence encoder; this needs a causal language model"):
        opened_alone(settings, "auto", encoder_folder)
