"""Every comparison: the level that a row reaches, with its weight and agreement, reasons and evidence."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jlac_mapper.config import master_data_dir
from jlac_mapper.errors import ConfigurationError
from jlac_mapper.mapping.comparisons.base import Compared, Element, Weights
from jlac_mapper.types import Evidence, Reason
from tests.unit.stages import CODES, WEIGHTS, build_comparer, compared, compose, listed

FILE = json.loads((master_data_dir() / "weights.json").read_text(encoding="utf-8"))
ZETA = listed("C2008-0000-250-009-F7", "ゼータ AST")
SIGMA = listed("C2008-0001-250-039-F7", "シグマ AST", successor="C20080000250009F7")
TWICE = (listed("C2008-0000-250-030-F7", "ゼータ AST"), listed("C2008-0000-250-031-F7", "ゼータ AST"))


@dataclass(frozen=True)
class Row:
    """A row that reaches a level for one code, and what is then said."""

    level: str
    code: str
    name: str
    fields: dict[str, str] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[tuple[str, str, str], ...] = ()
    """(name and value of what is said, source)."""
    codes: tuple[object, ...] = CODES
    ended: tuple[object, ...] = ()
    site: str = ""

    @property
    def element(self) -> Element:
        return Element(self.level.partition(".")[0])

    def compared(self) -> Compared:
        site = {"specimen": self.site} if self.site else None
        found = compared(self.code, self.name, self.codes, self.ended, site, **self.fields)  # type: ignore[arg-type]
        return found[self.element]


TP250, TP240 = "C1002-0000-250-000-55", "C1002-0000-240-000-55"
PT_S, PT_PERCENT, PT_INR = (f"B2006-0000-244-000-{unit}" for unit in ("F0", "12", "61"))
AST = "C2008-0000-250-000-F7"
GLUCOSE, RANDOM, FASTING = (f"C4001-{number}-250-000-85" for number in ("0000", "1336", "1337"))
SERIAL = (listed("B2006-0003-244-000-61"), listed("B2006-0000-244-000-61"))
ASSUMED = (Reason.SPECIMEN_ASSUMED,)

ROWS = (
    Row("specimen.given", TP250, "TP", {"specimen": "血清"}, (), (("specimen", "血清", "specimen"),)),
    Row(
        "specimen.given",
        PT_S,
        "PT",
        {"specimen": "クエン酸血漿"},
        (),
        (("specimen", "血漿(クエン酸入り)", "specimen"),),
    ),
    Row("specimen.given", TP250, "血清TP", {}, (), (("specimen", "血清", "name"),)),
    Row(
        "specimen.given", TP250, "TP", {"jlac10": "3A010000002327101"}, (), (("specimen", "血清", "jlac10"),)
    ),
    Row(
        "specimen.usual_of_given",
        TP250,
        "TP",
        {"specimen": "血清・血漿"},
        ASSUMED,
        (("specimen", "血清", "specimen"),),
    ),
    Row(
        "specimen.unusual_of_given",
        TP240,
        "TP",
        {"specimen": "血清・血漿"},
        ASSUMED,
        (("specimen", "血漿", "specimen"),),
    ),
    Row(
        "specimen.plasma_of_given",
        PT_S,
        "PT",
        {"specimen": "クエン酸血"},
        ASSUMED,
        (("specimen", "血漿(クエン酸入り)", "specimen"),),
    ),
    Row(
        "specimen.contains_given",
        "B1002-0000-211-000-G0",
        "WBC",
        {"specimen": "EDTA血"},
        (Reason.SPECIMEN_BROADER,),
        (("specimen", "全血(添加物入り)", "specimen"),),
    ),
    Row(
        "specimen.inside_given",
        "B1002-0000-211-000-G0",
        "WBC",
        {"specimen": "全血"},
        ASSUMED,
        (("specimen", "全血(添加物入り)", ""),),
    ),
    Row(
        "specimen.other",
        "C7002-0000-250-000-B1",
        "Na",
        {"specimen": "髄液"},
        (Reason.SPECIMEN_NOT_LISTED,),
        (("specimen", "血清", ""),),
    ),
    Row(
        "specimen.other_of_unknown_unit",
        "C7002-0000-250-000-B1",
        "Na",
        {"specimen": "尿"},
        (Reason.UNIT_NOT_KNOWN,),
        (("specimen", "血清", ""),),
    ),
    Row("specimen.only_listed", AST, "AST", {}, (), (("specimen", "血清", "release"),)),
    Row("specimen.only_listed", AST, "AST", {"specimen": "血液"}, (), (("specimen", "血清", "release"),)),
    Row(
        "specimen.site_default",
        "C1002-0000-242-000-55",
        "TP",
        {},
        (Reason.SITE_DEFAULT,),
        (("specimen", "血漿(EDTA入り)", "site"),),
        site="242",
    ),
    Row(
        "specimen.not_site_default",
        TP250,
        "TP",
        {},
        (Reason.SITE_DEFAULT,),
        (("specimen", "血清", "site"),),
        site="242",
    ),
    Row("specimen.usual", TP250, "TP", {}, ASSUMED, (("specimen", "血清", ""),)),
    Row("specimen.unusual", TP240, "TP", {}, ASSUMED, (("specimen", "血漿", ""),)),
    Row("unit.given", PT_S, "PT", {"unit": "秒"}, (), (("unit", "s", "unit"),)),
    Row(
        "unit.given",
        PT_PERCENT,
        "PT",
        {"reference_range": "70-130 %"},
        (),
        (("unit", "%", "reference_range"),),
    ),
    Row(
        "unit.given_after_another",
        PT_PERCENT,
        "PT",
        {"unit": "秒", "reference_range": "70-130 %"},
        (),
        (("unit", "%", "unit"),),
    ),
    Row("unit.equal", "C7002-0000-250-000-B1", "Na", {"unit": "mEq/L"}, (), (("unit", "mmol/L", "unit"),)),
    Row("unit.equal", "V2010-0000-250-000-34", "HBs抗原", {"unit": "S/CO"}, (), (("unit", "COI", "unit"),)),
    Row("unit.other_scale", TP250, "TP", {"unit": "mg/dL"}, (Reason.UNIT_CONFLICT,), (("unit", "g/dL", ""),)),
    Row("unit.other", TP250, "TP", {"unit": "U/L"}, (Reason.UNIT_CONFLICT,), (("unit", "g/dL", ""),)),
    Row("unit.of_name", PT_INR, "PT-INR", {}, (), (("unit", "INR", "name"),)),
    Row("unit.not_of_name", PT_S, "PT-INR", {}, (), (("unit", "s", "name"),)),
    Row("unit.only_listed", AST, "AST", {}, (), (("unit", "U/L", "release"),)),
    Row(
        "unit.only_listed",
        AST,
        "AST",
        {"unit": "謎単位x"},
        (Reason.UNIT_UNRECOGNISED,),
        (("unit", "U/L", "release"),),
    ),
    Row("unit.assumed", PT_S, "PT", {}, (Reason.UNIT_ASSUMED,), (("unit", "s", ""),)),
    Row("identification.as_said", FASTING, "空腹時血糖", {}, (), (("identification", "1337", "name"),)),
    Row("identification.as_said", RANDOM, "血糖(随時)", {}, (), (("identification", "1336", "name"),)),
    Row("identification.not_as_said", GLUCOSE, "空腹時血糖", {}, (Reason.IDENTIFICATION_ASSUMED,)),
    Row("identification.not_as_said", RANDOM, "空腹時血糖"),
    Row("identification.timed_unsaid", FASTING, "血糖"),
    Row("identification.timed_unsaid", FASTING, "血糖(食後)", {}, (Reason.TIMING_NOT_LISTED,)),
    Row("identification.plain", GLUCOSE, "血糖"),
    Row("identification.plain", GLUCOSE, "血糖(食後)", {}, (Reason.TIMING_NOT_LISTED,)),
    Row("identification.plain", "B2006-0000-244-000-61", "PT", codes=SERIAL),
    Row("identification.serial_beside_plain", "B2006-0003-244-000-61", "PT", codes=SERIAL),
    Row("scale.same", "V2010-0000-250-000-02", "HBs抗原定性"),
    Row("scale.unsaid", "V2010-0000-250-000-02", "HBs抗原"),
    Row("scale.near", "V2010-0000-250-000-F8", "HBs抗原", {"result_type": "半定量"}),
    Row("scale.other", AST, "AST定性", {}, (Reason.RESULT_TYPE_CONFLICT,), (("scale", "quantitative", ""),)),
    Row("method.unspecified", AST, "AST", {}, (Reason.METHOD_UNSPECIFIED,)),
    Row("method.independent", "K1001-0000-211-901-04", "ABO血液型"),
    Row(
        "method.product",
        "C2008-0000-250-009-F7",
        "AST",
        {"reagent": "ゼータ AST"},
        (Reason.PRODUCT_MATCHED,),
        (("product", "ゼータ AST", "reagent"),),
        codes=(ZETA,),
    ),
    Row(
        "method.product_ended",
        "C2008-0000-250-009-F7",
        "AST",
        {"reagent": "シグマ AST"},
        (Reason.PRODUCT_MATCHED, Reason.CODE_ENDED),
        (("product", "シグマ AST", "reagent"),),
        codes=(ZETA,),
        ended=(SIGMA,),
    ),
    Row(
        "method.product_ambiguous",
        "C2008-0000-250-030-F7",
        "AST",
        {"reagent": "ゼータ AST"},
        (Reason.PRODUCT_MATCHED, Reason.PRODUCT_AMBIGUOUS),
        (("product", "ゼータ AST", "reagent"),),
        codes=TWICE,
    ),
    Row(
        "method.product_unrecognised",
        AST,
        "AST",
        {"reagent": "自家製試薬オメガ"},
        (Reason.PRODUCT_UNRECOGNISED,),
        (("text", "自家製試薬オメガ", "reagent"),),
        codes=(listed(AST), ZETA),
    ),
    Row(
        "method.product_unrecognised",
        "C2008-0000-250-009-F7",
        "AST",
        {"reagent": "自家製試薬オメガ"},
        (Reason.PRODUCT_UNRECOGNISED, Reason.METHOD_ASSUMED),
        (("text", "自家製試薬オメガ", "reagent"),),
        codes=(ZETA,),
    ),
    Row("method.products_only", "C2008-0000-250-009-F7", "AST", {}, (Reason.METHOD_ASSUMED,), codes=(ZETA,)),
    Row(
        "other_code.agrees",
        AST,
        "AST",
        {"jlac10": "3B035000002327201"},
        (Reason.JLAC10_AGREES,),
        (("analyte", "3B035", "jlac10"),),
    ),
    Row("other_code.unsaid", AST, "AST"),
    Row(
        "other_code.conflicts",
        AST,
        "AST",
        {"jlac10": "3B045000002327201"},
        (Reason.JLAC10_CONFLICT,),
        (("analyte", "3B045", "jlac10"),),
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.level} {row.name} {row.code}")
def test_a_row_reaches_a_level_and_hears_why(row: Row) -> None:
    found = row.compared()
    evidence = tuple(Evidence(row.level, ((name, value),), source) for name, value, source in row.evidence)
    assert (f"{found.element.value}.{found.level}", found.reasons, found.evidence) == (
        row.level,
        row.reasons,
        evidence,
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.level} {row.name} {row.code}")
def test_a_levels_weight_and_agreement_are_those_of_the_file(row: Row) -> None:
    found, stated = row.compared(), FILE["levels"][row.element.value][row.level.partition(".")[2]]
    assert found.weight == stated["weight"]  # the unsaid unit stands in the first group after the commonest
    assert found.agreement == (1.0 if row.fields.get("specimen") == "血液" else stated["agreement"])


def test_every_level_of_the_file_is_reached_by_a_row_and_no_other() -> None:
    stated = {f"{element}.{level}" for element, levels in FILE["levels"].items() for level in levels}
    assert {row.level for row in ROWS} == stated
    assert {element.value for element in Element} == set(FILE["levels"])


def test_no_level_weighs_for_a_code_and_every_element_has_one_that_weighs_nothing() -> None:
    for element, levels in FILE["levels"].items():
        assert max(stated["weight"] for stated in levels.values()) == 0.0, element
        assert all(-1.0 <= stated["agreement"] <= 1.0 for stated in levels.values()), element


def test_another_file_gives_other_weights_and_agreements(tmp_path: Path) -> None:
    file = json.loads(json.dumps(FILE))
    file["levels"]["scale"]["same"] = {"weight": -2.5, "agreement": 0.25}
    path = tmp_path / "weights.json"
    path.write_text(json.dumps(file), encoding="utf-8")
    same = Weights.read(path).compared(Element.SCALE, "same")
    assert (same.weight, same.agreement) == (-2.5, 0.25)


def test_an_unsaid_unit_weighs_the_more_the_less_usual_it_is() -> None:
    """mmol/L, g/dL and the like come first, INR far behind; a unit of no list comes last of all."""
    ranks = {PT_S: 1, PT_PERCENT: 1, PT_INR: 5}
    step = FILE["levels"]["unit"]["assumed"]["weight"]
    weights = {code: compared(code, "PT")[Element.UNIT].weight for code in ranks}
    assert weights == {code: pytest.approx(rank * step) for code, rank in ranks.items()}
    unheard = (listed("B2006-0000-244-000-F0"), listed("B2006-0000-244-000-ZZ"))
    assert compared("B2006-0000-244-000-ZZ", "PT", unheard)[Element.UNIT].weight == pytest.approx(7 * step)


def test_an_unread_specimen_is_half_a_contradiction_whichever_slot_it_falls_on() -> None:
    for code, level in ((TP250, "usual"), (TP240, "unusual")):
        found = compared(code, "TP", specimen="謎の容器")[Element.SPECIMEN]
        assert (found.level, found.agreement) == (level, -0.5)
        assert found.reasons == (Reason.SPECIMEN_UNRECOGNISED,)


def test_where_field_and_name_say_two_specimens_the_worse_of_both_counts() -> None:
    found = compared("C7002-0000-250-000-B1", "髄液ナトリウム", specimen="血清")[Element.SPECIMEN]
    assert (found.level, found.weight, found.agreement) == ("given", 0.0, -1.0)
    agreeing = compared("C7002-0000-250-000-B1", "血清ナトリウム", specimen="血清")[Element.SPECIMEN]
    assert agreeing.agreement == 1.0


def test_the_share_of_two_codes_follows_from_their_weights() -> None:
    """Serum and plasma differ by one level: the ratio of their shares is e to the difference of weights."""
    shares = {c.code.specimen: share for c, share in compose(build_comparer(), "TP", unit="g/dL")}
    levels = FILE["levels"]["specimen"]
    ratio = math.exp(levels["unusual"]["weight"] - levels["usual"]["weight"])
    assert shares["240"] / shares["250"] == pytest.approx(ratio)


def test_the_evidence_of_a_candidate_is_that_of_its_comparisons_in_their_order() -> None:
    given = {"specimen": "血清", "unit": "U/L", "reagent": "ゼータ AST", "jlac10": "3B035000002327201"}
    ((candidate, _),) = compose(build_comparer((ZETA,)), "AST", **given)
    assert [e.key for e in candidate.evidence] == [
        "specimen.given",
        "unit.given",
        "method.product",
        "other_code.agrees",
    ]


# --- a file that cannot be used


def _without(tmp_path: Path, *keys: str) -> Path:
    file = json.loads(json.dumps(FILE))
    inner = file
    for key in keys[:-1]:
        inner = inner[key]
    del inner[keys[-1]]
    path = tmp_path / "weights.json"
    path.write_text(json.dumps(file), encoding="utf-8")
    return path


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.level} {row.name} {row.code}")
def test_a_missing_level_is_one_clear_line(row: Row, tmp_path: Path) -> None:
    level = row.level.partition(".")[2]
    weights = Weights.read(_without(tmp_path, "levels", row.element.value, level))
    with pytest.raises(ConfigurationError) as refused:
        weights.compared(row.element, level)
    assert str(refused.value) == f"the file of weights has no level {level!r} of {row.element.value}"
    assert WEIGHTS.compared(row.element, level).level == level


@pytest.mark.parametrize(
    "limit",
    [
        "starter_completion",
        "further_assay",
        "share_elsewhere",
        "share_products_only",
        "share_unrecognised",
        "method_field_score",
    ],
)
def test_a_missing_limit_is_one_clear_line_before_any_row_is_read(limit: str, tmp_path: Path) -> None:
    weights = Weights.read(_without(tmp_path, "limits", limit))
    with pytest.raises(ConfigurationError) as refused:
        build_comparer(weights=weights)
    assert str(refused.value) == f"the file of weights has no limit {limit!r}"


@pytest.mark.parametrize("keys", [("levels",), ("limits",), ("levels", "unit", "given", "agreement")])
def test_a_file_of_weights_that_lacks_a_part_is_refused_with_its_path(
    keys: tuple[str, ...], tmp_path: Path
) -> None:
    path = _without(tmp_path, *keys)
    with pytest.raises(ConfigurationError, match=f"^file of weights {path} cannot be used: '{keys[-1]}'$"):
        Weights.read(path)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"levels": [], "limits": {}}', '{"levels": {}, "limits": 1}']
)
def test_a_file_that_holds_no_weights_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Weights.read(path)


def test_a_missing_file_of_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Weights.read(tmp_path / "absent.json")
