"""What every causal engine promises (llmlab/backends/base.py), against plain torch on one text at a time."""

import shutil

import numpy as np
import pytest
import tiny
import torch
from backends.engines import CONTEXT, VOCABULARY, only, opened
from transformers import AutoModelForCausalLM, AutoTokenizer

from llmlab.backends.base import Message, ScoreRequest, Tokens
from llmlab.backends.sampling import log_softmax
from llmlab.errors import DamagedError, MisuseError, UnsupportedError

EMPTY = Tokens((), ())


def own(rows, ids):
    """The entries of the text's own tokens, [T]."""
    return rows[np.arange(len(ids)), list(ids)]


def read_as(engine, ids):
    return Tokens(tuple(ids), tuple(map(engine.piece, ids)))


def test_info_says_where_a_number_comes_from(engine, kind):
    info = engine.info
    assert (info.name, info.revision, info.engine, info.dtype) == ("tiny", "r1", kind.engine, kind.dtype)
    if not kind.counts:
        assert (info.vocabulary, info.context, info.dimension, info.layers) == (VOCABULARY, CONTEXT, 64, 2)
    assert info.bos == ("<s>" if kind.bos else None)


@only(lambda kind: not kind.counts)
def test_token_ids_and_spans_are_those_of_transformers(tokens, folder, texts):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text, ours in zip(texts, tokens, strict=True):
        theirs = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        assert list(ours.ids) == theirs["input_ids"]
        assert list(ours.spans) == theirs["offset_mapping"]


def test_pieces_join_to_the_text(tokens, texts):
    for text, ours in zip(texts, tokens, strict=True):
        assert b"".join(ours.pieces).decode() == text


def test_a_control_token_in_the_text_stays_text(engine):
    assert not {0, 1} & set(engine.encode("a <s> b</s>").ids)
    assert engine.encode("a <s> b</s>").text == "a <s> b</s>"
    assert {0, 1} <= set(engine.encode("a <s> b</s>", allow_special=True).ids)


def test_the_vocabulary_is_the_bytes_of_every_token_with_no_control_tokens(engine):
    vocabulary = engine.vocabulary()
    assert len(vocabulary) == engine.info.vocabulary
    assert vocabulary[:2] == [None, None]
    assert {bytes([byte]) for byte in range(256)} <= set(vocabulary[2:])
    assert vocabulary[2:] == [engine.piece(token) for token in range(2, engine.info.vocabulary)]


def test_only_the_end_token_ends_the_text(engine):
    assert [token for token in range(engine.info.vocabulary) if engine.is_end(token)] == [1]


def test_a_base_model_has_no_chat_template(engine):
    assert engine.chat([Message("user", "Hi")]) is None


@pytest.fixture
def templated(kind, lm_folder, tmp_path):
    """The engine on the tiny model with a chat template."""

    def with_template(template):
        folder = shutil.copytree(lm_folder, tmp_path / "chat")
        (folder / "chat_template.jinja").write_text(template)
        return opened(kind, folder, tiny.gguf_of(folder, tmp_path / "chat.gguf", chat_template=template))

    return with_template


@only(lambda kind: kind.bos and not kind.counts)
def test_a_chat_template_is_rendered_without_bos(templated):
    template = "{{ bos_token }}[{{ messages[0]['content'] }}]{{ eos_token }}{% if add_generation_prompt %}>{% endif %}"
    assert templated(template).chat([Message("user", "Hi")]) == "[Hi]</s>>"


@only(lambda kind: kind.bos and not kind.counts)
@pytest.mark.parametrize(
    ("template", "error"),
    [("{{ raise_exception('no') }}", MisuseError), ("{{ ''.__class__.__mro__[1].__subclasses__() }}", DamagedError)],
)
def test_a_chat_template_that_refuses_or_leaves_its_sandbox_is_an_error(templated, template, error):
    with pytest.raises(error, match="the chat template of tiny"):
        templated(template).chat([Message("user", "Hi")])


def test_scores_are_those_of_plain_torch(engine, kind, tokens, followed):
    for text, stats in zip(tokens, engine.score([ScoreRequest(text) for text in tokens]), strict=True):
        np.testing.assert_allclose(stats.logprobs, own(followed(text.ids), text.ids), atol=kind.near)


def test_ranks_and_entropies_are_those_of_plain_torch(engine, kind, tokens, followed):
    asked = tokens[:40]
    for text, stats in zip(asked, engine.score([ScoreRequest(t, detail=True) for t in asked]), strict=True):
        expected = followed(text.ids)  # [T, V]
        of_each = np.exp(expected) * np.where(expected == -np.inf, 0, expected)
        np.testing.assert_allclose(stats.entropies, -of_each.sum(axis=1), atol=kind.near)
        mine, tied = own(expected, text.ids)[:, None], kind.near * kind.ties
        lowest, highest = 1 + (expected > mine + tied).sum(axis=1), (expected >= mine - tied).sum(axis=1)
        known = ~np.isnan(mine[:, 0])
        assert ((lowest <= stats.ranks) & (stats.ranks <= highest))[known].all()
        assert not stats.ranks[~known].any()


def test_what_was_not_asked_for_stays_empty_beside_a_text_that_asks(engine, kind, tokens):
    quick, thorough = engine.score([ScoreRequest(tokens[0]), ScoreRequest(tokens[0], detail=True)])
    np.testing.assert_allclose(quick.logprobs, thorough.logprobs, atol=1e-6)
    assert not quick.ranks.any()
    assert np.isnan(quick.entropies).all()
    assert (thorough.ranks[1 - len(kind.bos) :] > 0).all()


def test_batch_order_and_padding_change_nothing(engine, kind, tokens):
    together = engine.score([ScoreRequest(text) for text in tokens])
    shuffled = np.random.default_rng(0).permutation(len(tokens))
    for i, stats in zip(shuffled, engine.score([ScoreRequest(tokens[i]) for i in shuffled]), strict=True):
        np.testing.assert_allclose(stats.logprobs, together[i].logprobs, atol=kind.same)
    for text, stats in zip(tokens, together, strict=True):
        np.testing.assert_allclose(engine.score([ScoreRequest(text)])[0].logprobs, stats.logprobs, atol=kind.same)


@only(lambda kind: kind.dtype != "bfloat16")  # its roundings change ranks
def test_texts_that_begin_alike_score_as_they_do_alone(engine, kind):
    mat = "The cat sat on the mat."
    sentences = [mat, "The cat sat on the sofa.", "The cat sat", "A dog", mat]
    requests = [ScoreRequest(engine.encode(s), start=i % 2, detail=True) for i, s in enumerate(sentences)]
    for together, request in zip(engine.score(requests), requests, strict=True):
        alone = engine.score([request])[0]
        np.testing.assert_allclose(together.logprobs, alone.logprobs, atol=kind.same)
        np.testing.assert_allclose(together.entropies, alone.entropies, atol=1e-4)
        assert np.array_equal(together.ranks, alone.ranks)


def test_scoring_from_a_start_gives_the_tail_of_the_whole(engine, kind, tokens):
    starts = [i % (len(text) + 1) for i, text in enumerate(tokens)]
    tails = engine.score([ScoreRequest(text, start=start) for text, start in zip(tokens, starts, strict=True)])
    whole = engine.score([ScoreRequest(text) for text in tokens])
    for start, tail, all_of_it in zip(starts, tails, whole, strict=True):
        np.testing.assert_allclose(tail.logprobs, all_of_it.logprobs[start:], atol=kind.same)


def test_progress_ends_at_the_number_of_tokens(engine, kind, tokens):
    seen = []
    engine.score([ScoreRequest(text) for text in tokens], lambda done, total: seen.append((done, total)))
    scored = sum(len(text) if kind.bos else max(len(text) - 1, 0) for text in tokens)
    assert seen[-1] == (scored, scored)
    assert seen == sorted(seen)


def test_nothing_to_score_is_no_number(engine):
    assert engine.score([]) == []
    assert engine.next([]).shape == (0, engine.info.vocabulary)
    assert len(engine.score([ScoreRequest(EMPTY)])[0].logprobs) == 0


@only(lambda kind: not kind.bos)
@pytest.mark.parametrize("detail", [False, True])
def test_without_bos_the_first_token_is_unknown(engine, kind, texts, followed, detail):
    tokens = [engine.encode(text) for text in [*texts[:20], "a", ""]]
    for text, stats in zip(tokens, engine.score([ScoreRequest(t, detail=detail) for t in tokens]), strict=True):
        assert np.isnan(stats.logprobs[:1]).all()
        assert np.isnan(stats.entropies[:1]).all()
        assert not stats.ranks[:1].any()
        np.testing.assert_allclose(stats.logprobs, own(followed(text.ids), text.ids), atol=kind.near)


@only(lambda kind: not kind.bos)
@pytest.mark.parametrize("text", ["a", ""])
def test_without_bos_a_text_of_one_token_alone_is_unknown(engine, text):
    tokens = engine.encode(text)
    stats = engine.score([ScoreRequest(tokens)])[0]
    assert len(stats.logprobs) == len(tokens)
    assert np.isnan(stats.logprobs).all()


@only(lambda kind: not kind.bos)
def test_nothing_before_the_next_word_is_refused_without_bos(engine):
    word = engine.encode("a")
    for refused in (
        lambda: engine.next([EMPTY]),
        lambda: engine.next([word, EMPTY]),
        lambda: engine.decoder(EMPTY, 1, 1),
    ):
        with pytest.raises(MisuseError, match="nothing to continue"):
            refused()


@only(lambda kind: not kind.counts)
def test_a_text_longer_than_the_context_is_refused(engine, kind):
    word, text = engine.encode("a"), engine.encode("a b " * 200)
    full = read_as(engine, [20] * (CONTEXT - len(kind.bos)))
    for refused in (
        lambda: engine.score([ScoreRequest(text)]),
        lambda: engine.score([ScoreRequest(word), ScoreRequest(full + word)]),
        lambda: engine.next([text]),
        lambda: engine.next([word, full + word]),
        lambda: engine.decoder(text, 1, 1),
        lambda: engine.decoder(full, 1, 1),
        lambda: engine.decoder(word, 1, CONTEXT - len(kind.bos)),
    ):
        with pytest.raises(MisuseError, match=r"the text needs .* tokens; tiny reads at most 256"):
            refused()


def test_a_context_is_read_to_its_last_token(engine, kind, plain, followed):
    ids = tuple(np.random.default_rng(0).integers(2, engine.info.vocabulary, CONTEXT - len(kind.bos)).tolist())
    full = read_as(engine, ids)
    np.testing.assert_allclose(engine.score([ScoreRequest(full)])[0].logprobs, own(followed(ids), ids), atol=kind.near)
    last = plain(kind.bos + ids)[-1]
    np.testing.assert_allclose(engine.next([full])[0], last, atol=kind.near)
    decoder = engine.decoder(full[:-2], 2, 2)
    decoder.step([0, 1], [ids[-2], ids[-2]])
    np.testing.assert_allclose(log_softmax(decoder.step([1], ids[-1:])[0]), last, atol=kind.near)


def test_next_is_a_distribution_and_that_of_plain_torch(engine, kind, tokens, plain):
    contexts = [*tokens[:30], EMPTY][: 30 + len(kind.bos)]
    nexts = engine.next(contexts)
    assert (nexts.shape, nexts.dtype) == ((len(contexts), engine.info.vocabulary), np.float32)
    np.testing.assert_allclose(np.exp(nexts.astype(np.float64)).sum(axis=1), 1, atol=1e-5)
    for context, row in zip(contexts, nexts, strict=True):
        np.testing.assert_allclose(row, plain(kind.bos + context.ids)[-1], atol=kind.near)


STEPS = [  # rows, in any order, fewer and fewer; their tokens
    ((0, 1, 2, 3), (10, 20, 30, 40)),
    ((0, 2, 3), (50, 60, 70)),
    ((2, 3), (80, 90)),
    ((3, 2), (85, 95)),
    ((3,), (99,)),
    ((3,), (9,)),
]


@pytest.mark.parametrize("first_step", [0, 1])
def test_decoder_steps_are_those_of_a_full_forward_pass_and_so_again_after_a_restart(engine, kind, plain, first_step):
    context = engine.encode("The cat sat")
    decoder = engine.decoder(context, 4, 8)
    np.testing.assert_allclose(log_softmax(decoder.first), plain(kind.bos + context.ids)[-1], atol=kind.near)
    for steps in (STEPS[first_step:], STEPS[:2], STEPS):
        continued = dict.fromkeys(range(4), kind.bos + context.ids)
        for rows, ids in steps:
            logits = decoder.step(rows, ids)
            assert logits.shape == (len(rows), engine.info.vocabulary)
            for row, token, row_logits in zip(rows, ids, logits, strict=True):
                continued[row] += (token,)
                np.testing.assert_allclose(log_softmax(row_logits), plain(continued[row])[-1], atol=kind.near)
        decoder.restart()


def test_a_hundred_rows_are_each_their_own(engine, kind, plain):
    context = engine.encode("The cat sat")
    logits = engine.decoder(context, 100, 2).step(range(100), range(100, 200))
    for row in (0, 63, 64, 99):
        expected = plain((*kind.bos, *context.ids, 100 + row))[-1]
        np.testing.assert_allclose(log_softmax(logits[row]), expected, atol=kind.near)


@only(lambda kind: (kind.engine, kind.dtype) == ("torch", "float32"))
@pytest.mark.parametrize("layer", [1, 2])
def test_hidden_states_are_those_of_plain_torch_without_bos(engine, kind, folder, tokens, layer):
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    for text in tokens[:20]:
        with torch.no_grad():
            states = model(torch.tensor([kind.bos + text.ids]), output_hidden_states=True).hidden_states
        found = engine.hidden(text, layer)
        assert (found.shape, found.dtype) == ((len(text), 64), np.float32)
        np.testing.assert_allclose(found, states[layer][0, len(kind.bos) :].numpy(), atol=kind.near)


@only(lambda kind: kind.engine == "torch")
def test_hidden_states_of_a_text_longer_than_the_context_are_refused(engine):
    with pytest.raises(MisuseError, match="reads at most 256"):
        engine.hidden(engine.encode("a b " * 200), 1)


@only(lambda kind: kind.engine == "llama.cpp")
def test_an_engine_without_hidden_states_names_one_that_has_them(engine, kind):
    with pytest.raises(UnsupportedError, match=f"{kind.engine} cannot show hidden states") as refused:
        engine.hidden(engine.encode("The cat"), 1)
    assert refused.value.hint == "use --engine torch"
