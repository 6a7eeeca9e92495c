"""What the tools of users do to a file changes no answer: marks, line ends, blank lines, columns, separators, gzip."""

import codecs
import csv
import gzip
import io
import json
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

PAIRS = [["good", "bad", "group"], ["The cat sat.", "cat, The sat.", "a"], ["今天天气。", "天气；今天。", "b"]]
QUESTIONS = [
    ["context", "choice1", "choice2", "answer"],
    ["The cat", " sat; on", " mat, is", "B"],
    ["The", " a", " b", " a"],
]
SCORES = [["word1", "word2", "score"], ["cat", "dog", "1.5"], ["dog", "car", "3"], ["cat", "car", "2"]]
TABLE = [["word", "age", "city"], ["cat", "1", "Rome, x"], ["dog", "2.5", "Oslo"], ["car", "-4", "Oslo"]]
VECTORS = ["3 2", "cat 1 2", "dog 2 1", "car -1 3"]
MADE_BY = ("space", "model", "revision")  # they name the file, or are its checksum


@dataclass(frozen=True)
class Case:
    """A verb that reads a file, or stdin where it has none."""

    line: str
    content: list
    ending: str = ".txt"
    header: bool = False  # whether a table's first row are names of columns
    after: tuple[str, ...] = field(default=())  # the line whose output counts


CASES = {
    "pairs": Case("pairs FILE GGUF", PAIRS, ".csv", header=True),
    "pairs on stdin": Case("pairs - GGUF", PAIRS, header=True),
    "pairs as objects": Case("pairs FILE GGUF", ['{"good": "The cat", "bad": "cat The"}'] * 2, ".jsonl"),
    "choose": Case("choose FILE GGUF", QUESTIONS, ".tsv", header=True),
    "choose on stdin": Case("choose - GGUF", QUESTIONS, header=True),
    "prob": Case("prob - GGUF", ["The cat", "今天 天气", "a"]),
    "embed": Case("embed - --space SPACE", ["cat", "dog"]),
    "neighbors": Case("neighbors - --space SPACE", ["cat", "dog"]),
    "candidates": Case("neighbors cat --against - --space SPACE", ["car", "dog"]),
    "prompts": Case("generate --prompts FILE GGUF -t 0 --max-tokens 2 --seed 1", ["The cat", "今天"]),
    "prompts on stdin": Case("generate --prompts - GGUF -t 0 --max-tokens 2 --seed 1", ["The cat", "今天"]),
    "similarity": Case("space eval SPACE --similarity FILE", SCORES, ".csv", header=True),
    "analogies": Case("space eval SPACE --analogies FILE", [": x", "cat dog car cat", "dog car cat dog"]),
    "a table": Case("neighbors cat --space FILE --metric l2", TABLE, ".csv", header=True),
    "vectors": Case("neighbors cat --space FILE --metric l2", VECTORS, ".vec"),
    "vectors without counts": Case("neighbors cat --space FILE --metric l2", VECTORS[1:]),
}


@st.composite
def tools(draw, case):
    """The bytes of a case's content as some tool would write them."""
    lines = draw(tables(case)) if isinstance(case.content[0], list) else list(case.content)
    for place in sorted(draw(st.lists(st.integers(0, len(lines)), max_size=3)), reverse=True):
        lines.insert(place, draw(st.sampled_from(["", "  "])))
    text = draw(st.sampled_from(["\n", "\r\n", "\r"])).join([*lines, *draw(st.sampled_from([[], [""]]))])
    return draw(st.sampled_from([b"", codecs.BOM_UTF8])) + text.encode()


@st.composite
def tables(draw, case):
    """The lines of a table with other separators, its columns in another order and their names in another case."""
    order = draw(st.permutations(range(len(case.content[0]))))
    if case.content is TABLE:
        order = [0, *(place for place in order if place)]  # the words stand first
    rows = [[row[place] for place in order] for row in case.content]
    if case.content is not TABLE:  # whose names are shown
        rows[0] = [draw(st.sampled_from([name, name.upper(), name.title(), f" {name} "])) for name in rows[0]]
    out = io.StringIO()
    csv.writer(out, delimiter=draw(st.sampled_from(",;\t")), lineterminator="\n").writerows(rows)
    return out.getvalue().splitlines()


def plain(case):
    """The content as it is in the repository's own files."""
    rows = case.content
    if isinstance(rows[0], list):
        out = io.StringIO()
        separator = "\t" if case.ending == ".tsv" else ","
        csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
        return out.getvalue().encode()
    return "".join(f"{line}\n" for line in rows).encode()


@pytest.fixture
def answer(lab, tmp_path):
    """The records of a case with its content in these bytes, without what names the file."""
    (tmp_path / "space.csv").write_text("word,x,y\ncat,1,2\ndog,2,1\ncar,-1,3\n", encoding="utf-8")

    def answer(case, content, packed=False):
        path = tmp_path / f"file{case.ending}{'.gz' * packed}"
        path.write_bytes(gzip.compress(content) if packed else content)
        line = case.line.replace("FILE", f"'{path}'").replace("SPACE", f"'{tmp_path / 'space.csv'}'")
        done = lab(f"{line} -f jsonl", stdin=content)
        assert done.code == 0, (done.err, content)
        rows = [json.loads(row) for row in done.out.splitlines()]
        dropped = MADE_BY if "space" in case.line else ()
        return [{name: value for name, value in row.items() if name not in dropped} for row in rows]

    return answer


@pytest.mark.parametrize("name", CASES)
def test_no_tool_that_wrote_a_file_changes_an_answer(answer, name):
    case = CASES[name]
    expected = answer(case, plain(case))
    assert expected

    @settings(max_examples=12, deadline=None)
    @given(tools(case), st.booleans())
    def holds(content, packed):
        assert answer(case, content, packed and "FILE" in case.line) == expected

    holds()


@pytest.mark.parametrize("how", ["bom", "gz", "stdin"])
def test_a_long_text_is_its_characters_whatever_is_around_them(lab, tmp_path, how):
    text = "The cat sat.\n\nThe dog\r\n"
    (tmp_path / "t.txt").write_bytes(text.encode())
    (tmp_path / "bom.txt").write_bytes(codecs.BOM_UTF8 + text.encode())
    (tmp_path / "gz.txt.gz").write_bytes(gzip.compress(text.encode()))
    file = {"bom": "bom.txt", "gz": "gz.txt.gz"}.get(how)
    expected = json.loads(lab(f"perplexity '{tmp_path / 't.txt'}' GGUF -f json").out)
    done = lab(f"perplexity {repr(str(tmp_path / file)) if file else '-'} GGUF -f json", stdin=text.encode())
    assert json.loads(done.out) | {"text": ""} == expected | {"text": ""}


@pytest.mark.parametrize("content", ["cat\ndog\n", "\ufeffcat\r\n\r\ndog", "cat\n  \ndog\n\n"])
def test_a_list_of_words_is_its_words(run, models, tmp_path, content):
    (tmp_path / "words.txt").write_bytes(content.encode())
    (tmp_path / "rows.list").write_bytes(content.replace("\r\n\r\n", "\r\n").replace("  \n", "").encode().strip(b"\n"))
    np.save(tmp_path / "v.npy", np.eye(2, dtype=np.float32))
    name = f"list{abs(hash(content))}"
    model = models["ENCODER_FOLDER"][0]
    assert run("space", "build", name, "--model", model, "--vocab", str(tmp_path / "words.txt")).code == 0
    (found,) = json.loads(run("neighbors", "cat", "dog", "--space", name, "-f", "json").out).values()
    assert [one["neighbors"][0]["word"] for one in found] == ["dog", "cat"]
    assert [one["in_vocabulary"] for one in found] == [True, True]
    words = ("--words", str(tmp_path / "rows.list"))
    assert run("space", "import", f"{name}n", str(tmp_path / "v.npy"), *words).code == 0
    assert json.loads(run("embed", "cat", "-s", f"{name}n", "-f", "json").out)["embeddings"][0]["vector"] == [1, 0]
