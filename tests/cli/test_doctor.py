"""llmlab doctor: what it tells is so, what is missing is named with what mends it, and nothing private is told."""

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hub_server import Hub

from llmlab.backends import llama_library
from llmlab.doctor import store
from llmlab.doctor.report import homeless
from llmlab.render.plot import fonts

ABSENT = '[models.absent]\nsource = "wheel"\nkind = "encoder"\npackage = "no_such_package"\npip = "no-such==1"\n'
ABSENT += 'path = "model"\nrevision = "1"\ndescription = "none"\nlicence = "MIT"\nlanguages = ["en"]\n'


@pytest.fixture
def cache(tmp_path):
    """A cache of its own for each test."""
    return tmp_path / "cache"


@pytest.fixture
def environ(environ):
    """Where every model is there."""
    return {**environ, "LLMLAB_ENCODER": "all-minilm-l6-v2", "LLMLAB_MODEL": "gemma-3-270m"}


@pytest.fixture
def facts(lab):
    """What a line of doctor tells, as {(section, name): (value, mend)}."""

    def facts(line="doctor"):
        done = lab(f"{line} --format json")
        assert (done.code, done.err) == (0, "")
        told = json.loads(done.out)
        assert told["all_well"] == all(one["well"] for one in told["facts"])
        return {(one["section"], one["name"]): (one["value"], one["mend"]) for one in told["facts"]}

    return facts


def test_versions_and_machine_are_those_of_this_process(facts):
    found = {key: value for key, (value, _) in facts().items()}
    assert found["llmlab", "python"] == f"CPython {platform.python_version()}"
    assert found["llmlab", "architecture"] == platform.machine()
    assert found["packages", "numpy"] == importlib.metadata.version("numpy")
    assert found["cores", "affinity"] == len(psutil.Process().cpu_affinity())
    assert found["cores", "machine"] == psutil.cpu_count()
    assert found["memory", "total_mib"] == psutil.virtual_memory().total // 2**20
    assert 0 < found["memory", "free_mib"] <= found["memory", "total_mib"] + psutil.swap_memory().free // 2**20
    assert platform.node() not in (found["llmlab", "system"], *map(str, found.values()))


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="only Linux lists them so")
def test_the_processor_has_what_linux_says_of_it(facts):
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    flags = next((set(line.split()) for line in lines if line.startswith(("flags", "Features"))), set())
    known = {"avx": "avx", "avx2": "avx2", "avx512f": "avx512f", "f16c": "f16c", "fma": "fma", "amx": "amx_tile"}
    known |= {"neon": "asimd", "fp16": "asimdhp", "dotprod": "asimddp", "sve": "sve"}
    value, _ = facts()["processor", "features"]
    assert value
    assert set(value) == {name for name, flag in known.items() if flag in flags}


def test_the_table_begins_with_a_sentence_and_fits_a_screen(lab, environ):
    environ["COLUMNS"] = "80"
    lines = lab("doctor").out.splitlines()
    assert "well" in lines[0]
    begins = [line.split()[0] for line in lines[3:]]
    assert begins[:4] == ["llmlab", "packages", "llama.cpp", "processor"]
    assert len(lines) < 24


def test_a_damaged_folder_is_named_and_what_mends_it(lab, facts, environ, tmp_path):
    vectors = tmp_path / "v.vec"
    vectors.write_text("love 3 1\nhate -1 2\n", encoding="utf-8")
    assert lab(f"space import mine {vectors}").code == 0
    assert facts()["cache", "damaged"] == ([], None)
    assert facts()["spaces", "others"][0] == 1
    words = Path(environ["LLMLAB_CACHE"]) / "spaces" / "mine" / "words.txt"
    words.write_bytes(words.read_bytes()[:-1])
    assert facts()["cache", "damaged"] == (["spaces/mine"], "llmlab cache repair")
    assert "damaged in the cache: spaces/mine (mend it: llmlab cache repair)" in lab("doctor").out


def test_a_model_that_is_not_installed_is_named_with_its_command(lab, environ, tmp_path):
    (tmp_path / "own.toml").write_text(ABSENT, encoding="utf-8")
    environ["LLMLAB_ENCODER"] = "absent"
    done = lab(f"--config {tmp_path / 'own.toml'} doctor -q")
    assert "no-such==1" in done.out
    assert done.code == 0


@pytest.mark.parametrize(
    ("carrier", "mend"),
    [
        (None, 'pip install "llmlab[gguf]"'),
        (llama_library.Carrier(llama_library.WHEEL, Path(), "9.9"), 'pip install "llmlab[gguf]"'),
    ],
)
def test_without_a_llama_cpp_that_can_answer_the_reason_is_told(facts, monkeypatch, carrier, mend):
    monkeypatch.setattr(llama_library, "carrier", lambda: carrier)
    assert facts()["llama.cpp", "package"] == (str(carrier) if carrier else None, mend)


@pytest.mark.skipif(not shutil.which("fc-list"), reason="asks fontconfig")
def test_a_font_with_chinese_letters_is_one_that_fontconfig_lists(facts, monkeypatch):
    listed = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=True).stdout
    value, mend = facts()["fonts", "chinese"]
    assert value in listed if listed else (value, mend) == (None, "apt install fonts-noto-cjk")
    monkeypatch.setattr(fonts, "_files", lambda *_, **__: [])
    assert facts()["fonts", "chinese"] == (None, "apt install fonts-noto-cjk")


def test_a_cache_that_cannot_be_written_matters_only_where_it_is_not_complete(facts, monkeypatch):
    monkeypatch.setattr("llmlab.doctor.store._takes_files", lambda _: False)
    assert facts()["cache", "writable"] == (False, "LLMLAB_CACHE=FOLDER llmlab models prepare")
    monkeypatch.setattr("llmlab.doctor.store._models", lambda _: [])
    monkeypatch.setattr("llmlab.doctor.store._spaces", lambda _: [])
    assert facts()["cache", "writable"] == (False, None)


ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="others have no such places")


@ON_LINUX
@pytest.mark.parametrize("place", ["/proc/cache", "/dev/null/cache"])
def test_a_cache_where_nobody_can_write_is_not_well(facts, environ, place):
    environ["LLMLAB_CACHE"] = place
    assert facts()["cache", "writable"] == (False, "LLMLAB_CACHE=FOLDER llmlab models prepare")


def test_looking_whether_a_cache_is_written_leaves_nothing(facts, environ):
    before = sorted(Path(environ["LLMLAB_CACHE"]).parent.iterdir())
    assert facts()["cache", "writable"] == (True, None)
    assert sorted(Path(environ["LLMLAB_CACHE"]).parent.iterdir()) == before


@ON_LINUX
def test_a_full_disk_takes_no_files(monkeypatch, tmp_path):
    def full(dir):
        return Path("/dev/full").open("wb")

    assert store._takes_files(tmp_path)
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert not store._takes_files(tmp_path)


def test_the_root_is_nobody_s_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/jane")
    assert homeless(Path("/home/jane/.cache/llmlab")) == "~/.cache/llmlab"
    monkeypatch.setenv("HOME", "")
    assert homeless(Path("/home/jane/.cache/llmlab")) == "/home/jane/.cache/llmlab"


@pytest.fixture
def process(environ, tmp_path):
    """What doctor prints as a process of its own, with more in its environment."""

    def process(*options, **more):
        home = tmp_path / "home-of-somebody"
        home.mkdir(exist_ok=True)
        told = {name: value for name, value in environ.items() if name not in ("XDG_CACHE_HOME", "LLMLAB_CACHE")}
        line = [sys.executable, "-m", "llmlab", "doctor", *options]
        done = subprocess.run(
            line, env={**told, "HOME": str(home), **more}, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return process


@pytest.mark.skipif(os.name == "nt", reason="homes are elsewhere")
def test_no_home_no_key_and_no_value_of_a_variable_is_told(process):
    secret = {
        "HF_TOKEN": "hf_1234567",
        "LLMLAB_API_KEY": "sk-1234567",
        "HF_ENDPOINT": "https://user:pw1234567@mirror.example/x",
    }
    for form in ("table", "json"):
        out = process("--format", form, **secret)
        assert "home-of-somebody" not in out
        assert "1234567" not in out
        assert f"~{os.sep}" in out
        assert "mirror.example" in out
        assert all(name in out for name in secret)


def test_the_hub_is_asked_only_with_network(process):
    with Hub({}) as hub:
        out = json.loads(process("--format", "json", HF_ENDPOINT=hub.url))
        assert hub.asked == []
        assert [one["value"] for one in out["facts"] if one["name"] == "reachable"] == [None]
        told = json.loads(process("--network", "--format", "json", HF_ENDPOINT=hub.url))
        assert [one["value"] for one in told["facts"] if one["name"] == "reachable"] == [True]
    gone = process("--network", HF_ENDPOINT=hub.url)
    assert "does not answer within 2 s (mend it: set HTTPS_PROXY, or HF_ENDPOINT for a mirror)" in gone


def test_an_encoding_without_chinese_letters_is_told(process):
    assert "PYTHONIOENCODING=utf-8" in process("-q", PYTHONIOENCODING="latin-1", PYTHONUTF8="0").splitlines()
