"""A conversation in a model's chat template, which another process renders: a template that loops ends with it.

What a template may do there stands in template.py.
"""

import atexit
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock, Timer
from typing import Any

import llmlab
from llmlab.backends.base import Message
from llmlab.errors import DamagedError, LabError, MisuseError, reason
from llmlab.language import tr

SECONDS = 10.0  # for one conversation: a template takes a thousandth of one
PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from llmlab.backends.template import serve; serve()"


def render(
    template: str, messages: Sequence[Message], name: str, *, bos: str, puts_bos: bool | None, tokens: Mapping[str, str]
) -> str:
    """The conversation as the model `name` reads it before its answer; `tokens` are its bos_token, eos_token ...

    `puts_bos`: True leaves BOS to the engine, False leaves it out, None has it where the template does. Raises
    MisuseError for a conversation that the template refuses, DamagedError for a template that fails or does not end.
    """
    said = [{"role": one.role, "content": one.content} for one in messages]
    options = {**tokens, "messages": said, "tools": None, "documents": None, "add_generation_prompt": True}
    rendered = _text(_renderer.ask({"template": template, "options": options}), name)
    if puts_bos is None:
        return rendered
    # ChatML's <|im_start|> begins every message, and its models name it as their BOS: a BOS stands once.
    own = rendered.count(bos) - sum(one.content.count(bos) for one in messages) if bos else 0  # the template's
    return rendered.removeprefix(bos) if own == 1 or (own and puts_bos) else rendered


def _text(answer: dict[str, str], name: str) -> str:
    if "refused" in answer:
        message = tr(
            "the chat template of {name} refuses the conversation: {error}", name=name, error=answer["refused"]
        )
        raise MisuseError(message, tr("change it, or use --raw"))
    if "fails" in answer:
        message = tr("the chat template of {name} fails: {error}", name=name, error=answer["fails"])
        raise DamagedError(message, tr("use --raw"))
    if "large" in answer:
        raise DamagedError(tr("the chat template of {name} makes a text without end", name=name), tr("use --raw"))
    if "text" not in answer:
        message = tr("the chat template of {name} does not end in {count:g} seconds", name=name, count=SECONDS)
        raise DamagedError(message, tr("use --raw"))
    return answer["text"]


class _Renderer:
    """The process that renders, begun when it is first asked, and anew where a template has not ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()
        atexit.register(self._end)

    def ask(self, question: dict[str, Any]) -> dict[str, str]:
        """What template.py answers; nothing in the time it is given."""
        with self._lock:
            self._process = self._process or _begun()
            timer = Timer(SECONDS, self._process.kill)
            timer.start()
            try:
                line = _exchanged(self._process, json.dumps(question, default=str))
            except BaseException:  # an interrupt: the answer that is still to come is nobody's
                self._end()
                raise
            finally:
                timer.cancel()
            if not line:
                self._end()
        return dict(json.loads(line or "{}"))

    def _end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _begun() -> "subprocess.Popen[bytes]":
    """Python with the paths of this one, and nothing of the user's or of the folder where it runs."""
    paths = [str(Path(llmlab.__file__).parent.parent), *filter(None, sys.path)]
    command = [sys.executable, "-I", "-S", "-c", PROGRAM, *paths]
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    except OSError as error:
        message = tr("no process can be started for the chat template: {reason}", reason=reason(error))
        raise LabError(message, tr("use --raw")) from None
    assert process.stdout
    process.stdout.readline()
    return process


def _exchanged(process: "subprocess.Popen[bytes]", question: str) -> bytes:
    """The line that answers; an empty one of a process that has ended."""
    assert process.stdin
    assert process.stdout
    try:
        process.stdin.write(question.encode() + b"\n")
        process.stdin.flush()
        return process.stdout.readline()
    except BrokenPipeError:
        return b""


_renderer = _Renderer()
