"""The sheet layouts, each found by its header names."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice

from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.import_elements import LAYOUT as ELEMENTS
from jlac_mapper.master.import_elements import element_columns, read_elements
from jlac_mapper.master.import_files import Sheet
from jlac_mapper.master.import_headers import HEADER_SEARCH_ROWS, Columns, Found, cell, header_key, rows_below
from jlac_mapper.master.import_rows import CODE_MALFORMED, CODE_MISSING, Analyte, ImportedMaster, RowCollector
from jlac_mapper.master.import_society import society_columns, society_row
from jlac_mapper.text import clean

EHR = "ehr-share-"
"""How the layouts of the EHR-sharing master begin: the year follows."""
SOCIETY = "jlac11-society"
ANALYTES = "jlac10-analytes"

# Field -> headers that hold it, the preferred one first.
# 2026 adds a second unit of each kind, which says the same in another way.
_EHR_HEADERS: Mapping[str, tuple[str, ...]] = {
    "code": ("JLAC11コード", "JLAC11コード(17桁)", "JLAC11"),
    "name": ("FHIR項目名称", "項目名称"),
    "abbreviation": ("略称",),
    "product": ("販売名称", "販売名"),
    "specimen_name": ("材料(JLAC11)",),
    "method_name": ("測定法(JLAC11)",),
    "unit_name": ("表示用単位", "単位", "XML用単位", "表示用単位2", "XML用単位2"),
    "sort_order": ("並び順",),
    "jlac10": ("JLAC10コード",),
    "valid_from": ("適用開始日",),
    "valid_to": ("適用終了日",),
    "successor": ("後継コード", "変更後コード", "後継JLAC11コード"),
}
_METHOD_BRACKET = re.compile(r"\((?:[^()]*法)\)$")


def find_layout(sheet: Sheet) -> Found | None:
    """
    Return the layout of a sheet, None where no row among the first ones is a known header.

    Raises:
        MasterFileError: A known table that cannot be imported as it is.
    """
    above: Sequence[str] = ()
    for number, cells in islice(sheet.rows(), HEADER_SEARCH_ROWS):
        keys = [header_key(text) for text in cells]
        if columns := _ehr_columns(keys):
            return Found(_ehr_layout(keys), sheet, number, columns)
        if columns := society_columns(sheet.name, cells, above):
            return Found(SOCIETY, sheet, number, columns)
        if columns := _analyte_columns(keys):
            return Found(ANALYTES, sheet, number, columns)
        if {header_key("変更区分"), header_key("削除理由")} <= set(keys):
            raise MasterFileError(
                f"sheet {sheet.name!r} is the table of old and new codes; it lists no edition: import the "
                "master itself, and give this table to jlac-mapper master diff --old-new-table"
            )
        if columns := element_columns(sheet.name, cells):
            return Found(ELEMENTS, sheet, number, columns)
        above = cells
    return None


def read_found(found: Sequence[Found]) -> ImportedMaster:
    """Read the rows below recognised headers of one family of layouts, on one or more sheets."""
    if found[0].layout == ANALYTES:
        return _read_analytes(found[0])
    collector = RowCollector()
    for each in found:
        collector.sheet = each.sheet.name
        if each.layout == ELEMENTS:
            read_elements(collector, each)
            continue
        read = society_row if each.layout == SOCIETY else _ehr_row
        for number, cells in rows_below(each):
            collector.rows_read += 1
            read(collector, each.columns, number, cells)
    return collector.finish(found[0].layout, ", ".join(each.sheet.name for each in found))


# --- the EHR-sharing master, 2024 to 2026 layouts --------------------------------------------------


def _ehr_layout(keys: Sequence[str]) -> str:
    """Tell the 22 columns of 2024, the 30 of 2025 and the 32 of 2026 by the units they hold."""
    if header_key("表示用単位2") in keys:
        return f"{EHR}2026"
    return f"{EHR}2025" if header_key("表示用単位") in keys else f"{EHR}2024"


def _ehr_columns(keys: Sequence[str]) -> dict[str, tuple[int, ...]] | None:
    columns = {
        name: tuple(keys.index(header_key(header)) for header in headers if header_key(header) in keys)
        for name, headers in _EHR_HEADERS.items()
    }
    return columns if columns["code"] and columns["name"] else None


def _ehr_row(collector: RowCollector, columns: Columns, number: int, cells: Sequence[str]) -> None:
    texts = {name: cell(cells, columns, name) for name in _EHR_HEADERS if name != "code"}
    collector.add(number, cell(cells, columns, "code"), **texts)


# --- the JLAC10 analyte table ----------------------------------------------------------------------


def _analyte_columns(keys: Sequence[str]) -> dict[str, tuple[int, ...]] | None:
    code, first_name = header_key("分析物コード"), header_key("分析物名(1)")
    if code not in keys or first_name not in keys:
        return None
    names = [i for i, key in enumerate(keys) if key.startswith(header_key("分析物名"))]
    return {"code": (keys.index(code),), "names": tuple(names)}


def _read_analytes(found: Found) -> ImportedMaster:
    """Keep withdrawn analytes as well: hospitals go on using their names."""
    collector = RowCollector(sheet=found.sheet.name)
    analytes = []
    for number, cells in rows_below(found):
        collector.rows_read += 1
        code = clean(cell(cells, found.columns, "code"))
        names = [
            # A method in brackets is dropped; a specimen such as [尿] makes another test and stays.
            _METHOD_BRACKET.sub("", clean(cells[column])).strip()
            for column in found.columns["names"]
            if column < len(cells)
        ]
        kept = tuple(dict.fromkeys(name for name in names if name))
        if re.fullmatch(r"[0-9][0-9A-Z][0-9A-Z]{3}", code) and kept:
            analytes.append(Analyte(code, kept))
        else:
            kind = CODE_MALFORMED if code and kept else CODE_MISSING
            collector.skip(number, kind, f"{code} {' '.join(kept)}".strip())
    imported = collector.finish(found.layout, found.sheet.name)
    return ImportedMaster(
        imported.layout,
        notes=imported.notes,
        analytes=tuple(analytes),
        sheet=imported.sheet,
        rows_read=imported.rows_read,
    )
