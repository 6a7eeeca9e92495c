"""The screen on a terminal of its own: however it is left, the terminal is as it was, and no process stays behind."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest

MOST_S = 60
BEGIN = """
import fcntl, termios
from llmlab.__main__ import start
if {control}:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
start()
"""
MAIN_SCREEN = b"\x1b[?1049l"  # leaves the alternate one


class Terminal:
    """A process on a pseudo-terminal."""

    def __init__(self, arguments, environ, controls=True):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.slave)

        streams = dict.fromkeys(("stdin", "stdout", "stderr"), self.slave)
        command = [sys.executable, "-c", BEGIN.format(control=controls), *arguments]
        own = {**environ, "TERM": "xterm-256color"}
        self.process = subprocess.Popen(command, **streams, start_new_session=True, env=own)
        self.seen = b""

    def read(self, until):
        """Read what is drawn until it holds a text, or the process has ended and nothing comes any more."""
        end = time.monotonic() + MOST_S
        while until not in self.seen:
            assert time.monotonic() < end, self.seen[-2000:]
            if select.select([self.master], [], [], 0.1)[0]:
                self.seen += os.read(self.master, 1 << 16)

    def close(self):
        for end in (self.master, self.slave):
            os.close(end)


@pytest.fixture
def terminal(gguf_file, tmp_path):
    opened = []

    def terminal(controls=True):
        environ = {**os.environ, "LLMLAB_CACHE": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
        arguments = ["explore", "the cat", "--model", str(gguf_file), "--seed", "1"]
        opened.append(Terminal(arguments, environ, controls))
        opened[-1].read(until=b"all others")
        return opened[-1]

    yield terminal
    for one in opened:
        one.process.kill()
        one.process.wait()


@pytest.mark.parametrize(
    ("leave", "code"),
    [
        (lambda one: os.write(one.master, b"\x03"), 130),
        (lambda one: os.write(one.master, b"\x11"), 0),
        (lambda one: one.process.send_signal(signal.SIGINT), 130),
        (lambda one: one.process.send_signal(signal.SIGTERM), 143),
    ],
    ids=["ctrl-c", "ctrl-q", "SIGINT", "SIGTERM"],
)
def test_the_terminal_is_as_it_was(terminal, leave, code):
    one = terminal()
    assert termios.tcgetattr(one.slave) != one.before
    leave(one)
    one.read(until=MAIN_SCREEN)
    if code:
        one.read(until=b"llmlab: interrupted")
    assert one.process.wait(MOST_S) == code
    assert termios.tcgetattr(one.slave) == one.before
    one.close()


@pytest.mark.parametrize("controls", [True, False], ids=["its own", "not its own"])
def test_a_terminal_that_is_gone_ends_it(terminal, controls):
    """One that controls the process sends it SIGHUP; of any other the screen finds out by itself."""
    one = terminal(controls)
    one.close()
    assert one.process.wait(MOST_S) == (-signal.SIGHUP if controls else 1)
