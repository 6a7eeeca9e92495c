"""What is published: the sdist and the wheel made from it, tried in an environment and a folder of their own."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import llmlab

ROOT = Path(__file__).parents[1]
NAME = f"llmlab-{llmlab.__version__}"
HELD = {".py", ".css", ".html", ".js", ".tcss"}  # code, and what it fills in
PRIVATE = (".venv", ".git/", ".ci", "dist/", "__pycache__")


def run(*line: object, **options) -> str:
    done = subprocess.run(list(map(str, line)), capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """The folder of both; the wheel is built from the sdist, as an index's users would."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def installed(dist, tmp_path_factory):
    """The commands of an environment that has the wheel, and the other packages from this one."""
    folder = tmp_path_factory.mktemp("trial") / "environment"
    venv.create(folder, with_pip=False)
    inside = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", vars=inside))
    wheel = dist / f"{NAME}-py3-none-any.whl"
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", packages, wheel)
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")  # its own .pth files are not read there
    return Path(sysconfig.get_path("scripts", vars=inside))


def test_an_index_would_take_them(dist):
    files = sorted(dist.iterdir())
    assert [file.name for file in files] == [f"{NAME}-py3-none-any.whl", f"{NAME}.tar.gz"]
    assert run(sys.executable, "-m", "twine", "check", "--strict", *files).count("PASSED") == 2


def test_the_wheel_holds_the_package_its_settings_and_lessons_and_no_more(dist):
    names = zipfile.ZipFile(dist / f"{NAME}-py3-none-any.whl").namelist()
    held = [file for file in (ROOT / "llmlab").rglob("*") if file.suffix in HELD]
    kept = {"/".join(file.relative_to(ROOT).parts) for file in held}
    kept |= {f"llmlab/{file.relative_to(ROOT)}" for file in (ROOT / "configs").rglob("*") if file.is_file()}
    assert {"llmlab/render/page/page.html", "llmlab/explore/screen.tcss"} <= kept
    own = {"llmlab/py.typed", "llmlab/cli/ruff.toml"}
    assert {name for name in names if not name.startswith(f"{NAME}.dist-info/")} == kept | own


def test_the_sdist_holds_what_tests_need_and_nothing_of_this_machine(dist):
    with tarfile.open(dist / f"{NAME}.tar.gz") as file:
        names = file.getnames()
    needed = ("Makefile", "README.zh.md", "tests/conftest.py", "configs/llmlab.toml")
    assert {f"{NAME}/{name}" for name in needed} <= {*names}
    assert not [name for name in names if any(part in name for part in PRIVATE)]


@pytest.mark.models
@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("prob cat xxyy", "cat"),
        ("generate --temperature 0", "Paris"),
        ("embed cat dog", "384"),
        ("neighbors love", "loves"),
        ("neighbors love --plot x.html", "loves"),
        ("lesson", "lessons are done"),
    ],
)
def test_the_commands_run_from_an_empty_folder(installed, tmp_path, line, says):
    own = {"cwd": tmp_path, "env": {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}}
    python = installed / "python"
    assert installed.parent.name in run(python, "-c", "import llmlab; print(llmlab.__file__)", **own)
    assert says in run(python, "-m", "llmlab", *line.split(), **own)
