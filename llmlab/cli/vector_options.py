"""Options of the vector lab: where vectors come from, which words are listed, in which spaces."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from llmlab.cli.options import ModelOptions, StandardizeOption, words
from llmlab.cli.verbs import SHOWN, option
from llmlab.cli.world import World
from llmlab.config import MetricName
from llmlab.errors import MisuseError
from llmlab.lab import languages
from llmlab.lab.vectors.question import Method, Question, Sort

if TYPE_CHECKING:  # loaded when a verb asks for one
    from llmlab.lab.vectors.embed import Embeddings
    from llmlab.models.library import Library
    from llmlab.spaces.shelf import Shelf

SpaceOption = Annotated[
    str | None,
    option("--space", "-s", metavar="NAME", help="minilm, bilingual, glove, gemma, your own, or a vector file."),
]
MetricOption = Annotated[MetricName, option("--metric", metavar="NAME", help="cosine, l2, l1 or dot.")]


class SourceOptions(Struct, frozen=True):
    """Where vectors come from: a space, a sentence encoder, or a language model."""

    space: SpaceOption = None
    standardize: StandardizeOption = False
    layer: Annotated[
        str | None, option("--layer", metavar="N", help="Of a language model: input (its table), last, or a number.")
    ] = None
    word: Annotated[
        str | None, option("--word", metavar="WORD", help="Of a language model: this word's vector in each text.")
    ] = None

    def check(self, given: list[str], model: ModelOptions) -> None:
        """Raise MisuseError, before anything is opened, for what contradicts itself."""
        if not given or not all(given):
            raise MisuseError("the text is empty", "give at least one word")
        refuse_nameless(self.space)
        asks_model = model.model or model.bos is not None or self.layer or self.word is not None
        if self.space and asks_model:
            message = "--space gives vectors of words; --model, --bos, --layer and --word ask a model"
            raise MisuseError(message, "leave out either")
        if self.word is not None and not self.word.strip():
            raise MisuseError("--word is empty", "give a word of the texts")
        if self.standardize and not self.space:
            raise MisuseError("--standardize goes with a table's file", "for example --space people.csv")

    def for_language(self, world: World, given: list[str], model: ModelOptions) -> ModelOptions:
        """The options with an encoder that has the texts' language, where the settings' own lacks it."""
        own, found = world.config.encoder, languages.of_texts(given)
        if self.space or model.model or (name := model.library(world).encoder_for(found)) == own:
            return model
        world.say(
            f"{own} has no {languages.NAMES[found]} words: using the encoder {name} (choose another with --model)"
        )
        return replace(model, model=name)

    def looks_up(self, world: World, model: ModelOptions) -> bool:
        """Whether a language model is asked for no more than what its table says."""
        library = model.library(world)
        return not self.space and self.word is None and library.kind(self._name(library, model)) == "causal"

    def vectors(self, world: World, given: list[str], model: ModelOptions) -> "Embeddings":
        """A vector a text. Raises MisuseError for a language model, which gives one to each token."""
        from llmlab.backends.known import check_known
        from llmlab.lab.vectors import embed, rows
        from llmlab.lab.vectors.elsewhere import ask_encoders

        if self.space:
            return _of_space(world.shelf(model.engine, model.dtype), self.space, self.standardize, given)
        library = model.library(world)
        name = self._name(library, model)
        if library.kind(name) != "causal":
            self.refuse_encoder(name, model)
            encoder = library.encoder(name)
            for remark in check_known(encoder, given, partial(ask_encoders, library, name)):
                world.say(remark)
            with world.progress("encoding") as progress:
                return embed.of_texts(encoder, given, progress)
        if self.word is None:
            hint = "add --word WORD, or use --space; llmlab embed takes --tokens"
            raise MisuseError(f"{name} gives a vector to each token, not to a text", hint)
        layer = self.layer or "last"
        return rows.of_word(library.causal_lm(name), given, self.word, layer, _table(library, name, layer))

    def rows(self, world: World, given: list[str], model: ModelOptions) -> "Embeddings":
        """A vector a token."""
        from llmlab.lab.vectors import rows

        library = model.library(world)
        name = self._name(library, model)
        if library.kind(name) != "causal":
            self.refuse_encoder(name, model)
            return rows.of_tokens(library.encoder(name), given)
        layer = self.layer or "input"
        return rows.of_layer(library.causal_lm(name), given, layer, _table(library, name, layer))

    def _name(self, library: "Library", model: ModelOptions) -> str:
        return model.model or library.config.encoder

    def refuse_encoder(self, name: str, model: ModelOptions) -> None:
        if self.layer or self.word or model.bos is not None:
            message = f"{name} is no language model, which --layer, --word and --bos ask for"
            raise MisuseError(message, "for example --model gemma-3-270m")


class WhichOptions(Struct, frozen=True):
    """Which words are listed, and by which measure."""

    k: Annotated[int | None, option("-k", metavar="K", help="How many (10).")] = None
    within: Annotated[
        float | None, option("--within", metavar="X", help="All at most so far, or for cosine and dot so similar.")
    ] = None
    against: Annotated[
        list[str] | None, option("--against", metavar="WORD", help="Rank this candidate; repeat it, or - for stdin.")
    ] = None
    metric: Annotated[MetricName | None, option("--metric", metavar="NAME", help="cosine, l2, l1 or dot.")] = None
    method: Annotated[
        Method, option("--method", metavar="NAME", help="Of a sum: add (3CosAdd), or mul (3CosMul, by cosines).")
    ] = "add"
    exclude_forms: Annotated[
        bool, option("--exclude-forms", help="Without inflections of the word: love, loves, loving.")
    ] = False
    words: Annotated[
        str | None, option("--words", metavar="REGEX", help="Only words that this expression matches whole.")
    ] = None
    min_frequency: Annotated[
        float | None, option("--min-frequency", metavar="ZIPF", help="Only words this frequent; 3: once in a million.")
    ] = None
    exact: Annotated[bool, option("--exact", help="Compare all words, whatever the space's index.")] = False
    sort: Annotated[
        Sort, option("--sort", metavar="ORDER", panel=SHOWN, help="Rows by nearness, word or frequency.")
    ] = "nearness"

    def question(self, world: World) -> Question:
        """Raises MisuseError for what contradicts itself."""
        given = {name: value for name, value in asdict(self).items() if name not in ("words", "against", "metric")}
        candidates = None if self.against is None else tuple(filter(None, words(world, self.against)))
        metric = self.metric or ("cosine" if self.method == "mul" else world.config.neighbors.metric)
        found = Question(**given, pattern=self.words, against=candidates, metric=metric)
        found.check()
        return found


class PlaceOptions(Struct, frozen=True):
    """In which space, or spaces."""

    space: SpaceOption = None
    spaces: Annotated[
        str | None, option("--spaces", metavar="A,B", help="Several side by side: minilm,bilingual,glove,gemma.")
    ] = None
    standardize: StandardizeOption = False

    def names(self, sort: Sort) -> list[str]:
        """The spaces that answer side by side; none for one alone."""
        refuse_nameless(self.space)
        if self.space and self.spaces:
            raise MisuseError("--space and --spaces are two ways to say where", "give one of them")
        if self.spaces is None:
            return []
        found = [name.strip() for name in self.spaces.replace("，", ",").split(",")]
        if not all(found):
            raise MisuseError(f"--spaces {self.spaces!r} holds an empty name", "for example --spaces minilm,glove")
        if len(set(found)) < 2:
            raise MisuseError(f"--spaces {self.spaces} is one space", "give two or more, or use --space")
        if sort != "nearness":
            raise MisuseError(f"--sort {sort} does not go with --spaces", "side by side the nearest come first")
        return list(dict.fromkeys(found))


def refuse_nameless(space: str | None) -> None:
    """An unset variable of a shell is no wish for the default space."""
    if space == "":
        raise MisuseError("--space is empty", "give a space's name or a file, or leave out --space")


def _of_space(shelf: "Shelf", name: str, standardize: bool, given: list[str]) -> "Embeddings":
    from llmlab.lab.vectors import embed
    from llmlab.lab.vectors.elsewhere import ask_spaces
    from llmlab.spaces.lookup import look_up, row_of

    space = shelf.open(name, standardize)
    lacks = any(row_of(space, word) is None for word in given)
    encoder = shelf.encoder_of(space) if lacks else None
    found = [look_up(space, word, encoder, partial(ask_spaces, shelf, space.facts.name)) for word in given]
    for remark in filter(None, (query.remark for query in found)):
        shelf.reporter.say(remark)
    return embed.of_words(space, found)


def _table(library: "Library", name: str, layer: str) -> Any:
    """The embedding table, for the layer before the first."""
    return library.table(name) if layer == "input" else None
