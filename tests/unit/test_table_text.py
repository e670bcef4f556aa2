"""Delimited text as hospitals save it: encodings, line ends, damage."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jlac_mapper.errors import InputError
from jlac_mapper.tables.table import open_table
from jlac_mapper.tables.text import UNCLOSED_QUOTE, UNREADABLE, TextSource, detect_encoding

TEXT = "項目コード,検査名,単位\r\n001,ｱﾙﾌﾞﾐﾝ,g/dL\r\n002,総蛋白,g/dL\r\n"


def rows_of(path: Path) -> list[tuple[str, ...]]:
    return [row.cells for row in open_table(path).rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encoding_and_separator_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(TEXT.replace(",", delimiter).encode(encoding))
    assert detect_encoding(path) == encoding
    assert rows_of(path) == [("001", "ｱﾙﾌﾞﾐﾝ", "g/dL"), ("002", "総蛋白", "g/dL")]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(tmp_path: Path, line_end: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(TEXT.replace("\r\n", line_end).encode("cp932"))
    assert rows_of(path) == [("001", "ｱﾙﾌﾞﾐﾝ", "g/dL"), ("002", "総蛋白", "g/dL")]


def test_a_cp932_row_in_a_utf8_file_is_a_damaged_row_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("検査名\n総蛋白\n".encode() + "尿素窒素\n".encode("cp932") + "血糖\n".encode())
    good, bad, last = open_table(path).rows()
    assert (good.cells, good.problem, last.cells, last.problem) == (("総蛋白",), "", ("血糖",), "")
    assert bad.problem == UNREADABLE
    assert bad.cells[0].startswith("\\x94")


def test_a_utf8_row_in_a_cp932_file_is_damage_of_one_row(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    lines = ["検査名", "総蛋白", "尿素窒素", "血糖"]
    path.write_bytes("\n".join(lines).encode("cp932") + b"\n\xff\xff\n")
    assert [bool(row.problem) for row in open_table(path).rows()] == [False, False, False, True]


def test_a_file_that_is_mostly_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"name\n" + b"\xff\xfd\x80\n" * 5)
    with pytest.raises(InputError, match="neither UTF-8 nor cp932"):
        open_table(path)


def test_damaged_utf16_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes("name\nAST\n".encode("utf-16") + b"\x00")
    with pytest.raises(InputError, match="UTF-16"):
        open_table(path)


def test_quoted_newlines_quotation_marks_and_separators_stay_in_their_cell(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text('name,unit\n"a\nb ""c"", d",x\r\n"r\rs",y\n', "utf-8", newline="")
    assert rows_of(path) == [('a\nb "c", d', "x"), ("r\rs", "y")]


def test_ragged_and_empty_lines_are_rows(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,unit\nAST\n\nALT,U/L,extra,more\n,\n", "utf-8")
    table = open_table(path)
    assert [row.cells for row in table.rows()] == [("AST",), (), ("ALT", "U/L", "extra", "more"), ("", "")]
    assert table.header == ("name", "unit", "", "")
    assert table.row_count == 4


def test_rows_are_streamed_from_any_place(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("title\n\nname,unit\n" + "".join(f"n{i},u\n" for i in range(5)), "utf-8")
    assert [row.cells[0] for row in open_table(path).rows(skip=3)] == ["n3", "n4"]


def test_a_nul_byte_stays_in_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"name,unit\nA\x00ST,U/L\nALT,U/L\n")
    assert rows_of(path) == [("A\x00ST", "U/L"), ("ALT", "U/L")]


def test_a_cell_longer_than_the_limit_of_the_csv_module_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,unit\n" + "A" * 300_000 + ",U/L\n", "utf-8")
    assert [len(row[0]) for row in rows_of(path)] == [300_000]


@pytest.mark.parametrize("following", [2, 1500])
def test_a_quotation_mark_that_is_never_closed_damages_its_own_row_only(
    tmp_path: Path, following: int
) -> None:
    path = tmp_path / "list.csv"
    path.write_text('name,unit\nAST,U/L\n"ALT,U/L\n' + "LD,U/L\n" * following, "utf-8")
    rows = list(open_table(path).rows())
    assert [row.problem for row in rows] == ["", UNCLOSED_QUOTE] + [""] * following
    assert rows[1].cells == ('"ALT', "U/L")
    assert {row.cells for row in rows[2:]} == {("LD", "U/L")}


def test_a_tsv_file_with_commas_in_its_cells_is_read_by_its_tabs(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_text("name\treference_range\nNa,K,Cl\t1,0-2,0\n", "utf-8")
    assert rows_of(path) == [("Na,K,Cl", "1,0-2,0")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xd0\xcf\x11\xe0rest", r"old \.xls or a password"),
        (b"PK\x03\x04rest", "no readable XLSX"),
        (
            "コード,テスト,単位\n1,AST,U/L\n".encode("cp932"),
            "columns seen: コード, テスト, 単位; .*--column name=HEADER",
        ),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "list.csv: no name column|neither"),
    ],
)
def test_an_unusable_file_is_one_clear_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        open_table(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read"):
        open_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="is a folder"):
        open_table(tmp_path)


def test_the_error_for_a_wrong_column_names_the_columns_there_are(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("検査名,単位\nAST,U/L\n", "utf-8")
    with pytest.raises(InputError, match=r"no header row with 'たんい' .*columns seen: 検査名, 単位"):
        open_table(path, {"unit": "たんい"})


@settings(max_examples=200)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_table_or_one_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "list.csv"
    path.write_bytes(b"name,unit\n" + data)
    try:
        table = open_table(path)
    except InputError:
        return
    assert len(list(table.rows())) == table.row_count


def test_every_row_of_a_source_is_given_again_on_the_next_reading(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name\nAST\n", "utf-8")
    source = TextSource(path, "utf-8", ",")
    assert list(source.rows()) == list(source.rows())
