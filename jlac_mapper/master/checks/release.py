"""What a release changed against the one before it."""

from collections.abc import Iterator, Mapping
from datetime import date

from jlac_mapper.codes.listed import Edition
from jlac_mapper.codes.successions import Successions
from jlac_mapper.master.checks.finding import Finding, Severity, places_of
from jlac_mapper.master.diff import CodeDifference, Difference, OldNew, compare

STARTS_LATER = "release-starts-later"

_SEVERITIES = {
    Difference.ADDED: Severity.INFO,
    Difference.ENDED: Severity.WARNING,
    Difference.MOVED: Severity.INFO,
    Difference.RENAMED: Severity.WARNING,
    Difference.BACKDATED: Severity.WARNING,
}


def check_release(
    before: Edition,
    edition: Edition,
    as_of: date,
    successions: Successions,
    table: Mapping[str, OldNew] | None = None,
) -> Iterator[Finding]:
    """
    Yield `release-added`, `-ended`, `-moved`, `-moved-measurand`, `-renamed`, `-backdated`, `-starts-later`.

    Compared is what may be used for a result on the day; codes whose start lies after it are told apart.
    """
    places = {str(row.code): places_of([row]) for row in edition.codes}
    for each in compare(before, edition, day=as_of, successions=successions, table=table):
        rule = f"release-{each.kind.value}"
        moved_away = each.kind is Difference.MOVED and each.successor[:5] != each.code[:5]
        where = places.get(each.successor or each.code, ())
        found, expected, text = _texts(each)
        yield Finding(
            Severity.WARNING if moved_away else _SEVERITIES[each.kind],
            each.code,
            f"{rule}-measurand" if moved_away else rule,
            f"{each.name}: {text}",
            where,
            found,
            expected,
        )
    known = {row.code for row in before.codes}
    for row in edition.codes:
        if row.valid_from and row.valid_from > as_of and row.code not in known and not row.code.is_request:
            day = row.valid_from.isoformat()
            yield Finding(
                Severity.INFO,
                str(row.code),
                STARTS_LATER,
                f"{row.name}: new, starts on {day}",
                places_of([row]),
                day,
            )


def _texts(each: CodeDifference) -> tuple[str, str, str]:
    """Return what is there, what the release before had, and both in words."""
    if each.kind is Difference.ADDED:
        return each.code, "", "added"
    if each.kind is Difference.ENDED:
        return "", each.code, f"no longer usable, nothing replaces it {each.source}".rstrip()
    if each.kind is Difference.MOVED:
        return each.successor, each.code, f"moved to {each.successor} (told by {each.source})"
    if each.kind is Difference.RENAMED:
        return each.name, each.old_name, f"was called {each.old_name}"
    return each.start, each.old_start, f"starts on {each.start or 'any day'}, {_before(each)}"


def _before(each: CodeDifference) -> str:
    if each.old_start:
        return f"before it was {each.old_start}"
    return "earlier than codes that the release before began with"
