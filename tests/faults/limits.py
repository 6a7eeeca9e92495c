"""Faults of size: what would take hours or more memory than there is."""

from faults.fault import MODEL, Fault, config
from faults.how import copied

LIMITS = (
    Fault("ten million layers", copied("LM", config(num_hidden_layers=10**7)), MODEL, 1, "says 10,000,000 layers"),
)
