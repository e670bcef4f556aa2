"""Rows of the database as values of the core: what a column and a field of one name share."""

from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import Row


def fields_in(row: Row[Any], kind: type) -> dict[str, Any]:
    """Return the fields of a dataclass that *row* has a column of the same name for, as stored."""
    return {name: row[place] for name, place in _shared(row._fields, kind)}


def columns_of(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass, as the columns of their names are written."""
    return {name: getattr(value, name) for name in names_of(value.__class__)}


@cache
def names_of(kind: type) -> tuple[str, ...]:
    """Return the names of a dataclass's fields."""
    return tuple(field.name for field in fields(kind))


@cache
def _shared(columns: tuple[str, ...], kind: type) -> tuple[tuple[str, int], ...]:
    return tuple((name, columns.index(name)) for name in names_of(kind) if name in columns)
