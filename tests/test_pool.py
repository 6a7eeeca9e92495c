"""Many prompts through two servers at once, while one of them is killed, and llmlab too: none is lost or doubled."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import servers
from boxes import KEY, PATIENCE_S, Box, until

servers.skip_without_wheel()
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes as POSIX does")
PROMPTS = 2000


@pytest.fixture
def boxes(gguf_file, tmp_path):
    with ExitStack() as stack:
        yield [stack.enter_context(Box(gguf_file, tmp_path)) for _ in range(2)]


@pytest.fixture
def prompts(tmp_path):
    file = tmp_path / "prompts.txt"
    file.write_text("".join(f"the cat number {number}\n" for number in range(PROMPTS)))
    return file


@pytest.fixture
def start(boxes, prompts, tmp_path):
    """Begin `generate` over the prompts, into a file."""
    processes = []

    def start(out: Path, *more: str) -> subprocess.Popen:
        servers = [word for box in boxes for word in ("--base-url", box.url)]
        line = ["generate", "--prompts", prompts, "--raw", "--no-heal", "-t", "1", "--seed", "3", "--max-tokens", "2"]
        asked = ["--model", "openai:tiny", *servers, "--parallel", "8", "--out", out, "--format", "jsonl", *more]
        environ = {**os.environ, "LLMLAB_API_KEY": KEY, "LLMLAB_CACHE": str(tmp_path / "cache")}
        command = [sys.executable, "-m", "llmlab", *line, *asked]
        processes.append(
            subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        )
        return processes[-1]

    yield start
    for one in processes:
        one.kill()
        one.wait()
        one.stderr.close()


def lines(out: Path) -> int:
    return out.read_bytes().count(b"\n") if out.exists() else 0


def ends_well(process: subprocess.Popen) -> str:
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, said
    return said


def check_whole(out: Path) -> None:
    """Every prompt once, in order, each with an answer."""
    records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [one["prompt"] for one in records] == [f"the cat number {number}" for number in range(PROMPTS)]
    assert all(one["tokens"] in (0, 1, 2) and one["model"] == "openai:tiny" for one in records)


def test_no_prompt_is_lost_or_doubled_when_a_server_dies_and_llmlab_is_killed(boxes, start, tmp_path):
    out = tmp_path / "out.jsonl"
    first = start(out)
    until(lambda: lines(out) > PROMPTS // 4)
    boxes[1].process.send_signal(signal.SIGKILL)
    until(lambda: lines(out) > PROMPTS // 2)
    first.kill()
    said = first.communicate()[1]
    assert f"{boxes[1].url} is left out for now" in said
    assert PROMPTS // 2 < lines(out) < PROMPTS
    ends_well(start(out))
    check_whole(out)


def test_no_prompt_is_lost_or_doubled_in_three_shards_that_are_merged(boxes, start, tmp_path):
    outs = [tmp_path / f"part-{shard}.jsonl" for shard in (1, 2, 3)]
    parts = [start(out, "--shard", f"{shard}/3") for shard, out in enumerate(outs, 1)]
    until(lambda: min(map(lines, outs)) > PROMPTS // 12)
    boxes[0].process.send_signal(signal.SIGKILL)
    until(lambda: lines(outs[2]) > PROMPTS // 6)
    parts[2].kill()
    for one in parts[:2]:
        ends_well(one)
    whole = tmp_path / "all.jsonl"
    merge = [sys.executable, "-m", "llmlab", "merge", *outs, "--out", whole]
    short = subprocess.run(merge, capture_output=True, text=True, check=False)
    assert short.returncode == 1
    assert "part-3.jsonl" in short.stderr
    ends_well(start(outs[2], "--shard", "3/3"))
    subprocess.run(merge, check=True, capture_output=True)
    check_whole(whole)
