"""Questions after examples: the prompts by hand, the shares by plain torch, the intervals by loops."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.errors import MisuseError
from llmlab.lab.probability import resampling
from llmlab.lab.probability.prompting import Prompting
from llmlab.lab.probability.quiz import Item
from llmlab.lab.probability.shots import after_examples

QUESTIONS = [
    Item("The cat", 0, (" sat", " is"), group="a"),
    Item("今天", 1, ("很", "天气"), group="b"),
    Item("The mat", "was", others=("on", "the cat")),
    Item("A dog", 1, (" The", " a")),
]
TEMPLATES = ("{prompt}", "Q: {prompt}\nA:")
SOLVED = ["The cat sat", "今天天气", "The mat was", "A dog a"]


@pytest.fixture(scope="module")
def found(lm):
    return after_examples(lm, QUESTIONS, Prompting((0, 1, 3), TEMPLATES, draws=2, seed=4))


def test_every_question_is_asked_in_every_wording_after_every_number_of_examples_of_every_draw(found):
    asked = [(one.template, one.shots, one.draw, one.number) for one in found.trials]
    expected = [
        (template, shots, draw, number)
        for template in TEMPLATES
        for shots in (0, 1, 3)
        for draw in (range(2) if shots else [0])
        for number in range(4)
    ]
    assert asked == expected


def test_a_prompt_is_examples_with_their_answers_and_the_question_parted_by_empty_lines(found):
    for one in found.trials:
        *before, last = one.prompt.split("\n\n")
        wrap = (lambda text: text) if one.template == "{prompt}" else lambda text: f"Q: {text}\nA:"
        assert last == wrap(QUESTIONS[one.number].context)
        assert len(before) == one.shots == len(set(before))
        # no space before "was" after "A:", where no word ends
        solved = [
            wrap(item.context) + full.removeprefix(item.context) for item, full in zip(QUESTIONS, SOLVED, strict=True)
        ]
        solved[2] = SOLVED[2] if one.template == "{prompt}" else "Q: The mat\nA:was"
        assert {solved.index(example) for example in before} <= {0, 1, 2, 3} - {one.number}


def test_more_examples_begin_with_the_fewer_and_draws_differ(lm):
    many = [Item(f"The {i}", 0, (" cat", " mat")) for i in range(12)]
    found = after_examples(lm, many, Prompting((1, 4, 8), draws=3, seed=1))
    prompts = {(one.shots, one.draw, one.number): one.prompt.split("\n\n")[:-1] for one in found.trials}
    for draw, number in itertools.product(range(3), range(12)):
        one, four, eight = (prompts[shots, draw, number] for shots in (1, 4, 8))
        assert one == four[:1]
        assert four == eight[:4]
    for number in range(12):
        assert len({tuple(prompts[8, draw, number]) for draw in range(3)}) == 3
    again = after_examples(lm, many, Prompting((1, 4, 8), draws=3, seed=1))
    other = after_examples(lm, many, Prompting((1, 4, 8), draws=3, seed=2))
    assert again.document() == found.document()
    assert [one.prompt for one in other.trials] != [one.prompt for one in found.trials]


def test_the_share_right_is_that_of_plain_torch_on_the_prompts_themselves(found, lm, total):
    rights = {}
    for trial, record in zip(found.trials, found.records(), strict=True):
        item = QUESTIONS[trial.number]
        spaced = " " if trial.number == 2 and trial.template == "{prompt}" else ""
        best = max(item.offered, key=lambda choice, t=trial, s=spaced: total(t.prompt + s + choice, 0))
        assert (record["picked"], record["answer"], record["right"]) == (best, item.truth, best == item.truth)
        rights.setdefault((trial.template, trial.shots), []).append(best == item.truth)
    points = {(one["template"], one["shots"]): one for one in found.document()["points"]}
    assert {key: one["share"] for key, one in points.items()} == {key: np.mean(all_) for key, all_ in rights.items()}
    for key, one in points.items():
        assert one["draws"] == (2 if key[1] else 1)
        by_draw = np.reshape(rights[key], (one["draws"], 4)).mean(axis=1)
        assert (one["worst_draw"], one["best_draw"]) == (by_draw.min(), by_draw.max())
    assert found.values() == [repr(one["share"]) for one in points.values()]


def test_intervals_come_from_drawing_questions_and_draws_again_the_same_for_all(found):
    draws, questions = resampling.crossed(2, 4, 4)
    changes = np.zeros(resampling.RESAMPLES)
    for point in found.points:
        drawn = np.zeros(resampling.RESAMPLES)
        for row, column in itertools.product(range(len(point.table)), range(4)):
            weight = draws[:, row] if point.shots else 1.0
            drawn += weight * questions[:, column] * point.table[row, column]
        assert point.interval == pytest.approx(resampling.interval(point.share, drawn, 4, point.table.size))
        changes += {0: -drawn / 2, 1: 0, 3: drawn / 2}[point.shots]
    share = {shots: np.mean([one.share for one in found.points if one.shots == shots]) for shots in (0, 3)}
    change, low, high = found.change
    assert change == pytest.approx(share[3] - share[0])
    assert (low, high) == pytest.approx(tuple(np.percentile(changes, [2.5, 97.5])))


def test_what_chance_may_have_made_is_called_so_and_wordings_are_compared(found):
    first, last = ([one.share for one in found.points if one.shots == shots] for shots in (0, 3))
    _, low, high = found.change
    said = found.views()[0].conclusion
    assert said.startswith(
        f"Over 2 wordings {np.mean(first):.1%} are right without examples, {np.mean(last):.1%} with 3 examples: "
    )
    assert (", which chance alone may make" in said) == (low <= 0 <= high)
    assert f"from the worst wording to the best: {100 * np.ptp(first):.1f} without examples" in said


def test_wordings_may_be_compared_without_examples(lm):
    found = after_examples(lm, QUESTIONS, Prompting(templates=TEMPLATES))
    assert {one["shots"] for one in found.records()} == {0}
    assert "change" not in found.document()
    assert len(found.views()[0].rows) == 2


@given(st.integers(2, 30), st.integers(1, 6), st.integers(0, 99))
def test_a_draw_is_an_order_of_all_questions(questions, draws, seed):
    orders = Prompting((1,), draws=draws, seed=seed).orders(questions)
    assert [sorted(order) for order in orders] == [list(range(questions))] * draws
    assert orders == Prompting((0, 1), TEMPLATES, draws, seed).orders(questions)


@pytest.mark.parametrize(
    ("prompting", "expected"),
    [
        (Prompting((0, 4)), "4 questions leave 3 for examples, not 4"),
        (Prompting((-1, 2)), "go from 0 up"),
        (Prompting(()), "go from 0 up"),
        (Prompting((1,), draws=0), "1 draw at least"),
        (Prompting((1,), seed=-1), "a seed from 0 up"),
        (Prompting((1,), ("{question}",)), "has no {prompt}"),
        (Prompting((1,), ("{prompt}",) * 2), "given twice"),
        (Prompting((1,), ("the " * 300 + "{prompt}",)), "with 1 example a prompt has .* tokens; tiny reads 255"),
    ],
)
def test_what_cannot_be_asked_is_an_error(lm, prompting, expected):
    with pytest.raises(MisuseError, match=expected):
        after_examples(lm, QUESTIONS, prompting)
