"""The reference is what --help says, and holds every verb."""

import reference

from llmlab.cli import SECTIONS


def test_the_reference_is_what_help_says():
    assert reference.FILE.read_text(encoding="utf-8") == reference.written(), "run: python tests/reference.py"


def test_every_verb_has_a_heading():
    headings = [line[4:] for line in reference.written().splitlines() if line.startswith("### ")]
    assert {heading.split()[0] for heading in headings} == {verb for names in SECTIONS.values() for verb in names}
    assert {"space build", "space eval", "models prepare"} <= set(headings)
    assert len(headings) == len(set(headings))
