"""The English texts of the package, read out of its source: what must have Japanese."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "jlac_mapper"


def template(node: ast.expr) -> str:
    """Return a text of the source with `{1}`, `{2}` ... for its values; empty for what is no text."""
    pieces: list[str | None] = []

    def walk(part: ast.expr) -> None:
        match part:
            case ast.Constant(str() as text):
                pieces.append(text)
            case ast.JoinedStr(values):
                for value in values:
                    walk(value)
            case ast.BinOp(left, ast.Add(), right):
                walk(left)
                walk(right)
            case ast.Call(ast.Attribute(text, "rstrip"), []):
                walk(text)
            case _:
                pieces.append(None)

    walk(node)
    count, said = 0, ""
    for piece in pieces:
        count += piece is None
        said += f"{{{count}}}" if piece is None else piece
    return said if any(piece and piece.strip() for piece in pieces) else ""


@cache
def trees() -> dict[Path, ast.Module]:
    """Return every module of the package but the generated ones."""
    files = sorted(file for file in PACKAGE.rglob("*.py") if "_pb" not in file.parts)
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}


def name_of(node: ast.expr) -> str:
    """Return the last name of a name or an attribute, empty for anything else."""
    match node:
        case ast.Name(name) | ast.Attribute(_, name):
            return name
    return ""


@cache
def error_classes() -> frozenset[str]:
    """Return the names of JlacMapperError and of every class below it."""
    known = {"JlacMapperError"}
    classes = [n for tree in trees().values() for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    while (
        found := {each.name for each in classes if any(name_of(base) in known for base in each.bases)} - known
    ):
        known |= found
    return frozenset(known)


def messages() -> Iterator[str]:
    """Yield the template of each message that an error is raised with, and of each finding on a master."""
    for file, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = name_of(node.func)
            if called in ("FieldError", "RowFieldError", "RowFieldTooLongError"):
                yield template(node.args[1])
            elif called in error_classes() and node.args:
                yield template(node.args[0])
            elif called == "Finding" and len(node.args) > 3 and "checks" in file.parts:
                yield template(node.args[3])
