"""The state of a game with the next token."""

import numpy as np
import pytest

from llmlab.explore.play import Play
from llmlab.lab.probability.next import next_tokens
from llmlab.lab.prompt import Prompt
from llmlab.lab.temperature.drawn import Plan
from llmlab.lab.temperature.generate import sample


@pytest.mark.parametrize("temperature", [0, 0.4, 1, 2])
def test_what_is_shown_is_what_next_records(play, read, temperature):
    play.type("the cat")
    play.list(6)
    read()
    play.warm(temperature)
    tokens = play.model.encode("the cat")
    records = next_tokens(play.model, Prompt("the cat", "the cat", tokens), 6, (temperature,)).records()
    assert [record["token_id"] for record in records] == list(play.heated.ids)
    assert [record["probability"] for record in records] == pytest.approx(np.exp(play.heated.logprobs), abs=1e-6)
    assert records[0]["entropy_bits"] == pytest.approx(play.heated.entropy / np.log(2), abs=1e-5)
    assert play.heated.rest == pytest.approx(1 - sum(record["probability"] for record in records), abs=1e-6)


def test_the_chosen_token_is_appended_and_taken_back(play, read):
    play.type("the cat")
    read()
    play.choose(2)
    third = play.heated.ids[2]
    logprob = play.reading.following[third]
    assert play.append() is None
    assert not play.is_read
    read()
    assert play.tokens.ids == (*play.model.encode("the cat").ids, third)
    assert play.branches.at.logprob == play.reading.logprobs[-1] == pytest.approx(logprob)
    play.branches.up()
    assert play.text == "the cat"


def test_what_is_chosen_stays_inside_the_list(play, read):
    play.choose(1)  # nothing is listed yet
    play.type("the cat")
    read()
    for place, expected in ((-3, 0), (99, play.listed - 1)):
        play.choose(place)
        assert play.chosen == expected


@pytest.mark.parametrize("temperature", [0.8, 1.5])
def test_token_after_token_is_the_sample_that_generate_draws(play, read, temperature):
    play.type("the cat")
    play.warm(temperature)
    tokens = play.tokens
    for _ in range(6):
        read()
        if play.sample() is not None:
            break
    plan = Plan((temperature,), samples=1, max_tokens=6, seed=7)
    (drawn,) = sample(play.model, Prompt("", "", tokens), plan, plan.places)
    assert play.tokens.ids[len(tokens) :] == drawn.ids


def test_sampling_again_at_one_place_is_another_draw(play, read):
    play.type("the cat")
    play.warm(3)
    tokens, found = play.tokens, []
    for _ in range(5):
        read()
        play.sample()
        found.append(play.tokens.ids[-1])
        play.branches.up()
    plan = Plan((3.0,), samples=5, max_tokens=1, seed=7)
    drawn = sorted(sample(play.model, Prompt("", "", tokens), plan, plan.places), key=lambda one: one.sample)
    assert found == [one.ids[0] for one in drawn]
    assert len(play.branches.at.below) == len(set(found)) > 1


def test_a_token_that_ends_the_text_is_not_appended(play, read, monkeypatch):
    play.type("the cat")
    read()
    first = play.heated.ids[0]
    monkeypatch.setattr(play.model, "is_end", lambda token: token == first)
    assert play.append() == play.heated.pieces[0]
    play.warm(0)
    assert play.sample() == play.heated.pieces[0]
    assert play.text == "the cat"


def test_an_answer_that_comes_too_late_is_not_shown(play):
    play.type("the")
    late = play.side.reader.read(play.tokens)
    play.type("the cat")
    assert not play.take(late)
    assert play.heated is None


def test_two_models_are_asked_about_one_text_and_each_keeps_its_branches(play, read, library, lm_folder):
    play.type("the cat")
    read()
    play.append()
    text = play.text
    play.bring("other", library.causal_lm(str(lm_folder)))
    assert (play.side.name, play.text, play.is_read) == ("other", text, False)
    assert play.branches.at.above is None  # its tokens were not chosen here
    play.go_to(play_name := next(name for name in play._sides if name != "other"))
    assert play.side.name == play_name
    assert play.branches.at.depth == 1
    assert play.knows("other")
    assert not play.knows("third")


def test_two_seeds_are_two_games(library, gguf_file):
    found = []
    for seed in (1, 2):
        play = Play("tiny", library.causal_lm(str(gguf_file)), seed)
        play.type("the cat")
        play.take(play.side.reader.read(play.tokens))
        play.warm(3)
        found.append([play.jumps.jump() for _ in range(30)])
    assert found[0] != found[1]
