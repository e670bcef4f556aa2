"""The whole flow over the small vocabulary: one row in, one consistent answer out."""

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.mapping.score import Features
from jlac_mapper.types import (
    ASSUMPTIONS,
    CONFLICTS,
    Disposition,
    Evidence,
    LocalTest,
    MapOptions,
    MappingResult,
    Reason,
)
from jlac_mapper.vocabulary import Name
from tests.unit.stages import CODES, CONCEPT_OF, PROVENANCE, build_pipeline, listed
from tests.unit.vocabulary import NAMES, SPECIMENS, UNITS, VOCABULARY

PIPELINE = build_pipeline()


def answer(name: str, **given_fields: str) -> MappingResult:
    return PIPELINE.map_batch([LocalTest(name=name, **given_fields)], MapOptions())[0]


# --- dispositions


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (LocalTest("AST", specimen="血清", unit="U/L"), "C2008-0000-250-000-F7"),
        (LocalTest("ＧＯＴ（ＡＳＴ）", specimen="茶スピッツ", unit="IU/L"), "C2008-0000-250-000-F7"),
        (LocalTest("TP", specimen="血清", unit="g/dL"), "C1002-0000-250-000-55"),
        (LocalTest("蛋白定性", specimen="尿"), "A1006-0000-100-000-02"),
        (LocalTest("PT", specimen="凝固管", unit="%"), "B2006-0000-244-000-12"),
        (LocalTest("空腹時血糖", specimen="血清", unit="mg/dL"), "C4001-1337-250-000-85"),
        (LocalTest("HBs抗原", specimen="血清", unit="IU/mL"), "V2010-0000-250-000-F8"),
        (LocalTest("HBs抗原", specimen="血清", reference_range="(-)"), "V2010-0000-250-000-02"),
        (LocalTest("ABO血液型", specimen="血液"), "K1001-0000-211-901-04"),
        (LocalTest("K", specimen="血清", unit="mEq/L"), "C7003-0000-250-000-B1"),
    ],
)
def test_a_row_that_says_every_element_is_accepted(row: LocalTest, code: str) -> None:
    (mapping,) = PIPELINE.map_batch([row], MapOptions())
    assert (mapping.disposition, parse(mapping.jlac11).hyphenated) == (Disposition.ACCEPTED, code)
    assert mapping.standard_name == code
    assert not set(mapping.reasons) & (CONFLICTS | ASSUMPTIONS)
    assert min(mapping.probability, mapping.measurand_probability) >= 0.8


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (LocalTest("CK-MB", specimen="血清", unit="U/L"), Reason.NAME_KNOWN_UNLISTED),
        (LocalTest("AMY", specimen="尿", unit="U/L"), Reason.SPECIMEN_NOT_LISTED),
        (LocalTest("尿アミラーゼ", specimen="尿", unit="U/L"), Reason.NAME_KNOWN_UNLISTED),
        (LocalTest("HBe抗原", specimen="血清", unit="S/CO"), Reason.NAME_KNOWN_UNLISTED),
        (LocalTest("スギ", specimen="血清"), Reason.NAME_KNOWN_UNLISTED),
        (LocalTest("Na", specimen="髄液", unit="mEq/L"), Reason.SPECIMEN_NOT_LISTED),
    ],
)
def test_what_has_no_listed_code_gets_none_and_says_why(row: LocalTest, reason: Reason) -> None:
    (mapping,) = PIPELINE.map_batch([row], MapOptions())
    assert (mapping.disposition, mapping.jlac11, mapping.standard_name) == (Disposition.NO_CODE, "", "")
    assert reason in mapping.reasons


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (LocalTest("TP", unit="g/dL"), Reason.SPECIMEN_ASSUMED),
        (LocalTest("HBs抗原", specimen="血清"), Reason.UNIT_ASSUMED),
        (LocalTest("AST", specimen="血清", unit="mg/dL"), Reason.UNIT_CONFLICT),
        (LocalTest("AST", specimen="血清", unit="謎"), Reason.UNIT_UNRECOGNISED),
        (LocalTest("血糖(食後)", specimen="血清", unit="mg/dL"), Reason.TIMING_NOT_LISTED),
        (LocalTest("AST", specimen="血清", jlac10="3B045000002327201"), Reason.JLAC10_CONFLICT),
        (LocalTest("クレアチソキナーゼ", specimen="血清", unit="U/L"), Reason.SIMILAR_NAME),
    ],
)
def test_what_the_row_leaves_open_or_contradicts_goes_to_a_person(row: LocalTest, reason: Reason) -> None:
    (mapping,) = PIPELINE.map_batch([row], MapOptions())
    assert mapping.disposition is Disposition.NEEDS_REVIEW
    assert reason in mapping.reasons
    assert mapping.jlac11


def test_an_abbreviation_of_another_test_sends_the_row_to_a_person() -> None:
    mapping = answer("AST", abbreviation="CK", specimen="血清", unit="U/L")
    assert mapping.disposition is Disposition.NEEDS_REVIEW
    assert Reason.FIELDS_DISAGREE in mapping.reasons


def test_a_panel_has_no_code_of_its_own() -> None:
    mapping = answer("ナトリウム・カリウム", specimen="血清", unit="mEq/L")
    assert mapping.disposition is Disposition.NO_CODE
    assert mapping.reasons == (Reason.NAME_IS_PANEL,)


@pytest.mark.parametrize("name", ["", "   ", "\u3000", "---", "（）", "※※", "・", "\x00"])
def test_a_row_without_a_name_becomes_an_error_row(name: str) -> None:
    mapping = answer(name, specimen="血清", abbreviation="AST")
    assert mapping.disposition is Disposition.ERROR
    assert (mapping.jlac11, mapping.candidates, mapping.reasons) == ("", (), (Reason.NAME_EMPTY,))
    assert (mapping.probability, mapping.measurand_probability) == (0.0, 0.0)
    assert "name" in mapping.message


def test_one_bad_row_does_not_disturb_the_others() -> None:
    rows = [LocalTest(""), LocalTest("AST", specimen="血清", unit="U/L"), LocalTest("--")]
    dispositions = [m.disposition for m in PIPELINE.map_batch(rows, MapOptions())]
    assert dispositions == [Disposition.ERROR, Disposition.ACCEPTED, Disposition.ERROR]


def test_a_site_default_replaces_the_assumption_of_the_specimen() -> None:
    pipeline = build_pipeline(site_defaults={"specimen": "250"})
    (mapping,) = pipeline.map_batch([LocalTest("TP", unit="g/dL")], MapOptions())
    assert mapping.disposition is Disposition.ACCEPTED
    assert Reason.SITE_DEFAULT in mapping.reasons


# --- methods


def test_where_products_alone_are_listed_none_is_proposed_and_all_are_shown() -> None:
    products = (listed("C2008-0000-250-009-F7", "ゼータ AST"), listed("C2008-0000-250-010-F7", "シグマ AST"))
    pipeline = build_pipeline(products)
    (mapping,) = pipeline.map_batch([LocalTest("AST", specimen="血清", unit="U/L")], MapOptions())
    assert (mapping.disposition, mapping.jlac11) == (Disposition.NEEDS_REVIEW, "")
    assert Reason.METHOD_ASSUMED in mapping.reasons
    assert [c.code.method for c in mapping.candidates] == ["009", "010"]
    (named,) = pipeline.map_batch(
        [LocalTest("AST", specimen="血清", unit="U/L", reagent="シグマAST")], MapOptions()
    )
    assert (named.disposition, named.jlac11) == (Disposition.ACCEPTED, "C20080000250010F7")
    (unknown,) = pipeline.map_batch(
        [LocalTest("AST", specimen="血清", unit="U/L", reagent="謎の試薬")], MapOptions()
    )
    assert (unknown.disposition, unknown.jlac11) == (Disposition.NEEDS_REVIEW, "")
    assert {Reason.METHOD_ASSUMED, Reason.PRODUCT_UNRECOGNISED} <= set(unknown.reasons)
    assert len(unknown.candidates) == 2


@pytest.mark.parametrize(
    ("product", "code"), [("ゼータ 肝", "C20080000250009F7"), ("シグマ 筋", "C20010000250009F7")]
)
def test_of_two_tests_that_a_name_means_alike_the_one_with_the_named_product_leads(
    product: str, code: str
) -> None:
    names = (*VOCABULARY.names, Name("酵素活性", "ast"), Name("酵素活性", "creatine_kinase"))
    products = (listed("C2008-0000-250-009-F7", "ゼータ 肝"), listed("C2001-0000-250-009-F7", "シグマ 筋"))
    pipeline = build_pipeline((*CODES, *products), vocabulary=replace(VOCABULARY, names=names))
    row = LocalTest("酵素活性", specimen="血清", unit="U/L", reagent=product)
    (mapping,) = pipeline.map_batch([row], MapOptions())
    assert (mapping.disposition, mapping.jlac11) == (Disposition.NEEDS_REVIEW, code)
    assert Reason.NAME_AMBIGUOUS in mapping.reasons


# --- the answer


def test_every_answer_carries_what_decided_it() -> None:
    for mapping in PIPELINE.map_batch([LocalTest("AST"), LocalTest("スギ"), LocalTest("")], MapOptions()):
        assert mapping.provenance == PROVENANCE
    assert str(PROVENANCE) == (
        "edition=small@000000000000;retrieval=lexical;calibration=hand-written;"
        "threshold=0.8000;as_of=2026-01-15;jlac_mapper=0"
    )


def test_the_evidence_names_each_meaning_and_each_element() -> None:
    evidence = answer("AST", specimen="血清", unit="U/L").evidence
    assert evidence[0].key == "concept.name"
    said = ("concept", "name", "kind", "exact", "exact_rank")
    assert [evidence[0].value(name) for name in said] == ["ast", "AST", "test", "1.00", "1"]
    assert {e.element for e in evidence} >= {"concept", "specimen", "unit"}
    assert Evidence("specimen.given", (("specimen", "血清"),), "specimen") in evidence
    assert Evidence("unit.given", (("unit", "U/L"),), "unit") in evidence
    unlisted = answer("CK-MB").evidence[0]
    assert [unlisted.value(name) for name in said] == ["", "CK-MB", "test", "1.00", "1"]
    panel = answer("ナトリウム・カリウム").evidence[0]
    assert [panel.value(name) for name in said] == ["", "ナトリウム・カリウム", "panel", "0.90", "1"]


@pytest.mark.parametrize("top_k", [0, 1, 2, 3, 50])
def test_no_more_candidates_than_asked_for_and_the_proposal_leads(top_k: int) -> None:
    (full,) = PIPELINE.map_batch([LocalTest("PT")], MapOptions(top_k=50))
    (cut,) = PIPELINE.map_batch([LocalTest("PT")], MapOptions(top_k=top_k))
    assert len(full.candidates) > 3
    assert cut.candidates == full.candidates[:top_k]
    assert cut.jlac11 == full.jlac11 == str(full.candidates[0].code)


def test_a_code_is_listed_by_its_text_and_its_dates() -> None:
    ended = (listed("C2008-0000-250-039-F7", "シグマ AST", valid_to=date(2025, 7, 15)),)
    pipeline = build_pipeline(ended=ended)
    assert pipeline.is_listed("C20080000250000F7")
    assert pipeline.is_listed("C20080000250039F7")
    assert pipeline.is_listed("C20080000250039F7", date(2025, 7, 15))
    assert not pipeline.is_listed("C20080000250039F7", date(2025, 7, 16))
    assert not pipeline.is_listed("C20080000250777F7")


def test_what_a_calibration_is_trained_on_covers_the_listed_meanings() -> None:
    (row, empty) = PIPELINE.features_of([LocalTest("CK-MB"), LocalTest("")])
    assert "creatine_kinase" in [concept for concept, _ in row]
    assert all(isinstance(described, Features) for _, described in row)
    assert empty == []


# --- properties

_WORDS = [n.text for n in NAMES] + [s.name for s in SPECIMENS] + [u.name for u in UNITS]
_PIECES = st.one_of(
    st.sampled_from(_WORDS), st.sampled_from(list("()（）・/-_ 　+,%1２")), st.text(max_size=4)
)
_TEXT = st.one_of(st.just(""), st.lists(_PIECES, max_size=5).map("".join), st.text(max_size=30))
_ROWS = st.builds(LocalTest, **{f.name: _TEXT for f in fields(LocalTest)})


@settings(max_examples=300)
@given(_ROWS)
def test_any_row_gets_one_consistent_answer(row: LocalTest) -> None:
    (mapping,) = PIPELINE.map_batch([row], MapOptions(top_k=4))
    assert 0.0 <= mapping.probability <= mapping.measurand_probability + 1e-9 <= 1.0 + 2e-9
    assert mapping.reasons
    assert len(set(mapping.reasons)) == len(mapping.reasons)
    assert len(mapping.candidates) <= 4
    probabilities = [c.probability for c in mapping.candidates]
    assert all(0.0 <= p <= 1.0 for p in probabilities)
    assert sum(probabilities) <= 1.0 + 1e-9
    assert probabilities[1:] == sorted(probabilities[1:], reverse=True)
    assert all(PIPELINE.is_listed(str(c.code)) for c in mapping.candidates)
    if mapping.disposition in (Disposition.NO_CODE, Disposition.ERROR):
        assert mapping.jlac11 == mapping.standard_name == ""
    elif Reason.NAME_FOREIGN in mapping.reasons:
        assert mapping.disposition is Disposition.NEEDS_REVIEW
        assert mapping.jlac11 in ("", *(str(c.code) for c in mapping.candidates[:1]))
    else:
        assert mapping.jlac11 == str(mapping.candidates[0].code)
        assert mapping.probability == mapping.candidates[0].probability
    if mapping.disposition is Disposition.ACCEPTED:
        assert not set(mapping.reasons) & (CONFLICTS | ASSUMPTIONS)
    assert bool(mapping.message) == (mapping.disposition is Disposition.ERROR)


@settings(max_examples=60)
@given(st.lists(_ROWS, max_size=6))
def test_a_row_gets_the_same_answer_alone_and_in_any_batch(rows: list[LocalTest]) -> None:
    together = PIPELINE.map_batch(rows, MapOptions())
    fresh = build_pipeline()
    alone = [fresh.map_batch([row], MapOptions())[0] for row in reversed(rows)]
    assert together == list(reversed(alone))


@settings(max_examples=100)
@given(_ROWS)
def test_the_local_code_decides_nothing(row: LocalTest) -> None:
    plain, coded = PIPELINE.map_batch(
        [replace(row, local_code=""), replace(row, local_code="C2008")], MapOptions()
    )
    assert plain == coded


def test_every_code_of_the_edition_can_be_reached_by_a_row() -> None:
    """Units and specimens spelled as the edition names them lead to each current code."""
    names = {n.concept: n.text for n in reversed(NAMES) if not n.unit and not n.timing and not n.specimen}
    names["urine_protein"] = "尿蛋白"
    specimens = {s.code: s.name for s in reversed(SPECIMENS) if s.code and s.key != "blood"}
    units = {u.code: u.name for u in UNITS}
    timing = {"1336": "(随時)", "1337": "(空腹時)"}
    rows = [
        LocalTest(
            names[CONCEPT_OF[c.code.measurand]] + timing.get(c.code.identification, ""),
            specimen=specimens[c.code.specimen],
            unit=units[c.code.unit],
        )
        for c in CODES
    ]
    reached = [m.jlac11 for m in PIPELINE.map_batch(rows, MapOptions())]
    assert reached == [str(c.code) for c in CODES]
