"""What is known of many lines is on disk: memory stays the same."""

import resource

import pytest

from llmlab.errors import LabError
from llmlab.files.on_disk import Database, FirstWith, Places, SeenTexts

MANY = 200_000


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def test_places_of_a_key_come_in_the_order_of_the_file():
    places = Places([("b", 7, 2), ("a", 0, 3), (5, 20, 1), ("b", 3, 4), ("5", 9, 1)])
    assert list(places.of("b")) == [(3, 4), (7, 2)]
    assert (list(places.of("a")), list(places.of(5)), list(places.of("c"))) == ([(0, 3)], [(20, 1)], [])


def test_a_text_is_met_for_the_first_time_once():
    seen = SeenTexts()
    assert list(map(seen.add, ["a", "b", "a", "", "A", "", "今天", "今天", "\ud800"])) == [
        *(True, True, False, True, True),
        *(False, True, False, True),
    ]


def test_the_first_word_with_a_key_is_remembered():
    firsts = FirstWith()
    given = [("1", "cat"), ("2", "dog"), ("1", "Cat"), ("2", "dog"), ("1", "CAT")]
    assert [firsts.add(*one) for one in given] == ["cat", "dog", "cat", "dog", "cat"]


def test_many_lines_take_no_more_memory_than_few():
    seen = SeenTexts()
    places = Places((f"key {n}", n, 1) for n in range(1000))
    before = peak_mib()
    assert all(seen.add(f"text {n}") for n in range(MANY))
    places = Places((f"key {n}", n, 1) for n in range(MANY))
    assert list(places.of(f"key {MANY - 1}")) == [(MANY - 1, 1)]
    assert peak_mib() < before + 12  # MANY strings held would be more than 25


def test_a_full_disk_is_told():
    found = Database("CREATE TABLE texts (text)", "PRAGMA max_page_count = 5")  # 20 KiB
    with pytest.raises(LabError, match="cannot write a temporary file: database or disk is full") as error:
        found.fill("INSERT INTO texts VALUES (?)", ((f"{n}{'a' * 1000}",) for n in range(100)))
    assert error.value.exit_code == 1
