"""Stage 5: one probability a hypothesis, from interpretable features and coefficients kept in a file."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap
from operator import mul
from pathlib import Path

from jlac_mapper.errors import ConfigurationError
from jlac_mapper.types import Hypothesis, NormalizedTest


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a row's other fields stand to one hypothesis; each from -1 (contradicts) over 0 (silent) to 1."""

    unit: float
    specimen: float
    result_type: float
    method: float
    jlac10: float
    choice: float = 0.0
    """The language model's log-odds for the hypothesis over an even split; 0 when it was not asked."""


FEATURES = (
    "bias",
    "exact_whole",
    "exact_parts",
    "partly_explained",
    "inexact_cosine",
    "inexact_similarity",
    "inexact_similarity_cubed",
    "inexact_dense",
    "inexact_dense_cubed",
    "inexact_listed_margin",
    "inexact_background_margin",
    "inexact_dense_listed_margin",
    "inexact_dense_background_margin",
    "exact_tie",
    "inexact_beside_exact",
    "background_exact",
    "background_parts",
    "unit_agrees",
    "unit_other_scale",
    "unit_conflicts",
    "abbreviation_unit_conflicts",
    "inexact_unit_agrees",
    "inexact_unit_conflicts",
    "specimen_agrees",
    "specimen_unclear",
    "specimen_conflicts",
    "result_type_conflicts",
    "method_conflicts",
    "alias_agrees",
    "alias_elsewhere",
    "jlac10_agrees",
    "jlac10_conflicts",
    "short_name",
    "numbering",
    "remark",
    "choice",
)
"""Names of the features, in the order of the coefficients."""


_ABBREVIATION = 4
"""A Latin name of so few letters may well be another test's: TG is サイログロブリン in ng/mL."""

LEAST_ACCEPTED = 0.9
"""Whatever precision the accepted answers reach together, none is accepted that is less likely itself."""


def features(
    test: NormalizedTest,
    hypotheses: Sequence[Hypothesis],
    index: int,
    agreement: Agreement,
) -> list[float]:
    """
    Describe the listed hypothesis *index* of a row against its rivals.

    Returns:
        One number a name in `FEATURES`; scores lie in 0-1, margins in -1-1, flags are 0 or 1.
    """
    this = hypotheses[index]
    rivals = [h for i, h in enumerate(hypotheses) if i != index and h.measurand]
    background = next((h for h in hypotheses if not h.measurand), None)
    own = _closeness(this)
    rival = max((_closeness(h) for h in rivals), default=0.0)
    other = _closeness(background) if background else 0.0
    exact = this.scores["exact"]
    rival_exact = max((h.scores["exact"] for h in rivals), default=0.0)
    other_exact = background.scores["exact"] if background else 0.0
    alias_elsewhere = any(h.scores["alias"] for h in hypotheses if h is not this) and not this.scores["alias"]
    shortest = min((len(k) for k in test.keys), default=0)
    bare = test.keys[-1] if test.keys else ""
    abbreviation = bare.isascii() and 2 <= len(bare) <= _ABBREVIATION
    inexact = 1.0 if exact == 0 else 0.0
    return [
        1.0,
        float(exact >= 0.95),
        float(0 < exact < 0.95),
        this.explained * inexact,
        this.scores["cosine"] * inexact,
        this.scores["similarity"] * inexact,
        this.scores["similarity"] ** 3 * inexact,
        this.scores["dense"] * inexact,
        this.scores["dense"] ** 3 * inexact,
        (own - rival) * inexact,
        (own - other) * inexact,
        (this.scores["dense"] - max((h.scores["dense"] for h in rivals), default=0.0)) * inexact,
        (this.scores["dense"] - (background.scores["dense"] if background else 0.0)) * inexact,
        float(rival_exact >= exact) * (1 - inexact),
        float(rival_exact > 0) * inexact,
        float(other_exact >= 0.95),
        float(background.explained) if background and other_exact < 0.95 else 0.0,
        float(agreement.unit == 1.0),
        float(agreement.unit == 0.5),
        float(agreement.unit < 0),
        float(agreement.unit < 0 and exact > 0 and abbreviation),
        float(agreement.unit == 1.0) * inexact,
        float(agreement.unit < 0) * inexact,
        float(agreement.specimen == 1.0),
        float(agreement.specimen == -0.5),
        float(agreement.specimen == -1.0),
        float(agreement.result_type < 0),
        float(agreement.method < 0),
        float(this.scores["alias"] > 0),
        float(alias_elsewhere),
        float(agreement.jlac10 > 0),
        float(agreement.jlac10 < 0),
        float(shortest <= 2),
        float(bool(test.numbering) and exact < 1.0),
        float(bool(test.remark)),
        agreement.choice,
    ]


def _closeness(hypothesis: Hypothesis) -> float:
    scores = hypothesis.scores
    similar = 0.5 * scores["cosine"] + 0.5 * scores["similarity"]
    return max(scores["exact"], 0.95 * hypothesis.explained, similar)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Coefficients, thresholds and where they come from; read from calibration.json."""

    identity: str
    """Name and digest, for provenance."""
    provisional: bool
    coefficients: tuple[float, ...]
    thresholds: Mapping[float, float]
    """Stated precision -> smallest probability that reached it, with its lower confidence bound."""
    no_code_below: float
    """Under this measurand probability the answer is NO_CODE."""

    @classmethod
    def read(cls, path: Path) -> "Calibration":
        """
        Read a calibration file.

        Raises:
            ConfigurationError: Missing, malformed, or made for other features.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            names = tuple(data["coefficients"])
            calibration = cls(
                identity=data["identity"],
                provisional=bool(data["provisional"]),
                coefficients=tuple(float(v) for v in data["coefficients"].values()),
                thresholds={float(k): float(v) for k, v in data["thresholds"].items()},
                no_code_below=float(data["no_code_below"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"calibration file {path} cannot be used: {error}") from error
        if names != FEATURES:
            changed = ", ".join(sorted(set(names) ^ set(FEATURES))) or "their order"
            raise ConfigurationError(
                f"calibration file {path} was made for other features ({changed}); "
                "run `jlac-mapper train calibration`"
            )
        return calibration

    def probability(self, row: Sequence[float]) -> float:
        """Return the probability (0-1) that a hypothesis with these features is right."""
        logit = sum(starmap(mul, zip(self.coefficients, row, strict=True)))
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


def normalise(probabilities: Sequence[float]) -> list[float]:
    """Scale the probabilities of rival hypotheses down so that they sum to at most 1."""
    total = sum(probabilities)
    return [p / total for p in probabilities] if total > 1 else list(probabilities)
