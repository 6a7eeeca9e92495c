"""A conversation of the user's: in what forms it may come, and what no model answers."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.base import Message
from llmlab.errors import MisuseError
from llmlab.files import Files
from llmlab.lab.conversation import MESSAGES, check

TURNS = (Message("system", "Be, terse."), Message("user", "爱\n?"), Message("assistant", ""), Message("user", " a "))


def read(text):
    return Files(io.TextIOWrapper(io.BytesIO(text.encode())), print).records("-", MESSAGES)


@pytest.mark.parametrize(
    "text",
    [
        '[{"role": "system", "content": "Be, terse."}, {"role": "user", "content": "爱\\n?"},\n'
        '{"role": "assistant", "content": ""}, {"content": " a ", "role": "user", "name": "x"}]',
        '{"role": "system", "content": "Be, terse."}\n{"role": "user", "content": "爱\\n?"}\n'
        '{"role": "assistant", "content": ""}\n{"Role": "user", "Content": " a "}',
        'role,content\nsystem,"Be, terse."\nuser,"爱\n?"\nassistant,\nuser, a \n',
    ],
)
def test_messages_are_the_same_in_every_form(text):
    assert tuple(read(text)) == TURNS
    check(TURNS, "it")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            '{"role": "user", "content": "a"}\n{"role": "bot", "content": "a"}',
            "stdin line 2 is no message: its role is 'bot'",
        ),
        ('[{"role": "user",\n"content": ["a"]}]', "stdin line 1 is no message: its content is no text"),
        ('[{"content": "a"}]', "stdin line 1 is no message: it has no role"),
        ("[]", "stdin holds no messages"),
        ("", "stdin holds no messages"),
    ],
)
def test_what_is_no_message_is_named_with_its_line_and_the_roles_are_said(text, why):
    with pytest.raises(MisuseError) as refused:
        read(text)
    assert why in refused.value.message
    assert "a role is system, user or assistant" in refused.value.hint


@given(st.lists(st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text()), min_size=1), st.booleans())
def test_a_json_list_is_the_same_as_its_lines(turns, indented):
    rows = [{"role": role, "content": content} for role, content in turns]
    found = read(json.dumps(rows, indent=1 if indented else None, ensure_ascii=indented))
    assert found == read("".join(json.dumps(row) + "\n" for row in rows)) == [Message(*turn) for turn in turns]


@pytest.mark.parametrize(
    ("messages", "why"),
    [
        (TURNS[:3], "the last message of it is the assistant's"),
        (TURNS[:1], "the last message of it is the system's"),
        ((*TURNS[:3], Message("user", "")), "the last message of it is empty"),
        ((TURNS[1], TURNS[0], TURNS[1]), "message 2 of it is the system's, which stands first"),
        ((TURNS[0], TURNS[0], TURNS[1]), "message 2 of it is the system's, which stands first"),
    ],
)
def test_what_no_model_answers_is_refused(messages, why):
    with pytest.raises(MisuseError, match=why):
        check(messages, "it")
