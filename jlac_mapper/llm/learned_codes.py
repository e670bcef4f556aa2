"""Which questions our own small model may be asked: those whose codes it learned."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from jlac_mapper.ports import Choice

Learned = Mapping[str, frozenset[str]]
"""Measurand -> the identifications that were learned with it."""


def read_learned(mark: Path) -> Learned | None:
    """Return what a model learned, from its jlac_reranker.json; None where that does not say."""
    try:
        learned = json.loads(mark.read_text(encoding="utf-8"))["learned"]
        return {str(m): frozenset(map(str, found)) for m, found in learned.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def is_learned(question: Choice, learned: Learned | None) -> bool:
    """
    Tell whether the model may have an opinion on a question.

    Every measurand on offer must be one that it learned; where one is on offer in several identifications,
    so must they.
    """
    if learned is None:
        return True
    counts = Counter(m for m, _ in {(o.measurand, o.identification) for o in question.options} if m)
    return all(
        o.measurand in learned and (counts[o.measurand] == 1 or o.identification in learned[o.measurand])
        for o in question.options
        if o.measurand
    )
