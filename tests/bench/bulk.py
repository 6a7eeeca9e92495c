"""A million lines through `prob -`: memory at 100,000, 500,000 and 1,000,000, the first record, and going on.

`python tests/bench/bulk.py` prints the figures; nothing fails.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import tiny

WORDS = ["the", "cat", "sat", "on", "a", "mat", "dog", "ran", "fast", "and", "slow"]
COUNTS = (100_000, 500_000, 1_000_000)


RUN = """
import sys
from llmlab.cli import main
from llmlab.cli.world import World
code = main(World(argv=sys.argv[1:]))
peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(peak[0].split()[1], file=sys.stderr)
sys.exit(code)
"""  # what a process is forked from counts in its ru_maxrss, and torch is in this one


def measured(environment: dict[str, str], stdin: Path, *command: str) -> str:
    """How long a command took, when its first line came, and the most memory it had."""
    begun, first, lines = time.monotonic(), 0.0, 0
    with stdin.open("rb") as file, tempfile.TemporaryFile("w+") as said:
        line = [sys.executable, "-c", RUN, *command]
        with subprocess.Popen(line, stdin=file, stdout=subprocess.PIPE, stderr=said, env=environment) as process:
            for _ in process.stdout or ():
                first, lines = first or time.monotonic() - begun, lines + 1
        said.seek(0)
        peak = int(said.read().split()[-1]) / 2**10
    whole = time.monotonic() - begun
    return f"{lines:,} lines in {whole:.0f} s, the first after {first:.2f} s; at most {peak:.1f} MiB"


def main() -> None:
    texts = json.loads((Path(__file__).parents[1] / "data" / "texts.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder, own = Path(name), random.Random(1)
        model = tiny.gguf_of(tiny.language_model(folder / "lm", texts), folder / "tiny.gguf")
        environment = os.environ | {"LLMLAB_CACHE": str(folder / "cache"), "LLMLAB_THREADS": "1"}
        for count in COUNTS:
            lines, out = folder / "lines.txt", folder / "out.jsonl"
            lines.write_text("".join(" ".join(own.choices(WORDS, k=3)) + "\n" for _ in range(count)), encoding="utf-8")
            out.unlink(missing_ok=True)
            asked = ("prob", "-", "--model", str(model), "--format", "jsonl", "--out", str(out))
            print("prob", measured(environment, lines, *asked), flush=True)
        print("the same again", measured(environment, lines, *asked), flush=True)
        print("merge", measured(environment, lines, "merge", str(out)), flush=True)


if __name__ == "__main__":
    main()
