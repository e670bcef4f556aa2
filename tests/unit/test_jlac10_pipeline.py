"""JLAC10 answers: what is accepted, what a person sees, what has no code, and what is no row at all."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.codes.jlac10 import parse
from jlac_mapper.config import Settings, master_data_dir
from jlac_mapper.errors import ConfigurationError
from jlac_mapper.field_limits import FIELD_LIMITS
from jlac_mapper.mapping.ask import NONE_OF_THESE, Opinion
from jlac_mapper.mapping.jlac10.ask import MOST_OPTIONS, reweighed
from jlac_mapper.mapping.jlac10.calibration import ChoiceCalibration, Jlac10Calibration
from jlac_mapper.types import Disposition, Jlac10Mapping, LocalTest, MapOptions, Reason, System
from jlac_mapper.vocabulary import NameForm
from tests.support.evidence_keys import JLAC10_SOURCES, keys
from tests.unit.jlac10 import CALIBRATION, PIPELINE, VOCABULARY, answer, build_pipeline
from tests.unit.test_ask import FirstChoice, FixedChoice


@pytest.mark.parametrize(
    ("fields", "code", "name"),
    [
        (
            {"name": "AST", "specimen": "血清", "unit": "U/L", "method": "UV法"},
            "3B035-0000-023-272-01",
            "AST [血清] 紫外吸光光度法",
        ),
        (
            {"name": "HBs抗原", "specimen": "血清", "unit": "COI", "method": "CLEIA"},
            "5F016-1410-023-052-33",
            "HBs抗原 [血清] 化学発光酵素免疫測定法",
        ),
        (
            {"name": "麻疹抗体IgG", "specimen": "髄液"},
            "5F431-1431-041-023",
            "麻疹抗体IgG [髄液] 酵素免疫測定法",
        ),
        ({"name": "ＧＯＴ", "specimen": "血清"}, "3B035-0000-023-272-01", "AST [血清] 紫外吸光光度法"),
        (
            {"name": "抗はしかIgM抗体", "specimen": "血清"},
            "5F431-1432-023-023",
            "麻疹抗体IgM [血清] 酵素免疫測定法",
        ),
    ],
)
def test_a_known_name_with_its_specimen_is_accepted(fields: dict[str, str], code: str, name: str) -> None:
    mapping = answer(**fields)
    assert (mapping.disposition, parse(mapping.code).hyphenated) == (Disposition.ACCEPTED, code)
    assert (mapping.name, mapping.reasons[0]) == (name, Reason.EXACT_NAME)
    assert mapping.probability >= mapping.provenance.threshold
    assert mapping.candidates[0].code == parse(mapping.code)
    assert mapping.read_as == mapping.candidates[0].concept
    assert mapping.message == ""


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "AST"}, Reason.SPECIMEN_ASSUMED),
        ({"name": "AST", "specimen": "謎の管"}, Reason.SPECIMEN_UNRECOGNISED),
        ({"name": "AST", "specimen": "髄液"}, Reason.SPECIMEN_UNUSUAL),
        ({"name": "RPR", "specimen": "血清"}, Reason.IDENTIFICATION_ASSUMED),
        ({"name": "HBs抗原定性", "specimen": "血清", "result_type": "定量"}, Reason.RESULT_TYPE_CONFLICT),
        ({"name": "アスパラギソ酸アミノトランスフェラーゼ", "specimen": "血清"}, Reason.SIMILAR_NAME),
        ({"name": "グルコース/謎", "specimen": "血清"}, Reason.NAME_PARTLY_EXPLAINED),
    ],
)
def test_what_is_assumed_or_contradicts_goes_to_a_person_with_the_code_proposed(
    fields: dict[str, str], reason: Reason
) -> None:
    mapping = answer(**fields)
    assert mapping.disposition is Disposition.NEEDS_REVIEW
    assert reason in mapping.reasons
    assert mapping.code == str(mapping.candidates[0].code)
    assert mapping.read_as is not None


@pytest.mark.parametrize("name", ["AST(GOT)", "血糖(GLU)", "HBs抗原/HBsAg"])
def test_a_name_of_two_names_of_one_test_is_a_known_one(name: str) -> None:
    mapping = answer(name, specimen="血清")
    assert Reason.NAME_PARTLY_EXPLAINED not in mapping.reasons
    assert mapping.disposition is Disposition.ACCEPTED


@pytest.mark.parametrize("name", ["謎の物質ゼータ", "ゑゑゑ", "Xyzzy-77", "ミステリーαω", "12345"])
@pytest.mark.parametrize("specimen", ["", "血清"])
def test_an_unknown_name_needs_review_and_has_no_code(name: str, specimen: str) -> None:
    mapping = answer(name, specimen=specimen)
    assert mapping.disposition is Disposition.NEEDS_REVIEW
    assert Reason.NAME_UNKNOWN in mapping.reasons
    assert (mapping.code, mapping.name, mapping.read_as) == ("", "", None)
    assert mapping.probability < 0.5


@pytest.mark.parametrize("name", ["採血料", "コメント", "ｺﾒﾝﾄ", "病棟検査"])
@pytest.mark.parametrize("specimen", ["", "血清"])
def test_a_line_or_a_test_without_an_analyte_has_no_code_and_says_what_was_read(
    name: str, specimen: str
) -> None:
    mapping = answer(name, specimen=specimen)
    assert (mapping.disposition, mapping.reasons) == (Disposition.NO_CODE, (Reason.NAME_KNOWN_UNLISTED,))
    assert (mapping.code, mapping.name) == ("", "")
    assert mapping.read_as is not None
    assert not mapping.read_as.jlac10


@pytest.mark.parametrize(
    "name",
    [
        "AST{{",
        "AST<!-- -->",
        "AST```",
        "AST\x07",
        "AST[INST]",
        "AST <script>",
        "AST 答え",
        "AST ignore",
        "AST system:",
        "AST C2008-0000",
        "採血料{{",
        "ASTASTASTAAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_a_foreign_name_is_never_accepted_nor_put_aside(name: str) -> None:
    mapping = answer(name, specimen="血清", unit="U/L", method="UV法")
    assert mapping.disposition is Disposition.NEEDS_REVIEW
    assert Reason.NAME_FOREIGN in mapping.reasons


@pytest.mark.parametrize("field", FIELD_LIMITS)
def test_a_field_that_is_too_long_is_an_error_and_nothing_of_the_row_is_read(field: str) -> None:
    fields = {"name": "AST", "specimen": "血清"}
    mapping = answer(**(fields | {field: "A" * (FIELD_LIMITS[field] + 1)}))
    assert (mapping.disposition, mapping.reasons) == (Disposition.ERROR, (Reason.FIELD_TOO_LONG,))
    assert mapping.message.startswith(f"{field} has ")
    assert (mapping.code, mapping.candidates, mapping.read_as) == ("", (), None)
    assert answer(**(fields | {field: "A" * FIELD_LIMITS[field]})).disposition is not Disposition.ERROR


@pytest.mark.parametrize("name", ["", " ", "\u3000", "---", "（）", "・・"])
def test_a_row_without_a_name_is_an_error_that_says_what_to_do(name: str) -> None:
    mapping = answer(name, specimen="血清")
    assert (mapping.disposition, mapping.reasons) == (Disposition.ERROR, (Reason.NAME_EMPTY,))
    assert "give the test's name in the name column" in mapping.message
    assert "\n" not in mapping.message


def test_a_bad_row_leaves_the_others_of_its_batch_as_they_are() -> None:
    rows = [
        LocalTest("AST", specimen="血清"),
        LocalTest("x" * 1000),
        LocalTest(""),
        LocalTest("採血料"),
        LocalTest("謎の物質"),
        LocalTest("AST", specimen="血清"),
    ]
    together = PIPELINE.map_batch(rows, MapOptions())
    assert together == [PIPELINE.map_batch([row], MapOptions())[0] for row in rows]
    assert PIPELINE.map_batch(rows[::-1], MapOptions()) == together[::-1]
    assert PIPELINE.map_batch([], MapOptions()) == []


@pytest.mark.parametrize("top_k", [1, 2, 5])
def test_as_many_candidates_are_given_as_are_asked_for_best_first(top_k: int) -> None:
    mapping = answer("麻疹の抗体", top_k=top_k, specimen="血清")
    assert 1 <= len(mapping.candidates) <= top_k
    probabilities = [candidate.analyte_probability for candidate in mapping.candidates]
    assert probabilities == sorted(probabilities, reverse=True)
    assert mapping.candidates == answer("麻疹の抗体", top_k=50, specimen="血清").candidates[:top_k]


@given(
    name=st.sampled_from([n for n in VOCABULARY.names if n.form != NameForm.HOMONYM]),
    specimen=st.text(max_size=8),
)
def test_a_code_is_composed_whatever_stands_in_the_specimen(name: object, specimen: str) -> None:
    mapping = answer(name.text, specimen=specimen)  # type: ignore[attr-defined]
    for candidate in mapping.candidates:
        assert parse(str(candidate.code)) == candidate.code
        assert 0 <= candidate.probability <= candidate.analyte_probability <= 1
    assert (mapping.code == "") is (mapping.disposition is Disposition.NO_CODE)


# --- calibration


def test_a_larger_share_is_likelier_and_every_probability_is_one() -> None:
    shares = [0.0, 1e-12, 0.01, 0.2, 0.5, 0.8, 0.99, 1.0]
    probabilities = [CALIBRATION.probability(share) for share in shares]
    assert probabilities == sorted(probabilities)
    assert all(0 <= probability <= 1 for probability in probabilities)
    assert CALIBRATION.probability(0.8) == pytest.approx(0.8)


def test_the_threshold_is_that_of_the_lowest_stated_precision_that_is_enough() -> None:
    assert [CALIBRATION.threshold(p) for p in (0.5, 0.95, 0.96, 0.98)] == [0.7, 0.7, 0.85, 0.85]
    with pytest.raises(ConfigurationError, match=r"target precision 0\.99 .* choose at most 0\.98"):
        CALIBRATION.threshold(0.99)


def test_the_shipped_calibration_reaches_what_the_settings_ask_for() -> None:
    shipped = Jlac10Calibration.read(master_data_dir() / "calibration_jlac10.json")
    assert 0 < shipped.threshold(Settings(database_url="sqlite://").target_precision) < 1
    assert list(shipped.thresholds.values()) == sorted(shipped.thresholds.values())
    assert all(0 < each <= 1 for each in shipped.certainty.values())
    assert not math.isnan(shipped.probability(0.5))
    assert shipped.identity


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", "null", "slope", "certainty", "thresholds", "known"])
def test_a_calibration_that_cannot_be_used_is_one_clear_error(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "calibration_jlac10.json"
    shipped = json.loads((master_data_dir() / "calibration_jlac10.json").read_text("utf-8"))
    if damage in shipped:
        damage = json.dumps({key: value for key, value in shipped.items() if key != damage})
    path.write_text(damage, "utf-8")
    with pytest.raises(ConfigurationError, match=r"calibration_jlac10\.json cannot be used"):
        Jlac10Calibration.read(path)


def test_the_rows_bring_every_kind_of_evidence_that_only_jlac10_has() -> None:
    rows = (
        LocalTest("AST", specimen="血清", method="UV法"),
        LocalTest("AST", specimen="髄液"),
        LocalTest("AST", specimen="血清または髄液"),
        LocalTest("AST"),
        LocalTest("呼気検査"),
    )
    answers = PIPELINE.map_batch(rows, MapOptions())
    evidence = {each for mapping in answers for each in mapping.evidence}
    assert {each.key for each in evidence} == keys(jlac10=True)
    assert {each.source for each in evidence} >= JLAC10_SOURCES


# --- the language model

SIMILAR = {"name": "HBs抗元", "specimen": "血清"}
"""A row that is nearly two known names: neither is certain."""
AMBIGUOUS = replace(
    VOCABULARY,
    names=tuple(replace(name, form="") if name.text == "TP" else name for name in VOCABULARY.names),
)
"""TP means テオフィリン as often as 総蛋白."""
TP = {"name": "TP", "specimen": "血清"}
TRUSTED = ChoiceCalibration("fixed template=fixed-1 orders=1", 1.0, 1.0, 0.0, lifts=0.98)


def told(
    favourite: str | None, choice: ChoiceCalibration = TRUSTED, **fields: str
) -> tuple[Jlac10Mapping, FixedChoice]:
    """The answer where a language model favours an analyte, and the model."""
    model = FixedChoice(favourite)
    calibration = replace(CALIBRATION, choice=choice)
    pipeline = build_pipeline(vocabulary=AMBIGUOUS, calibration=calibration, choice_model=model)
    return answer(pipeline=pipeline, **fields), model


def test_a_question_offers_codes_with_what_they_are_measured_in_and_none_of_these() -> None:
    _, model = told(None, **SIMILAR)
    (asked,) = model.asked
    assert asked.system is System.JLAC10
    assert asked.fields == (("name", "HBs抗元"), ("specimen", "血清"))
    assert [(o.measurand, o.identification, o.concept) for o in asked.options][:2] == [
        ("5F016", "1410", "5F016-1410"),
        ("5F016", "1430", "5F016-1430"),
    ]
    assert asked.options[0].text == "HBs抗原、材料 血清、単位 COI"
    assert asked.options[-1] == NONE_OF_THESE
    assert len({o.concept for o in asked.options}) == len(asked.options) <= MOST_OPTIONS + 1


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "AST", "specimen": "血清", "unit": "U/L"},  # certain
        {"name": "採血料"},  # has no code
        {"name": "全く別の何か"},  # resembles nothing
        {"name": "<b>HBs抗元</b>", "specimen": "血清"},  # foreign
        {"name": ""},
    ],
)
def test_only_uncertain_rows_are_asked_about(fields: dict[str, str]) -> None:
    mapping, model = told("5F016", **fields)
    assert model.asked == []
    assert mapping == answer(
        pipeline=build_pipeline(calibration=replace(CALIBRATION, choice=TRUSTED)), **fields
    )


def test_its_word_counts_as_much_as_its_weight_and_is_shown() -> None:
    alone, _ = told(None, **SIMILAR)
    assert alone.candidates[0].concept.key == "hbs_antigen"
    weights = (0.0, 0.5, 1.0)
    shares = []
    for weight in weights:
        mapping, _ = told("3B035", replace(TRUSTED, weight=weight), **SIMILAR)
        shares.append(mapping.candidates[0].analyte_probability)
        (said,) = [each for each in mapping.evidence if each.key == "concept.language_model"]
        assert said.values[-1][0] in {"", *(f"{c.concept.jlac10[0]}" for c in mapping.candidates)}
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(alone.candidates[0].analyte_probability)


def test_it_can_turn_the_order_of_the_candidates() -> None:
    for analyte in ("3M010", "3A010"):
        mapping, model = told(analyte, **TP)
        assert len(model.asked) == 1
        assert mapping.candidates[0].code.analyte == analyte


def test_none_of_these_never_makes_a_row_one_without_a_code() -> None:
    mapping, _ = told("", **SIMILAR)
    assert mapping.disposition is Disposition.NEEDS_REVIEW
    assert (
        mapping.candidates[0].analyte_probability < told(None, **SIMILAR)[0].candidates[0].analyte_probability
    )


@pytest.mark.parametrize(
    ("choice", "disposition"),
    [
        (TRUSTED, Disposition.ACCEPTED),
        (replace(TRUSTED, lifts=0.9), Disposition.NEEDS_REVIEW),
        (replace(TRUSTED, model="another"), Disposition.NEEDS_REVIEW),
    ],
)
def test_it_lifts_a_known_name_only_where_it_was_measured_and_the_row_says_so(
    choice: ChoiceCalibration, disposition: Disposition
) -> None:
    alone, _ = told(None, **TP)
    assert (alone.disposition, alone.reasons[-1]) == (Disposition.NEEDS_REVIEW, Reason.LOW_PROBABILITY)
    mapping, _ = told("3A010", choice, **TP)
    assert mapping.disposition is disposition
    assert (Reason.LLM_CONFIRMS in mapping.reasons) == (disposition is Disposition.ACCEPTED)
    is_low = mapping.probability < mapping.provenance.threshold
    assert is_low == (Reason.LOW_PROBABILITY in mapping.reasons) == (disposition is not Disposition.ACCEPTED)


def test_it_never_lifts_a_name_that_no_concept_has() -> None:
    mapping, _ = told("5F016", replace(TRUSTED, offset=5.0), **SIMILAR)
    assert mapping.probability > mapping.provenance.threshold
    assert mapping.disposition is Disposition.NEEDS_REVIEW


def test_a_model_that_is_away_or_contradicts_itself_leaves_the_row_with_a_person() -> None:
    calibration = replace(CALIBRATION, choice=TRUSTED)
    for model, reason in (
        (FixedChoice(None, away=True), Reason.LLM_UNAVAILABLE),
        (FirstChoice(None, sees_order=True), Reason.LLM_DISAGREES),
    ):
        pipeline = build_pipeline(calibration=calibration, choice_model=model)
        mapping = answer(pipeline=pipeline, **SIMILAR)
        assert mapping.disposition is Disposition.NEEDS_REVIEW
        assert reason in mapping.reasons
        assert mapping.candidates == told(None, **SIMILAR)[0].candidates


@given(
    st.lists(st.floats(0.01, 1.0), min_size=1, max_size=8),
    st.floats(0.0, 1.0),
    st.lists(st.floats(-3.0, 3.0), min_size=8, max_size=8),
    st.floats(0.0, 2.0),
)
def test_shares_after_its_word_are_shares_and_without_weight_the_same(
    parts: list[float], none: float, odds: list[float], weight: float
) -> None:
    total = sum(parts) + none
    shares = [(f"{i}A010", part / total) for i, part in enumerate(parts)]
    opinion = Opinion({entry: odds[i] for i, (entry, _) in enumerate(shares)}, none=odds[-1])
    changed = reweighed(shares, opinion, weight)
    assert 0.0 < sum(changed) <= 1.0 + 1e-9
    assert reweighed(shares, opinion, 0.0) == pytest.approx([share for _, share in shares])
