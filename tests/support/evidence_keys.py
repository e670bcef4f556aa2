"""Every key of evidence that the package can produce, read from its sources and the file of weights."""

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jlac_mapper.config import master_data_dir

PACKAGE = Path(__file__).parents[2] / "jlac_mapper"
_KEYS_OF_OTHERS = ("review/old_evidence.py", "review/mapping_json.py", "grpc_api/convert.py")
"""Modules that pass on keys which others made."""
_OTHER_LEVELS = {
    "method.principle_": ("given", "usual", "unknown"),
    "specimen.": ("given", "usual_of_given", "unusual_for_test", "usual", "unusual"),
}
"""What the composer of JLAC10 codes ends its keys with: its levels are of no comparison."""
_COMPOSER = "mapping/jlac10/compose.py"
_JLAC10 = "mapping/jlac10/"
"""Where evidence is made that only answers in JLAC10 have."""
JLAC10_SOURCES = frozenset({"method"})
"""Where such evidence alone comes from."""


def levels() -> dict[str, set[str]]:
    """Element -> the levels that the file of weights has for it."""
    data = json.loads((master_data_dir() / "weights.json").read_text(encoding="utf-8"))
    return {element: set(found) for element, found in data["levels"].items()}


@cache
def keys(*, jlac10: bool | None = None) -> frozenset[str]:
    """
    Return the keys of all evidence that the package makes.

    Args:
        jlac10: Only those that answers in JLAC10 have, or only all others; both when not given.

    A comparison writes `f"ELEMENT.{level}"`: then each of the element's levels is a key, but those that the
    module hands over without anything to show. The composer of JLAC10 codes has levels of its own.
    """
    found: set[str] = set()
    for file in sorted(PACKAGE.rglob("*.py")):
        if file.relative_to(PACKAGE).as_posix() in _KEYS_OF_OTHERS:
            continue
        if jlac10 is not None and jlac10 != file.relative_to(PACKAGE).as_posix().startswith(_JLAC10):
            continue
        text = file.read_text(encoding="utf-8")
        if "Evidence(" not in text:
            continue
        tree = ast.parse(text)
        for key in _first_arguments(tree):
            if isinstance(key, ast.Constant):
                found.add(str(key.value))
                continue
            assert isinstance(key, ast.JoinedStr), f"{file}: evidence with a key that cannot be read here"
            prefix, *rest = key.values
            assert isinstance(prefix, ast.Constant), file
            if file.relative_to(PACKAGE).as_posix() == _COMPOSER:
                found |= {f"{prefix.value}{level}" for level in _OTHER_LEVELS[str(prefix.value)]}
                continue
            assert str(prefix.value).endswith("."), file
            assert len(rest) == 1, file
            element = str(prefix.value).removesuffix(".")
            found |= {f"{element}.{level}" for level in levels()[element] - _silent(tree)}
    return frozenset(found)


def _first_arguments(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Evidence":
            yield node.args[0]


def _silent(tree: ast.AST) -> set[str]:
    """Return levels that are given with nothing to show: `compared(element, level[, reasons])`."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        of_weights = node.func.attr == "compared" and len(node.args) <= 3
        of_method = node.func.attr == "_level" and len(node.args) == 2
        if of_weights or of_method:
            found |= set(texts[:1])
    return found
