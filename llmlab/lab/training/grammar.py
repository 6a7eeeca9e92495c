"""Sentences by rule: a weighted context-free grammar whose symbols agree in features, and what it makes.

    feature num = sg*3 pl*2              the values of a feature, and how they are weighed
    S ->                                 a symbol and its alternatives: a line each, or | between them
      3 NP[num] VP[num] .                a weight stands first, else 1; num is one value in the whole rule
      NP[num1] and NP[num2] .            num1 and num2 are two of num that need not be the same
    Adverb -> 3 ε | often                ε is nothing; what begins with a capital is a symbol, unless in quotes
    Noun[animal, num] = cat/+s ox/oxen   words, each with its forms in the order of the feature's values

An alternative is drawn by its weight. Where a feature stands on the right side alone, its values share the weight: by
their own weights, and by how many words the lists have that they select; values that lead nowhere are left out.
"""

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from llmlab.errors import MisuseError
from llmlab.language import tr

MOST = 300  # symbols in a sentence; one that takes more never ends
NOTHING = "ε"
CLOSING = ",.?!;:'"  # a word that begins with one of them stands close to the word before
SYMBOL = re.compile(r"([A-Z]\w*)(?:\[([^\]]*)\])?")
PART = re.compile(r'"[^"]*"|[A-Z]\w*(?:\[[^\]]*\])?|[^\s"]+')
NUMBER = re.compile(r"\d+(?:\.\d+)?")


class Symbol(NamedTuple):
    """A name and the values of its features; in a rule some may be features, which stand for their values."""

    name: str
    values: tuple[str, ...] = ()


class Rule(NamedTuple):
    """What a symbol may be made of."""

    symbol: Symbol
    weight: float
    parts: tuple[Symbol | str, ...]


class Alternatives(NamedTuple):
    """The alternatives of a symbol without open features; their shares sum to 1."""

    bounds: Sequence[float]  # cumulative shares
    parts: Sequence[tuple[Symbol | str, ...]]

    @property
    def shares(self) -> list[float]:
        return [high - low for low, high in itertools.pairwise([0.0, *self.bounds])]


class SyntaxTree(NamedTuple):
    """A symbol and what it was made of: the tree of a sentence."""

    symbol: Symbol
    parts: "tuple[SyntaxTree | str, ...]"

    def words(self) -> list[str]:
        found: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                found.append(part)
            else:
                found += part.words()
        return found


@dataclass(frozen=True)
class Grammar:
    """Rules, and how words are written beside each other."""

    features: Mapping[str, Mapping[str, float]]  # feature -> value -> weight
    rules: Mapping[str, Sequence[Rule]]  # by the symbol's name
    lists: frozenset[str]  # symbols that are lists of words
    between: str = " "
    changes: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # word -> (other word, letters it precedes)
    _known: dict[Symbol, Alternatives | None] = field(default_factory=dict, repr=False, compare=False)

    def sentences(self, seed: int, start: int = 0) -> Iterator[str]:
        """Sentences without end; sentence i of a seed is the same wherever one starts."""
        return (self.written(self.tree(seed, i).words()) for i in itertools.count(start))

    def tree(self, seed: int, i: int) -> SyntaxTree:
        """The tree of sentence i of a seed. Raises MisuseError where the rules never end."""
        draw = Random(f"{seed} {i}").random  # Python promises the same numbers of every version
        left = iter(range(MOST))

        def grow(symbol: Symbol) -> SyntaxTree:
            if next(left, None) is None:
                said = tr("the grammar's rules never end at {symbol}", symbol=_named(symbol))
                raise MisuseError(said, tr("give it an end of more weight"))
            bounds, alternatives = self._known.get(symbol) or self.choices(symbol)
            chosen = alternatives[bisect_right(bounds, draw())]
            return SyntaxTree(symbol, tuple([one if isinstance(one, str) else grow(one) for one in chosen]))

        return grow(Symbol("S"))

    def choices(self, symbol: Symbol) -> Alternatives:
        """The alternatives of a symbol. Raises MisuseError for none."""
        found = self._choices(symbol)
        if found is None:
            said = tr("the grammar has no rule for {symbol}", symbol=_named(symbol))
            raise MisuseError(said, tr("write one, or look for a slip in a name"))
        return found

    def written(self, words: Sequence[str]) -> str:
        """Words as a line of text: a capital first, and signs close to the word before."""
        spelled = [self._spelled(word, following) for word, following in zip(words, [*words[1:], ""], strict=True)]
        apart = [self.between if place and word[0] not in CLOSING else "" for place, word in enumerate(spelled)]
        text = "".join(gap + word for gap, word in zip(apart, spelled, strict=True)).replace("_", " ")
        return text[:1].upper() + text[1:]

    def _spelled(self, word: str, following: str) -> str:
        other, letters = self.changes.get(word, (word, ""))
        return other if following and following[0].lower() in letters else word

    def _choices(self, symbol: Symbol) -> Alternatives | None:
        """None where nothing can be made of the symbol."""
        if symbol not in self._known:
            self._known[symbol] = Alternatives([], [])  # one that holds itself may be made, if others can
            self._known[symbol] = self._grounded(symbol)
        return self._known[symbol]

    def _grounded(self, symbol: Symbol) -> Alternatives | None:
        found: list[tuple[float, tuple[Symbol | str, ...]]] = []
        for rule in self.rules.get(symbol.name, ()):
            bound = self._unified(rule.symbol, symbol)
            if bound is not None:
                found += self._alternatives(rule, bound)
        total = sum(weight for weight, _ in found)
        if not total:
            return None
        bounds = [running / total for running in itertools.accumulate(weight for weight, _ in found)]
        return Alternatives([*bounds[:-1], 1.0], [parts for _, parts in found])

    def _unified(self, pattern: Symbol, symbol: Symbol) -> dict[str, str] | None:
        """The values that make a rule's symbol this one; None where none do."""
        bound: dict[str, str] = {}
        if len(pattern.values) != len(symbol.values):
            return None
        for asked, value in zip(pattern.values, symbol.values, strict=True):
            feature = self.feature(asked)
            if asked != value and not (
                feature and value in self.features[feature] and bound.get(asked, value) == value
            ):
                return None
            if feature:
                bound[asked] = value
        return bound

    def _alternatives(self, rule: Rule, bound: Mapping[str, str]) -> list[tuple[float, tuple[Symbol | str, ...]]]:
        """What a rule gives for every set of values of the features that its left side leaves open."""
        named = {one: None for part in rule.parts if isinstance(part, Symbol) for one in part.values}
        free = [one for one in named if self.feature(one) and one not in bound]
        weighed = []
        for values in itertools.product(*(self.features[self.feature(one)].items() for one in free)):
            chosen = {**bound, **{one: value for one, (value, _) in zip(free, values, strict=True)}}
            share = 1.0
            for _, weight in values:
                share *= weight
            parts = tuple(_filled(part, chosen) if isinstance(part, Symbol) else part for part in rule.parts)
            opened = (set(part.values) & set(free) if isinstance(part, Symbol) else set() for part in rule.parts)
            for part, is_open in zip(parts, opened, strict=True):
                share *= self._words(part, bool(is_open)) if share else 0
            weighed.append((share, parts))
        total = sum(share for share, _ in weighed)
        return [(rule.weight * share / total, parts) for share, parts in weighed if share]

    def _words(self, part: Symbol | str, is_open: bool) -> float:
        """How many shares a part gives its alternative: the words of a list whose feature is open, 0 of a dead end."""
        if isinstance(part, str):
            return 1.0
        found = self._choices(part)
        if found is None:
            return 0.0
        return float(len(found.parts)) if is_open and part.name in self.lists else 1.0

    def feature(self, text: str) -> str:
        """The feature that num or num2 names; nothing for a value."""
        name = text.rstrip("0123456789")
        return name if name in self.features else ""


def read(text: str, name: str) -> Grammar:
    """A grammar from its text. Raises MisuseError naming the line that is no part of one."""
    features: dict[str, dict[str, float]] = {}
    rules: dict[str, list[Rule]] = {}
    lists: set[str] = set()
    changes: dict[str, tuple[str, str]] = {}
    between = " "
    for number, line in _statements(text):
        try:
            match line.split():
                case ["feature", feature, "=", *values]:
                    features[feature] = dict(map(_weighed, values))
                case ["no", "spaces"]:
                    between = ""
                case ["write", word, "as", other, "before", *letters]:
                    changes[word] = (other, "".join(letters))
                case _:
                    made = list(_rules(line, features))
                    rules.setdefault(made[0].symbol.name, []).extend(made)
                    lists |= {made[0].symbol.name} if _is_list(line) else set()
        except ValueError as error:
            hint = tr("as in: S -> 2 NP[num] VP[num] . | NP ; or Noun[num] = cat/cats dog/+s")
            said = tr("{name} line {number:,} is no rule: {error}", name=name, number=number, error=error)
            raise MisuseError(said, hint) from None
    return Grammar(features, rules, frozenset(lists), between, changes)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Rules with what is indented below them, a | between the lines of alternatives; # begins a comment."""
    found: list[tuple[int, str]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].rstrip()
        if not line:
            continue
        if line[0].isspace() and found:
            first, before = found[-1]
            join = " " if _is_list(before) or before.endswith("->") else " | "
            found[-1] = first, before + join + line.strip()
        else:
            found.append((number, line.strip()))
    return iter(found)


def _is_list(line: str) -> bool:
    return re.match(r"[A-Z]\w*(\[[^\]]*\])?\s*=", line) is not None


def _rules(line: str, features: Mapping[str, Mapping[str, float]]) -> Iterator[Rule]:
    """The rules of a statement."""
    sign = "=" if _is_list(line) else "->"
    left, found, right = line.partition(sign)
    symbol = _symbol(left.strip())
    if not found or symbol is None:
        raise ValueError(tr("it has no -> or = after a symbol"))
    if not right.strip():
        raise ValueError(tr("nothing stands on its right"))
    if sign == "=":
        for word in right.split():
            yield from _forms(symbol, *_weighed(word), features)
    else:
        yield from (_alternative(symbol, one) for one in right.split("|"))


def _alternative(symbol: Symbol, text: str) -> Rule:
    parts = PART.findall(text)
    weight = float(parts.pop(0)) if parts and NUMBER.fullmatch(parts[0]) else 1.0
    if not parts:
        raise ValueError(tr("an alternative is empty; write {nothing} for nothing", nothing=NOTHING))
    return Rule(symbol, weight, tuple(_symbol(one) or one.strip('"') for one in parts if one != NOTHING))


def _forms(symbol: Symbol, word: str, weight: float, features: Mapping[str, Mapping[str, float]]) -> Iterator[Rule]:
    """A word of a list, or its forms, one for each value of the feature that the list leaves open."""
    stem, *others = word.split("/")
    forms = [stem, *(stem + one[1:] if one.startswith("+") else one for one in others)]
    if len(forms) == 1:
        yield Rule(symbol, weight, (stem,))
        return
    (open_,) = [one for one in symbol.values if one in features] or [""]
    for value, form in zip(features.get(open_, ()), forms, strict=False):
        yield Rule(_filled(symbol, {open_: value}), weight, (form,))


def _weighed(text: str) -> tuple[str, float]:
    """A value or word and its weight: sg*3, or 1."""
    word, star, weight = text.partition("*")
    try:
        return word, float(weight) if star else 1.0
    except ValueError:
        raise ValueError(tr("could not convert string to float: {weight!r}", weight=weight)) from None


def _symbol(text: str) -> Symbol | None:
    """Name[value, value]; None for a word."""
    found = SYMBOL.fullmatch(text)
    if found is None:
        return None
    name, values = found.groups()
    return Symbol(name, tuple(one.strip() for one in values.split(",")) if values else ())


def _filled(symbol: Symbol, bound: Mapping[str, str]) -> Symbol:
    return Symbol(symbol.name, tuple(bound.get(one, one) for one in symbol.values))


def _named(symbol: Symbol) -> str:
    return f"{symbol.name}[{', '.join(symbol.values)}]" if symbol.values else symbol.name
