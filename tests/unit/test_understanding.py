"""How a list would be read, before it is: sheets, headings, fields, samples, rows without an answer."""

from pathlib import Path

import openpyxl
import pytest

from jlac_mapper.errors import InputError
from jlac_mapper.field_limits import FIELD_LIMITS
from jlac_mapper.tables.understanding import (
    LONGEST_SAMPLE,
    PROBLEMS_SHOWN,
    Choice,
    RowProblem,
    SheetSeen,
    as_json,
    read_chosen,
    understand,
)

LIST = "検査一覧,,\n項目コード,項目名称,備考\n1,AST,至急\n2,ALT,至急\n3,,x\n,,\n4,TP,\n"


def text_file(folder: Path, content: str | bytes, name: str = "list.csv") -> Path:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode("cp932"))
    return file


def workbook(folder: Path) -> Path:
    made = openpyxl.Workbook()
    cover, tests, other = made.active, made.create_sheet("項目"), made.create_sheet("旧項目")
    cover.title = "表紙"
    cover.append(["株式会社"])
    for sheet, name in ((tests, "AST"), (other, "ALT")):
        sheet.append(["項目名称", "単位"])
        sheet.append([name, "U/L"])
    made.save(folder / "list.xlsx")
    return folder / "list.xlsx"


def test_a_text_file_is_understood_with_its_columns_samples_and_rows(tmp_path: Path) -> None:
    seen = understand(text_file(tmp_path, LIST))
    assert (seen.encoding, seen.delimiter, seen.header, seen.rows) == ("cp932", ",", 1, 5)
    assert [(c.heading, c.field, c.samples) for c in seen.columns] == [
        ("項目コード", "local_code", ("1", "2", "3")),
        ("項目名称", "name", ("AST", "ALT", "TP")),
        ("備考", "", ("至急", "x")),
    ]
    assert (seen.sheets, seen.has_names) == ((), True)
    assert [(p.row, p.problem, p.text) for p in seen.problems] == [
        (3, RowProblem.NO_NAME, "3 | x"),
        (4, RowProblem.EMPTY, ""),
    ]


def test_every_way_in_which_a_row_cannot_be_read_is_told_apart(tmp_path: Path) -> None:
    long = "x" * (FIELD_LIMITS["unit"] + 1)
    content = f"項目名称,単位\nAST,{long}\nALT,U/L\n".encode() + b'\xff,U/L\nTP,"g/dL\n'
    seen = understand(text_file(tmp_path, content))
    assert [(p.row, p.problem, p.field) for p in seen.problems] == [
        (1, RowProblem.TOO_LONG, "unit"),
        (3, RowProblem.UNREADABLE, ""),
        (4, RowProblem.UNCLOSED_QUOTE, ""),
    ]
    assert seen.problems[0].text == f"AST | {'x' * LONGEST_SAMPLE}…"


def test_the_first_rows_without_an_answer_are_named_and_all_are_counted(tmp_path: Path) -> None:
    seen = understand(text_file(tmp_path, "項目名称,単位\n" + ",U/L\n" * (PROBLEMS_SHOWN + 5)))
    assert (len(seen.problems), seen.problem_count) == (PROBLEMS_SHOWN, PROBLEMS_SHOWN + 5)


def test_every_sheet_is_named_and_another_one_can_be_chosen(tmp_path: Path) -> None:
    file = workbook(tmp_path)
    seen = understand(file)
    assert seen.sheets == (SheetSeen("表紙", False), SheetSeen("項目", True), SheetSeen("旧項目", True))
    assert (seen.sheet, seen.columns[0].samples) == (1, ("AST",))
    assert understand(file, Choice(sheet=2)).columns[0].samples == ("ALT",)
    assert [test.name for test in read_chosen(file, Choice(sheet=2)).tests] == ["ALT"]
    cover = understand(file, Choice(sheet=0))
    assert (cover.has_names, [c.heading for c in cover.columns]) == (False, ["株式会社"])


def test_headings_that_are_not_known_are_given_their_fields_by_a_person(tmp_path: Path) -> None:
    file = text_file(tmp_path, "あ,い\nAST,U/L\n")
    assert not understand(file).has_names
    with pytest.raises(InputError, match="no name column"):
        read_chosen(file, Choice())
    choice = Choice(fields={"name": 0, "unit": 1})
    assert [c.field for c in understand(file, choice).columns] == ["name", "unit"]
    [test] = read_chosen(file, choice).tests
    assert (test.name, test.unit) == ("AST", "U/L")


def test_another_row_can_hold_the_headings(tmp_path: Path) -> None:
    file = text_file(tmp_path, "あ,い\n項目名称,項目名称\nAST,x\n")
    assert understand(file).header == 1
    seen = understand(file, Choice(header=0))
    assert ([c.heading for c in seen.columns], seen.rows) == (["あ", "い"], 2)


@pytest.mark.parametrize("choice", [Choice(sheet=9), Choice(header=99), Choice(sheet=-1, header=-1)])
def test_a_place_that_is_not_there_is_left_to_the_program(tmp_path: Path, choice: Choice) -> None:
    file = workbook(tmp_path)
    assert understand(file, choice) == understand(file)


def test_a_column_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has 3 columns"):
        understand(text_file(tmp_path, LIST), Choice(fields={"name": 3}))


def test_a_file_without_a_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        understand(text_file(tmp_path, ""))


def test_a_file_of_one_line_has_no_rows(tmp_path: Path) -> None:
    seen = understand(text_file(tmp_path, "項目名称\n"))
    assert (seen.rows, seen.columns[0].samples) == (0, ())


def test_programs_read_the_same_with_rows_and_sheets_from_one(tmp_path: Path) -> None:
    found = as_json(understand(workbook(tmp_path)))
    assert (found["sheet"], found["header_row"], found["rows"]) == (2, 1, 1)
    assert found["columns"] == [
        {"heading": "項目名称", "field": "name", "samples": ["AST"]},
        {"heading": "単位", "field": "unit", "samples": ["U/L"]},
    ]
