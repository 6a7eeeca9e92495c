"""Many texts through two servers at once: the digits of one; none is lost or doubled when one is killed, or llmlab."""

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Lock

import pytest
import servers
from backends.served.conftest import INFO
from boxes import KEY, PATIENCE_S, Box, until

from llmlab.backends.base import ScoreRequest
from llmlab.backends.served.base import LLAMA_SERVER
from llmlab.backends.served.model import ServedLM
from llmlab.backends.served.pool import Pool
from llmlab.backends.served.wire import Loopback

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


class Watched(Loopback):
    """One of the boxes, which takes note of how many texts it is asked for, and of how many at once."""

    def __init__(self, box: Box) -> None:
        super().__init__(box.url, KEY, PATIENCE_S)
        self.lock, self.under_way, self.most, self.count = Lock(), 0, 0, 0

    def ask(self, path, body=None):
        if path != "completions":
            return super().ask(path, body)
        with self.lock:
            self.under_way += 1
            self.count, self.most = self.count + 1, max(self.most, self.under_way)
        try:
            return super().ask(path, body)
        finally:
            with self.lock:
                self.under_way -= 1


def test_texts_are_scored_by_all_servers_one_at_each_with_the_digits_of_one(boxes, texts):
    checked = []

    def scored(*of):
        pool = Pool(of, 8, 3, checked.append)
        pool.hold_to(lambda wire: checked.append(wire.url))
        lm = ServedLM(pool, "tiny", INFO, LLAMA_SERVER)
        requests = [ScoreRequest(lm.encode(text), 0) for text in texts[:12]]
        apart = list(lm.each_apart(lambda one, request: one.score([request])[0], requests))
        return [[stats.logprobs.tolist() for stats in found] for found in (lm.score(requests), apart)]

    (alone, alone_apart), wires = scored(Watched(boxes[0])), [Watched(box) for box in boxes]
    assert str(alone_apart) == str(alone)  # the first of a text is nan
    checked.clear()
    assert str(scored(*wires)) == str([alone, alone])
    assert [one.most for one in wires] == [1, 1]
    assert min(one.count for one in wires) > sum(one.count for one in wires) / 4
    assert sorted(checked) == sorted(box.url for box in boxes)


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
