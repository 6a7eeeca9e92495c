"""Tokens and numbers as text that a person can read."""

import math
import sys
from collections.abc import Iterable
from typing import Literal

from llmlab.language import tr, tr_many
from llmlab.render.safe import visible

BITS = 1 / math.log(2)  # nats -> bits
SMALLEST, LARGEST = math.log(sys.float_info.min), math.log(sys.float_info.max)  # what exp gives all digits of
RESOLVED = 1e10  # nats: beyond, the digits of a double do not tell those of its exponential
QUOTED = 40  # characters of a text that a sentence repeats
By = Literal["token", "word", "character"]  # the parts of a text that have a row
Unit = Literal["prob", "nats", "bits"]  # a probability, its natural logarithm, its surprisal


def show(piece: bytes) -> str:
    """A token for the eye: spaces and line ends visible, bytes that are no whole character as <E4><BD>."""
    return visible(raw(piece).replace(" ", "␣"))


def raw(piece: bytes) -> str:
    """A token for programs: its text, or <E4><BD> for bytes that are no whole character."""
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return "".join(f"<{byte:02X}>" for byte in piece)


def edged(text: str) -> str:
    """A text for the eye whose first and last spaces count: they are shown as ␣."""
    inside = text.strip(" ")
    if not inside:
        return "␣" * len(text)
    before = len(text) - len(text.lstrip(" "))
    return "␣" * before + visible(inside) + "␣" * (len(text) - before - len(inside))


def power(log: float) -> tuple[float, int]:
    """exp(log) as mantissa in [1, 10) and decimal exponent, without underflow; (0, 0) beyond RESOLVED."""
    if not abs(log) <= RESOLVED:  # nan too
        return (0.0, 0)
    exponent = math.floor(log / math.log(10))
    mantissa = math.exp(log - exponent * math.log(10))
    if mantissa < 1:  # the floor of a rounded quotient may be one off
        return mantissa * 10, exponent - 1
    return (mantissa / 10, exponent + 1) if mantissa >= 10 else (mantissa, exponent)


def probability(log: float) -> str:
    """exp(log) for the eye: 0.4072, or 2.31e-14 where the plain figure would say little."""
    if math.isnan(log):
        return "-"
    if log == -math.inf:
        return "0"
    if math.log(1e-2) <= log < math.log(1e4):
        return f"{math.exp(log):.4f}"
    return _scientific(log)


def number(value: float, digits: int = 3) -> str:
    """A number for the eye; - for what is not known. Zero has no sign."""
    return "-" if math.isnan(value) else f"{value:z.{digits}f}"


def signed(value: float, digits: int = 3) -> str:
    """A number that is more or less than another; - for what is not known."""
    return "-" if math.isnan(value) else f"{value:+z.{digits}f}"


def figure(unit: Unit, log: float) -> str:
    """A log-probability in the unit asked for."""
    return probability(log) if unit == "prob" else number(log if unit == "nats" else -log * BITS)


def value(log: float, unit: Unit = "prob") -> str:
    """The same for programs: all its digits, and no underflow; nan for what is not known."""
    if unit != "prob":
        return repr(log if unit == "nats" else -log * BITS)
    if math.isnan(log) or SMALLEST <= log < LARGEST or log < -RESOLVED:
        return repr(math.exp(log))
    mantissa, exponent = power(log)
    return f"{mantissa!r}e{exponent:+d}"


def many(count: int, what: str) -> str:
    """A number of things: 1 token, 1,200 tokens."""
    return tr_many(f"{{count:,}} {what}", f"{{count:,}} {what}s", count)


def times(log: float) -> str:
    """A ratio exp(log) for the eye: 3.13 times, 3,120 times, 1/8,100; 5.50e+34 times."""
    return multiple(log) if log < math.log(0.01) else tr("{multiple} times", multiple=multiple(log))


def multiple(log: float) -> str:
    """The figure of a ratio alone: 3.13, 3,120, 1/8,100, 5.50e+34."""
    if abs(log) > RESOLVED:
        return _scientific(log)
    if log < math.log(0.01):
        return f"1/{_three_figures(-log)}"
    return f"{math.exp(log):.2f}" if log < math.log(100) else _three_figures(log)


def alike(log: float) -> bool:
    """Whether a ratio exp(log) is 1 to the eye."""
    return multiple(log) == multiple(0.0)


def quoted(text: str) -> str:
    """A text inside a sentence, its beginning when it is long."""
    return f'"{visible(text if len(text) <= QUOTED else text[: QUOTED - 1] + "…")}"'


def _three_figures(log: float) -> str:
    """exp(log) >= 100 as 3,120 for 3,123.4; beyond a thousand million as 5.50e+34."""
    if log >= math.log(1e9):
        return _scientific(log)
    value = math.exp(log)
    return f"{round(value, 2 - math.floor(math.log10(value))):,.0f}"


def _scientific(log: float) -> str:
    if abs(log) > RESOLVED:
        return ("<" if log < 0 else ">") + f" 1e{math.copysign(RESOLVED, log) / math.log(10):+.0f}"
    mantissa, exponent = power(log)
    if round(mantissa, 2) >= 10:  # 9.996e-05 is 1.00e-04 to three figures
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:.2f}e{exponent:+03d}"


def uncertainty(entropy: float) -> str:
    """An entropy in nats for the eye."""
    return tr(
        "entropy {bits:.2f} bits: as uncertain as {choices:,.1f} equal choices",
        bits=entropy * BITS,
        choices=math.exp(entropy),
    )


def finite(value: float) -> float | None:
    """The number, or None where JSON has no word for it (nan, infinities)."""
    return float(value) + 0.0 if math.isfinite(value) else None  # not -0


def numbered(ids: Iterable[int]) -> list[int | None]:
    """The numbers of tokens for a record: null where a server gives none."""
    return [one if one >= 0 else None for one in ids]


def unescape(text: str) -> str:
    r"""\n, \t and \\ of an argument as newline, tab and backslash; any other backslash stays."""
    meanings = {"n": "\n", "t": "\t", "\\": "\\"}
    out, rest = "", text
    while (place := rest.find("\\")) >= 0:
        follower = rest[place + 1 : place + 2]
        out += rest[:place] + meanings.get(follower, "\\" + follower)
        rest = rest[place + 2 :]
    return out + rest


def escape(text: str) -> str:
    """A text on one line, as `unescape` reads it back."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
