"""Tokens and numbers as text that a person can read."""

import math
import unicodedata
from dataclasses import asdict

from llmlab.backends.base import ModelInfo

BITS = 1 / math.log(2)  # nats -> bits


def show(piece: bytes) -> str:
    """A token for the eye: spaces and line ends visible, bytes that are no whole character as <E4><BD>."""
    return visible(raw(piece).replace(" ", "␣"))


def raw(piece: bytes) -> str:
    """A token for programs: its text, or <E4><BD> for bytes that are no whole character."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return "".join(f"<{byte:02X}>" for byte in piece)


def visible(text: str) -> str:
    """The text with line ends as ↵, tabs as →, and other control characters as <1B>."""
    marks = {"\n": "↵", "\t": "→"}
    return "".join(marks.get(c, f"<{ord(c):02X}>" if unicodedata.category(c) == "Cc" else c) for c in text)


def power(log: float) -> tuple[float, int]:
    """exp(log) as mantissa in [1, 10) and decimal exponent, without underflow."""
    if math.isinf(log) or math.isnan(log):
        return (0.0, 0)
    exponent = math.floor(log / math.log(10))
    mantissa = math.exp(log - exponent * math.log(10))
    return (mantissa / 10, exponent + 1) if mantissa >= 9.9999999 else (mantissa, exponent)


def probability(log: float) -> str:
    """exp(log) for the eye: 0.4072, or 2.31e-14 where the plain figure would say nothing."""
    if math.isnan(log):
        return "-"
    if log == -math.inf:
        return "0"
    if log > math.log(1e-4) and log < math.log(1e4):
        return f"{math.exp(log):.4f}"
    mantissa, exponent = power(log)
    return f"{mantissa:.2f}e{exponent:+03d}"


def times(log: float) -> str:
    """A ratio exp(log) for the eye: 3.13x, 1.76e+03x."""
    if log < math.log(1000):
        return f"{math.exp(log):.2f}x"
    mantissa, exponent = power(log)
    return f"{mantissa:.2f}e{exponent:+03d}x"


def finite(value: float) -> float | None:
    """The number, or None where JSON has no word for it (nan, infinities)."""
    return float(value) if math.isfinite(value) else None


def provenance(info: ModelInfo) -> dict[str, object]:
    """Where a number comes from, as the columns every record carries."""
    known = asdict(info)
    return {"model": info.name} | {key: known[key] for key in ("revision", "engine", "dtype", "bos")}


def origin(info: ModelInfo) -> str:
    """The same in one line, under a table."""
    bos = f", after {info.bos}" if info.bos else ""
    return f"{info.name} {info.revision}, {info.engine}, {info.dtype}{bos}".replace(" ,", ",")
