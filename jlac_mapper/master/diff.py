"""Two editions compared: what was added, ended, moved to another code, or renamed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.editions import proposable_codes, successors, with_ended
from jlac_mapper.codes.jlac11 import METHOD_UNSPECIFIED, Jlac11Code
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.codes.successions import Successions
from jlac_mapper.text import fold


class Difference(StrEnum):
    """What became of a code."""

    ADDED = "added"
    ENDED = "ended"
    """No longer usable, and nothing replaces it."""
    MOVED = "moved"
    """No longer usable; another code replaces it."""
    RENAMED = "renamed"
    BACKDATED = "backdated"
    """It starts earlier than the edition before said, or is new and starts earlier than codes of that one."""


@dataclass(frozen=True, slots=True)
class CodeDifference:
    """One code that differs; `name` is the new edition's where it has one."""

    kind: Difference
    code: str
    name: str
    old_name: str = ""
    """For RENAMED."""
    successor: str = ""
    """For MOVED: 17 characters."""
    source: str = ""
    """
    For MOVED: `table` (the old-new table says so), `edition` (the same measurand) or `name` (another
    measurand under the same name and specimen, see `_elsewhere`); for ENDED the table's reason.
    """
    start: str = ""
    """For BACKDATED: the day (ISO 8601) it starts on, empty for any."""
    old_start: str = ""
    """For BACKDATED: the day it started on before, empty for a new code."""


@dataclass(frozen=True, slots=True)
class OldNew:
    """A line of the old-new table: the new code, empty where the old one was deleted, and why."""

    successor: str
    reason: str = ""


def compare(
    old: Edition,
    new: Edition,
    *,
    day: date,
    successions: Successions,
    table: Mapping[str, OldNew] | None = None,
) -> list[CodeDifference]:
    """
    Compare what may be used for a result on *day*: valid, no request code, identification in use.

    Args:
        old: The edition before.
        new: The edition after.
        day: The day for both, so that a code that both say ended before is no difference.
        successions: What replaced what, beside the editions' own dates.
        table: Old code -> what the official old-new table says; it goes before what the editions tell.

    Returns:
        The differences by kind in the order of Difference, then by code.
    """
    before = {row.code: row for row in proposable_codes(old, day, successions)}
    after = {row.code: row for row in proposable_codes(new, day, successions)}
    gone = {code: row for code, row in before.items() if code not in after}
    replaced = successors(with_ended(new, gone.values(), day), day, successions)
    renewed = _by_name(row for code, row in after.items() if code not in before)
    found = [_gone(row, after, replaced, renewed, table or {}) for row in gone.values()]
    found += [
        CodeDifference(Difference.ADDED, str(code), row.name)
        for code, row in after.items()
        if code not in before
    ]
    found += [
        CodeDifference(Difference.RENAMED, str(code), row.name, old_name=before[code].name)
        for code, row in after.items()
        if code in before and row.name != before[code].name
    ]
    found += _backdated(before, after, day)
    order = list(Difference)
    return sorted(found, key=lambda each: (order.index(each.kind), each.code))


_Named = tuple[str, str, str, bool]
"""Folded name, specimen, folded product, and whether the method is 000."""


def _named(row: ListedCode) -> _Named:
    return fold(row.name), row.code.specimen, fold(row.product), row.code.method == METHOD_UNSPECIFIED


def _elsewhere(row: ListedCode, renewed: Mapping[_Named, list[ListedCode]]) -> str:
    """
    Return the one new code of the same name and specimen, empty where there is none or no single one.

    Of the same product, else of method 000; of several those with the same unit, then the same method.
    """
    name, specimen, _, _ = _named(row)
    for wanted in (_named(row), (name, specimen, "", True)):
        same = renewed.get(wanted, [])
        same = [other for other in same if other.code.unit == row.code.unit] or same
        same = [other for other in same if other.code.method == row.code.method] or same
        if len(same) == 1:
            return str(same[0].code)
    return ""


def _by_name(rows: Iterable[ListedCode]) -> dict[_Named, list[ListedCode]]:
    found: dict[_Named, list[ListedCode]] = defaultdict(list)
    for row in rows:
        found[_named(row)].append(row)
    return found


def _backdated(
    before: Mapping[Jlac11Code, ListedCode], after: Mapping[Jlac11Code, ListedCode], day: date
) -> Iterator[CodeDifference]:
    """Yield codes whose start moved back, and new ones that start before others that were there already."""
    starts = [row.valid_from for row in before.values() if row.valid_from and row.valid_from <= day]
    newest = max(starts, default=None)
    for code, row in after.items():
        old = before.get(code)
        start = row.valid_from.isoformat() if row.valid_from else ""
        if old is None:
            if newest and row.valid_from and row.valid_from < newest:
                yield CodeDifference(Difference.BACKDATED, str(code), row.name, start=start)
        elif old.valid_from and (row.valid_from is None or row.valid_from < old.valid_from):
            yield CodeDifference(
                Difference.BACKDATED, str(code), row.name, start=start, old_start=old.valid_from.isoformat()
            )


def _gone(
    row: ListedCode,
    after: Mapping[Jlac11Code, ListedCode],
    replaced: Mapping[Jlac11Code, Jlac11Code],
    renewed: Mapping[_Named, list[ListedCode]],
    table: Mapping[str, OldNew],
) -> CodeDifference:
    code = str(row.code)
    told = table.get(code)
    if told and told.successor and jlac11.parse(told.successor) in after:
        return CodeDifference(Difference.MOVED, code, row.name, successor=told.successor, source="table")
    if row.code in replaced:
        successor = str(replaced[row.code])
        return CodeDifference(Difference.MOVED, code, row.name, successor=successor, source="edition")
    if told is None and (elsewhere := _elsewhere(row, renewed)):
        return CodeDifference(Difference.MOVED, code, row.name, successor=elsewhere, source="name")
    return CodeDifference(Difference.ENDED, code, row.name, source=told.reason if told else "")
