"""Code systems written in FHIR Shorthand (FSH): concepts with their designations and properties."""

import re
from typing import Any

from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_fhir import read_code_system
from jlac_mapper.master.import_rows import ImportedMaster

LAYOUT = "fsh-codesystem"

_DEFINITION = re.compile(
    r"^(?:CodeSystem|ValueSet|Profile|Instance|Alias|RuleSet|Extension|Logical|Mapping|Invariant)\s*:", re.M
)
_CODE_SYSTEM = re.compile(r"^CodeSystem\s*:", re.M)
# * #3A010000002327101 "TP" -- or nested: * #TP #3A010000002327101 "TP"
_CONCEPT = re.compile(r'^(?P<indent>\s*)\*\s+(?P<codes>(?:#(?:"[^"]+"|\S+)\s*)+)(?P<texts>".*)?$')
_CODE = re.compile(r'#(?:"([^"]+)"|(\S+))')
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_RULE = re.compile(r"^\s*\*\s+(?:#\S+\s+)*\^(?P<path>[\w.\[\]=+]+)\s*=\s*(?P<value>.+?)\s*$")


def is_fsh(text: str) -> bool:
    """Tell FHIR Shorthand by a definition such as `CodeSystem: X` at the start of a line."""
    return bool(_DEFINITION.search(text)) and bool(re.search(r"^\s*\*\s", text, re.M))


def read_fsh(text: str) -> ImportedMaster:
    """
    Read the concepts of a code system as `read_code_system` does those of JSON.

    Raises:
        MasterFileError: No code system, or one without concepts.
    """
    if not _CODE_SYSTEM.search(text):
        raise MasterFileError("is FSH without a CodeSystem; give the file that lists the codes")
    return read_code_system({"resourceType": "CodeSystem", "concept": _concepts(text)}, LAYOUT)


def _concepts(text: str) -> list[dict[str, Any]]:
    """Return the concepts as JSON has them; what is indented further lies below."""
    roots: list[dict[str, Any]] = []
    open_concepts: list[tuple[int, dict[str, Any]]] = []
    for line in text.splitlines():
        rule, found = _RULE.match(line), _CONCEPT.match(line)
        if rule and open_concepts:
            _apply(open_concepts[-1][1], rule["path"], rule["value"])
        elif found and not rule:
            codes = [quoted or plain for quoted, plain in _CODE.findall(found["codes"])]
            depth = len(found["indent"].expandtabs()) + len(codes)  # a parent may be named on the line
            display = _TEXT.match(found["texts"] or "")
            concept: dict[str, Any] = {"code": codes[-1], "display": display[1] if display else ""}
            while open_concepts and open_concepts[-1][0] >= depth:
                open_concepts.pop()
            above = open_concepts[-1][1].setdefault("concept", []) if open_concepts else roots
            above.append(concept)
            open_concepts.append((depth, concept))
    return roots


def _apply(concept: dict[str, Any], path: str, written: str) -> None:
    """Set a designation or property: [0] and [+] begin a new one, [=] goes on with the last."""
    match = re.fullmatch(r"(designation|property)(?:\[(=|\+|\d+)\])?\.([\w\[\]]+)", path)
    if not match:
        return
    entries: list[dict[str, Any]] = concept.setdefault(match[1], [])
    fresh = match[2] == "+" or ((match[2] or "").isdigit() and int(match[2]) >= len(entries))
    if fresh or not entries:
        entries.append({})
    text = _TEXT.match(written)
    value: Any = text[1] if text else written.removeprefix("#")
    if match[3].startswith("valueBoolean"):
        value = written == "true"
    entries[-1].setdefault(match[3], value)
