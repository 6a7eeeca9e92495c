"""The verbs of spaces: build, import, list, show, remove, export, check, eval.

What a verb works with is imported when it runs: its help needs none of it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct
from msgspec.structs import asdict

from llmlab.cli.model_options import EngineOptions
from llmlab.cli.options import FormOptions, PictureOptions, StandardizeOption
from llmlab.cli.verbs import Noun, option, verb
from llmlab.cli.world import World
from llmlab.errors import MisuseError
from llmlab.language import tr
from llmlab.spaces.facts import Case, Precision

if TYPE_CHECKING:
    from llmlab.spaces.reading import Reading

Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name.", show_default=False)]
PrecisionOption = Annotated[
    Precision,
    option("--precision", metavar="TYPE", help="float32, float16, or auto: the smaller that will do."),
]


class FileOptions(Struct, frozen=True):
    """How a file of vectors is read."""

    words: Annotated[
        Path | None, option("--words", metavar="FILE", help="The words of a .npy or .safetensors, one a line.")
    ] = None
    standardize: StandardizeOption = False
    missing: Annotated[
        list[str] | None,
        option("--missing", metavar="TEXT", help="A table's cell that stands for nothing; repeatable."),
    ] = None
    skip_bad_words: Annotated[bool, option("--skip-bad-words", help="Leave out words that are not UTF-8.")] = False
    case: Annotated[
        Case | None, option("--case", metavar="HOW", help="keep: words as written; lower: in lower case too.")
    ] = None
    language: Annotated[
        str, option("--language", metavar="CODE", help="For inflections and frequencies, such as fr.")
    ] = ""

    def of(self, file: str) -> "Reading":
        from llmlab.spaces.reading import Reading

        return Reading.of(file, **asdict(self) | {"missing": tuple(self.missing or ())})


@verb("llmlab space build zh --model use-multilingual --vocab wordfreq:zh:50000")
def build(
    world: World,
    *,
    name: Name,
    model: Annotated[str, option("--model", "-m", metavar="NAME", help="The model that gives the vectors.")],
    vocab: Annotated[
        str,
        option("--vocab", metavar="WORDS", help="wordfreq:LANGUAGE:COUNT, several with +, a file, or model: its own."),
    ],
    precision: PrecisionOption = "auto",
    computing: EngineOptions,
) -> None:
    """Build a space from a model and a vocabulary.

    An interrupted build goes on where it was.
    """
    from llmlab.spaces.build import build

    made = build(computing.shelf(world), name, model, vocab, precision)
    world.say(
        tr(
            "the space {name} has {words:,} words x {dimension}",
            name=name,
            words=len(made.words),
            dimension=made.dimension,
        )
    )


@verb("llmlab space import mine vectors.vec")
def import_(
    world: World,
    *,
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file.", show_default=False)],
    reading: FileOptions,
    precision: PrecisionOption = "auto",
) -> None:
    """Make a space of a file of vectors.

    Formats: word2vec text and binary (.bin), GloVe, fastText .vec, .npy, .safetensors, and tables: .csv, .tsv.
    """
    from llmlab.spaces.build import import_file
    from llmlab.spaces.notes import told

    made = import_file(world.shelf(), name, reading.of(file), precision)
    for note in made.facts.notes:
        world.say(told(note))
    world.say(
        tr(
            "the space {name} has {words:,} words x {dimension} ({format})",
            name=name,
            words=len(made.words),
            dimension=made.dimension,
            format=made.facts.format,
        )
    )


@verb("llmlab space list")
def list_(world: World, *, form: FormOptions) -> None:
    """The spaces that there are."""
    from llmlab.lab.languages import NAMES
    from llmlab.spaces.listing import listing

    world.show(listing(world.shelf(), NAMES), form)


@verb("llmlab space show minilm")
def show(world: World, *, name: Name, form: FormOptions) -> None:
    """What a space was made from, and how it is stored."""
    from llmlab.spaces.listing import sheet

    world.show(sheet(world.shelf(), name), form)


@verb("llmlab space remove mine")
def remove(world: World, *, name: Name) -> None:
    """Delete a space of your own, with the moments of its training."""
    world.say(tr("removed {size:,.1f} MiB of {name}", size=world.shelf().remove(name) / 2**20, name=name))


@verb("llmlab space export glove glove.bin")
def export(
    world: World,
    *,
    name: Name,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="Ending in .vec, .txt, .bin, .csv, .tsv, .jsonl, or .npy (words in .txt).",
            show_default=False,
        ),
    ] = None,
    projector: Annotated[
        Path | None,
        option("--projector", metavar="FOLDER", help="vectors.tsv and metadata.tsv for projector.tensorflow.org."),
    ] = None,
    force: Annotated[bool, option("--force", help="Replace a file that is there already.")] = False,
) -> None:
    """Write a space to a file that other programs read, or to a folder for the embedding projector.

    Apple's embedding-atlas reads FILE.jsonl with --text word --vector vector.
    """
    from llmlab.spaces.formats import export

    if file is not None and projector is None:
        export.targets(file, force)  # before a space is built for nothing
        count = export.export(world.shelf().open(name), file, force)
    elif projector is not None and file is None:
        export.projector_targets(projector, force)
        count = export.export_projector(world.shelf().open(name), projector, force)
    else:
        raise MisuseError(tr("space export writes one thing"), tr("give a FILE, or --projector FOLDER"))
    world.say(tr("wrote {count:,} words to {target}", count=count, target=file or projector))


@verb("llmlab space check glove")
def check(world: World, *, name: Name) -> None:
    """Verify a space: checksums, numbers, no word twice."""
    from llmlab.spaces.check import check

    made = check(world.shelf(), name)
    world.say(
        tr("{name} is whole: {words:,} words x {dimension}", name=name, words=len(made.words), dimension=made.dimension)
    )


@verb("llmlab space eval glove --analogies configs/exercises/analogies.txt")
def eval_(
    world: World,
    *,
    name: Name,
    similarity: Annotated[
        Path | None,
        option("--similarity", metavar="FILE", help="Word pairs with people's scores: two words and a number a line."),
    ] = None,
    analogies: Annotated[
        Path | None,
        option("--analogies", metavar="FILE", help="As in questions-words.txt: ': section', then four words a line."),
    ] = None,
    odd: Annotated[
        Path | None, option("--odd", metavar="FILE", help="Words of which the last does not belong, a question a line.")
    ] = None,
    translations: Annotated[
        Path | None, option("--translations", metavar="FILE", help="A word, then all that are right for it, a line.")
    ] = None,
    form: PictureOptions,
) -> None:
    """How good a space is, by people's word pairs or by questions about words."""
    from llmlab.lab.vectors.judging import judge

    asked = {"similarity": similarity, "analogies": analogies, "odd": odd, "translations": translations}
    world.show(judge(world.shelf(), name, world.files, **asked), form)


space = Noun(
    "space",
    "Spaces of your own: build, import, judge and export them.",
    *(build, import_, list_, show, remove, export, check, eval_),
)
