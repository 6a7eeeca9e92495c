"""The fault table, whole."""

from faults.brought import FILES, MODELS, NETWORK, NUMBERS, SETTINGS, STREAMS, TEXTS
from faults.kept import DISK, FLIPS, KILLS, PLACES
from faults.streams import PIPES

TABLE = (*KILLS, *DISK, *PLACES, *FLIPS, *MODELS, *NETWORK, *TEXTS, *NUMBERS, *SETTINGS, *STREAMS, *FILES, *PIPES)
