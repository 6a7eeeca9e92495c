"""The versions of packages, read without importing one: the same as importlib.metadata reads."""

import importlib.metadata
import platform

import llmlab
from llmlab.versions import ENGINES, versions


def test_every_installed_package_has_the_version_that_importlib_reads():
    told = {}
    for one in importlib.metadata.distributions():
        told.setdefault(one.metadata["Name"], one.version)
    assert len(told) > 20
    assert versions(sorted(told)) == {name: told[name] for name in sorted(told)}


def test_names_are_read_however_they_are_written_and_the_first_folder_hides_others(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (
        "first/Some_Thing-1.2+cpu.dist-info",
        "second/some.thing-9.dist-info",
        "second/old-3.4-py3.11.egg-info",
    ):
        (tmp_path / folder).mkdir(parents=True)
    found = versions(["some-thing", "OLD", "absent"], [str(first), str(second), str(tmp_path / "none")])
    assert found == {"some-thing": "1.2+cpu", "OLD": "3.4"}


def test_the_first_line_is_for_scripts_and_below_it_stand_the_engines(run):
    done = run("--version")
    assert (done.code, done.err) == (0, "")
    first, second, *rest = done.out.splitlines()
    assert (first, second) == (f"llmlab {llmlab.__version__}", f"Python {platform.python_version()}")
    assert dict(line.split() for line in rest) == versions(ENGINES)
