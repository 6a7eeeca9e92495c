"""stdin is a stream: its lines are answered as they come, however many there are, in the same memory."""

import json
import subprocess
import sys

import pytest

# The peak of a process that was forked from a large one counts that one's memory too; Linux tells its own.
RUN = """
import sys
from llmlab.cli import main
from llmlab.cli.world import World
code = main(World(argv=sys.argv[1:]))
peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print("\\n", peak[0].split()[1] if peak else 0, sep="", file=sys.stderr)
sys.exit(code)
"""
SPACE = "cat 1 2\ndog 2 1\ncar -1 3\n"


@pytest.fixture
def started(environ, tmp_path):
    """A command as a process of its own, with a small space in its folder; what it says goes to a file."""
    (tmp_path / "s.vec").write_text(SPACE, encoding="utf-8")

    def started(*arguments, stdin=subprocess.PIPE):
        command = [sys.executable, "-c", RUN, *arguments]
        streams = {"stdin": stdin, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "bufsize": 0}
        return subprocess.Popen(command, cwd=tmp_path, env=environ, **streams)

    return started


def ended(process):
    """The exit code of a process, and the most memory it had, in MiB."""
    said = process.stderr.read().split()
    return process.wait(), int(said[-1]) / 2**10


def test_a_line_is_answered_before_the_next_one_comes(started):
    with started("neighbors", "-", "--space", "s.vec", "-k", "1", "--format", "jsonl") as process:
        for word, nearest in (("cat", "dog"), ("car", "cat")):
            process.stdin.write(f"{word}\n".encode())
            assert json.loads(process.stdout.readline())["word"] == nearest
        process.stdin.close()
        assert ended(process)[0] == 0


def test_an_endless_stdin_is_read_only_as_far_as_its_answers_are(started):
    with subprocess.Popen(["yes", "cat"], stdout=subprocess.PIPE) as yes:
        with started("neighbors", "-", "--space", "s.vec", "--format", "jsonl", stdin=yes.stdout) as process:
            rows = [json.loads(process.stdout.readline())["word"] for _ in range(3)]
            process.stdout.close()
            code, memory = ended(process)
        yes.stdout.close()
        yes.kill()
    assert rows == ["dog", "car", "dog"]
    assert code == 0
    assert memory < 300


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("line", ["neighbors - --space s.vec -k 1", "embed - --space s.vec", "prob - --model GGUF"])
def test_the_memory_stays_the_same_however_many_lines_there_are(started, tmp_path, gguf_file, line, form):
    few, many = (100, 2_000) if line.startswith("prob") else (100, 10_000)
    used = []
    for count in (few, many):
        (tmp_path / "lines").write_text("cat\ndog\n" * (count // 2), encoding="utf-8")
        arguments = [str(gguf_file) if word == "GGUF" else word for word in line.split()]
        with (tmp_path / "lines").open("rb") as lines, started(*arguments, "--format", form, stdin=lines) as process:
            rows = sum(1 for _ in process.stdout)
            code, memory = ended(process)
        assert (code, rows) == (0, count + (form == "csv"))
        used.append(memory)
    assert used[1] < used[0] + 8  # MiB; 10,000 answers held would be more than 10


def test_a_lack_of_memory_is_one_line_wherever_it_is_met(run, monkeypatch):
    def lacking(*_):
        raise MemoryError

    monkeypatch.setattr("llmlab.config.load", lacking)
    done = run("models", "list")
    said = "llmlab: not enough memory; give a smaller model, fewer samples, or shorter texts\n"
    assert (done.code, done.out, done.err) == (1, "", said)


def test_more_samples_than_memory_has_places_for_are_refused_before_a_model_is_opened(run):
    done = run("generate", "Hi", "--samples", "1000000000000", "--model", "absent")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("llmlab: the plan needs 190,734,864 MiB of memory, and ")
    assert done.err.endswith(" MiB are free; draw fewer samples\n")
