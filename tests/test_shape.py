"""The shape of the code: how long a module and a function may be, and one name for one thing."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_MODULE, LONGEST_FUNCTION, LONGEST_BODY_IN_CLI = 300, 40, 20
LAB = sorted((ROOT / "llmlab").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def nodes(path):
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def place(path, node):
    return f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def functions(paths):
    return {place(path, node): node for path in paths for node in nodes(path) if isinstance(node, FUNCTION)}


def body_lines(function):
    """The lines of a function without its signature and its docstring."""
    statements = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return function.end_lineno - statements[0].lineno + 1 if statements else 0


@pytest.mark.parametrize("paths", [LAB, TESTS], ids=["llmlab", "tests"])
def test_no_module_is_long(paths):
    lengths = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in paths}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_no_function_is_long():
    lengths = {name: node.end_lineno - node.lineno + 1 for name, node in functions(LAB).items()}
    assert len(lengths) > 500
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


def test_no_function_of_the_command_line_has_a_long_body():
    rooms = [path for path in LAB if path.parent.name == "cli"]
    lengths = {name: body_lines(node) for name, node in functions(rooms).items()}
    assert len(lengths) > 50
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_BODY_IN_CLI} == {}


def test_no_two_classes_have_one_name():
    found = defaultdict(list)
    for path in LAB:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(place(path, node))
    assert len(found) > 100
    assert [places for places in found.values() if len(places) > 1] == []


def test_a_body_is_counted_without_its_signature_and_its_docstring():
    code = 'def f(\n    a,\n    b,\n):\n    """What it does.\n\n    And more.\n    """\n    c = a\n    return c\n'
    (function,) = ast.parse(code).body
    assert body_lines(function) == 2
