"""The hospital's table, as CSV and XLSX: rows in the list's order, columns as the template says."""

import io
from collections.abc import Iterable, Iterator

from jlac_mapper.exports.fields import Names, value
from jlac_mapper.exports.templates import Template
from jlac_mapper.review.model import Item
from jlac_mapper.tables.cells import guarded_csv, xlsx_text


def rows(items: Iterable[Item], names: Names, template: Template) -> Iterator[list[str]]:
    """Yield the header, then a row an item that the template takes."""
    yield [column.header for column in template.columns]
    for item in items:
        if not template.only or item.standing.state in template.only:
            yield [
                value(item, column.field, names, no_code=template.no_code) if column.field else column.text
                for column in template.columns
            ]


def csv_bytes(items: Iterable[Item], names: Names, template: Template) -> bytes:
    """
    Return the table as CSV with CRLF line ends.

    Cells that a spreadsheet could run are guarded (see `tables.cells`). Characters that cp932 lacks are
    written as &#NNNN;.
    """
    table = rows(items, names, template)
    return guarded_csv(table, delimiter=template.delimiter, encoding=template.encoding)


def xlsx_bytes(items: Iterable[Item], names: Names, template: Template) -> bytes:
    """Return the table as a workbook of one sheet; every cell is a text."""
    import openpyxl  # heavy, and only needed here

    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("jlac11")
    sheet.freeze_panes = "A2"
    for cells in rows(items, names, template):
        sheet.append([xlsx_text(sheet, cell) for cell in cells])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
