"""Codes that ended: what of their product is still open, and what replaces them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from jlac_mapper.codes.editions import successors
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.codes.successions import Successions
from jlac_mapper.master.checks.finding import Finding, Severity, places_of


def check_ended(edition: Edition, as_of: date, successions: Successions) -> Iterator[Finding]:
    """Yield `product-ended`, `product-partly-ended` and `ended-no-successor` of a day."""
    yield from _products(edition.codes, as_of)
    yield from _without_successor(edition, as_of, successions)


def _products(rows: Iterable[ListedCode], as_of: date) -> Iterator[Finding]:
    groups: dict[tuple[str, str, str], list[ListedCode]] = defaultdict(list)
    for row in rows:
        if row.product and not row.code.is_request:
            groups[row.code.measurand, row.code.identification + row.code.unit, row.product].append(row)
    for (measurand, _, product), found in groups.items():
        ended = [row for row in found if _has_ended(row, as_of)]
        if not ended:
            continue
        days = _days(ended)
        still_open = [row for row in found if row.is_valid_on(as_of)]
        if still_open:
            yield Finding(
                Severity.WARNING,
                str(still_open[0].code),
                "product-partly-ended",
                f"{product} under {measurand}: {len(ended)} code(s) ended ({days}), "
                f"{len(still_open)} of the same result are still open",
                places_of(still_open),
                "open",
                f"ended {days}",
            )
        else:
            yield Finding(
                Severity.INFO,
                str(ended[0].code),
                "product-ended",
                f"{product} under {measurand}: its {len(ended)} code(s) of {found[0].name} ended ({days})",
                places_of(ended),
                days,
            )


def _without_successor(edition: Edition, as_of: date, successions: Successions) -> Iterator[Finding]:
    replaced = successors(edition, as_of, successions)
    groups: dict[tuple[str, str, str], list[ListedCode]] = defaultdict(list)
    for row in edition.codes:
        if _has_ended(row, as_of) and not row.code.is_request and row.code not in replaced:
            groups[row.code.measurand, row.name, row.product].append(row)
    for (measurand, name, product), found in groups.items():
        yield Finding(
            Severity.WARNING,
            str(found[0].code),
            "ended-no-successor",
            f"{len(found)} code(s) of {measurand} {name} {product}".rstrip()
            + f" ended ({_days(found)}), and no code that may be used replaces them",
            places_of(found),
            _days(found),
            "a successor",
        )


def _has_ended(row: ListedCode, as_of: date) -> bool:
    return row.valid_to is not None and row.valid_to < as_of


def _days(rows: Iterable[ListedCode]) -> str:
    return ", ".join(sorted({row.valid_to.isoformat() for row in rows if row.valid_to}))
