"""A table of word vectors made from a text, and kept: the last under a name, earlier ones under NAME@WORDS."""

import hashlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version

from llmlab.arrays import Floats
from llmlab.errors import MisuseError
from llmlab.lab.training import bigram, skipgram, word_sentences
from llmlab.lab.training.vectors import TrainedVectors, trained_vectors, watched
from llmlab.lab.training.ways import Way
from llmlab.lab.training.word_sentences import Corpus
from llmlab.language import tr
from llmlab.names import moment
from llmlab.spaces import build, content
from llmlab.spaces.shelf import Shelf
from llmlab.view import Record

STEPS = (0, 1_000, 10_000, 100_000, 1_000_000)  # words read; those that there are
WAYS = {"skipgram": "skip-gram", "bigram": "bigram counts"}
ENGINES = {"skipgram": "gensim", "bigram": "scipy"}
LARGEST = 1_000  # dimensions


def train(
    shelf: Shelf,
    name: str,
    text: str,
    file: str,
    way: Way = "skipgram",
    dimension: int = 50,
    steps: Sequence[int] | None = None,
    seed: int = 1,
    watch: Sequence[str] = (),
) -> TrainedVectors:
    """Vectors of the words of a text, kept in spaces; what is there already from the same text is not made again.

    Raises MisuseError for a name that is taken, for steps that there are not, a word to watch that the text has not or
    too seldom, and too little text; MissingError without gensim.
    """
    own = build.own_name(shelf, name)
    _check(way, dimension, steps)
    corpus = word_sentences.corpus(text, file)
    words = watched(corpus, watch, file)
    moments = _moments(way, corpus, steps, file)
    fingerprint = _fingerprint(text, way, dimension, moments, seed)
    facts = _facts(fingerprint, way, corpus, file)
    names = {read: own if read == moments[-1] else moment(own, read) for read in moments}
    of_each = {read: fingerprint | {"read": str(read)} for read in moments}
    there = [shelf.has(names[read], of_each[read]) for read in moments]  # each of another training is refused
    if not all(there):
        tables = _tables(shelf, way, corpus, moments, dimension, seed)
        for read, table in zip(moments, tables, strict=True):
            made = content.of_table(list(corpus.counts), table, facts | {"words_read": read})
            shelf.from_training(names[read], of_each[read], made)
    return trained_vectors([shelf.open(one) for one in names.values()], words, corpus)


def _check(way: Way, dimension: int, steps: Sequence[int] | None) -> None:
    if not 2 <= dimension <= LARGEST:
        raise MisuseError(
            tr("--dimension {dimension} makes no table", dimension=dimension), tr("give 2 to {most:,}", most=LARGEST)
        )
    if way == "bigram" and steps is not None:
        said = tr("--steps is of skip-gram: counts are made at once")
        raise MisuseError(said, tr("leave it out, or use --from skipgram"))
    if steps is not None and (sorted(set(steps)) != list(steps) or min(steps, default=0) < 0):
        raise MisuseError(
            tr("--steps must rise, from 0 words read on"), tr("for example {example}", example="--steps 0,1000,10000")
        )
    if way == "skipgram":
        skipgram.check_installed()


def _moments(way: Way, corpus: Corpus, steps: Sequence[int] | None, file: str) -> list[int]:
    """After how many words read the table is kept, the end included."""
    if way == "bigram":
        return [len(corpus.running)]
    last = skipgram.words_to_read(corpus)
    beyond = [step for step in steps or () if step >= last]
    if beyond:
        said = tr(
            "--steps {step}: of {file} {count:,} words are read in all, and the last is kept",
            step=beyond[0],
            file=file,
            count=last,
        )
        raise MisuseError(said, tr("give smaller numbers, or more text"))
    return [*(step for step in (STEPS if steps is None else steps) if step < last), last]


def _fingerprint(text: str, way: Way, dimension: int, moments: Sequence[int], seed: int) -> dict[str, str]:
    """What decides every number of the tables."""
    settings = skipgram.SETTINGS if way == "skipgram" else bigram.SETTINGS
    drawn = {"seed": seed, "kept": ",".join(map(str, moments))} if way == "skipgram" else {}
    said = {"dimension": dimension, **settings, "min_count": word_sentences.MET, **drawn}
    return {
        "text": hashlib.sha256(text.encode()).hexdigest(),
        "reader": word_sentences.READER,
        "from": way,
        "engine": f"{ENGINES[way]} {version(ENGINES[way])}",
        **{key: f"{value}" for key, value in said.items()},
    }


def _facts(fingerprint: dict[str, str], way: Way, corpus: Corpus, file: str) -> Record:
    """What is known of all the tables."""
    told = [f"{key} {value}" for key, value in fingerprint.items() if key not in ("text", "reader", "from", "kept")]
    return {
        "kind": "trained",
        "model": WAYS[way],
        "revision": fingerprint["text"][:12],
        "engine": ENGINES[way],
        "dtype": "float32",
        "vocabulary": file,
        "languages": [corpus.language or "*"],
        "source": fingerprint,
        "training": told,
    }


def _tables(
    shelf: Shelf, way: Way, corpus: Corpus, moments: Sequence[int], dimension: int, seed: int
) -> Iterator[Floats]:
    """The table at each of the moments."""
    with shelf.reporter.progress(tr("training")) as progress:
        if way == "bigram":
            yield bigram.bigram(corpus, dimension)
        else:
            yield from skipgram.skipgram(corpus, moments[:-1], dimension, seed, progress)
