"""Work of thousands of inputs: a killed run goes on, and memory is the same however many there are."""

import json
import os
import subprocess
import sys
import time

import pytest


@pytest.fixture
def environ(environ):
    """One thread: more of them wait for each other longer than tiny models compute."""
    return {**environ, "LLMLAB_THREADS": "1"}


def test_very_many_prompts_are_told_of_in_sum(run, gguf_file, tmp_path):
    (tmp_path / "prompts").write_text("".join(f"The cat {n}\n" for n in range(120)), encoding="utf-8")
    line = ["generate", "--prompts", str(tmp_path / "prompts"), "-t", "0,1", "--max-tokens", "1", "--seed", "1"]
    done = run(*line, "--model", str(gguf_file), "--out", str(tmp_path / "out.jsonl"))
    assert done.out.startswith("240 samples of 120 prompts.\n")
    again = run(*line, "--model", str(gguf_file), "--out", str(tmp_path / "out.jsonl"))
    assert (again.out, again.code) == (done.out, 0)
    assert run("merge", str(tmp_path / "out.jsonl"), "--out", str(tmp_path / "all.jsonl")).out == done.out


def test_a_killed_run_goes_on_and_nothing_is_lost_or_doubled(run, environ, gguf_file, tmp_path):
    lines, path = tmp_path / "lines", tmp_path / "out.jsonl"
    lines.write_text("".join(f"The cat sat {n}\n" for n in range(4000)), encoding="utf-8")
    command = [sys.executable, "-m", "llmlab", "prob", "-", "--model", str(gguf_file), "--out", str(path)]
    killed = 0
    while killed < 3:
        with lines.open("rb") as stdin, subprocess.Popen(command, stdin=stdin, env=environ) as process:
            before = path.stat().st_size if path.exists() else 0
            while process.poll() is None and (not path.exists() or path.stat().st_size < before + 100_000):
                time.sleep(0.002)
            process.kill()
        killed += 1
    cut = path.read_bytes()
    with lines.open("rb") as stdin:
        assert subprocess.run(command, stdin=stdin, env=environ, capture_output=True, check=False).returncode == 0
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert cut.count(b"\n") < 4000
    assert path.read_bytes().startswith(cut[: cut.rfind(b"\n") + 1])
    assert [(one["item"], one["text"]) for one in records] == [(n + 1, f"The cat sat {n}") for n in range(4000)]
    assert run("merge", str(path)).out.encode() == path.read_bytes()


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="Linux tells the peak of a process")
@pytest.mark.parametrize("verb", ["pairs FILE", "prob -", "merge"])
def test_four_times_as_many_inputs_take_no_more_memory(environ, gguf_file, tmp_path, verb):
    few, many = (peak_mib(environ, tmp_path, gguf_file, verb, count) for count in (5_000, 20_000))
    assert many < few + 6  # 15,000 records held would be more than 15


def peak_mib(environ, folder, model, verb, count):
    """The most memory that a process has, in MiB."""
    origin = {"model": "m", "revision": "", "engine": "e", "library": "l", "dtype": "d", "bos": None}
    rows = (
        {"item": n + 1, "items": count, "item_records": 1, "sentence_good": f"a {n}", "sentence_bad": "b", "group": ""}
        | {"margin_nats": -1.0 * n, "right": False, **origin}
        for n in range(count)
    )
    file, out = folder / f"{count}.jsonl", folder / f"out{count}.jsonl"
    lines = (f"The cat {n}" for n in range(count)) if verb == "prob -" else map(json.dumps, rows)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    rest = [] if verb == "merge" else ["--model", str(model)]
    words = [verb, str(file)] if verb == "merge" else [str(file) if word == "FILE" else word for word in verb.split()]
    code = (
        "import sys\nfrom llmlab.cli import main\nfrom llmlab.cli.world import World\n"
        "code = main(World(argv=sys.argv[1:]))\n"
        'peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]\n'
        "print(*peak[0].split()[1:2], file=sys.stderr)\nsys.exit(code)\n"
    )
    with file.open("rb") as stdin:
        command = [sys.executable, "-c", code, *words, *rest, "--out", str(out)]
        done = subprocess.run(command, stdin=stdin, env=environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert out.read_bytes().count(b"\n") == count
    return int(done.stderr.split()[-1]) / 2**10
