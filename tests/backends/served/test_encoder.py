"""An encoder behind a server: the vectors of the encoder that the server runs, or one clear error."""

import base64

import numpy as np
import pytest
from embeddings_server import EmbeddingsServer
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from llmlab.backends.known import check_known
from llmlab.backends.served import pool
from llmlab.backends.served.encoder import FIXED, NEAR, TOGETHER, near, same
from llmlab.backends.torch.encoder import SentenceTransformerEncoder
from llmlab.errors import LabError, UnsupportedError
from llmlab.models.library import Library


@pytest.fixture(scope="module")
def local(encoder_folder):
    return SentenceTransformerEncoder(encoder_folder, "tiny")


@pytest.fixture
def server(local, monkeypatch):
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.01)
    with EmbeddingsServer(local.encode) as one:
        yield one


@pytest.fixture
def opened(config, ear):
    """An encoder of some servers."""

    def opened(*urls, parallel=4, retries=3):
        servers = replace(config.servers, base_url=urls, parallel=parallel, retries=retries)
        return Library(replace(config, servers=servers), ear).encoder("openai:tiny")

    return opened


def shuffled(right):
    order = np.random.default_rng(len(right["data"])).permutation(len(right["data"]))
    return 200, right | {"data": [right["data"][i] for i in order]}


def packed(right):
    """As the official client asks for them when nothing is said."""
    rows = [
        row | {"embedding": base64.b64encode(np.array(row["embedding"], "<f4").tobytes()).decode()}
        for row in right["data"]
    ]
    return 200, right | {"data": rows}


def with_row(**changed):
    """The right answer with another last row."""
    return lambda right: (200, right | {"data": [*right["data"][:-1], right["data"][-1] | changed]})


def each_row(change):
    return lambda right: (
        200,
        right | {"data": [row | {"embedding": change(row["embedding"])} for row in right["data"]]},
    )


def test_info_says_what_the_server_says(server, opened):
    info = opened(server.url).info
    assert (info.name, info.revision, info.engine, info.dtype) == ("openai:tiny", "tiny-1", "openai", "as served")
    assert info.dimension == 32
    assert info.library.startswith("openai ")
    assert [body["input"] for body in server.asked] == [[FIXED]]


def test_vectors_are_those_of_the_encoder_that_the_server_runs(server, opened, local, texts):
    seen = []
    encoder = opened(server.url)
    vectors = encoder.encode(texts, lambda done, total: seen.append((done, total)))
    assert (vectors.dtype, vectors.shape) == (np.float32, (200, 32))
    np.testing.assert_allclose(vectors, local.encode(texts), atol=1e-6)
    assert sorted(server.texts) == sorted(texts)
    assert max(len(body["input"]) for body in server.asked) == TOGETHER
    assert {(body["model"], body["encoding_format"], body["input"][0]) for body in server.asked} == {
        ("tiny", "float", FIXED)
    }
    assert (seen[-1], seen) == ((200, 200), sorted(seen))


def test_no_texts_are_no_vectors_and_no_request(server, opened):
    encoder = opened(server.url)
    assert encoder.encode([]).shape == (0, 32)
    assert len(server.asked) == 1


@pytest.mark.parametrize("form", [shuffled, packed])
def test_rows_go_by_their_index_and_may_be_packed(server, opened, local, texts, form):
    server.faults = [form] * 99
    np.testing.assert_allclose(opened(server.url).encode(texts), local.encode(texts), atol=1e-6)


def test_what_is_busy_or_broken_is_asked_again(server, opened, local, texts):
    faults = [(429, {"error": {"message": "slow down"}}), (500, b"oops"), (503, b""), (200, b"<html>"), (200, b"{")]
    encoder = opened(server.url, parallel=1, retries=5)
    server.faults = [None, *(lambda right, fault=fault: fault for fault in faults)]
    np.testing.assert_allclose(encoder.encode(texts), local.encode(texts), atol=1e-6)
    batches = -(-len(texts) // (TOGETHER - 1))
    assert len(server.asked) == 1 + batches + len(faults)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda right: (200, right | {"data": right["data"][:-1]}), "gives 3 vectors for 4 texts"),
        (lambda right: (200, right | {"data": right["data"] * 2}), "gives 4 vectors for 4 texts"),
        (with_row(index=0), "gives 3 vectors for 4 texts"),
        (with_row(index=9), "gives 4 vectors for 4 texts"),
        (lambda right: (200, right | {"data": None}), "gives 0 vectors for 4 texts"),
        (with_row(embedding=[1.0] * 31), "gives vectors of several lengths"),
        (with_row(embedding=[float("nan")] * 32), "gives a vector that holds no number"),
        (with_row(embedding=[1e39] * 32), "gives a vector that holds no number"),
        (with_row(embedding=[None] * 32), "gives a vector that holds no number"),
        (with_row(embedding=[0] * 32), "gives a vector of zeros"),
        (with_row(embedding=[[0.5]] * 32), "answers with something else than vectors"),
        (with_row(embedding=[]), "answers with something else than vectors"),
        (with_row(embedding="AAA"), "answers with something else than vectors"),
        (with_row(embedding={"0": 1}), "answers with something else than vectors"),
        (lambda right: (200, right | {"data": [1, 2, 3, 4]}), "answers with something else than vectors"),
    ],
)
def test_what_is_no_vector_a_text_is_an_error(server, opened, fault, said):
    encoder = opened(server.url)
    server.faults = [fault]
    with pytest.raises(LabError) as caught:
        encoder.encode(["cat", "dog", "car"])
    assert caught.value.message == f"{server.url} {said}"
    assert len(server.asked) == 2  # it would say so again


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda row: row[:16], "16 numbers a vector, it was 32"),
        (lambda row: row[::-1], f"{FIXED!r} has another vector than it had"),
        (lambda row: [x * 1.1 for x in row], f"{FIXED!r} has another vector than it had"),
    ],
)
def test_another_model_in_between_is_noticed(server, opened, texts, change, said):
    encoder = opened(server.url, parallel=1)
    server.faults = [None, *[each_row(change)] * 9]
    with pytest.raises(LabError) as caught:
        encoder.encode(texts)
    assert caught.value.message == f"another model than openai:tiny answers at {server.url}: {said}"


def test_vectors_that_change_with_what_is_asked_beside_them_are_not_another_model(opened, local, texts):
    def mixed(some):
        return local.encode(some) + (len(some) > 1) * local.encode([max(some, key=len)])

    with EmbeddingsServer(mixed) as server, pytest.raises(LabError) as caught:
        opened(server.url).encode(texts)
    assert caught.value.message == f"{server.url} gives {FIXED!r} another vector beside other texts than alone"
    assert "one text at a time" in caught.value.hint


def test_another_name_in_between_is_noticed(server, opened, texts):
    encoder = opened(server.url)
    server.named = "tiny-2"
    with pytest.raises(LabError, match=r"another model answers at .*: tiny-2, it was tiny-1"):
        encoder.encode(texts)


def test_of_several_servers_none_may_run_another_model(server, opened, local, texts):
    with EmbeddingsServer(lambda some: local.encode(some)[:, ::-1]) as other:
        encoder = opened(server.url, other.url, parallel=8)
        with pytest.raises(LabError, match=f"another model than openai:tiny answers at {other.url}: "):
            encoder.encode(texts)


def test_the_rounding_of_another_number_type_is_not_another_model(server, opened, local, texts):
    encoder = opened(server.url)
    server.faults = [each_row(lambda row: np.array(row).astype(np.float16).tolist())] * 99
    np.testing.assert_allclose(encoder.encode(texts), local.encode(texts), atol=1e-3)


def test_several_servers_share_the_work_and_one_that_is_broken_is_left_out(server, opened, ear, local, texts):
    with EmbeddingsServer(local.encode) as other:
        encoder = opened(server.url, other.url)
        np.testing.assert_allclose(encoder.encode(texts), local.encode(texts), atol=1e-6)
        assert sorted(server.texts + other.texts) == sorted(texts)
        assert server.texts
        assert other.texts
        other.faults = [lambda right: (500, b"out of memory")] * 99
        np.testing.assert_allclose(encoder.encode(texts), local.encode(texts), atol=1e-6)
    assert any(line.startswith(f"{other.url} is left out for now") for line in ear.heard)


def test_a_server_does_not_tell_tokens_and_says_who_does(server, opened):
    encoder = opened(server.url)
    for ask in (lambda: encoder.token_ids(["cat"]), lambda: encoder.token_vectors("cat")):
        with pytest.raises(UnsupportedError, match="a server does not tell the") as caught:
            ask()
        assert "torch or ctranslate2" in caught.value.hint
    assert check_known(encoder, ["cat", "☃"], str) == []


def test_a_text_that_the_server_refuses_is_an_error_at_once(server, opened):
    encoder = opened(server.url)
    server.faults = [lambda right: (400, {"error": {"message": "9 tokens; at most 8"}})]
    with pytest.raises(LabError, match=f"{server.url} refuses: 9 tokens; at most 8"):
        encoder.encode(["cat"])
    assert len(server.asked) == 2


numbers = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=99).filter(any)


@given(numbers, st.floats(0, 2 * NEAR))
def test_a_vector_is_near_when_it_is_so_far_by_its_length(row, share):
    vector = np.array(row, np.float64)
    moved = vector + share * vector[::-1] * np.sign(vector[::-1])
    far = float(np.sqrt(((moved - vector) ** 2).sum() / (vector**2).sum()))
    assert near(moved, vector) == (far <= NEAR) or abs(far - NEAR) < 1e-9


def test_fingerprints_are_the_same_where_only_the_last_digits_of_the_vector_move():
    noted = {"served": "a", "build": "1", "vector": "0.1 -0.2 0.3"}
    assert same(noted, noted | {"vector": "0.1001 -0.2 0.2999"})
    others = ({"vector": "0.1 -0.2"}, {"vector": "0.1 0.2 0.3"}, {"build": "2"}, {"served": "b"}, {"words": "x"})
    assert [same(noted, noted | other) for other in others] == [False] * 5
    assert same({"sha256": "1"}, {"sha256": "1"})
    assert not same({"sha256": "1"}, {"sha256": "2"})
