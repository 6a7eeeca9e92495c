"""Options of the vector lab: where vectors come from, which words are listed, in which spaces."""

from typing import TYPE_CHECKING, Annotated

from msgspec import Struct
from msgspec.structs import asdict

from llmlab.cli.model_options import EngineOptions, ModelOptions
from llmlab.cli.options import StandardizeOption, listed, words
from llmlab.cli.verbs import SHOWN, option
from llmlab.cli.world import World
from llmlab.config import MetricName
from llmlab.lab.vectors.question import Method, Question, Sort, refuse_nameless

if TYPE_CHECKING:  # loaded when a verb asks for one
    from llmlab.lab.vectors.source import VectorSource

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

    def of(self, world: World, model: ModelOptions) -> "VectorSource":
        """What is asked for, over the models and spaces of the run."""
        from llmlab.lab.vectors.source import VectorSource

        shelf = EngineOptions(model.engine, model.dtype, model.base_url, model.parallel).shelf(world)
        return VectorSource(model.library(world), shelf, model.model or "", model.bos, **asdict(self))


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
        candidates = None if self.against is None else list(filter(None, words(world, self.against).each))
        return Question.of(world.config.neighbors.metric, **asdict(self) | {"against": candidates})


class PlaceOptions(Struct, frozen=True):
    """In which space, or spaces."""

    space: Annotated[
        list[str] | None,
        option("--space", "-s", metavar="NAME", help="minilm, bilingual, glove, gemma, your own, a file; repeatable."),
    ] = None
    spaces: Annotated[
        str | None, option("--spaces", metavar="A,B", help="Several side by side: minilm,bilingual,glove,gemma.")
    ] = None
    standardize: StandardizeOption = False

    def names(self, sort: Sort) -> list[str]:
        """The spaces that answer side by side; none for one alone."""
        from llmlab.lab.vectors.asking import beside

        named = list(dict.fromkeys(self.space or ()))
        for name in named:
            refuse_nameless(name)
        if self.spaces is None:
            return beside(None, named, sort) if len(named) > 1 else []
        return beside(self.one, listed(self.spaces), sort)

    @property
    def one(self) -> str | None:
        """The space that answers alone."""
        return self.space[0] if self.space else None
