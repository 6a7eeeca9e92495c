"""A causal model of few tokens, and the list of all that it may say: covers, next characters, next words."""

import math
import re
from collections import Counter
from types import SimpleNamespace

import numpy as np
from scipy.special import log_softmax, softmax

from llmlab.backends.base import Tokens
from llmlab.backends.spellings import Spellings
from llmlab.lab.characters.covers import Effort, Request, cover

END, CONTROL = 0, 1  # the tokens that spell nothing
PIECES = [None, None, b"a", b"b", b"c", b"ab", b"ba", b"abc", b" ", b" a", b" b", b".", b"\xe4", b"\xbd\xa0"]
PIECES += [
    "你".encode(),
    "b你".encode(),
    b"b\xe4",
    b"\xff",
    b"a",
    b"\xc3",
    b"\x80",
]  # bytes of 你 alone, of nothing; a second a
WORDS = [None, None, b"a", b"b", b"ab", b" ", b" a", b" b", b".", b"a.", b"b a", b"\0"]
TEXTS = ["a", "ab", "abc", "ba", "a b", " ab", "b你", "你a", "ab."]
LONG = "abc ab ba你 abc. b你 ab abc ba"
EVERY = Effort(floor=0.0, per_token=10_000, rounds=100, worth=0.0)


class Few:
    """A causal model with other probabilities after each context."""

    def __init__(self, pieces=PIECES, bos="<s>"):
        self._pieces = pieces
        self.info = SimpleNamespace(name="few", vocabulary=len(pieces), bos=bos)
        self.trie = Spellings.read(self)
        self.passes = []  # the contexts of each

    @property
    def read(self):
        """All contexts that were read, in their order."""
        return [ids for some in self.passes for ids in some]

    def spellings(self):
        return self._pieces

    def piece(self, token):
        return self._pieces[token] or b""

    def is_end(self, token):
        return token == END

    def encode(self, text, *, allow_special=False):
        """The longest token that the rest begins with, again and again."""
        raw, ids = text.encode(), []
        while raw:
            ids.append(max((one for one, piece in spelling(self) if raw.startswith(piece)), key=self._length))
            raw = raw[self._length(ids[-1]) :]
        return self.tokens(ids)

    def _length(self, token):
        return len(self.piece(token))

    def tokens(self, ids):
        return Tokens(tuple(ids), tuple(map(self.piece, ids)))

    def next(self, contexts):
        self.passes.append([one.ids for one in contexts])
        return np.stack([self.after(one.ids) for one in contexts]).astype(np.float32)

    def after(self, ids):
        """log P of each next token, nats."""
        return log_softmax(1.5 * np.random.default_rng((1, *ids)).standard_normal(len(self._pieces)))


def covers_of(model, text, effort=EVERY, through=True):
    return cover(model, model.trie, Request(model.tokens(()), model.encode(text), through), effort)


def spelling(model):
    """(token, its bytes) of those that spell something."""
    return [(token, piece) for token, piece in enumerate(model.spellings()) if piece]


def contexts(model, text, given=()):
    """(ids, bytes that they spell, P) of all token sequences that spell a beginning of a text, itself too."""
    found, waiting = [], [((), b"", 1.0)]
    while waiting:
        ids, spelt, p = waiting.pop()
        found.append((ids, spelt, p))
        after = np.exp(model.after((*given, *ids)))
        waiting += [
            ((*ids, token), spelt + piece, p * after[token])
            for token, piece in spelling(model)
            if text.startswith(spelt + piece)
        ]
    return found


def chance(model, ids):
    return math.exp(sum(model.after(ids[:place])[token] for place, token in enumerate(ids)))


def covering(model, text, given=()):
    """(ids before, how many bytes they spell, {token: P}) of the places where a text's last token may begin."""
    found = []
    for ids, spelt, p in contexts(model, text, given):
        after = np.exp(model.after((*given, *ids)))
        tokens = {token: p * after[token] for token, piece in spelling(model) if (spelt + piece).startswith(text)}
        if tokens and len(spelt) < len(text):
            found.append((ids, len(spelt), tokens))
    return found


def beginning(model, text, given=()):
    """P(text as a beginning | given)."""
    return sum(sum(tokens.values()) for _, _, tokens in covering(model, text, given)) if text else 1.0


def arriving(model, text, temperature):
    """(ids, bytes beyond the text, P) where a token reaches the text's end, drawn at a temperature."""
    if not text:
        return [((), b"", 1.0)]
    places = covering(model, text)
    total = sum(sum(tokens.values()) for *_, tokens in places)
    if temperature == 0:
        places = [max(places, key=lambda place: sum(place[2].values()))]
        total = sum(places[0][2].values())
    found = []
    for ids, spelt, tokens in places:
        share = sum(tokens.values()) / total
        for (token, _), p in zip(tokens.items(), tempered(np.log([*tokens.values()]), temperature), strict=True):
            found.append(((*ids, token), model.piece(token)[len(text) - spelt :], share * p))
    return found


def tempered(logprobs, temperature):
    return softmax(logprobs / temperature) if temperature else np.eye(len(logprobs))[np.argmax(logprobs)]


def first(raw):
    """The first character of bytes; "invalid", or None for the beginning of one."""
    for length in range(1, 5):
        try:
            return raw[:length].decode()
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                return "invalid"
            if length >= len(raw):
                return None
    raise AssertionError(raw)


def outcomes(model, text, temperature, least=1e-7):
    """{next character, or what comes instead: P}; what is less likely than `least` is not followed."""
    found, waiting = Counter(), arriving(model, text, temperature)
    while waiting:
        ids, added, p = waiting.pop()
        if added and first(added) is not None:
            found[first(added)] += p
        elif p >= least:
            for token, one in enumerate(tempered(model.after(ids), temperature)):
                if token in (END, CONTROL):
                    found["end" if token == END else "invalid" if added else "control"] += p * one
                else:
                    waiting.append(((*ids, token), added + model.piece(token), p * one))
    return found


def word(text, added):
    """The word that goes on after a text, its beginning in it, and whether it is whole: something else follows it."""
    try:
        said = added.decode().lstrip(" ")
    except UnicodeDecodeError:
        return "", False
    if not said:
        return "", False
    joined = (re.search("[ab]*$", text)[0] if said == added.decode() else "") + said
    end = re.match("[ab]*", joined).end()
    return (joined[:end], end < len(joined)) if end > len(joined) - len(said) else (said[0], True)


def words(model, text, temperature, least=1e-6):
    """{next word, or "" where the text ends before any: P}; what is less likely than `least` is not followed."""
    found, waiting = Counter(), arriving(model, text.encode(), temperature)
    while waiting:
        ids, added, p = waiting.pop()
        begun, whole = word(text, added)
        if whole:
            found[begun] += p
        elif p >= least:
            for token, one in enumerate(tempered(model.after(ids), temperature)):
                if token in (END, CONTROL):
                    found[begun] += p * one
                else:
                    waiting.append(((*ids, token), added + model.piece(token), p * one))
    return found
