"""Answers of one code system or of several, seen alike: what stands around a mapper works on both."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from jlac_mapper.types import Answers, Jlac10Mapping, LocalTest, MapOptions, MappingResult

Answer = TypeVar("Answer", MappingResult, Answers)
AnyMapping = TypeVar("AnyMapping", MappingResult, Jlac10Mapping)


class BatchMapper(Protocol[Answer]):
    """A mapper of one code system, or of all that the options ask for."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Answer]:
        """Map rows; one answer a row, in order."""
        ...


class Change(Protocol):
    """What is done to a mapping, of whatever code system."""

    def of(self, mapping: AnyMapping, /) -> AnyMapping:
        """Return the changed mapping."""
        ...


def mappings_of(answer: MappingResult | Answers) -> list[MappingResult | Jlac10Mapping]:
    """Return the mappings of an answer, JLAC11's first."""
    if isinstance(answer, MappingResult):
        return [answer]
    return [mapping for mapping in (answer.jlac11, answer.jlac10) if mapping is not None]


def each_changed(answer: Answer, change: Change) -> Answer:
    """Return an answer with every mapping of it changed."""
    if isinstance(answer, MappingResult):
        return change.of(answer)
    return replace(
        answer,
        jlac11=change.of(answer.jlac11) if answer.jlac11 else None,
        jlac10=change.of(answer.jlac10) if answer.jlac10 else None,
    )


def jlac11_changed(answer: Answer, change: Callable[[MappingResult], MappingResult]) -> Answer:
    """Return an answer with its JLAC11 mapping changed, where it has one."""
    if isinstance(answer, MappingResult):
        return change(answer)
    return answer if answer.jlac11 is None else replace(answer, jlac11=change(answer.jlac11))
