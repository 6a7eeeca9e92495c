"""Broken files of every kind: a reader reads them or refuses them in one line, whatever stands in them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import soak
from fuzz.readers import READERS, survives
from fuzz.seeds import seeds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CORPUS = Path(__file__).parent / "corpus"  # what has once surprised a reader; `python tests/fuzz/run.py` adds to it
SPLICES = (
    b"\x00",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"999999999999",
    b"-1",
    b"nan",
    b"1e999",
    b"\n",
    b"\t",
    b'"',
    b"[" * 99,
)


@st.composite
def broken(draw, name):
    """A valid file with a few of its bytes lost, doubled, changed, or others between them."""
    content = draw(st.sampled_from(seeds()[name]))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        stop = min(len(content), start + draw(st.integers(0, 9)))
        new = draw(st.sampled_from(["cut", "end", "twice", "splice", "bytes"]))
        part = {"cut": b"", "end": b"", "twice": content[start:stop] * 2}.get(new)
        if part is None:
            part = draw(st.sampled_from(SPLICES) if new == "splice" else st.binary(min_size=1, max_size=8))
        content = content[:start] + part + (b"" if new == "end" else content[stop:])
    return content


@pytest.mark.parametrize("name", READERS)
def test_what_a_library_wrote_is_read(name, tmp_path):
    assert any(survives(name, content, tmp_path) for content in seeds()[name])


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name[:8]}")
def test_what_has_surprised_a_reader_once_does_not_again(path, tmp_path):
    survives(path.parent.name, path.read_bytes(), tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("name", READERS)
def test_a_broken_file_is_read_or_refused(name):
    @given(broken(name))
    @settings(max_examples=soak.times(2000), derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    def asked(content):
        with TemporaryDirectory() as folder:
            survives(name, content, Path(folder))

    asked()


def test_every_reader_has_seeds():
    assert set(seeds()) == set(READERS)
    assert {path.name for path in CORPUS.iterdir()} <= set(READERS)
