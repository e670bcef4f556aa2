"""From labels and answers to the figures of one system; the product and every baseline go the same way."""

from collections.abc import Sequence
from dataclasses import dataclass

from jlac_mapper.evaluation.labels import Status, Truth
from jlac_mapper.evaluation.metrics import (
    Rate,
    ReliabilityBin,
    RiskPoint,
    coverage_at_precision,
    expected_calibration_error,
    rate,
    reliability,
    risk_coverage,
)
from jlac_mapper.types import Disposition, MappingResult

PRECISIONS = (0.98, 0.99, 0.995)
PREFIXES = (5, 9, 12, 15, 17)


@dataclass(frozen=True, slots=True)
class Answer:
    """
    One system's answer for one row.

    `measurands` are best first, without repeats; empty for no proposal. `confidence` (0-1) is that of the
    first measurand. `code` is the proposed code, accepted or not, empty for systems that give none.
    """

    measurands: tuple[str, ...]
    confidence: float
    code: str = ""
    probability: float = 0.0
    accepted: bool = False


def answer_of(mapping: MappingResult, top: int = 5) -> Answer:
    """Read the product's answer: the proposed code, or where there is none the best candidate."""
    codes = [str(candidate.code) for candidate in mapping.candidates[:top]]
    best = mapping.jlac11 or (codes[0] if codes else "")
    ordered = dict.fromkeys(code[:5] for code in ([best] if best else []) + codes)
    return Answer(
        measurands=tuple(ordered)[:top],
        confidence=mapping.measurand_probability,
        code=best,
        probability=mapping.probability,
        accepted=mapping.disposition is Disposition.ACCEPTED,
    )


@dataclass(frozen=True, slots=True)
class Accepted:
    """
    What a system answered without asking a person.

    `wrong_measurand` counts codable rows; `wrong_code` those whose whole code is labelled and another code
    was accepted. `false_accepts` is over the rows without a listed code, in two kinds.
    """

    rows: int
    codable: int
    wrong_measurand: int
    wrong_code: int
    code_labelled: int
    false_accepts: Rate
    false_accepts_unlisted: int
    false_accepts_unlisted_specimen: int
    coverage: Rate
    """Codable rows accepted with the right measurand and, where labelled, the right code."""


@dataclass(frozen=True, slots=True)
class Scores:
    """All figures of one system on one table."""

    rows: int
    codable: int
    unlisted: int
    unlisted_specimen: int
    unscored: int
    top1: Rate
    recall5: Rate
    exact: dict[int, Rate]
    """Digits -> share of rows with a labelled code that agree in that many leading characters."""
    at_precision: dict[float, RiskPoint | None]
    ece_equal_mass: float | None
    ece_equal_width: float | None
    bins: list[ReliabilityBin]
    """Of equal mass."""
    bins_by_width: list[ReliabilityBin]
    points: list[RiskPoint]
    accepted: Accepted


def is_right(truth: Truth, answer: Answer) -> bool:
    """Tell whether the first measurand is one of the expected ones."""
    return bool(answer.measurands) and answer.measurands[0] in truth.measurands


def is_fully_right(truth: Truth, answer: Answer) -> bool:
    """Tell whether the measurand is right and, where a whole code is labelled, the whole code."""
    return is_right(truth, answer) and (not truth.codes or answer.code in truth.codes)


def score(truths: Sequence[Truth], answers: Sequence[Answer]) -> Scores:
    """
    Score one system.

    Rows of a listed measurand in an unlisted specimen count only among the accepted; unlabelled rows nowhere.

    Raises:
        ValueError: Not one answer a label.
    """
    pairs = list(zip(truths, answers, strict=True))
    by_status = {status: [pair for pair in pairs if pair[0].status is status] for status in Status}
    codable = by_status[Status.CODABLE]
    ranked = codable + by_status[Status.UNLISTED]
    confidence = [answer.confidence for _, answer in ranked]
    right = [truth.status is Status.CODABLE and is_right(truth, answer) for truth, answer in ranked]
    points = risk_coverage(
        [answer.confidence if answer.measurands else float("nan") for _, answer in ranked],
        right,
        [truth.status is Status.CODABLE for truth, _ in ranked],
    )
    bins, bins_by_width = (reliability(confidence, right, equal_mass=equal) for equal in (True, False))
    coded = [(truth, answer) for truth, answer in codable if truth.codes]
    return Scores(
        rows=len(pairs),
        codable=len(codable),
        unlisted=len(by_status[Status.UNLISTED]),
        unlisted_specimen=len(by_status[Status.UNLISTED_SPECIMEN]),
        unscored=len(by_status[Status.UNSCORED]),
        top1=rate(sum(right), len(codable)),
        recall5=rate(
            sum(bool(t.measurands.intersection(a.measurands[:5])) for t, a in codable), len(codable)
        ),
        exact={digits: rate(sum(_agrees(t, a, digits) for t, a in coded), len(coded)) for digits in PREFIXES},
        at_precision={precision: coverage_at_precision(points, precision) for precision in PRECISIONS},
        ece_equal_mass=expected_calibration_error(bins),
        ece_equal_width=expected_calibration_error(bins_by_width),
        bins=bins,
        bins_by_width=bins_by_width,
        points=points,
        accepted=_accepted(pairs),
    )


def _agrees(truth: Truth, answer: Answer, digits: int) -> bool:
    given = answer.code or (answer.measurands[0] if answer.measurands else "")
    return len(given) >= digits and any(code[:digits] == given[:digits] for code in truth.codes)


def _accepted(pairs: Sequence[tuple[Truth, Answer]]) -> Accepted:
    scored = [(t, a) for t, a in pairs if a.accepted and t.status is not Status.UNSCORED]
    codable = [(t, a) for t, a in scored if t.status is Status.CODABLE]
    coded = [(t, a) for t, a in codable if t.codes]
    unlisted = sum(t.status is Status.UNLISTED for t, _ in scored)
    unlisted_specimen = sum(t.status is Status.UNLISTED_SPECIMEN for t, _ in scored)
    without_code = sum(t.status in (Status.UNLISTED, Status.UNLISTED_SPECIMEN) for t, _ in pairs)
    right = sum(is_fully_right(t, a) for t, a in codable)
    return Accepted(
        rows=len(scored),
        codable=len(codable),
        wrong_measurand=sum(not is_right(t, a) for t, a in codable),
        wrong_code=sum(not _agrees(t, a, 17) for t, a in coded),
        code_labelled=len(coded),
        false_accepts=rate(unlisted + unlisted_specimen, without_code),
        false_accepts_unlisted=unlisted,
        false_accepts_unlisted_specimen=unlisted_specimen,
        coverage=rate(right, sum(t.status is Status.CODABLE for t, _ in pairs)),
    )
