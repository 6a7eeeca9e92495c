"""Whether a grammar makes a line of text: a naive recogniser, top down, with a memory (Norvig 1991).

It reads the line as it is written, so that a sentence which is cut into words in another way is found as well. It
knows the rules but none of the code that draws sentences from them; the rules must not be left recursive.
"""

from functools import cache

from llmlab.lab.training.grammar import CLOSING, Symbol


class Recogniser:
    def __init__(self, grammar):
        self._grammar = grammar
        self._firsts = cache(self._find_firsts)

    def accepts(self, line):
        """Whether the line is a sentence; its first letter may be a capital for being first alone."""
        lowered = line[:1].lower() + line[1:]
        return any(len(one) in self._ends(one)(Symbol("S"), 0) for one in {line, lowered})

    def _ends(self, line):
        """A function that says where a symbol that begins at a place may end."""

        @cache
        def ends(symbol, start):
            found = set()
            for parts in self._grammar.choices(symbol).parts:
                found |= after(parts, start)
            return frozenset(found)

        def after(parts, start):
            places = {start}
            for part in parts:
                places = {end for place in places for end in one(part, place)}
                if not places:
                    break
            return places

        def one(part, place):
            if isinstance(part, str):
                return self._word(line, part, place)
            gap = len(self._grammar.between) if place else 0
            firsts = self._firsts(part)
            near = {line[place : place + 1], line[place + gap : place + gap + 1], ""}
            return ends(part, place) if firsts & near else ()

        return ends

    def _word(self, line, word, place):
        """Where a word that begins at a place may end."""
        gap = self._grammar.between if place and word[0] not in CLOSING else ""
        other, letters = self._grammar.changes.get(word, (word, ""))
        ends = set()
        for spelled, changed in ((word, False), (other, True)):
            written = gap + spelled.replace("_", " ")
            end = place + len(written)
            following = line[end + len(self._grammar.between) :][:1].lower()
            if line.startswith(written, place) and (bool(following) and following in letters) == changed:
                ends.add(end)
        return ends

    def _find_firsts(self, symbol):
        """The letters that a symbol may begin with; an empty text where it may be nothing."""
        found = set()
        for parts in self._grammar.choices(symbol).parts:
            for part in parts:
                own = {part[0]} if isinstance(part, str) else self._firsts(part)
                found |= own - {""}
                if "" not in own:
                    break
            else:
                found.add("")
        return frozenset(found)
