"""What was tried, as a tree: a typed text, and the tokens that were appended to it, each choice a branch."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from llmlab.backends.base import Tokens


@dataclass(eq=False)
class Twig:
    """A typed text, or one token appended to what stands above it."""

    tokens: Tokens  # of the whole text
    above: "Twig | None" = None
    logprob: float = 0.0  # nats at T = 1, of the token that was appended
    below: list["Twig"] = field(default_factory=list)
    walked: int = 0  # which of those below was walked last
    drawn: int = 0  # how many tokens were sampled here
    depth: int = 0  # how many tokens were appended

    @property
    def piece(self) -> bytes:
        """The token that was appended, or the text that was typed."""
        return b"".join(self.tokens.pieces) if self.above is None else self.tokens.pieces[-1]


class Branches:
    """All that was tried with one model, and where one stands."""

    def __init__(self) -> None:
        self.at = Twig(Tokens((), ()))
        self.roots = [self.at]

    def type(self, tokens: Tokens) -> None:
        """Begin with another text, or go back to where it was made; one from which nothing was tried is forgotten."""
        own = self._root
        found = next((one for _, line in self.lines() for one in line if one.tokens.ids == tokens.ids), None)
        if not own.below and own is not found:
            self.roots.remove(own)
        if found is None:
            found = Twig(tokens)
            self.roots.append(found)
        self._walk(found)

    def append(self, token: int, piece: bytes, logprob: float) -> None:
        """Append a token here, or walk to where it was appended before."""
        ids = self.at.tokens.ids
        found = next((one for one in self.at.below if one.tokens.ids == (*ids, token)), None)
        if found is None:
            found = Twig(self.at.tokens + Tokens((token,), (piece,)), self.at, logprob, depth=self.at.depth + 1)
            self.at.below.append(found)
        self._walk(found)

    def up(self) -> bool:
        """Take the last token back; False where none was appended."""
        if self.at.above is None:
            return False
        self.at = self.at.above
        return True

    def down(self) -> bool:
        """To the token that was tried here last; False where none was."""
        if not self.at.below:
            return False
        self._walk(self.at.below[self.at.walked])
        return True

    def aside(self, by: int) -> bool:
        """To another token that was tried in this one's place, or another text; False where there is none."""
        beside = self.roots if self.at.above is None else self.at.above.below
        if len(beside) == 1:
            return False
        self._walk(beside[(beside.index(self.at) + by) % len(beside)])
        return True

    def lines(self) -> Iterator[tuple[int, list[Twig]]]:
        """The tree from above: how deep a line is set in, and its tokens, of which only the last may branch."""
        todo = [(0, root) for root in reversed(self.roots)]
        while todo:
            depth, twig = todo.pop()
            line = [twig]
            while len(line[-1].below) == 1:
                line.append(line[-1].below[0])
            yield depth, line
            todo += [(depth + 1, one) for one in reversed(line[-1].below)]

    @property
    def _root(self) -> Twig:
        found = self.at
        while found.above is not None:
            found = found.above
        return found

    def _walk(self, to: Twig) -> None:
        if to.above is not None:
            to.above.walked = to.above.below.index(to)
        self.at = to
