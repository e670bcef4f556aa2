"""Last stage: calibrated probabilities and reasons become a disposition."""

from collections.abc import Sequence
from dataclasses import dataclass

from jlac_mapper.types import (
    ASSUMPTIONS,
    CONFLICTS,
    Candidate,
    Disposition,
    Hypothesis,
    Measure,
    NormalizedTest,
    Reason,
)
from jlac_mapper.vocabulary import ConceptKind


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where decisions fall; both are calibrated probabilities (0-1)."""

    accept: float
    no_code: float


@dataclass(frozen=True, slots=True)
class Decision:
    """A disposition with its reasons, the deciding one first."""

    disposition: Disposition
    reasons: tuple[Reason, ...]


def name_reasons(
    test: NormalizedTest, hypotheses: Sequence[Hypothesis], best: Hypothesis | None
) -> tuple[Reason, ...]:
    """Say how the name was understood, for the best listed hypothesis or for none."""
    other = next((h for h in hypotheses if not h.listed), None)
    unlisted = other.scores[Measure.EXACT] if other else 0.0
    if other and unlisted >= 0.9 and (best is None or best.scores[Measure.EXACT] < unlisted):
        panel = other.concept is None or other.concept.kind is ConceptKind.PANEL
        return (Reason.NAME_IS_PANEL if panel else Reason.NAME_KNOWN_UNLISTED,)
    if best is None:
        return (Reason.NAME_UNKNOWN,)
    found: list[Reason] = []
    if best.scores[Measure.EXACT] and not test.remark:
        found.append(Reason.EXACT_NAME)
    elif best.explained >= 0.5:
        found.append(Reason.NAME_PARTLY_EXPLAINED)
    elif best.scores[Measure.COSINE] >= 0.35 or best.scores[Measure.SIMILARITY] >= 0.6:
        found.append(Reason.SIMILAR_NAME)
    else:
        found.append(Reason.NAME_UNKNOWN)
    rivals = [h for h in hypotheses if h.listed and h is not best]
    if best.scores[Measure.EXACT] and any(
        h.scores[Measure.EXACT] >= best.scores[Measure.EXACT] for h in rivals
    ):
        found.append(Reason.NAME_AMBIGUOUS)
    if test.aliases and not best.scores[Measure.ALIAS] and any(h.scores[Measure.ALIAS] for h in hypotheses):
        found.append(Reason.FIELDS_DISAGREE)
    return tuple(found)


_EVEN = 0.5


def decide(
    candidate: Candidate | None,
    measurand_probability: float,
    reasons: Sequence[Reason],
    thresholds: Thresholds,
) -> Decision:
    """
    Choose the disposition of a row.

    ACCEPTED needs both probabilities over the threshold and no reason that blocks; NO_CODE a measurand
    probability under the other threshold, a name known to have no code and likelier than not to mean it, or
    a specimen that the edition does not list for the measurand; everything between goes to a person, and so
    do a name that reads like anything but a name and an item that was listed once.
    """
    unique = tuple(dict.fromkeys(reasons))
    known_unlisted = Reason.NAME_KNOWN_UNLISTED in unique and measurand_probability < _EVEN
    if Reason.NAME_FOREIGN in unique or Reason.ITEM_ENDED in unique:
        return Decision(Disposition.NEEDS_REVIEW, unique)
    improbable = measurand_probability < thresholds.no_code or known_unlisted
    if candidate is None or improbable or Reason.SPECIMEN_NOT_LISTED in unique:
        return Decision(Disposition.NO_CODE, _about_no_code(unique))
    if any(r in CONFLICTS or r in ASSUMPTIONS for r in unique):
        return Decision(Disposition.NEEDS_REVIEW, unique)
    if min(measurand_probability, candidate.probability) < thresholds.accept:
        return Decision(Disposition.NEEDS_REVIEW, (*unique, Reason.LOW_PROBABILITY))
    return Decision(Disposition.ACCEPTED, unique)


_WORTH_SAYING = frozenset(
    {
        Reason.EXACT_NAME,
        Reason.LLM_DISAGREES,
        Reason.LLM_UNAVAILABLE,
        Reason.NAME_AMBIGUOUS,
        Reason.NAME_PARTLY_EXPLAINED,
        Reason.NAME_UNKNOWN,
        Reason.SIMILAR_NAME,
    }
)


def _about_no_code(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Keep what explains that there is no code; how its elements would have been filled is of no interest."""
    if Reason.NAME_KNOWN_UNLISTED in reasons:
        return (Reason.NAME_KNOWN_UNLISTED,)
    kept = tuple(r for r in reasons if r in _WORTH_SAYING or r in CONFLICTS)
    return kept or (Reason.NAME_UNKNOWN,)
