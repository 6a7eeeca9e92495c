"""A shard takes every N-th input; together the shards take each once."""

import pytest

from llmlab.bulk.shard import WHOLE, Shard
from llmlab.errors import MisuseError


def test_shards_take_each_input_once_and_know_its_number():
    inputs = list("abcdefghij")
    for count in (1, 2, 3, 7, 12):
        taken = {}
        for index in range(1, count + 1):
            shard = Shard.of(f"{index}/{count}")
            own = dict(zip(shard.numbers(), shard.own(iter(inputs)), strict=False))
            assert shard.share(10) == len(own)
            assert not taken.keys() & own.keys()
            assert all((number - 1) % count == index - 1 for number in own)
            taken |= own
        assert [taken[number] for number in sorted(taken)] == inputs


def test_without_a_shard_all_is_taken():
    assert list(WHOLE.own(iter("abc"))) == ["a", "b", "c"]
    assert str(WHOLE) == "1/1"


@pytest.mark.parametrize("text", ["", "3", "0/3", "4/3", "1/0", "1/3/5", "a/b", "-1/3", "1 / 3", "٣/٣"])
def test_what_is_no_part_of_a_whole_is_refused(text):
    with pytest.raises(MisuseError, match="is no I/N"):
        Shard.of(text)
