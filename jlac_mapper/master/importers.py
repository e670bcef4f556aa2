"""Reading the official master files a user has: one function, any known layout, one clear error otherwise."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_elements import LAYOUT as ELEMENTS
from jlac_mapper.master.import_fhir import read_code_system
from jlac_mapper.master.import_files import Sheet, decode, is_json, open_sheets, parse_json, read_bytes
from jlac_mapper.master.import_fsh import is_fsh, read_fsh
from jlac_mapper.master.import_headers import Found
from jlac_mapper.master.import_jlac10 import read_workbook
from jlac_mapper.master.import_rows import CODE_JLAC10, JLAC10_CODE, JLAC10_ONLY, Analyte, ImportedMaster
from jlac_mapper.master.import_sheets import ANALYTES, EHR, SOCIETY, find_layout, read_found
from jlac_mapper.tables.xlsx import is_workbook
from jlac_mapper.text import fold
from jlac_mapper.vocabulary import SiteName, Vocabulary

_MONTH = re.compile(r"(20[0-9]{2})\D?(0?[1-9]|1[0-2])(?![0-9])|(20[0-9]{2})(0[1-9]|1[0-2])[0-3][0-9]")


# Of a workbook that holds several kinds of table, the first of these is read.
_FAMILIES = (EHR, SOCIETY, ANALYTES, ELEMENTS)
_SNIFFED_ROWS, _SNIFFED_CODES = 300, 3


def read_master(path: Path) -> ImportedMaster:
    """
    Read a master file of any known layout, recognised by its content and header names.

    Known: the EHR-sharing master (2024, 2025 and 2026 layouts, CSV or xlsx), the learned society's list of
    17-digit codes and its element workbook (xlsx), a code system in FHIR JSON or FSH, the JLAC10 element
    tables (xlsx). Columns may be extra or reordered, and titles may stand above the header. Every sheet
    with the columns of the main one is read; of sheets named by months only those of the latest.

    Raises:
        MasterFileError: Unreadable, truncated, empty, of no known layout, or a list of JLAC10 codes.
    """
    content = read_bytes(path)
    imported = _read_document(path, content)
    if imported is None:
        with open_sheets(path, content) as sheets:
            imported = _read_sheets(path, sheets)
    if imported.rows or imported.analytes or imported.elements:
        return imported
    jlac10 = imported.note_counts[JLAC10_ONLY] + imported.note_counts[CODE_JLAC10]
    if 2 * jlac10 > len(imported.notes):
        example = next(n for n in imported.notes if n.kind in (JLAC10_ONLY, CODE_JLAC10))
        raise MasterFileError(_only_jlac10(path, jlac10, example.found or example.text))
    reasons = ", ".join(f"{count} {kind}" for kind, count in sorted(imported.note_counts.items()))
    raise MasterFileError(
        f"{path}: recognised as {imported.layout}, but none of its {imported.rows_read} rows has "
        f"a usable code ({reasons or 'no rows'}); nothing to import"
    )


def unknown_names(analytes: Iterable[Analyte], vocabulary: Vocabulary) -> list[SiteName]:
    """
    Return the names of JLAC10 analytes that no concept of the vocabulary has (kind `jlac10`).

    Left out are analytes that a concept stands for, and names that the vocabulary knows. Each folded name
    once, in the table's order.
    """
    held = {analyte for concept in vocabulary.concepts for analyte in concept.analytes}
    seen = {name.key for name in vocabulary.names}
    for concept in vocabulary.concepts:
        seen |= {fold(concept.name), fold(concept.name_en)}
    names = []
    for analyte in analytes:
        if analyte.code in held:
            continue
        for name in analyte.names:
            key = fold(name)
            if key and key not in seen:
                seen.add(key)
                names.append(SiteName(name, "jlac10"))
    return names


def _read_document(path: Path, content: bytes) -> ImportedMaster | None:
    """Read a code system in JSON or FSH; None for a table."""
    if is_workbook(content):
        return None
    text = decode(path, content)
    try:
        if is_json(content):
            return read_code_system(parse_json(path, text))
        return read_fsh(text) if is_fsh(text) else None
    except MasterFileError as error:
        raise MasterFileError(_prefixed(path, error)) from error


def _read_sheets(path: Path, sheets: Sequence[Sheet]) -> ImportedMaster:
    found: list[Found] = []
    refusal: MasterFileError | None = None
    for sheet in sheets:
        try:
            layout = find_layout(sheet)
        except MasterFileError as error:
            refusal = refusal or error
        else:
            found += [layout] if layout else []
    if not found:
        if refusal:
            raise MasterFileError(_prefixed(path, refusal)) from refusal
        raise MasterFileError(_unknown(path, sheets))
    chosen = _chosen(found)
    try:
        imported = read_found(chosen)
    except MasterFileError as error:
        raise MasterFileError(_prefixed(path, error)) from error
    read = {each.sheet.name for each in chosen}
    if chosen[0].layout == ANALYTES:
        elements, names = read_workbook(sheets)
        imported = replace(imported, elements=elements, sheet=", ".join(names))
        read.update(names)
    return replace(imported, other_sheets=tuple(s.name for s in sheets if s.name not in read))


def _chosen(found: Sequence[Found]) -> list[Found]:
    """Return the sheets to read together: one family, and of those named by months the latest."""
    family = next(f for f in _FAMILIES if any(each.layout.startswith(f) for each in found))
    same = [each for each in found if each.layout.startswith(family)]
    if family == ANALYTES:
        return same[:1]
    if family == ELEMENTS:
        return same
    latest = max(_month(each.sheet.name) for each in same)
    newest = [each for each in same if _month(each.sheet.name) == latest]
    main = max(newest, key=lambda each: len(_fields(each)))  # the first of equals
    # A log of changes has codes and names too: only sheets with the main one's columns belong to it.
    return [
        each
        for each in same
        if _month(each.sheet.name) in (latest, (0, 0)) and _fields(each) == _fields(main)
    ]


def _fields(found: Found) -> set[str]:
    return {name for name, columns in found.columns.items() if columns}


def _unknown(path: Path, sheets: Sequence[Sheet]) -> str:
    """Say that no header was recognised; where the cells are JLAC10 codes, say that."""
    codes: list[str] = []
    for sheet in sheets:
        for _, cells in islice(sheet.rows(), _SNIFFED_ROWS):
            codes += [text.strip() for text in cells if JLAC10_CODE.fullmatch(text.strip())]
    if len(codes) >= _SNIFFED_CODES:
        return f"{path}: is of no known layout and lists JLAC10 codes ({codes[0]}): {_ADVICE}"
    return (
        f"{path}: is of no known layout: no sheet has a header row with JLAC11コード and FHIR項目名称 "
        "(EHR-sharing master), 測定物コード and 材料コード (list of 17-digit codes), 材料コード or "
        "結果単位コード (element workbook), or 分析物コード and 分析物名(1) (JLAC10 analytes)"
    )


_ADVICE = "a JLAC10 code begins with a digit, a JLAC11 code with a letter; give the JLAC11 file"


def _only_jlac10(path: Path, count: int, example: str) -> str:
    return f"{path}: holds {count} JLAC10 code(s), such as {example}, and no JLAC11 code: {_ADVICE}"


def _month(sheet_name: str) -> tuple[int, int]:
    """Return year and month of a sheet's name, (0, 0) where it names none."""
    match = _MONTH.search(sheet_name)
    if not match:
        return 0, 0
    return int(match[1] or match[3]), int(match[2] or match[4])


def _prefixed(path: Path, error: MasterFileError) -> str:
    text = str(error)
    return text if text.startswith(str(path)) else f"{path}: {text}"
