"""Features, coefficients and thresholds."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.config import master_data_dir
from jlac_mapper.errors import ConfigurationError
from jlac_mapper.mapping.comparisons.base import SILENT, Agreement
from jlac_mapper.mapping.score import FEATURES, LEAST_ACCEPTED, Calibration, Features, features, share
from jlac_mapper.types import Hypothesis, NormalizedTest
from tests.unit.stages import CALIBRATION, normalize, retrieve


def of(**values: float) -> Features:
    """Features with these values, all others 0."""
    return Features(**{**dict.fromkeys(FEATURES, 0.0), **values})


def by_name(row: Features) -> dict[str, float]:
    return {name: getattr(row, name) for name in FEATURES}


def described(
    name: str, agreement: Agreement = SILENT, choice: float = 0.0, concept: str = "", **fields: str
) -> dict[str, float]:
    test: NormalizedTest = normalize(name, **fields)
    hypotheses: tuple[Hypothesis, ...] = retrieve(name, **fields)
    index = next(i for i, h in enumerate(hypotheses) if h.listed and concept in ("", h.key))
    return by_name(features(test, hypotheses, index, agreement, choice))


def test_a_whole_exact_name_without_rivals_is_described_by_little_else() -> None:
    row = described("クレアチンキナーゼ")
    assert {name for name, value in row.items() if value} == {"bias", "exact_whole"}


def test_a_name_found_by_its_parts_is_told_from_a_whole_one() -> None:
    row = described("GOT(AST)")
    assert (row["exact_whole"], row["exact_parts"]) == (0.0, 1.0)


def test_a_similar_name_is_described_by_its_scores() -> None:
    row = described("クレアチソキナーゼ")
    best = retrieve("クレアチソキナーゼ")[0]
    assert row["inexact_similarity"] == best.scores["similarity"]
    assert row["inexact_similarity_cubed"] == pytest.approx(best.scores["similarity"] ** 3)
    assert row["inexact_cosine"] == best.scores["cosine"]
    assert row["exact_whole"] == row["exact_parts"] == 0.0


def test_a_known_name_without_a_code_speaks_against_the_listed_one() -> None:
    row = described("CK-MB", concept="creatine_kinase")
    assert row["background_exact"] == 1.0
    assert row["inexact_background_margin"] < 0.0
    assert described("CK", concept="creatine_kinase")["background_exact"] == 0.0


def test_an_exact_rival_is_a_tie_for_an_exact_name_and_a_shadow_for_another() -> None:
    assert described("Na・K", concept="sodium")["inexact_beside_exact"] == 0.0
    assert described("AST", concept="ast")["exact_tie"] == 0.0
    assert described("カリウム", abbreviation="Na", concept="sodium")["inexact_beside_exact"] == 1.0


def test_a_remark_that_no_table_knows_is_marked() -> None:
    assert described("AST(東棟)", concept="ast")["remark"] == 1.0
    assert described("AST(GOT)", concept="ast")["remark"] == 0.0


def test_a_foreign_unit_counts_apart_under_an_abbreviation() -> None:
    conflict = Agreement(-1.0, 0.0, 0.0, 0.0, 0.0)
    short, long = described("TP", conflict), described("総蛋白", conflict)
    assert (short["unit_conflicts"], short["abbreviation_unit_conflicts"]) == (1.0, 1.0)
    assert (long["unit_conflicts"], long["abbreviation_unit_conflicts"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("agreement", "named"),
    [
        (SILENT._replace(unit=1.0), {"unit_agrees"}),
        (SILENT._replace(unit=0.5), {"unit_other_scale"}),
        (SILENT._replace(unit=-1.0), {"unit_conflicts"}),
        (SILENT._replace(specimen=1.0), {"specimen_agrees"}),
        (SILENT._replace(specimen=-0.5), {"specimen_unclear"}),
        (SILENT._replace(specimen=-1.0), {"specimen_conflicts"}),
        (SILENT._replace(scale=-1.0), {"result_type_conflicts"}),
        (SILENT._replace(method=-1.0), {"method_conflicts"}),
        (SILENT._replace(other_code=1.0), {"jlac10_agrees"}),
        (SILENT._replace(other_code=-1.0), {"jlac10_conflicts"}),
    ],
)
def test_each_agreement_has_its_own_feature(agreement: Agreement, named: set[str]) -> None:
    row = described("クレアチンキナーゼ", agreement)
    assert {name for name, value in row.items() if value} == {"bias", "exact_whole", *named}


def test_an_abbreviation_can_agree_with_the_name() -> None:
    agreeing = described("AST", abbreviation="GOT")
    assert (agreeing["alias_agrees"], agreeing["alias_elsewhere"]) == (1.0, 0.0)


def test_an_abbreviation_can_lie_elsewhere() -> None:
    elsewhere = described("AST", abbreviation="CK", concept="ast")
    assert (elsewhere["alias_agrees"], elsewhere["alias_elsewhere"]) == (0.0, 1.0)


def test_short_names_and_trailing_numbers_are_marked() -> None:
    assert described("K", concept="potassium")["short_name"] == 1.0
    assert described("AST")["short_name"] == 0.0
    assert described("AST2", concept="ast")["numbering"] == 1.0
    assert described("AST")["numbering"] == 0.0


@pytest.mark.parametrize("name", ["AST", "CK-MB", "Na・K", "謎の抗原", "K", "AST(ゾル)"])
def test_every_feature_lies_between_minus_1_and_1(name: str) -> None:
    for index, hypothesis in enumerate(retrieve(name)):
        if hypothesis.listed:
            row = by_name(features(normalize(name), retrieve(name), index, SILENT))
            assert all(-1.0 <= value <= 1.0 for value in row.values())


def test_a_probability_is_the_logistic_of_the_weighted_features() -> None:
    assert CALIBRATION.probability(of(bias=1.0)) == pytest.approx(1 / (1 + math.exp(4.0)))
    assert CALIBRATION.probability(of(bias=1.0, exact_whole=1.0)) == pytest.approx(1 / (1 + math.exp(-5.0)))


def test_extreme_features_neither_overflow_nor_leave_0_to_1() -> None:
    huge = replace(CALIBRATION, coefficients=dict.fromkeys(FEATURES, 1e6))
    assert 0.999 < huge.probability(Features(*[1.0] * len(FEATURES))) <= 1.0
    assert 0.0 <= huge.probability(Features(*[-1.0] * len(FEATURES))) < 0.001


@pytest.mark.parametrize("name", FEATURES)
def test_a_coefficient_counts_for_the_feature_of_its_name(name: str) -> None:
    one = Calibration("one", False, {**dict.fromkeys(FEATURES, 0.0), name: 2.0}, {}, 0.0)
    assert one.probability(of(**{name: 1.0})) == pytest.approx(1 / (1 + math.exp(-2.0)))
    assert one.probability(of(**{**dict.fromkeys(FEATURES, 1.0), name: 0.0})) == 0.5


def test_features_are_named_in_the_order_of_the_names() -> None:
    numbered = Features(*map(float, range(len(FEATURES))))
    assert [getattr(numbered, name) for name in FEATURES] == list(map(float, range(len(FEATURES))))
    with pytest.raises(TypeError, match="choice"):
        Features(*[0.0] * (len(FEATURES) - 1))


def test_the_language_models_word_is_a_feature_of_its_own() -> None:
    row = described("クレアチンキナーゼ", choice=1.5)
    assert {name: value for name, value in row.items() if value} == {
        "bias": 1.0,
        "exact_whole": 1.0,
        "choice": 1.5,
    }


def test_the_threshold_of_the_next_stated_precision_is_taken() -> None:
    stated = replace(CALIBRATION, thresholds={0.98: 0.93, 0.99: 0.97})
    assert stated.threshold(0.98) == 0.93
    assert stated.threshold(0.985) == 0.97
    assert stated.threshold(0.5) == 0.93


def test_no_threshold_lies_under_what_a_single_answer_must_reach() -> None:
    assert CALIBRATION.thresholds[0.98] < LEAST_ACCEPTED
    assert CALIBRATION.threshold(0.98) == LEAST_ACCEPTED


def test_a_precision_that_nothing_reached_is_refused_with_the_highest_one() -> None:
    with pytest.raises(ConfigurationError, match=r"0\.9999 .* at most 0\.99$"):
        CALIBRATION.threshold(0.9999)


def test_rival_probabilities_are_scaled_down_and_never_up() -> None:
    assert share([0.9, 0.6], [False, False]) == pytest.approx([0.6, 0.4])
    assert share([0.9, 0.6], [True, True]) == pytest.approx([0.6, 0.4])
    assert share([0.2, 0.1], [False, False]) == [0.2, 0.1]
    assert share([], []) == []


def test_what_a_name_only_resembles_shares_what_its_whole_name_leaves() -> None:
    assert share([0.9, 0.6], [True, False]) == pytest.approx([0.9, 0.06])
    assert share([0.6, 0.3], [False, True]) == pytest.approx([0.42, 0.3])
    assert share([0.0, 0.4], [True, False]) == pytest.approx([0.0, 0.4])


# --- the file


@pytest.fixture
def content() -> dict[str, Any]:
    return {
        "identity": "hand@1",
        "provisional": True,
        "coefficients": dict.fromkeys(FEATURES, 0.5),
        "thresholds": {"0.98": 0.6, "0.99": 0.7},
        "no_code_below": 0.03,
    }


def write(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_calibration_file_is_read_as_written(tmp_path: Path, content: dict[str, Any]) -> None:
    calibration = Calibration.read(write(tmp_path, content))
    assert calibration == Calibration(
        "hand@1", True, dict.fromkeys(FEATURES, 0.5), {0.98: 0.6, 0.99: 0.7}, 0.03
    )


def test_a_calibration_for_other_features_is_refused_by_name(tmp_path: Path, content: dict[str, Any]) -> None:
    content["coefficients"]["mystery"] = content["coefficients"].pop("choice")
    with pytest.raises(ConfigurationError, match=r"other features \(choice, mystery\).*train calibration"):
        Calibration.read(write(tmp_path, content))


def test_the_order_of_the_coefficients_is_of_no_account(tmp_path: Path, content: dict[str, Any]) -> None:
    content["coefficients"] = {name: float(number) for number, name in enumerate(FEATURES)}
    as_written = Calibration.read(write(tmp_path, content))
    content["coefficients"] = dict(reversed(content["coefficients"].items()))
    turned = Calibration.read(write(tmp_path, content))
    row = of(bias=1e-2, choice=1e-2)
    assert turned.probability(row) == as_written.probability(row) != 0.5


@pytest.mark.parametrize("name", ["bias", "jlac10_agrees", "choice"])
def test_a_calibration_that_lacks_a_feature_is_refused_by_its_name(
    tmp_path: Path, content: dict[str, Any], name: str
) -> None:
    del content["coefficients"][name]
    path = write(tmp_path, content)
    with pytest.raises(ConfigurationError, match=rf"{path} .*other features \({name}\).*train calibration"):
        Calibration.read(path)


def test_a_calibration_with_a_feature_too_many_is_refused_by_its_name(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    content["coefficients"]["moon_phase"] = 0.0
    with pytest.raises(ConfigurationError, match=r"other features \(moon_phase\).*train cal") as refused:
        Calibration.read(write(tmp_path, content))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "missing", ["identity", "coefficients", "thresholds", "no_code_below", "provisional"]
)
def test_an_incomplete_calibration_is_refused_with_its_path(
    tmp_path: Path, content: dict[str, Any], missing: str
) -> None:
    del content[missing]
    path = write(tmp_path, content)
    with pytest.raises(ConfigurationError, match=f"{path}.*{missing}"):
        Calibration.read(path)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"identity": 1}'])
def test_a_file_that_is_no_calibration_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Calibration.read(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        Calibration.read(tmp_path / "absent.json")


def test_the_shipped_calibration_fits_the_features_and_is_ordered() -> None:
    shipped = Calibration.read(master_data_dir() / "calibration.json")
    stated = [shipped.thresholds[p] for p in sorted(shipped.thresholds)]
    assert stated == sorted(stated)
    assert 0.0 < shipped.no_code_below < stated[0] <= 1.0
