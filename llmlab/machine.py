"""What this process may use of the machine: cores and memory, as the system, its control groups and limits allow.

Control groups are read where systems and containers mount them: those of version 2 at /sys/fs/cgroup or in its folder
`unified`, those of version 1 in a folder a controller. The limits of each group above the process's own hold too.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")


def cores(root: Path = ROOT) -> int:
    """How many cores this process may use; part of a core of a group's quota counts as one."""
    quota = min(map(_quota, _groups("cpu", root)), default=math.inf)
    return max(1, math.ceil(min(allowed(), quota)))


def allowed() -> int:
    """How many cores the system schedules this process on, whatever its groups say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _quota(group: Path) -> float:
    """Cores that a group may use at once; inf where it has no limit."""
    quota, period = _read(group / "cpu.max").split() or (
        _read(group / "cpu.cfs_quota_us"),
        _read(group / "cpu.cfs_period_us"),
    )
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else math.inf


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """The folders of the groups that limit this process, its own first; none on other systems than Linux.

    Where a container shows another path than its own, only what is mounted there is found, which is its own group.
    """
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        for folder in (controller,) if controllers else (".", "unified"):
            top = root / "sys/fs/cgroup" / folder
            own = top / path.lstrip("/")
            yield from (group for group in (own, *own.parents) if group.is_relative_to(top))


def _read(path: Path) -> str:
    """A file of the system's; nothing where there is none."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def total(root: Path = ROOT) -> float:
    """Bytes of memory that the machine has, swap aside."""
    told = dict(line.split(":") for line in _read(root / "proc/meminfo").splitlines())
    if "MemTotal" in told:
        return int(told["MemTotal"].split()[0]) * 1024
    import psutil

    return float(psutil.virtual_memory().total)


def limit(root: Path = ROOT) -> float:
    """Bytes that the groups of this process may hold at most; inf where none has a limit."""
    names = ("memory.max", "memory.limit_in_bytes")
    told = [_read(group / name) for group in _groups("memory", root) for name in names]
    return min((int(one) for one in told if one.isdecimal()), default=math.inf)


def memory(root: Path = ROOT) -> float:
    """Bytes of memory that this process can still be given: free ones of the machine, and of each group's limit.

    What files are cached in can be taken back, and swap can be given, so both count as free.
    """
    return min(_of_machine(root), *map(_of_group, _groups("memory", root)), math.inf)


def _of_machine(root: Path) -> float:
    """Linux's own estimate (MemAvailable in Documentation/filesystems/proc.rst), elsewhere psutil's, with swap."""
    told = dict(line.split(":") for line in _read(root / "proc/meminfo").splitlines())
    if "MemAvailable" in told:
        return sum(int(told[name].split()[0]) * 1024 for name in ("MemAvailable", "SwapFree"))
    import psutil

    return float(psutil.virtual_memory().available + psutil.swap_memory().free)


def _of_group(group: Path) -> float:
    """What a group's limit leaves, swap aside; inf where it has none."""
    for most, now in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
        limit, used = _read(group / most), _read(group / now)
        if limit.isdecimal() and used.isdecimal():
            told = dict(line.split() for line in _read(group / "memory.stat").splitlines())
            cached = max(_cached(told, ""), _cached(told, "total_"))  # of version 1: the groups below it too
            return max(int(limit) - int(used) + cached, 0)
    return math.inf


def _cached(told: dict[str, str], whose: str) -> int:
    """Bytes of files, which the system takes back when there is need."""
    return sum(int(told.get(f"{whose}{kind}_file", 0)) for kind in ("active", "inactive"))


def addresses(root: Path = ROOT) -> float:
    """Bytes of address space that a limit (`ulimit -v`) leaves this process, where files are mapped too.

    Linux's own files say both: where nothing is left, no module could be loaded to ask the system.
    """
    limit = _read(root / "proc/self/limits").partition("Max address space")[2].split(maxsplit=1)[:1]
    pages = _read(root / "proc/self/statm").split()
    if not (limit and limit[0].isdecimal() and pages):
        return math.inf
    return int(limit[0]) - int(pages[0]) * os.sysconf("SC_PAGE_SIZE")
