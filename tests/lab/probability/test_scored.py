"""The chain rule, against a forward pass of plain torch."""

import math
from decimal import Decimal

import pytest

from llmlab.lab.probability.scored import score


def test_the_probability_of_a_text_is_the_product_of_its_tokens(lm, total, texts):
    for scored in score(lm, texts[::3]):
        expected = total(scored.text)
        assert scored.total == pytest.approx(expected, abs=1e-3)
        assert scored.perplexity == pytest.approx(math.exp(-expected / len(scored.tokens)), rel=1e-3)
        found, exact = scored.summary(), Decimal(expected).exp()
        written = Decimal(found["probability_mantissa"]).scaleb(found["probability_exponent"])
        assert float(written / exact) == pytest.approx(1, abs=2e-3)
