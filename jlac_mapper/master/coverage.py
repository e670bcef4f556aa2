"""How completely the starter's composed codes cover what an official master lists, methods aside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jlac_mapper.codes.listed import ListedCode

Combination = tuple[str, str, str, str]
"""(measurand, identification, specimen, unit): a code without its method."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """
    The comparison, every difference named, each list in ascending order.

    Attributes:
        covered: Combinations in both.
        missing: Officially listed ones that are not composed.
        invented: Composed ones that no official file lists.
    """

    covered: tuple[Combination, ...]
    missing: tuple[Combination, ...]
    invented: tuple[Combination, ...]

    @property
    def ratio(self) -> float:
        """Share of the officially listed combinations that are composed, 0-1; 1 where none is listed."""
        listed = len(self.covered) + len(self.missing)
        return len(self.covered) / listed if listed else 1.0

    def lines(self) -> list[str]:
        """Return one line for each difference, then the total."""
        return [
            *(f"missing {'-'.join(combination)}" for combination in self.missing),
            *(f"invented {'-'.join(combination)}" for combination in self.invented),
            f"covered {len(self.covered)} of {len(self.covered) + len(self.missing)} ({self.ratio:.1%}), "
            f"{len(self.missing)} missing, {len(self.invented)} invented",
        ]


def compare_with_official(composed: Iterable[Combination], official: Iterable[Combination]) -> Coverage:
    """
    Compare composed combinations with the officially listed ones that are current.

    Args:
        composed: What the starter proposes: `combinations_of(starter.codes)`.
        official: Current result combinations, superseded identifications as their successors:
            `combinations_of(edition.codes, successions.identifications())`, or a union over several
            editions. Request codes and units that were dropped are the caller's to leave out.
    """
    ours, theirs = set(composed), set(official)
    return Coverage(tuple(sorted(ours & theirs)), tuple(sorted(theirs - ours)), tuple(sorted(ours - theirs)))


def combinations_of(
    codes: Iterable[ListedCode], identifications: Mapping[tuple[str, str, str], str] | None = None
) -> list[Combination]:
    """Return the distinct result combinations of *codes*, superseded identifications replaced, in order."""
    successors = identifications or {}
    found: set[Combination] = set()
    for listed in codes:
        code = listed.code
        if not code.is_request:
            identification = successors.get(
                (code.measurand, code.identification, code.unit), code.identification
            )
            found.add((code.measurand, identification, code.specimen, code.unit))
    return sorted(found)
