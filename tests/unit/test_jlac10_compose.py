"""The code that a row gets for what it means: each element from the row, else from what is usual."""

from dataclasses import replace

import pytest

from jlac_mapper.codes.jlac10 import parse
from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.types import Disposition, Evidence, Jlac10Candidate, Reason
from jlac_mapper.vocabulary import Name, Principle
from jlac_mapper.wording import Language, say
from tests.unit.jlac10 import PRINCIPLES, SPECIMENS, VOCABULARY, answer, build_pipeline, tables

ABOUT_SPECIMEN = frozenset(
    {Reason.SPECIMEN_ASSUMED, Reason.SPECIMEN_UNUSUAL, Reason.SPECIMEN_UNRECOGNISED, Reason.SPECIMEN_BROADER}
)
ABOUT_METHOD = frozenset({Reason.PRINCIPLE_ASSUMED, Reason.PRINCIPLE_UNRECOGNISED})


def best(name: str, **fields: str) -> Jlac10Candidate:
    return answer(name, **fields).candidates[0]


def evidence(candidate: Jlac10Candidate, element: str) -> Evidence:
    (found,) = [each for each in candidate.evidence if each.element == element]
    return found


# --- specimen


@pytest.mark.parametrize(
    ("name", "specimen", "digits", "reasons", "key", "source"),
    [
        # given: one specimen, and the test is usually measured in it
        ("AST", "血清", "023", set(), "specimen.given", "specimen"),
        ("AST", "ｹﾂｼｮｳ", "023", {Reason.SPECIMEN_UNRECOGNISED}, "specimen.usual", "specimen"),
        ("AST", "血漿", "022", set(), "specimen.given", "specimen"),
        ("血清AST", "", "023", set(), "specimen.given", "name"),
        ("呼気検査", "尿", "001", set(), "specimen.given", "specimen"),  # nothing is usual for it
        # narrowed: several, of which one is usual
        ("AST", "血液", "023", set(), "specimen.usual_of_given", "specimen"),
        ("グルコース", "黒スピッツ", "022", set(), "specimen.usual_of_given", "specimen"),
        ("AST", "血清または血漿", "023", set(), "specimen.usual_of_given", "specimen"),
        ("AST", "髄液、血漿", "022", set(), "specimen.usual_of_given", "specimen"),
        # unusual: given, and not usual for the test
        ("AST", "髄液", "041", {Reason.SPECIMEN_UNUSUAL}, "specimen.unusual_for_test", "specimen"),
        ("AST", "全血", "018", {Reason.SPECIMEN_UNUSUAL}, "specimen.unusual_for_test", "specimen"),
        ("RPR", "黒スピッツ", "019", {Reason.SPECIMEN_ASSUMED}, "specimen.unusual_for_test", "specimen"),
        # unread: a text that no table knows, or a specimen without JLAC10 digits
        ("AST", "謎の管", "023", {Reason.SPECIMEN_UNRECOGNISED}, "specimen.usual", "specimen"),
        ("AST", "別紙参照", "023", {Reason.SPECIMEN_UNRECOGNISED}, "specimen.usual", "specimen"),
        ("呼気検査", "謎の管", "099", {Reason.SPECIMEN_UNRECOGNISED}, "specimen.usual", "specimen"),
        # assumed: nothing said
        ("RPR", "", "023", {Reason.SPECIMEN_ASSUMED}, "specimen.usual", ""),
        ("グルコース", "", "023", {Reason.SPECIMEN_ASSUMED}, "specimen.usual", ""),
        ("麻疹抗体IgG", "", "023", {Reason.SPECIMEN_ASSUMED}, "specimen.usual", ""),
        ("呼気検査", "", "099", {Reason.SPECIMEN_ASSUMED}, "specimen.unusual", ""),
    ],
)
def test_the_specimen_is_what_the_row_gives_else_what_is_usual(
    name: str, specimen: str, digits: str, reasons: set[Reason], key: str, source: str
) -> None:
    candidate = best(name, specimen=specimen)
    assert candidate.code.specimen == digits
    assert ABOUT_SPECIMEN & set(candidate.reasons) == reasons
    said = evidence(candidate, "specimen")
    assert (said.key, said.source) == (key, source)


def test_a_specimen_field_outdoes_a_specimen_in_the_name() -> None:
    assert best("血清AST", specimen="血漿").code.specimen == "022"


def test_the_surer_the_specimen_the_likelier_the_code() -> None:
    given, narrowed, unusual, unread, assumed = (
        answer("AST", specimen=text) for text in ("血清", "血液", "髄液", "謎の管", "")
    )
    assert given.probability > narrowed.probability > unusual.probability > unread.probability
    assert {a.disposition for a in (unusual, unread, assumed)} == {Disposition.NEEDS_REVIEW}
    assert {a.disposition for a in (given, narrowed)} == {Disposition.ACCEPTED}
    for mapping in (given, narrowed, unusual, unread, assumed):
        assert 0 <= mapping.probability <= mapping.analyte_probability <= 1


# --- method


@pytest.mark.parametrize(
    ("name", "method", "digits", "reasons", "key", "source"),
    [
        # given in the field
        ("HBs抗原", "CLEIA法", "052", set(), "method.principle_given", "method"),
        ("HBs抗原", "ｲﾑﾉｸﾛﾏﾄ法", "190", set(), "method.principle_given", "method"),
        ("HBs抗原", "ELISA", "023", set(), "method.principle_given", "method"),  # not usual, but said
        ("HBs抗原/IC", "CLEIA", "052", set(), "method.principle_given", "method"),
        # of what the text may mean, the usual one; a photometry that is not told apart is the usual one
        ("HBs抗原", "ELISA(CLEIA)", "052", set(), "method.principle_given", "method"),
        ("AST", "酵素法", "272", set(), "method.principle_given", "method"),
        ("グルコース", "UV法", "272", set(), "method.principle_given", "method"),
        # given in the name: a bracket, or behind a slash
        ("麻疹抗体IgG(CLEIA法)", "", "052", set(), "method.principle_given", "name"),
        ("麻疹抗体IgG《ＣＬＥＩＡ》", "", "052", set(), "method.principle_given", "name"),
        ("麻疹抗体IgG〔EIA〕", "", "023", set(), "method.principle_given", "name"),
        ("麻疹抗体IgG/CLEIA", "", "052", set(), "method.principle_given", "name"),
        # a name's own letters are no method
        ("麻疹抗体HI", "", "111", {Reason.PRINCIPLE_ASSUMED}, "method.principle_usual", ""),
        # assumed, or unread
        ("AST", "", "272", {Reason.PRINCIPLE_ASSUMED}, "method.principle_usual", ""),
        ("グルコース", "", "271", {Reason.PRINCIPLE_ASSUMED}, "method.principle_usual", ""),
        ("グルコース", "謎の法", "271", {Reason.PRINCIPLE_UNRECOGNISED}, "method.principle_usual", ""),
        ("グルコース", " ", "271", {Reason.PRINCIPLE_ASSUMED}, "method.principle_usual", ""),
        ("呼気検査", "", "920", {Reason.PRINCIPLE_ASSUMED}, "method.principle_unknown", ""),
        ("呼気検査", "謎の法", "920", {Reason.PRINCIPLE_UNRECOGNISED}, "method.principle_unknown", ""),
    ],
)
def test_the_method_is_what_the_row_gives_else_what_is_usual(
    name: str, method: str, digits: str, reasons: set[Reason], key: str, source: str
) -> None:
    candidate = best(name, specimen="血清", method=method)
    assert candidate.code.method == digits
    assert ABOUT_METHOD & set(candidate.reasons) == reasons
    said = evidence(candidate, "method")
    assert (said.key, said.source) == (key, source)


@pytest.mark.parametrize("method", ["", "謎の法", "CLEIA"])
def test_the_method_is_no_reason_to_ask(method: str) -> None:
    assert answer("AST", specimen="血清", method=method).disposition is Disposition.ACCEPTED


@pytest.mark.parametrize(
    ("name", "spelling"), [("AST(GOT)", "GOT法"), ("HIV-1/2抗体", "2抗体法"), ("グルコース/血糖", "血糖法")]
)
def test_what_belongs_to_a_known_name_is_no_method(name: str, spelling: str) -> None:
    """GOT and 2抗体 are words of the name, whatever principle is abbreviated like them."""
    concept = {"AST(GOT)": "ast", "HIV-1/2抗体": "hbs_antibody", "グルコース/血糖": "glucose"}[name]
    vocabulary = replace(
        VOCABULARY,
        principles=(*PRINCIPLES, Principle("001", "別の法", "Another", ("radio",), (spelling,))),
        names=(*VOCABULARY.names, Name(name, concept)),
    )
    mapping = answer(name, pipeline=build_pipeline(vocabulary=vocabulary), specimen="血清")
    assert mapping.reasons[0] is Reason.EXACT_NAME
    assert mapping.candidates[0].code.method != "001"


# --- identification


@pytest.mark.parametrize(
    ("name", "identification"),
    [
        ("AST", "0000"),
        ("HBs抗原", "1410"),
        ("HBs抗体", "1430"),
        ("麻疹抗体IgM", "1432"),
        ("空腹時血糖", "1300"),
        ("随時血糖", "1299"),
        ("血糖(負荷前)", "1000"),
        ("血糖(負荷60分)", "1060"),
        ("血糖(負荷後120分)", "1120"),
        ("血糖(負荷2時間値)", "1120"),
        ("空腹時HBs抗原", "1410"),
    ],
)
def test_the_identification_is_the_concepts_own_else_the_time_that_the_name_says(
    name: str, identification: str
) -> None:
    assert best(name, specimen="血清").code.identification == identification


def test_two_analytes_for_one_concept_are_told_and_the_first_is_proposed() -> None:
    mapping = answer("RPR", specimen="血清")
    assert mapping.code[:5] == "5E071"
    assert Reason.IDENTIFICATION_ASSUMED in mapping.reasons
    assert mapping.disposition is Disposition.NEEDS_REVIEW


# --- result


@pytest.mark.parametrize(
    ("name", "fields", "result"),
    [
        # from the unit
        ("HBs抗原", {"unit": "COI"}, "33"),
        ("HBs抗原", {"unit": "mIU/mL"}, "01"),
        ("HBs抗原", {"unit": "倍"}, "05"),
        ("HBs抗原", {"unit": "秒"}, "03"),
        ("尿蛋白", {"unit": "mg/dL"}, "01"),
        ("尿蛋白", {"unit": "g/day"}, "26"),
        ("尿蛋白", {"unit": "mg/gCr"}, "28"),
        ("AST", {"reference_range": "10～40 (U/L)"}, "01"),
        ("尿蛋白", {"unit": "mg/dL", "result_type": "定性"}, "01"),
        # from the result type, in the field or in the name
        ("HBs抗原", {"result_type": "定性"}, "11"),
        ("HBs抗原定性", {}, "11"),
        ("HBs抗原", {"result_type": "数値"}, "01"),
        ("HBs抗原定量", {}, "01"),
        # from the scale of the concept
        ("AST", {}, "01"),
        ("便潜血", {}, "11"),
        ("麻疹抗体HI", {}, "05"),
        ("ABO血液型", {}, "14"),
        ("AST", {"unit": "謎"}, "01"),
        # from nothing: an order
        ("HBs抗原", {}, ""),
        ("麻疹抗体IgG", {}, ""),
        ("麻疹抗体IgG", {"unit": "謎"}, ""),
        # a set has none of its own; a member has that of its place
        ("血算", {"unit": "mg/dL"}, ""),
        ("尿糖試験紙", {}, "54"),
        ("尿糖試験紙", {"unit": "mg/dL"}, "54"),
    ],
)
def test_the_result_comes_from_unit_result_type_or_scale(
    name: str, fields: dict[str, str], result: str
) -> None:
    candidate = best(name, **fields)
    assert candidate.code.result == result
    assert len(str(candidate.code)) == (17 if result else 15)


@pytest.mark.parametrize(
    ("name", "fields", "results"),
    [
        ("便潜血", {"reference_range": "3+(300)"}, ("11", "01")),
        ("便潜血", {"reference_range": "±(0.03)"}, ("11", "01")),
        ("AST", {"reference_range": "<1.0(-)"}, ("01", "11")),
        ("便潜血", {"result_type": "記号(数値)"}, ("11", "01")),
        ("AST", {"result_type": "数値(記号)"}, ("01", "11")),
        ("AST", {"result_type": "定量・判定"}, ("01", "11")),
    ],
)
def test_a_judgement_and_a_number_in_one_result_are_two_codes(
    name: str, fields: dict[str, str], results: tuple[str, str]
) -> None:
    mapping = answer(name, specimen="血清" if name == "AST" else "便", **fields)
    assert Reason.COMPOSITE_RESULT in mapping.reasons
    first, second = mapping.candidates[:2]
    assert (first.code.result, second.code.result) == results
    assert str(first.code)[:15] == str(second.code)[:15]
    assert first.concept == second.concept
    assert mapping.code == str(first.code)


@pytest.mark.parametrize(
    "fields",
    [
        {"reference_range": "3-5"},
        {"reference_range": "10～40"},
        {"reference_range": "(-)"},
        {"reference_range": "陰性(-)"},
        {"reference_range": "0.5 (mg/dL)"},
        {"result_type": "数値"},
        {"result_type": "定性"},
        {},
    ],
)
def test_an_ordinary_result_is_one_code(fields: dict[str, str]) -> None:
    mapping = answer("AST", specimen="血清", **fields)
    assert Reason.COMPOSITE_RESULT not in mapping.reasons
    assert len({candidate.concept.key for candidate in mapping.candidates}) == len(mapping.candidates)


@pytest.mark.parametrize("text", ["100 (2+)", "500(3+)"])
def test_a_number_with_a_graded_judgement_behind_it_is_two_codes(text: str) -> None:
    assert Reason.COMPOSITE_RESULT in answer("AST", specimen="血清", reference_range=text).reasons


@pytest.mark.parametrize(
    "fields",
    [{"result_type": "記号（数値）"}, {"reference_range": "３＋（３００）"}, {"result_type": "定性／定量"}],
)
def test_a_result_of_two_parts_is_known_in_any_width(fields: dict[str, str]) -> None:
    assert Reason.COMPOSITE_RESULT in answer("便潜血", specimen="便", **fields).reasons


# --- the row's own JLAC10 code


def test_a_jlac10_code_of_the_row_gives_specimen_and_method_where_nothing_else_does() -> None:
    candidate = best("AST", jlac10="3B035-0000-022-271-01")
    assert candidate.code == parse("3B035000002227201")  # absorbance: what is usual for the test
    assert evidence(candidate, "specimen").source == evidence(candidate, "method").source == "jlac10"
    assert ABOUT_SPECIMEN.isdisjoint(candidate.reasons)
    other = best("AST", jlac10="3B035000002227101", specimen="血清", method="CLEIA")
    assert (other.code.specimen, other.code.method) == ("023", "052")
    assert best("AST", jlac10="no code").code.specimen == "023"


def test_a_jlac10_code_of_something_else_goes_to_a_person() -> None:
    mapping = answer("AST", specimen="血清", jlac10="5F016141002305211")
    assert Reason.JLAC10_CONFLICT in mapping.reasons
    assert mapping.disposition is Disposition.NEEDS_REVIEW


# --- what people read


def test_the_name_of_a_code_is_its_concept_specimen_and_principle() -> None:
    assert answer("AST", specimen="血漿", method="UV法").name == "AST [血漿] 紫外吸光光度法"
    assert (
        answer("呼気検査", pipeline=build_pipeline(tables())).name == "呼気検査 [その他の材料] その他の測定法"
    )


@pytest.mark.parametrize("specimen", ["", "血清", "血液", "髄液", "謎の管", "黒スピッツ"])
@pytest.mark.parametrize("name", ["AST", "呼気検査", "麻疹抗体IgG(CLEIA法)", "血算", "HBs坑原"])
def test_all_evidence_can_be_said_in_both_languages(name: str, specimen: str) -> None:
    mapping = answer(name, specimen=specimen)
    told = [*mapping.evidence, *(each for candidate in mapping.candidates for each in candidate.evidence)]
    assert {each.element for each in told} == {"concept", "specimen", "method"}
    for language in Language:
        assert all(say(each, language).text for each in told)
    names = {p.name for p in PRINCIPLES} | {s.name for s in SPECIMENS} | {"099", "920"}
    for each in told:
        if each.element != "concept":
            assert {value for _, value in each.values} <= names


def test_a_source_is_told_in_the_readers_language() -> None:
    said = evidence(best("AST", method="UV法"), "method")
    assert {say(said, language).source for language in Language}.isdisjoint({said.source})


# --- the element tables


def test_a_code_whose_elements_are_all_listed_has_no_remark() -> None:
    with_tables = build_pipeline(tables())
    for name in ("AST", "HBs抗原", "便潜血", "尿糖試験紙", "空腹時血糖", "呼気検査"):
        assert Reason.ELEMENT_NOT_LISTED not in answer(name, pipeline=with_tables).reasons


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("3D010", {}),
        ("022", {"specimen": "血漿"}),
        ("272", {"method": "UV法"}),
        ("1300", {}),
    ],
)
@pytest.mark.parametrize("deleted", [False, True])
def test_an_element_that_the_tables_do_not_hold_or_hold_as_deleted_is_told(
    code: str, fields: dict[str, str], deleted: bool
) -> None:
    kinds = {
        "3D010": ElementKind.JLAC10_ANALYTE,
        "022": ElementKind.JLAC10_SPECIMEN,
        "272": ElementKind.JLAC10_METHOD,
        "1300": ElementKind.JLAC10_IDENTIFICATION,
    }
    changes = [Element(kinds[code], code, "廃止", withdrawn=True)] if deleted else []
    lacking = build_pipeline(tables(*changes, without=(code,)))
    row = {"specimen": "血清"} | fields
    mapping = answer("空腹時血糖", pipeline=lacking, **row)
    assert mapping.code[:5] == "3D010"
    assert code in mapping.code
    assert Reason.ELEMENT_NOT_LISTED in mapping.reasons
    assert (
        Reason.ELEMENT_NOT_LISTED
        not in answer("空腹時血糖", pipeline=build_pipeline(tables()), **row).reasons
    )


def test_without_tables_nothing_is_checked_against_them() -> None:
    assert Reason.ELEMENT_NOT_LISTED not in answer("血糖(負荷後45分)", specimen="血清").reasons
    mapping = answer("血糖(負荷後45分)", pipeline=build_pipeline(tables()), specimen="血清")
    assert Reason.ELEMENT_NOT_LISTED in mapping.reasons


def test_a_code_with_an_element_that_is_deleted_is_never_accepted() -> None:
    deleted = Element(ElementKind.JLAC10_ANALYTE, "3B035", "AST", withdrawn=True)
    mapping = answer("AST", pipeline=build_pipeline(tables(deleted)), specimen="血清", method="UV法")
    assert Reason.ELEMENT_NOT_LISTED in mapping.reasons
    assert mapping.disposition is Disposition.NEEDS_REVIEW


def test_a_time_that_no_number_stands_for_is_told() -> None:
    """After a meal is not the same as at any time."""
    mapping = answer("食後血糖", specimen="血清")
    assert mapping.code[:9] != "3D0100000" or mapping.disposition is Disposition.NEEDS_REVIEW


def test_a_time_is_never_another_time_of_the_table() -> None:
    """1250 is 14 hours after a load."""
    assert best("血糖(負荷後250分)", specimen="血清").code.identification in ("0000", "1240")
