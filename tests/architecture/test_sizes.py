"""Small files and small functions: a reader holds one in mind at a time."""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("schemas", "collector", "streams", "sinks", "console", "footprint")
FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@cache
def functions():
    return [
        (path.relative_to(ROOT).as_posix(), node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def length(node):
    return node.end_lineno - node.lineno + 1


def parameters(node):
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def test_there_is_something_to_measure():
    assert len(FILES) > 50
    assert len(functions()) > 200


@pytest.mark.parametrize("folder", [*PACKAGES, "tests", "bench"])
def test_no_file_is_longer_than_400_lines(folder):
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines()) for path in (ROOT / folder).rglob("*.py")}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_no_function_is_longer_than_40_lines():
    assert {f"{path}:{node.lineno} {node.name}": length(node) for path, node in functions() if length(node) > 40} == {}


def test_nine_functions_of_ten_are_shorter_than_20_lines():
    short = sum(length(node) < 20 for _, node in functions())
    assert short / len(functions()) >= 0.9


def test_no_function_has_more_than_five_parameters():
    """In `footprint/cli` each parameter is an option of a command."""
    many = {
        f"{path}:{node.lineno} {node.name}": parameters(node)
        for path, node in functions()
        if not path.startswith("footprint/cli/") and parameters(node) > 5
    }
    assert many == {}
