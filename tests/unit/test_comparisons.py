"""Every comparison: the level that a row reaches, with its weight and agreement, reasons and evidence."""

import json
import math
from dataclasses import dataclass
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
    fields: dict[str, str]
    reasons: tuple[Reason, ...]
    evidence: tuple[tuple[str, str, str], ...]
    """(name and value of what is said, source)."""
    codes: tuple[object, ...]
    ended: tuple[object, ...]
    site: str

    @property
    def element(self) -> Element:
        return Element(self.level.partition(".")[0])

    def compared(self) -> Compared:
        site = {"specimen": self.site} if self.site else None
        found = compared(self.code, self.name, self.codes, self.ended, site, **self.fields)  # type: ignore[arg-type]
        return found[self.element]


def reaching(
    level: str,
    code: str,
    name: str,
    *reasons: Reason,
    said: tuple[str, str, str] | None = None,
    codes: tuple[object, ...] = CODES,
    ended: tuple[object, ...] = (),
    site: str = "",
    **fields: str,
) -> Row:
    """A row as it is written in the table below: what it holds beside its name stands at its end."""
    return Row(level, code, name, fields, reasons, (said,) if said else (), codes, ended, site)


TP250, TP240 = "C1002-0000-250-000-55", "C1002-0000-240-000-55"
PT_S, PT_PERCENT, PT_INR = (f"B2006-0000-244-000-{unit}" for unit in ("F0", "12", "61"))
AST = "C2008-0000-250-000-F7"
GLUCOSE, RANDOM, FASTING = (f"C4001-{number}-250-000-85" for number in ("0000", "1336", "1337"))
SERIAL = (listed("B2006-0003-244-000-61"), listed("B2006-0000-244-000-61"))

ROWS = (
    reaching("specimen.given", TP250, "TP", said=("specimen", "血清", "specimen"), specimen="血清"),
    reaching(
        "specimen.given",
        PT_S,
        "PT",
        said=("specimen", "血漿(クエン酸入り)", "specimen"),
        specimen="クエン酸血漿",
    ),
    reaching("specimen.given", TP250, "血清TP", said=("specimen", "血清", "name")),
    reaching("specimen.given", TP250, "TP", said=("specimen", "血清", "jlac10"), jlac10="3A010000002327101"),
    reaching(
        "specimen.usual_of_given",
        TP250,
        "TP",
        Reason.SPECIMEN_ASSUMED,
        said=("specimen", "血清", "specimen"),
        specimen="血清・血漿",
    ),
    reaching(
        "specimen.unusual_of_given",
        TP240,
        "TP",
        Reason.SPECIMEN_ASSUMED,
        said=("specimen", "血漿", "specimen"),
        specimen="血清・血漿",
    ),
    reaching(
        "specimen.plasma_of_given",
        PT_S,
        "PT",
        Reason.SPECIMEN_ASSUMED,
        said=("specimen", "血漿(クエン酸入り)", "specimen"),
        specimen="クエン酸血",
    ),
    reaching(
        "specimen.contains_given",
        "B1002-0000-211-000-G0",
        "WBC",
        Reason.SPECIMEN_BROADER,
        said=("specimen", "全血(添加物入り)", "specimen"),
        specimen="EDTA血",
    ),
    reaching(
        "specimen.inside_given",
        "B1002-0000-211-000-G0",
        "WBC",
        Reason.SPECIMEN_ASSUMED,
        said=("specimen", "全血(添加物入り)", ""),
        specimen="全血",
    ),
    reaching(
        "specimen.other",
        "C7002-0000-250-000-B1",
        "Na",
        Reason.SPECIMEN_NOT_LISTED,
        said=("specimen", "血清", ""),
        specimen="髄液",
    ),
    reaching(
        "specimen.other_of_unknown_unit",
        "C7002-0000-250-000-B1",
        "Na",
        Reason.UNIT_NOT_KNOWN,
        said=("specimen", "血清", ""),
        specimen="尿",
    ),
    reaching("specimen.only_listed", AST, "AST", said=("specimen", "血清", "release")),
    reaching("specimen.only_listed", AST, "AST", said=("specimen", "血清", "release"), specimen="血液"),
    reaching(
        "specimen.site_default",
        "C1002-0000-242-000-55",
        "TP",
        Reason.SITE_DEFAULT,
        said=("specimen", "血漿(EDTA入り)", "site"),
        site="242",
    ),
    reaching(
        "specimen.not_site_default",
        TP250,
        "TP",
        Reason.SITE_DEFAULT,
        said=("specimen", "血清", "site"),
        site="242",
    ),
    reaching("specimen.usual", TP250, "TP", Reason.SPECIMEN_ASSUMED, said=("specimen", "血清", "")),
    reaching("specimen.unusual", TP240, "TP", Reason.SPECIMEN_ASSUMED, said=("specimen", "血漿", "")),
    reaching("unit.given", PT_S, "PT", said=("unit", "s", "unit"), unit="秒"),
    reaching(
        "unit.given", PT_PERCENT, "PT", said=("unit", "%", "reference_range"), reference_range="70-130 %"
    ),
    reaching(
        "unit.given_after_another",
        PT_PERCENT,
        "PT",
        said=("unit", "%", "unit"),
        unit="秒",
        reference_range="70-130 %",
    ),
    reaching("unit.equal", "C7002-0000-250-000-B1", "Na", said=("unit", "mmol/L", "unit"), unit="mEq/L"),
    reaching("unit.equal", "V2010-0000-250-000-34", "HBs抗原", said=("unit", "COI", "unit"), unit="S/CO"),
    reaching("unit.other_scale", TP250, "TP", Reason.UNIT_CONFLICT, said=("unit", "g/dL", ""), unit="mg/dL"),
    reaching("unit.other", TP250, "TP", Reason.UNIT_CONFLICT, said=("unit", "g/dL", ""), unit="U/L"),
    reaching("unit.of_name", PT_INR, "PT-INR", said=("unit", "INR", "name")),
    reaching("unit.not_of_name", PT_S, "PT-INR", said=("unit", "s", "name")),
    reaching("unit.only_listed", AST, "AST", said=("unit", "U/L", "release")),
    reaching(
        "unit.only_listed",
        AST,
        "AST",
        Reason.UNIT_UNRECOGNISED,
        said=("unit", "U/L", "release"),
        unit="謎単位x",
    ),
    reaching("unit.assumed", PT_S, "PT", Reason.UNIT_ASSUMED, said=("unit", "s", "")),
    reaching("identification.as_said", FASTING, "空腹時血糖", said=("identification", "1337", "name")),
    reaching("identification.as_said", RANDOM, "血糖(随時)", said=("identification", "1336", "name")),
    reaching("identification.not_as_said", GLUCOSE, "空腹時血糖", Reason.IDENTIFICATION_ASSUMED),
    reaching("identification.not_as_said", RANDOM, "空腹時血糖"),
    reaching("identification.timed_unsaid", FASTING, "血糖"),
    reaching("identification.timed_unsaid", FASTING, "血糖(食後)", Reason.TIMING_NOT_LISTED),
    reaching("identification.plain", GLUCOSE, "血糖"),
    reaching("identification.plain", GLUCOSE, "血糖(食後)", Reason.TIMING_NOT_LISTED),
    reaching("identification.plain", "B2006-0000-244-000-61", "PT", codes=SERIAL),
    reaching("identification.serial_beside_plain", "B2006-0003-244-000-61", "PT", codes=SERIAL),
    reaching("scale.same", "V2010-0000-250-000-02", "HBs抗原定性"),
    reaching("scale.unsaid", "V2010-0000-250-000-02", "HBs抗原"),
    reaching("scale.near", "V2010-0000-250-000-F8", "HBs抗原", result_type="半定量"),
    reaching("scale.other", AST, "AST定性", Reason.RESULT_TYPE_CONFLICT, said=("scale", "quantitative", "")),
    reaching("method.unspecified", AST, "AST", Reason.METHOD_UNSPECIFIED),
    reaching("method.independent", "K1001-0000-211-901-04", "ABO血液型"),
    reaching(
        "method.product",
        "C2008-0000-250-009-F7",
        "AST",
        Reason.PRODUCT_MATCHED,
        said=("product", "ゼータ AST", "reagent"),
        codes=(ZETA,),
        reagent="ゼータ AST",
    ),
    reaching(
        "method.product_ended",
        "C2008-0000-250-009-F7",
        "AST",
        Reason.PRODUCT_MATCHED,
        Reason.CODE_ENDED,
        said=("product", "シグマ AST", "reagent"),
        codes=(ZETA,),
        ended=(SIGMA,),
        reagent="シグマ AST",
    ),
    reaching(
        "method.product_ambiguous",
        "C2008-0000-250-030-F7",
        "AST",
        Reason.PRODUCT_MATCHED,
        Reason.PRODUCT_AMBIGUOUS,
        said=("product", "ゼータ AST", "reagent"),
        codes=TWICE,
        reagent="ゼータ AST",
    ),
    reaching(
        "method.product_unrecognised",
        AST,
        "AST",
        Reason.PRODUCT_UNRECOGNISED,
        said=("text", "自家製試薬オメガ", "reagent"),
        codes=(listed(AST), ZETA),
        reagent="自家製試薬オメガ",
    ),
    reaching(
        "method.product_unrecognised",
        "C2008-0000-250-009-F7",
        "AST",
        Reason.PRODUCT_UNRECOGNISED,
        Reason.METHOD_ASSUMED,
        said=("text", "自家製試薬オメガ", "reagent"),
        codes=(ZETA,),
        reagent="自家製試薬オメガ",
    ),
    reaching("method.products_only", "C2008-0000-250-009-F7", "AST", Reason.METHOD_ASSUMED, codes=(ZETA,)),
    reaching(
        "other_code.agrees",
        AST,
        "AST",
        Reason.JLAC10_AGREES,
        said=("analyte", "3B035", "jlac10"),
        jlac10="3B035000002327201",
    ),
    reaching("other_code.unsaid", AST, "AST"),
    reaching(
        "other_code.conflicts",
        AST,
        "AST",
        Reason.JLAC10_CONFLICT,
        said=("analyte", "3B045", "jlac10"),
        jlac10="3B045000002327201",
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
