"""
A row and the mapper's answer as JSON and back: the fields of their types, in the types' order.

Nothing is lost but the tables of a concept, which belong to the vocabulary: its key, names and kind are kept.
Answers written before there were concepts are read too.
"""

import json
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

from jlac_mapper.codes import jlac11
from jlac_mapper.review.old_evidence import read_old
from jlac_mapper.types import LocalTest, MappingResult
from jlac_mapper.vocabulary import Concept

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_CONCEPT = ("key", "name", "name_en", "kind")


def row_to_json(test: LocalTest) -> str:
    """Write a row; empty fields are left out."""
    return _JSON.encode({name: text for name, text in _plain(test).items() if text})


def row_from_json(text: str) -> LocalTest:
    """Read a row."""
    return LocalTest(**{"name": "", **json.loads(text)})


def mapping_to_json(mapping: MappingResult) -> str:
    """Write an answer with its candidates, evidence and provenance."""
    return _JSON.encode(mapping)


def mapping_from_json(text: str) -> MappingResult:
    """Read an answer."""
    read = json.loads(text)
    read["read_as"] = _read_concept(read.get("read_as"))
    for said in (read, *read["candidates"]):
        # A list is element, statement and source: written before there were keys.
        said["evidence"] = [read_old(*e) if isinstance(e, list) else e for e in said["evidence"]]
    for candidate in read["candidates"]:
        candidate["code"] = jlac11.parse(candidate["code"])
        candidate["hypothesis"] = _read_hypothesis(candidate["hypothesis"])
    return _answer().validate_python(read)


@cache
def _answer() -> "TypeAdapter[MappingResult]":
    from pydantic import TypeAdapter  # a tenth of a second, and mapping a table reads no answers

    return TypeAdapter(MappingResult)


def _plain(value: Any) -> Any:
    """Return what JSON can hold of a value: it knows texts, numbers and tuples, and half characters too."""
    if isinstance(value, jlac11.Jlac11Code):
        return str(value)
    if isinstance(value, Concept):
        return [getattr(value, name) for name in _CONCEPT]
    return {field.name: getattr(value, field.name) for field in fields(value) if field.init}


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _read_concept(read: list[str] | None) -> dict[str, str] | None:
    return dict(zip(_CONCEPT, read, strict=True)) if read else None


def _read_hypothesis(read: dict[str, Any]) -> dict[str, Any]:
    if "measurand" not in read:
        return {**read, "concept": _read_concept(read["concept"])}
    # Written before there were concepts: the name, and whether it had a code.
    old = read["background"] or read["name"]
    name = {"text": old["name"], "concept": "", "form": old["kind"]} if old else None
    return {**read, "concept": None, "listed": read["background"] is None, "name": name}
