"""Every record of every verb is what configs/records.schema.json says, and is the same in every format."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import standing_servers
from boxes import KEY
from cli.record_kinds import KINDS, SCHEMA, VALIDATORS, VERBS, WHOLE, verb_of
from jsonschema import Draft202012Validator
from record_cases import BESIDE, DRAW, PAIRS, QUESTIONS

from llmlab.packaged import packaged

ESCAPED = re.compile(r"\\(?:[tnr]|x[0-9a-f]{2}|u[0-9a-f]{4})")  # what would steer a terminal
FORMS = ("json", "jsonl", "csv", "tsv")
Case = tuple[str, str, str]  # kind, what stands after the verb, stdin

LESSONS: list[Case] = [
    ("lesson", "", ""),
    ("lesson.check", "6 --check 2", ""),
    ("lesson.check", "next --check -", "2\n"),
]
TEXT: list[Case] = [
    ("prob", "'The cat 👩‍👩‍👧 <s>'", ""),
    ("prob", "'The cat 今天' --by character", ""),
    ("prob", "'The cat' --by word --word-correction", ""),
    ("prob", "'The cat <s>' --allow-special", ""),
    ("prob", "LONG --by word", ""),
    ("prob.ranking", "a 'b \"x\", y' '今天\\t\\n'", ""),
    ("prob.ranking", "-", "The cat\nsat\n"),
    ("next", "The -k 5", ""),
    *(("next", f"'The c' --by {part} -t 0.5,1", "") for part in ("character", "word")),
    ("next", "The --temperature 0,1,1e9 --preset qa", ""),
    ("next", "The --top-k 3 --repetition-penalty 1.3", ""),
    ("compare", "'The cat' 'The mat sat'", ""),
    ("orders", "'The cat sat.'", ""),
    ("cloze", "'The [?] sat' -c cat -c mat", ""),
    ("cloze", "'On [?] [?] cat' -c the -c a", ""),
    ("cloze", "'今天[?]' --kind noun,verb", ""),
    ("choose", "The -c ' cat' -c re", ""),
    ("choose", "T -c he -c x", ""),  # without BOS the first token of the merged one has no probability
    ("choose.questions", "-", QUESTIONS),
    ("choose.shots", "- --shots 0,2 --draws 2 --template '{prompt}' --template 'Q: {prompt}'", 3 * QUESTIONS),
    ("pairs", "-", PAIRS),
    *(("perplexity", f"-{cut}", 9 * "今天\nThe cat sat\n") for cut in ("", " --window 8 --stride 2")),
    ("calibration", "- --bins 3 --tokens 9", "今天天气很好。" * 9),
    ("generate", f"{DRAW} -t 0,1.5 -n 2 --stop '\\n'", ""),
    ("generate", f"{DRAW} --expect cat --same-noise --top-k 4", ""),
    ("generate", f"{DRAW} -n 2 --repetition-penalty 1.3 --preset qa", ""),
    ("generate", "--prompts - --seed 1 --max-tokens 2", "The\nA cat\n"),
    *(("trace", f"{DRAW} {rest}", "") for rest in ("--min-p 0.1", "-t 0")),
    *(("guess", f"--seed 1 --length 3{rest}", "x\n\nthe\n\n\n\n") for rest in ("", " --by character")),
    *(("tree", f"The --depth {rest}", "") for rest in ("2 -t 0.5", "1 --top-k 2 --min-p 0.01")),
]
SIMILARITY, ANALOGIES = "king queen 9\nking man 4\nking zebra 1\n", ": people\nman woman king queen\na b c d\n"
ONE_WORD = "'The cat sat' 'a cat' --word cat MODEL"
THINGS: list[Case] = [
    ("layers", "'The cat' -k 2 MODEL", ""),
    ("layers", "The --track ' is' --track t GGUF", ""),
    ("attention", "'The cat 今天' MODEL", ""),
    ("attention", "'The cat' --layer 2 GGUF", ""),
    *(("tokens", f"'The cat 👩‍👩‍👧 <s>' {of}", "") for of in ("LM", "GGUF --allow-special")),
    ("tokens.texts", "'The cat' '今天\\t' ... LM GGUF", ""),
    ("tokens.texts", "- LM", "The cat\nsat\n"),
    *BESIDE,
    ("embed", "cat 'The cat\tsat' ENCODER", ""),
    ("embed", "cat ENCODER --engine torch", ""),
    *(("embed", words, "") for words in ("king --space mine", "king zebra --space encoded")),
    ("embed", "小明 小红 --space PEOPLE --standardize", ""),
    *(("embed", f"{ONE_WORD}{layer}", "") for layer in ("", " --layer input")),
    ("embed.tokens", "'The cat' --tokens ENCODER", ""),
    ("embed.tokens", "'The cat' - LM", "sat\nThe\n"),
    ("embed.tokens", "'The cat' --layer input MODEL", ""),
    ("embed.tokens", "'The cat 今天' --layer 1 MODEL", ""),
    ("neighbors", "king - --space mine", "queen\nman\n"),
    ("neighbors", "King --space VECTORS --metric l2 --within 3", ""),
    ("neighbors", "king --space mine --against man --against queen --metric l1", ""),
    ("neighbors", "'king - man + woman' --space mine --method mul", ""),
    ("neighbors", "king --space mine --min-frequency 1 --sort frequency", ""),
    ("neighbors", "at --spaces encoded,table --metric dot", ""),
    ("neighbors", "zebra --space encoded", ""),
    ("neighbors", "小明 --space PEOPLE", ""),
    *(("odd", f"king {rest}", "") for rest in ("queen paris --space mine", "'a queen' paris ENCODER")),
    ("odd", "'The cat' 'A cat' cat --word cat MODEL", ""),
    ("secret", "--space mine --seed 1", "zebra\n?\nqueen\n?\nking\n"),
    ("why", "king queen --space mine --metric l2", ""),
    *(("why", f"小明 小红 --space PEOPLE{how}", "") for how in ("", " --standardize --columns 身高,性别")),
    ("why", ONE_WORD, ""),
    ("train.ngram", "other --text - --replace", "The cat sat\nThe cat ran\n今天\n"),
    ("train.ngram.sizes", "other --text english --sizes 9,30 --replace", ""),
    ("train.vectors", "moved --text - --dimension 4 --steps 0,9", " ".join(f"w{n % 30}" for n in range(2000))),
    ("space.list", "", ""),
    *(("space.show", name, "") for name in ("mine", "encoded", "table", "PEOPLE", "scaled")),
    ("space.eval.similarity", "mine --similarity -", SIMILARITY),
    ("space.eval.similarity", "mine --similarity -", "king queen 1\nking man 1\n"),
    *(("space.eval.questions", f"mine --{task} -", ANALOGIES) for task in ("analogies", "odd", "translations")),
    ("models.list", "", ""),
    *(("models.show", name, "") for name in ("LM_FOLDER", "GGUF_FILE", "ENCODER_FOLDER")),
    *((f"cache.{verb}", "", "") for verb in ("list", "check")),
    ("serve", "--list", ""),
    ("doctor", "", ""),
    ("models.show.served", "SERVED", ""),
    ("models.probe", "SERVED", ""),
    ("prob", "'The cat' -m SERVED", ""),
    ("prob.ranking", "'The cat' cat -m SERVED", ""),
    ("next.listed", "The -k 4 -m SERVED", ""),
    ("generate", f"{DRAW} -t 0,1.5 -n 2 --raw --parallel 1 -m SERVED", ""),
]
WORDS = "man\nwoman\nking\nqueen\nparis\nfrance\n"
VECTORS = "man 4 1 0\nwoman 4 -1 0\nking 4 1 3\nqueen 4 -1 3\nparis -5 1 0\nfrance 0 0 0\n"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of this module's own: it holds spaces."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def environ(environ):
    """One thread: more of them wait for each other longer than tiny models compute. And the key of a server."""
    return {**environ, "LLMLAB_THREADS": "1", "LLMLAB_API_KEY": KEY}


@pytest.fixture
def models(models, cache, lm_folder_without_bos, box):
    """The words in capitals, with a model without BOS, one behind a server, and files of vectors."""
    file = cache / "vectors.txt"
    if not file.exists():
        file.write_text(VECTORS, encoding="utf-8")
    named = {"VECTORS": [str(file)], "PEOPLE": [str(packaged() / "exercises" / "people.csv")]}
    named["SERVED"] = ["openai:tiny", "--base-url", box.url]
    return {**models, **named, "WITHOUT_BOS": ["--model", str(lm_folder_without_bos)]}


@pytest.fixture
def spaces(lab, cache):
    """The spaces mine (of a file), encoded (by an encoder) and table (of a language model); a server."""
    standing_servers.state(cache, "tiny")
    if not (cache / "spaces" / "mine").is_dir():
        listed = cache / "words.txt"
        listed.write_text(WORDS, encoding="utf-8")
        made = [
            "import mine VECTORS --language en",
            "import scaled PEOPLE --standardize",
            f"build encoded ENCODER --vocab {listed}",
        ]
        assert [lab(f"space {line}").code for line in (*made, "build table LM --vocab model")] == [0] * 4


@pytest.mark.parametrize("model", ["MODEL", "GGUF", "WITHOUT_BOS"])
@pytest.mark.parametrize(("kind", "line", "stdin"), TEXT)
def test_every_record_about_text_is_what_the_schema_says(lab, kind, line, stdin, model):
    check(lab, kind, f"{line} {model}", stdin)


@pytest.mark.usefixtures("lessons")
@pytest.mark.parametrize(("kind", "line", "stdin"), LESSONS)
def test_every_record_about_lessons_is_what_the_schema_says(lab, kind, line, stdin):
    check(lab, kind, line, stdin)


@pytest.mark.usefixtures("spaces", "still")
@pytest.mark.parametrize(("kind", "line", "stdin"), THINGS)
def test_every_record_about_vectors_and_things_is_what_the_schema_says(lab, kind, line, stdin):
    check(lab, kind, line, stdin)


def check(lab, kind: str, line: str, stdin: str) -> None:
    """Each record fits its own kind and no other; json, csv and tsv tell what jsonl tells."""
    asked = f"{verb_of(kind).replace('.', ' ')} {line}"
    found = {form: lab(f"{asked} --format {form}", stdin.encode()) for form in FORMS}
    assert {done.code for done in found.values()} == {0}, found["json"].err
    records = [json.loads(line) for line in found["jsonl"].out.splitlines()]
    assert records
    for record in records:
        VALIDATORS[kind].validate(record)
    WHOLE.validate(records[0])
    assert [name for name in KINDS if VALIDATORS[name].is_valid(records[0])] == [kind]
    assert not VALIDATORS[kind].is_valid({**records[0], "extra": 1})
    anything = {"of": ["no", "kind"]}
    assert not [name for name in records[0] if VALIDATORS[kind].is_valid({**records[0], name: anything})]
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        rows = list(csv.DictReader(io.StringIO(found[form].out), delimiter=delimiter))
        flat = [flattened(record) for record in records]
        assert list(rows[0]) == list(dict.fromkeys(name for record in flat for name in record))
        for row, record in zip(rows, flat, strict=True):
            assert {name: read_back(row[name], value) for name, value in record.items()} == record
    told = rows_of(json.loads(found["json"].out), {})
    if "-" in line.split():  # in the order of stdin
        told, records = list(told), [as_streamed(record) for record in records]
    for record in records:  # in the document's order
        assert any(record == {name: row.get(name) for name in record} for row in told), record


def flattened(record: dict[str, Any]) -> dict[str, Any]:
    """A record as a table has it: a column for each number of a vector, and for each value of an object."""
    found = {}
    for name, value in record.items():
        parts = value
        if name == "vector":
            parts = dict(zip(record.get("dimensions") or range(len(value)), value, strict=True))
        found |= {f"{name}.{key}": one for key, one in parts.items()} if isinstance(parts, dict) else {name: value}
    return found


def as_streamed(record: dict[str, Any]) -> dict[str, Any]:
    """What is known of a line of stdin before the others come, and computed without them: last digits differ."""
    known = {name: value for name, value in record.items() if value is not None}
    return {
        name: pytest.approx(value, rel=1e-4) if isinstance(value, float) else value for name, value in known.items()
    }


def read_back(cell: str, value: Any) -> Any:
    """What a cell of csv or tsv says, read as what it should be."""
    if isinstance(value, bool) or value is None:
        return {"True": True, "False": False, "": None}[cell]
    if isinstance(value, str):
        return cell if cell == value else ESCAPED.sub(character, cell)
    return json.loads(cell) if isinstance(value, list | dict) else type(value)(cell)


def character(escaped: re.Match[str]) -> str:
    return str(json.loads(f'"{escaped[0].replace("x", "u00")}"'))


def rows_of(node: Any, above: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects of a document, each with what the objects around it state."""
    if isinstance(node, list):
        for one in node:
            yield from rows_of(one, above)
    elif isinstance(node, dict):
        own = {**above, **node}
        yield {**own, "metric": own["method"]} if own.get("method") else own  # as neighbors names 3CosMul
        for value in node.values():
            yield from rows_of(value, own)


# Each verb has a schema


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)
    assert [one["$ref"] for one in SCHEMA["anyOf"]] == [f"#/$defs/{kind}" for kind in KINDS]


def test_every_verb_with_records_has_a_schema_and_no_schema_is_without_a_verb():
    assert VERBS[0] == "lesson"
    assert {"generate", "space.list", "models.show"} < set(VERBS)
    assert list(dict.fromkeys(map(verb_of, KINDS))) == VERBS


def test_every_kind_of_record_is_asked_for():
    in_files = {"perplexity.windows", "cache.repair", "cache.clean"}  # test_bulk.py and test_cache.py ask for them
    assert {kind for kind, _, _ in [*LESSONS, *TEXT, *THINGS]} | in_files == set(KINDS)


def test_no_kind_lets_columns_in_that_it_does_not_name():
    for kind in KINDS:
        assert SCHEMA["$defs"][kind]["unevaluatedProperties"] is False, kind


def test_every_part_is_used():
    used = set(re.findall(r"#/\$defs/([\w.]+)", json.dumps(SCHEMA)))
    assert used == set(SCHEMA["$defs"])


RECORDS = {
    "prob": "The MODEL",
    "generate": "The --max-tokens 1 MODEL",
    "embed": "king --space mine",
    "neighbors": "king --space mine",
}


@pytest.mark.usefixtures("spaces")
@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        *(("prob", one) for one in ({"logprob_nats": 0.5}, {"probability": 2}, {"rank": 0}, {"word": "The"})),
        *(("prob", one) for one in ({"engine": "abacus"}, {"token_ids": []}, {"position": "0"}, {"bos": 0})),
        *(("generate", one) for one in ({"finish": "tired"}, {"temperature": -1}, {"top_p": 0}, {"seed": -1})),
        *(("embed", one) for one in ({"vector": []}, {"vector": ["1"]}, {"norm": -1}, {"engine": "abacus"})),
        *(("embed", one) for one in ({"dimension": 0}, {"bos": None}, {"word": "king"}, {"space": 1})),
        *(("neighbors", one) for one in ({"metric": "nearness"}, {"rank": 0}, {"zipf": -1}, {"values": {"age": "1"}})),
    ],
)
def test_the_schema_refuses_a_wrong_value(lab, kind, wrong):
    record = json.loads(lab(f"{kind} {RECORDS[kind]} -f jsonl").out.splitlines()[0])
    assert VALIDATORS[kind].is_valid(record)
    assert not VALIDATORS[kind].is_valid({**record, **wrong})
    assert not WHOLE.is_valid({**record, **wrong})
