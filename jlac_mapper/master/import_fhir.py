"""FHIR CodeSystem resources: nested concepts, Japanese designations, properties."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_rows import WITHDRAWN, ImportedMaster, RowCollector, parse_date

# Field -> names of the concept property that holds it, compared without case.
_PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "unit_name": ("unit", "単位", "表示用単位"),
    "specimen_name": ("specimen", "材料"),
    "method_name": ("method", "測定法"),
    "product": ("product", "reagent", "販売名称"),
    "jlac10": ("jlac10", "jlac10code"),
    "valid_from": ("effectivedate", "validfrom", "startdate", "適用開始日"),
    "valid_to": ("validto", "enddate", "適用終了日"),
    "retired_on": ("retirementdate",),
    "status": ("status",),
    "inactive": ("inactive",),
    "successor": ("replacedby", "successor", "後継コード"),
}
_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")
_ENDED = {"retired", "inactive", "entered-in-error"}

Concept = Mapping[str, Any]


def read_code_system(resource: Any, layout: str = "fhir-codesystem") -> ImportedMaster:
    """
    Read the concepts whose code is a JLAC11 code.

    A concept of the JLAC10 part of such a resource (17 characters that begin with a digit) and a heading
    are left out: the former with a note, the latter silently when it has concepts below it.

    Raises:
        MasterFileError: Not a CodeSystem, or one without concepts.
    """
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if kind != "CodeSystem":
        raise MasterFileError(
            f"is JSON but no FHIR CodeSystem (resourceType {kind!r}); give the CodeSystem file"
        )
    if not isinstance(resource.get("concept"), list) or not resource["concept"]:
        raise MasterFileError("is a CodeSystem without concepts; give one whose content is complete")
    collector = RowCollector()
    for number, (concept, parent) in enumerate(_walk(resource["concept"]), start=1):
        collector.rows_read += 1
        _add(collector, number, concept, parent)
    return collector.finish(layout)


def _walk(concepts: list[Any]) -> Iterator[tuple[Concept, Concept]]:
    """Yield every concept with its parent, depth first, in the file's order."""
    waiting: list[tuple[Any, Concept]] = [(concept, {}) for concept in reversed(concepts)]
    while waiting:
        concept, parent = waiting.pop()
        if not isinstance(concept, dict):
            raise MasterFileError("holds a concept that is no JSON object; download it again")
        yield concept, parent
        children = concept.get("concept") or []
        if not isinstance(children, list):
            raise MasterFileError("holds concepts that are no JSON list; download it again")
        waiting.extend((child, concept) for child in reversed(children))


def _add(collector: RowCollector, number: int, concept: Concept, parent: Concept) -> None:
    code = str(concept.get("code") or "")
    if concept.get("concept") and not _looks_like_jlac11(code):
        return None
    values = _properties(concept)
    display = str(concept.get("display") or "")
    name = _name(concept, parent)
    ended = values.get("inactive", "").lower() == "true" or values.get("status", "").lower() in _ENDED
    if ended and not values.get("retired_on") and not values.get("valid_to"):
        return collector.skip(number, WITHDRAWN, f"{code} {name}".strip())
    valid_to = values.get("valid_to", "")
    if values.get("retired_on"):
        try:
            retired = parse_date(values["retired_on"])
        except ValueError:
            valid_to = values["retired_on"]  # the collector notes the unreadable date
        else:
            # Retired on a day means usable until the day before.
            valid_to = (retired - timedelta(days=1)).isoformat() if retired else valid_to
    is_jlac10 = bool(re.fullmatch(r"[0-9][0-9A-Z]{14}(?:[0-9A-Z]{2})?", code))
    method = values.get("method_name", "")
    return collector.add(
        number,
        "" if is_jlac10 else code,
        name=name,
        product=values.get("product", "") or (method.split("_", 1)[1] if "_" in method else ""),
        valid_from=values.get("valid_from", ""),
        valid_to=valid_to,
        jlac10=code if is_jlac10 else values.get("jlac10", ""),
        successor=values.get("successor", ""),
        abbreviation=display if display != name else "",
        specimen_name=values.get("specimen_name", ""),
        unit_name=values.get("unit_name", ""),
        method_name=method,
    )


def _looks_like_jlac11(code: str) -> bool:
    return bool(re.fullmatch(r"[A-Z][0-9]{4}-?[0-9]{4}-?[0-9]{3}-?[0-9]{3}-?[0-9A-Z]{2}", code))


def _name(concept: Concept, parent: Concept) -> str:
    """Prefer a Japanese display, then a Japanese designation (own, then the parent's), then any display."""
    display = str(concept.get("display") or "")
    if _JAPANESE.search(display):
        return display
    own, above = _designation(concept), _designation(parent)
    return own or above or display or str(parent.get("display") or "")


def _designation(concept: Concept) -> str:
    for designation in concept.get("designation") or []:
        if isinstance(designation, dict) and str(designation.get("language", "ja")).lower().startswith("ja"):
            return str(designation.get("value") or "")
    return ""


def _properties(concept: Concept) -> dict[str, str]:
    """Return field -> text of a concept's properties, whatever type of value[x] they use."""
    given: dict[str, str] = {}
    for entry in concept.get("property") or []:
        if isinstance(entry, dict):
            value = next((value for key, value in entry.items() if key.startswith("value")), "")
            if isinstance(value, dict):  # a Coding
                value = value.get("display") or value.get("code") or ""
            given.setdefault(str(entry.get("code", "")).lower(), str(value))
    return {
        field: next((given[name] for name in names if given.get(name)), "")
        for field, names in _PROPERTIES.items()
    }
