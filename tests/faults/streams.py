"""Faults of what is given in place of a file: pipes and devices, which are read once, and may never end."""

import os

from faults.fault import Fault
from faults.how import holding, shell

PIPE = "is stdin, a pipe or a device, and is to be read more than once; save it to a file first"
PIPES = (
    Fault("vectors from a pipe", shell, "cat VEC | $LLMLAB space import new /dev/stdin", 2, f"/dev/stdin {PIPE}"),
    Fault("a space that is a pipe", shell, "cat VEC | $LLMLAB neighbors king --space /dev/stdin", 2, PIPE),
    Fault("vectors from a device", shell, "$LLMLAB space import new /dev/zero", 2, f"/dev/zero {PIPE}"),
    Fault("vectors from a FIFO that nobody fills", holding("p", os.mkfifo), "space import new p", 2, f"p {PIPE}"),
)
