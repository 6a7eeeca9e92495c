"""What may follow a line at Tab. The line is read by typer; what a name or a word may be is read from the catalogue and
the cache, without what computes. Nothing at all is said when something is wrong: the line is being typed.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

from typer._click import shell_completion
from typer.core import TyperGroup

from llmlab.cli.shells import written
from llmlab.cli.verbs import Noun, first_line
from llmlab.cli.world import World
from llmlab.config import Config, Dtype
from llmlab.errors import Exit
from llmlab.language import LANGUAGES, speak, tr
from llmlab.names import composed, located
from llmlab.packaged import packaged

MOST = 100  # words of a space: who sees more types another letter
END = "\0"  # no shell has it in a line
Sections = Mapping[str, Mapping[str, str]]


def complete(world: World, root: Any, sections: Sections) -> int:
    """Write what may follow the line in the environment, a candidate a line, as its shell reads it."""
    with suppress(Exception):
        speak(world.language_for(shown=True))
        shell, line = world.environ["_LLMLAB_COMPLETE"], world.environ["_LLMLAB_LINE"]
        words, begun = split(line)
        mark, before = _open(line)
        breaks = world.environ.get("_LLMLAB_BREAKS", "")
        held = ""
        if breaks:  # bash completes the end of a word
            held = split(before)[1] if mark else _held(begun, breaks)
        found = follow(world, root, sections, words[1:], begun)
        lines = [written(shell, value.removeprefix(held), meaning, mark) for value, meaning in found]
        world.write("".join(f"{one}\n" for one in lines))
    return Exit.OK


def split(line: str) -> tuple[list[str], str]:
    """The words of a line, and the one that is being typed: "" after a space."""
    *words, last = shell_completion.split_arg_string(line + END)
    return words, last.removesuffix(END)


def follow(world: World, root: Any, sections: Sections, words: Sequence[str], begun: str) -> list[tuple[str, str]]:
    """What the word that is `begun` may become, and what each means."""
    asked = list(words)
    ctx = shell_completion._resolve_context(root, {"obj": world}, "llmlab", asked)
    settings = ctx.find_root().params.get("config")  # as it was typed
    world.config_file = Path(settings) if settings else None
    what, rest = shell_completion._resolve_incomplete(ctx, asked, begun)
    before = begun.removesuffix(rest)  # --model= of --model=gem
    found = [(value, meaning) for value, meaning in _may_be(what, ctx, rest, sections) if value.startswith(rest)]
    return [(before + value, " ".join(tr(meaning).split())) for value, meaning in dict(found).items()]


def _may_be(what: Any, ctx: Any, begun: str, sections: Sections) -> Iterable[tuple[str, str]]:
    """Verbs, options, or values of an option or argument; none for what is free text, a number, or a file."""
    if begun.startswith("-") and not hasattr(what, "param_type_name"):
        return [(item.value, item.help or "") for item in what.shell_complete(ctx, begun)]
    if isinstance(what, Noun):
        return [(str(info.name), first_line(info)) for info in what.verbs]
    if isinstance(what, TyperGroup):
        return [row for verbs in sections.values() for row in verbs.items()]
    if hasattr(what, "param_type_name"):
        return [(value, "") for value in _values(what, ctx, begun)]
    return []


def _values(parameter: Any, ctx: Any, begun: str) -> Iterable[str]:
    path = ctx.command_path.removeprefix("llmlab ")
    table = OPTIONS if parameter.param_type_name == "option" else ARGUMENTS
    of = table.get(parameter.name if table is OPTIONS else f"{path} {parameter.name}")
    if of:
        return of(ctx, begun)
    choices: Sequence[str] = getattr(parameter.type, "choices", ())
    return choices


def models(config: Config) -> list[str]:
    """The models of the catalogue, and those that the user trained."""
    from llmlab.models import trained

    return [*config.models, *trained.names(config)]


def spaces(config: Config) -> list[str]:
    """The spaces of the settings, and those that the user made."""
    folder = config.spaces_folder
    own = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return [*config.spaces, *(name for name in own if not name.startswith("."))]


def lessons() -> list[str]:
    """The lessons by number, and by name: 4, and blank."""
    from llmlab.lessons.pages import lessons

    found = lessons()
    return [*(str(one.number) for one in found), *(one.name for one in found)]


def _words(ctx: Any, begun: str) -> list[str]:
    """Words of the space that is named, or that answers; of a sum, or of a text, the last word is completed."""
    from llmlab.lab.languages import space_for
    from llmlab.spaces.beginning import beginning

    config, named = ctx.obj.config, ctx.params.get("space") or ctx.params.get("spaces")
    name = named.split(",")[0] if isinstance(named, str) else named[0] if named else ""
    *_, last = re.split(r"\s", begun)
    before = begun.removesuffix(last)
    folder = _folder(config, name or space_for(config, last), bool(ctx.params.get("standardize")))
    return [before + word for word in beginning(folder, last, MOST)]


def _folder(config: Config, name: str, standardize: bool) -> Path:
    """Where a space is that is prepared, of a name or of a file."""
    folder = config.spaces_folder / composed(name)
    if folder.is_dir() or not located(name).is_file():
        return folder
    from llmlab.spaces.places import file_folders

    return file_folders(config.spaces_folder, located(name))[standardize]


def _listed(names: Iterable[str], begun: str) -> list[str]:
    """Names for a place in a list: minilm,glove for minilm,gl."""
    before = begun[: begun.rfind(",") + 1]
    taken = before.split(",")
    return [before + name for name in names if name not in taken]


def _models(ctx: Any, begun: str) -> list[str]:
    return models(ctx.obj.config)


def _spaces(ctx: Any, begun: str) -> list[str]:
    return spaces(ctx.obj.config)


def _own_spaces(ctx: Any, begun: str) -> list[str]:
    return [name for name in spaces(ctx.obj.config) if name not in ctx.obj.config.spaces]


def _kinds(ctx: Any, begun: str) -> list[str]:
    from llmlab.lab.probability.parts import CLASS

    return _listed(CLASS, begun)


def _slides(ctx: Any, begun: str) -> list[str]:
    """Lessons; of one that is named already, a file. An option that waits for its value leaves the name in `args`."""
    return [] if ctx.params.get("which") or ctx.args else lessons()


def _texts(ctx: Any, begun: str) -> list[str]:
    return [path.stem for path in (packaged() / "corpora").glob("*.grammar")]


Completer = Callable[[Any, str], Iterable[str]]
OPTIONS: dict[str, Completer] = {
    "model": _models,
    "space": _spaces,
    "spaces": lambda ctx, begun: _listed(_spaces(ctx, begun), begun),
    "preset": lambda ctx, begun: ctx.obj.config.presets,
    "dtype": lambda ctx, begun: get_args(Dtype),
    "lang": lambda ctx, begun: LANGUAGES,
    "kind": _kinds,
    "text": _texts,
    "word": _words,
    "against": _words,
    "slides": _slides,
}
ARGUMENTS: dict[str, Completer] = {
    "neighbors word": _words,
    "odd text": _words,
    "why text": _words,
    "embed text": _words,
    "models show name": _models,
    "models prepare names": _models,
    "models remove name": _models,
    "serve model": _models,
    "space show name": _spaces,
    "space check name": _spaces,
    "space eval name": _spaces,
    "space export name": _spaces,
    "space remove name": _own_spaces,
    "train corpus rules": _texts,
    "lesson which": lambda ctx, begun: lessons(),
}


def _held(begun: str, breaks: str) -> str:
    """What bash keeps of a word: all up to a sign that it takes for the word's end, such as = and :, or before a @."""
    ends = [begun.rfind(sign) + (sign != "@") for sign in "=:@" if sign in breaks]
    return begun[: max(0, *ends)] if ends else ""


def _open(line: str) -> tuple[str, str]:
    """The quotation mark that is open, or "", and what stands before it: bash takes what follows it for the word."""
    mark, place, taken = "", 0, False
    for here, sign in enumerate(line):
        if taken:
            taken = False
        elif sign == "\\" and mark != "'":
            taken = True
        elif sign == mark:
            mark = ""
        elif not mark and sign in "'\"":
            mark, place = sign, here
    return mark, line[:place]
