"""What other libraries accept too is read as they read it: gensim, numpy, safetensors, gguf."""

import io
import re
import unicodedata
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import gguf as library
import numpy as np
import pytest
import soak
from fuzz.readers import WORDS
from fuzz.seeds import npy, seeds
from fuzz.test_fuzz import broken
from gensim.models import KeyedVectors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load, save

from llmlab.backends import gguf
from llmlab.errors import LabError
from llmlab.spaces import formats
from llmlab.spaces.reading import Reading

ASKED = settings(
    max_examples=soak.times(1000), derandomize=True, deadline=None, suppress_health_check=list(HealthCheck)
)
TABLES = arrays.arrays(
    st.sampled_from([np.float16, np.float32, np.float64]),
    st.tuples(st.just(8), st.integers(1, 5)),
    elements=st.floats(-1e4, 1e4, width=16),
)
MOST = 10_000  # rows that gensim would make room for, whatever stands in the file


def ours(ending, content):
    """Words and vectors as llmlab reads them; None where it refuses."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"it{ending}")
        path.write_bytes(content)
        path.with_suffix(".txt").write_text(WORDS, encoding="utf-8")
        try:
            blocks = list(formats.read(Reading(path)).blocks)
        except LabError:
            return None
    return [word for words, _ in blocks for word in words], np.concatenate([rows for _, rows in blocks])


def theirs(content, *, binary):
    """The same of gensim, where it reads the whole file as it says of itself."""
    if not (head := re.match(rb"(\d{1,9}) (\d{1,9})\n", content)) or int(head[1]) * int(head[2]) > MOST:
        return None
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder, "it")
        path.write_bytes(content)
        try:
            found = KeyedVectors.load_word2vec_format(str(path), binary=binary)
        except Exception:  # whatever it raises, it does not accept the file
            return None
    if len(found.index_to_key) != int(head[1]):  # it leaves out words that are there twice
        return None
    return found.index_to_key, found.vectors


@pytest.mark.soak
@pytest.mark.parametrize(("name", "ending"), [("word2vec-text", ".vec"), ("word2vec-binary", ".bin")])
def test_a_file_that_gensim_accepts_too_holds_the_same(name, ending):
    same = []

    @given(broken(name))
    @ASKED
    def asked(content):
        mine, other = ours(ending, content), theirs(content, binary=ending == ".bin")
        if mine is None or other is None or not np.isfinite(other[1]).all():
            return
        assert mine[0] == [unicodedata.normalize("NFC", word) for word in other[0]]
        assert np.array_equal(mine[1], other[1])
        same.append(content)

    asked()
    assert len(same) > soak.times(50)


@given(TABLES)
@ASKED
def test_arrays_are_what_numpy_and_safetensors_wrote(table):
    wanted = table.astype(np.float32)
    for ending, content in ((".npy", npy(table)), (".safetensors", save({"it": np.ascontiguousarray(table)}))):
        words, found = ours(ending, content)
        assert words == WORDS.split()
        assert np.array_equal(found, wanted)
    assert np.array_equal(np.load(io.BytesIO(npy(table))), load(save({"it": np.ascontiguousarray(table)}))["it"])


@pytest.mark.soak
def test_a_header_that_the_gguf_library_accepts_too_names_the_same_tensors(tmp_path):
    same = []

    @given(broken("gguf"))
    @ASKED
    def asked(content):
        path = tmp_path / "it.gguf"
        path.write_bytes(content)
        try:
            mine = gguf.header(path)["tensors"]
            other = library.GGUFReader(path).tensors
        except Exception:  # one of them refuses
            return
        assert [name for name, *_ in mine] == [one.name for one in other]
        assert [list(shape) for _, shape, _ in mine] == [list(map(int, reversed(one.shape))) for one in other]
        same.append(content)

    asked()
    assert len(same) > soak.times(50)


def test_the_seeds_are_read_alike():
    for content in seeds()["word2vec-text"][:1]:
        words, vectors = ours(".vec", content)
        assert words == theirs(content, binary=False)[0]
        assert np.array_equal(vectors, theirs(content, binary=False)[1])
