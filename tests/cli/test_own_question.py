"""generate, trace and tree without a prompt: whose question is asked."""

import json

import pytest

ENGLISH, CHINESE = "What is the capital of France?", "法国的首都是哪里？"


@pytest.mark.parametrize("verb", ["generate", "trace", "tree --depth 1"])
@pytest.mark.parametrize(
    ("asked", "settings", "question"),
    [
        ("", {}, ENGLISH),
        ("--lang en", {}, ENGLISH),
        ("--lang zh", {}, CHINESE),
        ("--lang zh --preset qa", {}, ENGLISH),
        ("--lang zh", {"LLMLAB_GENERATE_PRESET": "directions"}, "东、南、西、"),
        ("", {"LLMLAB_GENERATE_PRESET": "zh"}, "法国的首都是"),
    ],
)
def test_without_a_prompt_the_question_is_in_the_language_of_the_run(lab, environ, verb, asked, settings, question):
    environ |= settings
    drawn = "" if verb.startswith("tree") else "--seed 1 --max-tokens 1"
    done = lab(f"{verb} {asked} {drawn} -f jsonl MODEL")
    assert (done.code, done.err) == (0, "")
    assert {json.loads(line)["prompt"] for line in done.out.splitlines()} == {question}
