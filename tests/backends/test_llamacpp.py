"""What is llama.cpp's own; what it promises as every engine does is in test_contract.py."""

import re

import pytest
from deaf import Deaf

from llmlab import memory
from llmlab.backends import llama_library
from llmlab.backends.base import ScoreRequest
from llmlab.config import load
from llmlab.errors import DamagedError, LabError, MisuseError
from llmlab.models import prepare
from llmlab.models.library import Library

llamacpp = pytest.importorskip("llmlab.backends.llamacpp")
llama_memory = pytest.importorskip("llmlab.backends.llama_memory")

CARRIED = ("gemma-3-270m", "smollm2-135m-instruct")  # by wheels


@pytest.fixture(scope="module")
def lm(gguf_file):
    return llamacpp.LlamaCpp(gguf_file, "tiny")


def test_a_decoder_whose_memory_was_reused_says_so(lm):
    decoder = lm.decoder(lm.encode("The cat"), 2, 4)
    lm.next([lm.encode("Where")])
    with pytest.raises(LabError, match="between two steps"):
        decoder.step([0, 1], [10, 20])


def test_more_samples_than_llama_cpp_has_sequences_are_refused(lm):
    with pytest.raises(MisuseError, match=r"256 samples at once; llama\.cpp decodes at most 255"):  # LLAMA_MAX_SEQ - 1
        lm.decoder(lm.encode("The cat"), 256, 1)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\x00" * 64)
    with pytest.raises(DamagedError, match=r"cannot read .*broken\.gguf"):
        llamacpp.LlamaCpp(path, "broken")


def test_progress_is_told_while_one_text_is_read(lm):
    seen = []
    text = lm.encode("The cat sat on the mat. " * 30)[:250]
    lm.score([ScoreRequest(text)], lambda done, total: seen.append((done, total)))
    assert seen == [(done, 250) for done in range(1, 251)]


@pytest.mark.parametrize(
    "name",
    ["tiny", *(pytest.param(name, marks=pytest.mark.models) for name in ("gemma-3-270m", "smollm2-135m-instruct"))],
)
def test_room_for_keys_and_values_is_foreseen_to_the_byte_that_llama_cpp_takes(name, lm, gguf_file):
    weights = llama_memory.Weights(gguf_file if name == "tiny" else of_wheel(name))
    said, library = [], llama_memory.lc
    library.llama_log_set(keep := library.llama_log_callback(lambda _, text, __: said.append(text.decode())), None)
    try:
        cells = llama_memory.Cells(weights, lm.info, 4096, 2, 1)
    finally:
        llama_library._quiet(library)
    taken = re.findall(r"kv_cache: +size = +([\d.]+) MiB", "".join(said))  # one of layers that see all, one of others
    assert keep
    assert taken
    expected = sum(map(float, taken)) * 2**20
    assert llama_memory.cell_bytes(weights) * cells.cells == pytest.approx(expected, abs=2**13)


def of_wheel(name):
    """The file of a default model."""
    library = Library(load(None), Deaf())
    return prepare.gguf(library.shop, library.source(name))


def test_more_tokens_than_memory_has_room_for_are_refused_before_they_are_taken(lm, monkeypatch):
    need = 2**20 * llama_memory.cell_bytes(lm._weights)
    monkeypatch.setattr(memory, "memory", lambda: need - 1)
    with pytest.raises(LabError, match=r"^a context of 1,048,576 tokens for tiny needs .* MiB of memory") as raised:
        llama_memory.Cells(lm._weights, lm.info, 2**20, 2, 1)
    assert raised.value.hint == "ask for fewer tokens, or give a smaller model"


@pytest.mark.parametrize(
    ("cells", "left", "said", "hint"),
    [
        (1, float("inf"), "1 token of tiny", "ask for fewer tokens, or give a smaller model"),
        (300, 2**40, "300 tokens of tiny", "raise the limit of address space (ulimit -v), or ask for fewer tokens"),
    ],
)
def test_where_llama_cpp_finds_no_room_itself_a_limit_that_is_set_is_named(lm, monkeypatch, cells, left, said, hint):
    monkeypatch.setattr(llama_memory.lc, "llama_init_from_model", lambda *_: None)
    monkeypatch.setattr(memory, "addresses", lambda: left)
    with pytest.raises(LabError) as raised:
        llama_memory.Cells(lm._weights, lm.info, cells, 2, 1)
    assert raised.value.message == f"llama.cpp has no room for {said}"
    assert raised.value.hint.startswith(hint)
