"""stdin is a stream: its lines are answered as they come, however many there are, in the same memory."""

import json
import subprocess
import sys
import time

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


SLOW = {  # how a line is asked for, and what names it in the records of its answer
    "prob - --model GGUF": "text",
    "prob - --model GGUF --unit bits": "text",
    "embed - --space s.vec": "text",
    "tokens - --model GGUF": "text",
    "neighbors - --space s.vec -k 1": "query",
    "pairs - --model GGUF": "sentence_good",
}


@pytest.mark.parametrize("line", SLOW)
def test_what_has_come_is_answered_before_a_slow_producer_writes_more(started, gguf_file, line):
    """The first line has no second; then some come at once that fill no batch."""
    arguments = [str(gguf_file) if word == "GGUF" else word for word in line.split()]
    with started(*arguments, "--format", "jsonl") as process:
        for words in (["cat"], ["dog", "car"], ["cat"], ["car", "", "dog", "cat", ""]):
            asked = list(filter(None, words))
            lines = [json.dumps({"good": one, "bad": "x"}) if one and "pairs" in line else one for one in words]
            process.stdin.write("".join(f"{one}\n" for one in lines).encode())
            told = [json.loads(process.stdout.readline())[SLOW[line]] for _ in asked]
            assert told == asked
        process.stdin.close()
        assert ended(process)[0] == 0


def test_of_one_line_what_is_told_is_the_same_whether_its_end_comes_at_once_or_soon(started, gguf_file):
    found = []
    for pause in (0, 0.2):
        with started("prob", "-", "--model", str(gguf_file), "--format", "jsonl") as process:
            process.stdin.write(b"hello\n")
            time.sleep(pause)
            process.stdin.close()
            found.append(process.stdout.read())
            assert ended(process)[0] == 0
    assert found[0] == found[1]
    assert [json.loads(line)["position"] for line in found[0].splitlines()] == [0, 1, 2]


def test_what_only_one_text_has_waits_for_the_end(started, gguf_file):
    with started("prob", "-", "--by", "character", "--model", str(gguf_file), "--format", "jsonl") as process:
        process.stdin.write(b"hello\n")
        time.sleep(1.5)
        process.stdin.close()
        assert len(process.stdout.read().splitlines()) == len("hello")
        assert ended(process)[0] == 0


def test_what_a_file_holds_is_the_same_however_slowly_it_came(started, gguf_file, tmp_path):
    lines = [f"the cat {number} sat" for number in range(20)]
    for name, pause in (("fast", 0), ("slow", 0.02)):
        with started("prob", "-", "--model", str(gguf_file), "--out", f"{name}.jsonl") as process:
            for one in lines:
                process.stdin.write(f"{one}\n".encode())
                time.sleep(pause)
            process.stdin.close()
            process.stdout.read()
            assert ended(process)[0] == 0
    assert (tmp_path / "fast.jsonl").read_bytes() == (tmp_path / "slow.jsonl").read_bytes()


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
    used = []
    for count in (1_000, 10_000 if form == "jsonl" else 3_000):
        asked = [f"cat {n % 40}" if "prob" in line else ("cat", "dog")[n % 2] for n in range(count)]
        (tmp_path / "lines").write_text("".join(f"{one}\n" for one in asked), encoding="utf-8")
        arguments = [str(gguf_file) if word == "GGUF" else word for word in line.split()]
        with (tmp_path / "lines").open("rb") as lines, started(*arguments, "--format", form, stdin=lines) as process:
            rows = [one.decode() for one in process.stdout]
            code, memory = ended(process)
        assert (code, len(rows)) == (0, count + (form == "csv"))
        assert all(one in row for one, row in zip(asked, rows[form == "csv" :], strict=True))  # in order
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
