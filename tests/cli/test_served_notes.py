"""What stands below a result that a server cannot give as an engine of this machine does."""

import pytest
from backends.served.faulty import Faulty

from llmlab.backends.served import probe


@pytest.fixture(scope="module")
def server():
    with Faulty(echo="right") as server:
        yield server


@pytest.fixture
def ask(run, server, monkeypatch):
    monkeypatch.setattr(probe, "SAMPLES", 1)
    return lambda *words: run(*words, "--model", "openai:bigram", "--base-url", server.url)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("next", "The cat"), "by token, after the text as it stands"),
        (("next", "The cat sat."), ""),
        (("next", "The cat", "--by", "token"), ""),
        (("generate", "The cat", "--raw"), "this goes on after it as it stands"),
        (("generate", "The cat sat.", "--raw"), ""),
        (("generate", "The cat", "--raw", "--no-heal"), ""),
        (("generate", "The cat"), ""),  # a conversation ends where its template does
    ],
)
def test_of_a_text_that_may_end_inside_a_token_it_is_said_that_the_server_does_not_tell(ask, line, told):
    found = ask(*line)
    assert found.code == 0, found.err
    begun = "a server does not show whether the text ends inside a token: "
    assert (begun + told in found.out) if told else (begun not in found.out)
