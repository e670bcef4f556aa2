"""What a name may mean among all concepts of a small vocabulary: what is found, and how it is weighed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.config import master_data_dir
from jlac_mapper.errors import ConfigurationError
from jlac_mapper.mapping.meanings.features import FEATURES, FeatureReader
from jlac_mapper.mapping.meanings.find import LIMIT, Meaning, MeaningFinder
from jlac_mapper.mapping.meanings.weigh import UNKNOWN, MeaningWeights
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.types import LocalTest
from jlac_mapper.vocabulary import Concept, Name, NameFamily, NameForm, Scale, Vocabulary
from tests.unit.jlac10 import VOCABULARY, WEIGHTS

NORMALIZER, FINDER, READER = Normalizer(VOCABULARY), MeaningFinder(VOCABULARY), FeatureReader(VOCABULARY)
KEYS = [concept.key for concept in VOCABULARY.concepts]


def found(name: str, **fields: str) -> dict[str, Meaning]:
    """The meanings of a row by their concepts, in the order in which they are found."""
    (meanings,) = FINDER.find([NORMALIZER.normalize(LocalTest(name, **fields))])
    return {KEYS[meaning.concept]: meaning for meaning in meanings}


def shares(name: str, vocabulary: Vocabulary = VOCABULARY, **fields: str) -> dict[str, float]:
    """The probability of each concept that a row may mean, the likeliest first."""
    test = Normalizer(vocabulary).normalize(LocalTest(name, **fields))
    (meanings,) = MeaningFinder(vocabulary).find([test])
    weighed = WEIGHTS.shares(FeatureReader(vocabulary).describe(test, meanings))
    by_key = {vocabulary.concepts[m.concept].key: p for m, p in zip(meanings, weighed, strict=True)}
    return dict(sorted(by_key.items(), key=lambda each: -each[1]))


def likeliest(name: str, vocabulary: Vocabulary = VOCABULARY, **fields: str) -> str:
    return next(iter(shares(name, vocabulary, **fields)), "")


# --- found


@pytest.mark.parametrize("name", VOCABULARY.names)
def test_a_known_name_is_found_as_its_concept(name: Name) -> None:
    meanings = found(name.text)
    assert meanings[name.concept].exact == 1.0
    assert meanings[name.concept].rare == float(name.form == NameForm.HOMONYM)
    if name.form != NameForm.HOMONYM:
        assert next(iter(meanings)) == name.concept


@pytest.mark.parametrize(
    "text", ["ＡＳＴ", "a.s.t", " AST ", "Aspartate aminotransferase", "ｱｽﾊﾟﾗｷﾞﾝ酸ｱﾐﾉﾄﾗﾝｽﾌｪﾗｰｾﾞ"]
)
def test_a_name_is_found_in_any_spelling_and_by_the_standard_names(text: str) -> None:
    assert found(text)["ast"].exact == 1.0


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("はしかウイルスIgM", "measles_antibody_igm"),
        ("抗麻疹IgG抗体", "measles_antibody_igg"),
        ("Measles virusｳｲﾙｽIgG", "measles_antibody_igg"),
        ("抗 麻疹 ＩｇＭ 抗体", "measles_antibody_igm"),
    ],
)
def test_a_composed_name_is_found_like_a_listed_one(text: str, concept: str) -> None:
    meanings = found(text)
    assert next(iter(meanings)) == concept
    assert (meanings[concept].exact, meanings[concept].rare) == (1.0, 0.0)


def test_a_listed_name_outdoes_a_composed_one() -> None:
    listed = Name("はしかウイルスIgG", "measles_antibody_hi")
    vocabulary = replace(VOCABULARY, names=(*VOCABULARY.names, listed))
    test = Normalizer(vocabulary).normalize(LocalTest("はしかｳｲﾙｽ IgG"))
    (meanings,) = MeaningFinder(vocabulary).find([test])
    assert [KEYS[meaning.concept] for meaning in meanings if meaning.exact] == ["measles_antibody_hi"]


def test_a_name_composed_for_two_concepts_is_found_as_both() -> None:
    other = NameFamily({"hbs": ("麻疹",)}, (("{}_antigen", ("{}ウイルスIgG",)),))
    vocabulary = replace(VOCABULARY, families=(*VOCABULARY.families, other))
    (meanings,) = MeaningFinder(vocabulary).find([NORMALIZER.normalize(LocalTest("麻疹ウイルスIgG"))])
    assert {KEYS[m.concept] for m in meanings if m.exact == 1.0} == {"measles_antibody_igg", "hbs_antigen"}


def test_a_known_name_has_what_it_is_confused_with_beside_it() -> None:
    assert "theophylline" in found("総蛋白")
    assert "hbs_antibody" in found("HBs抗原")
    assert found("HBs抗原")["hbs_antibody"].exact == 0.0


def test_a_name_with_its_specimen_is_another_name() -> None:
    assert next(iter(found("アミラーゼ", specimen="尿"))) == "amylase_urine"
    assert found("アミラーゼ", specimen="尿")["amylase_urine"].exact == 1.0


def test_a_slip_is_found_by_its_likeness() -> None:
    meanings = found("アスパラギソ酸アミノトランスフエラゼ")
    assert next(iter(meanings)) == "ast"
    assert meanings["ast"].exact == 0.0
    assert max(meanings["ast"].cosine, meanings["ast"].similarity) > 0.5


def test_an_abbreviation_speaks_for_its_concept() -> None:
    meanings = found("肝機能のなにか", abbreviation="AST")
    assert meanings["ast"].alias == 1.0
    assert likeliest("肝機能のなにか", abbreviation="AST") == "ast"


def test_parts_of_a_name_cover_it() -> None:
    meanings = found("グルコース(GLU)")
    assert meanings["glucose"].covered == 1.0
    assert 0 < found("グルコース/謎の検査")["glucose"].covered < 1


@pytest.mark.parametrize("name", ["", " ", "---", "（）"])
def test_a_row_without_a_name_means_nothing(name: str) -> None:
    assert found(name) == {}
    assert shares(name) == {}


@given(st.text(max_size=30), st.sampled_from(["", "血清", "尿", "謎"]))
def test_any_name_has_a_few_meanings_with_scores_from_0_to_1(name: str, specimen: str) -> None:
    test = NORMALIZER.normalize(LocalTest(name, specimen=specimen))
    (meanings,) = FINDER.find([test])
    assert len(meanings) <= LIMIT
    assert len({meaning.concept for meaning in meanings}) == len(meanings)
    for meaning in meanings:
        scores = meaning._asdict()
        scores = [value for key, value in scores.items() if key not in ("concept", "key", "dense")]
        assert all(0 <= score <= 1 for score in scores)
    weighed = WEIGHTS.shares(READER.describe(test, meanings))
    assert len(weighed) == len(meanings)
    assert all(0 <= share <= 1 for share in weighed)
    assert sum(weighed) <= 1 + 1e-9


def test_rows_are_found_alike_alone_and_together_in_any_order() -> None:
    names = ["AST", "麻疹の抗体", "アスパラギソ酸", "", "グルコース(GLU)", "HBs抗原", "AST", "謎"]
    tests = [NORMALIZER.normalize(LocalTest(name)) for name in names]
    together = FINDER.find(tests)
    assert together == [FINDER.find([test])[0] for test in tests]
    assert FINDER.find(tests[::-1]) == together[::-1]
    assert FINDER.find([]) == []


# --- weighed


def test_what_is_missing_to_one_is_the_share_of_a_name_that_means_none_of_them() -> None:
    assert sum(shares("AST").values()) > 0.99
    assert sum(shares("謎の物質ゼータ").values()) < 0.5
    assert WEIGHTS.shares([]) == []


def twins(**changes: object) -> Vocabulary:
    """Two concepts whose names resemble the row's alike; the first has what *changes* says."""
    first = Concept("one", "謎の物質ゼータ甲", "Zeta one", jlac10=("3M001",))
    concepts = (replace(first, **changes), Concept("two", "謎の物質ゼータ乙", "Zeta two", jlac10=("3M002",)))
    return replace(VOCABULARY, concepts=concepts, names=(), families=())


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"specimens": ("urine",)}, {"specimen": "尿"}),
        ({"units": ("mg/dL",)}, {"unit": "mg/dL"}),
        ({"units": ("U/L",)}, {"reference_range": "10～20 (U/L)"}),
        ({"methods": ("052",)}, {"method": "CLEIA法"}),
    ],
)
def test_what_the_row_says_beside_its_name_decides_between_twins(
    changes: dict[str, object], fields: dict[str, str]
) -> None:
    unsaid, said = (
        shares("謎の物質ゼータ", twins(**changes)),
        shares("謎の物質ゼータ", twins(**changes), **fields),
    )
    assert unsaid["one"] == pytest.approx(unsaid["two"])
    assert said["one"] > 1.5 * said["two"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"specimens": ("serum",)}, {"specimen": "髄液"}),
        ({"units": ("mg/dL",)}, {"unit": "秒"}),
        ({"scale": Scale.QUALITATIVE}, {"result_type": "数値"}),
        ({"scale": Scale.QUANTITY}, {"result_type": "定性"}),
    ],
)
def test_what_the_row_says_against_a_twin_speaks_for_the_other(
    changes: dict[str, object], fields: dict[str, str]
) -> None:
    said = shares("謎の物質ゼータ", twins(**changes), **fields)
    assert said["two"] > 1.5 * said["one"]


@pytest.mark.parametrize(
    ("one", "two", "row"),
    [
        ("ゼータ抗原", "ゼータ抗体", "ゼータAg検査"),
        ("ゼータIgG", "ゼータIgM", "ゼータIgG型"),
        ("第8ゼータ", "第9ゼータ", "第Ⅷゼータの"),
        ("ゼータK", "ゼータL", "ゼータK検"),
    ],
)
def test_numbers_letters_classes_and_kinds_decide_between_twins(one: str, two: str, row: str) -> None:
    concepts = (
        Concept("one", one, "one x", jlac10=("3M001",)),
        Concept("two", two, "two x", jlac10=("3M002",)),
    )
    for ordered in (concepts, concepts[::-1]):
        assert likeliest(row, replace(VOCABULARY, concepts=ordered, names=(), families=())) == "one"


def test_a_homonym_yields_to_the_usual_meaning() -> None:
    assert list(shares("TP"))[:2] == ["total_protein", "theophylline"]


def test_concepts_without_a_code_are_weighed_like_others() -> None:
    assert shares("採血料")["blood_drawing"] > 0.9


# --- the file of weights


def test_the_shipped_weights_are_for_the_features_that_there_are() -> None:
    weights = MeaningWeights.read(master_data_dir() / "meanings.json")
    assert len(weights.weights) == len(FEATURES) == len(set(FEATURES))
    assert weights.identity


@pytest.mark.parametrize("changed", [{"exact": None}, {UNKNOWN: None}, {"new_feature": 1.0}])
def test_weights_for_other_features_are_refused_with_what_to_do(
    tmp_path: Path, changed: dict[str, float | None]
) -> None:
    data = json.loads((master_data_dir() / "meanings.json").read_text("utf-8"))
    weights = {name: value for name, value in (data["weights"] | changed).items() if value is not None}
    path = tmp_path / "meanings.json"
    path.write_text(json.dumps({"identity": "mine", "weights": weights}), "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        MeaningWeights.read(path)
    (name,) = changed
    assert f"({name})" in str(refused.value)
    assert str(path) in str(refused.value)
    assert "jlac-mapper train meanings" in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"identity": "a"}', '{"identity": "a", "weights": {"exact": "much"}}', '"x"'],
)
def test_a_file_of_weights_that_cannot_be_read_is_one_clear_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "meanings.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=r"meanings\.json"):
        MeaningWeights.read(path)
    with pytest.raises(ConfigurationError, match=r"none\.json cannot be used"):
        MeaningWeights.read(tmp_path / "none.json")
