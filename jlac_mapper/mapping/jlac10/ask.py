"""What a language model is asked about a row of JLAC10, and what its word does to the meanings' shares."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jlac_mapper.mapping.ask import NONE_OF_THESE, Opinion, described
from jlac_mapper.mapping.jlac10.compose import split_entry
from jlac_mapper.mapping.question import row_fields
from jlac_mapper.ports import Choice, ChoiceOption
from jlac_mapper.types import NormalizedTest, System
from jlac_mapper.vocabulary import Concept, Vocabulary

MOST_OPTIONS = 10
"""Codes in a question, "none of these" not counted."""
_TOLD = 3
"""Specimens and units of a concept that an option names."""


class Offer(NamedTuple):
    """A JLAC10 entry that a row may mean, with the likeliest concept that has it."""

    entry: str
    concept: Concept


class ConceptQuestion:
    """Writes the closed question for one row over JLAC10 entries, the likeliest first."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._specimens = {specimen.key: specimen.name for specimen in vocabulary.specimens}

    def __call__(self, test: NormalizedTest, offers: Sequence[Offer]) -> Choice:
        """Return the question; a concept without a code is among "none of these"."""
        options = []
        for entry, concept in offers[:MOST_OPTIONS]:
            analyte, identification, _ = split_entry(entry)
            specimens = "・".join(self._specimens.get(key, key) for key in concept.specimens[:_TOLD])
            text = described(concept.name, specimens, "・".join(concept.units[:_TOLD]))
            options.append(ChoiceOption(analyte, identification, text, entry))
        return Choice(row_fields(test.source), (*options, NONE_OF_THESE), System.JLAC10)


def reweighed(shares: Sequence[tuple[str, float]], opinion: Opinion, weight: float) -> list[float]:
    """
    Return the shares of meanings after a language model spoke; what is missing to 1 is still that of none.

    A share is multiplied by its odds to the power of *weight*; what was not offered, and what has no code,
    counts as "none of these", and so does none of the meanings.

    Args:
        shares: JLAC10 entry ("" without one) and share of each meaning.
    """
    none = math.exp(weight * opinion.none)
    odds: Mapping[str, float] = {entry: math.exp(weight * said) for entry, said in opinion.odds.items()}
    changed = [share * odds.get(entry, none) for entry, share in shares]
    unknown = max(0.0, 1.0 - sum(share for _, share in shares)) * none
    total = sum(changed) + unknown
    return [share / total for share in changed]
