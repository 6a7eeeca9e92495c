"""500 lines of every kind, token by token against plain torch, on both engines."""

import numpy as np
import pytest

from llmlab.lab.probability.scored import score

EDGES = [" {}", "{} ", "\n{}", "{}\n\n", "<s>{}</s>", "{}👩‍👩‍👧", "{}今天"]
LINES = 500


@pytest.fixture(scope="module")
def lines(texts):
    """The 200 texts, single tokens, and the texts with spaces, line ends, control tokens and emoji at their edges."""
    singles = ["a", "天", "\n", " ", "🎉", "<s>"]
    edged = [EDGES[i % len(EDGES)].format(text) for i, text in enumerate(texts + texts)]
    return [*texts, *singles, *edged][:LINES]


@pytest.fixture(scope="module")
def expected(lm, plain, lines):
    """Log-probability of each token of each line."""
    ids = [lm.encode(line).ids for line in lines]
    return [plain(own)[np.arange(len(own)), list(own)] for own in ids]


def test_the_lines_hold_what_makes_scoring_hard(lm, lines):
    tokens = [lm.encode(line) for line in lines]
    assert len(lines) == LINES
    assert any(len(one) == 1 for one in tokens)
    whole = [b"".join(one.pieces).decode() for one in tokens]
    assert whole == lines  # nothing is lost or added
    split = [piece for one in tokens for piece in one.pieces if piece and piece[0] & 0xC0 == 0x80]
    assert split  # characters divided between tokens
    assert not any({0, 1} & set(one.ids) for one in tokens)  # <s> in a text stays text
    for kind in ("今天", "👩", "\n", "<s>"):
        assert sum(kind in line for line in lines) > 10
    assert sum(line[0] == " " for line in lines) > 10
    assert sum(line[-1] == " " for line in lines) > 10


@pytest.mark.parametrize(("engine", "tolerance"), [("lm", 1e-4), ("llama", 1e-3)])
def test_every_token_is_as_likely_as_plain_torch_says(request, lines, expected, engine, tolerance):
    for scored, wanted in zip(score(request.getfixturevalue(engine), lines), expected, strict=True):
        np.testing.assert_allclose(scored.logprobs, wanted, atol=tolerance)
        assert scored.total == pytest.approx(wanted.sum(), abs=tolerance * len(wanted))


@pytest.mark.parametrize("engine", ["lm", "llama"])
def test_batch_order_and_padding_change_nothing(request, lines, engine):
    model = request.getfixturevalue(engine)
    together = score(model, lines)
    shuffled = np.random.default_rng(0).permutation(LINES)
    for i, scored in zip(shuffled, score(model, [lines[i] for i in shuffled]), strict=True):
        np.testing.assert_allclose(scored.logprobs, together[i].logprobs, atol=1e-5)
    for i in range(0, LINES, 5):
        np.testing.assert_allclose(score(model, [lines[i]])[0].logprobs, together[i].logprobs, atol=1e-5)
