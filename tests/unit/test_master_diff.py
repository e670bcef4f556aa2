"""Two editions compared, with and without the official table of old and new codes."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.codes.successions import Successions
from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.diff import CodeDifference, Difference, OldNew, compare
from jlac_mapper.master.old_new import read_old_new
from tests.unit.master_files import write_csv, write_xlsx

DAY = date(2026, 1, 1)
BEFORE = date(2025, 7, 15)
OLD, NEW, OTHER = "V20100001250002F8", "V20100000250002F8", "V20100000250000F8"


def listed(code: str, name: str = "x", *, end: date | None = None, successor: str = "") -> ListedCode:
    return ListedCode(parse(code), name, valid_to=end, successor=successor)


def edition(*codes: ListedCode) -> Edition:
    return make_edition("e", codes)


def differences(old: Edition, new: Edition, table: dict[str, OldNew] | None = None) -> list[CodeDifference]:
    return compare(old, new, day=DAY, successions=Successions(), table=table)


def test_equal_editions_have_no_differences() -> None:
    assert differences(edition(listed(OLD)), edition(listed(OLD))) == []


def test_a_code_that_only_the_new_edition_lists_is_added() -> None:
    [found] = differences(edition(listed(OLD)), edition(listed(OLD), listed("C20080000250000F7", "AST")))
    assert found == CodeDifference(Difference.ADDED, "C20080000250000F7", "AST")


@pytest.mark.parametrize("after", [(), (listed("C20080000250000F7", end=BEFORE),)])
def test_a_code_that_is_gone_or_ended_without_a_replacement_is_ended(after: tuple[ListedCode, ...]) -> None:
    [found] = differences(edition(listed("C20080000250000F7", "AST")), edition(*after))
    assert (found.kind, found.code, found.name) == (Difference.ENDED, "C20080000250000F7", "AST")


def test_a_code_that_ended_in_both_is_no_difference() -> None:
    assert differences(edition(listed(OLD, end=BEFORE)), edition()) == []


def test_a_code_whose_identification_changed_is_moved_although_the_new_edition_no_longer_lists_it() -> None:
    found = differences(edition(listed(OLD)), edition(listed(NEW)))
    assert [(each.kind, each.code, each.successor, each.source) for each in found] == [
        (Difference.ADDED, NEW, "", ""),
        (Difference.MOVED, OLD, NEW, "edition"),
    ]


def test_a_product_that_ended_moves_to_method_000() -> None:
    found = differences(edition(listed(NEW), listed(OTHER)), edition(listed(NEW, end=BEFORE), listed(OTHER)))
    assert [(each.kind, each.successor) for each in found] == [(Difference.MOVED, OTHER)]


def test_the_official_table_goes_before_what_the_editions_tell() -> None:
    table = {OLD: OldNew(OTHER, "統合")}
    new = edition(listed(NEW), listed(OTHER))
    [moved] = [d for d in differences(edition(listed(OLD)), new, table) if d.kind is Difference.MOVED]
    assert (moved.successor, moved.source) == (OTHER, "table")


def test_a_successor_of_the_table_that_the_new_edition_does_not_list_is_not_proposed() -> None:
    table = {OLD: OldNew("V20100009250002F8", "統合")}
    moved = [d for d in differences(edition(listed(OLD)), edition(listed(NEW)), table) if d.code == OLD]
    assert [(each.successor, each.source) for each in moved] == [(NEW, "edition")]


def test_a_deletion_of_the_table_gives_its_reason() -> None:
    [found] = differences(edition(listed(OLD)), edition(), {OLD: OldNew("", "販売中止")})
    assert (found.kind, found.source) == (Difference.ENDED, "販売中止")


def test_a_code_with_another_name_is_renamed() -> None:
    [found] = differences(edition(listed(OLD, "旧名")), edition(listed(OLD, "新名")))
    assert (found.kind, found.name, found.old_name) == (Difference.RENAMED, "新名", "旧名")


def test_request_codes_are_left_out() -> None:
    assert differences(edition(listed("C2008000025000000")), edition()) == []


def named(code: str, name: str, product: str = "") -> ListedCode:
    return replace(listed(code, name), product=product)


URINE = "A1006000010000102"


def moves(after: list[ListedCode], table: dict[str, OldNew] | None = None) -> list[tuple[str, str]]:
    old = edition(named(URINE, "尿蛋白(定性)", "試験紙"))
    found = differences(old, edition(*after), table)
    return [(each.successor, each.source) for each in found if each.kind is Difference.MOVED]


def test_a_name_that_went_to_another_measurand_takes_its_codes_along() -> None:
    same = named("C1002000010000902", "尿蛋白 (定性)", "試験紙")
    assert moves([same]) == [(str(same.code), "name")]


def test_of_several_new_codes_of_the_name_the_one_with_the_unit_and_the_method_is_taken() -> None:
    other_unit = named("C1002000010000185", "尿蛋白(定性)", "試験紙")
    other_method = named("C1002000010000202", "尿蛋白(定性)", "試験紙")
    same = named("C1002000010000102", "尿蛋白(定性)", "試験紙")
    assert moves([other_unit, other_method, same]) == [(str(same.code), "name")]
    third = named("C1002000010000302", "尿蛋白(定性)", "試験紙")
    assert moves([other_method, third]) == []


def test_a_product_that_is_not_listed_at_the_other_measurand_goes_to_method_000_there() -> None:
    assert moves([named("C1002000010000002", "尿蛋白(定性)")]) == [("C1002000010000002", "name")]


def test_another_specimen_or_a_code_that_was_there_before_takes_over_nothing() -> None:
    assert moves([named("C1002000025000102", "尿蛋白(定性)", "試験紙")]) == []
    there = named("C1002000010000102", "尿蛋白(定性)", "試験紙")
    old = edition(named(URINE, "尿蛋白(定性)", "試験紙"), there)
    assert [each.kind for each in differences(old, edition(there))] == [Difference.ENDED]


def test_the_table_may_lead_to_another_measurand() -> None:
    new = named("C1002000010000002", "蛋白")
    assert moves([new], {URINE: OldNew(str(new.code), "統合")}) == [(str(new.code), "table")]


def test_a_deletion_that_the_table_tells_is_not_searched_elsewhere() -> None:
    same = named("C1002000010000102", "尿蛋白(定性)", "試験紙")
    assert moves([same], {URINE: OldNew("", "販売中止")}) == []


# --- the old-new table ----------------------------------------------------------------------------

ROWS = (
    ("JLAC新旧コード対応表", "", "", ""),
    ("変更区分", "旧JLAC11コード", "新JLAC11コード", "削除理由"),
    ("変更", "V2010-0001-250-002-F8", NEW, ""),
    ("削除", OTHER, "", "販売中止"),
    ("変更", "3B035000002327201", "", "JLAC10"),
    ("同じ", NEW, NEW, ""),
    ("", "", "", ""),
)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_table_is_read_by_its_headers(tmp_path: Path, kind: str) -> None:
    file = tmp_path / f"t.{kind}"
    if kind == "csv":
        write_csv(file, *ROWS, encoding="cp932")
    else:
        write_xlsx(file, ("説明", [("読み方",)]), ("対応表", ROWS))
    assert read_old_new(file) == {OLD: OldNew(NEW, "変更"), OTHER: OldNew("", "販売中止")}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("変更前コード", "変更後コード"),
        ("JLAC11コード(旧)", "JLAC11コード(新)"),
        ("旧 ＪＬＡＣ１１コード", "新 ＪＬＡＣ１１コード"),
        ("旧コード", "後継コード"),
    ],
)
def test_the_two_columns_may_be_called_otherwise(tmp_path: Path, old: str, new: str) -> None:
    file = write_csv(tmp_path / "t.csv", (new, old), (NEW, OLD))
    assert read_old_new(file) == {OLD: OldNew(NEW)}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "b"), (OLD, NEW)], "headers seen: a, b"),
        ([("旧コード", "備考"), (OLD, "")], "no header row with an old and a new code"),
        ([("旧コード", "新コード"), ("x", "y")], "no row has an old JLAC11 code"),
    ],
)
def test_another_table_is_refused_with_what_was_seen(
    tmp_path: Path, rows: list[tuple[str, str]], said: str
) -> None:
    with pytest.raises(MasterFileError) as refusal:
        read_old_new(write_csv(tmp_path / "t.csv", *rows))
    assert said in str(refusal.value)


def test_the_header_may_stand_in_the_third_row_in_words_of_its_own(tmp_path: Path) -> None:
    rows = [
        ["JLAC新旧コード対応表 v1.0.2"],
        ["旧", "", "新", ""],
        ["変更区分", "旧 JLAC11 17桁コード", "旧 名称", "新 JLAC11 17桁コード", "新 名称", "削除理由"],
        ["変更", URINE, "尿蛋白", "C1002000010000002", "総蛋白", ""],
    ]
    file = write_xlsx(tmp_path / "t.xlsx", ("対応表", rows))
    assert read_old_new(file) == {URINE: OldNew("C1002000010000002", "変更")}


def test_an_old_code_with_several_new_ones_has_none_and_names_them(tmp_path: Path) -> None:
    rows = [
        ["変更区分", "旧コード", "新コード", "削除理由"],
        ["変更", OLD, NEW, ""],
        ["変更", OLD, OTHER, ""],
        ["変更", OTHER, NEW, ""],
        ["変更", OTHER, NEW, ""],
    ]
    table = read_old_new(write_csv(tmp_path / "t.csv", *rows))
    assert table == {OLD: OldNew("", f"several successors: {NEW}, {OTHER}"), OTHER: OldNew(NEW, "変更")}
