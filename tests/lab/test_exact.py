"""A sum that grows is the sum that math.fsum finds of all numbers together, in whatever order."""

import math
import random

from llmlab.lab.exact import ExactSum


def summed(values):
    total = ExactSum()
    for one in values:
        total.add(one)
    return float(total)


def test_the_order_does_not_change_a_digit():
    values = [random.Random(1).uniform(-1e3, 0) * 10.0 ** random.Random(n).randint(-9, 9) for n in range(500)]
    for seed in range(5):
        random.Random(seed).shuffle(values)
        assert summed(values) == math.fsum(values)
    assert summed([1e308, 1.0, -1e308]) == 1.0


def test_what_is_not_finite_stays_so():
    assert summed([-1.5, -math.inf]) == -math.inf
    assert math.isnan(summed([math.nan, 1.0]))
    assert summed([]) == 0.0
