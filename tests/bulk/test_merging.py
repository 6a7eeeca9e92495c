"""Parts of one work are whole together, or it is said what is missing and whose it is."""

import json
import os
import random
import resource

import pytest

from llmlab.bulk.merging import merge
from llmlab.errors import LabError, MisuseError

ORIGIN = {"model": "m", "revision": "1", "engine": "torch", "library": "l", "dtype": "float32", "bos": None}
ITEMS = 1000


def record(item, items=ITEMS, wanted=1, **more):
    base = {"item": item, "items": items, "item_records": wanted, "sentence_good": f"good {item}"}
    base |= {"sentence_bad": "bad", "group": "", "logprob_good_nats": -1.0, "logprob_bad_nats": -2.0}
    return {**base, "margin_nats": 1.0, "right": True, **ORIGIN, **more}


@pytest.fixture
def write(tmp_path):
    def write(name, records):
        path = tmp_path / name
        path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
        return path

    return write


@pytest.fixture
def shards(write):
    """Three parts of a work, without some inputs."""

    def shards(*without, wanted=1):
        own = [[item for item in range(index, ITEMS + 1, 3) if item not in without] for index in (1, 2, 3)]
        return [
            write(f"part{number}", [record(item, wanted=wanted, text=n) for item in items for n in range(wanted)])
            for number, items in enumerate(own, 1)
        ]

    return shards


@pytest.mark.parametrize("wanted", [1, 3])
def test_merged_parts_are_in_the_order_of_their_inputs_whatever_the_order_of_the_parts(shards, wanted):
    parts = shards(wanted=wanted)
    random.Random(1).shuffle(parts)
    merged = merge(parts)
    found = [json.loads(line) for line in merged.each()]
    assert [one["item"] for one in found] == [item for item in range(1, ITEMS + 1) for _ in range(wanted)]
    assert [one["text"] for one in found] == list(range(wanted)) * ITEMS
    assert (merged.items, merged.records) == (ITEMS, wanted * ITEMS)
    assert merged.statement == f"1,000 inputs, {wanted},000 records: none is lost or doubled"


def test_one_is_said_as_one(write):
    assert merge([write("one", [record(1, 1)])]).statement == "1 input, 1 record: none is lost or doubled"


def test_the_progress_of_reading_is_in_mib_of_all_parts(write):
    parts = [write(f"{n}", [record(n, 3, text="x" * 2**20)]) for n in (1, 2, 3)]
    told = []
    merge(parts, lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_more_parts_than_a_process_may_open(write):
    items = 300
    parts = [write(f"part{item}", [record(item, items)]) for item in range(1, 301)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 150, hard))  # tests before hold some open
    try:
        found = [json.loads(line)["item"] for line in merge(parts[::-1]).each()]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert found == list(range(1, items + 1))


def test_what_is_not_in_order_inside_a_part_is_put_in_order(write):
    items = list(range(1, ITEMS + 1))
    random.Random(2).shuffle(items)
    found = [json.loads(line)["item"] for line in merge([write("all", map(record, items))]).each()]
    assert found == list(range(1, ITEMS + 1))


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ([2], "1 of 1,000 inputs is missing: 2 of shard 2/3, {part2}"),
        ([1, 1000], "2 of 1,000 inputs are missing: 1, 1,000 of shard 1/3, {part1}"),
        ([3, 4], "2 of 1,000 inputs are missing: 4 of shard 1/3, {part1}; 3 of shard 3/3, {part3}"),
        (range(2, 30, 3), "10 of 1,000 inputs are missing: 2, 5, 8, 11, 14 ... (10 in all) of shard 2/3, {part2}"),
    ],
)
def test_missing_inputs_are_named_with_their_shard_and_file(shards, without, said):
    parts = shards(*without)
    with pytest.raises(LabError) as error:
        merge(parts[::-1])
    assert error.value.message == said.format(**{path.name: path for path in parts})
    assert error.value.exit_code == 1


def test_a_part_that_is_not_given_is_told_by_its_shard(shards):
    first, _, third = shards()
    with pytest.raises(LabError, match=r"333 of 1,000 .* 2, 5, 8, 11, 14 \.\.\. \(333 in all\) of shard 2/3, no part"):
        merge([first, third])


def test_missing_inputs_of_one_file_have_no_shard(write):
    path = write("all", [record(item) for item in range(1, ITEMS + 1) if item not in (7, 8)])
    with pytest.raises(LabError) as error:
        merge([path])
    assert error.value.message == "2 of 1,000 inputs are missing: 7, 8"


def test_an_input_that_lacks_some_of_its_records_is_missing(write):
    whole = [record(item, 3, 2, text=n) for item in (1, 2, 3) for n in (0, 1)]
    with pytest.raises(LabError, match="1 of 3 inputs is missing: 2"):
        merge([write("all", whole[:2] + whole[3:])])


@pytest.mark.parametrize("again", [[5], [5, 8]])
def test_an_input_that_is_there_twice_is_named(shards, write, again):
    parts = [*shards(), write("more", map(record, again))]
    with pytest.raises(LabError) as error:
        merge(parts)
    assert error.value.message == f"input 5 is there twice: {parts[1]}, {parts[3]}"
    doubled = write("doubled", [record(1, 2), record(1, 2), record(2, 2)])
    with pytest.raises(LabError, match=f"input 1 is there twice: {doubled}$"):
        merge([doubled])


def test_parts_of_other_numbers_of_shards_are_told_by_them(write):
    cut = [write(f"{i} of {n}", map(record, range(i, ITEMS + 1, n))) for i, n in ((1, 3), (2, 4), (3, 3))]
    with pytest.raises(LabError) as error:
        merge(cut)
    assert error.value.message == f"input 6 is there twice: {cut[1]} is shard 2/4, {cut[2]} is shard 3/3"
    assert error.value.hint == "give all parts the same N of --shard I/N"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (record(2, 3), "other was made of 3 inputs, {one} of 2 inputs"),
        (record(2, None), "other was made of inputs that nobody has counted, of a pipe, {one} of 2 inputs"),
        (record(2, 2, bos="<s>"), "other was made with bos '<s>', {one} with none"),
        (record(2, 2, model="n"), "other was made with model 'n', {one} with 'm'"),
        (record(2, 2, dtype="F16"), "other was made with dtype 'F16', {one} with 'float32'"),
        (record(3, 2), "other holds input 3 of 2"),
        ({"my": "config"}, "other line 1 is no pair"),
        ([], "other line 1 is no record of --out"),
        (record(2, 2, right="yes"), "other line 1 is no whole record of --out"),
    ],
)
def test_parts_of_another_work_are_refused(write, other, said):
    one, two = write("one", [record(1, 2)]), write("other", [other])
    with pytest.raises(MisuseError) as error:
        merge([one, two])
    assert error.value.message.endswith(said.format(one=one))


def test_what_is_no_part_is_refused(write, tmp_path):
    whole = write("one", [record(1, 1)])
    cut = tmp_path / "cut"
    cut.write_bytes(whole.read_bytes() + whole.read_bytes()[:50])
    text = tmp_path / "text"
    text.write_text("The inputs themselves.\n", encoding="utf-8")
    for parts, said in (
        ([whole, whole], "a part is named twice"),
        ([write("empty", [])], "the parts hold no records"),
        ([write("mine", [{"my": "config"}])], "mine line 1 is no record of --out"),
        ([write("piped", [record(1, None)])], "piped is of a pipe: how many inputs there were nobody knows"),
        ([cut], "cut line 2 is no whole record of --out"),
        ([text], "text line 1 is no record of --out"),
        ([whole, text], "text line 1 is no record of --out"),
        ([tmp_path / "nowhere"], "cannot read"),
        ([tmp_path], "cannot read"),
    ):
        with pytest.raises(MisuseError, match=said):
            merge(parts)
