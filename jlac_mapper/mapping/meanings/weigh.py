"""From agreements to probabilities: one weight a feature, and the share of each meaning beside its rivals."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from pathlib import Path

from jlac_mapper.errors import ConfigurationError
from jlac_mapper.mapping.meanings.features import FEATURES, VALUES, Features

UNKNOWN = "unknown"
"""The weight of there being none among the meanings that were found, beside those of `FEATURES`."""


@dataclass(frozen=True, slots=True)
class MeaningWeights:
    """
    What each feature counts, read from a file; the logit of a meaning is the sum over its features.

    Attributes:
        identity: Name and digest, for provenance.
        weights: One for each of `FEATURES`, in their order.
        unknown: The logit of none of the meanings.
    """

    identity: str
    weights: tuple[float, ...]
    unknown: float
    _split: tuple[tuple[float, ...], tuple[float, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        split = self.weights[: len(VALUES)], self.weights[len(VALUES) :]
        object.__setattr__(self, "_split", split)

    @classmethod
    def read(cls, path: Path) -> "MeaningWeights":
        """
        Read a file of weights.

        Raises:
            ConfigurationError: Missing, malformed, or made for other features.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            weights = {name: float(value) for name, value in data["weights"].items()}
            identity = str(data["identity"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(f"file of weights {path} cannot be used: {error}") from error
        return cls.of(identity, weights, str(path))

    @classmethod
    def of(cls, identity: str, weights: Mapping[str, float], where: str = "weights") -> "MeaningWeights":
        """Take weights by name. Raises ConfigurationError where they are made for other features."""
        if changed := ", ".join(sorted(set(weights) ^ {*FEATURES, UNKNOWN})):
            raise ConfigurationError(
                f"{where}: made for other features ({changed}); run `jlac-mapper train meanings`"
            )
        return cls(identity, tuple(weights[name] for name in FEATURES), weights[UNKNOWN])

    def shares(self, described: Sequence[Features]) -> list[float]:
        """Return the probability of each meaning of a row; what is missing to 1 is that of none of them."""
        values, levels = self._split
        logits = [
            sum(map(mul, features.values, values)) + sum([levels[place] for place in features.levels])
            for features in described
        ]
        top = max([self.unknown, *logits])
        odds = [math.exp(logit - top) for logit in logits]
        total = sum(odds) + math.exp(self.unknown - top)
        return [each / total for each in odds]
