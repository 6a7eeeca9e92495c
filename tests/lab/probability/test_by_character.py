"""The chain rule by character, against the probabilities of beginnings by plain torch."""

import math
from itertools import pairwise

import pytest

from llmlab.backends.base import Tokens
from llmlab.backends.spellings import Spellings
from llmlab.errors import MisuseError
from llmlab.lab.characters.reading import check_same, whole
from llmlab.lab.probability.by_character import spelt


@pytest.mark.parametrize("text", ["The", "今天", "a é", "1\n2"])
def test_each_character_is_as_likely_as_the_beginnings_before_and_with_it_say(lm, spellings, enumerated, text):
    found = spelt(lm, spellings, text)
    assert [row.piece.decode() for row in found.rows] == list(text)
    beginnings = [1.0, *(enumerated(text[: end + 1].encode()) for end in range(len(text)))]
    for row, (before, with_it) in zip(found.rows, pairwise(beginnings), strict=True):
        assert math.exp(row.logprob) == pytest.approx(with_it / before, rel=2e-3)
        assert math.exp(row.total) == pytest.approx(with_it, rel=2e-3)
    assert found.total == pytest.approx(sum(row.logprob for row in found.rows))
    assert found.perplexity == pytest.approx(math.exp(-found.total / len(text)))


def test_an_emoji_of_several_code_points_is_one_character(lm, spellings):
    assert [row.piece.decode() for row in spelt(lm, spellings, "👨‍👩‍👧é天").rows] == ["👨‍👩‍👧", "é", "天"]


def test_the_formula_is_the_product_of_the_factors_of_the_characters(lm, spellings):
    (view,) = spelt(lm, spellings, "今天很").views(formula=True)
    assert view.notes[0] == "p(今天很) = p(很|今天) × p(天|今) × p(今)"
    factors = [float(one) for one in view.notes[1].removeprefix("p = ").split(" = ")[0].split(" × ")]
    assert math.prod(factors) == pytest.approx(float(view.notes[1].split(" = ")[-1]), rel=0.01)


def test_without_bos_the_first_token_is_given_where_none_other_begins_so(lm_without_bos):
    spellings = Spellings.read(lm_without_bos)
    text = "The cat"
    first = lm_without_bos.encode(text).pieces[0].decode()
    found = spelt(lm_without_bos, spellings, text)
    inside = len(first)
    assert all(math.isnan(row.logprob) for row in found.rows[:inside])
    assert all(math.isfinite(row.logprob) for row in found.rows[inside:])
    assert [record["probability"] for record in found.records()][:inside] == [None] * inside
    assert found.total == pytest.approx(sum(row.logprob for row in found.rows[inside:]))


def test_without_bos_a_text_that_may_begin_with_a_longer_token_is_refused(lm_without_bos):
    spellings = Spellings.read(lm_without_bos)
    longer = next(
        piece.decode() for piece in spellings if piece.startswith(b"T") and len(piece) > 2 and piece.isascii()
    )
    with pytest.raises(MisuseError, match=r"no BOS, and the text may begin with .*no first token has a probability"):
        spelt(lm_without_bos, spellings, longer[:-1])


def test_a_tokenizer_that_changes_the_text_is_refused(lm):
    with pytest.raises(MisuseError, match="the tokenizer of tiny changes the text to 'the cat'"):
        check_same(lm, "The cat", Tokens((1,), (b"the cat",)))


def test_a_control_token_is_spelt_by_no_characters(lm, spellings):
    with pytest.raises(MisuseError, match="control token"):
        whole(lm, spellings, "a</s>", lm.encode("a</s>", allow_special=True))


class Spaced:
    """The tiny model behind a tokenizer that puts a space before every text."""

    def __init__(self, model):
        self._model = model

    def __getattr__(self, name):
        return getattr(self._model, name)

    def encode(self, text, allow_special=False):
        inside = self._model.encode(" " + text)
        return Tokens.of(text, inside.ids, inside.pieces)


def test_the_space_that_a_tokenizer_puts_before_every_text_is_covered_with_the_first_character(
    lm, spellings, enumerated
):
    found = spelt(Spaced(lm), spellings, "cat")
    assert [row.piece for row in found.rows] == [b"c", b"a", b"t"]
    assert math.exp(found.rows[0].logprob) == pytest.approx(enumerated(b" c"), rel=1e-3)
    assert math.exp(found.total) == pytest.approx(enumerated(b" cat"), rel=2e-3)


def test_tokens_that_the_tokenizer_would_not_make_are_those_it_reads_otherwise(lm, spellings, enumerated):
    text = "The c"
    found = spelt(lm, spellings, text).covered["foreign_tokens"]

    def foreign(ids, spelling):
        total = 0.0
        for token in range(2, lm.info.vocabulary):
            longer = spelling + lm.piece(token)
            if not (longer.startswith(text.encode()) or text.encode().startswith(longer)):
                continue
            mass = math.exp(lm.next([Tokens(ids, ())])[0][token])
            whole_text = longer.decode(errors="ignore")
            if not longer.startswith(text.encode()):
                total += mass * foreign((*ids, token), longer)
            elif lm.encode(whole_text).ids != (*ids, token):
                total += mass
        return total

    assert found == pytest.approx(foreign((), b"") / enumerated(text.encode()), rel=0.1)
