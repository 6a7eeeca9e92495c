"""Memory that is needed is compared with what is free, before it is taken; what is said holds both figures."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from test_machine import system

from llmlab import machine, memory
from llmlab.backends.llama_memory import Weights
from llmlab.errors import DamagedError, LabError
from llmlab.models import needs

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="ulimit -v is Linux's")
GIB = 2**30
MEMINFO = {"/proc/meminfo": "MemTotal: 16777216 kB\nMemAvailable: 8388608 kB\nSwapFree: 1048576 kB\n"}
V1 = "memory/app/memory."
LIMITS = {
    "the machine alone": ("", {}, 9 * GIB),
    "version 2": ("0::/app\n", {"app/memory.max": f"{4 * GIB}", "app/memory.current": f"{GIB}"}, 3 * GIB),
    "what is cached of files can be taken back": (
        "0::/app\n",
        {
            "app/memory.max": f"{4 * GIB}",
            "app/memory.current": f"{3 * GIB}",
            "app/memory.stat": f"anon 5\nactive_file {GIB}\ninactive_file 1024\nfile 99\n",
        },
        2 * GIB + 1024,
    ),
    "no limit": ("0::/app\n", {"app/memory.max": "max", "app/memory.current": "1"}, 9 * GIB),
    "of the group above": ("0::/app/b\n", {"app/memory.max": f"{GIB}", "app/memory.current": "0"}, GIB),
    "more is used than allowed": ("0::/app\n", {"app/memory.max": "5", "app/memory.current": "7"}, 0),
    "version 1": (
        "4:memory:/app\n0::/\n",
        {
            f"{V1}limit_in_bytes": f"{2 * GIB}",
            f"{V1}usage_in_bytes": f"{GIB}",
            f"{V1}stat": f"inactive_file 0\ntotal_inactive_file {GIB // 2}\n",
        },
        1.5 * GIB,
    ),
    "version 1 without a limit": (
        "4:memory:/app\n",
        {f"{V1}limit_in_bytes": "9223372036854771712", f"{V1}usage_in_bytes": "1"},
        9 * GIB,
    ),
}


@pytest.mark.parametrize(("own", "files", "expected"), LIMITS.values(), ids=LIMITS)
def test_free_is_what_the_machine_and_each_group_leave(own, files, expected, tmp_path):
    root = system(tmp_path, own, **files)
    (root / "proc/meminfo").write_text(*MEMINFO.values())
    assert machine.memory(root) == expected


def test_without_proc_another_library_is_asked(tmp_path):
    psutil = pytest.importorskip("psutil")
    assert 0 < machine.memory(tmp_path) <= psutil.virtual_memory().total + psutil.swap_memory().total


@pytest.fixture
def free(monkeypatch):
    """Pretend that so many bytes of memory and of address space are free."""

    def free(bytes_of_memory=GIB, addresses=float("inf")):
        for module in (memory, needs):
            monkeypatch.setattr(module, "memory" if module is memory else "free_memory", lambda: bytes_of_memory)
        monkeypatch.setattr(memory, "addresses", lambda: addresses)

    return free


def test_what_is_needed_and_what_is_free_are_both_said_with_what_is_smaller(free):
    free(GIB)
    memory.check("it", "shrink it", written=GIB, mapped=99 * GIB)
    with pytest.raises(LabError, match=r"^it needs 1,025 MiB of memory, and 1,024 MiB are free$") as raised:
        memory.check("it", "shrink it", written=GIB + 1)
    assert (raised.value.exit_code, raised.value.hint) == (1, "shrink it")


def test_files_that_are_mapped_count_against_a_limit_of_address_space_alone(free):
    free(GIB, addresses=2 * GIB)
    memory.check("it", "", written=GIB, mapped=GIB)
    with pytest.raises(LabError, match=r"^it needs 2,049 MiB of address space; .* leaves 2,048 MiB") as raised:
        memory.check("it", "shrink it", written=GIB, mapped=GIB + 1)
    assert raised.value.hint == "raise it (ulimit -v), or shrink it"


def test_what_is_small_is_not_looked_at(free):
    free(0, addresses=0)
    memory.check("it", "", written=memory.LEAST - 1)


def weights(folder, dtype, name="model.safetensors"):
    """Of 2^25 numbers, 128 MiB in float32; an integer tensor stays as it is."""
    folder.mkdir(exist_ok=True)
    save_file({"w": np.zeros((2**13, 2**12), dtype), "ids": np.zeros(5, np.int64)}, folder / name)
    return folder


@pytest.mark.parametrize(
    ("stored", "dtype", "mib", "hint"),
    [
        (np.float32, "float32", 0, ""),
        (np.float16, "float16", 0, ""),
        (np.float16, "float32", 128, "use --dtype bfloat16, or give a smaller model"),
        (np.float32, "bfloat16", 64, "give a smaller model"),
    ],
)
def test_torch_needs_room_for_weights_in_other_numbers_than_they_lie_in(stored, dtype, mib, hint, free, tmp_path):
    folder = weights(tmp_path, stored)
    (folder / "consolidated.safetensors").write_bytes((folder / "model.safetensors").read_bytes())  # not read
    free(mib * 2**20)
    needs.of_torch(folder, "it", dtype)
    free(mib * 2**20 - 1)
    if mib:
        with pytest.raises(LabError, match=rf"^it needs {mib} MiB of memory, and {mib - 1} MiB are free$") as raised:
            needs.of_torch(folder, "it", dtype)
        assert raised.value.hint == hint


def test_weights_in_several_files_are_added(free, tmp_path):
    names = ["one.safetensors", "two.safetensors"]
    for name in names:
        weights(tmp_path, np.float16, name)
    listed = {"weight_map": {"a": names[0], "b": names[1], "c": names[1], "d": "absent.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(listed))
    free(0)
    with pytest.raises(LabError, match="it needs 256 MiB"):
        needs.of_torch(tmp_path, "it", "float32")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff" * 20, (9).to_bytes(8, "little") + b"[1, 2, 3]", (12).to_bytes(8, "little") + b'{"w": {"a"}}'],
)
def test_damaged_weights_are_left_to_their_reader(content, free, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(content)
    free(0)
    needs.of_torch(tmp_path, "it", "float32")


def test_a_model_larger_than_memory_is_said_to_be_slow(free, gguf_file, ear):
    free(gguf_file.stat().st_size)
    needs.of_gguf(gguf_file, "it", ear)
    assert not ear.heard
    free(gguf_file.stat().st_size - 1)
    needs.of_gguf(gguf_file, "it", ear)
    (said,) = ear.heard
    assert said.endswith("MiB of memory are free: it is read from disk for each token")


def under(mib, *arguments):
    """Run llmlab with a limit of address space, and nothing of this process's own cache."""
    import resource

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (mib * 2**20, mib * 2**20))

    return subprocess.run(
        [sys.executable, "-m", "llmlab", *arguments], capture_output=True, text=True, check=False, preexec_fn=limit
    )


@ON_LINUX
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_folder_of_123_gb_under_a_limit_is_one_line(dtype, tmp_path, lm_folder):
    for path in lm_folder.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    count = 123 * 10**9 // 2
    header = json.dumps({"w": {"dtype": "BF16", "shape": [count], "data_offsets": [0, 2 * count]}}).encode()
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + 2 * count)
    done = under(4000, "prob", "Hi", "--model", str(tmp_path), "--dtype", dtype)
    assert (done.returncode, done.stdout) == (1, "")
    needed = "117,302 MiB of address space" if dtype == "bfloat16" else "234,604 MiB of memory"
    assert f" needs {needed}" in done.stderr
    assert done.stderr.count("\n") == 1


@ON_LINUX
def test_a_gguf_file_of_123_gb_under_a_limit_is_one_line(tmp_path, gguf_file):
    path = tmp_path / "large.gguf"
    path.write_bytes(gguf_file.read_bytes())
    os.truncate(path, 123 * 10**9)
    done = under(4000, "prob", "Hi", "--model", str(path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("llmlab: large.gguf needs 117,302 MiB of address space; the limit")
    assert done.stderr.count("\n") == 1


def allocated():
    return torch.empty(2**50)


def mapped():
    return np.empty(2**55)


@pytest.mark.parametrize("take", [allocated, mapped, lambda: bytearray(2**62), lambda: exec("raise OSError(12, 'no')")])
def test_every_library_s_lack_of_memory_is_known_as_one(take):
    with pytest.raises((MemoryError, RuntimeError, OSError)) as raised:
        take()
    assert memory.lacking(raised.value)
    assert not memory.lacking(RuntimeError("shapes differ"))
    assert not memory.lacking(FileNotFoundError(2, "No such file"))


UNMAPPED = ImportError("libx.so: failed to map segment from shared object")


def test_threads_and_libraries_that_find_no_room_lack_memory(free):
    assert memory.lacking(RuntimeError("can't start new thread"))
    assert memory.lacking(ImportError("libx.so: cannot open: Cannot allocate memory"))
    assert memory.lacking(OSError("libx.so: cannot open: Cannot allocate memory"))
    assert not memory.lacking(UNMAPPED)  # a folder from which nothing may be run
    free(GIB, addresses=GIB)
    assert memory.lacking(UNMAPPED)


@ON_LINUX
@pytest.mark.parametrize("mib", [150, 180])
def test_libraries_that_are_not_mapped_under_a_limit_are_one_line_that_names_it(mib):
    done = under(mib, "neighbors", "love")
    assert (done.returncode, done.stdout) == (1, "")
    assert "address space" in done.stderr
    assert "ulimit -v" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_library_is_asked_for_with_what_its_threads_take(free):
    free(GIB, addresses=memory.floor("faiss", 1) * 2**20)
    memory.Floors(1).find_spec("faiss")
    memory.Floors(9).find_spec("json")
    with pytest.raises(LabError, match=r"^faiss needs 695 MiB of address space; .* leaves 235 MiB$") as raised:
        memory.Floors(2).find_spec("faiss")
    assert raised.value.hint == "raise it (ulimit -v), or set OMP_NUM_THREADS=1"
    free(GIB, addresses=GIB // 8)
    with pytest.raises(LabError) as raised:
        memory.Floors(2).find_spec("faiss")
    assert raised.value.hint == "raise it (ulimit -v)"


def test_without_a_limit_no_import_is_watched(free, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", [])
    free(GIB)
    memory.guard(2)
    assert sys.meta_path == []
    free(GIB, addresses=GIB)
    memory.guard(2)
    assert [type(one) for one in sys.meta_path] == [memory.Floors]


def test_what_llama_cpp_cannot_read_under_a_limit_may_lack_addresses(free, tmp_path, gguf_file):
    path = tmp_path / "cut.gguf"
    path.write_bytes(gguf_file.read_bytes()[:9000])
    with pytest.raises(DamagedError, match="cannot read") as raised:
        Weights(path)
    assert raised.value.hint == "is it a whole GGUF language model?"
    free(GIB, addresses=GIB)
    with pytest.raises(DamagedError, match="cannot read") as raised:
        Weights(path)
    assert raised.value.hint == "raise the limit of address space (ulimit -v), or give a whole GGUF language model"
    assert memory.hint("wait") == "raise the limit of address space (ulimit -v), or wait"


def test_without_a_limit_a_hint_is_what_it_was(free):
    free(GIB)
    assert (memory.hint("wait"), memory.hint("wait", "look")) == ("wait", "look")
