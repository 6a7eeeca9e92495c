"""llama.cpp on an F32 file of the tiny model, against a forward pass of plain torch, one text at a time."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny
from numpy.typing import NDArray
from transformers import AutoTokenizer

from llmlab.backends.base import ScoreRequest, Tokens
from llmlab.backends.llamacpp import LlamaCpp
from llmlab.backends.sampling import log_softmax
from llmlab.errors import DamagedError, LabError, MisuseError, UnsupportedError

Plain = Callable[[tuple[int, ...]], NDArray[np.float64]]
BOS = (0,)


@pytest.fixture(scope="module")
def lm(gguf_file: Path) -> LlamaCpp:
    return LlamaCpp(gguf_file, "tiny", "r1")


@pytest.fixture(scope="module")
def lm_without_bos(gguf_file_without_bos: Path) -> LlamaCpp:
    return LlamaCpp(gguf_file_without_bos, "tiny")


@pytest.fixture(scope="module")
def plain(lm_folder: Path) -> Plain:
    return tiny.plain_torch(lm_folder)


@pytest.fixture(scope="module")
def tokens(lm: LlamaCpp, texts: list[str]) -> list[Tokens]:
    return [lm.encode(text) for text in texts]


def test_info_says_where_a_number_comes_from(lm: LlamaCpp, lm_without_bos: LlamaCpp) -> None:
    info = lm.info
    assert (info.name, info.revision, info.engine, info.dtype) == ("tiny", "r1", "llama.cpp", "F32")
    assert (info.vocabulary, info.context, info.dimension, info.layers) == (600, 256, 64, 2)
    assert (info.bos, lm_without_bos.info.bos) == ("<s>", None)


def test_token_ids_are_those_of_transformers(tokens: list[Tokens], lm_folder: Path, texts: list[str]) -> None:
    tokenizer = AutoTokenizer.from_pretrained(lm_folder)
    for text, ours in zip(texts, tokens, strict=True):
        assert list(ours.ids) == tokenizer(text, add_special_tokens=False).input_ids


def test_pieces_join_to_the_text(tokens: list[Tokens], texts: list[str]) -> None:
    for text, ours in zip(texts, tokens, strict=True):
        assert b"".join(ours.pieces).decode() == text


def test_a_control_token_in_the_text_stays_text(lm: LlamaCpp) -> None:
    assert not {0, 1} & set(lm.encode("a <s> b</s>").ids)
    assert lm.encode("a <s> b</s>").text == "a <s> b</s>"
    assert {0, 1} <= set(lm.encode("a <s> b</s>", allow_special=True).ids)


def test_the_vocabulary_is_bytes_with_no_control_tokens(lm: LlamaCpp) -> None:
    vocabulary = lm.vocabulary()
    assert len(vocabulary) == 600
    assert vocabulary[:2] == [None, None]
    assert {bytes([byte]) for byte in range(256)} <= set(vocabulary[2:])


def test_only_the_end_token_ends_the_text(lm: LlamaCpp) -> None:
    assert [token for token in range(600) if lm.is_end(token)] == [1]


def test_scores_are_those_of_plain_torch(lm: LlamaCpp, tokens: list[Tokens], plain: Plain) -> None:
    for text, stats in zip(tokens, lm.score([ScoreRequest(text) for text in tokens]), strict=True):
        expected = plain(BOS + text.ids[:-1])[np.arange(len(text)), list(text.ids)]
        np.testing.assert_allclose(stats.logprobs, expected, atol=1e-3)


def test_ranks_entropies_and_top_tokens_are_those_of_plain_torch(
    lm: LlamaCpp, tokens: list[Tokens], plain: Plain
) -> None:
    asked = tokens[:40]
    for text, stats in zip(asked, lm.score([ScoreRequest(t, detail=True, top=5) for t in asked]), strict=True):
        expected = plain(BOS + text.ids[:-1])  # [T, V]
        own = expected[np.arange(len(text)), list(text.ids)][:, None]
        surely_above, perhaps_above = (expected > own + 1e-3).sum(axis=1), (expected > own - 1e-3).sum(axis=1)
        assert ((surely_above < stats.ranks) & (stats.ranks <= perhaps_above)).all()
        np.testing.assert_allclose(stats.entropies, -(np.exp(expected) * expected).sum(axis=1), atol=1e-3)
        np.testing.assert_allclose(stats.top_logprobs, -np.sort(-expected, axis=1)[:, :5], atol=1e-3)
        named = np.take_along_axis(expected, stats.top_ids, axis=1)
        np.testing.assert_allclose(stats.top_logprobs, named, atol=1e-3)


def test_batch_and_order_change_nothing(lm: LlamaCpp, tokens: list[Tokens]) -> None:
    together = lm.score([ScoreRequest(text) for text in tokens])
    shuffled = np.random.default_rng(0).permutation(len(tokens))
    for i, stats in zip(shuffled, lm.score([ScoreRequest(tokens[i]) for i in shuffled]), strict=True):
        np.testing.assert_allclose(stats.logprobs, together[i].logprobs, atol=1e-5)
    for text, stats in zip(tokens, together, strict=True):
        np.testing.assert_allclose(lm.score([ScoreRequest(text)])[0].logprobs, stats.logprobs, atol=1e-5)


def test_scoring_from_a_start_gives_the_tail_of_the_whole(lm: LlamaCpp, tokens: list[Tokens]) -> None:
    starts = [i % (len(text) + 1) for i, text in enumerate(tokens)]
    tails = lm.score([ScoreRequest(text, start=start) for text, start in zip(tokens, starts, strict=True)])
    whole = lm.score([ScoreRequest(text) for text in tokens])
    for start, tail, all_of_it in zip(starts, tails, whole, strict=True):
        np.testing.assert_allclose(tail.logprobs, all_of_it.logprobs[start:], atol=1e-5)


def test_nothing_to_score_is_no_number(lm: LlamaCpp) -> None:
    assert lm.score([]) == []
    assert len(lm.score([ScoreRequest(Tokens((), ()))])[0].logprobs) == 0


def test_without_bos_the_first_token_is_unknown(
    lm_without_bos: LlamaCpp, lm_folder_without_bos: Path, texts: list[str]
) -> None:
    plain = tiny.plain_torch(lm_folder_without_bos)
    tokens = [lm_without_bos.encode(text) for text in [*texts[:20], "a", ""]]
    for text, stats in zip(tokens, lm_without_bos.score([ScoreRequest(t, detail=True) for t in tokens]), strict=True):
        assert len(stats.logprobs) == len(text)
        assert np.isnan(stats.logprobs[:1]).all()
        assert np.isnan(stats.entropies[:1]).all()
        if len(text) > 1:
            expected = plain(text.ids[:-1])[np.arange(len(text) - 1), list(text.ids[1:])]
            np.testing.assert_allclose(stats.logprobs[1:], expected, atol=1e-3)


@pytest.mark.parametrize("text", ["a", ""])
def test_without_bos_a_text_of_one_token_alone_is_unknown(lm_without_bos: LlamaCpp, text: str) -> None:
    tokens = lm_without_bos.encode(text)
    stats = lm_without_bos.score([ScoreRequest(tokens)])[0]
    assert len(stats.logprobs) == len(tokens)
    assert np.isnan(stats.logprobs).all()


def test_a_text_longer_than_the_context_is_refused(lm: LlamaCpp) -> None:
    text = lm.encode("a b " * 200)
    for refused in (
        lambda: lm.score([ScoreRequest(text)]),
        lambda: lm.next([text]),
        lambda: lm.decoder(text, 1, 1),
        lambda: lm.decoder(lm.encode("a"), 1, 255),
    ):
        with pytest.raises(MisuseError, match=r"the text needs .* tokens; tiny reads at most 256"):
            refused()


def test_a_text_of_exactly_the_context_is_read(lm: LlamaCpp, plain: Plain) -> None:
    ids = tuple(np.random.default_rng(0).integers(2, 600, 255).tolist())
    stats = lm.score([ScoreRequest(Tokens(ids, tuple(map(lm.piece, ids))))])[0]
    np.testing.assert_allclose(stats.logprobs, plain(BOS + ids[:-1])[np.arange(255), list(ids)], atol=1e-3)


def test_next_is_a_distribution_and_that_of_plain_torch(lm: LlamaCpp, tokens: list[Tokens], plain: Plain) -> None:
    contexts = [*tokens[:30], Tokens((), ())]
    nexts = lm.next(contexts)
    np.testing.assert_allclose(np.exp(nexts.astype(np.float64)).sum(axis=1), 1, atol=1e-5)
    for context, row in zip(contexts, nexts, strict=True):
        np.testing.assert_allclose(row, plain(BOS + context.ids)[-1], atol=1e-3)


def test_nothing_before_the_next_word_is_refused_without_bos(lm_without_bos: LlamaCpp) -> None:
    empty, word = Tokens((), ()), lm_without_bos.encode("a")
    for refused in (lambda: lm_without_bos.next([word, empty]), lambda: lm_without_bos.decoder(empty, 1, 1)):
        with pytest.raises(MisuseError, match="nothing to continue"):
            refused()


STEPS = [((0, 1, 2, 3), (10, 20, 30, 40)), ((0, 2, 3), (50, 60, 70)), ((2, 3), (80, 90)), ((3,), (99,)), ((3,), (9,))]


@pytest.mark.parametrize("first_step", [0, 1])
def test_decoder_steps_are_those_of_a_full_forward_pass(lm: LlamaCpp, plain: Plain, first_step: int) -> None:
    context = lm.encode("The cat sat")
    decoder = lm.decoder(context, 4, 8)
    np.testing.assert_allclose(log_softmax(decoder.first), plain(BOS + context.ids)[-1], atol=1e-3)
    continued: dict[int, tuple[int, ...]] = dict.fromkeys(range(4), ())
    for rows, ids in STEPS[first_step:]:
        logits = decoder.step(rows, ids)
        assert logits.shape == (len(rows), 600)
        for row, token, row_logits in zip(rows, ids, logits, strict=True):
            continued[row] += (token,)
            expected = plain(BOS + context.ids + continued[row])[-1]
            np.testing.assert_allclose(log_softmax(row_logits), expected, atol=1e-3)


def test_more_rows_than_one_decode_takes_are_still_each_their_own(lm: LlamaCpp, plain: Plain) -> None:
    context = lm.encode("The cat sat")
    logits = lm.decoder(context, 100, 2).step(range(100), range(100, 200))
    for row in (0, 63, 64, 99):
        expected = plain((*BOS, *context.ids, 100 + row))[-1]
        np.testing.assert_allclose(log_softmax(logits[row]), expected, atol=1e-3)


def test_a_decoder_whose_memory_was_reused_says_so(lm: LlamaCpp) -> None:
    decoder = lm.decoder(lm.encode("The cat"), 2, 4)
    lm.next([lm.encode("Where")])
    with pytest.raises(LabError, match="between two steps"):
        decoder.step([0, 1], [10, 20])


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\x00" * 64)
    with pytest.raises(DamagedError, match=r"cannot read .*broken\.gguf"):
        LlamaCpp(path, "broken")


def test_hidden_states_are_refused(lm: LlamaCpp) -> None:
    with pytest.raises(UnsupportedError, match=r"llama\.cpp cannot show hidden states") as refused:
        lm.hidden(lm.encode("The cat"), 1)
    assert refused.value.hint == "use --engine torch"
