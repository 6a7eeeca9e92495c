"""Whose question is asked where none is given."""

import pytest

from llmlab.config import load
from llmlab.lab.asked import Asked

ENGLISH, CHINESE = "What is the capital of France?", "法国的首都是哪里？"


@pytest.mark.parametrize(
    ("models", "settings", "question"),
    [
        ((), {}, CHINESE),
        (("gemma-3-270m",), {}, CHINESE),
        (("a/folder",), {}, CHINESE),
        (("smollm2-135m-instruct",), {}, ENGLISH),
        (("gemma-3-270m", "smollm2-135m-instruct"), {}, ENGLISH),
        ((), {"LLMLAB_MODEL": "smollm2-135m-instruct"}, ENGLISH),
        (("smollm2-135m-instruct",), {"LLMLAB_GENERATE_PRESET": "qa-zh"}, CHINESE),
    ],
)
def test_a_model_that_reads_english_alone_is_asked_in_english(chinese, models, settings, question):
    assert next(Asked.of(load(None, settings), None, models=models).texts) == question
