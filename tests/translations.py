"""configs/language/zh.po: every sentence for people, and its Chinese; zh.mo is what a run reads.

`python tests/translations.py` gathers the sentences from the source (Babel) and compiles; what has no Chinese yet is
written with an empty one. --check says what is stale or missing. --fill FILE takes the Chinese of another catalogue.
"""

import ast
import io
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
PO, MO = (ROOT / "configs" / "language" / f"zh.{suffix}" for suffix in ("po", "mo"))
STILL = datetime(2026, 11, 29, tzinfo=UTC)  # the catalogue's date: what is written depends on its sentences alone
Message = str | tuple[str, str]
OPTIONS = ("option", "Option", "Argument")


def messages(source: Path) -> Iterator[Message]:
    """The sentences of a file: of `tr`, `tr_many`, `many`, `later`, options' helps, verbs' docstrings, SECTIONS."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield from _called(node)
        elif isinstance(node, ast.FunctionDef) and _is_verb(node):
            yield from (" ".join(part.split()) for part in (ast.get_docstring(node) or "").split("\n\n"))
        elif isinstance(node, ast.Assign) and any(
            isinstance(to, ast.Name) and to.id == "SECTIONS" for to in node.targets
        ):
            for section in ast.literal_eval(node.value).items():
                yield section[0]
                yield from section[1].values()


def _called(node: ast.Call) -> Iterator[Message]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    texts = [one.value if isinstance(one, ast.Constant) and isinstance(one.value, str) else "" for one in node.args]
    if name in ("tr", "later") and texts[0]:
        yield texts[0]
    elif name == "tr_many" and texts[0]:
        yield texts[0], texts[1]
    elif name == "many" and texts[1]:
        yield f"{{count:,}} {texts[1]}", f"{{count:,}} {texts[1]}s"
    elif name == "Kind":  # of a file's records: what they are called, and an example
        yield from filter(None, texts[:2])
    elif name == "Noun" and len(texts) > 1:
        yield from (part for part in texts[1].split("\n\n") if part)
    elif name in OPTIONS:
        yield from (
            one.value.value for one in node.keywords if one.arg == "help" and isinstance(one.value, ast.Constant)
        )


def catalogued() -> Iterator[str]:
    """What the models of the packaged catalogue are said to be, and on what terms."""
    models = tomllib.loads((ROOT / "configs" / "models.toml").read_text("utf-8"))["models"]
    for model in models.values():
        yield from filter(None, (model["description"], model.get("licence_notice", "")))


def _is_verb(node: ast.FunctionDef) -> bool:
    calls = [one.func for one in node.decorator_list if isinstance(one, ast.Call)]
    return any(
        (isinstance(one, ast.Name) and one.id == "verb") or getattr(one, "attr", "") == "callback" for one in calls
    )


def gathered() -> Catalog:
    """The catalogue as the source has it, with the Chinese that is known."""
    known = read_po(io.BytesIO(PO.read_bytes()), locale="zh") if PO.is_file() else Catalog(locale="zh")
    found = Catalog(
        locale="zh",
        project="llmlab",
        header_comment="# The Chinese of llmlab.",
        charset="utf-8",
        creation_date=STILL,
        revision_date=STILL,
        fuzzy=False,
    )
    for source in sorted((ROOT / "llmlab").rglob("*.py")):
        for message in messages(source):
            one = message if isinstance(message, str) else message[0]
            old = known.get(one)
            found.add(message, string=old.string if old else None, locations=[(str(source.relative_to(ROOT)), 1)])
    for message in catalogued():
        old = known.get(message)
        found.add(message, string=old.string if old else None, locations=[("configs/models.toml", 1)])
    return found


def filled(catalog: Catalog, other: Path) -> None:
    """Take the Chinese of another catalogue where this one has none."""
    for one in read_po(io.BytesIO(other.read_bytes()), locale="zh"):
        mine = catalog.get(one.id if isinstance(one.id, str) else one.id[0]) if one.id else None
        if mine and any(_strings(one)) and not any(_strings(mine)):
            mine.string = one.string


def missing(catalog: Catalog) -> list[str]:
    """The sentences without Chinese."""
    return [str(one.id) for one in catalog if one.id and not all(_strings(one))]


def _strings(message: object) -> tuple[str, ...]:
    string = getattr(message, "string", None) or ""
    return (string,) if isinstance(string, str) else tuple(string)


def written(catalog: Catalog) -> tuple[bytes, bytes]:
    """The catalogue for people, and its compiled form."""
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, catalog, width=110, include_lineno=False, sort_by_file=True)
    write_mo(mo, catalog)
    return po.getvalue(), mo.getvalue()


if __name__ == "__main__":
    catalog = gathered()
    for other in sys.argv[2:] if "--fill" in sys.argv else ():
        filled(catalog, Path(other))
    po, mo = written(catalog)
    if "--check" not in sys.argv:
        PO.parent.mkdir(exist_ok=True)
        PO.write_bytes(po)
        MO.write_bytes(mo)
    elif (PO.read_bytes(), MO.read_bytes()) != (po, mo):
        sys.exit("zh.po is not what the source says; run: python tests/translations.py")
    if lacking := missing(catalog):
        print(f"{len(lacking)} sentences have no Chinese, the first: {lacking[0]}")
        sys.exit("--check" in sys.argv)
