"""The starter's composed combinations against the published editions, read here by code of its own."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from jlac_mapper.codes.editions import valid_codes
from jlac_mapper.master.coverage import Combination, combinations_of, compare_with_official
from jlac_mapper.master.starter import load_starter

NOT_READ = {"E3019", "H8039", "H8040", "K1001", "K1006"}
"""Items of which the 2025-12 extract shows a block or less: the 2024-09 file speaks for them too."""

SPECIMENS = {
    "尿": "100",
    "蓄尿": "130",
    "全血(静脈血)": "210",
    "全血(静脈血、添加物入り)": "211",
    "全血(静脈血、EDTA入り)": "212",
    "全血(静脈血、ヘパリン入り)": "213",
    "全血(静脈血、クエン酸入り)": "214",
    "全血(静脈血、フッ化物入り)": "215",
    "全血(毛細管血)": "230",
    "血漿": "240",
    "血漿(EDTA入り)": "242",
    "血漿(ヘパリン入り)": "243",
    "血漿(クエン酸入り)": "244",
    "血漿(フッ化物入り)": "245",
    "血清": "250",
    "血液ろ紙": "275",
}

IN_2025, IN_2026 = date(2025, 12, 1), date(2026, 8, 1)
"""Days of the two lists that the starter follows."""

Item = tuple[str, str, str]
"""Measurand, identification, unit."""


@dataclass(frozen=True)
class Published:
    current: frozenset[Combination]
    successors: dict[Item, str]
    everything: frozenset[Combination]


def read_2024(path: Path) -> set[Combination]:
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    rows = sheet.iter_rows(values_only=True)
    column = next(rows).index("JLAC11コード")
    codes = {str(row[column]).strip() for row in rows if row[column]}
    return {(c[:5], c[5:9], c[9:12], c[15:]) for c in codes if len(c) == 17 and c[15:] != "00"}


def read_extract(path: Path) -> tuple[set[Combination], set[Item]]:
    """Return its combinations, and the items whose products all ended on 2025-07-15."""
    combinations: set[Combination] = set()
    ends: dict[Item, set[str]] = defaultdict(set)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            item = (row["measurand"], row["identification"], row["unit_code"])
            if row["kind"] == "product":
                ends[item].add(row["end"])
            for name in filter(None, row["specimens"].split(";")):
                combinations.add((item[0], item[1], SPECIMENS[name], item[2]))
    return combinations, {item for item, seen in ends.items() if seen == {"20250715"}}


@pytest.fixture(scope="module")
def published(official_dir: Path) -> Published:
    """What is current: ended digits become 0000 (random triglyceride 1336); dropped units are left out."""
    old = read_2024(official_dir / "ehr-share-master-202409.xlsx")
    new, ended = read_extract(official_dir / "ehr-share-202512-combinations.csv")
    shown = {(m, i, u) for m, i, _, u in new}
    units: dict[str, set[str]] = defaultdict(set)
    for measurand, _, unit in shown:
        units[measurand].add(unit)
    successors: dict[Item, str] = {}
    current: set[Combination] = set()
    for m, i, s, u in old | new:
        if m in units and m not in NOT_READ and u not in units[m]:
            continue
        item = (m, i, u)
        gone = item in ended or (item not in shown and m in units and "0001" <= i <= "0009")
        if gone and (m, "0000", u) in shown:
            successors[item] = "0000"
        elif item == ("C6002", "1299", "85"):
            successors[item] = "1336"
        current.add((m, successors.get(item, i), s, u))
    return Published(frozenset(current), successors, frozenset(old | new))


def composed(day: date = IN_2025) -> list[Combination]:
    return combinations_of(valid_codes(load_starter().edition, day))


def test_no_combination_is_invented_and_at_least_95_percent_are_covered(published: Published) -> None:
    coverage = compare_with_official(composed(), published.current)
    report = "\n".join(coverage.lines())
    print(report)
    assert coverage.invented == (), report
    assert coverage.ratio >= 0.95, report


def test_only_the_crp_class_result_is_left_out(published: Published) -> None:
    """The 2025-12 edition lists the product that reported CRP in classes (07) with scores (08)."""
    coverage = compare_with_official(composed(), published.current)
    assert coverage.missing == (("E3019", "0000", "210", "07"),)


def test_the_superseded_identifications_are_those_whose_products_ended(published: Published) -> None:
    assert load_starter().successions.identifications() == published.successors


def test_every_composed_item_occurs_in_a_published_edition_as_it_stands_or_by_its_predecessor(
    published: Published,
) -> None:
    predecessors = defaultdict(set)
    for (measurand, identification, unit), successor in published.successors.items():
        predecessors[measurand, successor, unit].add(identification)
    for m, i, s, u in composed():
        candidates = {i, *predecessors[m, i, u]}
        assert any((m, candidate, s, u) in published.everything for candidate in candidates), (m, i, s, u)


def test_a_combination_that_no_file_lists_is_named_as_invented(published: Published) -> None:
    wrong = ("C2008", "0000", "100", "F7")
    coverage = compare_with_official([*composed(), wrong], published.current)
    assert coverage.invented == (wrong,)
    assert "invented C2008-0000-100-F7" in coverage.lines()


@dataclass(frozen=True)
class Facts:
    """What two public sources say of the list of 2026-08."""

    seen: frozenset[tuple[str, str, str]]
    """Measurand, specimen, unit; the unit is empty where it was not seen."""
    gone: frozenset[str]
    """Measurands that the list has no more."""


@pytest.fixture(scope="module")
def facts(official_dir: Path) -> Facts:
    seen, gone = set(), set()
    with (official_dir / "ehr-share-2026-facts.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["measurand_2026"] and row["units_seen_2026"] != "00":
                for specimen in row["specimen"].split(";"):
                    seen.add((row["measurand_2026"], specimen, row["units_seen_2026"]))
            if row["measurand_2026"] != row["measurand_until_2025"]:
                gone |= set(row["measurand_until_2025"].split(";")) - {""}
    return Facts(frozenset(seen), frozenset(gone))


def test_what_is_new_in_2026_is_what_the_sources_show(facts: Facts) -> None:
    codes = {str(c.code) for c in valid_codes(load_starter().edition, IN_2025)}
    since = [c.code for c in valid_codes(load_starter().edition, IN_2026) if str(c.code) not in codes]
    assert {(c.measurand, c.specimen, c.unit) for c in since} == {each for each in facts.seen if each[2]}
    assert {(c.identification, c.method) for c in since} == {("0000", "000")}


def test_what_ended_in_2026_is_what_the_sources_no_longer_show_and_a_changed_unit(facts: Facts) -> None:
    ended = set(composed()) - set(composed(IN_2026))
    assert {c for c in ended if c[0] not in facts.gone} == {("V2011", "0000", "250", "B9")}
    assert facts.gone <= {c[0] for c in ended}
    assert {c[0] for c in composed(IN_2026)}.isdisjoint(facts.gone)
