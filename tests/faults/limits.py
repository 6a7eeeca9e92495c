"""Faults of size: what would take hours, or more memory or address space than there is."""

import resource

from faults.fault import ASKED, MODEL, Fault, config
from faults.how import Desk, Done, How, copied, ended

EMBEDDED = "embed cat --model ENCODER"


def under(mib: int) -> How:
    """With so many MiB of address space (`ulimit -v`)."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (mib * 2**20, mib * 2**20))

    def how(desk: Desk, line: str) -> Done:
        desk.run(line)  # what is made once is made
        return ended(desk.start(line, preexec_fn=limit))

    return how


LIMITS = (
    Fault("ten million layers", copied("LM", config(num_hidden_layers=10**7)), MODEL, 1, "says 10,000,000 layers"),
    Fault("no addresses for numpy", under(95), ASKED, 1, "numpy needs "),
    Fault("no addresses for FAISS", under(300), ASKED, 1, "faiss needs "),
    Fault("no addresses for CTranslate2", under(350), EMBEDDED, 1, "ctranslate2 needs "),
    Fault("no addresses for torch", under(500), MODEL.replace(" m ", " LM "), 1, "torch needs "),
)
