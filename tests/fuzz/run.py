"""Fuzzing guided by coverage: `python tests/fuzz/run.py [SECONDS] [READER...]`, SECONDS for each reader (60).

Atheris changes files so that they reach what no file has reached before. What a reader neither reads nor refuses is
kept in corpus/, where a test asks it again ever after.
"""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
LONGEST = 4096  # bytes of a file
MEMORY_MIB = 3000  # more is a fault too
SLOW_S = 20  # so is a file that takes longer


def fuzz(name: str, seconds: int, folder: Path) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["llmlab"]):
        from fuzz.readers import survives

    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-rss_limit_mb={MEMORY_MIB}", f"-timeout={SLOW_S}"]
    found = [f"-artifact_prefix={folder}/found-", "-verbosity=0", "-print_final_stats=1", str(folder / "files")]
    atheris.Setup([sys.argv[0], *options, *found], lambda content: survives(name, content, folder))
    atheris.Fuzz()


def keep(name: str, folder: Path) -> int:
    """Put what was found into the corpus; how many."""
    found = list(folder.glob("found-*"))
    for path in found:
        content = path.read_bytes()
        place = HERE / "corpus" / name / sha256(content).hexdigest()[:16]
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)
        print(f"{name}: {place}")
    return len(found)


def main(seconds: int, names: list[str]) -> int:
    from fuzz.readers import READERS
    from fuzz.seeds import seeds

    faults = 0
    for name in names or list(READERS):
        with TemporaryDirectory() as place:
            folder = Path(place)
            (folder / "files").mkdir()
            for number, content in enumerate(seeds()[name]):
                (folder / "files" / str(number)).write_bytes(content)
            done = subprocess.run(
                [sys.executable, __file__, "--one", name, str(seconds), place],
                capture_output=True,
                text=True,
                check=False,
            )
            runs = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
            print(f"{name}: {' '.join(runs)} exit {done.returncode}")
            if done.returncode and not (kept := keep(name, folder)):
                print(done.stderr[-3000:])
                faults += 1
            elif done.returncode:
                print(done.stderr[-3000:])
                faults += kept
    return faults


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    if sys.argv[1:2] == ["--one"]:
        fuzz(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    else:
        sys.exit(bool(main(int(sys.argv[1]) if sys.argv[1:] else 60, sys.argv[2:])))
