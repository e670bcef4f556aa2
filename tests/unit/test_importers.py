"""The EHR-sharing master in its layouts, with the traps of the published files."""

import random
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.master.import_rows import ImportedMaster, parse_date
from jlac_mapper.master.importers import read_master
from tests.unit.master_files import HEADER_2024, HEADER_2025, HEADER_2026, cells, write_csv, write_xlsx


def read_one(path: Path, header: Sequence[str] = HEADER_2024, **changes: str) -> ListedCode:
    imported = read_master(write_csv(path / "m.csv", header, cells(header, **changes)))
    assert len(imported.rows) == 1, imported.notes
    return imported.rows[0]


def notes_of(path: Path, *rows: Sequence[str], header: Sequence[str] = HEADER_2024) -> ImportedMaster:
    return read_master(write_csv(path / "m.csv", header, *rows, cells(header)))


def test_the_2024_layout_is_read_from_a_workbook(tmp_path: Path) -> None:
    file = write_xlsx(tmp_path / "m.xlsx", ("マスター表", [HEADER_2024, cells(HEADER_2024)]))
    imported = read_master(file)
    assert (imported.layout, imported.sheet, imported.rows_read) == ("ehr-share-2024", "マスター表", 1)
    (row,) = imported.rows
    assert row.code.hyphenated == "C2008-0000-250-009-F7"
    assert (row.name, row.abbreviation, row.product) == ("AST(GOT)", "AST", "試薬")
    assert (row.specimen_name, row.unit_name, row.jlac10) == ("血清", "U/L", ("3B035000002327201",))
    assert (row.valid_from, row.valid_to, row.source) == (None, None, "official")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_the_2025_layout_is_read_from_text_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    row = cells(HEADER_2025, 適用開始日="20250716", 適用終了日="99999999")
    imported = read_master(write_csv(tmp_path / "m.csv", HEADER_2025, row, encoding=encoding))
    assert imported.layout == "ehr-share-2025"
    assert imported.rows[0].name == "AST(GOT)"
    assert imported.rows[0].valid_from == date(2025, 7, 16)
    assert imported.rows[0].valid_to is None


def test_columns_may_be_extra_and_in_any_order_and_titles_may_stand_above(tmp_path: Path) -> None:
    plain = read_master(write_csv(tmp_path / "plain.csv", HEADER_2025, cells(HEADER_2025)))
    header = [*HEADER_2025, "新しい列", "", "別の列"]
    random.Random(7).shuffle(header)
    titles = [["電子カルテ情報共有サービス マスター"], [], ["※予告なく変更されることがあります", "2026年1月"]]
    shuffled = read_master(write_csv(tmp_path / "shuffled.csv", *titles, header, cells(header)))
    assert (plain.rows[0].row, shuffled.rows[0].row) == (2, 5)
    assert [replace(row, row=2) for row in shuffled.rows] == list(plain.rows)


def test_headers_are_recognised_whatever_their_width_blanks_and_revision_dates(tmp_path: Path) -> None:
    written = {
        "FHIR項目名称": "ＦＨＩＲ 項目名称（20230823)",
        "JLAC11コード": "ＪＬＡＣ１１コード",
        "材料(JLAC11)": "材料\n（JLAC11）",
    }
    header = [written.get(heading, heading) for heading in HEADER_2024]
    row = read_master(write_csv(tmp_path / "m.csv", header, cells(HEADER_2024))).rows[0]
    assert (row.name, row.specimen_name) == ("AST(GOT)", "血清")


def test_of_sheets_named_by_month_the_latest_is_read_and_the_others_are_told(tmp_path: Path) -> None:
    sheets = [
        (title, [HEADER_2025, cells(HEADER_2025, 販売名称=title)])
        for title in ("2025年12月", "2026年2月", "2026年01月")
    ]
    imported = read_master(write_xlsx(tmp_path / "m.xlsx", ("説明", [["はじめに"]]), *sheets))
    assert imported.sheet == "2026年2月"
    assert imported.rows[0].product == "2026年2月"
    assert imported.other_sheets == ("説明", "2025年12月", "2026年01月")


def test_every_sheet_with_the_header_is_read_and_each_code_tells_its_sheet_and_row(tmp_path: Path) -> None:
    blood_group = cells(HEADER_2026, JLAC11コード="K1001000021100004", FHIR項目名称="血液型(ABO)")
    again = cells(HEADER_2026, 並び順="7")
    file = write_xlsx(
        tmp_path / "m.xlsx",
        ("説明", [["はじめに"]]),
        ("2026年8月", [HEADER_2026, cells(HEADER_2026, 並び順="100")]),
        ("免疫血液学的検査ABO、Rh", [["注意"], HEADER_2026, blood_group, again]),
        ("2026年7月", [HEADER_2026, cells(HEADER_2026, JLAC11コード="C20080000250001F7")]),
    )
    imported = read_master(file)
    assert imported.layout == "ehr-share-2026"
    assert imported.sheet == "2026年8月, 免疫血液学的検査ABO、Rh"
    assert imported.other_sheets == ("説明", "2026年7月")
    assert imported.rows_read == 3
    assert [(str(row.code), row.sheet, row.row) for row in imported.rows] == [
        ("C20080000250009F7", "2026年8月", 2),
        ("K1001000021100004", "免疫血液学的検査ABO、Rh", 3),
    ]
    (note,) = imported.notes
    assert (note.kind, note.sheet, note.row) == ("duplicate-across-sheets", "免疫血液学的検査ABO、Rh", 4)
    assert note.found == "first on sheet 2026年8月, row 2"
    assert "sort order 100 / 7" in note.text


def test_a_sheet_with_other_columns_is_not_read_as_the_master(tmp_path: Path) -> None:
    log = [["FHIR項目名称", "JLAC11コード", "変更内容"], ["AST(GOT)", "C20080000250001F7", "廃止"]]
    file = write_xlsx(tmp_path / "m.xlsx", ("変更履歴", log), ("一覧", [HEADER_2026, cells(HEADER_2026)]))
    imported = read_master(file)
    assert [str(row.code) for row in imported.rows] == ["C20080000250009F7"]
    assert imported.other_sheets == ("変更履歴",)


def test_a_row_keeps_its_method_name_and_its_place_in_the_order(tmp_path: Path) -> None:
    row = read_one(tmp_path, HEADER_2026, 並び順="100", **{"測定法(JLAC11)": "紫外吸光光度法_試薬"})
    assert (row.method_name, row.sort_order, row.sheet, row.row) == ("紫外吸光光度法_試薬", "100", "", 2)


def test_a_sheet_whose_declared_size_is_wrong_is_read_to_its_end(tmp_path: Path) -> None:
    rows = [cells(HEADER_2024, JLAC11コード=f"C20080000250{i:03}F7") for i in range(1, 51)]
    file = write_xlsx(tmp_path / "m.xlsx", ("表", [HEADER_2024, *rows]))
    wrong = tmp_path / "wrong.xlsx"
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(wrong, "w") as target:
        for entry in source.namelist():
            content = source.read(entry)
            if entry.endswith("sheet1.xml"):
                assert b'<dimension ref="A1:K51"' in content
                content = content.replace(b'ref="A1:K51"', b'ref="A1:B2"')
            target.writestr(entry, content)
    assert len(read_master(wrong).rows) == 50


def test_numbers_and_dates_of_a_workbook_are_read_as_the_text_they_stand_for(tmp_path: Path) -> None:
    row: list[Any] = cells(HEADER_2025)
    row[HEADER_2025.index("適用開始日")] = 20250716
    row[HEADER_2025.index("適用終了日")] = date(2026, 3, 31)
    imported = read_master(write_xlsx(tmp_path / "m.xlsx", ("表", [HEADER_2025, row])))
    assert imported.rows[0].valid_from == date(2025, 7, 16)
    assert imported.rows[0].valid_to == date(2026, 3, 31)


def test_the_codes_come_in_ascending_order(tmp_path: Path) -> None:
    codes = ["V20100000250001" + "02", "C20080000250009F7", "C20080000240009F7"]
    rows = [cells(HEADER_2024, JLAC11コード=code) for code in codes]
    imported = read_master(write_csv(tmp_path / "m.csv", HEADER_2024, *rows))
    assert [str(row.code) for row in imported.rows] == sorted(codes)


# --- the traps of the published files -------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "written", "attribute", "cleaned"),
    [
        ("単位", "U/L            ", "unit_name", "U/L"),
        ("単位", "定性･判定", "unit_name", "定性・判定"),
        ("FHIR項目名称", "尿蛋⽩(定性)", "name", "尿蛋白(定性)"),
        ("FHIR項目名称", "⾎液型(ABO)", "name", "血液型(ABO)"),
        ("FHIR項目名称", "カリウム(\u212a)", "name", "カリウム(K)"),
        ("FHIR項目名称", "アミラ－ゼ(AMY)", "name", "アミラーゼ(AMY)"),
        ("販売名称", "ビトロス\u3000スライドTP", "product", "ビトロス スライドTP"),
        ("販売名称", "ＴＰ試薬･Ａ&ENTER;改良", "product", "TP試薬・A 改良"),
        ("材料(JLAC11)", "全血（毛細管血）", "specimen_name", "全血(毛細管血)"),
    ],
)
def test_a_text_is_cleaned(tmp_path: Path, column: str, written: str, attribute: str, cleaned: str) -> None:
    assert getattr(read_one(tmp_path, **{column: written}), attribute) == cleaned


@pytest.mark.parametrize("text", ["", "00000000", "99999999", "xxxxxxxx", "XXXXXXXX", "0", " 00000000 "])
def test_a_date_without_a_day_is_open(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize("text", ["20250715", "2025-07-15", "2025/7/15", "2025年7月15日", "２０２５０７１５"])
def test_a_date_is_read_however_it_is_written(text: str) -> None:
    assert parse_date(text) == date(2025, 7, 15)


@pytest.mark.parametrize("text", ["20250732", "2025", "来年", "202507", "1"])
def test_what_is_no_date_is_never_taken_as_open(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|month|day"):
        parse_date(text)


def test_a_row_with_an_unreadable_date_is_left_out_and_noted_with_its_row_number(tmp_path: Path) -> None:
    bad = cells(HEADER_2024, JLAC11コード="C20080000250001F7", 適用終了日="20251345")
    imported = notes_of(tmp_path, bad)
    assert [str(row.code) for row in imported.rows] == ["C20080000250009F7"]
    assert [(note.row, note.kind) for note in imported.skipped] == [(2, "date-unreadable")]


def test_a_code_on_two_rows_keeps_both_jlac10_codes(tmp_path: Path) -> None:
    first = cells(HEADER_2024, JLAC10コード="5F560155002219052")
    second = cells(HEADER_2024, JLAC10コード="5F560155002219053")
    imported = read_master(write_csv(tmp_path / "m.csv", HEADER_2024, first, second, first))
    assert [row.jlac10 for row in imported.rows] == [("5F560155002219052", "5F560155002219053")]
    assert [(note.row, note.kind) for note in imported.notes] == [
        (3, "duplicate-merged"),
        (4, "duplicate-merged"),
    ]
    assert imported.skipped == ()


def test_a_code_that_ended_on_one_row_and_is_open_on_another_is_open(tmp_path: Path) -> None:
    ended = cells(HEADER_2024, 適用開始日="20240101", 適用終了日="20250715")
    started = cells(HEADER_2024, 適用開始日="20250716", 適用終了日="99999999")
    (row,) = read_master(write_csv(tmp_path / "m.csv", HEADER_2024, ended, started)).rows
    assert (row.valid_from, row.valid_to) == (date(2024, 1, 1), None)


@pytest.mark.parametrize(
    ("code", "jlac10", "kind"),
    [
        ("", "3B035000002327201", "jlac10-only"),
        ("－", "3B035000002327201", "jlac10-only"),
        ("", "", "code-missing"),
        ("C2008000025000", "", "code-length"),
        ("I2008000025000" + "9F7", "", "code-alphabet"),
        ("C20080000250009F77", "", "code-length"),
        ("C2008O000250009F7", "", "code-alphabet"),
        ("9" * 17, "", "code-dummy"),
        ("xxxxxxxxxxxxxxxxx", "3B035000002327201", "code-dummy"),
        ("3B035000002327201", "", "code-jlac10"),
    ],
)
def test_a_row_without_a_usable_code_is_skipped_with_its_reason(
    tmp_path: Path, code: str, jlac10: str, kind: str
) -> None:
    imported = notes_of(tmp_path, cells(HEADER_2024, JLAC11コード=code, JLAC10コード=jlac10))
    assert len(imported.rows) == 1
    assert [(note.row, note.kind) for note in imported.skipped] == [(2, kind)]
    assert imported.note_counts == {kind: 1}


def test_a_name_of_the_other_family_is_kept_as_the_file_gives_it(tmp_path: Path) -> None:
    row = read_one(
        tmp_path, JLAC11コード="V20110002250008" + "34", FHIR項目名称="HBs抗原(陽性コントロール比)"
    )
    assert (row.code.measurand, row.name) == ("V2011", "HBs抗原(陽性コントロール比)")


def test_a_code_written_with_hyphens_is_the_same_code(tmp_path: Path) -> None:
    assert str(read_one(tmp_path, JLAC11コード="C2008-0000-250-009-F7").code) == "C20080000250009F7"


def test_request_codes_stay_in_the_edition(tmp_path: Path) -> None:
    assert read_one(tmp_path, JLAC11コード="V20100000250001" + "00", 単位="依頼").code.is_request


def test_blank_rows_are_not_counted_and_short_rows_lack_their_last_cells(tmp_path: Path) -> None:
    short = cells(HEADER_2024)[:7]
    imported = read_master(write_csv(tmp_path / "m.csv", HEADER_2024, [], ["", " "], short))
    assert imported.rows_read == 1
    assert imported.rows[0].unit_name == ""
