"""The hospital's table, as CSV and XLSX: rows in the list's order, columns as the template says."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from jlac_mapper.exports.fields import Names, value
from jlac_mapper.exports.input_columns import InputColumns
from jlac_mapper.exports.templates import EVERY_COLUMN, Column, Template
from jlac_mapper.review.model import Item
from jlac_mapper.tables.cells import guarded_csv, xlsx_text

_NONE_KEPT = InputColumns({})


def rows(items: Iterable[Item], names: Names, template: Template, given: InputColumns) -> Iterator[list[str]]:
    """Yield the header, then a row an item that the template takes; *given* are its list's own columns."""

    def cells(column: Column, item: Item) -> Sequence[str]:
        if column.field == EVERY_COLUMN:
            return given.cells(item)
        return (value(item, column.field, names, no_code=template.no_code) if column.field else column.text,)

    headings = ((c.header,) if c.field != EVERY_COLUMN else given.headings for c in template.columns)
    yield [*chain.from_iterable(headings)]
    for item in items:
        if not template.only or item.standing.state in template.only:
            yield [*chain.from_iterable(cells(column, item) for column in template.columns)]


def csv_bytes(
    items: Iterable[Item], names: Names, template: Template, given: InputColumns = _NONE_KEPT
) -> bytes:
    """
    Return the table as CSV with CRLF line ends.

    Cells that a spreadsheet could run are guarded (see `tables.cells`). Characters that cp932 lacks are
    written as &#NNNN;.
    """
    table = rows(items, names, template, given)
    return guarded_csv(table, delimiter=template.delimiter, encoding=template.encoding)


def xlsx_bytes(
    items: Iterable[Item], names: Names, template: Template, given: InputColumns = _NONE_KEPT
) -> bytes:
    """Return the table as a workbook of one sheet; every cell is a text."""
    import openpyxl  # heavy, and only needed here

    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("jlac11")
    sheet.freeze_panes = "A2"
    for cells in rows(items, names, template, given):
        sheet.append([xlsx_text(sheet, cell) for cell in cells])
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()
