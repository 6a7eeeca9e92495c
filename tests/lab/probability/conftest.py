"""What plain torch says of a choice, and of a text of several windows."""

from collections.abc import Callable, Sequence

import pytest

ROOM = 255  # the tiny model reads 256 tokens, <s> among them


@pytest.fixture(scope="module")
def expected(lm, total) -> Callable[[str, str], float]:
    """(context, choice) -> log P(choice | context), nats."""
    return lambda context, text: total(context + text, len(lm.encode(context)))


@pytest.fixture(scope="session")
def by_hand(plain) -> Callable[[Sequence[int], int, int], list[float]]:
    """(ids, room, stride) -> log-probability of each token, every window after <s>."""

    def by_hand(ids: Sequence[int], room: int, stride: int) -> list[float]:
        found: list[float] = []
        for begin in range(0, len(ids), stride):
            window = ids[begin : begin + room]
            rows = plain(window)
            found += [rows[i][window[i]] for i in range(len(found) - begin, len(window))]
            if begin + room >= len(ids):
                break
        return found

    return by_hand


@pytest.fixture(scope="module")
def long(texts, lm) -> str:
    """A text of three windows."""
    text = "".join(texts)
    while not ROOM + 127 < len(lm.encode(text)) <= ROOM + 2 * 127:
        text = text[: int(len(text) * 0.97)]
    return text
