"""The composed app over the starter, over the imported official master, and on rows that mislead."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from jlac_mapper.bootstrap import App, build_app, open_store
from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.config import Settings
from jlac_mapper.errors import UnknownEditionError
from jlac_mapper.master.binding import bind
from jlac_mapper.master.importers import read_master
from jlac_mapper.master.starter import load_starter
from jlac_mapper.types import (
    ASSUMPTIONS,
    CONFLICTS,
    Disposition,
    LocalTest,
    MapOptions,
    MappingResult,
    Reason,
)

IN_2024 = date(2024, 10, 1)
IN_2026 = date(2026, 1, 15)


def settings(folder: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{folder / 'editions.sqlite3'}")


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> App:
    return build_app(settings(tmp_path_factory.mktemp("starter")), as_of=IN_2026)


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory, official_dir: Path) -> App:
    """The 2024-09 edition on a day of its own time."""
    chosen = settings(tmp_path_factory.mktemp("official"))
    imported = read_master(official_dir / "ehr-share-master-202409.xlsx")
    read = make_edition("2024-09", imported.rows, imported.notes)
    edition = bind(read, load_starter(), load_vocabulary(), IN_2024).release.completed
    store = open_store(chosen)
    store.save(edition, source_file="ehr-share-master-202409.xlsx", imported_at=datetime.now(UTC))
    store.use("2024-09")
    return build_app(chosen, as_of=IN_2024)


def one(app: App, name: str, **fields: str) -> MappingResult:
    return app.mapper.map_batch([LocalTest(name=name, **fields)], MapOptions())[0]


# --- rows that mislead, with the starter

NEAR_TWINS = [
    ("CK-MB", "血清", "U/L"),
    ("CKMB", "血清", "ng/mL"),
    ("CK-MM", "血清", "%"),
    ("P-AMY", "血清", "U/L"),
    ("LDH1", "血清", "%"),
    ("LDアイソザイム", "血清", "%"),
    ("ALP3", "血清", "%"),
    ("骨型ALP", "血清", "μg/L"),
    ("グリコアルブミン", "血清", "%"),
    ("プレアルブミン", "血清", "mg/dL"),
    ("アルブミン分画", "血清", "%"),
    ("間接ビリルビン", "血清", "mg/dL"),
    ("δビリルビン", "血清", "mg/dL"),
    ("RLP-C", "血清", "mg/dL"),
    ("遊離コレステロール", "血清", "mg/dL"),
    ("non-HDL-C", "血清", "mg/dL"),
    ("HDL3-C", "血清", "mg/dL"),
    ("LDL-C(F式)", "血清", "mg/dL"),
    ("サイログロブリン(TG)", "血清", "ng/mL"),
    ("TgAb", "血清", "IU/mL"),
    ("テオフィリン(TP)", "血清", "μg/mL"),
    ("TPA", "血清", "U/L"),
    ("補正Ca", "血清", "mg/dL"),
    ("Ca(補正)", "血清", "mg/dL"),
    ("イオン化Ca", "全血", "mmol/L"),
    ("CA125", "血清", "U/mL"),
    ("クレアチン", "血清", "mg/dL"),
    ("Ccr", "血清", "mL/min"),
    ("eGFR", "血清", "mL/min/1.73m2"),
    ("IP", "血清", "mg/dL"),
    ("血清鉄 Fe", "血清", "μg/dL"),
    ("HbF", "EDTA血", "%"),
    ("HbA1", "EDTA血", "%"),
    ("HbA1c(JDS)", "EDTA血", "%"),
    ("COHb", "動脈血", "%"),
    ("NRBC", "EDTA血", "/100WBC"),
    ("白血球分類", "EDTA血", ""),
    ("FDP", "クエン酸血漿", "μg/mL"),
    ("ヘパプラスチンテスト", "クエン酸血漿", "%"),
    ("APTT対照", "クエン酸血漿", "秒"),
    ("PIVKA-II", "血清", "mAU/mL"),
    ("HBe抗原", "血清", "S/CO"),
    ("HBc抗体", "血清", "S/CO"),
    ("HBcr抗原", "血清", "LogU/mL"),
    ("HBV-DNA定量", "血清", "LogIU/mL"),
    ("HBs抗原確認試験", "血清", ""),
    ("HCVジェノタイプ", "血清", ""),
    ("HIV-1抗体(WB法)", "血清", ""),
    ("HTLV-1抗体", "血清", "COI"),
    ("FTA-ABS", "血清", ""),
    ("ANP", "EDTA血漿", "pg/mL"),
    ("ABOウラ試験", "EDTA血", ""),
    ("RhE抗原", "EDTA血", ""),
    ("抗ChE抗体", "血清", "nmol/L"),
]


@pytest.mark.parametrize(("name", "specimen", "unit"), NEAR_TWINS)
def test_a_near_twin_of_a_listed_test_is_never_accepted(
    starter: App, name: str, specimen: str, unit: str
) -> None:
    assert one(starter, name, specimen=specimen, unit=unit).disposition is not Disposition.ACCEPTED


def test_most_near_twins_are_settled_without_a_person(starter: App) -> None:
    rows = [LocalTest(name, specimen=specimen, unit=unit) for name, specimen, unit in NEAR_TWINS]
    mappings = starter.mapper.map_batch(rows, MapOptions())
    open_ones = [
        r.name for r, m in zip(rows, mappings, strict=True) if m.disposition is not Disposition.NO_CODE
    ]
    assert len(open_ones) <= 0.1 * len(rows), open_ones


@pytest.mark.parametrize(
    ("name", "specimen", "unit"),
    [
        ("AMY", "尿", "U/L"),
        ("Na", "蓄尿", "mEq/L"),
        ("K", "髄液", "mEq/L"),
        ("尿Cre", "尿", "mg/dL"),
        ("UA", "尿", "mg/dL"),
        ("TP", "腹水", "g/dL"),
        ("LD", "胸水", "U/L"),
        ("糖", "髄液", "mg/dL"),
        ("潜血", "便", ""),
        ("白血球", "尿", ""),
        ("アルブミン", "腹水", "g/dL"),
        ("尿糖定量", "蓄尿", "g/day"),
        ("尿糖定量", "尿", "mg/dL"),
        ("シスタチンC", "尿", "mg/L"),
        ("Cl", "汗", "mEq/L"),
    ],
)
def test_a_blood_test_in_another_specimen_has_no_code(
    starter: App, name: str, specimen: str, unit: str
) -> None:
    assert one(starter, name, specimen=specimen, unit=unit).disposition is Disposition.NO_CODE


@pytest.mark.parametrize(
    "name", ["Na・K・Cl", "AST・ALT", "血算", "電解質", "PT/APTT", "血液型(ABO・Rh)", "尿一般"]
)
def test_a_panel_is_never_accepted(starter: App, name: str) -> None:
    assert one(starter, name, specimen="血清").disposition is not Disposition.ACCEPTED


FULL_ROWS: list[tuple[str, dict[str, str], str]] = [
    ("尿蛋白(蓄尿)", {"specimen": "蓄尿", "unit": "mg/dL"}, "A1021-0000-130-000-85"),
    ("Alb/Cr比", {"specimen": "尿", "unit": "mg/gCr"}, "A1020-0000-100-000-87"),
    ("糖", {"specimen": "尿", "reference_range": "(-)"}, "A1008-0000-100-000-02"),
    ("潜血", {"specimen": "尿", "reference_range": "(-)"}, "A1009-0000-100-000-02"),
    ("WBC", {"specimen": "EDTA血", "unit": "千/μL"}, "B1002-0000-212-000-G1"),
    ("WBC", {"specimen": "EDTA血", "unit": "×10²/μL"}, "B1002-0000-211-000-G0"),
    ("RBC", {"specimen": "紫", "unit": "万/μL"}, "B1001-0000-211-000-G3"),
    ("RBC", {"specimen": "EDTA血", "unit": "×10^6/μL"}, "B1001-0000-212-000-G5"),
    ("Plt", {"specimen": "EDTA血", "unit": "×10^4/μL"}, "B1003-0000-211-000-G3"),
    ("HbA1c", {"specimen": "紫", "unit": "%"}, "B3009-0000-212-000-12"),
    ("PT", {"specimen": "凝固管", "unit": "秒"}, "B2006-0000-244-000-F0"),
    ("PT", {"specimen": "凝固管", "unit": "%"}, "B2006-0000-244-000-12"),
    ("PT", {"specimen": "黒スピッツ", "unit": "INR"}, "B2006-0000-244-000-61"),
    ("D-ダイマー", {"specimen": "クエン酸血漿", "unit": "μg/mL FEU"}, "B2019-0000-244-000-H6"),
    ("TG(随時)", {"specimen": "血清", "unit": "mg/dL"}, "C6002-1336-250-000-85"),
    ("TG(空腹)", {"specimen": "血清", "unit": "mg/dL"}, "C6002-1337-250-000-85"),
    ("TG", {"specimen": "血清", "unit": "mg/dL"}, "C6002-0000-250-000-85"),
    ("Ca", {"specimen": "血清", "unit": "mEq/L"}, "C7006-0000-250-000-82"),
    ("CRP", {"specimen": "血清", "unit": "mg/L"}, "E3019-0000-250-000-88"),
    ("HBs抗原", {"specimen": "血清", "unit": "S/CO"}, "V2010-0000-250-000-34"),
    ("HBs抗原", {"specimen": "血清", "unit": "倍"}, "V2010-0000-250-000-06"),
    ("HBs抗体", {"specimen": "血清", "unit": "mIU/mL"}, "V2011-0000-250-000-B9"),
    ("TP抗体", {"specimen": "血清", "unit": "T.U."}, "V1061-0000-250-000-F8"),
    ("TP抗体", {"specimen": "血清", "unit": "S/CO"}, "V1061-0000-250-000-34"),
    ("RPR", {"specimen": "血清", "unit": "R.U."}, "V1055-0000-250-000-F2"),
    ("TPHA", {"specimen": "血清", "unit": "倍"}, "V1061-0000-250-000-06"),
    ("HIV Ag/Ab", {"specimen": "血清", "unit": "S/CO"}, "V2263-0000-250-000-34"),
    ("HCV-RNA", {"specimen": "血清", "unit": "LogIU/mL"}, "V2184-0000-250-000-80"),
    ("ABO血液型", {"specimen": "EDTA血"}, "K1001-0000-211-901-04"),
]


@pytest.mark.parametrize(("name", "fields", "code"), FULL_ROWS)
def test_the_fields_decide_the_digits(starter: App, name: str, fields: dict[str, str], code: str) -> None:
    mapping = one(starter, name, **fields)
    assert parse(mapping.jlac11).hyphenated == code
    assert not set(mapping.reasons) & (CONFLICTS | ASSUMPTIONS)


def test_most_rows_that_say_everything_are_accepted(starter: App) -> None:
    rows = [LocalTest(name, **fields) for name, fields, _ in FULL_ROWS]
    mappings = starter.mapper.map_batch(rows, MapOptions())
    left = [r for r, m in zip(rows, mappings, strict=True) if m.disposition is not Disposition.ACCEPTED]
    assert len(left) <= 0.1 * len(rows), left


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("Dダイマー", {"specimen": "凝固管", "unit": "μg/mL"}, Reason.SPECIMEN_ASSUMED),
        ("BNP", {"specimen": "紫", "unit": "pg/mL"}, Reason.SPECIMEN_ASSUMED),
        ("血糖", {"specimen": "灰", "unit": "mg/dL"}, Reason.SPECIMEN_ASSUMED),
        ("PT", {"specimen": "クエン酸Na加血", "unit": "秒"}, Reason.SPECIMEN_ASSUMED),
        ("T-Bil", {"unit": "mg/dL"}, Reason.SPECIMEN_ASSUMED),
        ("WBC", {"specimen": "EDTA血", "unit": "/μL"}, Reason.UNIT_CONFLICT),
        ("D-dimer", {"specimen": "クエン酸血漿", "unit": "ng/mL"}, Reason.UNIT_CONFLICT),
        ("HBs抗原", {"specimen": "血清"}, Reason.UNIT_ASSUMED),
    ],
)
def test_what_the_row_leaves_open_is_left_to_a_person(
    starter: App, name: str, fields: dict[str, str], reason: Reason
) -> None:
    mapping = one(starter, name, **fields)
    assert mapping.disposition is Disposition.NEEDS_REVIEW
    assert reason in mapping.reasons


def test_total_protein_in_urine_is_urine_protein(starter: App) -> None:
    assert one(starter, "TP", specimen="尿", unit="mg/dL").jlac11 == "A1021000010000085"


@pytest.mark.parametrize("name", ["HIV", "HIV 1+2", "エイズ検査"])
def test_hiv_alone_may_be_the_antibody_or_the_combination(starter: App, name: str) -> None:
    assert one(starter, name, specimen="血清", unit="COI").disposition is not Disposition.ACCEPTED


@pytest.mark.parametrize("name", ["HIV-1/2", "ＨＩＶ－１／２", "HIV-1・2", "HIV1,2 判定"])
def test_two_types_in_one_name_are_not_read_as_the_first_alone(starter: App, name: str) -> None:
    answer = one(starter, name, specimen="血清", unit="判定")
    assert answer.disposition is Disposition.NEEDS_REVIEW
    assert answer.jlac11[:5] == "V2259"


@pytest.mark.parametrize("name", ["HIVAg/Ab判定 定量", "HIVAg/Ab 定量 判定", "HBs抗原判定(定量)"])
def test_a_quantity_said_beside_a_judgement_is_not_taken_for_a_qualitative_result(
    starter: App, name: str
) -> None:
    answer = one(starter, name, specimen="血清", unit="定性")
    assert answer.disposition is Disposition.NEEDS_REVIEW
    assert Reason.RESULT_TYPE_CONFLICT in answer.reasons


@pytest.mark.parametrize("name", ["血糖(食後2h)", "BS 120分", "血糖(負荷後60分)", "TG-食後"])
def test_a_result_after_a_meal_or_a_load_is_never_accepted(starter: App, name: str) -> None:
    assert one(starter, name, specimen="血清", unit="mg/dL").disposition is not Disposition.ACCEPTED


def test_superseded_digits_are_never_proposed(starter: App) -> None:
    mapping = one(starter, "HBs抗原(定性)", specimen="血清")
    assert mapping.jlac11[5:9] == "0000"
    assert {c.code.identification for c in mapping.candidates if c.code.measurand == "V2010"} == {"0000"}


def test_a_site_default_makes_a_silent_row_acceptable(tmp_path: Path) -> None:
    chosen = Settings(settings(tmp_path).database_url, site_defaults={"specimen": "250"})
    mapping = one(build_app(chosen, as_of=IN_2026), "T-Bil", unit="mg/dL")
    assert (mapping.disposition, mapping.jlac11) == (Disposition.ACCEPTED, "C8011000025000085")
    assert Reason.SITE_DEFAULT in mapping.reasons


def test_an_edition_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownEditionError, match="2031"):
        build_app(settings(tmp_path), master="2031")


# --- the imported official master


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (
            {"name": "AST", "specimen": "血清", "unit": "U/L", "reagent": "シカリキッド AST"},
            "C2008-0000-250-{}-F7",
        ),
        (
            {
                "name": "ＡＬＴ（ＧＰＴ）",
                "specimen": "血清",
                "unit": "IU/L",
                "reagent": "Ｌタイプワコー ＡＬＴ・Ｊ２",
            },
            "C2011-0000-250-{}-F7",
        ),
        (
            {
                "name": "中性脂肪",
                "specimen": "血清",
                "unit": "mg/dL",
                "reagent": "積水メディカル コレステスト TG",
            },
            "C6002-0000-250-{}-85",
        ),
        (
            {"name": "LDL-C", "specimen": "血清", "unit": "mg/dL", "reagent": "コレステスト LDL"},
            "C6011-0000-250-{}-85",
        ),
        (
            {"name": "T-Cho", "specimen": "血清", "unit": "mg/dL", "reagent": "コレステスト CHO"},
            "C6005-0000-250-{}-85",
        ),
    ],
)
def test_a_named_product_gives_all_17_digits(official: App, fields: dict[str, str], code: str) -> None:
    """The method digits are those under which the edition itself lists the product."""
    mapping = official.mapper.map_batch([LocalTest(**fields)], MapOptions())[0]
    assert mapping.disposition is Disposition.ACCEPTED
    assert Reason.PRODUCT_MATCHED in mapping.reasons
    method = mapping.jlac11[12:15]
    assert "001" <= method <= "500"
    assert parse(mapping.jlac11).hyphenated == code.format(method)
    edition = official.store.load("2024-09")
    (listed,) = [c for c in edition.codes if str(c.code) == mapping.jlac11]
    (said,) = [e.value("product") for e in mapping.evidence if e.element == "method"]
    assert listed.product == said


def test_an_unsaid_product_gets_the_marked_completion(official: App) -> None:
    mapping = one(official, "AST", specimen="血清", unit="U/L")
    assert (mapping.disposition, mapping.jlac11) == (Disposition.ACCEPTED, "C20080000250000F7")
    assert {Reason.METHOD_UNSPECIFIED, Reason.COMPLETED_FROM_STARTER} <= set(mapping.reasons)


def test_an_unknown_reagent_is_never_turned_into_a_product(official: App) -> None:
    mapping = one(official, "AST", specimen="血清", unit="U/L", reagent="自家調製 ゼット試薬 99")
    assert mapping.disposition is Disposition.NEEDS_REVIEW
    assert mapping.jlac11[12:15] == "000"
    assert Reason.PRODUCT_UNRECOGNISED in mapping.reasons


def test_every_emitted_code_is_listed_or_a_marked_completion(official: App) -> None:
    edition = official.store.load("2024-09")
    own = {str(c.code) for c in edition.codes if c.source != "starter"}
    assert len(own) > 7_000
    names = (
        "AST",
        "WBC",
        "PT",
        "HBs抗原",
        "血糖",
        "尿蛋白",
        "CRP",
        "BNP",
        "TG",
        "Dダイマー",
        "ABO血液型",
        "Na",
    )
    rows = [
        LocalTest(name, specimen=specimen, unit=unit, reagent=reagent)
        for name in names
        for specimen in ("血清", "EDTA血", "クエン酸血漿", "尿", "")
        for unit in ("", "U/L", "mg/dL", "秒", "COI")
        for reagent in ("", "シカリキッド AST")
    ]
    mappings = official.mapper.map_batch(rows, MapOptions())
    emitted = [(m.jlac11, m.reasons) for m in mappings if m.jlac11]
    assert len(emitted) > 100
    for code, reasons in emitted:
        assert official.mapper.is_listed(code, IN_2024)
        assert code in own or Reason.COMPLETED_FROM_STARTER in reasons
    shown = [c for m in mappings for c in m.candidates]
    assert not any(c.code.is_request for c in shown)


def test_no_near_twin_is_accepted_under_the_official_master(official: App) -> None:
    for name, specimen, unit in NEAR_TWINS:
        assert one(official, name, specimen=specimen, unit=unit).disposition is not Disposition.ACCEPTED, name


def test_the_provenance_names_the_imported_edition(official: App) -> None:
    provenance = one(official, "AST").provenance
    assert (provenance.edition, provenance.as_of) == ("2024-09", "2024-10-01")
    assert provenance.edition_digest == official.edition_info.digest
