"""The hospital's table: layouts, formulas, encodings, and reading it back."""

import csv
import io
from pathlib import Path

import openpyxl
import pytest

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import InputError
from jlac_mapper.exports.fields import INPUT_FIELDS, RESULT_FIELDS, value
from jlac_mapper.exports.lis import csv_bytes, xlsx_bytes
from jlac_mapper.exports.templates import Column, Template, default_template, facility_template, read_template
from jlac_mapper.review.model import Item, ItemState
from jlac_mapper.tables.headings import recognise
from jlac_mapper.tables.run import local_test
from jlac_mapper.tables.table import open_table
from tests.support.review_items import ALT, AST, item, uncodable

NASTY = (
    '=HYPERLINK("x")',
    "+cmd",
    "@SUM(1)",
    "-1+1",
    "'=1",
    "\tTAB",
    "<b>太郎</b>",
    'a"b,c',
    "行\n折返",
    "０１",
)


def names(code: str) -> str:
    return {AST: "AST", ALT: "ALT"}.get(code, "")


def nasty() -> list[Item]:
    return [
        item(row, name=text, local_code=text, unit=text, specimen=text, reagent=text)
        for row, text in enumerate(NASTY, start=1)
    ]


def decoded(content: bytes, encoding: str = "utf-8-sig") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))


def test_the_default_layout_holds_the_row_as_it_came_and_the_answer() -> None:
    rows = decoded(csv_bytes([item(unit="U/L", specimen="血清")], names, default_template()))
    found = dict(zip(rows[0], rows[1], strict=True))
    assert (found["項目コード"], found["項目名称"], found["材料"], found["単位"]) == (
        "001",
        "AST(GOT)",
        "血清",
        "U/L",
    )
    assert (found["JLAC11コード"], found["標準名称"], found["状態"]) == (AST, "AST", "final")
    assert (found["理由"], found["回答者"]) == ("EXACT_NAME", "hanako")


def test_every_header_of_the_default_layout_is_read_as_the_field_it_holds_and_the_answer_as_none() -> None:
    columns = default_template().columns
    recognised = recognise([column.header for column in columns])
    assert {columns[index].field: field for field, index in recognised.items()} == {
        f: f for f in INPUT_FIELDS
    }


@pytest.mark.parametrize(
    ("written", "expected"), [("", UNCODABLE), ('no_code = ""', ""), ('no_code = "なし"', "なし")]
)
def test_a_row_without_a_code_holds_what_the_template_says_and_seventeen_nines_without_it(
    tmp_path: Path, written: str, expected: str
) -> None:
    file = tmp_path / "h1.toml"
    columns = "".join(
        f'[[column]]\nheader = "{field}"\nfield = "{field}"\n'
        for field in ("jlac11", "jlac11_hyphenated", "jlac11_unit", "standard_name")
    )
    file.write_text(f"{written}\n{columns}", encoding="utf-8")
    rows = decoded(csv_bytes([uncodable(1), item(2)], names, read_template(file)))
    assert rows[1] == [expected, expected, "", ""]
    assert rows[2][0] == AST


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_what_was_exported_reads_back_as_the_very_rows(tmp_path: Path, suffix: str) -> None:
    write = csv_bytes if suffix == ".csv" else xlsx_bytes
    file = tmp_path / f"export{suffix}"
    file.write_bytes(write(nasty(), names, default_template()))
    table = open_table(file)
    assert [local_test(row, table.columns) for row in table.rows()] == [given.test for given in nasty()]


def test_no_cell_of_a_csv_begins_as_a_formula() -> None:
    cells = [cell for row in decoded(csv_bytes(nasty(), names, default_template())) for cell in row]
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
    assert '\'=HYPERLINK("x")' in cells


def test_a_fixed_text_and_a_header_of_a_layout_cannot_become_formulas_either() -> None:
    template = Template((Column("=1+1", "name"), Column("fixed", text="@x")))
    assert decoded(csv_bytes([item(name="AST")], names, template)) == [["'=1+1", "fixed"], ["AST", "'@x"]]


def test_every_cell_of_a_workbook_is_a_text() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(nasty(), names, default_template()))).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}


def test_elements_and_hyphens_can_be_columns_of_their_own() -> None:
    template = Template(
        (*(Column(f, f) for f in RESULT_FIELDS if f.startswith("jlac11")), Column("運用", text="院内"))
    )
    rows = decoded(csv_bytes([item(), uncodable(2), item(3, state=ItemState.PROPOSED)], names, template))
    assert rows[1] == [AST, "C2008-0000-250-000-F7", "C2008", "0000", "250", "000", "F7", "院内"]
    assert rows[2] == [UNCODABLE, UNCODABLE, "", "", "", "", "", "院内"]
    assert rows[3] == ["", "", "", "", "", "", "", "院内"]


def test_every_field_has_a_value_and_another_one_has_none() -> None:
    assert all(isinstance(value(item(), field, names), str) for field in (*INPUT_FIELDS, *RESULT_FIELDS))
    with pytest.raises(KeyError):
        value(item(), "jlac11_colour", names)


def test_a_template_is_read_from_toml(tmp_path: Path) -> None:
    file = tmp_path / "h1.toml"
    file.write_text(
        'encoding = "cp932"\ndelimiter = "\\t"\nonly = ["final"]\n[[column]]\nheader = "検査コード"\n'
        'field = "local_code"\n[[column]]\nheader = "名称"\nfield = "name"\n',
        encoding="utf-8",
    )
    template = facility_template(str(tmp_path), "h1")
    rows = [item(name="AST①𠮷"), item(2, state=ItemState.ACCEPTED)]
    assert csv_bytes(rows, names, template).decode("cp932") == "検査コード\t名称\r\n001\tAST①&#134071;\r\n"
    assert facility_template(str(tmp_path), "h2") == default_template()
    assert facility_template("", "h1") == default_template()


def test_a_facility_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "h1.toml").write_text("no template")
    assert facility_template(str(tmp_path / "x"), "../h1") == default_template()


def test_a_template_in_json_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "t.json"
    file.write_text('{"column": [{"header": "c", "field": "jlac11"}]}')
    assert read_template(file) == Template((Column("c", "jlac11"),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("column = 1", "has no column"),
        ("[[column]]\nheader = 'a'", "either a field or a text"),
        ("[[column]]\nheader = 'a'\nfield = 'nmae'", "unknown field 'nmae'"),
        ("[[column]]\nheader = 'a'\nfield = ''", "unknown field ''"),
        ("[[column]]\nheader = 'a'\nfeild = 'name'", "unknown key 'feild'"),
        ("encoding = 'utf-16'\n[[column]]\nheader = 'a'\nfield = 'name'", "encoding = 'utf-16'"),
        ("only = ['done']\n[[column]]\nheader = 'a'\nfield = 'name'", "only = 'done'"),
        ("only = 3\n[[column]]\nheader = 'a'\nfield = 'name'", "no list of states"),
        ("[[column]]\nheader = 3\nfield = 'name'", "header = 3 is no text"),
        ("[[column", "is no TOML or JSON"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "t.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"t\.toml: ") as refusal:
        read_template(file)
    assert said in str(refusal.value)
