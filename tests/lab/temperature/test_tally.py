"""What very many samples come to, against figures by hand."""

import math

from llmlab.lab.temperature.tally import SamplesTally

ORIGIN = {"model": "m", "revision": "1", "engine": "e", "library": "l", "dtype": "d", "bos": "<s>"}


def record(prompt, temperature, bits, tokens, **more):
    return {
        "prompt": prompt,
        "temperature": temperature,
        "logprob_nats": -bits * math.log(2),
        "tokens": tokens,
        **more,
        **ORIGIN,
    }


def test_samples_are_counted_by_temperature():
    records = [record("a", 1.0, 6, 2), record("a", 0.0, 1, 1), record("b", 1.0, 2, 3), record("b", 0.0, 3, 1)]
    (view,) = SamplesTally.of(records).views()
    assert view.conclusion == "4 samples of 2 prompts."
    assert view.rows == [["0", "2", "2.00", "1.0"], ["1", "2", "1.60", "2.5"]]
    assert view.notes == ("m 1, e, d, after <s>",)


def test_right_answers_are_counted_where_some_are_expected():
    records = [record("a", 0.5, 1, 1, right=right) for right in (True, False, True, True)]
    (view,) = SamplesTally.of(records).views()
    assert view.rows[0][4] == "75.0%"
    assert SamplesTally.of(records).values() == ["4"]


def test_samples_of_which_nothing_was_expected_are_not_wrong():
    records = [record("a", 0.5, 1, 1, right=True), record("b", 0.5, 1, 1), record("b", 1.0, 1, 1)]
    (view,) = SamplesTally.of(records).views()
    assert [row[4] for row in view.rows] == ["100.0%", ""]
    assert view.notes[0] == "right: of 1 of 3 samples; of the others nothing was expected"
    assert all(len(row) == len(view.columns) for row in view.rows)
