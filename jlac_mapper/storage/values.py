"""Frozen values as rows of tables and back: a field stands in the column of its name."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Row

Value = TypeVar("Value")


def to_columns(value: Any, /, **written: Any) -> dict[str, Any]:
    """
    Return a value as column -> content.

    Args:
        written: Columns that the value has no field for, or whose field is held in another form.
    """
    return {name: getattr(value, name) for name in _fields(value.__class__) if name not in written} | written


def from_row(kind: Callable[..., Value], row: Row[Any], /, **read: Any) -> Value:
    """
    Return the value that a row holds.

    Args:
        read: Fields that the row has no column for, or holds in another form.
    """
    held = row._mapping
    return kind(**{name: held[name] for name in _fields(kind) if name not in read}, **read)


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind) if field.init)
