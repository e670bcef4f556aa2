"""
SSSOM TSV (Simple Standard for Sharing Ontological Mappings) from the hospital's codes to JLAC11.

Source of the slots and of `sssom:NoTermFound`: the SSSOM specification, mapping set metadata and mapping;
justifications are terms of semapv.
"""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import quote

from jlac_mapper.exports.concept_map import comment, equivalence, local_code
from jlac_mapper.exports.fields import Answers, Names, code_of, one_line, readers
from jlac_mapper.review.model import Facility, Item, ItemState
from jlac_mapper.tables.cells import guard
from jlac_mapper.types import Reason
from jlac_mapper.version import __version__

COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "author_label",
    "reviewer_label",
    "mapping_date",
    "mapping_tool",
    "mapping_tool_version",
    "object_source_version",
    "confidence",
    "comment",
)

MANUAL = "semapv:ManualMappingCuration"
"""A person decided, now or earlier (a local alias)."""
COMPOSITE = "semapv:CompositeMatching"
"""The program accepted: names and the other fields of the row taken together."""

_PREDICATES = {"equal": "skos:exactMatch", "wider": "skos:broadMatch", "unmatched": "skos:exactMatch"}


def sssom_tsv(
    items: Iterable[Item],
    names: Names,
    answers: Answers,
    *,
    facility: Facility,
    name: str,
    now: datetime,
    local: str,
    jlac11_system: str,
) -> str:
    """
    Return the mapping set; open rows are left out, a row without a code maps to sssom:NoTermFound.

    Args:
        answers: Who decided an item and when.
        name: Name of the set, such as `h1-run-3`.
        local: URI of the hospital's codes.
        jlac11_system: URI of JLAC11.
    """
    out = io.StringIO(newline="")
    for line in _metadata(facility, name, now, local, jlac11_system):
        out.write(f"#{line}\n")
    writer = csv.writer(out, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(COLUMNS)
    for item in items:
        if item.standing.code:
            writer.writerow([guard(one_line(cell)) for cell in _row(item, names, answers)])
    return out.getvalue()


def _metadata(facility: Facility, name: str, now: datetime, local: str, jlac11_system: str) -> list[str]:
    """Return the header's YAML; JSON texts are YAML texts."""
    prefixes = {
        "LOCAL": f"{local}:",
        "JLAC11": f"{jlac11_system}:",
        "semapv": "https://w3id.org/semapv/vocab/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "sssom": "https://w3id.org/sssom/",
    }
    slots = {
        "mapping_set_id": f"{local}:sssom:{name}",
        "mapping_set_title": f"{one_line(facility.name) or facility.key}: JLAC11",
        "license": "https://w3id.org/sssom/license/unspecified",
        "subject_source": local,
        "object_source": jlac11_system,
        "mapping_date": now.astimezone(UTC).date().isoformat(),
    }
    return [
        "curie_map:",
        *(f"  {prefix}: {json.dumps(uri, ensure_ascii=False)}" for prefix, uri in prefixes.items()),
        *(f"{slot}: {json.dumps(text, ensure_ascii=False)}" for slot, text in slots.items()),
    ]


def _row(item: Item, names: Names, answers: Answers) -> tuple[str, ...]:
    code, answered = code_of(item), answers(item)
    is_machine = item.standing.state is ItemState.ACCEPTED and Reason.HOUSE_NAME not in item.reasons
    people = answered.by or readers(item)
    return (
        f"LOCAL:{quote(local_code(item), safe='')}",
        item.test.name,
        _PREDICATES[equivalence(item)],
        f"JLAC11:{code}" if code else "sssom:NoTermFound",
        names(str(code)) if code else "",
        COMPOSITE if is_machine else MANUAL,
        people[0] if people else "",
        "|".join(people[1:]),
        answered.at.astimezone(UTC).date().isoformat() if answered.at else "",
        "jlac-mapper" if is_machine else "",
        (item.mapping.provenance.software or __version__) if is_machine else "",
        item.mapping.provenance.edition,
        f"{item.mapping.probability:.4f}" if is_machine else "",
        comment(item),
    )
