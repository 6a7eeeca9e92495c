"""Asking spaces for the neighbours of a word: which space answers, where the word's vector comes from, what to say."""

from collections.abc import Sequence
from functools import partial

from llmlab.errors import MisuseError
from llmlab.lab import languages
from llmlab.lab.vectors.arithmetic import parse, unspaced
from llmlab.lab.vectors.elsewhere import ask_spaces, better_at_sums
from llmlab.lab.vectors.neighbors import Neighbors, answer
from llmlab.lab.vectors.question import Question, Sort
from llmlab.lab.vectors.side_by_side import SideBySide
from llmlab.language import tr
from llmlab.spaces.lookup import Query, look_up, row_of
from llmlab.spaces.shelf import Shelf
from llmlab.spaces.space import Space


def ask(
    shelf: Shelf, text: str, question: Question, space: str = "", spaces: Sequence[str] = (), standardize: bool = False
) -> Neighbors | SideBySide:
    """What one space says of a word, or several side by side. Without any: the one for the word's script.

    The shelf's reporter is told of a word that has its vector from elsewhere than the space.
    """
    if not spaces:
        return _of(shelf, space or _space_for(shelf, text), text, question, standardize)
    return SideBySide(tuple(_of(shelf, name, text, question, standardize) for name in spaces))


def beside(space: str | None, spaces: Sequence[str], sort: Sort) -> list[str]:
    """The spaces that answer side by side, each once. Raises MisuseError for what contradicts itself."""
    if space:
        raise MisuseError(tr("--space and --spaces are two ways to say where"), tr("give one of them"))
    said = ",".join(spaces)
    if not all(spaces):
        raise MisuseError(
            tr("--spaces {names!r} holds an empty name", names=said), tr("for example --spaces minilm,glove")
        )
    if len(set(spaces)) < 2:
        raise MisuseError(tr("--spaces {name} is one space", name=said), tr("give two or more, or use --space"))
    if sort != "nearness":
        message = tr("--sort {order} does not go with several spaces", order=sort)
        raise MisuseError(message, tr("side by side the nearest come first"))
    return list(dict.fromkeys(spaces))


def _space_for(shelf: Shelf, word: str) -> str:
    """The default space, or the one configured for the script of a word that the default space lacks."""
    own, chosen = shelf.config.space, languages.space_for(shelf.config, word)
    if chosen != own:
        shelf.reporter.say(
            tr(
                "{own} has no {language} words: using the space {space} (choose another with --space)",
                own=own,
                language=tr(languages.NAMES[languages.language(word)]),
                space=chosen,
            )
        )
    return chosen


def _of(shelf: Shelf, name: str, text: str, question: Question, standardize: bool) -> Neighbors:
    space = shelf.open(name, standardize)
    if len(parse(text)) > 1 and space.facts.kind == "encoder":
        shelf.reporter.say(better_at_sums(shelf, space, text))
    return answer(space, text, question, partial(_query, shelf, space), shelf.config.neighbors.k)


def vector_of(shelf: Shelf, space: Space, word: str) -> Query:
    """The vector of a word, from the encoder where the space lacks it. Raises MisuseError as `look_up` does."""
    encoder = shelf.encoder_of(space) if row_of(space, word) is None else None
    return look_up(space, word, encoder, partial(ask_spaces, shelf, space.facts.name))


def _query(shelf: Shelf, space: Space, word: str) -> Query:
    """The same; of a word that the space lacks it is said where its vector comes from."""
    query = vector_of(shelf, space, word)
    if row_of(space, word) is None:
        said = tr("; ").join(filter(None, [query.remark or tr("its vector comes from the encoder"), unspaced(word)]))
        lacks = tr("{word!r} is not in the vocabulary of {space}: {said}", word=word, space=space.facts.name, said=said)
        shelf.reporter.say(lacks)
    return query
