"""Evidence that earlier versions stored as English sentences becomes keys and values, in both languages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.review.mapping_json import mapping_from_json, mapping_to_json
from jlac_mapper.review.old_evidence import read_old
from jlac_mapper.types import Disposition, Evidence, Reason
from jlac_mapper.vocabulary import Name
from jlac_mapper.wording import Language, is_machine, say

AST, CK, SERUM = "C20080000250000F7", "C20010000250000F7", "血清"

FORMS = [
    # element, statement and source as they were stored; key, values; then the Japanese and the English words.
    (
        "specimen",
        SERUM,
        "specimen",
        "specimen.given",
        {"specimen": SERUM},
        "血清（材料欄より）",
        "血清 (from the specimen)",
    ),
    (
        "specimen",
        SERUM,
        "name",
        "specimen.given",
        {"specimen": SERUM},
        "血清（項目名称より）",
        "血清 (from the name)",
    ),
    (
        "specimen",
        SERUM,
        "jlac10",
        "specimen.given",
        {"specimen": SERUM},
        "血清（JLAC10欄より）",
        "血清 (from the JLAC10 code)",
    ),
    (
        "specimen",
        "血漿(EDTA入り): plasma of the given blood",
        "specimen",
        "specimen.plasma_of_given",
        {"specimen": "血漿(EDTA入り)"},
        "血漿(EDTA入り)（書かれた血液の血漿）（材料欄より）",
        "血漿(EDTA入り): plasma of the given blood (from the specimen)",
    ),
    (
        "specimen",
        "全血(添加物入り) contains the given specimen",
        "specimen",
        "specimen.contains_given",
        {"specimen": "全血(添加物入り)"},
        "全血(添加物入り)（書かれた材料を含む広い区分）（材料欄より）",
        "全血(添加物入り) contains the given specimen (from the specimen)",
    ),
    ("specimen", SERUM, "assumed", "specimen.unusual", {"specimen": SERUM}, "血清（仮定）", "血清: assumed"),
    (
        "specimen",
        SERUM,
        "other",
        "specimen.other",
        {"specimen": SERUM},
        "血清（行の材料と異なる）",
        "血清: differs from the row",
    ),
    (
        "specimen",
        "血清: the only one listed",
        "edition",
        "specimen.only_listed",
        {"specimen": SERUM},
        "血清（版に収載された唯一のもの）（版より）",
        "血清: the only one listed (from the edition)",
    ),
    (
        "specimen",
        SERUM,
        "site default",
        "specimen.site_default",
        {"specimen": SERUM},
        "血清（施設の既定値）",
        "血清 (site default)",
    ),
    ("unit", "U/L", "unit", "unit.given", {"unit": "U/L"}, "U/L（単位欄より）", "U/L (from the unit)"),
    (
        "unit",
        "U/L",
        "reference_range",
        "unit.given",
        {"unit": "U/L"},
        "U/L（基準値欄より）",
        "U/L (from the reference range)",
    ),
    (
        "unit",
        "COI equals the given unit",
        "unit",
        "unit.equal",
        {"unit": "COI"},
        "COI（書かれた単位と同じ値になる単位）（単位欄より）",
        "COI equals the given unit (from the unit)",
    ),
    (
        "unit",
        "U/L",
        "other",
        "unit.other",
        {"unit": "U/L"},
        "U/L（行の単位と異なる）",
        "U/L: differs from the row",
    ),
    ("unit", "INR", "name", "unit.of_name", {"unit": "INR"}, "INR（項目名称より）", "INR (from the name)"),
    (
        "unit",
        "U/L: the only one listed",
        "edition",
        "unit.only_listed",
        {"unit": "U/L"},
        "U/L（版に収載された唯一のもの）（版より）",
        "U/L: the only one listed (from the edition)",
    ),
    ("unit", "U/L", "assumed", "unit.assumed", {"unit": "U/L"}, "U/L（仮定）", "U/L: assumed"),
    (
        "identification",
        "1337",
        "name",
        "identification.as_said",
        {"identification": "1337"},
        "1337（項目名称より）",
        "1337 (from the name)",
    ),
    *(
        (
            "result_type",
            kind,
            "other",
            "scale.other",
            {"scale": kind},
            f"{ja}（行の結果型と異なる）",
            f"{en}: differs from the row",
        )
        for kind, ja, en in (
            ("qualitative", "定性", "qualitative"),
            ("quantitative", "定量", "quantitative"),
            ("semi_quantitative", "半定量", "semi-quantitative"),
        )
    ),
    (
        "method",
        "シカリキッド: AST",
        "reagent",
        "method.product",
        {"product": "シカリキッド: AST"},
        "シカリキッド: AST（試薬欄より）",
        "シカリキッド: AST (from the reagent)",
    ),
    (
        "house_name",
        f"decided decided {AST} on 2026-05-01 (item 12)",
        "GOT",
        "decision.here",
        {"by": "decided", "code": AST, "day": "2026-05-01", "item": "12"},
        f"decided さんが 2026-05-01 に {AST} と判定（項目 12）（GOT）",
        f"decided decided {AST} on 2026-05-01 (item 12) (GOT)",
    ),
    (
        "house_name",
        f"1 other facility decided {AST} for such a row",
        "elsewhere",
        "decision.elsewhere",
        {"count": "1", "code": AST},
        f"ほかの 1 施設が、このような行を {AST} と判定（他施設より）",
        f"facilities other than this one that decided {AST} for such a row: 1 (from elsewhere)",
    ),
    (
        "house_name",
        f"12 other facilities decided {AST} for such a row",
        "elsewhere",
        "decision.elsewhere",
        {"count": "12", "code": AST},
        f"ほかの 12 施設が、このような行を {AST} と判定（他施設より）",
        f"facilities other than this one that decided {AST} for such a row: 12 (from elsewhere)",
    ),
    (
        "measurand",
        "C2008: AST: exact 1.00 (rank 1), dense 0.98 (rank 2)",
        "name",
        "concept.name",
        {
            "concept": "C2008",
            "name": "AST",
            "kind": "test",
            "exact": "1.00",
            "exact_rank": "1",
            "dense": "0.98",
            "dense_rank": "2",
        },
        "C2008: AST: 完全一致 1.00 （1位）, 埋め込みの類似度 0.98 （2位）（項目名称より）",
        "C2008: AST: exact 1.00 (rank 1), embedding similarity 0.98 (rank 2) (from the name)",
    ),
    (
        "measurand",
        "C2008: AST: ",
        "name",
        "concept.name",
        {"concept": "C2008", "name": "AST", "kind": "test"},
        "C2008: AST（項目名称より）",
        "C2008: AST (from the name)",
    ),
    (
        "measurand",
        "no listed code: CK (MB): x (near_twin): cosine 0.52 (rank 3), similarity 0.60 (rank 1)",
        "name",
        "concept.name",
        {
            "concept": "",
            "name": "CK (MB): x",
            "kind": "test",
            "cosine": "0.52",
            "cosine_rank": "3",
            "similarity": "0.60",
            "similarity_rank": "1",
        },
        "収載コードのないもの: CK (MB): x（検査）: 文字列の類似度 0.52 （3位）, "
        "綴りの近さ 0.60 （1位）（項目名称より）",
        "no listed code: CK (MB): x (test): n-gram similarity 0.52 (rank 3), spelling similarity 0.60 "
        "(rank 1) (from the name)",
    ),
    (
        "measurand",
        "no listed code: AST/ALT (panel): exact 0.90 (rank 1), alias 1.00 (rank 1)",
        "name",
        "concept.name",
        {
            "concept": "",
            "name": "AST/ALT",
            "kind": "panel",
            "exact": "0.90",
            "exact_rank": "1",
            "alias": "1.00",
            "alias_rank": "1",
        },
        "収載コードのないもの: AST/ALT（セット）: 完全一致 0.90 （1位）, "
        "略称・カナの一致 1.00 （1位）（項目名称より）",
        "no listed code: AST/ALT (panel): exact 0.90 (rank 1), abbreviation or kana 1.00 (rank 1)"
        " (from the name)",
    ),
    (
        "measurand",
        "language model: C2001 0.91, no listed code 0.05, C2008 0.04",
        "language_model",
        "concept.language_model",
        {"C2001": "0.91", "": "0.05", "C2008": "0.04"},
        "言語モデル: C2001 0.91, 収載コードなし 0.05, C2008 0.04（言語モデル）",
        "language model: C2001 0.91, no listed code 0.05, C2008 0.04 (language model)",
    ),
]

KINDS = {
    "panel": "panel",
    "billing": "line",
    "management": "line",
    "comment": "comment",
    "body_site": "site",
    "organism": "organism",
    "antimicrobial": "antimicrobial",
    "calculation": "calculated",
    "near_twin": "test",
    "drug": "test",
    "allergen": "test",
    "jlac10": "test",
    "confirmed": "test",
}
"""Kinds that names without a code had, and what their concepts are now."""


def read(element: str, statement: str, source: str, language: str) -> str:
    """What a person reads of a stored sentence, with where it stood."""
    said = say(read_old(element, statement, source), language)
    brackets = ("（", "）") if language == "ja" else (" (", ")")
    return said.text + (said.source.join(brackets) if said.source else "")


@pytest.mark.parametrize(("element", "statement", "source", "key", "values", "japanese", "english"), FORMS)
def test_every_sentence_of_before_becomes_its_key_and_reads_well_in_both_languages(
    element: str,
    statement: str,
    source: str,
    key: str,
    values: dict[str, str],
    japanese: str,
    english: str,
) -> None:
    found = read_old(element, statement, source)
    assert (found.key, dict(found.values)) == (key, values)
    assert len(found.values) == len(values)
    assert read(element, statement, source, "ja") == japanese
    assert read(element, statement, source, "en") == english


@pytest.mark.parametrize(("old", "kind"), KINDS.items())
def test_the_kind_of_a_name_without_a_code_is_one_of_today_s(old: str, kind: str) -> None:
    found = read_old("measurand", f"no listed code: 何か ({old}): exact 1.00 (rank 1)", "name")
    assert (found.value("kind"), found.value("name")) == (kind, "何か")


@pytest.mark.parametrize(
    ("element", "statement", "source"),
    [
        ("measurand", "the script says GOT", "GOT"),
        ("measurand", "language model: 0.91", "language_model"),
        ("measurand", "language model: C2008 0.91 and then nothing", "language_model"),
        ("measurand", "C2008: AST: exact 1.00", "name"),
        ("measurand", "C2008: AST: exact 1.00 (rank 1), and more", "name"),
        ("measurand", "", "name"),
        ("result_type", "ordinal", "other"),
        ("house_name", "ann decided nothing", "GOT"),
        ("house_name", "many other facilities decided", "elsewhere"),
        ("moon", "full\nmoon: 1.00 (rank 1)", "sky"),
    ],
)
def test_a_sentence_of_no_known_form_keeps_its_words(element: str, statement: str, source: str) -> None:
    found = read_old(element, statement, source)
    assert found.key.endswith(".told")
    for language in Language:
        assert say(found, language).text == statement


@given(
    st.sampled_from(
        ["specimen", "unit", "identification", "result_type", "method", "house_name", "measurand", ""]
    ),
    st.text(),
    st.sampled_from(["name", "other", "assumed", "edition", "site default", "", "そのほか"]),
)
def test_no_sentence_whatever_it_is_loses_its_words_or_closes_the_page(
    element: str, statement: str, source: str
) -> None:
    for language in Language:
        assert statement in say(read_old(element, statement, source), language).text


def test_only_what_models_and_similarities_said_is_the_machine_s() -> None:
    machine = {form[0] for form in FORMS if is_machine(read_old(*form[:3]))}
    assert machine == {"measurand"}


OLD_ANSWER = (
    '{"disposition":"NEEDS_REVIEW","jlac11":"C20010000250000F7","probability":0.41,'
    '"measurand_probability":0.62,"standard_name":"CK","reasons":["NAME_AMBIGUOUS","UNIT_ASSUMED"],'
    '"candidates":[{"code":"C20010000250000F7","name":"CK","hypothesis":{"measurand":"C2001",'
    '"name":{"name":"CPK","measurand":"C2001","kind":"old","identification":"","specimen":"","unit":"F7",'
    '"result_type":""},"background":null,"scores":{"exact":1.0,"cosine":0.93},"explained":1.0},'
    '"reasons":["EXACT_NAME"],"evidence":[["specimen","血清: the only one listed","edition"],'
    '["unit","U/L","assumed"]],"probability":0.41},'
    '{"code":"C20080000250000F7","name":"AST","hypothesis":{"measurand":"","name":null,'
    '"background":{"name":"CK-MB","kind":"near_twin","near":"C2001"},"scores":{},"explained":0.5},'
    '"reasons":[],"evidence":[],"probability":0.2},'
    '{"code":"C20080000250009F7","name":"","hypothesis":{"measurand":"C2008","name":null,"background":null,'
    '"scores":{},"explained":1.0},"reasons":["HOUSE_NAME"],"evidence":[],"probability":0.0}],'
    '"evidence":[["house_name","ann decided C20010000250000F7 on 2026-05-01 (item 3)","CPK"],'
    '["measurand","C2001: CPK: exact 1.00 (rank 1)","name"],'
    '["measurand","no listed code: CK-MB (near_twin): cosine 0.80 (rank 2)","name"],'
    '["result_type","qualitative","other"]],'
    '"provenance":{"edition":"2025","edition_digest":"aa","models":{"retrieval":"lexical"},'
    '"calibration":"none","threshold":0.9,"as_of":"2026-01-02","software":"1.0.0"},"message":""}'
)
"""An answer to the byte as the version before keys stored it."""


def test_an_answer_stored_before_there_were_concepts_opens_with_all_that_it_said() -> None:
    mapping = mapping_from_json(OLD_ANSWER)
    assert (mapping.disposition, mapping.jlac11, mapping.read_as) == (Disposition.NEEDS_REVIEW, CK, None)
    assert (mapping.probability, mapping.measurand_probability) == (0.41, 0.62)
    assert mapping.reasons == (Reason.NAME_AMBIGUOUS, Reason.UNIT_ASSUMED)
    assert str(mapping.provenance) == (
        "edition=2025@aa;retrieval=lexical;calibration=none;threshold=0.9000;as_of=2026-01-02;jlac_mapper=1.0.0"
    )
    listed, unlisted, unnamed = mapping.candidates
    assert (listed.code, listed.name, listed.reasons) == (parse(CK), "CK", (Reason.EXACT_NAME,))
    assert [c.probability for c in mapping.candidates] == [0.41, 0.2, 0.0]
    assert (listed.hypothesis.concept, listed.hypothesis.listed) == (None, True)
    assert listed.hypothesis.name == Name("CPK", "", "old")
    assert dict(listed.hypothesis.scores) == {"exact": 1.0, "cosine": 0.93}
    assert (unlisted.hypothesis.listed, unlisted.hypothesis.explained) == (False, 0.5)
    assert unlisted.hypothesis.name == Name("CK-MB", "", "near_twin")
    assert (unnamed.hypothesis.listed, unnamed.hypothesis.name) == (True, None)
    assert listed.evidence == (
        Evidence("specimen.only_listed", (("specimen", SERUM),), "release"),
        Evidence("unit.assumed", (("unit", "U/L"),), ""),
    )
    assert [evidence.key for evidence in mapping.evidence] == [
        "decision.here",
        "concept.name",
        "concept.name",
        "scale.other",
    ]


def test_an_answer_that_was_read_in_the_old_form_is_kept_in_today_s_without_loss() -> None:
    mapping = mapping_from_json(OLD_ANSWER)
    written = mapping_to_json(mapping)
    assert mapping_from_json(written) == mapping
    assert all(isinstance(evidence, dict) for evidence in json.loads(written)["evidence"])
