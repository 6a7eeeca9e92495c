"""How often what is asked of chance is asked: a tenth of the times, all of them with SOAK=1 (`make soak`)."""

import os

SEED = 19


def times(full: int) -> int:
    return full if os.environ.get("SOAK") else full // 10
