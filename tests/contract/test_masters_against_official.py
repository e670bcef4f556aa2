"""The published files themselves: read whole, checked, compared, and their products found again."""

import random
import re
import unicodedata
from collections import defaultdict
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.listed import Edition
from jlac_mapper.concepts.binding import Binder
from jlac_mapper.element_tables import ElementKind
from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.checks import Finding, Known, check_edition
from jlac_mapper.master.diff import Difference, compare
from jlac_mapper.master.import_rows import ImportedMaster
from jlac_mapper.master.importers import read_master
from jlac_mapper.reading.products import ProductMatcher
from tests.support.shipped_release import shipped_starter, shipped_vocabulary

TODAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def master_2024(official_dir: Path) -> ImportedMaster:
    return read_master(official_dir / "ehr-share-master-202409.xlsx")


@pytest.fixture(scope="module")
def analytes(official_dir: Path) -> ImportedMaster:
    return read_master(official_dir / "jslm-jlac10-136.xlsx")


def test_the_published_2024_master_is_read_whole(master_2024: ImportedMaster) -> None:
    assert master_2024.layout == "ehr-share-2024"
    assert master_2024.rows_read == 7890
    assert len(master_2024.rows) == 7870
    assert master_2024.note_counts == {"duplicate-merged": 20}
    assert len({row.code.measurand for row in master_2024.rows}) == 57
    assert not any(row.code.method == "000" for row in master_2024.rows)
    assert sum(row.code.is_request for row in master_2024.rows) == 563


def test_the_published_2024_master_is_clean_after_the_import(master_2024: ImportedMaster) -> None:
    names = {row.name for row in master_2024.rows}
    assert {"アミラーゼ(AMY)", "尿蛋白(定性)", "血液型(ABO)"} <= names
    for row in master_2024.rows:
        for text in (row.name, row.product, row.specimen_name, row.unit_name, row.abbreviation):
            assert text == text.strip()
            assert not set(text) & set("\u3000\u2f69\u2f8e\u212a\uff0d\uff65")
    combo = next(row for row in master_2024.rows if str(row.code) == "V2252000024201202")
    assert combo.jlac10 == ("5F560155002219052", "5F560155002219053")


def test_the_published_2025_excerpt_is_read_with_method_000_and_dates(official_dir: Path) -> None:
    imported = read_master(official_dir / "ehr-share-master-202512-excerpt.csv")
    assert imported.layout == "ehr-share-2025"
    assert [row.code.method for row in imported.rows if row.code.method == "000"] == ["000"] * 3
    first = imported.rows[0]
    assert (first.name, first.product, first.specimen_name, first.unit_name) == (
        "総蛋白(TP)",
        "",
        "血漿",
        "g/dL",
    )
    assert all(row.valid_from is None and row.valid_to is None for row in imported.rows)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_the_2026_layout_is_read_in_any_encoding(official_dir: Path, tmp_path: Path, encoding: str) -> None:
    text = (official_dir / "ehr-share-2026-constructed.csv").read_text(encoding="utf-8-sig")
    file = tmp_path / "m.csv"
    file.write_text(text, encoding=encoding, errors="replace")
    imported = read_master(file)
    assert (imported.layout, imported.rows_read) == ("ehr-share-2026", 7905)
    assert len(imported.rows) == 7905 - len(imported.notes)
    assert sum(row.code.method == "000" for row in imported.rows) == 635
    assert all(row.sort_order for row in imported.rows)


def test_the_published_analyte_table_is_read(analytes: ImportedMaster) -> None:
    assert (analytes.layout, len(analytes.analytes)) == ("jlac10-analytes", 2855)
    assert analytes.sheet.startswith("分析物コード, ")
    names = {name for analyte in analytes.analytes for name in analyte.names}
    assert {"テオフィリン", "ビリルビン定量(尿)", "サイログロブリン"} <= names


def test_the_jlac10_tables_are_no_element_workbook_of_jlac11(analytes: ImportedMaster) -> None:
    assert analytes.layout == "jlac10-analytes"
    jlac11 = {ElementKind.SPECIMEN, ElementKind.UNIT, ElementKind.METHOD}
    assert jlac11.isdisjoint(element.kind for element in analytes.elements)
    assert analytes.other_sheets == ()


def test_the_published_item_set_lists_jlac10_and_is_refused_in_one_line(official_dir: Path) -> None:
    file = official_dir / "clins-item-set-20231104.xlsx"
    with pytest.raises(MasterFileError, match="no known layout") as caught:
        read_master(file)
    said = str(caught.value)
    assert said.startswith(str(file))
    assert "lists JLAC10 codes" in said
    assert "\n" not in said


# --- checks ------------------------------------------------------------------------------------------


@cache
def binder() -> Binder:
    return Binder(shipped_vocabulary(), shipped_starter().known)


def check(edition: Edition, known: Known | None = None) -> list[Finding]:
    """Check as the command does: with the concepts of the edition's codes."""
    bound = replace(known or Known(), binding=binder().bind(edition.codes))
    return check_edition(edition, shipped_vocabulary(), TODAY, bound)


def test_the_published_2024_master_breaks_these_rules_and_no_others(master_2024: ImportedMaster) -> None:
    edition = make_edition("2024-09", master_2024.rows, (*master_2024.notes, *master_2024.remarks))
    findings = check(edition)
    assert {finding.rule for finding in findings} == {
        "duplicate-merged",
        "entity",
        "fullwidth-bracket",
        "kangxi-radical",
        "kelvin-sign",
        "name-family",
        "product-method",
        "sort-order",
        "specimen-name",
        "stray-blank",
        "vowel-hyphen",
    }
    assert all(finding.places for finding in findings)
    (order,) = [finding for finding in findings if finding.rule == "sort-order"]
    assert {order.found, order.expected} == {"3400", "3700"}


def test_the_constructed_2026_master_moves_the_urine_tests_to_other_measurands(
    official_dir: Path, master_2024: ImportedMaster
) -> None:
    before = make_edition("2024", master_2024.rows)
    after = make_edition("2026", read_master(official_dir / "ehr-share-2026-constructed.csv").rows)
    findings = check(after, Known(before=before))
    moved = {(f.code[:5], f.found[:5]) for f in findings if f.rule == "release-moved-measurand"}
    assert moved >= {("A1006", "C1002"), ("A1008", "C4001"), ("A1009", "A2007"), ("A1020", "C1009")}
    ended = {f.code[:5] for f in findings if f.rule == "release-ended"}
    assert {"V2169", "V2253", "V2257"} <= ended


def test_the_known_oddities_of_the_published_2024_master_are_found(master_2024: ImportedMaster) -> None:
    edition = make_edition("2024-09", master_2024.rows, master_2024.notes)
    findings = check(edition)
    found = {(finding.rule, finding.code) for finding in findings}
    assert sum(finding.rule == "duplicate-merged" for finding in findings) == 20
    assert ("name-family", "V2011000224000834") in found
    assert ("specimen-name", "V2011000124201002") in found
    assert not [finding for finding in findings if finding.rule == "unit-name"]


def test_the_official_editions_differ_by_the_identifications_of_2025(master_2024: ImportedMaster) -> None:
    rows = master_2024.rows
    old = make_edition("2024-09", rows)
    ended = [row for row in rows if row.code.measurand == "C2008" and row.code.method != "000"]
    assert ended
    new = make_edition("later", [row for row in rows if row not in ended])
    found = compare(old, new, day=date(2026, 1, 1), successions=shipped_starter().successions)
    assert {each.code for each in found} == {str(row.code) for row in ended}
    assert {each.kind for each in found} <= {Difference.MOVED, Difference.ENDED}


# --- every listed product, written as hospitals would ------------------------------------------------


_MAKERS = (
    "シスメックス",
    "ロシュ",
    "富士フイルム和光純薬",
    "積水メディカル",
    "デンカ",
    "(株)シノテスト",
    "東ソー",
    "極東",
    "LSI",
)


_HALF = {
    unicodedata.normalize("NFKC", chr(code) + mark): chr(code) + mark
    for code in range(0xFF66, 0xFF9E)
    for mark in ("", "ﾞ", "ﾟ")
    if len(unicodedata.normalize("NFKC", chr(code) + mark)) == 1
}


def _half_width(text: str) -> str:
    return "".join(_HALF.get(c, c) for c in unicodedata.normalize("NFKC", text))


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def as_hospitals_write(name: str, rng: random.Random) -> str:
    """Perturb a product name: quotes, numerals, kit words, maker, blanks, width, case; versions stay."""
    text = name.replace("&ENTER;", rng.choice(["&ENTER;", " ", ""]))
    if rng.random() < 0.5:
        quotes = rng.choice(["「」", "‘’", "“”", '""', "()", "【】", "｢｣"])
        text = re.sub("[’”」｣]", quotes[1], re.sub("[‘“「｢]", quotes[0], text))
    if rng.random() < 0.4:
        text = re.sub("III|Ⅲ", rng.choice(["III", "Ⅲ", "3"]), text)
        text = re.sub("(?<!I)II(?!I)|Ⅱ", rng.choice(["II", "Ⅱ", "2"]), text)
    if rng.random() < 0.2:
        text = re.sub("試薬|キット|測定用|自動分析用", "", text) or text
    if rng.random() < 0.2:
        text += rng.choice([" 試薬", "キット", "測定用試薬", " 測定キット", "用試薬"])
    if rng.random() < 0.3:
        text = rng.choice(_MAKERS) + rng.choice([" ", "", "　", "・"]) + text
    if rng.random() < 0.5:
        text = re.sub(r"[\s　]", rng.choice(["", " ", "　", "・", "-"]), text)
    width = rng.random()
    text = _half_width(text) if width < 0.25 else _full_width(text) if width < 0.5 else text
    case = rng.random()
    return text.lower() if case < 0.2 else text.upper() if case < 0.4 else text


@pytest.fixture(scope="module")
def listed(official_dir: Path) -> dict[str, list[str]]:
    """The products of each measurand in the official file."""
    book = openpyxl.load_workbook(official_dir / "ehr-share-master-202409.xlsx", read_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    header = next(rows)
    code, product = header.index("JLAC11コード"), header.index("販売名称")
    products: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        if row[code] and row[product]:
            products[str(row[code])[:5]][str(row[product])] = None
    book.close()
    return {measurand: list(names) for measurand, names in products.items()}


def test_listed_products_are_found_again_when_written_as_hospitals_do(listed: dict[str, list[str]]) -> None:
    matcher = ProductMatcher(name for names in listed.values() for name in names)
    rng = random.Random(20240901)
    right = wrong = total = 0
    for names in listed.values():
        for name in names:
            found = matcher.match(as_hospitals_write(name, rng), names)
            total += 1
            right += found.recognised and found.product == name
            wrong += found.recognised and found.product != name
    assert total > 1900
    assert right / total >= 0.97
    assert wrong / total <= 0.005


def test_a_product_that_is_not_listed_is_seldom_taken_for_another(listed: dict[str, list[str]]) -> None:
    matcher = ProductMatcher(name for names in listed.values() for name in names)
    rng = random.Random(20240902)
    pairs = [(name, names) for names in listed.values() for name in names]
    sample = rng.sample(pairs, 800)
    taken = sum(
        matcher.match(as_hospitals_write(name, rng), [other for other in names if other != name]).recognised
        for name, names in sample
    )
    assert taken / len(sample) <= 0.015  # among them pairs listed twice under one name
