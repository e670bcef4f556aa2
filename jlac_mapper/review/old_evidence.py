"""Evidence of answers that were stored as English sentences, read as the keys and values of today."""

import re
from collections.abc import Callable

from jlac_mapper.types import Evidence

_Values = tuple[tuple[str, str], ...]

_ONLY = re.compile(r"(.*): the only one listed", re.DOTALL)
_PLASMA = re.compile(r"(.*): plasma of the given blood", re.DOTALL)
_CONTAINS = re.compile(r"(.*) contains the given specimen", re.DOTALL)
_EQUALS = re.compile(r"(.*) equals the given unit", re.DOTALL)
_DECIDED = re.compile(r"(?P<by>.*) decided (?P<code>\w+) on (?P<day>\S+) \(item (?P<item>\d+)\)", re.DOTALL)
_ELSEWHERE = re.compile(r"(?P<count>\d+) other facilit(?:y|ies) decided (?P<code>\w+) for such a row")
_SHARE = re.compile(r"(no listed code|\S+) ([01]\.\d\d)")
_MODEL = re.compile(rf"language model: ((?:{_SHARE.pattern}(?:, (?!$)|$))+)")
_SCORE = re.compile(r"(\w+) ([01]\.\d\d) \(rank (\d+)\)")
_NAME = re.compile(
    rf"(?P<what>no listed code|\S+): (?P<name>.*): (?P<scores>(?:{_SCORE.pattern}(?:, (?!$)|$))*)", re.DOTALL
)
_KIND = re.compile(r"(?P<name>.*) \((?P<kind>\w+)\)", re.DOTALL)
_KINDS = {
    "antimicrobial": "antimicrobial",
    "billing": "line",
    "body_site": "site",
    "calculation": "calculated",
    "comment": "comment",
    "management": "line",
    "organism": "organism",
    "panel": "panel",
}
"""Old kinds of what has no listed code and the kinds of concepts that their names are now; others: test."""
_SOURCES = {"edition": "release", "site default": "site", "assumed": "", "other": ""}


def read_old(element: str, statement: str, source: str) -> Evidence:
    """Return what an old statement says; one of no known form keeps its own words (`ELEMENT.told`)."""
    reader = _READERS.get(element)
    read = reader(statement, source) if reader else None
    key, values = read or (f"{_ELEMENTS.get(element, 'concept')}.told", (("text", statement),))
    return Evidence(key, values, _SOURCES.get(source, source))


def _specimen(statement: str, source: str) -> tuple[str, _Values]:
    for pattern, level in (
        (_ONLY, "only_listed"),
        (_PLASMA, "plasma_of_given"),
        (_CONTAINS, "contains_given"),
    ):
        if match := pattern.fullmatch(statement):
            return f"specimen.{level}", (("specimen", match[1]),)
    level = {"assumed": "unusual", "other": "other", "site default": "site_default"}.get(source, "given")
    return f"specimen.{level}", (("specimen", statement),)


def _unit(statement: str, source: str) -> tuple[str, _Values]:
    for pattern, level in ((_ONLY, "only_listed"), (_EQUALS, "equal")):
        if match := pattern.fullmatch(statement):
            return f"unit.{level}", (("unit", match[1]),)
    level = {"assumed": "assumed", "other": "other", "name": "of_name"}.get(source, "given")
    return f"unit.{level}", (("unit", statement),)


def _identification(statement: str, source: str) -> tuple[str, _Values]:  # noqa: ARG001
    return "identification.as_said", (("identification", statement),)


def _scale(statement: str, source: str) -> tuple[str, _Values] | None:  # noqa: ARG001
    known = statement in ("qualitative", "semi_quantitative", "quantitative")
    return ("scale.other", (("scale", statement),)) if known else None


def _method(statement: str, source: str) -> tuple[str, _Values]:  # noqa: ARG001
    return "method.product", (("product", statement),)


def _decision(statement: str, source: str) -> tuple[str, _Values] | None:  # noqa: ARG001
    for pattern, key in ((_DECIDED, "decision.here"), (_ELSEWHERE, "decision.elsewhere")):
        if match := pattern.fullmatch(statement):
            return key, tuple(match.groupdict().items())
    return None


def _concept(statement: str, source: str) -> tuple[str, _Values] | None:  # noqa: ARG001
    if match := _MODEL.fullmatch(statement):
        shares = _SHARE.findall(match[1])
        return "concept.language_model", tuple(
            ("" if code == "no listed code" else code, share) for code, share in shares
        )
    if not (match := _NAME.fullmatch(statement)):
        return None
    name, what = match["name"], match["what"]
    kind = _KIND.fullmatch(name) if what == "no listed code" else None
    values = [
        ("concept", "" if what == "no listed code" else what),
        ("name", kind["name"] if kind else name),
        ("kind", _KINDS.get(kind["kind"], "test") if kind else "test"),
    ]
    for method, value, rank in _SCORE.findall(match["scores"]):
        values += [(method, value), (f"{method}_rank", rank)]
    return "concept.name", tuple(values)


_READERS: dict[str, Callable[[str, str], tuple[str, _Values] | None]] = {
    "specimen": _specimen,
    "unit": _unit,
    "identification": _identification,
    "result_type": _scale,
    "method": _method,
    "house_name": _decision,
    "measurand": _concept,
}
_ELEMENTS = {
    "specimen": "specimen",
    "unit": "unit",
    "identification": "identification",
    "result_type": "scale",
    "method": "method",
    "house_name": "decision",
    "measurand": "concept",
}
