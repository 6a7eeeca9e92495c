"""Rules of the shipped grammars, each broken in a sentence: what makes the bad one of a minimal pair.

A function takes a sentence and gives its words with one rule broken; None where the sentence has no such place.
"""

import itertools
from random import Random
from typing import NamedTuple

from llmlab.lab.training.grammar import Grammar, Symbol, SyntaxTree

UNFIT = {  # verbs, and what they are not done to
    "en": {
        "eat": ("furniture", "vehicle", "clothes"),
        "taste": ("furniture", "vehicle", "clothes"),
        "drink": ("music",),
        "sip": ("music",),
        "read": ("fruit", "furniture", "plant"),
        "wear": ("building", "fruit", "vehicle"),
        "drive": ("fruit", "text", "plant"),
        "feed": ("furniture", "text", "vehicle"),
    },
    "zh": {
        "吃": ("furniture", "vehicle", "clothes"),
        "喝": ("furniture", "clothes", "text"),
        "读": ("fruit", "furniture", "plant"),
        "穿": ("building", "fruit", "text"),
        "开": ("fruit", "text", "plant"),
        "喂": ("furniture", "text", "clothes"),
        "养": ("furniture", "text", "clothes"),
    },
}


class Span(NamedTuple):
    """A symbol, the places of its words, and the symbols above it, the nearest last."""

    symbol: Symbol
    start: int
    stop: int
    parts: tuple["Span | str", ...]
    above: tuple[Symbol, ...]

    @property
    def is_word(self):
        return len(self.parts) == 1 and isinstance(self.parts[0], str)

    def within(self, *names):
        return bool({one.name for one in self.above} & set(names))


class Sentence(NamedTuple):
    grammar: Grammar
    words: list[str]
    spans: list[Span]
    random: Random

    def called(self, name, *values):
        """The spans of a symbol whose first values are these."""
        return [one for one in self.spans if one.symbol.name == name and one.symbol.values[: len(values)] == values]

    def exchanged(self, place, word):
        return [*self.words[:place], word, *self.words[place + 1 :]]

    def swapped(self, first, second):
        """With two spans, one after the other, in the other order."""
        words = self.words
        turned = words[second.start : second.stop] + words[first.start : first.stop]
        return [*words[: first.start], *turned, *words[second.stop :]]

    def form(self, span, *values):
        """The word of a list in another form."""
        place = self.grammar.choices(span.symbol).parts.index(tuple(span.parts))
        return self.grammar.choices(Symbol(span.symbol.name, values)).parts[place][0]


def sentence(grammar, seed, i):
    found, words = [], []

    def walk(node, above):
        start, place = len(words), len(found)
        found.append(None)
        parts = []
        for part in node.parts:
            if isinstance(part, SyntaxTree):
                parts.append(walk(part, (*above, node.symbol)))
            else:
                words.append(part)
                parts.append(part)
        found[place] = Span(node.symbol, start, len(words), tuple(parts), above)
        return found[place]

    walk(grammar.tree(seed, i), ())
    return Sentence(grammar, words, found, Random(f"{seed} {i} pair"))


OBJECTS = ("NP", "Obj", "Goods", "Seen", "Liked", "Friend", "Subject", "Language")
OTHER = {"s": "base", "base": "s", "sg": "pl", "pl": "sg", "m": "f", "f": "m"}


def finite(one, across):
    """The verb of a whole clause that agrees, its subject followed by another noun or not."""
    beside = any(one.called("Beside"))
    near = {span.symbol.values[1] for span in one.called("Noun") if span.within("Near")}
    own = {span.symbol.values[0] for span in one.called("Beside")}
    if beside != across or (across and OTHER[next(iter(own))] not in near) or len(one.called("Clause")) != 1:
        return None
    for span in [span for name in ("Verb", "Act") for span in one.called(name)]:
        above = span.above[-1]
        agrees = above.name == "V" and above.values[1:] in (("sg", "habit"), ("pl", "habit"))
        negated = "not" in one.words[max(span.start - 1, 0) : span.start]
        if agrees and span.symbol.values[1] in ("s", "base") and not negated:
            return one.exchanged(span.start, one.form(span, span.symbol.values[0], OTHER[span.symbol.values[1]]))
    return None


def be(one):
    """is for are."""
    for span in [span for name in ("Be", "Was") for span in one.called(name)]:
        if span.symbol.values[0] in ("sg", "pl"):
            return one.exchanged(span.start, one.form(span, OTHER[span.symbol.values[0]]))
    return None


def determiner(one):
    """this apples, two apple."""
    for span in one.called("Noun"):
        before = one.words[span.start - 1] if span.start else ""
        counted = ("this", "that", "a", "these", "those", "two", "three", "four", "five", "six", "seven", "many")
        if before in counted and span.symbol.values[1] in OTHER:
            word = one.form(span, span.symbol.values[0], OTHER[span.symbol.values[1]])
            return one.exchanged(span.start, word) if word != span.parts[0] else None
    return None


def order(one):
    """The object before its verb; in Chinese behind what stands before a verb, where no topic can stand."""
    for span in one.called("Do"):
        parts = [part for part in span.parts if isinstance(part, Span)]
        for verb, thing in itertools.pairwise(parts):
            sung = verb.symbol.values[:1] == ("sing",)  # 歌唱 is a word
            if verb.symbol.name != "V" or thing.symbol.name not in OBJECTS or sung or one.called("Be"):
                continue
            if one.grammar.between:
                return one.swapped(verb, thing)
            own = next(part for part in verb.parts if part.symbol.name == "Verb")
            return one.swapped(own._replace(stop=verb.stop), thing) if own.start > verb.start else None
    return None


def adjective(one):
    """The adjective behind its noun, but not of food, which is eaten hot."""
    for span in one.spans:
        parts = [part for part in span.parts if isinstance(part, Span)]
        for quality, noun in itertools.pairwise(parts):
            eaten = noun.symbol.values[:1] in (("food",), ("fruit",), ("drink",))
            if quality.symbol.name == "Adj" and noun.symbol.name in ("Noun", "Human") and not eaten:
                return one.swapped(quality, noun)
    return None


def selection(language):
    """What nobody eats, reads, wears: in Chinese a noun without a measure word, which would be wrong too."""

    def broken(one):
        for verb in one.called("Verb"):
            base = one.form(verb, verb.symbol.values[0], "base") if language == "en" else verb.parts[0]
            kinds = UNFIT[language].get(base, ())
            nouns = [span for span in one.called("Noun") if span.start > verb.start]
            if kinds and nouns and nouns[0].above[-1].name in ("NP", "Bare"):
                kind = "music" if nouns[0].symbol.values[1] == "mass" else one.random.choice(kinds)
                return one.exchanged(nouns[0].start, one.random.choice(nouns_of(one, kind, nouns[0].symbol.values[1])))
        return None

    return broken


def nouns_of(one, kind, form):
    """The nouns of a kind: of a number, or with whatever measure word."""
    measures = (form,) if form in one.grammar.features.get("num", ()) else one.grammar.features["cl"]
    named = {rule.symbol.values[1] for rule in one.grammar.rules["Noun"] if rule.symbol.values[0] == kind}
    lists = [one.grammar.choices(Symbol("Noun", (kind, value))) for value in measures if value in named]
    return [word for found in lists for (word,) in found.parts]


def reflexive(one):
    """The king saw herself."""
    for span in one.called("Self"):
        return one.exchanged(span.start, one.form(span, OTHER[span.symbol.values[0]]))
    return None


def time(words):
    """What happened, with a word for another time."""

    def broken(one):
        for place, word in enumerate(one.words):
            if word in words and len(one.called("Clause")) == 1:
                return one.exchanged(place, words[word])
        return None

    return broken


def measure(one):
    """A measure word that the noun does not have."""
    for span in one.called("Cl"):
        noun = next((other for other in one.called("Noun") if other.start >= span.stop), None)
        if noun and span.symbol.values[0] not in ("个", "位"):
            common = ("只", "条", "本", "张", "把", "件", "双", "辆", "杯", "碗", "朵", "棵", "台", "首", "封")
            return one.exchanged(span.start, one.random.choice([other for other in common if other != span.parts[0]]))
    return None


def disposal(one):
    """把 before the verb, and what it is done to behind it: he 把 ate the apple."""
    for place, word in enumerate(one.words):
        ends = [
            span.stop
            for span in one.spans
            if span.start == place + 1 and span.symbol.name in ("This", "Room", "Opening")
        ]
        if word == "把" and ends and "了" in one.words[ends[0] :]:
            stop = one.words.index("了", ends[0])
            words = one.words
            return [*words[: place + 1], *words[ends[0] : stop], *words[place + 1 : ends[0]], *words[stop:]]
    return None


def aspect(one):
    """没去过 with 了 in the place of 过."""
    places = [span.start for span in one.called("After", "exp")]
    return one.exchanged(places[0], "了") if "没" in one.words and places else None


def question(one):
    """吗 where another word asks already."""
    asks = {"什么", "谁", "哪里", "怎么样"} & set(one.words) or "喜欢不喜欢" in "".join(one.words)
    return [*one.words[:-1], "吗", one.words[-1]] if asks and one.words[-1] == "？" and "吗" not in one.words else None


def plural(one):
    """们 behind a number."""
    for span in one.called("Human"):
        if span.start >= 2 and one.words[span.start - 2] in ("两", "三", "四", "五", "六", "七", "八", "九", "十"):
            return [*one.words[: span.stop], "们", *one.words[span.stop :]]
    return None


def comparison(one):
    """很 in a comparison with 比."""
    for span in one.called("More"):
        if span.within("Compare"):
            return [*one.words[: span.start], "很", *one.words[span.stop :]]
    return None


KINDS = {
    "en": {
        "agreement": lambda one: finite(one, across=False),
        "agreement_across_a_noun": lambda one: finite(one, across=True),
        "agreement_of_be": be,
        "determiner_and_noun": determiner,
        "order_of_verb_and_object": order,
        "order_of_adjective_and_noun": adjective,
        "selection": selection("en"),
        "reflexive": reflexive,
        "tense_and_time": time({"yesterday": "tomorrow", "tomorrow": "yesterday"}),
    },
    "zh": {
        "量词": measure,
        "动词和宾语的顺序": order,
        "形容词和名词的顺序": adjective,
        "动词和宾语的搭配": selection("zh"),
        "把字句": disposal,
        "没和过": aspect,
        "时间和体": time({"昨天": "明天"}),
        "吗和疑问词": question,
        "数词和们": plural,
        "比和很": comparison,
    },
}
