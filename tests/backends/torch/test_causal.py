"""The torch engine on tiny random models, against a forward pass of plain torch, one text at a time."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer, decoders, models, normalizers
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    GraniteConfig,
    PretrainedConfig,
    PreTrainedTokenizerFast,
)

from llmlab.backends import huggingface, huggingface_scores
from llmlab.backends.base import ScoreRequest, Tokens
from llmlab.backends.huggingface import HuggingFaceLM
from llmlab.backends.huggingface_encoder import SentenceTransformerEncoder
from llmlab.backends.huggingface_tokens import TokenPieces
from llmlab.backends.sampling import log_softmax
from llmlab.errors import DamagedError, MisuseError

Plain = Callable[[tuple[int, ...]], NDArray[np.float64]]
BOS = (0,)
SMALL = {
    "vocab_size": 600,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.2,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 1,
}


@pytest.fixture(scope="module")
def lm(lm_folder: Path) -> HuggingFaceLM:
    return HuggingFaceLM(lm_folder, "tiny", "r1")


@pytest.fixture(scope="module")
def lm_without_bos(lm_folder_without_bos: Path) -> HuggingFaceLM:
    return HuggingFaceLM(lm_folder_without_bos, "tiny")


@pytest.fixture(scope="module")
def plain(lm_folder: Path) -> Plain:
    return tiny.plain_torch(lm_folder)


@pytest.fixture(scope="module")
def tokens(lm: HuggingFaceLM, texts: list[str]) -> list[Tokens]:
    return [lm.encode(text) for text in texts]


def test_info_says_where_a_number_comes_from(lm: HuggingFaceLM, lm_without_bos: HuggingFaceLM) -> None:
    info = lm.info
    assert (info.name, info.revision, info.engine, info.dtype) == ("tiny", "r1", "torch", "float32")
    assert (info.vocabulary, info.context, info.dimension, info.layers) == (600, 256, 64, 2)
    assert (info.bos, lm_without_bos.info.bos) == ("<s>", None)


def test_pieces_join_to_the_text(lm: HuggingFaceLM, texts: list[str]) -> None:
    for text in texts:
        assert b"".join(lm.encode(text).pieces).decode() == text


def test_a_control_token_in_the_text_stays_text(lm: HuggingFaceLM) -> None:
    assert not {0, 1} & set(lm.encode("a <s> b</s>").ids)
    assert lm.encode("a <s> b</s>").text == "a <s> b</s>"
    assert {0, 1} <= set(lm.encode("a <s> b</s>", allow_special=True).ids)


def test_the_vocabulary_is_bytes_with_no_control_tokens(lm: HuggingFaceLM) -> None:
    vocabulary = lm.vocabulary()
    assert len(vocabulary) == 600
    assert vocabulary[:2] == [None, None]
    assert {bytes([byte]) for byte in range(256)} <= set(vocabulary[2:])
    assert vocabulary[5] == lm.piece(5)


def test_only_the_end_token_ends_the_text(lm: HuggingFaceLM) -> None:
    assert [token for token in range(600) if lm.is_end(token)] == [1]


def test_scores_are_those_of_plain_torch(lm: HuggingFaceLM, tokens: list[Tokens], plain: Plain) -> None:
    for text, stats in zip(tokens, lm.score([ScoreRequest(text) for text in tokens]), strict=True):
        expected = plain(BOS + text.ids[:-1])[np.arange(len(text)), list(text.ids)]
        np.testing.assert_allclose(stats.logprobs, expected, atol=1e-4)


def test_ranks_entropies_and_top_tokens_are_those_of_plain_torch(
    lm: HuggingFaceLM, tokens: list[Tokens], plain: Plain
) -> None:
    asked = tokens[:40]
    for text, stats in zip(asked, lm.score([ScoreRequest(t, detail=True, top=5) for t in asked]), strict=True):
        expected = plain(BOS + text.ids[:-1])  # [T, V]
        own = expected[np.arange(len(text)), list(text.ids)]
        assert stats.ranks.tolist() == (1 + (expected > own[:, None]).sum(axis=1)).tolist()
        np.testing.assert_allclose(stats.entropies, -(np.exp(expected) * expected).sum(axis=1), atol=1e-4)
        order = np.argsort(-expected, axis=1)[:, :5]
        assert np.array_equal(stats.top_ids, order)
        np.testing.assert_allclose(stats.top_logprobs, np.take_along_axis(expected, order, axis=1), atol=1e-4)


def test_batch_order_and_padding_change_nothing(lm: HuggingFaceLM, tokens: list[Tokens]) -> None:
    together = lm.score([ScoreRequest(text) for text in tokens])
    shuffled = np.random.default_rng(0).permutation(len(tokens))
    again = lm.score([ScoreRequest(tokens[i]) for i in shuffled])
    for i, stats in zip(shuffled, again, strict=True):
        np.testing.assert_allclose(stats.logprobs, together[i].logprobs, atol=1e-5)
    for text, stats in zip(tokens, together, strict=True):
        np.testing.assert_allclose(lm.score([ScoreRequest(text)])[0].logprobs, stats.logprobs, atol=1e-5)


def test_scoring_from_a_start_gives_the_tail_of_the_whole(lm: HuggingFaceLM, tokens: list[Tokens]) -> None:
    starts = [i % (len(text) + 1) for i, text in enumerate(tokens)]
    tails = lm.score([ScoreRequest(text, start=start) for text, start in zip(tokens, starts, strict=True)])
    whole = lm.score([ScoreRequest(text) for text in tokens])
    for start, tail, all_of_it in zip(starts, tails, whole, strict=True):
        np.testing.assert_allclose(tail.logprobs, all_of_it.logprobs[start:], atol=1e-5)


@pytest.mark.parametrize("positions", [1, 7, 100])
def test_a_small_budget_of_logits_changes_nothing(
    lm: HuggingFaceLM,
    lm_folder: Path,
    tokens: list[Tokens],
    positions: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(huggingface, "LOGIT_BYTES", positions * 600 * 4)
    thrifty = HuggingFaceLM(lm_folder, "tiny")
    asked = [ScoreRequest(text, start=2, detail=True, top=2) for text in tokens[:20]]
    for one, other in zip(thrifty.score(asked), lm.score(asked), strict=True):
        np.testing.assert_allclose(one.logprobs, other.logprobs, atol=1e-5)
        np.testing.assert_allclose(one.entropies, other.entropies, atol=1e-5)
        assert np.array_equal(one.ranks, other.ranks)
        assert np.array_equal(one.top_ids, other.top_ids)


@pytest.mark.parametrize("pass_tokens", [1, 5, 64])
def test_short_passes_change_nothing(
    lm: HuggingFaceLM, lm_folder: Path, tokens: list[Tokens], pass_tokens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [ScoreRequest(text, start=i % 3, detail=i % 2 == 0) for i, text in enumerate(tokens[:20])]
    expected, nexts = lm.score(asked), lm.next(tokens[:20])
    monkeypatch.setattr(huggingface, "PASS_TOKENS", pass_tokens)  # longer texts come in several passes
    thrifty = HuggingFaceLM(lm_folder, "tiny")
    for one, other in zip(thrifty.score(asked), expected, strict=True):
        np.testing.assert_allclose(one.logprobs, other.logprobs, atol=1e-5)
        np.testing.assert_allclose(one.entropies, other.entropies, atol=1e-5)
        assert np.array_equal(one.ranks, other.ranks)
    np.testing.assert_allclose(thrifty.next(tokens[:20]), nexts, atol=3e-5)  # all 600, some of them at -30


@pytest.mark.parametrize("block", [1, 7, 599, 600, 10_000])
def test_blocks_of_the_vocabulary_change_nothing(
    lm: HuggingFaceLM, tokens: list[Tokens], block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [ScoreRequest(text, detail=detail, top=3 * detail) for text in tokens[:3] for detail in (False, True)]
    expected = lm.score(asked)
    monkeypatch.setattr(huggingface_scores, "BLOCK", block)
    for one, other in zip(lm.score(asked), expected, strict=True):
        np.testing.assert_allclose(one.logprobs, other.logprobs, atol=1e-5)
        assert np.array_equal(one.top_ids, other.top_ids)


@pytest.mark.parametrize(
    ("config", "split"),
    [
        (Gemma2Config(final_logit_softcapping=1.0, head_dim=16, **SMALL), True),
        (Gemma3TextConfig(sliding_window=6, head_dim=16, **SMALL), True),
        (GPTNeoXConfig(**SMALL), True),
        (GPT2Config(n_layer=2, n_head=4, n_embd=64, vocab_size=600, n_positions=256), True),
        (CohereConfig(logit_scale=0.0625, **SMALL), False),
        (GraniteConfig(logits_scaling=8.0, **SMALL), False),
    ],
    ids=lambda value: value.model_type if isinstance(value, PretrainedConfig) else "",
)
def test_every_kind_of_output_layer_scores_as_in_plain_torch(
    config: PretrainedConfig, split: bool, lm_folder: Path, tokens: list[Tokens], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path)
    for file in lm_folder.glob("tokenizer*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    model, plain = HuggingFaceLM(tmp_path, "tiny"), tiny.plain_torch(tmp_path)
    assert isinstance(model._reader, huggingface_scores.Split) == split
    asked = tokens[:30]
    quick = model.score([ScoreRequest(text) for text in asked])
    thorough = model.score([ScoreRequest(text, detail=True, top=2) for text in asked])
    for text, one, other in zip(asked, quick, thorough, strict=True):
        expected = plain(BOS + text.ids[:-1])
        own = expected[np.arange(len(text)), list(text.ids)]
        np.testing.assert_allclose(one.logprobs, own, atol=1e-4)
        np.testing.assert_allclose(other.logprobs, own, atol=1e-4)
        np.testing.assert_allclose(other.entropies, -(np.exp(expected) * expected).sum(axis=1), atol=1e-4)
        np.testing.assert_allclose(other.top_logprobs, -np.sort(-expected, axis=1)[:, :2], atol=1e-4)
    for text, row in zip(asked, model.next(asked), strict=True):
        np.testing.assert_allclose(row, plain(BOS + text.ids)[-1], atol=1e-4)


def test_of_equally_likely_tokens_the_first_come_first() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0, 3.0, 3.0, -torch.inf]])
    whole = huggingface_scores.Whole(None)
    stats = huggingface_scores.details(whole, logits, np.array([0, 0]), np.array([4, 2]), 4, most=1)
    assert stats.top_ids.tolist() == [[1, 3, 4, 2]] * 2
    assert stats.ranks.tolist() == [1, 4]
    p = np.exp([0.0, 3, 1, 3, 3]) / np.exp([0.0, 3, 1, 3, 3]).sum()
    np.testing.assert_allclose(stats.entropies, -(p * np.log(p)).sum(), atol=1e-6)


def test_what_was_not_asked_for_stays_empty_beside_a_text_that_asks(lm: HuggingFaceLM, tokens: list[Tokens]) -> None:
    plain_one, thorough = lm.score([ScoreRequest(tokens[0]), ScoreRequest(tokens[0], detail=True, top=2)])
    np.testing.assert_allclose(plain_one.logprobs, thorough.logprobs, atol=1e-6)
    assert not plain_one.ranks.any()
    assert np.isnan(plain_one.entropies).all()
    assert plain_one.top_ids.shape == (len(tokens[0]), 0)
    assert (thorough.ranks > 0).all()


def test_progress_ends_at_the_number_of_texts(lm: HuggingFaceLM, tokens: list[Tokens]) -> None:
    seen: list[tuple[int, int]] = []
    lm.score([ScoreRequest(text) for text in tokens], lambda done, total: seen.append((done, total)))
    assert seen[-1] == (200, 200)
    assert seen == sorted(seen)


def test_nothing_to_score_is_no_number(lm: HuggingFaceLM) -> None:
    assert lm.score([]) == []
    assert len(lm.score([ScoreRequest(Tokens((), ()))])[0].logprobs) == 0


def test_without_bos_the_first_token_is_unknown(
    lm_without_bos: HuggingFaceLM, lm_folder_without_bos: Path, texts: list[str]
) -> None:
    plain = tiny.plain_torch(lm_folder_without_bos)
    tokens = [lm_without_bos.encode(text) for text in [*texts[:20], "a", ""]]
    for text, stats in zip(tokens, lm_without_bos.score([ScoreRequest(t, detail=True) for t in tokens]), strict=True):
        assert len(stats.logprobs) == len(text)
        assert np.isnan(stats.logprobs[:1]).all()
        assert np.isnan(stats.entropies[:1]).all()
        if len(text) > 1:
            expected = plain(text.ids[:-1])[np.arange(len(text) - 1), list(text.ids[1:])]
            np.testing.assert_allclose(stats.logprobs[1:], expected, atol=1e-4)


def test_a_text_longer_than_the_context_is_refused(lm: HuggingFaceLM) -> None:
    text = lm.encode("a b " * 200)
    for refused in (
        lambda: lm.score([ScoreRequest(text)]),
        lambda: lm.next([text]),
        lambda: lm.decoder(text, 1, 1),
        lambda: lm.decoder(lm.encode("a"), 1, 255),
    ):
        with pytest.raises(MisuseError, match=r"the text needs .* tokens; tiny reads at most 256"):
            refused()


def test_a_text_of_exactly_the_context_is_read(lm: HuggingFaceLM, plain: Plain) -> None:
    ids = tuple(np.random.default_rng(0).integers(2, 600, 255).tolist())
    stats = lm.score([ScoreRequest(Tokens(ids, tuple(map(lm.piece, ids))))])[0]
    np.testing.assert_allclose(stats.logprobs, plain(BOS + ids[:-1])[np.arange(255), list(ids)], atol=1e-4)


def test_next_is_a_distribution_and_that_of_plain_torch(lm: HuggingFaceLM, tokens: list[Tokens], plain: Plain) -> None:
    contexts = [*tokens[:30], Tokens((), ())]
    nexts = lm.next(contexts)
    np.testing.assert_allclose(np.exp(nexts.astype(np.float64)).sum(axis=1), 1, atol=1e-5)
    for context, row in zip(contexts, nexts, strict=True):
        np.testing.assert_allclose(row, plain(BOS + context.ids)[-1], atol=1e-4)


def test_nothing_before_the_next_word_is_refused_without_bos(lm_without_bos: HuggingFaceLM) -> None:
    empty = Tokens((), ())
    for refused in (lambda: lm_without_bos.next([empty]), lambda: lm_without_bos.decoder(empty, 1, 1)):
        with pytest.raises(MisuseError, match="nothing to continue"):
            refused()


STEPS = [((0, 1, 2, 3), (10, 20, 30, 40)), ((0, 2, 3), (50, 60, 70)), ((2, 3), (80, 90)), ((3,), (99,)), ((3,), (9,))]


@pytest.mark.parametrize("first_step", [0, 1])
def test_decoder_steps_are_those_of_a_full_forward_pass(lm: HuggingFaceLM, plain: Plain, first_step: int) -> None:
    context = lm.encode("The cat sat")
    decoder = lm.decoder(context, 4, 8)
    np.testing.assert_allclose(log_softmax(decoder.first), plain(BOS + context.ids)[-1], atol=1e-4)
    continued: dict[int, tuple[int, ...]] = dict.fromkeys(range(4), ())
    for rows, ids in STEPS[first_step:]:
        logits = decoder.step(rows, ids)
        assert logits.shape == (len(rows), 600)
        for row, token, row_logits in zip(rows, ids, logits, strict=True):
            continued[row] += (token,)
            expected = plain(BOS + context.ids + continued[row])[-1]
            np.testing.assert_allclose(log_softmax(row_logits), expected, atol=1e-4)


def test_two_decoders_do_not_disturb_each_other(lm: HuggingFaceLM, plain: Plain) -> None:
    one, other = lm.encode("The cat"), lm.encode("Where did you put")
    first, second = lm.decoder(one, 2, 4), lm.decoder(other, 1, 4)
    second.step([0], [30])
    np.testing.assert_allclose(
        log_softmax(first.step([0, 1], [10, 20])[1]), plain(BOS + one.ids + (20,))[-1], atol=1e-4
    )


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_still_sums_to_one_in_float32(lm_folder: Path, lm: HuggingFaceLM, dtype: str) -> None:
    half = HuggingFaceLM(lm_folder, "tiny", dtype=dtype)
    context = lm.encode("The cat sat")
    assert half.info.dtype == dtype
    row = half.next([context])[0]
    assert row.dtype == np.float32
    assert np.exp(row.astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)
    assert np.abs(row - lm.next([context])[0]).max() < 0.5


def test_the_embedding_table_is_the_models_own(lm: HuggingFaceLM, lm_folder: Path) -> None:
    from safetensors.numpy import load_file

    expected = load_file(lm_folder / "model.safetensors")["model.embed_tokens.weight"]
    assert np.array_equal(lm.embedding_table(), expected)


def test_an_unknown_dtype_is_refused(lm_folder: Path) -> None:
    with pytest.raises(MisuseError, match="no dtype int3"):
        HuggingFaceLM(lm_folder, "tiny", dtype="int3")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedError):
        HuggingFaceLM(tmp_path, "tiny")


def test_a_model_that_lacks_weights_is_refused_instead_of_filled_with_noise(lm_folder: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    for file in lm_folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = load_file(tmp_path / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DamagedError, match=r"lacks the weights model\.layers\.1\.mlp\.up_proj\.weight"):
        HuggingFaceLM(tmp_path, "tiny")


@pytest.mark.parametrize("dummy_space", [False, True])
def test_sentencepiece_tokens_join_to_the_text(tmp_path: Path, dummy_space: bool) -> None:
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


@pytest.fixture(scope="module")
def encoder(encoder_folder: Path) -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(encoder_folder, "tiny-bert")


def test_sentence_vectors_are_those_of_sentence_transformers(
    encoder: SentenceTransformerEncoder, encoder_folder: Path, texts: list[str]
) -> None:
    model = SentenceTransformer(str(encoder_folder), device="cpu")
    expected = np.stack([model.encode(text) for text in texts])
    seen: list[tuple[int, int]] = []
    vectors = encoder.encode(texts, lambda done, total: seen.append((done, total)))
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert vectors.dtype == np.float32
    assert seen[-1] == (200, 200)


def test_no_texts_are_no_vectors(encoder: SentenceTransformerEncoder) -> None:
    assert encoder.encode([]).shape == (0, 32)


def test_token_vectors_average_to_the_sentence_vector(encoder: SentenceTransformerEncoder) -> None:
    words, vectors = encoder.token_vectors("He likes movies.")
    assert (words[0], words[-1]) == ("[CLS]", "[SEP]")
    assert vectors.shape == (len(words), 32)
    mean = vectors.mean(axis=0)
    np.testing.assert_allclose(mean / np.linalg.norm(mean), encoder.encode(["He likes movies."])[0], atol=1e-5)


@pytest.mark.parametrize("count", [255, 256])
def test_both_engines_read_a_context_to_its_last_token(lm_folder, gguf_file, count):
    llamacpp = pytest.importorskip("llmlab.backends.llamacpp")
    for model in (HuggingFaceLM(lm_folder, "tiny"), llamacpp.LlamaCpp(gguf_file, "tiny")):
        tokens = Tokens(tuple([20] * count), tuple([b"x"] * count))
        if count == 255:  # with BOS, the 256 tokens that the model reads
            assert np.isclose(np.exp(model.next([tokens])).sum(), 1, atol=1e-3)
            assert len(model.score([ScoreRequest(tokens)])[0].logprobs) == count
        else:
            with pytest.raises(MisuseError, match="reads at most 256"):
                model.next([tokens])
            with pytest.raises(MisuseError, match="reads at most 256"):
                model.score([ScoreRequest(tokens)])


def test_texts_that_begin_alike_score_as_they_do_alone(lm_folder, gguf_file):
    llamacpp = pytest.importorskip("llmlab.backends.llamacpp")
    sentences = [
        "The cat sat on the mat.",
        "The cat sat on the sofa.",
        "The cat sat",
        "A dog",
        "The cat sat on the mat.",
    ]
    for model in (HuggingFaceLM(lm_folder, "tiny"), llamacpp.LlamaCpp(gguf_file, "tiny")):
        requests = [ScoreRequest(model.encode(s), start=i % 2, detail=True, top=2) for i, s in enumerate(sentences)]
        for together, request in zip(model.score(requests), requests, strict=True):
            alone = model.score([request])[0]
            assert np.allclose(together.logprobs, alone.logprobs, atol=1e-5)
            assert np.allclose(together.entropies, alone.entropies, atol=1e-4)
            assert np.array_equal(together.ranks, alone.ranks)
            assert np.array_equal(together.top_ids, alone.top_ids)


def test_a_model_that_ignores_the_mask_is_never_given_a_forest(lm_folder, monkeypatch):
    model = HuggingFaceLM(lm_folder, "tiny")
    forward = model._model.model.forward

    def unmasked(*args, attention_mask=None, position_ids=None, **inputs):
        return forward(*args, position_ids=position_ids, **inputs)

    monkeypatch.setattr(model._model.model, "forward", unmasked)
    assert model._forest_depth == 0


@pytest.mark.parametrize("bos", [True, False])
@pytest.mark.parametrize("layer", [1, 2])
def test_hidden_states_are_those_of_plain_torch_without_bos(
    lm: HuggingFaceLM,
    lm_without_bos: HuggingFaceLM,
    lm_folder: Path,
    lm_folder_without_bos: Path,
    texts: list[str],
    layer: int,
    bos: bool,
) -> None:
    engine, folder = (lm, lm_folder) if bos else (lm_without_bos, lm_folder_without_bos)
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    for text in texts[:20]:
        asked = engine.encode(text)
        ids = (*BOS, *asked.ids) if bos else asked.ids
        with torch.no_grad():
            states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
        found = engine.hidden(asked, layer)
        assert (found.shape, found.dtype) == ((len(asked), 64), np.float32)
        np.testing.assert_allclose(found, states[layer][0, int(bos) :].numpy(), atol=1e-4)


def test_the_last_hidden_states_times_the_head_are_the_logits(lm: HuggingFaceLM, lm_folder: Path, plain: Plain) -> None:
    asked = lm.encode("The cat sat on the mat.")
    head = AutoModelForCausalLM.from_pretrained(lm_folder).get_output_embeddings().weight.detach().numpy()
    logits = lm.hidden(asked, 2).astype(np.float64) @ head.astype(np.float64).T
    expected = plain(BOS + asked.ids)[1:]
    np.testing.assert_allclose(torch.log_softmax(torch.tensor(logits), -1).numpy(), expected, atol=1e-4)


def test_hidden_states_of_a_text_longer_than_the_context_are_refused(lm: HuggingFaceLM) -> None:
    with pytest.raises(MisuseError, match="reads at most 256"):
        lm.hidden(lm.encode("a b " * 200), 1)
