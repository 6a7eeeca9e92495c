"""What the machine gives, by control groups as systems and containers lay them out."""

import os
import subprocess
import sys

import psutil
import pytest

from llmlab import machine

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="control groups are Linux's")


def system(root, own, **files):
    """A system whose process is in the groups of `own`, with files of /sys/fs/cgroup."""
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(own)
    for name, text in files.items():
        path = root / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


V1, V2 = "cpu/app/cpu.cfs_quota_us", "app/cpu.max"
PERIOD = {"cpu/app/cpu.cfs_period_us": "100000\n"}
QUOTAS = {
    "no group": ("", {}, 16),
    "version 2": ("0::/app\n", {V2: "250000 100000\n"}, 3),
    "version 2 without a limit": ("0::/app\n", {V2: "max 100000\n"}, 16),
    "of the group above": ("0::/app/b\n", {V2: "200000 100000\n", "app/b/cpu.max": "max 100000\n"}, 2),
    "less than a core": ("0::/app\n", {V2: "50000 100000\n"}, 1),
    "more than the machine": ("0::/app\n", {V2: "9900000 100000\n"}, 16),
    "version 1": ("4:cpu,cpuacct:/app\n0::/\n", {V1: "400000\n", **PERIOD}, 4),
    "version 1 without a limit": ("4:cpu:/app\n", {V1: "-1\n", **PERIOD}, 16),
    "in a container, whose path is hidden": ("0::/docker/1f\n", {"cpu.max": "200000 100000\n"}, 2),
    "both versions": ("1:name=systemd:/\n0::/app\n", {f"unified/{V2}": "100000 100000\n"}, 1),
    "another controller": ("4:memory:/app\n", {V1: "100000\n", **PERIOD}, 16),
}


@pytest.mark.parametrize(("own", "files", "expected"), QUOTAS.values(), ids=QUOTAS)
def test_cores_are_those_of_the_system_and_of_each_group_s_quota(own, files, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "allowed", lambda: 16)
    assert machine.cores(system(tmp_path, own, **files)) == expected


@ON_LINUX
def test_a_process_that_is_bound_to_one_core_has_one():
    bound = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])"
    code = f"{bound}; from llmlab.machine import cores; print(cores())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "1\n"


def test_this_process_has_no_more_cores_than_the_machine():
    assert 1 <= machine.cores() <= (os.cpu_count() or 1)


MEMORY = {
    "none": ("0::/app\n", {"app/memory.max": "max\n"}, float("inf")),
    "version 2": ("0::/app\n", {"app/memory.max": "1000\n"}, 1000),
    "the least of two": ("0::/app/b\n", {"app/memory.max": "900\n", "app/b/memory.max": "1000\n"}, 900),
    "version 1": ("4:memory:/app\n", {"memory/app/memory.limit_in_bytes": "800\n"}, 800),
}


@pytest.mark.parametrize(("own", "files", "expected"), MEMORY.values(), ids=MEMORY)
def test_a_limit_of_memory_is_the_least_of_the_groups(own, files, expected, tmp_path):
    assert machine.limit(system(tmp_path, own, **files)) == expected


def test_the_machine_has_the_memory_that_psutil_says():
    assert machine.total() == pytest.approx(psutil.virtual_memory().total, rel=1e-3)


def test_where_linux_tells_nothing_psutil_is_asked(tmp_path):
    assert machine.total(tmp_path) == psutil.virtual_memory().total


@ON_LINUX
def test_addresses_are_what_a_limit_leaves():
    limited = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); import psutil"
    code = f"{limited}; from llmlab.machine import addresses; print(addresses() + psutil.Process().memory_info().vms)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert float(told) == pytest.approx(2**30, abs=2**20)


def test_without_a_limit_or_linux_s_files_addresses_are_boundless(tmp_path):
    assert machine.addresses(tmp_path) == float("inf")
    system(tmp_path, "")
    (tmp_path / "proc/self/statm").write_text("25 1 1 1 0 1 0\n")
    limits = tmp_path / "proc/self/limits"
    limits.write_text("Max address space         unlimited            unlimited            bytes\n")
    assert machine.addresses(tmp_path) == float("inf")
    limits.write_text("Max address space         500000               unlimited            bytes\n")
    assert machine.addresses(tmp_path) == 500000 - 25 * os.sysconf("SC_PAGE_SIZE")
