"""An export with every column of the list: in place, unchanged, then the results."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import openpyxl

from jlac_mapper.exports.input_columns import InputColumns
from jlac_mapper.exports.lis import csv_bytes, xlsx_bytes
from jlac_mapper.exports.templates import default_template, read_template, whole_template
from jlac_mapper.tables.cells import REVIEW_COLUMNS
from jlac_mapper.tables.run import read_list
from jlac_mapper.tables.whole import ListColumn
from tests.support.review_items import AST, item

COLUMNS = (
    ListColumn("No."),
    ListColumn("検査名", "name"),
    ListColumn("備考"),
    ListColumn("備考"),
    ListColumn(""),
)
ROW = replace(item(), cells=("007", " AST ", "=1+1", "至急\n可", "x"))
SHORT = replace(item(2), cells=("8",))
WHOLE = whole_template(default_template())


def names(_code: str) -> str:
    return "AST"


def decoded(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_every_column_stands_in_place_before_the_results() -> None:
    head, first, second = decoded(csv_bytes([ROW, SHORT], names, WHOLE, InputColumns({3: COLUMNS})))
    assert head == ["No.", "検査名", "備考", "備考", "", *REVIEW_COLUMNS]
    assert first[:5] == ["007", " AST ", "'=1+1", "至急\n可", "x"]
    assert second[:5] == ["8", "", "", "", ""]
    assert first[5] == second[5] == AST


def test_a_workbook_holds_the_same_cells_as_texts() -> None:
    content = xlsx_bytes([ROW], names, WHOLE, InputColumns({3: COLUMNS}))
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [cell.value for cell in sheet[2]][:5] == list(ROW.cells)
    assert {cell.data_type for cell in sheet[2] if cell.value} == {"s"}


def test_what_is_written_reads_back_as_the_list_that_came(tmp_path: Path) -> None:
    file = tmp_path / "h1.csv"
    file.write_bytes(csv_bytes([ROW, SHORT], names, WHOLE, InputColumns({3: COLUMNS})))
    read = read_list(file)
    assert read.columns[:5] == COLUMNS
    assert read.cells[0][:5] == ROW.cells
    assert [test.name for test in read.tests] == [" AST ", ""]


def test_equal_headings_of_several_lists_are_one_column() -> None:
    other = replace(item(1, name="CK"), run=4, cells=("a", "b", "c"))
    given = InputColumns(
        {3: COLUMNS, 4: (ListColumn("備考"), ListColumn("検査名", "name"), ListColumn("病棟"))}
    )
    assert given.headings == ("No.", "検査名", "備考", "備考", "", "病棟")
    assert given.cells(ROW) == [*ROW.cells, ""]
    assert given.cells(other) == ["", "b", "a", "", "", "c"]


def test_a_list_whose_columns_were_not_kept_has_those_that_were_read() -> None:
    old = item(1, unit="U/L")
    head, row = decoded(csv_bytes([old], names, WHOLE, InputColumns({3: ()})))
    assert head == [column.header for column in default_template().columns]
    assert row == decoded(csv_bytes([old], names, default_template()))[1]


def test_a_facilitys_template_takes_every_column_where_it_says_so(tmp_path: Path) -> None:
    file = tmp_path / "h1.toml"
    file.write_text(
        '[[column]]\nheader = "体系"\ntext = "JLAC11"\n[[column]]\nfield = "*"\n'
        '[[column]]\nheader = "コード"\nfield = "jlac11"\n',
        encoding="utf-8",
    )
    head, row = decoded(csv_bytes([ROW], names, read_template(file), InputColumns({3: COLUMNS})))
    assert head == ["体系", "No.", "検査名", "備考", "備考", "", "コード"]
    assert (row[0], row[1], row[-1]) == ("JLAC11", "007", AST)
