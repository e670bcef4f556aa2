"""Facts taken out of names and fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.mapping.normalize import Normalizer
from jlac_mapper.types import LocalTest, NormalizedTest, Reason, ResultType, Timing
from tests.unit.vocabulary import VOCABULARY

NORMALIZER = Normalizer(VOCABULARY)


def normalize(name: str, **fields: str) -> NormalizedTest:
    return NORMALIZER.normalize(LocalTest(name=name, **fields))


def first_variants(test: NormalizedTest) -> list[str]:
    return [part.variants[0] for part in test.parts]


def test_brackets_separate_an_old_name_from_a_new_one() -> None:
    assert first_variants(normalize("AST（GOT）")) == ["ast", "got"]


def test_a_specimen_word_leaves_the_name_and_is_kept_as_a_fact() -> None:
    test = normalize("Na(蓄尿)")
    assert test.parts[0].variants == ("蓄尿na", "尿na", "na")
    assert test.name_specimens == ("pooled_urine",)


def test_a_specimen_prefix_is_taken_off_an_unknown_name() -> None:
    test = normalize("髄液ナトリウム")
    assert test.parts[0].variants == ("髄液ナトリウム", "ナトリウム")
    assert test.name_specimens == ("csf",)


def test_a_name_is_looked_up_as_it_would_be_with_its_specimen() -> None:
    assert normalize("蛋白", specimen="尿").parts[0].variants == ("尿蛋白", "蛋白")
    assert normalize("蛋白", specimen="血清").parts[0].variants == ("蛋白",)


def test_a_specimen_prefix_stays_on_a_known_name() -> None:
    test = normalize("尿蛋白")
    assert test.parts[0].variants == ("尿蛋白",)
    assert test.name_specimens == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("HBs抗原(定性)", ResultType.QUALITATIVE),
        ("HBs抗原定量", ResultType.QUANTITATIVE),
        ("尿蛋白定性", ResultType.QUALITATIVE),
        ("HBs抗原", ResultType.ANY),
    ],
)
def test_the_result_type_comes_from_the_name(name: str, kind: ResultType) -> None:
    assert normalize(name).result_type is kind


@pytest.mark.parametrize(
    ("name", "timing"),
    [
        ("空腹時 血糖", Timing.FASTING),
        ("随時血糖", Timing.RANDOM),
        ("血糖(食後)", Timing.TIMED),
        ("血糖", Timing.ANY),
    ],
)
def test_the_time_of_collection_comes_from_the_name(name: str, timing: Timing) -> None:
    assert normalize(name).timing is timing


def test_shop_notes_are_taken_out_and_kept() -> None:
    test = normalize("TP(2025年3月31日ご依頼分をもって受託中止)")
    assert first_variants(test) == ["tp"]
    assert test.notes == ("2025年3月31日ご依頼分をもって受託中止",)
    assert first_variants(normalize("CK(時間外)")) == ["ck"]
    assert first_variants(normalize("AST（他）")) == ["ast"]


def test_methods_are_taken_out_and_kept() -> None:
    test = normalize("HBs抗原/CLEIA")
    assert "hbs抗原" in test.parts[0].variants
    assert test.methods == ("CLEIA",)


def test_a_unit_in_brackets_is_a_unit() -> None:
    test = normalize("PT(秒)")
    assert first_variants(test) == ["pt"]
    assert [(q.canonical, q.field) for q in test.quantities] == [("s", "name")]


def test_an_abbreviation_in_brackets_is_not_taken_for_a_unit() -> None:
    assert first_variants(normalize("カリウム(K)")) == ["カリウム", "k"]


def test_the_unit_field_comes_before_the_reference_range() -> None:
    test = normalize("TP", unit="g/dl", reference_range="67～83 g/L")
    assert [q.canonical for q in test.quantities] == ["g/dL", "g/L"]


def test_an_unknown_specimen_is_passed_on_as_written() -> None:
    test = normalize("TP", specimen="検体その７")
    assert test.specimens == ()
    assert test.specimen_text == "検体その7"


def test_a_field_that_names_two_specimens_gives_both() -> None:
    assert normalize("TP", specimen="血清/血漿").specimens == ("serum", "plasma")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("3B035000002327201", "3B035000002327201"),
        ("3B035-0000-023-272-01", "3B035000002327201"),
        ("３Ｂ０３５００００023272", "3B0350000023272"),
        ("3B035", ""),
        ("なし", ""),
    ],
)
def test_a_jlac10_code_is_read_in_any_usual_writing(text: str, code: str) -> None:
    assert normalize("AST", jlac10=text).jlac10 == code


def test_a_trailing_number_is_reported_because_it_may_be_a_count_or_a_name() -> None:
    assert normalize("AST2").numbering == "2"
    assert normalize("AST").numbering == ""


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("HBs抗原定量", {"result_type": "定性"}, Reason.RESULT_TYPE_CONFLICT),
        ("血糖(空腹時)_食後", {}, Reason.TIMING_NOT_LISTED),
        ("PT(秒)", {"unit": "%"}, Reason.UNIT_CONFLICT),
    ],
)
def test_a_row_that_contradicts_itself_says_so(name: str, fields: dict[str, str], reason: Reason) -> None:
    assert normalize(name, **fields).contradictions == (reason,)
    assert normalize("HBs抗原定量", result_type="数値", unit="IU/mL").contradictions == ()


texts = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("ｱﾐﾗｰｾﾞ（）()/・-－Ⅲ蓄尿髄液定性定量ＡＳＴast²⁴×μ % "),
    ),
    max_size=40,
)


@given(texts, texts, texts, texts)
def test_normalising_never_raises_and_never_empties_a_name(
    name: str, specimen: str, unit: str, reference_range: str
) -> None:
    test = normalize(name, specimen=specimen, unit=unit, reference_range=reference_range)
    if any(c.isalnum() and c.isascii() for c in name):
        assert test.keys
        assert all(test.keys)
        assert test.parts


@given(texts)
def test_normalising_a_cleaned_name_again_gives_the_same_keys(name: str) -> None:
    once = normalize(name)
    again = normalize(once.text)
    assert again.keys == once.keys
    assert again.parts == once.parts
