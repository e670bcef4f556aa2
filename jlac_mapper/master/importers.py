"""Reading the official master files a user has: one function, any known layout, one clear error otherwise."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_fhir import read_code_system
from jlac_mapper.master.import_files import (
    Sheet,
    decode,
    is_json,
    is_workbook,
    open_workbook,
    parse_json,
    read_bytes,
    text_sheet,
)
from jlac_mapper.master.import_rows import Analyte, ImportedMaster
from jlac_mapper.master.import_sheets import Found, find_layout, read_found
from jlac_mapper.text import fold
from jlac_mapper.vocabulary import SiteName, Vocabulary

_MONTH = re.compile(r"(20[0-9]{2})\D?(0?[1-9]|1[0-2])(?![0-9])|(20[0-9]{2})(0[1-9]|1[0-2])[0-3][0-9]")


def read_master(path: Path) -> ImportedMaster:
    """
    Read a master file of any known layout, recognised by its content and header names.

    Known: the EHR-sharing master (2024 xlsx; 2025 and later, CSV or xlsx), the learned society's list of
    17-digit codes (xlsx), a FHIR CodeSystem (JSON), the JLAC10 analyte table (xlsx). Columns may be extra
    or reordered, and titles may stand above the header. Of several sheets that fit, the one named by the
    latest month is read, else the first.

    Raises:
        MasterFileError: Unreadable, truncated, empty, or of no known layout.
    """
    content = read_bytes(path)
    if is_workbook(content):
        with open_workbook(path, content) as sheets:
            imported = _read_sheets(path, sheets)
    elif is_json(content):
        try:
            imported = read_code_system(parse_json(path, decode(path, content)))
        except MasterFileError as error:
            raise MasterFileError(_prefixed(path, error)) from error
    else:
        imported = _read_sheets(path, [text_sheet(path, decode(path, content))])
    if not imported.rows and not imported.analytes:
        reasons = ", ".join(f"{count} {kind}" for kind, count in sorted(imported.note_counts.items()))
        raise MasterFileError(
            f"{path}: recognised as {imported.layout}, but none of its {imported.rows_read} rows has "
            f"a usable code ({reasons or 'no rows'}); nothing to import"
        )
    return imported


def unknown_names(analytes: Iterable[Analyte], vocabulary: Vocabulary) -> list[SiteName]:
    """
    Return the names of JLAC10 analytes that no concept of the vocabulary has (kind `jlac10`).

    Left out are analytes that a concept stands for, and names that the vocabulary knows. Each folded name
    once, in the table's order.
    """
    held = {analyte for concept in vocabulary.concepts for analyte in concept.analytes}
    seen = {fold(name.text) for name in vocabulary.names}
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
        raise MasterFileError(
            f"{path}: is of no known layout: no sheet has a header row with JLAC11コード and FHIR項目名称 "
            "(EHR-sharing master), 測定物コード and 材料コード (list of 17-digit codes), or "
            "分析物コード and 分析物名(1) (JLAC10 analytes)"
        )
    same = [candidate for candidate in found if candidate.layout == found[0].layout]
    chosen = max(same, key=lambda candidate: _month(candidate.sheet.name))  # max keeps the first of equals
    imported = read_found(chosen)
    others = tuple(candidate.sheet.name for candidate in found if candidate is not chosen)
    return ImportedMaster(
        layout=imported.layout, rows=imported.rows, notes=imported.notes, analytes=imported.analytes,
        sheet=imported.sheet, other_sheets=others, rows_read=imported.rows_read,
    )  # fmt: skip


def _month(sheet_name: str) -> tuple[int, int]:
    """Return year and month of a sheet's name, (0, 0) where it names none."""
    match = _MONTH.search(sheet_name)
    if not match:
        return 0, 0
    return int(match[1] or match[3]), int(match[2] or match[4])


def _prefixed(path: Path, error: MasterFileError) -> str:
    text = str(error)
    return text if text.startswith(str(path)) else f"{path}: {text}"
