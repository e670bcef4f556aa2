"""Both code systems for one row: each answers for itself, and where they read two things the row says so."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from jlac_mapper.ports import Jlac10Mapper, Mapper
from jlac_mapper.types import (
    Answers,
    Disposition,
    Jlac10Mapping,
    LocalTest,
    MapOptions,
    MappingResult,
    Reason,
    System,
)


class Systems:
    """
    Answers in the systems that a call asks for.

    Args:
        make_jlac11: Builds the mapper of the release in use; called when JLAC11 is asked for the first time.
        make_jlac10: Likewise the mapper of JLAC10.
    """

    def __init__(self, make_jlac11: Callable[[], Mapper], make_jlac10: Callable[[], Jlac10Mapper]) -> None:
        self._make_jlac11 = make_jlac11
        self._make_jlac10 = make_jlac10

    @cached_property
    def _jlac11(self) -> Mapper:
        return self._make_jlac11()

    @cached_property
    def _jlac10(self) -> Jlac10Mapper:
        return self._make_jlac10()

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Answers]:
        """Map rows; one answer a row, in order, with a mapping for each system of *options*."""
        none = [None] * len(tests)
        asked = options.systems
        jlac11 = self._jlac11.map_batch(tests, options) if System.JLAC11 in asked else none
        jlac10 = self._jlac10.map_batch(tests, options) if System.JLAC10 in asked else none
        return [
            compared(one, other) if one and other else Answers(one, other)
            for one, other in zip(jlac11, jlac10, strict=True)
        ]


def compared(jlac11: MappingResult, jlac10: Jlac10Mapping) -> Answers:
    """
    Return both answers; where two concepts were read that share no JLAC10 analyte, neither is accepted.

    A row that JLAC11 has no code for is no contradiction: JLAC10 covers what JLAC11 does not list.
    """
    if not jlac11.jlac11 or not jlac10.code or jlac11.read_as is None or jlac10.read_as is None:
        return Answers(jlac11, jlac10)
    if jlac11.read_as.key == jlac10.read_as.key or jlac10.code[:5] in jlac11.read_as.analytes:
        return Answers(jlac11, jlac10)
    return Answers(
        replace(
            jlac11,
            disposition=_unaccepted(jlac11.disposition),
            reasons=(*jlac11.reasons, Reason.SYSTEMS_DISAGREE),
        ),
        replace(
            jlac10,
            disposition=_unaccepted(jlac10.disposition),
            reasons=(*jlac10.reasons, Reason.SYSTEMS_DISAGREE),
        ),
    )


def _unaccepted(disposition: Disposition) -> Disposition:
    return Disposition.NEEDS_REVIEW if disposition is Disposition.ACCEPTED else disposition
