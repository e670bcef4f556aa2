"""Facts taken out of names and fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.reading.row import Normalizer
from jlac_mapper.types import LocalTest, NormalizedTest, Reason
from jlac_mapper.vocabulary import ResultType, Timing
from tests.support.shipped_release import shipped_normalizer
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


@pytest.fixture(scope="module")
def shipped() -> Normalizer:
    return shipped_normalizer()


def last_variants(test: NormalizedTest) -> list[str]:
    return [part.variants[-1] for part in test.parts]


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("救)TP", "tp"),
        ("TP(緊)", "tp"),
        ("緊AST", "ast"),
        ("HBsｺｳﾀｲ緊", "hbsコウタイ"),
        ("外)AST", "ast"),
        ("【外注】AST", "ast"),
        ("AST_院内迅速", "ast"),
        ("AST STAT", "ast"),
        ("AST(ER)", "ast"),
        ("AST(肝炎ウイルス検診)", "ast"),
        ("ALP(旧JSCC)", "alp"),
        ("LD(JSCC旧法)", "ld"),
        ("旧)ALP", "alp"),
        ("×AST 中止", "ast"),
        ("AST中止", "ast"),
        ("血液検査(AST)", "ast"),
        ("新生児AST", "ast"),
        ("i-STAT AST", "ast"),
        ("ドライケム AST", "ast"),
        ("AST ベッドサイド", "ast"),
    ],
)
def test_a_note_at_the_edge_of_a_name_leaves_it(shipped: Normalizer, name: str, left: str) -> None:
    assert last_variants(shipped.normalize(LocalTest(name=name))) == [left]


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("ER", "er"),
        ("PA", "pa"),
        ("IC", "ic"),
        ("緊", "緊"),
        ("中止", "中止"),
        ("CA(緊)", "ca"),
        ("CK-MB(緊)", "ckmb"),
        ("ALPアイソザイム 外", "alpアイソザイム"),
        ("LD分画(外)", "ld分画"),
        ("遊離T4(緊)", "遊離t4"),
        ("HBs抗原確認(外)", "hbs抗原確認"),
        ("HBs抗原中和(外)", "hbs抗原中和"),
        ("糖化アルブミン 至急", "糖化アルブミン"),
        ("補正Ca(緊)", "補正ca"),
        ("CPR抑制(緊)", "cpr抑制"),
        ("XDP 定期", "xdp"),
        ("Xa活性", "xa活性"),
    ],
)
def test_a_word_that_changes_the_test_or_is_all_there_is_stays(
    shipped: Normalizer, name: str, left: str
) -> None:
    assert last_variants(shipped.normalize(LocalTest(name=name))) == [left]


@pytest.mark.parametrize(
    ("name", "method", "left"),
    [
        ("HIV-1抗体(PA)", "PA", "hiv1抗体"),
        ("HBs抗原(R-PHA)", "R-PHA", "hbs抗原"),
        ("TP抗体(ゼラチン粒子凝集法)", "ゼラチン粒子凝集法", "tp抗体"),
        ("HCV-RNA(リアルタイムRT-PCR法)", "リアルタイムRT-PCR法", "hcvrna"),
        ("UN(ウレアーゼGLDH法)", "ウレアーゼGLDH法", "un"),
        ("HIV Ag/Ab(コンボ)", "", "hivag/abコンボ"),
    ],
)
def test_a_method_leaves_the_name_and_a_known_name_keeps_it(
    shipped: Normalizer, name: str, method: str, left: str
) -> None:
    test = shipped.normalize(LocalTest(name=name))
    assert left in ("".join(last_variants(test)), *test.keys)
    assert not method or method in test.methods


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("HBsAg quant", ResultType.QUANTITATIVE),
        ("HBsAg quantitative", ResultType.QUANTITATIVE),
        ("HBsAg qualitative", ResultType.QUALITATIVE),
        ("RPR ﾃｲﾘｮｳ", ResultType.QUANTITATIVE),
        ("RPR ﾃｲｾｲ", ResultType.QUALITATIVE),
        ("RPR ﾊﾝﾃｲﾘｮｳ", ResultType.SEMI_QUANTITATIVE),
        ("XYZ titer", ResultType.SEMI_QUANTITATIVE),
        ("XYZ semi-quant", ResultType.SEMI_QUANTITATIVE),
        ("XYZ(定性検査)", ResultType.QUALITATIVE),
        ("HBs-Ag(IU)", ResultType.QUANTITATIVE),
    ],
)
def test_result_types_are_read_in_kana_and_english(shipped: Normalizer, name: str, kind: ResultType) -> None:
    assert shipped.normalize(LocalTest(name=name)).result_type is kind


@pytest.mark.parametrize(
    ("name", "specimens", "left"),
    [
        ("VBG-Na", ("whole_blood",), "na"),
        ("ABG-Na", ("arterial_blood",), "na"),
        ("T-Bil(足底)", ("capillary_blood",), "tbil"),
        ("Glucose, capillary", ("capillary_blood",), "glucose"),
        ("Sodium, serum", ("serum",), "sodium"),
        ("Ureaplasma", (), "ureaplasma"),
        ("Na(蓄)", ("pooled_urine",), "尿na"),
        ("ALB ﾌｸｽｲ", ("ascites",), "腹水alb"),
    ],
)
def test_specimens_are_read_from_names_in_their_short_forms(
    shipped: Normalizer, name: str, specimens: tuple[str, ...], left: str
) -> None:
    test = shipped.normalize(LocalTest(name=name))
    assert test.name_specimens == specimens
    assert left in (*test.keys, *last_variants(test))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("遠心分離血清", "serum"),
        ("凍結血清", "serum"),
        ("SST tube", "serum"),
        ("凍結血漿", "plasma"),
        ("EDTA-2K加血液", "whole_blood_edta"),
        ("血液（EDTA-2Na加）", "whole_blood_edta"),
        ("whole blood EDTA", "whole_blood_edta"),
        ("EDTA-2Na加血漿", "plasma_edta"),
        ("凍結EDTA-2K血漿", "plasma_edta"),
        ("EDTA", "tube_edta"),
        ("lavender top", "tube_edta"),
        ("ヘパリンLi加血漿", "plasma_heparin"),
        ("venous blood (Hep)", "whole_blood_heparin"),
        ("Li heparin", "tube_heparin"),
        ("動脈血（ヘパリン加）", "arterial_blood_heparin"),
        ("arterial blood (hep)", "arterial_blood_heparin"),
        ("動脈血(クエン酸)", "arterial_blood_additive"),
        ("arterial blood", "arterial_blood"),
        ("venous blood", "whole_blood"),
        ("3.2%クエン酸Na加血漿", "plasma_citrate"),
        ("血液(クエン酸Na加)", "whole_blood_citrate"),
        ("sodium citrate", "tube_citrate"),
        ("NaF加血液", "whole_blood_fluoride"),
        ("フッ化ナトリウム加血漿", "plasma_fluoride"),
        ("NaF", "tube_fluoride"),
        ("毛細管血(ヘパリン)", "capillary_blood"),
        ("heel prick blood", "capillary_blood"),
        ("足底血", "capillary_blood"),
        ("随時尿", "urine"),
        ("ｽﾞｲｼﾞ尿", "urine"),
        ("spot urine", "urine"),
        ("24h urine", "pooled_urine"),
        ("24時間尿(酸性)", "pooled_urine"),
        ("灰色", "tube_fluoride"),
        ("水色", "tube_citrate"),
        ("除蛋白液", "other_specimen"),
        ("blood", "blood"),
        ("plasma", "plasma"),
    ],
)
def test_a_specimen_field_is_read_as_precisely_as_it_is_written_and_no_more(
    shipped: Normalizer, text: str, key: str
) -> None:
    test = shipped.normalize(LocalTest(name="TP", specimen=text))
    assert test.specimens == (key,)
    assert test.specimen_text == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("N", ResultType.QUANTITATIVE),
        ("Numeric", ResultType.QUANTITATIVE),
        ("titer", ResultType.SEMI_QUANTITATIVE),
        ("文字列", ResultType.QUALITATIVE),
        ("A", ResultType.ANY),
        ("計算", ResultType.ANY),
    ],
)
def test_the_result_type_field_is_read_in_the_words_of_laboratory_systems(
    text: str, kind: ResultType
) -> None:
    assert normalize("TP", result_type=text).stated_type is kind
