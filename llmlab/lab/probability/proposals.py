"""Words that may fill a blank, proposed by the whole sentence.

What stands before a blank does not know what follows it, and asked token by token it does not even know every word:
after 今天天气很 the model has no token 好, for its tokenizer writes 很好 as one. So words are proposed three ways: a
beam search after what stands before the blank; the same after the sentence with a gap (The ... barked. The), which
has heard of the dog; and the frequent words of the language. Each is scored as the tokenizer itself would write it
there. Frequent words cost little: nearly all are the last token after one of a few contexts, and one distribution a
context has them all. Then what follows the blank is read, further and further with fewer and fewer words (successive
halving, Jamieson and Talwalkar 2016), and the words that are left are ranked by the whole sentence.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import chain, islice, zip_longest

from llmlab.backends.base import CausalLM, ScoreRequest, Tokens
from llmlab.backends.sampling import top
from llmlab.errors import MissingError, MisuseError
from llmlab.lab.languages import language
from llmlab.lab.probability import windows
from llmlab.spaces.vocabulary import by_frequency

BLANK = "[?]"
GAP = "..."  # stands for a blank in a context
BEAMS = 8
POOL = 48  # next tokens looked at for each beam: many are no words
PIECES = 3  # most tokens of a word that the beam search finds
FREQUENT = 2000  # words of the language, whatever stands before the blank
LONGER = 32  # words of other contexts: each costs as many steps as it has tokens
LISTED = 200_000  # words of the language that count as whole words
CONTEXTS = 8  # after which frequent words are looked up
ROOM = 128  # words that the first round reads one token past the blank
NARROW = 4  # a round keeps a word of so many, and reads so many times as far
FEWEST = 24  # words that are read to the end
WORD = re.compile(r"\w+(?:['’-]\w+)*")


def propose(model: CausalLM, parts: Sequence[str], *, allow_special: bool = False) -> list[str]:
    """Whole words for the blank between two parts, those that the right part does not speak against."""
    left, right = parts
    tongue = language(left + right) or "en"
    contexts = left, f"{left}{GAP}{right} {left}"
    ranked = [likeliest(model, context, tongue, allow_special=allow_special) for context in contexts]
    in_turn = chain.from_iterable(zip_longest(*ranked))
    found = list(dict.fromkeys(word for word in in_turn if word))[:ROOM]
    return narrow(model, left, found, right, allow_special=allow_special)


def likeliest(model: CausalLM, left: str, tongue: str, *, allow_special: bool = False) -> list[str]:
    """Whole words of a language after a left context, likeliest first."""
    listed = _listed(tongue)
    found = search(model, left, allow_special=allow_special)
    whole = [word for word in found if word.lower() in listed] or found
    script = "" if tongue == "en" else tongue
    frequent = [word for word in islice(listed, FREQUENT) if word.isalpha() and language(word) == script]
    if begins_sentence(left):
        frequent = [word.capitalize() for word in frequent]
    scored = _after(model, left, frequent, whole, allow_special=allow_special)
    return sorted(scored, key=lambda word: -scored[word])


def narrow(model: CausalLM, left: str, words: Sequence[str], right: str, *, allow_special: bool = False) -> list[str]:
    """Those of the words that are likely with what follows them, as far as it is read."""
    tokens = {word: model.encode(left + word + right, allow_special=allow_special) for word in words}
    beyond = {word: sum(start >= len(left + word) for start, _ in own.spans) for word, own in tokens.items()}
    kept, reach = list(words), 1
    while len(kept) > FEWEST and reach < max(beyond[word] for word in kept):
        cut = [tokens[word][: len(tokens[word]) - max(beyond[word] - reach, 0)] for word in kept]
        totals = dict(zip(kept, _totals(model, cut), strict=True))
        kept = sorted(kept, key=lambda word: -totals[word])[: max(FEWEST, len(kept) // NARROW)]
        reach *= NARROW
    return kept


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
            if WORD.fullmatch(word):
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
    return not word or re.fullmatch(r"\w[\w'’-]*", word) is not None


@cache
def _listed(tongue: str) -> dict[str, None]:
    """Words of a language, most frequent first; none where wordfreq has no list: then any run of letters is a word."""
    try:
        return dict.fromkeys(by_frequency(f"wordfreq:{tongue}:{LISTED}"))
    except (MissingError, MisuseError):
        return {}
