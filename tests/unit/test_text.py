"""One spelling for what a person reads as one name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.text import clean, fold


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("ｺﾘﾝｴｽﾃﾗｰｾﾞ", "コリンエステラーゼ"),
        ("Ｔ－Ｃｈｏ", "T-Cho"),
        ("アミラ－ゼ", "アミラーゼ"),
        ("アミラ-ゼ", "アミラーゼ"),
        ("γーGTP", "γ-GTP"),
        ("尿蛋\u2f69", "尿蛋白"),
        ("\u212a", "K"),
        ("×10⁴/μL", "x10^4/μL"),
        ("AT-Ⅲ", "AT-III"),
        ("Ｄﾀﾞｲﾏｰ（ＬＰＩＡ）", "Dダイマー(LPIA)"),
        ("HBs抗原〔定性〕", "HBs抗原(定性)"),
        ("RPR&ENTER;(A)", "RPR (A)"),
        ("TP\u200b\u202e試薬", "TP試薬"),
        (" T P　･ A ", "T P ・ A"),
        ("HDL-コレステロール", "HDL-コレステロール"),
    ],
)
def test_look_alikes_become_one_spelling(written: str, cleaned: str) -> None:
    assert clean(written) == cleaned


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ガンマGTP", "γ-GTP"),
        ("Ｔ－Ｂｉｌ", "t bil"),
        ("D-ダイマー", "Ｄダイマ－"),
        ("ﾌｨﾌﾞﾘﾉｰｹﾞﾝ", "フイブリノゲン"),
        ("AT-Ⅲ", "AT3"),
        ("HbA1c", "ＨＢＡ１Ｃ"),
        ("へもぐろびん", "ヘモグロビン"),
        ("T.P", "TP"),
    ],
)
def test_spellings_of_one_name_share_a_key(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HIV-1", "HIV-2"),
        ("PT", "PT%"),
        ("HBs抗原", "HBs抗体"),
        ("CK", "CK-MB"),
        ("HIV1/2", "HIV12"),
        ("K", "Ca"),
    ],
)
def test_different_tests_keep_different_keys(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1))
def test_cleaning_never_empties_letters_and_digits(text: str) -> None:
    assert clean(text)
