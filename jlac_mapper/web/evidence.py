"""Evidence in plain words: the mapper's short English statements in the user's language."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jlac_mapper.types import Evidence
from jlac_mapper.web.messages import translate

ELEMENTS = (
    "measurand", "identification", "specimen", "method", "unit", "result_type", "house_name",
)  # fmt: skip
"""Every element that evidence may be about; each has its word in messages.json, `element.` in front."""

_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?P<what>.*): the only one listed"), "evidence.only_one"),
    (re.compile(r"(?P<what>.*): plasma of the given blood"), "evidence.plasma"),
    (re.compile(r"(?P<what>.*) contains the given specimen"), "evidence.contains"),
    (re.compile(r"(?P<what>.*) equals the given unit"), "evidence.equals"),
    (
        re.compile(r"(?P<by>.*) decided (?P<code>\w+) on (?P<day>\S+) \(item (?P<item>\d+)\)"),
        "evidence.decided",
    ),
    (
        re.compile(r"(?P<count>\d+) other facilit(?:y|ies) decided (?P<code>\w+) for such a row"),
        "evidence.decided_elsewhere",
    ),
)
_TYPES: Mapping[str, str] = {
    "qualitative": "type.qualitative",
    "semi_quantitative": "type.semi_quantitative",
    "quantitative": "type.quantitative",
}
SCORES = ("exact", "cosine", "similarity", "dense")
"""The measures of a name that have a word for people."""

_SCORE = re.compile(rf"\b({'|'.join(SCORES)})(?= [01]\.[0-9]{{2}} \(rank)")
_SOURCES = frozenset(
    {"name", "unit", "reference_range", "specimen", "reagent", "assumed", "other", "edition", "site default",
     "language_model", "method", "abbreviation", "kana", "elsewhere"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of evidence: the element it is about, what it says, and where that stood, all for a person."""

    element: str
    text: str
    source: str


def statements(
    evidence: Sequence[Evidence], language: str
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """Return (what the row's fields and the edition say, what models and similarities say)."""
    rules: list[Statement] = []
    machine: list[Statement] = []
    for found in dict.fromkeys(evidence):
        line = Statement(found.element, _text(found, language), _source(found.source, language))
        is_machine = found.source == "language_model" or (
            found.element == "measurand" and found.source == "name"
        )
        (machine if is_machine else rules).append(line)
    return tuple(rules), tuple(machine)


def _text(found: Evidence, language: str) -> str:
    for pattern, key in _PHRASES:
        if match := pattern.fullmatch(found.statement):
            return translate(language, key, **match.groupdict())
    if found.element == "result_type" and found.statement in _TYPES:
        return translate(language, _TYPES[found.statement])
    if found.element == "measurand":
        return _measurand_text(found.statement, language)
    return found.statement


def _measurand_text(text: str, language: str) -> str:
    """Put `no listed code: NAME (kind): exact 1.00 (rank 1), ...` into words."""
    no_code = translate(language, "evidence.no_code")
    if text.startswith("language model:"):
        said = text.removeprefix("language model:")
        return translate(language, "evidence.language_model") + said.replace("no listed code", no_code)
    text = re.sub(r"^no listed code(?=:)", no_code, text)
    text = _SCORE.sub(lambda m: translate(language, f"score.{m[1]}"), text)
    return re.sub(r"\(rank ([0-9]+)\)", lambda m: translate(language, "evidence.rank", rank=m[1]), text)


def _source(source: str, language: str) -> str:
    if not source:
        return ""
    return translate(language, f"source.{source.replace(' ', '_')}") if source in _SOURCES else source
