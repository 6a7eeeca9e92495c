"""What the probe finds out about servers whose lies are known."""

import math
import random

import pytest
from backends.served.faulty import MODEL, NUMBERS, WORDS, Faulty, distribution, logprob, status, words_of

from llmlab.backends.served import asker
from llmlab.backends.served import probe as probing
from llmlab.backends.served.base import UNNUMBERED, Abilities, NamedToken
from llmlab.backends.served.pool import Pool
from llmlab.backends.served.probe import Probe
from llmlab.backends.served.wire import Loopback, WireError
from llmlab.errors import LabError

ABLE = {  # what an honest server of the bigram model does
    "completions": True,
    "chats": True,
    "scores": "",
    "listed": 20,
    "scaled": False,
    "tempered": True,
    "seeded": True,
    "takes_filters": True,
    "filters": True,
    "bos": None,
    "named": "text",
    "reads_numbers": False,
    "tokenizes": "",
    "template": "",
}
NEW = "echo is passed over: what comes back is the new text alone"
SHIFTED = "the log-probabilities of an echoed text are not those of its own lists"


@pytest.fixture(autouse=True)
def few_samples(monkeypatch):
    """Enough where nothing is to be found with them."""
    monkeypatch.setattr(probing, "SAMPLES", 30)


def probed(server):
    """What is found out, asked for with what loads fastest."""
    return Probe(Pool([Loopback(server.url, "", 5)], 8, 3, str), MODEL).run()


LIES = {
    "honest": ({"echo": "right"}, {"scores": "echo", "lies": ()}),
    "echo of new text": ({"echo": ""}, {"lies": (NEW,)}),
    "echo shifted by one": ({"echo": "shifted"}, {"lies": (SHIFTED,)}),
    "after temperature": (
        {"scaled": True, "echo": "right"},
        {"scores": "echo", "scaled": True}
        | {"lies": ("log-probabilities are those of softmax(z / T), not of the model itself",)},
    ),
    "temperature passed over": (
        {"sticky": 1.0, "echo": "right"},
        {"scores": "echo", "tempered": False, "lies": ("what is drawn is not of softmax(z / T)",)},
    ),
    "seed passed over": (
        {"seeded": False, "echo": "right"},
        {"scores": "echo", "seeded": False, "lies": ("the same seed draws another text",)},
    ),
    "filters passed over": (
        {"filters": "passed over", "echo": "right"},
        {"scores": "echo", "filters": False, "lies": ("top-k is passed over",)},
    ),
    "strict": ({"filters": "refused", "echo": "right"}, {"scores": "echo", "takes_filters": False, "filters": False}),
}


@pytest.mark.parametrize(("lie", "found"), LIES.values(), ids=LIES)
def test_each_lie_is_caught_and_no_other_is_suspected(lie, found, monkeypatch):
    if "sticky" in lie:
        monkeypatch.setattr(probing, "SAMPLES", 100)
    with Faulty(**lie) as server:
        assert probed(server).abilities == Abilities(**ABLE | {"lies": ()} | found)


def test_the_list_that_is_kept_is_the_models():
    with Faulty(called="another name", echo="right") as server:
        found = probed(server)
    rows = sorted(zip(WORDS, distribution(" of"), strict=True), key=lambda row: -row[1])[: asker.TOLD]
    assert found.canary == tuple((word, pytest.approx(math.log(mass))) for word, mass in rows)


def test_it_asks_again_when_the_server_is_busy_in_between():
    with Faulty([None, status(429), status(500)] * 9, echo="right") as server:
        assert probed(server).abilities == Abilities(**ABLE | {"scores": "echo"})


def test_two_tokens_under_one_name_are_one_row_and_the_list_counts_as_shorter():
    def name(word):
        return "\ufffd" if word in (" France", " Paris") else word

    with Faulty(names=name, echo="right") as server:
        found = probed(server).abilities
    assert found.listed == 5
    assert found.named == "text"


def test_a_model_that_is_not_served_is_an_error_with_those_that_are():
    with (
        Faulty(models=("llama", "qwen")) as server,
        pytest.raises(LabError, match="no model 'bigram' is served at http") as caught,
    ):
        probed(server)
    assert caught.value.hint == "one of: llama, qwen"


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"data": []}, "no model is served at {url}"),
        ({"data": None}, "no model is served at {url}"),
        ({"object": "list"}, "{url} does not list its models as OpenAI's protocol says"),
        ({"data": ["bigram"]}, "{url} does not list its models as OpenAI's protocol says"),
        ({"data": [{"name": "bigram"}]}, "{url} does not list its models as OpenAI's protocol says"),
        ({"data": {"bigram": {}}}, "{url} does not list its models as OpenAI's protocol says"),
    ],
)
def test_a_list_of_models_that_is_empty_or_none_is_an_error_that_names_the_server(lists, said):
    with Faulty(lists=lists) as server, pytest.raises(LabError) as caught:
        probed(server)
    assert caught.value.message == said.format(url=server.url)
    assert caught.value.hint


def test_a_server_that_lists_nothing_draws_and_is_not_held_against_a_list():
    def bare(handler, answer):
        answer["choices"][0]["logprobs"] = None
        handler.say(200, answer)

    with Faulty([bare] * 400) as server:
        found = probed(server).abilities
    assert (found.listed, found.scaled, found.tempered, found.seeded) == (0, None, None, True)


def listed(**logprobs):
    return [NamedToken(name.encode(), UNNUMBERED, logprob) for name, logprob in logprobs.items()]


@pytest.mark.parametrize(
    ("some", "others", "same"),
    [
        (listed(a=-1.0, b=-2.0), listed(a=-1.01, c=-2.01), True),
        (listed(a=-1.0, b=-2.0), listed(c=-1.0, d=-2.0), False),
        (listed(a=-1.0), listed(a=-1.0), True),
        (listed(a=-1.0), listed(b=-1.0), False),
        (listed(a=-1.0), listed(a=-1.1), False),
        (listed(a=-1.0), listed(), False),
    ],
)
def test_two_lists_are_alike_where_they_share_all_but_the_last(some, others, same):
    assert asker.alike(some, others) is same


@pytest.mark.parametrize("no", [404, 405, 501, 200, 500])
def test_a_page_that_is_none_is_a_no_however_that_is_said(no):
    with Faulty(does="v1/completions", no=no, echo="right") as server:
        found = probed(server)
    assert found.abilities == Abilities(**ABLE | {"chats": False, "scores": "echo"})


def test_a_server_that_breaks_down_is_no_no():
    with Faulty(does="v1/completions", no=500) as server:
        wire = Loopback(server.url, "", 5)

        class Dying:
            url = wire.url

            def ask(self, path, body=None):
                if path != "models" or len(server.asked) < 3:
                    return wire.ask(path, body)
                raise WireError("broken", "nobody there")

        with pytest.raises(LabError, match="gives no answer: nobody there"):
            Probe(Pool([Dying()], 8, 3, str), MODEL).run()


def test_numbers_that_cannot_be_are_a_lie_and_no_list():
    def unknown(handler, answer):
        told = answer["choices"][0]["logprobs"]
        if told:
            told["top_logprobs"] = [{" cat": -9999.0}]
        handler.say(200, answer)

    with Faulty([unknown] * 400, echo="right") as server:
        found = probed(server).abilities
    assert (found.listed, found.scores, found.tempered, found.seeded, found.filters) == (0, "", None, True, True)
    assert found.lies == ("its lists hold numbers that are no log-probabilities",)


class Numbered:
    """The bigram model behind a server that takes and gives numbers, as vLLM does; `late`: of another token."""

    url = "http://numbered/v1"

    def __init__(self, late=0):
        self.late = late

    def ask(self, path, body=None):
        if path == "models":
            return {"data": [{"id": MODEL}]}
        if path == "/tokenize" and "prompt" in body:
            words = words_of(body["prompt"])
            return {"tokens": [NUMBERS[word] for word in words], "token_strs": words}
        if path != "completions" or body.get("echo") or (body.get("logprobs") or 0) > 20:
            raise WireError("refused", "no", status=400)
        prompt = body["prompt"]
        words = words_of(prompt) if isinstance(prompt, str) else [WORDS[number] for number in prompt]
        masses = distribution(words[-1])
        rows = sorted(range(len(WORDS)), key=lambda number: -masses[number])[: body.get("logprobs") or 0]
        drawn = random.Random(body["seed"]).choices(range(len(WORDS)), masses)[0]
        told = {
            "tokens": [f"token_id:{drawn}"],
            "token_logprobs": [math.log(masses[drawn])],
            "top_logprobs": [{f"token_id:{number}": math.log(masses[number]) for number in rows}],
        }
        choice = {"text": WORDS[drawn], "logprobs": told if rows else None, "finish_reason": "length"}
        if "prompt_logprobs" in body:
            pairs = zip(words[self.late :], words[1:], strict=False)
            scores = [{str(NUMBERS[word]): {"logprob": logprob(before, word)}} for before, word in pairs]
            choice["prompt_logprobs"] = [None, *scores]
        return {"model": MODEL, "choices": [choice]}


@pytest.mark.parametrize(
    ("late", "scores", "lies"),
    [(0, "prompt_logprobs", ()), (1, "", ("the log-probabilities of a prompt are not those of its own lists",))],
)
def test_the_log_probabilities_of_a_prompt_are_held_against_lists(late, scores, lies):
    found = Probe(Pool([Numbered(late)], 8, 3, str), MODEL).run().abilities
    assert (found.tokenizes, found.reads_numbers, found.listed, found.scores) == ("prompt", True, 20, scores)
    assert [one for one in found.lies if "prompt" in one] == list(lies)
