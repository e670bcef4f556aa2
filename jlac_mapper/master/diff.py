"""Two editions compared: what was added, ended, moved to another code, or renamed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from jlac_mapper.codes.editions import proposable_codes, successors, with_ended
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.codes.successions import Successions


class Difference(StrEnum):
    """What became of a code."""

    ADDED = "added"
    ENDED = "ended"
    """No longer usable, and nothing replaces it."""
    MOVED = "moved"
    """No longer usable; another code replaces it."""
    RENAMED = "renamed"


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
    """For MOVED: `table` (the old-new table says so) or `edition`; for ENDED the table's reason."""


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
    found = [_gone(row, after, replaced, table or {}) for row in gone.values()]
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
    order = list(Difference)
    return sorted(found, key=lambda each: (order.index(each.kind), each.code))


def _gone(
    row: ListedCode,
    after: Mapping[Jlac11Code, ListedCode],
    replaced: Mapping[Jlac11Code, Jlac11Code],
    table: Mapping[str, OldNew],
) -> CodeDifference:
    code = str(row.code)
    told = table.get(code)
    if told is not None and told.successor in map(str, after):
        return CodeDifference(Difference.MOVED, code, row.name, successor=told.successor, source="table")
    if row.code in replaced:
        successor = str(replaced[row.code])
        return CodeDifference(Difference.MOVED, code, row.name, successor=successor, source="edition")
    return CodeDifference(Difference.ENDED, code, row.name, source=told.reason if told else "")
