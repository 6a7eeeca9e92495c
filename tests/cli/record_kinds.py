"""The kinds of records that the schema knows, and the verbs that write them."""

import json

from jsonschema import Draft202012Validator
from typer.main import get_command

from llmlab.cli import SECTIONS, app
from llmlab.cli.verbs import Noun, Verb
from llmlab.packaged import packaged

SCHEMA = json.loads((packaged() / "records.schema.json").read_text(encoding="utf-8"))
WHOLE = Draft202012Validator(SCHEMA)
KINDS = [name for name in SCHEMA["$defs"] if not name.startswith("_")]
VALIDATORS = {name: Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}) for name in KINDS}


def verbs_with_records() -> list[str]:
    """The verbs that take --format, in the order of --help; those of a noun as noun.verb."""
    root, found = get_command(app), []
    for name in (name for verbs in SECTIONS.values() for name in verbs):
        one = root.get_command(None, name)
        if isinstance(one, Noun):
            found += [(f"{name}.{verb}", one.get_command(None, verb)) for verb in one.list_commands(None)]
        else:
            found.append((name, one))
    return [name for name, verb in found if takes_format(verb)]


def takes_format(verb: Verb) -> bool:
    return any("--format" in parameter.opts for parameter in verb.params)


def verb_of(kind: str) -> str:
    """The verb whose records are of a kind: prob.ranking is of prob, space.eval.similarity of space.eval."""
    return next((verb for verb in VERBS if f"{kind}.".startswith(f"{verb}.")), "")


VERBS = verbs_with_records()
