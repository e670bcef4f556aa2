"""
A FHIR R4 ConceptMap from the hospital's codes to JLAC11.

Open rows are left out: that nobody has decided is no statement about codes; the description counts them.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from jlac_mapper.codes.jlac11 import METHOD_UNSPECIFIED, UNCODABLE
from jlac_mapper.exports.fields import Names, code_of, one_line
from jlac_mapper.review.model import Facility, Item, ItemState
from jlac_mapper.types import Reason

STATE_NOTES = {ItemState.FINAL: "decided by a person", ItemState.ACCEPTED: "accepted by the program"}


def local_system(facility: Facility, configured: str) -> str:
    """Return the URI of the facility's own codes."""
    return configured or f"urn:jlac-mapper:facility:{facility.key}"


def local_code(item: Item) -> str:
    """Return the row's code, its name where it has none; blanks as FHIR and CURIEs want them."""
    return one_line(item.test.local_code) or one_line(item.test.name) or f"row-{item.run}-{item.row}"


def equivalence(item: Item) -> str:
    """
    Return how the target stands to the row: `unmatched`, `wider` for method 000, else `equal`.

    Method 000 (その他の測定法) names no product, so it takes in more than the row's test.
    """
    code = code_of(item)
    if code is None:
        return "unmatched"
    return "wider" if code.method == METHOD_UNSPECIFIED else "equal"


def comment(item: Item) -> str:
    """Say how an item was answered and, for people, why."""
    how = STATE_NOTES.get(item.standing.state, item.standing.state.value)
    if item.standing.state is ItemState.ACCEPTED and Reason.HOUSE_NAME in item.reasons:
        how = "answered by an earlier decision of this facility"
    if item.standing.code == UNCODABLE:
        how = f"no listed code ({UNCODABLE}), {how}"
    elif equivalence(item) == "wider":
        how = f"method 000: no product; {how}"
    return f"{how}; {' '.join(item.reasons)}".rstrip("; ")


def concept_map(
    items: Iterable[Item],
    names: Names,
    *,
    facility: Facility,
    name: str,
    now: datetime,
    local: str,
    jlac11_system: str,
) -> dict[str, Any]:
    """
    Return the resource, ready for JSON.

    Args:
        items: Rows of one or several lists; equal local codes share one element.
        name: Machine-friendly name of the map, such as `h1-run-3`.
        local: URI of the hospital's codes; `local_system` gives the usual one.
        jlac11_system: URI of JLAC11.
    """
    answered: list[Item] = []
    waiting = 0
    for item in items:
        if item.standing.code:
            answered.append(item)
        else:
            waiting += 1
    editions = sorted({item.mapping.provenance.edition for item in answered})
    elements: dict[str, dict[str, Any]] = {}
    for item in answered:
        key = local_code(item)
        display = one_line(item.test.name)
        element = elements.setdefault(key, {"code": key, "display": display or key, "target": []})
        target = _target(item, names)
        if target.get("code", "") not in {known.get("code", "") for known in element["target"]}:
            element["target"].append(target)
    resource: dict[str, Any] = {
        "resourceType": "ConceptMap",
        "url": f"{local}:concept-map:{name}",
        "name": "".join(c if c.isascii() and c.isalnum() else "_" for c in f"JLAC11_{name}"),
        "title": f"{one_line(facility.name) or facility.key}: JLAC11",
        "status": "active" if answered and not waiting else "draft",
        "date": now.astimezone(UTC).isoformat(timespec="seconds"),
        "description": f"{len(answered)} rows answered, {waiting} open rows left out",
        "sourceUri": local,
        "targetUri": jlac11_system,
    }
    if elements:
        resource["group"] = [_group(list(elements.values()), local, jlac11_system, editions)]
    return resource


def _group(
    elements: Sequence[dict[str, Any]], source: str, target: str, editions: Sequence[str]
) -> dict[str, Any]:
    group: dict[str, Any] = {"source": source, "target": target}
    if editions:
        group["targetVersion"] = " ".join(editions)
    group["element"] = list(elements)
    return group


def _target(item: Item, names: Names) -> dict[str, Any]:
    target = {"equivalence": equivalence(item), "comment": comment(item)}
    if (code := code_of(item)) is None:
        return target
    display = names(str(code))
    return {"code": str(code), **({"display": display} if display else {}), **target}
