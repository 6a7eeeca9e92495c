"""Where a process begins: `llmlab`, and `python -m llmlab`."""

import signal
import sys


def start() -> None:
    """Run the command line. Ctrl-C while it is still loaded ends the process as the shell expects, without a word."""
    hears = signal.getsignal(signal.SIGINT) == signal.default_int_handler  # else a parent has made it deaf
    if hears:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from llmlab.cli import run

    if hears:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run())


if __name__ == "__main__":
    start()
