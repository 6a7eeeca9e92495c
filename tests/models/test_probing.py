"""When a server's model is taken for the one that was probed."""

import pytest

from llmlab.models import probing


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ({"a": -1.0, "b": -2.0, "c": -3.0}, {"a": -1.01, "b": -2.0, "d": -2.99}, True),  # the last changes places
        ({"a": -1.0, "b": -2.0, "c": -3.0}, {"a": -1.0, "d": -2.0, "e": -3.0}, False),
        ({"a": -1.0, "b": -2.0, "c": -3.0}, {"a": -1.0, "b": -2.2, "c": -3.0}, False),
        ({"a": -1.0, "b": -1.1}, {"a": -1.0, "c": -1.1}, True),
        ({"a": -1.0}, {"a": -1.0}, True),
        ({"a": -1.0}, {"b": -1.0}, False),
        ({"a": -1.0, "b": -1.1}, {"c": -1.0, "d": -1.1}, False),
        ({"a": -1.0}, {}, False),
    ],
)
def test_a_list_that_was_kept_tells_a_model_again(was, now, same):
    assert probing._same(was, now) is same
