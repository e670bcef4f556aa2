"""What the product got wrong, of which kind, the worst first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from jlac_mapper.evaluation.jlac10.agreement import ACCEPTED_LENGTH, agrees, proposed
from jlac_mapper.evaluation.jlac10.labels import LabelledRow, Truth
from jlac_mapper.reading.name_facts import name_facts
from jlac_mapper.text import fold
from jlac_mapper.types import Disposition, Jlac10Mapping, LocalTest
from jlac_mapper.vocabulary import Concept

ConceptsByAnalyte = Mapping[str, Sequence[Concept]]


class Kind(StrEnum):
    """Why a row is wrong: the first of these that holds."""

    FALSE_ACCEPT = "false accept"
    """A row that has no code was accepted."""
    MISSED = "missed"
    """A row that has a code was answered with none."""
    NO_CONCEPT = "no concept"
    """The vocabulary has no concept of the row's analyte."""
    NAME_UNKNOWN = "name unknown"
    """The analyte is not among the candidates."""
    NUMBER = "number"
    """It is, under another whose name has another number."""
    CLASS = "class"
    """The same with another class of immunoglobulin, or antigen for antibody for nucleic acid."""
    NEIGHBOUR = "wrong neighbour"
    """The same with a name that differs otherwise."""
    IDENTIFICATION = "identification"
    """The analyte is right and this element is not; so with the next three, one after the other."""
    SPECIMEN = "specimen"
    METHOD = "method"
    RESULT = "result"


_ELEMENTS = {9: Kind.IDENTIFICATION, 12: Kind.SPECIMEN, 15: Kind.METHOD, 17: Kind.RESULT}


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that the product got wrong: the kind of error, the row, its label and the whole answer."""

    row: int
    kind: Kind
    test: LocalTest
    truth: Truth
    answer: Jlac10Mapping

    @property
    def name(self) -> str:
        """What the row calls the test."""
        return self.test.name

    @property
    def expected(self) -> str:
        """The codes of the label, blanks between; empty for a row that has none."""
        return " ".join(map(str, self.truth.codes))

    @property
    def given(self) -> str:
        """The code that leads."""
        return proposed(self.answer)

    @property
    def read_as(self) -> str:
        """Standard name of what the row was read as, empty where nothing is known of its name."""
        return self.answer.read_as.name if self.answer.read_as else ""

    @property
    def accepted(self) -> bool:
        """It was accepted, and is wrong in what acceptance speaks of: nobody would have seen it."""
        speaks_of = self.kind not in (Kind.METHOD, Kind.RESULT)
        return speaks_of and self.answer.disposition is Disposition.ACCEPTED


def wrong_rows(
    rows: Sequence[LabelledRow], answers: Sequence[Jlac10Mapping], concepts: Sequence[Concept]
) -> list[Wrong]:
    """
    Return every row that is wrong in what it determines, or in what was accepted.

    Those accepted wrongly come first, then the missed ones; among either, and among the rest, the surest,
    then the table's order.

    Args:
        concepts: Those that the mapper knows.
    """
    by_analyte: dict[str, list[Concept]] = {}
    for concept in concepts:
        for analyte in concept.analytes:
            by_analyte.setdefault(analyte, []).append(concept)
    found = [
        Wrong(row.number, kind, row.test, row.truth, answer)
        for row, answer in zip(rows, answers, strict=True)
        if (kind := _kind(row.truth, answer, by_analyte)) is not None
    ]
    return sorted(
        found, key=lambda w: (not w.accepted, w.kind is not Kind.MISSED, -w.answer.probability, w.row)
    )


def _kind(truth: Truth, answer: Jlac10Mapping, concepts: ConceptsByAnalyte) -> Kind | None:
    accepted = answer.disposition is Disposition.ACCEPTED
    if not truth.codes:
        return Kind.FALSE_ACCEPT if accepted else None
    if answer.disposition is Disposition.NO_CODE:
        return Kind.MISSED
    if not agrees(truth, answer, 5):
        return _kind_of_neighbour(truth, answer, concepts)
    # What is accepted was said, whether the row determines it or not.
    known = max(truth.known, ACCEPTED_LENGTH) if accepted else truth.known
    wrong = (
        kind for length, kind in _ELEMENTS.items() if length <= known and not agrees(truth, answer, length)
    )
    return next(wrong, None)


def _kind_of_neighbour(truth: Truth, answer: Jlac10Mapping, concepts: ConceptsByAnalyte) -> Kind:
    """Tell why another analyte leads: it is not known, not found, or taken for one that differs in a fact."""
    meant = [c for code in truth.codes for c in concepts.get(code.analyte, ())]
    if not meant:
        return Kind.NO_CONCEPT
    if {code.analyte for code in truth.codes}.isdisjoint(str(c.code)[:5] for c in answer.candidates):
        return Kind.NAME_UNKNOWN
    taken = name_facts(fold(answer.candidates[0].concept.name))
    facts = [name_facts(fold(concept.name)) for concept in meant]
    if all((each.number, each.greek) != (taken.number, taken.greek) for each in facts):
        return Kind.NUMBER
    if all((each.ig_class, each.kind) != (taken.ig_class, taken.kind) for each in facts):
        return Kind.CLASS
    return Kind.NEIGHBOUR
