"""The vocabulary by its bytes, against looking at every token."""

import codecs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmlab.backends.spellings import INVALID, UNFINISHED, Spellings

PIECES = st.lists(
    st.one_of(st.none(), st.binary(max_size=5), st.text("ab 很好😀é", max_size=3).map(str.encode)), max_size=40
)


@given(PIECES, st.binary(max_size=3))
def test_the_tokens_that_begin_alike_are_found_among_all(pieces, prefix):
    spellings = Spellings.of(pieces)
    wanted = {token for token, piece in enumerate(pieces) if piece and piece.startswith(prefix)}
    places = spellings.within(prefix)
    assert set(spellings.ids[places.start : places.stop].tolist()) == wanted
    exact = spellings.exact(prefix)
    same = [token for token, piece in enumerate(pieces) if piece and piece == prefix]
    assert spellings.ids[exact.start : exact.stop].tolist() == same
    assert set(spellings.silent(len(pieces)).tolist()) == {i for i, piece in enumerate(pieces) if not piece}


@given(PIECES, st.text("ab 很好", min_size=1, max_size=4).map(str.encode))
def test_along_a_text_stand_the_tokens_that_spell_its_beginnings(pieces, text):
    spellings = Spellings.of(pieces)
    spelt = {length: {int(spellings.ids[place]) for place in exact} for length, exact, _ in spellings.along(text)}
    for length in range(1, len(text) + 1):
        wanted = {token for token, piece in enumerate(pieces) if piece == text[:length]}
        assert spelt.get(length, set()) == wanted


def python_says(raw):
    """The first character by Python's own decoder, fed byte by byte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for byte in raw:
            if found := decoder.decode(bytes([byte])):
                return ord(found)
    except UnicodeDecodeError:
        return INVALID
    return UNFINISHED


@given(st.lists(st.binary(min_size=1, max_size=5), min_size=1), st.integers(0, 2))
def test_the_first_character_of_a_token_is_what_pythons_decoder_says(pieces, skip):
    spellings = Spellings.of(pieces)
    heads = spellings.heads(range(len(spellings)), skip)
    for place, head in enumerate(heads.tolist()):
        assert head == python_says(spellings[place][skip:])


@pytest.mark.parametrize("raw", [b"\xc0\x80", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf5", b"\x80"])
def test_what_utf_8_forbids_is_no_character(raw):
    assert Spellings.of([raw]).heads(range(1)).tolist() == [INVALID] == [python_says(raw)]


def test_what_was_saved_is_read_as_it_was(tmp_path):
    one = Spellings.of([b"b", None, b"a", "很好".encode()])
    one.save(tmp_path)
    other = Spellings.load(tmp_path)
    assert list(other) == [b"a", b"b", "很好".encode()]
    np.testing.assert_array_equal(one.ids, other.ids)


def test_every_engine_spells_its_tokens_and_no_control_tokens(engine):
    pieces = engine.spellings()
    assert pieces[:2] == [None, None]
    assert pieces[2:] == [engine.piece(token) for token in range(2, engine.info.vocabulary)]
