"""Evidence in words: keys with their values become a sentence here, in the reader's language."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from jlac_mapper.types import Evidence, Measure


class Language(StrEnum):
    """A language that the program speaks to people in; the first one where none is asked for."""

    JAPANESE = "ja"
    ENGLISH = "en"


TOLD = "told"
"""What follows the element in the key of a statement that only its own words hold (`text`)."""

_MACHINE = "concept"


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of evidence for a person: the element it is about, what it says, and where that stood."""

    element: str
    text: str
    source: str


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return key -> language -> text."""
    found: dict[str, Mapping[str, str]] = json.loads(
        Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    )
    return found


def word(language: Language, key: str, **values: object) -> str:
    """Return the text of *key* with its {values} filled in; an unknown key is a defect (KeyError)."""
    text = catalogue()[key][language]
    return text.format(**values) if values else text


def say(evidence: Evidence, language: Language) -> Statement:
    """Put one piece of evidence into words. Raises KeyError for a key without words."""
    return Statement(
        word(language, f"element.{evidence.element}"),
        _text(evidence, language),
        source_word(evidence.source, language),
    )


def is_machine(evidence: Evidence) -> bool:
    """Tell whether models and similarities say it, not the row's fields or the release."""
    return evidence.element == _MACHINE


def source_word(source: str, language: Language) -> str:
    """Return where a statement stood; a text of the row itself, such as a decided name, as it is."""
    found = catalogue().get(f"source.{source}")
    return found[language] if found else source


def scores_text(scores: Mapping[str, str], language: Language) -> str:
    """Say the measures of a name with their ranks: `exact 1.00 (rank 1), ...`; empty where none is told."""
    said = []
    for method in Measure:
        if method in scores:
            rank = scores.get(f"{method}_rank", "")
            place = f" {word(language, 'concept.rank', rank=rank)}" if rank else ""
            said.append(f"{word(language, f'score.{method}')} {scores[method]}{place}")
    return ", ".join(said)


def _text(evidence: Evidence, language: Language) -> str:
    values = dict(evidence.values)
    if evidence.key == "concept.name":
        return _name_text(values, language)
    if evidence.key == "concept.language_model":
        no_code = word(language, "concept.no_code")
        shares = ", ".join(f"{code or no_code} {share}" for code, share in evidence.values)
        return word(language, evidence.key, shares=shares)
    if evidence.key.endswith(f".{TOLD}"):
        return values["text"]
    if evidence.key == "scale.other":
        values["scale"] = word(language, f"scale.{values['scale']}")
    return word(language, evidence.key, **values)


def _name_text(values: Mapping[str, str], language: Language) -> str:
    """Say `CONCEPT: NAME: exact 1.00 (rank 1), ...`, or that what bears the name has no listed code."""
    if values["concept"]:
        concept = values.get(f"concept_{language}") or values["concept"]
        named = word(language, "concept.listed", concept=concept, name=values["name"])
    else:
        known = catalogue().get(f"kind.{values['kind']}")
        kind = known[language] if known else values["kind"]
        named = word(language, "concept.unlisted", name=values["name"], kind=kind)
    scores = scores_text(values, language)
    return f"{named}: {scores}" if scores else named
