"""What a server may do wrong while it is asked: each ends in a right answer of a later try, or in one clear error."""

import json
import math
from itertools import pairwise

import pytest
from backends.served.faulty import WORDS, Faulty, cut, distribution, gone, hang, logprob, raw, status, told, unended

from llmlab.backends.base import Message, ScoreRequest, Tokens
from llmlab.backends.served.base import Draw
from llmlab.backends.settings import Settings
from llmlab.errors import DamagedError, LabError

HTML = b"<html><body>Bad gateway</body></html>"
CONTEXT = Tokens.of("The cat sat", [0], [b"The cat sat"])
PASSING = {  # what a later try mends
    "429": status(429),
    "429 with a time": status(429, Retry_After="0.001"),
    "429 with a date": status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "500": status(500),
    "502": raw(HTML, "text/html"),
    "503": status(503, "Loading model"),
    "error with status 200": raw(json.dumps({"error": {"message": "out of memory"}}).encode()),
    "no answer": hang,
    "connection closed": gone,
    "half an answer": cut,
    "half JSON": raw(b'{"choices": [{"text": "'),
    "JSON without end": raw(b"[" * 10**5),
    "another JSON": raw(b"[1, 2]"),
    "nothing": raw(b""),
}


def likeliest(model):
    return [(one.piece.decode(), one.logprob) for one in model.likeliest(CONTEXT, 5)]


def right():
    rows = sorted(zip(WORDS, distribution(" sat"), strict=True), key=lambda row: -row[1])
    return [(word, pytest.approx(math.log(mass))) for word, mass in rows[:5]]


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_passes_is_asked_again_and_answered_rightly(model, fault):
    with Faulty([fault, None]) as server:
        assert likeliest(model(server, timeout=0.2 if fault is hang else 5)) == right()
        assert len(server.texts) == 2


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_does_not_pass_ends_with_an_error_after_as_many_tries_as_are_allowed(model, fault):
    with Faulty([None, *[fault] * 9]) as server:
        asked = model(server, retries=2, timeout=0.1 if fault is hang else 5)
        likeliest(asked)
        with pytest.raises(LabError, match="gives no answer") as caught:
            likeliest(asked)
        assert len(server.texts) == 1 + 3
        assert server.url in caught.value.message
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (status(400, "too long"), "refuses: too long"),
        (status(401, "who?"), "needs a key: who[?]"),
        (status(403, "not you"), "needs a key: not you"),
        (status(404, "no such model"), "no such model or page: no such model"),
        (lambda handler, answer: handler.send(404, HTML, {}), "no such model or page: HTTP 404$"),
        (status(302, Location="http://127.0.0.1:9/"), "refuses"),
    ],
)
def test_what_is_refused_is_not_asked_again(model, fault, said):
    with Faulty([fault] * 9) as server:
        with pytest.raises(LabError, match=said):
            likeliest(model(server))
        assert len(server.texts) == 1


def tops(change):
    """The right answer with another list."""
    return told(lambda answer: change(answer["choices"][0]["logprobs"]["top_logprobs"][0]))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (tops(lambda top: top.update({" cat": 0.1})), "gives 0.1 for a log-probability"),
        (tops(lambda top: top.update({" cat": math.nan})), "gives nan for a log-probability"),
        (tops(lambda top: top.update({" cat": -9999.0})), "-9999 where it does not know"),
        (tops(lambda top: top.update(dict.fromkeys(list(top), -0.1))), "sum to more than 1"),
        (tops(lambda top: top.update({" cat": "much"})), "not as its protocol says"),
        (told(lambda answer: answer["choices"][0]["logprobs"]["token_logprobs"].pop()), "not as many"),
        (told(lambda answer: answer["choices"].clear()), "not as its protocol says"),
        (told(lambda answer: answer.pop("choices")), "not as its protocol says"),
        (told(lambda answer: answer["choices"][0].update(logprobs=[1])), "not as its protocol says"),
        (told(lambda answer: answer["choices"][0].update(logprobs=None)), "lists no tokens"),
    ],
)
def test_numbers_that_cannot_be_are_an_error(model, fault, said):
    with Faulty([fault]) as server, pytest.raises(DamagedError, match=said):
        likeliest(model(server))


def drawing(**settings):
    return Draw(CONTEXT, (), Settings(**settings), max_tokens=5, seed=7)


def test_a_whole_answer_is_asked_for_again_and_is_the_one_of_its_seed(model):
    with Faulty() as server:
        once = model(server).drawn(drawing())
    for fault in PASSING.values():
        with Faulty([fault, None]) as server:
            again = model(server, timeout=0.2 if fault is hang else 5).drawn(drawing())
            assert again == once
            assert len(server.texts) == 2


def test_its_log_probability_is_the_models_own(model):
    with Faulty() as server:
        found = model(server).drawn(drawing(temperature=0.5))
    words = [one.piece.decode() for one in found.tokens]
    assert found.text == "".join(words)
    before = [" sat", *words[:-1]]
    assert [one.logprob for one in found.tokens] == [
        pytest.approx(logprob(*pair)) for pair in zip(before, words, strict=True)
    ]


def test_a_stream_is_asked_for_again_before_its_first_part(model):
    with Faulty([status(429), status(500), None]) as server:
        found = list(model(server).draw(drawing()))
        assert len(server.texts) == 3
    with Faulty() as server:
        assert "".join(one.text for one in found) == model(server).drawn(drawing()).text
    assert [one.finish for one in found] == ["", "", "", "", "length"]


@pytest.mark.parametrize("messages", [(), (Message("user", "The"),)])
def test_a_stream_that_ends_too_early_is_an_error_and_not_a_text(model, messages):
    asked = Draw(CONTEXT, messages, Settings(), max_tokens=5, seed=7)
    with Faulty([unended]) as server:
        shown = []
        with pytest.raises(LabError, match="cut off"):
            shown.extend(model(server).draw(asked))
        assert len(server.texts) == 1


def broken(handler, answer):
    """A stream that says in the middle that it cannot go on."""
    handler.stream(answer, last=False, ended=False)
    handler.wfile.write(b'data: {"error": {"message": "out of memory"}}\n\n')


def test_a_stream_that_breaks_says_why(model):
    with Faulty([broken]) as server, pytest.raises(LabError, match="gives no answer: out of memory"):
        list(model(server).draw(drawing()))


def another(name="another", **more):
    return told(lambda answer: answer.update(model=name, **more))


def test_another_model_in_between_is_an_error_as_long_as_it_answers(model):
    with Faulty([None, None, another(), another(), another(), None]) as server:
        lm = model(server)
        assert likeliest(lm) == likeliest(lm)
        for _ in range(3):
            with pytest.raises(LabError, match=r"another model answers at .*: another, it was bigram"):
                likeliest(lm)
        assert likeliest(lm) == right()


def test_servers_of_one_pool_that_name_different_models_are_an_error(model):
    with Faulty(pause_s=0.05) as one, Faulty(called="another", pause_s=0.05) as other:
        lm = model(one, other)
        with pytest.raises(LabError, match=r"another model answers at .*: (another|bigram), it was (another|bigram)"):
            list(lm.each(lambda _: likeliest(lm), range(4)))


def test_another_build_is_another_replica_of_the_same_model(model):
    builds = [another("bigram", system_fingerprint=build) for build in ("b1", "b2", "b1")]
    with Faulty(builds) as server:
        lm = model(server)
        assert [likeliest(lm) for _ in builds] == [right()] * 3


def test_a_text_is_scored_by_its_echo(model):
    with Faulty(echo="right") as server:
        lm = model(server)
        text = "The cat sat on the mat."
        tokens = lm.encode(text)
        (found,) = lm.score([ScoreRequest(tokens, 0)])
        assert len(server.texts) == 1  # what cut the text has scored it
    words = [piece.decode() for piece in tokens.pieces]
    assert words == ["The", " cat", " sat", " on", " the", " mat", "."]
    assert math.isnan(found.logprobs[0])
    assert found.logprobs[1:].tolist() == [pytest.approx(logprob(*pair)) for pair in pairwise(words)]


@pytest.mark.parametrize("echo", ["new", "right"])
def test_an_echo_of_another_text_is_an_error(model, echo):
    fault = told(lambda answer: answer["choices"][0]["logprobs"]["tokens"].__setitem__(0, "other"))
    with Faulty([fault], echo=echo) as server, pytest.raises(DamagedError, match="does not repeat the text"):
        model(server).encode("The cat sat.")
