"""The games as methods: what an evening's answers come to."""

from collections.abc import Iterable
from pathlib import Path

from llmlab.door.base import Opened
from llmlab.files.opening import called
from llmlab.lab.probability import guess as guessing
from llmlab.lab.probability import passage
from llmlab.lab.probability.guess import GuessingGame
from llmlab.lab.probability.passage import SymbolBy
from llmlab.lab.vectors import secret as hiding
from llmlab.lab.vectors.secret import SecretGame
from llmlab.language import tr


class PlayVerbs(Opened):
    """Games, played by the answers that are given."""

    def guess(
        self,
        answers: Iterable[str],
        file: Path | str | None = None,
        *,
        by: SymbolBy | None = None,
        length: int = 20,
        seed: int = 0,
    ) -> GuessingGame:
        """Shannon's game: each answer guesses the next part of a file's passage; an empty one gives it up."""
        path = Path(file or passage.own())
        asked = passage.excerpt(self.files.text(path), called(file or path.name), length, seed, by)
        with self._reporter.progress(tr("reading")) as progress:
            game = GuessingGame(passage.read(self._model(), self._spellings(), asked, progress))
        return guessing.played(game, answers)

    def secret(
        self, answers: Iterable[str], *, space: str | None = None, language: str = "", seed: int = 0
    ) -> SecretGame:
        """Find a hidden word: each answer is a word, ? for a hint, or ! to give up."""
        opened = self.shelf.open(hiding.space_for(self.config, space, language))
        return hiding.played(SecretGame(hiding.hide(opened, seed, language)), answers)
