"""Which rows a person should look at, the worst first."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from jlac_mapper.evaluation.labels import LabelledRow, Status
from jlac_mapper.evaluation.scores import answer_of, is_fully_right
from jlac_mapper.types import Disposition, MappingResult


class Kind(StrEnum):
    """What there is to see in a row, the worst first."""

    FALSE_ACCEPT = "false accept"
    """A row without a listed code was accepted."""
    ACCEPTED_WRONG = "accepted wrong"
    MISSED = "code missed"
    """A row with a listed code was answered with no code: nobody looks at it again."""
    WRONG = "wrong"
    """A person still sees the row, with a wrong candidate first."""
    LIKELY = "no code, yet likely"
    """A row without a listed code whose measurand probability is at least one half."""
    CAREFUL = "right, not accepted"
    """Work for a person that a bolder program would have saved."""


SEVERE = frozenset({Kind.FALSE_ACCEPT, Kind.ACCEPTED_WRONG, Kind.MISSED})
"""Nobody would have seen these in daily use."""
_ORDER = tuple(Kind)


@dataclass(frozen=True, slots=True)
class Finding:
    """A row to look at, with the product's whole answer."""

    kind: Kind
    row: LabelledRow
    mapping: MappingResult


def find(rows: Sequence[LabelledRow], mappings: Sequence[MappingResult]) -> list[Finding]:
    """
    Return every row to look at, by kind; the wrong and the likely ones together.

    Within a kind the highest probability comes first (for what was right or missed the lowest), then the
    table's order.
    """
    found: list[tuple[int, float, int, Finding]] = []
    for row, mapping in zip(rows, mappings, strict=True):
        kind = _kind(row, mapping)
        if kind is None:
            continue
        accepted = mapping.disposition is Disposition.ACCEPTED
        probability = mapping.probability if accepted else mapping.measurand_probability
        signed = probability if kind in (Kind.CAREFUL, Kind.MISSED) else -probability
        rank = _ORDER.index(Kind.WRONG if kind is Kind.LIKELY else kind)
        found.append((rank, signed, row.number, Finding(kind, row, mapping)))
    return [finding for *_, finding in sorted(found, key=lambda one: one[:3])]


def _kind(row: LabelledRow, mapping: MappingResult) -> Kind | None:
    status, given = row.truth.status, answer_of(mapping)
    if status is Status.CODABLE:
        if given.accepted:
            return None if is_fully_right(row.truth, given) else Kind.ACCEPTED_WRONG
        if mapping.disposition is Disposition.NO_CODE:
            return Kind.MISSED
        return Kind.CAREFUL if is_fully_right(row.truth, given) else Kind.WRONG
    if status is Status.UNSCORED:
        return None
    if given.accepted:
        return Kind.FALSE_ACCEPT
    return Kind.LIKELY if status is Status.UNLISTED and given.confidence >= 0.5 else None
