"""The fault table, whole."""

from faults.brought import FILES, MODELS, NETWORK, NUMBERS, SETTINGS, STREAMS, TEXTS
from faults.kept import DISK, FLIPS, KILLS, PLACES
from faults.limits import LIMITS
from faults.streams import PIPES

BROUGHT = (*MODELS, *NETWORK, *TEXTS, *NUMBERS, *SETTINGS, *STREAMS, *FILES, *PIPES, *LIMITS)
TABLE = (*KILLS, *DISK, *PLACES, *FLIPS, *BROUGHT)
