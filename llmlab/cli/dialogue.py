"""What the games say while they are played, on stderr, and how they ask. All their words stand here."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol, TypeVar

from llmlab.cli.terminal import is_watched
from llmlab.cli.world import World
from llmlab.lab.text import edged, many, number, show
from llmlab.language import later, tr, tr_many
from llmlab.render.fold import cells, fold
from llmlab.render.safe import visible
from llmlab.view import Pictured

if TYPE_CHECKING:
    from llmlab.lab.probability.guess import GuessingGame
    from llmlab.lab.vectors.secret import SecretGame


LINE = 60  # cells of the text that are shown again after each symbol
CHARACTERS = later(
    "Guess the next character until it is right; a space counts, and so do capitals. An empty line tells it, Ctrl-D "
    "ends the game."
)
WORDS = later("Guess the next word until it is right; capitals count. An empty line tells it, Ctrl-D ends the game.")
PLACED = later("  {word}: cosine {cosine}, place {place:,}")
WARMER = later("  {word}: cosine {cosine}, place {place:,}, warmer")
COLDER = later("  {word}: cosine {cosine}, place {place:,}, colder")
NEXT = re.compile(r"[!-~]+ *|.", re.DOTALL)  # a word in Latin letters, or a character


class Played(Pictured, Protocol):
    """A game as the loop knows it: what came of it so far, and whether it goes on."""

    @property
    def over(self) -> bool: ...


G = TypeVar("G", bound=Played)


def turns(
    world: World,
    game: G,
    after: Callable[[G, str], G],
    prompt: Callable[[G], str],
    reply: Callable[[G, str, G], str],
) -> Iterator[G]:
    """The game after each answer that counts, until it is over or no more are given."""
    while not game.over and (answer := world.ask(prompt(game))) is not None:
        before, game = game, after(game, answer)
        say(world, reply(before, answer, game))
        if game is not before:
            yield game


def say(world: World, text: str) -> None:
    """Lines on stderr, folded on a terminal."""
    lines = text.split("\n")
    folded = [part for line in lines for part in (fold(line, world.told_width) if is_watched(world.stderr) else [line])]
    world.tell("".join(f"{line}\n" for line in folded))


def guess_begins(game: "GuessingGame") -> str:
    asked = game.passage.excerpt
    count = len(asked.asked)
    if asked.by == "character":
        rules, parts = tr(CHARACTERS), many(count, "character")
    else:
        rules, parts = tr(WORDS), many(count, "word")
    about = tr("{parts} of {text}, seed {seed}", parts=parts, text=asked.name, seed=asked.seed)
    return f"{rules}\n{about}\n{_known(game)}"


def guess_prompt(game: "GuessingGame") -> str:
    return f"{len(game.settled) + 1}/{len(game.passage.bits)}> "


def guess_reply(before: "GuessingGame", answer: str, after: "GuessingGame") -> str:
    """What an answer came to; of a symbol that is settled also the text so far."""
    from llmlab.lab.probability.guess import refusal

    if after is before:
        return f"  {refusal(before, answer)}"
    if len(after.settled) == len(before.settled):
        return tr("  {guess}: no", guess=edged(answer))
    one = after.settled[-1]
    told = tr(
        "  {part}: {took}; the model {bits:.2f} bits, {rank}",
        part=show(one.text.encode()),
        took=tr("given up") if one.given_up else tr_many("{count} guess", "{count} guesses", len(one.wrong) + 1),
        bits=one.bits,
        rank=tr("its guess {rank:,}", rank=one.rank) if one.rank else tr("not among its guesses"),
    )
    return told if after.over else f"{told}\n{_known(after, LINE)}"


def secret_begins(game: "SecretGame") -> str:
    hidden = game.hidden
    rules = tr("Find the hidden word. ? is a hint, ! gives up, Ctrl-D ends the game.")
    space = tr(
        "{count:,} words of {space}, the hidden one is {language}, seed {seed}",
        count=len(hidden.places),
        space=hidden.space.facts.name,
        language=_tongue(hidden.language),
        seed=hidden.seed,
    )
    return f"{rules}\n{space}"


def secret_prompt(game: "SecretGame") -> str:
    return f"{len(game.guesses) + 1}> "


def secret_reply(before: "SecretGame", answer: str, after: "SecretGame") -> str:
    from llmlab.lab.vectors.secret import refusal

    if after is before:
        return f"  {refusal(before, answer)}"
    if after.given_up:
        return f"  {tr('given up')}"
    one = after.guesses[-1]
    word, cosine, place = (of[one.row] for of in (after.hidden.space.words, after.hidden.cosines, after.hidden.places))
    if after.found:
        return tr("  {word}: found", word=visible(word))
    told = PLACED
    if before.guesses:
        told = WARMER if cosine > after.hidden.cosines[before.guesses[-1].row] else COLDER
    return tr(told, word=visible(word), cosine=number(float(cosine), 4), place=place)


def _known(game: "GuessingGame", most: int = 0) -> str:
    """The text so far, or its last words in so many cells; a space at its end is seen."""
    text, cut = game.known, game.passage.excerpt.cut
    while most and cells(text) > most:
        text, cut = NEXT.sub("", text, count=1), True
    return f"{'… ' if cut else ''}{edged(text)}_"


def _tongue(language: str) -> str:
    from llmlab.lab.languages import NAMES

    return tr({"en": later("English"), **NAMES}.get(language, language))
