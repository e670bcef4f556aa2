"""The starter master's tables: complete, consistent, composed into valid codes, and refused when broken."""

import json
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.listed import Edition
from jlac_mapper.config import master_data_dir
from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.coverage import Coverage, combinations_of, compare_with_official
from jlac_mapper.master.manifest import build_manifest, render
from jlac_mapper.master.starter import load_starter, load_vocabulary, starter_dir, superseded
from jlac_mapper.reading.units import canonical
from jlac_mapper.text import fold
from jlac_mapper.vocabulary import BackgroundName, Vocabulary

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary()


@pytest.fixture(scope="module")
def edition() -> Edition:
    return load_starter()


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the shipped tables that a test may break."""
    return shutil.copytree(starter_dir(), tmp_path / "starter")


def add_line(path: Path, line: str) -> int:
    """Append a line to a table and return its number."""
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}{line}\n", encoding="utf-8")
    return text.count("\n") + 1


# --- what the tables hold


def test_the_57_measurands_of_the_shared_items_each_have_codes(
    vocabulary: Vocabulary, edition: Edition
) -> None:
    assert len(vocabulary.measurands) == 57
    assert {m.code for m in vocabulary.measurands} == {c.code.measurand for c in edition.codes}


def test_every_code_is_valid_ordered_unique_and_no_request(edition: Edition) -> None:
    texts = [str(listed.code) for listed in edition.codes]
    assert [str(jlac11.parse(text)) for text in texts] == texts
    assert texts == sorted(set(texts))
    assert not any(listed.code.is_request for listed in edition.codes)


def test_only_the_blood_groups_have_a_method_of_their_own(edition: Edition) -> None:
    special = {(c.code.measurand, c.code.method) for c in edition.codes if c.code.method != "000"}
    assert special == {("K1001", "901"), ("K1006", "901")}


def test_each_default_specimen_is_one_that_the_measurand_is_listed_in(
    vocabulary: Vocabulary, edition: Edition
) -> None:
    listed = {(c.code.measurand, c.code.specimen) for c in edition.codes}
    assert [m.code for m in vocabulary.measurands if (m.code, m.default_specimen) not in listed] == []


def test_jlac10_analytes_are_five_characters(vocabulary: Vocabulary) -> None:
    analytes = [(m.code, a) for m in vocabulary.measurands for a in m.jlac10]
    assert {m for m, _ in analytes} == {m.code for m in vocabulary.measurands}
    assert [a for _, a in analytes if len(a) != 5 or not a[0].isdigit() or not a[1].isupper()] == []


def test_what_a_name_implies_is_listed_for_its_measurand(vocabulary: Vocabulary, edition: Edition) -> None:
    identifications = {(c.code.measurand, c.code.identification) for c in edition.codes}
    specimens = {(c.code.measurand, c.code.specimen) for c in edition.codes}
    units = {(c.code.measurand, c.code.unit) for c in edition.codes}
    wrong = [
        name
        for name in vocabulary.names
        if (name.identification and (name.measurand, name.identification) not in identifications)
        or (name.specimen and (name.measurand, name.specimen) not in specimens)
        or (name.unit and (name.measurand, name.unit) not in units)
    ]
    assert wrong == []


def test_every_measurand_but_the_second_hcv_assay_has_at_least_eight_names(vocabulary: Vocabulary) -> None:
    """V2169 is one assay of HCV antibody; the plain names belong to V2168."""
    counts = Counter(name.measurand for name in vocabulary.names)
    assert {m for m, n in counts.items() if n < 8} == {"V2169"}
    assert counts.total() >= 700


def test_no_folded_name_is_empty_or_claims_two_meanings(vocabulary: Vocabulary) -> None:
    keys = [fold(n.name) for n in vocabulary.names] + [fold(b.name) for b in vocabulary.background]
    assert "" not in keys
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_at_least_1500_names_without_a_code_are_known(vocabulary: Vocabulary) -> None:
    assert len(vocabulary.background) >= 1500


def test_a_near_twin_points_to_a_measurand(vocabulary: Vocabulary) -> None:
    twins = {b.name: b.near for b in vocabulary.background if b.near}
    assert twins["CK-MB"] == "C2001"
    assert set(twins.values()) <= {m.code for m in vocabulary.measurands}


@pytest.mark.parametrize(
    ("name", "measurand", "implied"),
    [
        ("FBS", "C4001", ("1337", "", "")),
        ("随時血糖", "C4001", ("1336", "", "")),
        ("ＰＴ－ＩＮＲ", "B2006", ("", "", "61")),
        ("ｿｳﾀﾝﾊﾟｸ", "C1002", ("", "", "")),
        ("血清クレアチニン", "C3002", ("", "250", "")),
        ("尿蛋白定量", "A1021", ("", "100", "")),
        ("尿蛋白(定性)", "A1006", ("", "100", "")),
        ("γ－ＧＴＰ", "C2024", ("", "", "")),
        ("HCV抗体", "V2168", ("", "", "")),
        ("HIV抗体", "V2259", ("", "", "")),
        ("HIV抗原・抗体", "V2263", ("", "", "")),
        ("HIV-1 p24抗原", "V2252", ("", "", "")),
        ("HIV-1抗体", "V2253", ("", "", "")),
    ],
)
def test_a_technologists_name_means_what_it_says(
    vocabulary: Vocabulary, name: str, measurand: str, implied: tuple[str, str, str]
) -> None:
    found = {fold(n.name): n for n in vocabulary.names}[fold(name)]
    assert (found.measurand, (found.identification, found.specimen, found.unit)) == (measurand, implied)


@pytest.mark.parametrize(
    "name", ["HbA1c(JDS)", "CK-MB", "グリコアルブミン", "RCC", "尿クレアチニン", "便潜血"]
)
def test_a_name_of_another_test_is_no_listed_name(vocabulary: Vocabulary, name: str) -> None:
    assert fold(name) not in {fold(n.name) for n in vocabulary.names}


def test_a_specimen_spelling_belongs_to_one_specimen(vocabulary: Vocabulary) -> None:
    owners: dict[str, set[str]] = {}
    for specimen in vocabulary.specimens:
        for text in (specimen.name, specimen.name_en, *specimen.spellings):
            owners.setdefault(fold(text), set()).add(specimen.key)
    assert "" not in owners
    assert {text: keys for text, keys in owners.items() if len(keys) > 1} == {}


def test_a_specimen_lies_in_a_known_broader_one(vocabulary: Vocabulary) -> None:
    broader = {s.code: s.broader for s in vocabulary.specimens if s.code and s.key != "blood"}
    codes = {s.key: s.code for s in vocabulary.specimens}
    assert codes[broader["212"]] == "211"
    assert codes[broader["211"]] == "210"
    assert broader["130"] == ""
    assert {key for key in broader.values() if key} <= set(codes)


def test_a_unit_code_has_the_canonical_text_that_the_reader_of_units_gives(vocabulary: Vocabulary) -> None:
    coded = [unit for unit in vocabulary.units if unit.code]
    assert [unit for unit in coded if canonical(unit.canonical) != unit.canonical] == []
    assert {u.code for u in coded} >= {c.code.unit for c in load_starter().codes}


def test_no_unit_spelling_is_read_as_another_unit_of_the_table(vocabulary: Vocabulary) -> None:
    texts = {unit.canonical for unit in vocabulary.units}
    wrong = [
        (spelling, unit.canonical)
        for unit in vocabulary.units
        for spelling in unit.spellings
        if (read := canonical(spelling)) in texts and read != unit.canonical
    ]
    assert wrong == []


def test_a_superseded_identification_leads_to_a_composed_one(edition: Edition) -> None:
    composed = {(c.code.measurand, c.code.identification, c.code.unit) for c in edition.codes}
    successors = superseded()
    assert successors["C6002", "1299", "85"] == "1336"
    assert successors["B2006", "0004", "61"] == "0000"
    assert ("V1055", "0002", "06") not in successors
    assert all((m, to, u) in composed for (m, _, u), to in successors.items())


# --- coverage, on values computed by hand


def test_coverage_names_what_is_missing_and_what_is_invented() -> None:
    a, b, c = (("C2008", "0000", specimen, "F7") for specimen in ("240", "243", "250"))
    coverage = compare_with_official([b, a], [c, b, a, a])
    assert coverage == Coverage((a, b), (c,), ())
    assert coverage.ratio == pytest.approx(2 / 3)
    assert coverage.lines()[0] == "missing C2008-0000-250-F7"
    assert compare_with_official([a], []).invented == (a,)
    assert compare_with_official([], []).ratio == 1.0


def test_combinations_follow_a_superseded_identification_to_its_successor(edition: Edition) -> None:
    pt = [listed for listed in edition.codes if listed.code.measurand == "B2006"]
    moved = combinations_of(pt, {("B2006", "0000", "61"): "0004"})
    assert ("B2006", "0004", "240", "61") in moved
    assert ("B2006", "0000", "240", "61") not in moved
    assert ("B2006", "0000", "240", "F0") in moved


# --- what is refused


@pytest.mark.parametrize(
    ("table", "line", "complaint"),
    [
        ("rules.csv", "C2008,0000,F7,quantitative,x,999,000", "'999' is neither"),
        ("rules.csv", "C9999,0000,F7,quantitative,x,250,000", "measurand 'C9999' is not"),
        ("rules.csv", "C2008,0000,ZZ,quantitative,x,250,000", "unit 'ZZ' is not"),
        ("rules.csv", "C2008,0000,F7,quantitative,x,250,000", "C2008-0000-250-000-F7 is composed twice"),
        ("rules.csv", "C2008,9999,F7,quantitative,x,250,000", "is a request code"),
        ("rules.csv", "C2008,00,F7,quantitative,x,250,000", "15 characters, 17 expected"),
        ("rules.csv", "C2008,0000,F7", "3 cells, 7 expected"),
    ],
)
def test_a_wrong_rule_is_refused_with_file_and_line(
    tables: Path, table: str, line: str, complaint: str
) -> None:
    number = add_line(tables / table, line)
    with pytest.raises(MasterFileError, match=rf"rules\.csv, line {number}: .*{complaint}"):
        load_starter(tables)


@pytest.mark.parametrize(
    ("table", "line", "complaint"),
    [
        ("names.csv", "ａｓｔ,C2011,short,,,,", "'ａｓｔ' is already a name of C2008"),
        ("names.csv", "(-),C2011,short,,,,", "has no letters"),
        ("names.csv", "新しい名,C9999,short,,,,", "'C9999' is not in"),
        ("names.csv", "新しい名,C2011,short,,,,roughly", "'roughly' is no result type"),
        ("background/near_twins.csv", "Ａ．Ｓ．Ｔ,enzyme,", "is a listed name of C2008"),
        ("background/near_twins.csv", "新しい名,enzyme,知らない検査", "near is '知らない検査'"),
        ("specimens.csv", "serum,250,血清,Serum,,血清", "key 'serum' is listed twice"),
    ],
)
def test_a_wrong_name_is_refused_with_file_and_line(
    tables: Path, table: str, line: str, complaint: str
) -> None:
    number = add_line(tables / table, line)
    with pytest.raises(MasterFileError, match=rf"{Path(table).name}, line {number}: .*{complaint}"):
        load_vocabulary(tables)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("C2008,0000,F7,superseded,0000", "is current"),
        ("C2008,0001,F7,superseded,0007", "successor '0007'"),
        ("B2006,0004,61,superseded,0000", "listed twice"),
        ("C2008,0001,F7,current,0000", "status is not superseded"),
    ],
)
def test_a_wrong_successor_is_refused_with_file_and_line(tables: Path, line: str, complaint: str) -> None:
    number = add_line(tables / "identifications.csv", line)
    with pytest.raises(MasterFileError, match=rf"identifications\.csv, line {number}: .*{complaint}"):
        superseded(tables)


def test_a_missing_table_and_a_changed_header_are_refused(tables: Path) -> None:
    header = tables / "units.csv"
    header.write_text(header.read_text(encoding="utf-8").replace("canonical", "text", 1), encoding="utf-8")
    with pytest.raises(MasterFileError, match=r"units\.csv, line 1: the header must be code,canonical"):
        load_vocabulary(tables)
    header.unlink()
    with pytest.raises(MasterFileError, match=r"units\.csv cannot be read"):
        load_vocabulary(tables)


def test_a_sites_own_names_without_a_code_are_added_unless_they_are_known() -> None:
    extra = [BackgroundName(name, "analyte") for name in ("院内独自検査", "ＡＳＴ", "CK-MB", "---")]
    before, after = load_vocabulary(), load_vocabulary(extra_background=extra)
    assert after.background == (*before.background, extra[0])
    assert after.names == before.names


# --- what is shipped


def test_the_manifest_is_fresh() -> None:
    stored = (master_data_dir() / "manifest.json").read_text(encoding="utf-8")
    rebuilt = render(build_manifest(master_data_dir()))
    assert stored == rebuilt, "run: python -m jlac_mapper.master.manifest --write"


def test_the_manifest_names_edition_counts_and_every_table() -> None:
    manifest = json.loads((master_data_dir() / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["edition"], manifest["basis"]) == ("starter", "2025-12")
    assert manifest["counts"]["measurands"] == 57
    assert {name for name in manifest["sha256"] if "/background/" not in name} == {
        f"starter/{path.name}" for path in starter_dir().glob("*.csv")
    }


def test_the_manifest_changes_with_a_table(tables: Path) -> None:
    before = build_manifest(tables.parent)
    add_line(tables / "rules.csv", "C2008,0000,F7,quantitative,AST(GOT),245,000")
    after = build_manifest(tables.parent)
    assert after["counts"]["codes"] == before["counts"]["codes"] + 1
    changed = {name for name, digest in after["sha256"].items() if digest != before["sha256"][name]}
    assert changed == {"starter/rules.csv"}


def test_the_manifest_command_says_nothing_when_fresh() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "jlac_mapper.master.manifest"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_the_wheel_carries_the_master_data_where_the_product_looks_for_them() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["master_data"] == "jlac_mapper/_master_data"
    assert (master_data_dir() / "starter" / "rules.csv").is_file()
