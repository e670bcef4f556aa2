"""How the shares of meanings become probabilities of JLAC10 analytes, and where acceptance begins."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jlac_mapper.errors import ConfigurationError
from jlac_mapper.mapping.jlac10.compose import SPECIMEN_LEVELS


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
    """

    identity: str
    slope: float
    offset: float
    certainty: Mapping[str, float]
    thresholds: Mapping[float, float]
    known: float

    @classmethod
    def read(cls, path: Path) -> "Jlac10Calibration":
        """
        Read a calibration file.

        Raises:
            ConfigurationError: Missing or malformed.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                str(data["identity"]),
                float(data["slope"]),
                float(data["offset"]),
                {level: float(data["certainty"][level]) for level in SPECIMEN_LEVELS},
                {float(k): float(v) for k, v in data["thresholds"].items()},
                float(data["known"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"calibration file {path} cannot be used: {error}") from error

    def probability(self, share: float) -> float:
        """Return the probability (0-1) that a meaning with this share is right."""
        kept = min(max(share, 1e-9), 1 - 1e-9)
        return 1 / (1 + math.exp(-(self.slope * math.log(kept / (1 - kept)) + self.offset)))

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
