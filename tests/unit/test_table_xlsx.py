"""Workbooks in and out."""

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from jlac_mapper.errors import InputError
from jlac_mapper.tables.job import MapJob, map_file
from jlac_mapper.tables.table import open_table
from tests.support.fakes import CodingMapper, InterruptedMapper


def workbook_at(path: Path, *sheets: list[list[object]]) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for number, rows in enumerate(sheets):
        sheet = workbook.create_sheet(f"sheet {number}")
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def test_a_title_above_the_header_blank_cells_numbers_and_dates_are_read(tmp_path: Path) -> None:
    path = workbook_at(
        tmp_path / "list.xlsx",
        [
            ["検査項目一覧", None, None],
            [],
            ["項目コード", "検査名", "単位", "基準値", None],
            [1, "AST", "U/L", 30.0, datetime(2026, 4, 1)],
            [],
            [2.5, "ALT", None, "=1+1"],
        ],
    )
    table = open_table(path)
    assert [row.cells for row in table.rows()] == [
        ("1", "AST", "U/L", "30", "2026-04-01"),
        (),
        ("2.5", "ALT", "", "=1+1"),
    ]
    assert table.header == ("項目コード", "検査名", "単位", "基準値", "")


def test_merged_cells_are_read_as_the_first_and_blanks(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet["A1"] = "生化学"
    sheet.merge_cells("A1:C1")
    sheet.append(["検査名", "材料", "単位"])
    sheet.append(["AST", "血清", "U/L"])
    sheet.append(["ALT", None, "U/L"])
    sheet.merge_cells("B3:B4")
    workbook.save(path)
    assert [row.cells for row in open_table(path).rows()] == [("AST", "血清", "U/L"), ("ALT", "", "U/L")]


def test_the_first_sheet_with_a_header_is_the_table(tmp_path: Path) -> None:
    path = workbook_at(
        tmp_path / "list.xlsx", [["説明"], ["この表は"]], [["検査名"], ["AST"]], [["検査名"], ["ALT"]]
    )
    assert [row.cells for row in open_table(path).rows()] == [("AST",)]


def test_a_workbook_without_a_header_is_refused(tmp_path: Path) -> None:
    path = workbook_at(tmp_path / "list.xlsx", [["コード", "なまえ"], [1, "AST"]])
    with pytest.raises(InputError, match="columns seen: コード, なまえ"):
        open_table(path)


def test_blank_rows_after_the_last_row_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    workbook = openpyxl.Workbook()
    workbook.active.append(["検査名"])
    workbook.active.append(["AST"])
    workbook.active.cell(row=500, column=1).number_format = "0.00"
    workbook.save(path)
    assert open_table(path).row_count == 1


def test_a_workbook_under_a_csv_name_is_read_by_its_content(tmp_path: Path) -> None:
    path = workbook_at(tmp_path / "list.xlsx", [["検査名"], ["AST"]])
    assert open_table(path.rename(tmp_path / "list.csv")).row_count == 1


def test_an_xlsx_output_holds_the_values_as_they_were_and_no_formula(tmp_path: Path) -> None:
    day = datetime(2026, 4, 1)
    values: list[list[object]] = [
        [1, "AST", 2.5, day, True],
        ["001", "=1+1", "-2+3", "@A1", "+A1"],
        ["'=1", "_x0041_", "a\x0bb", "#N/A", "line\nbreak"],
        ["x", "BROKEN", None, None, "\ttab"],
    ]
    source = tmp_path / "list.csv"
    source.write_text("placeholder", "utf-8")
    path = workbook_at(tmp_path / "list.xlsx", [["項目コード", "検査名", "a", "b", "c"]])
    # Written through the product's own sink first: openpyxl alone would turn "=1+1" into a formula.
    first = tmp_path / "first.xlsx"
    text = tmp_path / "text.csv"
    import csv

    with text.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["項目コード", "検査名", "a", "b", "c"])
        writer.writerows([["" if v is None else v for v in row] for row in values[1:]])
    map_file(MapJob(text, first), CodingMapper())
    assert [row.cells[:5] for row in open_table(first).rows()] == [
        tuple("" if v is None else str(v) for v in row) for row in values[1:]
    ]
    cells = [
        cell for row in openpyxl.load_workbook(first).active.iter_rows(min_row=2, max_col=5) for cell in row
    ]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}

    workbook = openpyxl.load_workbook(path)
    workbook.active.append(values[0])
    workbook.save(path)
    map_file(MapJob(path, tmp_path / "second.xlsx"), CodingMapper())
    row = next(openpyxl.load_workbook(tmp_path / "second.xlsx").active.iter_rows(min_row=2, values_only=True))
    assert list(row[:5]) == values[0]
    assert row[5] == "ACCEPTED"
    assert row[7] == 0.9


def test_a_cell_too_long_for_a_workbook_is_cut_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,note\nAST," + "x" * 40_000 + "\n", "utf-8")
    tally, _, _ = map_file(MapJob(path, tmp_path / "out.xlsx"), CodingMapper())
    assert tally.cut_cells == 1
    assert [len(row.cells[1]) for row in open_table(tmp_path / "out.xlsx").rows()] == [32_767]


def test_an_interrupted_xlsx_output_is_a_workbook_with_the_rows_so_far(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name\n" + "".join(f"n{i}\n" for i in range(10)), "utf-8")
    with pytest.raises(KeyboardInterrupt):
        map_file(MapJob(path, tmp_path / "out.xlsx"), InterruptedMapper("n7"), chunk_rows=3)
    assert [row.cells[0] for row in open_table(tmp_path / "out.xlsx").rows()] == [f"n{i}" for i in range(6)]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["list.csv", "out.xlsx"]
