"""The starter master's tables: complete, consistent, composed into valid codes, and refused when broken."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.listed import Edition
from jlac_mapper.concepts.binding import result_of
from jlac_mapper.concepts.loader import load_vocabulary, with_site_names
from jlac_mapper.config import master_data_dir
from jlac_mapper.errors import MasterFileError
from jlac_mapper.master.coverage import Coverage, combinations_of, compare_with_official
from jlac_mapper.master.manifest import build_manifest, render
from jlac_mapper.master.starter import Starter, load_starter
from jlac_mapper.reading.units import canonical
from jlac_mapper.text import fold
from jlac_mapper.vocabulary import NameForm, SiteName, Timing, Vocabulary
from tests.support.shipped_release import shipped_starter, shipped_vocabulary

REPOSITORY = Path(__file__).parent.parent.parent
LAST_OF_2025, FIRST_OF_2026 = date(2026, 7, 31), date(2026, 8, 1)
"""The days around the step from the list of 2025-12 to what is known of that of 2026-08."""


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return shipped_vocabulary()


@pytest.fixture(scope="module")
def starter() -> Starter:
    return shipped_starter()


@pytest.fixture(scope="module")
def edition(starter: Starter) -> Edition:
    return starter.edition


@pytest.fixture(scope="module")
def codes_of(starter: Starter) -> dict[str, list[jlac11.Jlac11Code]]:
    """The codes of each concept, whatever their dates."""
    found: dict[str, list[jlac11.Jlac11Code]] = defaultdict(list)
    for listed in starter.edition.codes:
        for concept in starter.known[result_of(listed.code)]:
            found[concept].append(listed.code)
    return dict(found)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A copy of the shipped tables that a test may break."""
    return shutil.copytree(
        master_data_dir(), tmp_path / "master_data", ignore=shutil.ignore_patterns("*.json", "examples")
    )


def add_line(path: Path, line: str) -> int:
    """Append a line to a table and return its number."""
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}{line}\n", encoding="utf-8")
    return text.count("\n") + 1


# --- what the tables hold


def test_the_measurands_of_the_shared_items_are_57_until_the_step_of_2026_and_52_then(
    edition: Edition,
) -> None:
    until, since = (
        {c.code.measurand for c in edition.codes if c.is_valid_on(day)}
        for day in (LAST_OF_2025, FIRST_OF_2026)
    )
    assert (len(until), len(since)) == (57, 52)
    assert until - since == {"A1006", "A1008", "A1009", "A1020", "A1021", "V2169", "V2253", "V2257"}
    assert since - until == {"A2007", "C1009", "C1010"}


def test_every_code_is_valid_ordered_unique_and_no_request(edition: Edition) -> None:
    texts = [str(listed.code) for listed in edition.codes]
    assert [str(jlac11.parse(text)) for text in texts] == texts
    assert texts == sorted(set(texts))
    assert not any(listed.code.is_request for listed in edition.codes)


def test_only_the_blood_groups_have_a_method_of_their_own(edition: Edition) -> None:
    special = {(c.code.measurand, c.code.method) for c in edition.codes if c.code.method != "000"}
    assert special == {("K1001", "901"), ("K1006", "901")}


def test_each_result_is_of_concepts_of_the_vocabulary(
    vocabulary: Vocabulary, starter: Starter, codes_of: dict[str, list[jlac11.Jlac11Code]]
) -> None:
    assert set(codes_of) <= set(vocabulary.by_key())
    assert all(starter.known[result_of(listed.code)] for listed in starter.edition.codes)
    assert len(codes_of) == 59


def test_the_most_usual_specimen_of_a_concept_is_one_that_it_is_listed_in(
    vocabulary: Vocabulary, codes_of: dict[str, list[jlac11.Jlac11Code]]
) -> None:
    digits = {specimen.key: specimen.code for specimen in vocabulary.specimens}
    concepts = vocabulary.by_key()
    usual = {key: digits[concepts[key].specimens[0]] for key in codes_of}
    assert [key for key, codes in codes_of.items() if usual[key] not in {c.specimen for c in codes}] == []


def test_a_unit_of_a_listed_concept_is_one_that_it_is_listed_in(
    vocabulary: Vocabulary, codes_of: dict[str, list[jlac11.Jlac11Code]]
) -> None:
    digits: dict[str, set[str]] = defaultdict(set)
    for unit in vocabulary.units:
        digits[unit.canonical].add(unit.code)
    concepts = vocabulary.by_key()
    wrong = [
        (key, unit)
        for key, codes in codes_of.items()
        for unit in concepts[key].units
        if digits[unit].isdisjoint(code.unit for code in codes)
    ]
    # Official releases list the daily amount by product alone, so the starter has none.
    assert wrong == [("urine_protein", "g/d")]


def test_jlac10_codes_are_an_analyte_with_or_without_an_identification(
    vocabulary: Vocabulary, codes_of: dict[str, list[jlac11.Jlac11Code]]
) -> None:
    concepts = vocabulary.by_key()
    assert [key for key in codes_of if not concepts[key].jlac10] == []
    known = re.compile("[0-9][A-Z][0-9]{3}(-[0-9]{4})?")
    assert [c.key for c in vocabulary.concepts if not all(map(known.fullmatch, c.jlac10))] == []


def test_what_a_name_implies_is_listed_for_its_concept(
    vocabulary: Vocabulary, codes_of: dict[str, list[jlac11.Jlac11Code]]
) -> None:
    digits = {specimen.key: specimen.code for specimen in vocabulary.specimens}
    units = {unit.code: unit.canonical for unit in vocabulary.units if unit.code}
    timed = {Timing.FASTING: "1337", Timing.RANDOM: "1336"}
    wrong = [
        name
        for name in vocabulary.names
        if (codes := codes_of.get(name.concept))
        and (
            (name.specimen and digits[name.specimen] not in {c.specimen for c in codes})
            or (name.unit and name.unit not in {units[c.unit] for c in codes})
            or (name.timing in timed and timed[name.timing] not in {c.identification for c in codes})
        )
    ]
    assert wrong == []


def test_every_measurand_but_the_second_hcv_assay_has_at_least_eight_names(
    vocabulary: Vocabulary, codes_of: dict[str, list[jlac11.Jlac11Code]]
) -> None:
    """V2169 is one assay of HCV antibody; the plain names belong to V2168."""
    counts: Counter[str] = Counter()
    for name in vocabulary.names:
        counts.update({code.measurand for code in codes_of.get(name.concept, ())})
    assert {m for codes in codes_of.values() for m in {c.measurand for c in codes} if counts[m] < 8} == {
        "V2169"
    }
    assert sum(name.concept in codes_of for name in vocabulary.names) >= 700


def test_no_folded_name_is_empty_or_claims_two_meanings_beside_homonyms(vocabulary: Vocabulary) -> None:
    keys = [fold(name.text) for name in vocabulary.names if name.form != NameForm.HOMONYM]
    assert "" not in keys
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_at_least_1500_names_without_a_code_are_known(
    vocabulary: Vocabulary, codes_of: dict[str, list[jlac11.Jlac11Code]]
) -> None:
    assert sum(name.concept not in codes_of for name in vocabulary.names) >= 1500


def test_a_near_twin_points_to_a_concept(vocabulary: Vocabulary) -> None:
    concepts = vocabulary.by_key()
    assert "creatine_kinase" in concepts["ck_mb_activity"].confused_with
    assert {key for concept in vocabulary.concepts for key in concept.confused_with} <= set(concepts)
    assert [c.key for c in vocabulary.concepts if c.key in c.confused_with] == []


@pytest.mark.parametrize(
    ("name", "concept", "implied"),
    [
        ("FBS", "glucose", ("fasting", "", "")),
        ("随時血糖", "glucose", ("random", "", "")),
        ("ＰＴ－ＩＮＲ", "prothrombin_time", ("", "", "INR")),
        ("ｿｳﾀﾝﾊﾟｸ", "total_protein", ("", "", "")),
        ("血清クレアチニン", "creatinine", ("", "serum", "")),
        ("尿蛋白定量", "urine_protein", ("", "urine", "")),
        ("尿蛋白(定性)", "urine_protein_strip", ("", "urine", "")),
        ("γ－ＧＴＰ", "gamma_gt", ("", "", "")),
        ("HCV抗体", "hcv_antibody", ("", "", "")),
        ("HIV抗体", "hiv_antibody", ("", "", "")),
        ("HIV抗原・抗体", "hiv_antigen_antibody", ("", "", "")),
        ("HIV-1 p24抗原", "hiv1_p24_antigen", ("", "", "")),
        ("HIV-1抗体", "hiv1_antibody", ("", "", "")),
    ],
)
def test_a_technologists_name_means_what_it_says(
    vocabulary: Vocabulary, name: str, concept: str, implied: tuple[str, str, str]
) -> None:
    [found] = [n for n in vocabulary.names if n.key == fold(name)]
    assert (found.concept, (found.timing.value, found.specimen, found.unit)) == (concept, implied)


@pytest.mark.parametrize(
    "name", ["HbA1c(JDS)", "CK-MB", "グリコアルブミン", "RCC", "尿クレアチニン", "便潜血"]
)
def test_a_name_of_another_test_is_no_listed_name(
    vocabulary: Vocabulary, codes_of: dict[str, list[jlac11.Jlac11Code]], name: str
) -> None:
    assert fold(name) not in {fold(n.text) for n in vocabulary.names if n.concept in codes_of}


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
    assert {u.code for u in coded} >= {c.code.unit for c in shipped_starter().edition.codes}


def test_no_unit_spelling_is_read_as_another_unit_of_the_table(vocabulary: Vocabulary) -> None:
    texts = {unit.canonical for unit in vocabulary.units}
    wrong = [
        (spelling, unit.canonical)
        for unit in vocabulary.units
        for spelling in unit.spellings
        if (read := canonical(spelling)) in texts and read != unit.canonical
    ]
    assert wrong == []


def test_a_superseded_identification_leads_to_a_composed_one(starter: Starter) -> None:
    composed = {(c.code.measurand, c.code.identification, c.code.unit) for c in starter.edition.codes}
    successors = starter.successions.identifications()
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
    ("line", "complaint"),
    [
        ("C2008,0000,999,F7,000,quantitative,x,ast,,", "'999' is neither"),
        ("C2008,0000,250,F7,000,quantitative,x,no_such_test,,", "concepts 'no_such_test' are in no table"),
        ("C2008,0000,250,F7,000,quantitative,x,,,", "concepts '' are in no table"),
        ("C2008,0000,250,ZZ,000,quantitative,x,ast,,", "unit 'ZZ' is not"),
        ("C2008,0000,250,F7,000,quantitative,x,ast,,", "C2008-0000-250-000-F7 is composed twice"),
        ("C2008,9999,250,F7,000,quantitative,x,ast,,", "is a request code"),
        ("C2008,00,250,F7,000,quantitative,x,ast,,", "15 characters, 17 expected"),
        ("C2008,0000,245,F7,000,quantitative,x,ast,2026-8-1,", "valid_from is '2026-8-1'; expected YYYY-MM"),
        ("C2008,0000,245,F7,000,quantitative,x,ast,,soon", "valid_to is 'soon'; expected YYYY-MM-DD"),
        ("C2008,0000,F7", "3 cells, 10 expected"),
    ],
)
def test_a_wrong_rule_is_refused_with_file_and_line(tables: Path, line: str, complaint: str) -> None:
    number = add_line(tables / "releases" / "starter" / "rules.csv", line)
    with pytest.raises(MasterFileError, match=rf"starter/rules\.csv, line {number}: .*{complaint}"):
        load_starter(tables)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("C2008,0001,,F7,C2008,0007,,,renumbered", "successor C2008-0007 is not in rules.csv"),
        ("C2008,0001,,F7,C9999,0000,,,moved", "successor C9999-0000 is not in rules.csv"),
        ("B2006,0004,,61,B2006,0000,61,,renumbered", "B2006-0004 has two successors in one place"),
        ("C2008,0001,,F7,C2008,0000,,,current", "change is 'current'; expected one of renumbered, moved"),
        ("C2008,0001,,F7,C2008,0000,,20260801x,moved", "since is '20260801x'; expected YYYY-MM-DD"),
    ],
)
def test_a_wrong_successor_is_refused_with_file_and_line(tables: Path, line: str, complaint: str) -> None:
    number = add_line(tables / "releases" / "starter" / "successors.csv", line)
    with pytest.raises(MasterFileError, match=rf"starter/successors\.csv, line {number}: .*{complaint}"):
        load_starter(tables)


def test_a_table_of_successors_without_a_line_is_refused(tables: Path) -> None:
    path = tables / "releases" / "starter" / "successors.csv"
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(MasterFileError, match=r"successors\.csv holds no line"):
        load_starter(tables)


def test_a_missing_table_and_a_changed_header_are_refused(tables: Path) -> None:
    header = tables / "words" / "units.csv"
    header.write_text(header.read_text(encoding="utf-8").replace("canonical", "text", 1), encoding="utf-8")
    for load in (load_vocabulary, load_starter):
        with pytest.raises(MasterFileError, match=r"units\.csv, line 1: the header must be code,canonical"):
            load(tables)
    header.unlink()
    for load in (load_vocabulary, load_starter):
        with pytest.raises(MasterFileError, match=r"units\.csv cannot be read"):
            load(tables)


def test_a_sites_own_names_without_a_code_are_added_unless_they_are_known(vocabulary: Vocabulary) -> None:
    extra = [SiteName(name, "analyte") for name in ("院内独自検査", "ＡＳＴ", "CK-MB", "---")]
    after = with_site_names(vocabulary, extra)
    assert [name.text for name in after.names[len(vocabulary.names) :]] == ["院内独自検査"]
    assert after.names[: len(vocabulary.names)] == vocabulary.names
    assert [c.name for c in after.concepts[len(vocabulary.concepts) :]] == ["院内独自検査"]


# --- what is shipped


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    """What the shipped tables give anew."""
    return build_manifest(master_data_dir())


def test_the_manifest_is_fresh(manifest: dict[str, Any]) -> None:
    stored = (master_data_dir() / "manifest.json").read_text(encoding="utf-8")
    assert stored == render(manifest), "run: python -m jlac_mapper.master.manifest --write"


def test_the_manifest_names_edition_counts_and_every_table() -> None:
    manifest = json.loads((master_data_dir() / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["edition"] == "starter"
    assert manifest["basis"].startswith("2025-12, and from 2026-08 on")
    assert manifest["counts"]["concepts_listed_once"] == 59
    folders = ("concepts", "names", "families", "words", "releases")
    assert set(manifest["sha256"]) == {
        path.relative_to(master_data_dir()).as_posix()
        for folder in folders
        for path in (master_data_dir() / folder).rglob("*.csv")
    }
    assert "releases/starter/rules.csv" in manifest["sha256"]


def test_the_manifest_changes_with_a_table(tables: Path, manifest: dict[str, Any]) -> None:
    add_line(
        tables / "releases" / "starter" / "rules.csv", "C2008,0000,245,F7,000,quantitative,AST(GOT),ast,,"
    )
    after = build_manifest(tables)
    assert after["counts"]["codes"] == manifest["counts"]["codes"] + 1
    changed = {name for name, digest in after["sha256"].items() if digest != manifest["sha256"][name]}
    assert changed == {"releases/starter/rules.csv"}


def test_the_manifest_command_says_nothing_when_fresh() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "jlac_mapper.master.manifest"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_the_wheel_carries_the_master_data_where_the_product_looks_for_them() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["master_data"] == "jlac_mapper/_master_data"
    assert (master_data_dir() / "releases" / "starter" / "rules.csv").is_file()
