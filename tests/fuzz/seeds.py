"""Small valid files of every kind that is read, written by other libraries."""

import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import gguf
import numpy as np
from gensim.models import KeyedVectors
from safetensors.numpy import save

NAMES = ("word", "love", "爱", "l'été", "a b", "#", "-1")
VECTORS = np.random.default_rng(19).standard_normal((8, 3)).astype(np.float32)
PAIRS = [{"good": "He likes movies.", "bad": "He movies likes."}, {"good": "好", "bad": "坏", "group": "x"}]


def word2vec(*, binary: bool) -> bytes:
    vectors = KeyedVectors(3)
    names = [name for name in NAMES if " " not in name]
    vectors.add_vectors(names, VECTORS[: len(names)])
    with tempfile.TemporaryDirectory() as folder:
        vectors.save_word2vec_format(f"{folder}/it", binary=binary)
        return Path(folder, "it").read_bytes()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def gguf_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "it.gguf")
        writer = gguf.GGUFWriter(path, "llama")
        writer.add_context_length(16)
        writer.add_block_count(1)
        writer.add_token_list(list(NAMES))
        writer.add_array("test.numbers", [1, 2, 3])
        writer.add_tensor("token_embd.weight", VECTORS)
        writer.add_tensor("output_norm.weight", VECTORS[0])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path.read_bytes()


@cache
def seeds() -> Mapping[str, Sequence[bytes]]:
    """By reader."""
    text, table = word2vec(binary=False), 'word,x,y\nlove,1,2.5\n爱,-3,1e-3\n"a, b",4,5\n'.encode()
    lines = "one\n\ntwo  \r\n三\n\ufeff\n".encode()
    jsonl = "\n".join(map(json.dumps, PAIRS)).encode()
    questions = b'{"context": "1 + 1 =", "choices": [" 2", " 3"], "answer": 0}\n'
    return {
        "word2vec-text": [text, text.partition(b"\n")[2]],
        "word2vec-binary": [word2vec(binary=True)],
        "npy": [
            npy(VECTORS),
            npy(VECTORS.astype(np.float16)),
            npy(np.asfortranarray(VECTORS)),
            npy(np.array(["a"], object)),
        ],
        "safetensors": [save({"embedding": VECTORS}), save({"a": VECTORS, "b": VECTORS[:2]})],
        "csv": [table, table.replace(b",", b";"), table.replace(b",", b"\t")],
        "gguf": [gguf_file()],
        "gguf-table": [gguf_file()],
        "records-jsonl": [jsonl, questions, json.dumps(PAIRS).encode()],
        "records-csv": ["good,bad,group\na b,b a,x\n好,坏,\n".encode(), b"sentence_good;sentence_bad\nx;y\n"],
        "lines": [lines, lines.decode("utf-8").encode("utf-16")],
        "toml": [
            b'model = "gemma-3-270m"\n[generate]\nsamples = 3\ntemperature = [0, 0.7]\n',
            b"[models.x]\nkind = 'causal'\n",
        ],
    }
