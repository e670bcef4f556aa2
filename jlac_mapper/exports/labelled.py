"""Final decisions as rows to measure on (`eval`) and to train on (`train embedder --confirmed`)."""

from collections.abc import Iterable

from jlac_mapper.exports.fields import INPUT_FIELDS, code_of
from jlac_mapper.review.model import Item, ItemState
from jlac_mapper.tables.cells import LABEL_COLUMNS, guarded_csv
from jlac_mapper.text import fold
from jlac_mapper.types import Reason

_OTHER_THAN_THE_NAME = frozenset({Reason.SPECIMEN_NOT_LISTED, Reason.TIMING_NOT_LISTED})
"""Why no code exists although the name means a listed measurand."""


def labelled_csv(items: Iterable[Item]) -> bytes:
    """
    Return the rows that a person decided, as `jlac-mapper eval` reads them.

    A row without a code is labelled NONE; NOCODE:measurand where the specimen or the time was not listed, as
    far as the mapper's best candidate tells. What the program accepted by itself is no label and left out.
    """
    rows: list[tuple[str, ...]] = [(*INPUT_FIELDS, *LABEL_COLUMNS)]
    for item in _decided(items):
        code = code_of(item)
        label = (code.measurand, str(code)) if code else (_no_code(item), "NONE")
        rows.append((*(getattr(item.test, field) for field in INPUT_FIELDS), *label))
    return guarded_csv(rows)


def confirmed_csv(items: Iterable[Item]) -> bytes:
    """
    Return the decided names as `train embedder --confirmed` reads them: name, measurand (empty: no code).

    Each folded name once. Left out are names that were decided for different measurands, and those without
    a code for another reason than their name.
    """
    meant: dict[str, set[str]] = {}
    written: dict[str, str] = {}
    for item in _decided(items):
        key = fold(item.test.name)
        code = code_of(item)
        if not key or (code is None and _no_code(item) != "NONE"):
            continue
        meant.setdefault(key, set()).add(code.measurand if code else "")
        written.setdefault(key, item.test.name.strip())
    agreed = [(written[key], *measurands) for key, measurands in meant.items() if len(measurands) == 1]
    return guarded_csv([("name", "measurand"), *agreed])


def _decided(items: Iterable[Item]) -> Iterable[Item]:
    return (item for item in items if item.standing.state is ItemState.FINAL)


def _no_code(item: Item) -> str:
    if _OTHER_THAN_THE_NAME & set(item.reasons) and item.mapping.candidates:
        return f"NOCODE:{item.mapping.candidates[0].code.measurand}"
    return "NONE"
