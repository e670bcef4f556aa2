"""The candidates of an item side by side, element by element, with what tells each from the first."""

from collections.abc import Sequence
from dataclasses import dataclass

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.errors import InvalidCodeError
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.model import Item
from jlac_mapper.types import Candidate, Reason
from jlac_mapper.web.evidence import statements
from jlac_mapper.web.messages import translate
from jlac_mapper.wording import Language, Statement, scores_text, word

ELEMENTS = ("measurand", "identification", "specimen", "method", "unit")
SHOWN = 5
"""As many as the keys 1 to 5 choose."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One element of a candidate: digits, meaning, and whether it differs from the first candidate's."""

    element: str
    digits: str
    meaning: str
    differs: bool


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """One candidate as shown; `probability` None where the mapper did not propose it."""

    code: str
    name: str
    cells: tuple[Cell, ...]
    probability: float | None
    is_proposed: bool
    reasons: tuple[Reason, ...]
    rules: tuple[Statement, ...]
    """Evidence from the row's fields and the edition."""
    machine: tuple[Statement, ...]
    """What models and similarity measures add."""


def candidate_rows(item: Item, codes: CodeSearch, language: Language) -> list[CandidateRow]:
    """Return the proposal (where it is none of the mapper's candidates) and the candidates, best first."""
    candidates = {str(candidate.code): candidate for candidate in item.mapping.candidates[:SHOWN]}
    proposal = item.standing.proposal
    shown = list(candidates)
    if proposal and proposal not in candidates and proposal != jlac11.UNCODABLE:
        shown = [proposal, *shown][:SHOWN]
    parsed = [(code, found) for code in shown if (found := parse(code)) is not None]
    first = parsed[0][1] if parsed else None
    rows = []
    for code, elements in parsed:
        candidate = candidates.get(code)
        listed = codes.get(code)
        rules, machine = statements(candidate.evidence if candidate else (), language)
        rows.append(
            CandidateRow(
                code=code,
                name=listed.name if listed else candidate.name if candidate else "",
                cells=cells(elements, listed, first, language),
                probability=candidate.probability if candidate else None,
                is_proposed=code == proposal,
                reasons=candidate.reasons if candidate else (),
                rules=rules,
                machine=(*machine, *_scores(candidate, language)),
            )
        )
    return rows


def listed_rows(
    found: Sequence[ListedCode], first: Jlac11Code | None, language: Language
) -> list[tuple[ListedCode, tuple[Cell, ...]]]:
    """Return codes found by a search with their elements, compared with the first candidate."""
    return [(listed, cells(listed.code, listed, first, language)) for listed in found]


def cells(
    code: Jlac11Code, listed: ListedCode | None, first: Jlac11Code | None, language: Language
) -> tuple[Cell, ...]:
    """Return the five elements of a code."""
    return tuple(
        Cell(
            element=element,
            digits=getattr(code, element),
            meaning=_meaning(element, getattr(code, element), listed, language),
            differs=first is not None and getattr(code, element) != getattr(first, element),
        )
        for element in ELEMENTS
    )


def parse(code: str) -> Jlac11Code | None:
    """Return a code's elements, None for what is no code (17 nines)."""
    try:
        return jlac11.parse(code)
    except InvalidCodeError:
        return None


def _meaning(element: str, digits: str, listed: ListedCode | None, language: Language) -> str:
    if element == "identification":
        key = {"0000": "single", "1336": "random", "1337": "fasting"}.get(digits, "member")
        return translate(language, f"identification.{key}")
    if element == "method" and digits == jlac11.METHOD_UNSPECIFIED:
        return translate(language, "method.unspecified")
    if listed is None:
        return ""
    return {
        "measurand": listed.name,
        "specimen": listed.specimen_name,
        "method": listed.product,
        "unit": listed.unit_name,
    }[element]


def _scores(candidate: Candidate | None, language: Language) -> tuple[Statement, ...]:
    """Say how near the row's name came to the listed one, measure by measure."""
    if candidate is None:
        return ()
    hypothesis = candidate.hypothesis
    named = hypothesis.name.text if hypothesis.name else candidate.name
    scores = scores_text({m: f"{score:.2f}" for m, score in hypothesis.scores.items() if score}, language)
    return (Statement(word(language, "element.concept"), f"{named}: {scores}", ""),) if scores else ()
