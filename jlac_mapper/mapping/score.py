"""Stage 5: one probability a hypothesis, from interpretable features and coefficients kept in a file."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from pathlib import Path
from typing import NamedTuple

from jlac_mapper.errors import ConfigurationError
from jlac_mapper.mapping.comparisons.base import Agreement
from jlac_mapper.types import Hypothesis, Measure, NormalizedTest


class Features(NamedTuple):
    """
    What the calibration knows of one hypothesis, each value under the name that its coefficient has.

    Scores lie in 0-1, margins in -1-1, flags are 0 or 1; `inexact_...` are 0 where the name was looked up.
    `choice` is the language model's log-odds for the hypothesis over an even split, 0 when it was not asked.
    """

    bias: float
    exact_whole: float
    exact_parts: float
    partly_explained: float
    inexact_cosine: float
    inexact_similarity: float
    inexact_similarity_cubed: float
    inexact_dense: float
    inexact_dense_cubed: float
    inexact_listed_margin: float
    inexact_background_margin: float
    inexact_dense_listed_margin: float
    inexact_dense_background_margin: float
    exact_tie: float
    inexact_beside_exact: float
    background_exact: float
    background_parts: float
    unit_agrees: float
    unit_other_scale: float
    unit_conflicts: float
    abbreviation_unit_conflicts: float
    inexact_unit_agrees: float
    inexact_unit_conflicts: float
    specimen_agrees: float
    specimen_unclear: float
    specimen_conflicts: float
    result_type_conflicts: float
    method_conflicts: float
    alias_agrees: float
    alias_elsewhere: float
    jlac10_agrees: float
    jlac10_conflicts: float
    short_name: float
    numbering: float
    remark: float
    choice: float


FEATURES = Features._fields
"""Names of the features, in their order."""


_ABBREVIATION = 4
"""A Latin name of so few letters may well be another test's: TG is サイログロブリン in ng/mL."""

LEAST_ACCEPTED = 0.9
"""Whatever precision the accepted answers reach together, none is accepted that is less likely itself."""


def features(
    test: NormalizedTest,
    hypotheses: Sequence[Hypothesis],
    index: int,
    agreement: Agreement,
    choice: float = 0.0,
) -> Features:
    """Describe the listed hypothesis *index* of a row against its rivals; *choice* as in `Features`."""
    this = hypotheses[index]
    scores = this.scores
    rivals = [h for i, h in enumerate(hypotheses) if i != index and h.listed]
    background = next((h for h in hypotheses if not h.listed), None)
    own = _closeness(this)
    rival = max([_closeness(h) for h in rivals], default=0.0)
    other = _closeness(background) if background else 0.0
    exact, dense = scores[Measure.EXACT], scores[Measure.DENSE]
    rival_exact = max([h.scores[Measure.EXACT] for h in rivals], default=0.0)
    rival_dense = max([h.scores[Measure.DENSE] for h in rivals], default=0.0)
    other_exact = background.scores[Measure.EXACT] if background else 0.0
    other_dense = background.scores[Measure.DENSE] if background else 0.0
    elsewhere = any(h.scores[Measure.ALIAS] for h in hypotheses if h is not this)
    alias_elsewhere = elsewhere and not scores[Measure.ALIAS]
    shortest = min(map(len, test.keys), default=0)
    bare = test.keys[-1] if test.keys else ""
    abbreviation = bare.isascii() and 2 <= len(bare) <= _ABBREVIATION
    inexact = 1.0 if exact == 0 else 0.0
    return Features(
        bias=1.0,
        exact_whole=exact >= 0.95,
        exact_parts=0 < exact < 0.95,
        partly_explained=this.explained * inexact,
        inexact_cosine=scores[Measure.COSINE] * inexact,
        inexact_similarity=scores[Measure.SIMILARITY] * inexact,
        inexact_similarity_cubed=scores[Measure.SIMILARITY] ** 3 * inexact,
        inexact_dense=dense * inexact,
        inexact_dense_cubed=dense**3 * inexact,
        inexact_listed_margin=(own - rival) * inexact,
        inexact_background_margin=(own - other) * inexact,
        inexact_dense_listed_margin=(dense - rival_dense) * inexact,
        inexact_dense_background_margin=(dense - other_dense) * inexact,
        exact_tie=(rival_exact >= exact) * (1 - inexact),
        inexact_beside_exact=(rival_exact > 0) * inexact,
        background_exact=other_exact >= 0.95,
        background_parts=background.explained if background and other_exact < 0.95 else 0.0,
        unit_agrees=agreement.unit == 1.0,
        unit_other_scale=agreement.unit == 0.5,
        unit_conflicts=agreement.unit < 0,
        abbreviation_unit_conflicts=agreement.unit < 0 and exact > 0 and abbreviation,
        inexact_unit_agrees=(agreement.unit == 1.0) * inexact,
        inexact_unit_conflicts=(agreement.unit < 0) * inexact,
        specimen_agrees=agreement.specimen == 1.0,
        specimen_unclear=agreement.specimen == -0.5,
        specimen_conflicts=agreement.specimen == -1.0,
        result_type_conflicts=agreement.scale < 0,
        method_conflicts=agreement.method < 0,
        alias_agrees=scores[Measure.ALIAS] > 0,
        alias_elsewhere=alias_elsewhere,
        jlac10_agrees=agreement.other_code > 0,
        jlac10_conflicts=agreement.other_code < 0,
        short_name=shortest <= 2,
        numbering=bool(test.numbering) and exact < 1.0,
        remark=bool(test.remark),
        choice=choice,
    )


def _closeness(hypothesis: Hypothesis) -> float:
    scores = hypothesis.scores
    similar = 0.5 * scores[Measure.COSINE] + 0.5 * scores[Measure.SIMILARITY]
    return max(scores[Measure.EXACT], 0.95 * hypothesis.explained, similar)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Coefficients, thresholds and where they come from; read from calibration.json."""

    identity: str
    """Name and digest, for provenance."""
    provisional: bool
    coefficients: Mapping[str, float]
    """By the name of the feature; each of `FEATURES` has one."""
    thresholds: Mapping[float, float]
    """Stated precision -> smallest probability that reached it, with its lower confidence bound."""
    no_code_below: float
    """Under this measurand probability the answer is NO_CODE."""
    _ordered: tuple[float, ...] = field(init=False, repr=False, compare=False, default=())

    @classmethod
    def read(cls, path: Path) -> "Calibration":
        """
        Read a calibration file.

        Raises:
            ConfigurationError: Missing, malformed, or made for other features.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            calibration = cls(
                identity=data["identity"],
                provisional=bool(data["provisional"]),
                coefficients={name: float(value) for name, value in data["coefficients"].items()},
                thresholds={float(k): float(v) for k, v in data["thresholds"].items()},
                no_code_below=float(data["no_code_below"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"calibration file {path} cannot be used: {error}") from error
        if changed := ", ".join(sorted(set(calibration.coefficients) ^ set(FEATURES))):
            raise ConfigurationError(
                f"calibration file {path} was made for other features ({changed}); "
                "run `jlac-mapper train calibration`"
            )
        return calibration

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ordered", tuple(self.coefficients.get(name, 0.0) for name in FEATURES))

    def probability(self, features: Features) -> float:
        """Return the probability (0-1) that a hypothesis with these features is right."""
        logit = sum(map(mul, self._ordered, features))
        return 1 / (1 + math.exp(-max(-40.0, min(40.0, logit))))

    def threshold(self, precision: float) -> float:
        """
        Return the acceptance threshold of the lowest stated precision that is at least *precision*.

        Raises:
            ConfigurationError: No precision so high was reached when the calibration was made.
        """
        enough = [p for p in self.thresholds if p >= precision - 1e-9]
        if not enough:
            highest = max(self.thresholds, default=0)
            raise ConfigurationError(
                f"target precision {precision} is above what calibration {self.identity} reaches; "
                f"choose at most {highest}"
            )
        return max(self.thresholds[min(enough)], LEAST_ACCEPTED)


def share(probabilities: Sequence[float], known: Sequence[bool]) -> list[float]:
    """
    Return what the hypotheses of one row are left with beside each other; they sum to at most 1.

    A name that is known as a whole means that concept as far as the row's fields let it: those that the name
    only resembles share what is left. Then all are scaled down where they sum to more than 1.

    Args:
        known: Whether the whole name is a name of the hypothesis, one a probability.
    """
    certain = max((p for p, whole in zip(probabilities, known, strict=True) if whole), default=0.0)
    left = [p if whole else p * (1 - certain) for p, whole in zip(probabilities, known, strict=True)]
    total = sum(left)
    return [p / total for p in left] if total > 1 else left
