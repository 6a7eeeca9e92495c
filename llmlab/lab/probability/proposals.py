"""Words that may fill a blank, proposed by the whole sentence.

What stands before a blank does not know what follows it, and asked token by token it does not even know every word:
after 今天天气很 the model has no token 好, for its tokenizer writes 很好 as one. So words are proposed three ways: a
beam search after what stands before the blank; the same after the sentence with a gap (The ... barked. The), which
has heard of the dog; and the frequent words of the language. Each is scored as the tokenizer itself would write it
there. Frequent words cost little: nearly all are the last token after one of a few contexts, and one distribution a
context has them all. Then what follows the blank is read, further and further with fewer and fewer words (successive
halving, Jamieson and Talwalkar 2016), and the words that are left are ranked by the whole sentence. While little
of it is read, what stands before the blank would decide alone, and of Paris at the beginning of a sentence it knows
nothing: so a round keeps the likeliest so far and, as many, the likeliest by both that and the gap.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice, zip_longest

from llmlab.backends.base import CausalLM, ScoreRequest, Tokens
from llmlab.backends.sampling import top
from llmlab.errors import MisuseError
from llmlab.lab.probability import windows
from llmlab.lab.probability.whole import LETTERS, is_whole, listed, written_in
from llmlab.language import tr

BLANK = "[?]"
MOST = 10_000  # fillings ranked
OF_SEVERAL = 8  # words proposed for each of several blanks: all combinations are ranked
GAP = "..."  # stands for a blank in a context
BEAMS = 8
POOL = 48  # next tokens looked at for each beam: many are no words
PIECES = 3  # most tokens of a word that the beam search finds
FREQUENT = 2000  # words of the language, whatever stands before the blank
LONGER = 32  # words of other contexts: each costs as many steps as it has tokens
CONTEXTS = 8  # after which frequent words are looked up
ROOM = 192  # words that the first round reads one token past the blank
NARROW = 4  # a round keeps a word of so many, and reads so many times as far
FEWEST = 24  # words that are read to the end

Span = tuple[int, int]


def fill(parts: Sequence[str], words: Sequence[str]) -> tuple[str, list[Span]]:
    """The sentence with words in its blanks, and where each word stands in it, in characters."""
    text, spans = parts[0], []
    for word, after in zip(words, parts[1:], strict=True):
        spans.append((len(text), len(text) + len(word)))
        text += word + after
    return text, spans


def for_blanks(model: CausalLM, parts: Sequence[str], *, allow_special: bool = False) -> list[tuple[str, ...]]:
    """Words for the blank; for several, left to right, in all the combinations that their left contexts propose."""
    if len(parts) == 2:
        return [(word,) for word in propose(model, parts, allow_special=allow_special)]
    fillings: list[tuple[str, ...]] = [()]
    tongue = written_in("".join(parts))
    for blank in range(1, len(parts)):
        grown: list[tuple[str, ...]] = []
        for words in fillings:
            left, _ = fill(parts[: len(words) + 1], words)
            found = likeliest(model, left, tongue, allow_special=allow_special)
            grown += [(*words, word) for word in islice(found, OF_SEVERAL)]
        fillings = grown
        if len(fillings) * OF_SEVERAL > MOST and blank < len(parts) - 1:
            many = tr("{count} blanks are too many to propose for", count=len(parts) - 1)
            raise MisuseError(many, tr("give some with --candidate"))
    return fillings


def propose(model: CausalLM, parts: Sequence[str], *, allow_special: bool = False) -> list[str]:
    """Whole words for the blank between two parts, those that the right part does not speak against."""
    left, right = parts
    tongue = written_in(left + right)
    gap = likeliest(model, f"{left}{GAP}{right} {left}", tongue, allow_special=allow_special)
    before = likeliest(model, left, tongue, allow_special=allow_special) if left.strip() else {}
    least = min(gap.values(), default=0.0)
    found = {word: gap.get(word, least) for word in _in_turn(before, gap)[:ROOM]}
    return narrow(model, left, found, right, allow_special=allow_special)


def likeliest(model: CausalLM, left: str, tongue: str, *, allow_special: bool = False) -> dict[str, float]:
    """Whole words of a language after a left context, likeliest first: log P of both, nats."""
    found = [word for word in search(model, left, allow_special=allow_special) if is_whole(word, tongue)]
    frequent = [word for word in islice(listed(tongue), FREQUENT) if word.isalpha() and is_whole(word, tongue)]
    if begins_sentence(left):
        found = [word for word in found if word[0] == word[0].upper()]
        frequent = [word.capitalize() for word in frequent]
    scored = _after(model, left, frequent, found, allow_special=allow_special)
    return dict(sorted(scored.items(), key=lambda item: -item[1]))


def narrow(
    model: CausalLM, left: str, gap: Mapping[str, float], right: str, *, allow_special: bool = False
) -> list[str]:
    """Those of the words that are likely with what follows them, as far as it is read, and in the gap (nats)."""
    tokens = {word: model.encode(left + word + right, allow_special=allow_special) for word in gap}
    beyond = {word: sum(start >= len(left + word) for start, _ in own.spans) for word, own in tokens.items()}
    kept, reach = list(gap), 1
    while len(kept) > FEWEST and reach < max(beyond[word] for word in kept):
        cut = [tokens[word][: len(tokens[word]) - max(beyond[word] - reach, 0)] for word in kept]
        totals = dict(zip(kept, _totals(model, cut), strict=True))
        so_far = sorted(kept, key=lambda word: -totals[word])
        by_both = sorted(kept, key=lambda word: -totals[word] - gap[word])
        kept = _in_turn(so_far, by_both)[: max(FEWEST, len(kept) // NARROW)]
        reach *= NARROW
    return kept


def _in_turn(*rankings: Iterable[str]) -> list[str]:
    """The first of each ranking, then the second of each ..., every word once."""
    return list(dict.fromkeys(word for word in chain.from_iterable(zip_longest(*rankings)) if word))


def search(model: CausalLM, left: str, *, allow_special: bool = False) -> list[str]:
    """Words after a left context, of up to PIECES tokens, likeliest first: a beam search.

    A context that ends with a space asks for words that begin with it, as most vocabularies write them.
    """
    stem = left.removesuffix(" ")
    space = b" " if stem != left else b""
    beams = [(0.0, model.encode(stem, allow_special=allow_special) if stem else Tokens((), ()), b"")]
    words: dict[str, float] = {}
    for _ in range(PIECES):
        grown = []
        for (logprob, tokens, raw), logprobs in zip(beams, model.next([one for _, one, _ in beams]), strict=True):
            for token in top(logprobs, POOL * BEAMS).tolist():
                piece = model.piece(token)
                if _begins_word(raw + piece, space) and not model.is_end(token):
                    longer = tokens + Tokens((token,), (piece,))
                    grown.append((logprob + float(logprobs[token]), longer, raw + piece))
        for logprob, _, raw in grown:
            word = raw.removeprefix(space).decode(errors="replace")
            if LETTERS.fullmatch(word):
                words[word] = max(logprob, words.get(word, -math.inf))
        if not (beams := sorted(grown, key=lambda beam: -beam[0])[:BEAMS]):
            break
    return sorted(words, key=lambda word: -words[word])[: POOL * BEAMS]


def _after(
    model: CausalLM, left: str, frequent: Sequence[str], found: Sequence[str], *, allow_special: bool
) -> dict[str, float]:
    """log P of left and word, nats.

    Of frequent words only those are looked up that are the last token after one of the commonest contexts.
    """
    words = dict.fromkeys([*frequent, *found])
    tokens = {word: model.encode(left + word, allow_special=allow_special) for word in words}
    contexts = [one for one, _ in Counter(own[:-1] for own in tokens.values()).most_common(CONTEXTS)]
    places = {one.ids: place for place, one in enumerate(contexts)}
    before, nexts = _totals(model, contexts), model.next(contexts)
    scores = {}
    for word, own in tokens.items():
        if (place := places.get(own.ids[:-1])) is not None:
            scores[word] = before[place] + float(nexts[place, own.ids[-1]])
    rest = [word for word in found if word not in scores][:LONGER]
    return scores | dict(zip(rest, _totals(model, [tokens[word] for word in rest]), strict=True))


def _totals(model: CausalLM, texts: Sequence[Tokens]) -> list[float]:
    """log P of texts, nats; of a model without BOS, given their first token."""
    import numpy as np

    stats = windows.score(model, [ScoreRequest(one) for one in texts])
    return [float(np.nansum(one.logprobs)) for one in stats]


def begins_sentence(left: str) -> bool:
    return not left.strip() or left.rstrip()[-1] in ".!?"


def _begins_word(raw: bytes, space: bytes) -> bool:
    """Whether bytes are the beginning of the space and a word; the last character may still be cut."""
    if not raw.startswith(space):
        return space.startswith(raw)
    word = raw[len(space) :].decode(errors="ignore")
    return not word or re.fullmatch(r"[^\W\d_]([^\W\d_]|['’-])*", word) is not None
