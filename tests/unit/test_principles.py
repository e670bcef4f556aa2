"""Measuring principles as method fields write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.reading.principles import PrincipleReader
from jlac_mapper.vocabulary import Principle
from tests.support.shipped_release import shipped_vocabulary

PRINCIPLES = (
    Principle(
        "023", "酵素免疫測定法", "Enzyme immunoassay", ("immunoassay",), ("EIA", "ELISA", "酵素抗体法")
    ),
    Principle("051", "化学発光免疫測定法", "CLIA", ("immunoassay",), ("化学発光法",)),
    Principle("052", "化学発光酵素免疫測定法", "CLEIA", ("immunoassay",), ("CLEIA法",)),
    Principle(
        "062", "ラテックス凝集比濁法", "Latex turbidimetry", ("agglutination",), ("LTIA", "ラテックス凝集法")
    ),
    Principle("111", "赤血球凝集抑制反応", "Haemagglutination inhibition", ("agglutination",), ("HI",)),
    Principle("851", "PCR法", "PCR", ("nucleic_acid",), ()),
    Principle("862", "リアルタイムPCR法", "Real-time PCR", ("nucleic_acid",), ("RT-PCR",)),
    Principle("920", "その他", "", (), ("-",)),
)
READER = PrincipleReader(PRINCIPLES)
SHIPPED = PrincipleReader(shipped_vocabulary().principles)


@pytest.mark.parametrize("principle", PRINCIPLES[:-1])
def test_every_name_and_spelling_of_a_principle_is_read_as_it(principle: Principle) -> None:
    for text in (principle.name, principle.name_en, *principle.spellings):
        assert READER.read(text) == READER.known(text) == (principle.code,)
        assert READER.read(f" {text.lower()} ") == (principle.code,)


@pytest.mark.parametrize(
    "text", ["CLEIA", "CLEIA法", "ＣＬＥＩＡ法", "cleia", "C.L.E.I.A.", "CLEIA法法", "(CLEIA)"]
)
def test_width_case_dots_and_the_word_for_method_do_not_matter(text: str) -> None:
    assert READER.read(text) == ("052",)


@pytest.mark.parametrize(
    "text", ["ﾗﾃｯｸｽ凝集比濁法", "ラテックス凝集比濁", "ラテツクス凝集法", "らてっくす凝集法"]
)
def test_kana_is_read_in_any_width_and_size(text: str) -> None:
    assert READER.read(text) == ("062",)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("PCR(リアルタイムPCR)", ("862", "851")),
        ("リアルタイムPCR(PCR)", ("862", "851")),
        ("CLIA/EIA", ("051", "023")),
        ("EIA、HI", ("023", "111")),
        ("EIAまたはCLEIA", ("052", "023")),
        ("EIA又はHI", ("023", "111")),
        ("HI及びEIA", ("023", "111")),
        ("EIAとHI", ("023", "111")),
        ("EIA+EIA", ("023",)),
        ("CLEIA法（試薬A）", ("052",)),
        ("試薬A/CLEIA", ("052",)),
        ("ELISA・EIA", ("023",)),
    ],
)
def test_of_several_pieces_the_more_telling_spelling_comes_first(text: str, codes: tuple[str, ...]) -> None:
    assert READER.read(text) == codes
    assert READER.known(text) == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("全自動CLEIA測定", "052"),
        ("血清のラテックス凝集比濁法による", "062"),
        ("定量リアルタイムPCR検査", "862"),
        ("多項目PCRパネル", "851"),
        ("化学発光酵素免疫測定装置", "052"),
    ],
)
def test_a_longer_text_is_read_by_the_longest_spelling_that_it_holds(text: str, code: str) -> None:
    assert READER.read(text) == (code,)


@pytest.mark.parametrize("text", ["", " ", "-", "謎の法", "法", "HIV", "CHINA", "自動分析", "E", "測定"])
def test_another_text_names_no_principle(text: str) -> None:
    """HI is found as a whole or a piece, never inside another word; one of punctuation alone is nowhere."""
    assert READER.read(text) == ()
    assert READER.known(text) == ()


def test_of_two_principles_with_one_spelling_the_first_of_the_table_has_it() -> None:
    reader = PrincipleReader((PRINCIPLES[1], Principle("059", "別の法", "", (), ("化学発光", "CLIA"))))
    assert reader.read("CLIA法") == ("051",)
    assert reader.read("別の法") == ("059",)


def test_a_reader_without_principles_reads_nothing() -> None:
    assert PrincipleReader(()).read("CLEIA法") == ()


@given(st.text(max_size=60))
def test_any_text_gives_known_codes_each_once(text: str) -> None:
    codes = READER.read(text)
    assert len(set(codes)) == len(codes)
    assert set(codes) <= {principle.code for principle in PRINCIPLES}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CLEIA法", "052"),
        ("ＥＣＬＩＡ", "053"),
        ("ﾗﾃｯｸｽ凝集比濁法", "062"),
        ("免疫比濁法", "061"),
        ("UV法", "272"),
        ("リアルタイムPCR法", "862"),
        ("PA法", "117"),
        ("HI", "111"),
        ("CF", "141"),
        ("HPLC", "204"),
        ("フローサイトメトリー", "662"),
        ("酵素比色法", "271"),
        ("イムノクロマト法", "190"),
    ],
)
def test_usual_method_texts_are_read_by_the_shipped_table(text: str, code: str) -> None:
    assert SHIPPED.read(text) == (code,)


def test_every_spelling_of_the_shipped_table_is_read_as_its_principle() -> None:
    strange = [
        (principle.code, text)
        for principle in shipped_vocabulary().principles
        for text in (principle.name, *principle.spellings)
        if SHIPPED.read(text) != (principle.code,)
    ]
    assert strange == []
