"""Editions as values: completion, validity, identifications in use, successors."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from jlac_mapper.codes import editions
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import Edition, ImportNote, ListedCode
from jlac_mapper.codes.successions import Successions

BEFORE, LAST, FIRST, AFTER = (
    date(2025, 1, 1),
    date(2025, 7, 15),
    date(2025, 7, 16),
    date(2026, 1, 1),
)
NOTHING = Successions()


def listed(
    code: str, name: str = "", *, start: date | None = None, end: date | None = None, **more: str
) -> ListedCode:
    return ListedCode(parse(code), name or code[:5], valid_from=start, valid_to=end, **more)


def edition(*codes: ListedCode, name: str = "2025-12") -> Edition:
    return editions.make_edition(name, codes)


def starter(*codes: str) -> Edition:
    return editions.make_edition("starter", [listed(code, source="starter") for code in codes])


def texts(codes: object) -> list[str]:
    return [row.code.hyphenated for row in codes]  # type: ignore[attr-defined]


# --- digest ----------------------------------------------------------------------------------------


def test_the_digest_depends_on_what_the_codes_say_and_not_on_their_order() -> None:
    a, b = listed("C2008-0000-250-001-F7"), listed("C2008-0000-250-002-F7")
    assert edition(a, b).digest == edition(b, a).digest
    assert edition(a, b).digest != edition(a, replace(b, valid_to=LAST)).digest
    assert len(edition(a).digest) == 64


# --- completion ------------------------------------------------------------------------------------


def test_an_edition_without_method_000_gets_the_starters_codes_of_its_measurands_marked() -> None:
    own = edition(listed("V2010-0001-250-002-02"), listed("C2008-0000-250-009-F7"))
    shipped = starter("V2010-0000-250-000-02", "C2008-0000-250-000-F7", "C3002-0000-250-000-85")
    completed = editions.complete_with_starter(own, shipped)
    assert texts(completed.codes) == [
        "C2008-0000-250-000-F7",
        "C2008-0000-250-009-F7",
        "V2010-0000-250-000-02",
        "V2010-0001-250-002-02",
    ]
    assert [row.source for row in completed.codes] == ["starter", "official", "starter", "official"]
    assert completed.completed == 2
    assert completed.name == own.name
    assert completed.digest != own.digest


def test_a_measurand_with_method_000_of_its_own_is_left_as_the_edition_lists_it() -> None:
    own = edition(listed("C1002-0000-240-000-55"), listed("C1002-0000-240-001-55"))
    assert editions.complete_with_starter(own, starter("C1002-0000-250-000-55")) is own


def test_a_result_that_no_product_decides_gets_no_completion() -> None:
    own = edition(
        listed("K1001-0000-211-901-04"), listed("C6011-0000-250-901-85"), listed("C6011-0000-250-004-85")
    )
    completed = editions.complete_with_starter(own, starter("K1001-0000-211-000-04", "C6011-0000-250-000-85"))
    assert [str(row.code) for row in completed.codes if row.source == "starter"] == ["C6011000025000085"]


def test_request_codes_neither_call_for_a_completion_nor_become_one() -> None:
    own = edition(listed("V2010-0000-250-001-00"))
    assert editions.complete_with_starter(own, starter("V2010-0000-250-000-02")) is own
    own = edition(listed("V2010-0001-250-001-02"))
    assert editions.complete_with_starter(own, starter("V2010-0000-250-000-00")) is own


def test_completing_again_replaces_the_completions_of_an_earlier_starter() -> None:
    own = edition(listed("C2008-0000-250-009-F7"))
    once = editions.complete_with_starter(own, starter("C2008-0000-240-000-F7"))
    newer = starter("C2008-0000-250-000-F7")
    assert editions.complete_with_starter(once, newer) == editions.complete_with_starter(own, newer)


def test_the_notes_of_an_import_survive_the_completion() -> None:
    own = replace(edition(listed("C2008-0000-250-009-F7")), notes=(ImportNote(3, "jlac10-only", "x"),))
    assert editions.complete_with_starter(own, starter("C2008-0000-250-000-F7")).notes == own.notes


def test_the_starter_is_not_completed_with_itself() -> None:
    shipped = starter("C2008-0000-250-000-F7")
    assert editions.complete_with_starter(shipped, shipped) is shipped


# --- validity --------------------------------------------------------------------------------------


def test_both_ends_of_the_validity_are_included() -> None:
    ends, starts = listed("C2008-0000-250-001-F7", end=LAST), listed("C2008-0000-250-002-F7", start=FIRST)
    both = edition(ends, starts)
    assert editions.valid_codes(both, LAST) == (ends,)
    assert editions.valid_codes(both, FIRST) == (starts,)


def test_a_request_code_is_valid_but_never_proposed() -> None:
    request, result = listed("V2010-0000-250-001-00"), listed("V2010-0000-250-001-02")
    heading = listed("V2263-9999-250-001-00")
    both = edition(request, result, heading)
    assert set(editions.valid_codes(both, AFTER)) == {request, result, heading}
    assert editions.proposable_codes(both, AFTER, NOTHING) == (result,)


# --- identifications in use ------------------------------------------------------------------------

PT_OLD = listed("B2006-0004-244-005-61", "PT-INR", end=LAST)
PT_NEW = listed("B2006-0000-244-005-61", "PT-INR", start=FIRST)
PT_OLD_000 = listed("B2006-0004-244-000-61", "PT-INR")
PT_NEW_000 = listed("B2006-0000-244-000-61", "PT-INR")
PT = edition(PT_OLD, PT_NEW, PT_OLD_000, PT_NEW_000)


def test_the_products_dates_tell_which_identification_is_in_use() -> None:
    item = ("B2006", "ptinr", "61")
    assert editions.current_identifications(PT, AFTER) == {item: frozenset({"0000"})}
    # Before the change the new digits had not started, and nothing had ended.
    assert editions.current_identifications(PT, BEFORE) == {item: frozenset({"0000", "0004"})}


def test_method_000_with_superseded_digits_is_not_proposed_and_its_successor_is_the_current_one() -> None:
    assert set(editions.proposable_codes(PT, AFTER, NOTHING)) == {PT_NEW, PT_NEW_000}
    assert editions.successors(PT, AFTER, NOTHING) == {
        PT_OLD.code: PT_NEW.code,
        PT_OLD_000.code: PT_NEW_000.code,
    }


def test_before_the_change_the_old_product_is_proposed_and_has_no_successor() -> None:
    assert PT_OLD in editions.proposable_codes(PT, BEFORE, NOTHING)
    assert editions.successors(PT, BEFORE, NOTHING) == {}


def test_an_identification_of_another_item_does_not_supersede() -> None:
    fasting_ended = listed("C4001-1337-240-120-85", "空腹時血糖", end=LAST)
    fasting_000 = listed("C4001-1337-240-000-85", "空腹時血糖")
    glucose = edition(fasting_ended, fasting_000, listed("C4001-0000-240-120-85", "血糖(定量)"))
    assert fasting_000 in editions.proposable_codes(glucose, AFTER, NOTHING)
    assert editions.successors(glucose, AFTER, NOTHING) == {fasting_ended.code: fasting_000.code}


def test_an_identification_with_one_product_left_stays_in_use() -> None:
    still = listed("B2006-0004-244-009-61", "PT-INR")
    assert PT_OLD_000 in editions.proposable_codes(edition(*PT.codes, still), AFTER, NOTHING)


def test_without_products_the_table_decides_provided_the_edition_lists_the_replacement() -> None:
    table = Successions.of_identifications({("B2006", "0004", "61"): "0000"})
    assert editions.proposable_codes(edition(PT_OLD_000, PT_NEW_000), AFTER, table) == (PT_NEW_000,)
    assert editions.proposable_codes(edition(PT_OLD_000), AFTER, table) == (PT_OLD_000,)
    # The 2024 layout has open products with the old digits; they remain what the edition lists.
    open_product = replace(PT_OLD, valid_to=None)
    kept = editions.proposable_codes(edition(open_product, PT_OLD_000, PT_NEW_000), AFTER, table)
    assert set(kept) == {open_product, PT_OLD_000, PT_NEW_000}


# --- successors ------------------------------------------------------------------------------------


def test_the_successor_that_the_master_names_comes_first() -> None:
    named = listed("B2006-0000-244-007-61", "PT-INR", start=FIRST)
    old = replace(PT_OLD, successor=str(named.code))
    assert editions.successors(edition(old, PT_NEW, named), AFTER, NOTHING)[old.code] == named.code


def test_a_named_successor_that_is_not_listed_or_not_valid_is_passed_over() -> None:
    absent = replace(PT_OLD, successor="B2006000024499961")
    assert editions.successors(edition(absent, PT_NEW), AFTER, NOTHING)[absent.code] == PT_NEW.code
    ended = replace(PT_OLD, successor=str(PT_OLD_000.code))
    assert editions.successors(edition(ended, PT_NEW, PT_OLD_000), AFTER, NOTHING)[ended.code] == PT_NEW.code


def test_the_table_tells_the_successor_where_the_names_differ() -> None:
    renamed = replace(PT_NEW, name="プロトロンビン時間(国際標準比)")
    table = Successions.of_identifications({("B2006", "0004", "61"): "0000"})
    assert editions.successors(edition(PT_OLD, renamed), AFTER, NOTHING) == {}
    assert editions.successors(edition(PT_OLD, renamed), AFTER, table) == {PT_OLD.code: renamed.code}


def test_a_discontinued_product_is_succeeded_by_method_000() -> None:
    ended, other = listed("C2008-0000-250-009-F7", end=LAST), listed("C2008-0000-250-010-F7")
    unspecified = listed("C2008-0000-250-000-F7")
    found = editions.successors(edition(ended, other, unspecified), AFTER, NOTHING)
    assert found == {ended.code: unspecified.code}


def test_a_successor_keeps_specimen_and_unit() -> None:
    ended = listed("V2011-0001-250-005-F8", "HBs抗体", end=LAST)
    elsewhere = [
        listed("V2011-0000-240-005-F8", "HBs抗体", start=FIRST),
        listed("V2011-0000-250-005-B9", "HBs抗体", start=FIRST),
    ]
    assert editions.successors(edition(ended, *elsewhere), AFTER, NOTHING) == {}


def test_a_code_that_has_not_begun_is_not_proposed_and_has_no_successor() -> None:
    assert editions.proposable_codes(edition(PT_NEW), BEFORE, NOTHING) == ()
    assert editions.successors(edition(PT_NEW, PT_NEW_000), BEFORE, NOTHING) == {}


def test_with_successors_writes_them_into_the_codes_that_have_one() -> None:
    filled = editions.with_successors(PT, AFTER, NOTHING)
    assert {str(row.code): row.successor for row in filled.codes} == {
        str(PT_OLD.code): str(PT_NEW.code),
        str(PT_OLD_000.code): str(PT_NEW_000.code),
        str(PT_NEW.code): "",
        str(PT_NEW_000.code): "",
    }
    assert filled.digest == PT.digest


@pytest.fixture(scope="module")
def extract(official_dir: Path) -> list[dict[str, str]]:
    path = official_dir / "ehr-share-202512-combinations.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_in_the_extract_of_2025_12_every_item_keeps_the_current_digits_only(
    extract: list[dict[str, str]],
) -> None:
    def day(text: str) -> date | None:
        open_ends = ("00000000", "99999999", "xxxxxxxx")
        return None if text in open_ends else date(int(text[:4]), int(text[4:6]), int(text[6:]))

    codes: dict[str, ListedCode] = {}
    for number, row in enumerate(extract):
        method = "000" if row["kind"] == "method000" else f"{number + 1:03}"
        code = f"{row['measurand']}{row['identification']}250{method}{row['unit_code']}"
        start, end = day(row["start"]), day(row["end"])
        codes.setdefault(code, listed(code, row["item_name"], start=start, end=end))
    read = edition(*codes.values())
    proposed = {
        (row.code.measurand, row.code.identification, row.code.unit)
        for row in editions.proposable_codes(read, AFTER, NOTHING)
    }
    of_pt = {(identification, unit) for measurand, identification, unit in proposed if measurand == "B2006"}
    assert of_pt == {("0000", "F0"), ("0000", "05"), ("0000", "12"), ("0000", "61")}
    of_hbs_antigen = {(i, unit) for measurand, i, unit in proposed if measurand == "V2010"}
    assert of_hbs_antigen == {("0000", unit) for unit in ("02", "06", "10", "34", "F8")}
    assert {i for measurand, i, _ in proposed if measurand == "C4001"} == {"0000", "1336", "1337"}
    for code, successor in editions.successors(read, AFTER, NOTHING).items():
        assert (code.measurand, code.specimen, code.unit) == (
            successor.measurand,
            successor.specimen,
            successor.unit,
        )
        # Only loads and times keep digits of their own: a fasting glucose stays one.
        assert successor.identification in ("0000", code.identification)
        assert code.identification != successor.identification or code.measurand == "C4001"
