"""Tests and measurements use what the product gives its users, and name no private of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FILES = sorted(file for folder in ("tests", "eval") for file in (REPOSITORY / folder).rglob("*.py"))

_PRIVATE = re.compile(r"_(?!_)\w+")
_ALLOWED = {
    "_pb",  # the generated gRPC code, which every client needs
    *("_asdict", "_fields", "_make", "_replace"),  # methods of named tuples, public in spite of their names
}
_BY_NAME = {"delattr", "getattr", "hasattr", "setattr"}
"""Functions, and methods of pytest's monkeypatch, that are told the name of an attribute."""


def _is_private(name: str) -> bool:
    return bool(_PRIVATE.fullmatch(name)) and name not in _ALLOWED


def _own(tree: ast.Module) -> set[str]:
    """The private names of a module's own functions and classes, and of what it gives to `self`."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Attribute(ast.Name("self"), name, ast.Store()):
                found.add(name)
    return found


def privates_named(source: str) -> Iterator[str]:
    """Give each private of something else that a module names, as `line: name`."""
    tree = ast.parse(source)
    own = _own(tree)
    for node in ast.walk(tree):
        names: list[str] = []
        match node:
            case ast.ImportFrom(module, aliases):
                names = [*(module or "").split("."), *(alias.name for alias in aliases)]
            case ast.Import(aliases):
                names = [part for alias in aliases for part in alias.name.split(".")]
            case ast.Attribute(ast.Name("self" | "cls"), name) if name in own:
                pass
            case ast.Attribute(_, name):
                names = [name]
            case ast.Call(ast.Name(called) | ast.Attribute(_, called), arguments) if called in _BY_NAME:
                texts = [one.value for one in arguments if isinstance(one, ast.Constant)]
                names = [part for text in texts if isinstance(text, str) for part in text.split(".")]
        yield from (f"{node.lineno}: {name}" for name in names if _is_private(name))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(REPOSITORY).as_posix())
def test_no_test_or_measurement_names_a_private_of_the_product(file: Path) -> None:
    assert list(privates_named(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from jlac_mapper.web.oidc import _TIMEOUT_SECONDS", "_TIMEOUT_SECONDS"),
        ("from jlac_mapper._hidden import pipeline", "_hidden"),
        ("import jlac_mapper._hidden", "_hidden"),
        ("store._database.close()", "_database"),
        ("database._BUSY_SECONDS = 300", "_BUSY_SECONDS"),
        ('monkeypatch.setattr(oidc, "_TIMEOUT_SECONDS", 2)', "_TIMEOUT_SECONDS"),
        ('monkeypatch.setattr("jlac_mapper.web.oidc._TIMEOUT_SECONDS", 2)', "_TIMEOUT_SECONDS"),
        ('getattr(model, "_worker")', "_worker"),
        ("class Mine(Pipeline):\n    def map(self): return self._retriever", "_retriever"),
    ],
)
def test_a_private_that_is_named_is_found(source: str, name: str) -> None:
    assert [found.partition(": ")[2] for found in privates_named(source)] == [name]


@pytest.mark.parametrize(
    "source",
    [
        "from jlac_mapper.grpc_api._pb.v1 import review_pb2",
        "from jlac_mapper import __version__",
        "meaning._replace(listed=True)",
        "class Mine:\n    def __init__(self): self._seen = 0\n    def more(self): return self._seen",
        "def _helper(): pass\n_helper()",
    ],
)
def test_a_private_of_the_test_itself_and_generated_code_are_no_finding(source: str) -> None:
    assert list(privates_named(source)) == []
