"""Where vectors come from: a space, a sentence encoder, or a language model, and which of them answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from llmlab.arrays import Floats
from llmlab.backends.known import check_known
from llmlab.errors import MisuseError
from llmlab.lab import languages
from llmlab.lab.vectors import embed, rows
from llmlab.lab.vectors.elsewhere import ask_encoders, ask_spaces
from llmlab.lab.vectors.embed import Embeddings
from llmlab.lab.vectors.question import refuse_nameless
from llmlab.language import tr
from llmlab.models.library import Library
from llmlab.spaces.lookup import look_up, row_of
from llmlab.spaces.shelf import Shelf


@dataclass(frozen=True)
class VectorSource:
    """What is asked for, and the models and spaces that may answer; their reporters are told who does."""

    library: Library
    shelf: Shelf
    model: str = ""  # "": the settings' own encoder, or the one of the texts' language
    bos: bool | None = None  # as it was asked for; the library has it
    space: str | None = None
    standardize: bool = False
    layer: str | None = None
    word: str | None = None

    def check(self, given: Sequence[str]) -> None:
        """Raise MisuseError, before anything is opened, for what contradicts itself."""
        if not given or not all(given):
            raise MisuseError(tr("the text is empty"), tr("give at least one word"))
        refuse_nameless(self.space)
        asks_model = self.model or self.bos is not None or self.layer or self.word is not None
        if self.space and asks_model:
            message = tr("--space gives vectors of words; --model, --bos, --layer and --word ask a model")
            raise MisuseError(message, tr("leave out either"))
        if self.word is not None and not self.word.strip():
            raise MisuseError(tr("--word is empty"), tr("give a word of the texts"))
        if self.standardize and not self.space:
            message = tr("--standardize goes with a table's file")
            raise MisuseError(message, tr("for example --space people.csv"))

    def for_language(self, given: Sequence[str]) -> "VectorSource":
        """The source with an encoder that has the texts' language, where the settings' own lacks it."""
        own, found = self.library.config.encoder, languages.of_texts(given)
        if self.space or self.model or (name := self.library.encoder_for(found)) == own:
            return self
        self.library.reporter.say(
            tr(
                "{own} has no {language} words: using the encoder {encoder} (choose another with --model)",
                own=own,
                language=tr(languages.NAMES[found]),
                encoder=name,
            )
        )
        return replace(self, model=name)

    def each(self, tokens: bool, metric: str, strip: bool = False) -> Callable[[Sequence[str]], Embeddings]:
        """What gives texts their vectors: one to each, or to each of their `tokens`.

        Raises MisuseError, before a model is opened, for what a matrix of tokens has no use for.
        """
        asked = tokens or (self.layer is not None and self.word is None)
        if not (asked or self._looks_up):
            return self.vectors
        unfit = {"--space": self.space, "--word": self.word is not None}
        unfit |= {"--metric": metric != "cosine", "--strip": strip}
        for name, on in unfit.items():
            if not on:
                continue
            looked_up = tr("{option} does not go with a look-up in a model's table", option=name)
            message = tr("{option} does not go with {other}", option=name, other="--tokens") if asked else looked_up
            raise MisuseError(message, tr("leave out one of them"))
        return self.rows

    def vectors(self, given: Sequence[str]) -> Embeddings:
        """A vector a text. Raises MisuseError for a language model, which gives one to each token."""
        if self.space:
            return self._of_space(self.space, given)
        library, name = self.library, self._name
        if library.vectors_of(name) != "causal":
            self._refuse_encoder()
            encoder = library.encoder(name)
            for remark in check_known(encoder, given, partial(ask_encoders, library, name)):
                library.reporter.say(remark)
            with library.reporter.progress(tr("encoding")) as progress:
                return embed.of_texts(encoder, given, progress)
        if self.word is None:
            hint = tr("add --word WORD, or use --space; llmlab embed takes --tokens")
            raise MisuseError(tr("{model} gives a vector to each token, not to a text", model=name), hint)
        layer = self.layer or "last"
        return rows.of_word(library.causal_lm(name), given, self.word, layer, self._table(layer))

    def rows(self, given: Sequence[str]) -> Embeddings:
        """A vector a token."""
        library, name = self.library, self._name
        if library.vectors_of(name) != "causal":
            self._refuse_encoder()
            return rows.of_tokens(library.encoder(name), given)
        layer = self.layer or "input"
        return rows.of_layer(library.causal_lm(name), given, layer, self._table(layer))

    @property
    def _looks_up(self) -> bool:
        """Whether a language model is asked for no more than what its table says."""
        return not self.space and self.word is None and self.library.vectors_of(self._name) == "causal"

    @property
    def _name(self) -> str:
        return self.model or self.library.config.encoder

    def _refuse_encoder(self) -> None:
        if self.layer or self.word or self.bos is not None:
            message = tr("{model} is no language model, which --layer, --word and --bos ask for", model=self._name)
            raise MisuseError(message, tr("for example --model gemma-3-270m"))

    def _of_space(self, name: str, given: Sequence[str]) -> Embeddings:
        shelf, space = self.shelf, self.shelf.open(name, self.standardize)
        lacks = any(row_of(space, word) is None for word in given)
        encoder = shelf.encoder_of(space) if lacks else None
        found = [look_up(space, word, encoder, partial(ask_spaces, shelf, space.facts.name)) for word in given]
        for remark in filter(None, (query.remark for query in found)):
            shelf.reporter.say(remark)
        return embed.of_words(space, found)

    def _table(self, layer: str) -> Floats | None:
        """The embedding table, for the layer before the first."""
        return self.library.table(self._name) if layer == "input" else None
