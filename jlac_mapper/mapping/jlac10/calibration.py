"""How the shares of meanings become probabilities of JLAC10 analytes, and where acceptance begins."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jlac_mapper.errors import ConfigurationError
from jlac_mapper.mapping.jlac10.compose import SPECIMEN_LEVELS


@dataclass(frozen=True, slots=True)
class ChoiceCalibration:
    """
    What the word of a language model is worth.

    Attributes:
        model: The reranker's identity that this was measured with.
        weight: Of the model's log-odds beside the meanings' own; 0: it is shown and not listened to.
        slope, offset: As in `Jlac10Calibration`, for rows that it spoke on.
        most: Probability that none of them exceeds: how often those were right of which it was surest.
        lifts: Target precision up to which such a row may be accepted: there the lower bound was reached.
    """

    model: str = ""
    weight: float = 0.0
    slope: float = 1.0
    offset: float = 0.0
    most: float = 1.0
    lifts: float = 0.0

    def probability(self, share: float) -> float:
        """Return the probability (0-1) that a meaning with this share after the word is right."""
        return min(self.most, _on_curve(share, self.slope, self.offset))

    def may_lift(self, model: str, precision: float) -> bool:
        """Tell whether this model's word may lift a row where acceptance aims at a precision."""
        return model == self.model and precision <= self.lifts + 1e-9


SILENT = ChoiceCalibration()
"""Of a calibration made without a language model."""


@dataclass(frozen=True, slots=True)
class Jlac10Calibration:
    """
    A logistic curve over the log-odds of a share, read from a file.

    Attributes:
        identity: Name and digest, for provenance.
        slope, offset: probability = logistic(slope * log(share / (1 - share)) + offset).
        thresholds: Precision -> smallest probability of the first 12 characters that reached it.
        certainty: By how a specimen was found (`compose.SPECIMEN_LEVELS`) the share of rows whose digits
            are right where the concept is.
        known: Share of all coded meanings under which a name counts as unknown.
        choice: What a language model's word is worth.
    """

    identity: str
    slope: float
    offset: float
    certainty: Mapping[str, float]
    thresholds: Mapping[float, float]
    known: float
    choice: ChoiceCalibration = SILENT

    @classmethod
    def read(cls, path: Path) -> "Jlac10Calibration":
        """
        Read a calibration file.

        Raises:
            ConfigurationError: Missing or malformed.
        """
        try:
            return cls.of(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"calibration file {path} cannot be used: {error}") from error

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Jlac10Calibration":
        """Take the content of a file. Raises LookupError, TypeError or ValueError where it is malformed."""
        return cls(
            str(data["identity"]),
            float(data["slope"]),
            float(data["offset"]),
            {level: float(data["certainty"][level]) for level in SPECIMEN_LEVELS},
            {float(k): float(v) for k, v in data["thresholds"].items()},
            float(data["known"]),
            _choice(data["choice"]) if "choice" in data else SILENT,
        )

    def probability(self, share: float) -> float:
        """Return the probability (0-1) that a meaning with this share is right, where no model spoke."""
        return _on_curve(share, self.slope, self.offset)

    def threshold(self, precision: float) -> float:
        """
        Return the threshold of the lowest stated precision that is at least *precision*.

        Raises:
            ConfigurationError: No precision so high was reached when the calibration was made.
        """
        enough = [p for p in self.thresholds if p >= precision - 1e-9]
        if not enough:
            raise ConfigurationError(
                f"target precision {precision} is above what calibration {self.identity} reaches; "
                f"choose at most {max(self.thresholds, default=0)}"
            )
        return self.thresholds[min(enough)]


def _on_curve(share: float, slope: float, offset: float) -> float:
    kept = min(max(share, 1e-9), 1 - 1e-9)
    return 1 / (1 + math.exp(-(slope * math.log(kept / (1 - kept)) + offset)))


def _choice(data: Mapping[str, Any]) -> ChoiceCalibration:
    return ChoiceCalibration(
        str(data["model"]),
        float(data["weight"]),
        float(data["slope"]),
        float(data["offset"]),
        float(data["most"]),
        float(data["lifts"]),
    )
