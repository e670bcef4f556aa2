"""Binding: which concept a release's result is, by what the release says of it; never by its number alone."""

from dataclasses import replace

import pytest

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.concepts.binding import (
    Binder,
    Binding,
    KnownResults,
    Result,
    bound_by_person,
    fits,
    renamed,
    result_of,
    standing_for,
)
from jlac_mapper.vocabulary import (
    Concept,
    Name,
    NameForm,
    Qualifier,
    ResultType,
    Scale,
    Specimen,
    Unit,
    Vocabulary,
)

VOCABULARY = Vocabulary(
    concepts=(
        Concept("ast", "AST", "AST", specimens=("serum",), units=("U/L",), jlac10=("3B035",)),
        Concept("alt", "ALT", "ALT", specimens=("serum",), units=("U/L",), jlac10=("3B045",)),
        Concept(
            "triglyceride",
            "中性脂肪",
            "Triglyceride",
            specimens=("serum",),
            units=("mg/dL",),
            jlac10=("3F015",),
        ),
        Concept(
            "thyroglobulin",
            "サイログロブリン",
            "Thyroglobulin",
            specimens=("serum",),
            units=("ng/mL",),
            jlac10=("5D300",),
        ),
        Concept(
            "protein", "総蛋白", "Total protein", specimens=("serum",), units=("g/dL",), jlac10=("3A010",)
        ),
        Concept(
            "urine_protein",
            "尿蛋白",
            "Urine protein",
            specimens=("urine",),
            units=("mg/dL",),
            jlac10=("1A010",),
        ),
        Concept("cedar", "特異的IgE(スギ)", "IgE, cedar", units=("UA/mL",), jlac10=("5A100-1117",)),
        Concept("mite", "特異的IgE(ダニ)", "IgE, mite", units=("UA/mL",), jlac10=("5A100-1201",)),
        Concept(
            "occult",
            "便潜血",
            "Occult blood",
            scale=Scale.QUALITATIVE,
            specimens=("stool",),
            jlac10=("1B040",),
        ),
        Concept("sodium", "ナトリウム", "Sodium", specimens=("serum",), units=("mmol/L",)),
    ),
    names=(
        Name("AST", "ast", "abbreviation"),
        Name("GOT", "ast", "old"),
        Name("ALT", "alt", "abbreviation"),
        Name("中性脂肪", "triglyceride"),
        Name("TG", "triglyceride", "abbreviation"),
        Name("TG", "thyroglobulin", NameForm.HOMONYM),
        Name("サイログロブリン", "thyroglobulin"),
        Name("総蛋白", "protein"),
        Name("TP", "protein", "abbreviation"),
        Name("尿蛋白", "urine_protein", specimen="urine"),
        Name("便潜血", "occult"),
        Name("Na", "sodium", "abbreviation"),
    ),
    specimens=(
        Specimen("serum", "250", "血清", "Serum", "", ()),
        Specimen("urine", "100", "尿", "Urine", "", ()),
        Specimen("stool", "015", "便", "Stool", "", ()),
    ),
    units=(
        Unit("F7", "U/L", "U/L", ResultType.QUANTITATIVE, ()),
        Unit("85", "mg/dL", "mg/dL", ResultType.QUANTITATIVE, ()),
        Unit("55", "g/dL", "g/dL", ResultType.QUANTITATIVE, ()),
        Unit("B1", "mmol/L", "mmol/L", ResultType.QUANTITATIVE, ()),
        Unit("02", "[qualitative]", "定性", ResultType.QUALITATIVE, ()),
    ),
    qualifiers=(
        Qualifier("定量", "result_type", "quantitative", "inside"),
        Qualifier("血清", "specimen", "serum", "edge"),
    ),
)
NOTHING_KNOWN: KnownResults = {}
CODE = "C9001-0000-250-000-F7"


def listed(code: str = CODE, name: str = "", **more: object) -> ListedCode:
    return replace(ListedCode(parse(code), name), **more)  # type: ignore[arg-type]


def bind(
    *codes: ListedCode, known: KnownResults = NOTHING_KNOWN, added: dict[Result, str] | None = None
) -> Binding:
    return Binder(VOCABULARY, known).bind(codes, added)


def concepts(*codes: ListedCode, known: KnownResults = NOTHING_KNOWN) -> list[tuple[str, ...]]:
    binding = bind(*codes, known=known)
    return [binding.of(each.code) for each in codes]


def known_as(**results: str) -> KnownResults:
    """Known results, written concept=code without method and hyphens."""
    return {
        (text[:5], text[5:9], text[9:12], text[12:]): frozenset({concept})
        for concept, text in results.items()
    }


# --- by one kind of evidence


@pytest.mark.parametrize(
    "name", ["AST", "ＡＳＴ", "GOT", "AST(GOT)", "血清AST", "AST(定量)", "GOT (AST)", "ast"]
)
def test_a_name_tells_the_concept_in_any_spelling_with_qualifiers_aside(name: str) -> None:
    assert concepts(listed(name=name)) == [("ast",)]


def test_the_concepts_own_japanese_and_english_names_count_as_names() -> None:
    assert concepts(listed(name="ナトリウム", code="C9001-0000-250-000-B1")) == [("sodium",)]
    assert concepts(listed(name="Thyroglobulin")) == [("thyroglobulin",)]


def test_a_homonym_is_no_name_of_its_rarer_meaning() -> None:
    assert concepts(listed("C9001-0000-250-000-85", "TG")) == [("triglyceride",)]


def test_an_abbreviation_alone_is_no_proof_and_with_a_fitting_specimen_and_unit_it_is() -> None:
    unfit = listed("C9001-0000-100-000-85", "院内呼称", abbreviation="AST")
    assert concepts(unfit) == [()]
    assert concepts(listed(name="院内呼称", abbreviation="AST")) == [("ast",)]


def test_a_jlac10_code_tells_the_concept() -> None:
    assert concepts(listed(name="院内呼称", jlac10=("3B045000002327201",))) == [("alt",)]


def test_the_identification_of_a_jlac10_code_tells_members_of_a_family_apart() -> None:
    cedar, mite, other = (
        listed(f"F900{i}-0000-250-000-F8", "特異的IgE", jlac10=(f"5A100{identification}023052",))
        for i, identification in enumerate(("1117", "1201", "1999"))
    )
    assert concepts(cedar, mite, other) == [("cedar",), ("mite",), ()]


def test_an_analyte_without_an_identification_tells_the_family_alone() -> None:
    cedar = listed("F9001-0000-250-000-F8", "特異的IgE(スギ)", jlac10=("5A100",))
    other = listed("F9002-0000-250-000-F8", "院内呼称", jlac10=("5A100",))
    assert concepts(cedar, other) == [("cedar",), ()]


def test_known_digits_tell_the_concept_where_the_release_says_nothing_else() -> None:
    known = known_as(ast="C90010000250F7")
    assert concepts(listed(), listed("C9002-0000-250-000-F7"), known=known) == [("ast",), ()]


def test_a_known_measurand_tells_in_another_specimen_of_the_same_kind_but_not_in_another_kind() -> None:
    known = known_as(ast="C90010000250F7")
    plasma = listed("C9001-0000-240-000-F7")
    urine = listed("C9001-0000-100-000-F7")
    assert concepts(plasma, urine, known=known) == [("ast",), ()]


def test_a_release_tells_the_place_apart_that_its_measurand_shares() -> None:
    """Total protein in urine is the urine's protein: one measurand, two concepts."""
    known = known_as(protein="C1002000025055", urine_protein="C1002000010085")
    serum, urine, pooled = (
        listed(f"C1002-0000-{place}") for place in ("250-007-55", "100-007-85", "130-000-85")
    )
    assert concepts(serum, urine, pooled, known=known) == [
        ("protein",),
        ("urine_protein",),
        ("urine_protein",),
    ]


def test_nothing_of_a_release_speaks_for_no_concept() -> None:
    binding = bind(
        listed(name="院内呼称", abbreviation="XX", jlac10=("9Z999000000000000",)),
        listed("C9002-0000-250-000-F7"),
    )
    assert binding.concepts == {}
    assert [each.code.measurand for each in binding.unbound] == ["C9001", "C9002"]
    assert binding.unclear == ()


def test_request_codes_are_left_out() -> None:
    binding = bind(listed("C9001-0000-250-000-00", "AST"), listed("C9001-9999-250-000-F7", "AST"))
    assert (binding.concepts, binding.unbound, binding.unclear) == ({}, (), ())


# --- where kinds of evidence meet


def test_name_and_jlac10_outweigh_digits_that_stood_for_something_else() -> None:
    """A release may give an old number to another test."""
    known = known_as(ast="C90010000250F7")
    other = listed(name="ALT", jlac10=("3B045000002327201",))
    assert concepts(other, known=known) == [("alt",)]


def test_one_slip_in_a_name_does_not_outweigh_the_digits() -> None:
    known = known_as(ast="C90010000250F7")
    assert concepts(listed(name="ALT"), known=known) == [("ast",)]


def test_unit_and_specimen_decide_where_the_name_fits_two_concepts() -> None:
    shared = replace(
        VOCABULARY,
        names=(Name("蛋白", "protein"), Name("蛋白", "urine_protein")),
    )
    binder = Binder(shared, {})
    serum, urine = (
        listed("C9001-0000-250-000-55", "蛋白"),
        listed("A9001-0000-100-000-85", "蛋白"),
    )
    binding = binder.bind([serum, urine])
    assert [binding.of(serum.code), binding.of(urine.code)] == [("protein",), ("urine_protein",)]
    assert binding.unclear == ()


def test_a_unit_of_the_same_dimension_fits_and_one_of_another_speaks_against() -> None:
    two = replace(VOCABULARY, names=(Name("甲", "protein"), Name("甲", "sodium")))
    binder = Binder(two, {})
    mass, substance = listed("C9001-0000-250-000-85", "甲"), listed("C9001-0000-250-000-B1", "甲")
    binding = binder.bind([mass, substance])
    assert [binding.of(mass.code), binding.of(substance.code)] == [("protein",), ("sodium",)]


def test_a_unit_that_only_its_name_tells_counts_too() -> None:
    two = replace(VOCABULARY, names=(Name("甲", "protein"), Name("甲", "sodium")))
    named = listed("C9001-0000-250-000-ZZ", "甲", unit_name="mEq/L")
    binding = Binder(two, {}).bind([named])
    assert binding.of(named.code) == ("sodium",)


def test_a_quantity_speaks_against_a_qualitative_concept() -> None:
    two = replace(
        VOCABULARY,
        concepts=(Concept("yes_no", "甲", "A", scale=Scale.QUALITATIVE), Concept("how_much", "乙", "B")),
        names=(Name("潜血", "yes_no"), Name("潜血", "how_much")),
    )
    binder = Binder(two, {})
    quantity = listed("C9001-0000-250-000-85", "潜血")
    assert binder.bind([quantity]).of(quantity.code) == ("how_much",)


def test_equal_evidence_for_two_concepts_is_told_as_unclear_with_both() -> None:
    shared = replace(VOCABULARY, names=(Name("転移酵素", "ast"), Name("転移酵素", "alt")))
    code = listed(name="転移酵素")
    binding = Binder(shared, {}).bind([code])
    assert binding.of(code.code) == ("alt", "ast")
    assert binding.unclear == (code,)
    assert binding.unbound == ()


def test_results_that_are_known_to_serve_several_concepts_are_not_unclear() -> None:
    known = {("C9001", "0000", "250", "F7"): frozenset({"ast", "alt"})}
    binding = bind(listed(), known=known)
    assert binding.of(parse(CODE)) == ("alt", "ast")
    assert binding.unclear == ()


def test_a_name_that_stands_under_two_measurands_counts_for_less_than_a_jlac10_code() -> None:
    """The antigen's name on rows of the antibody is a slip; what is written of the row alone decides."""
    right = listed(name="AST", jlac10=("3B035000002327201",))
    slip = listed("C9002-0000-250-000-F7", "AST", jlac10=("3B045000002327201",))
    assert concepts(right, slip) == [("ast",), ("alt",)]


def test_the_order_of_the_codes_does_not_matter() -> None:
    codes = [
        listed(name="AST"),
        listed("C9002-0000-250-000-F7", "AST", jlac10=("3B045000002327201",)),
        listed("C9003-0000-250-000-85", "TG"),
        listed("C9004-0000-250-000-F7", "院内呼称"),
    ]
    forward, backward = bind(*codes), bind(*reversed(codes))
    assert forward.concepts == backward.concepts
    assert forward.unbound == backward.unbound


def test_the_method_of_a_code_plays_no_part() -> None:
    product, unspecified = listed("C9001-0000-250-901-F7", "AST"), listed(name="AST")
    assert concepts(product, unspecified) == [("ast",), ("ast",)]


# --- what a person says


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (("C9001", "", "", ""), True),
        (("C9001", "0000", "250", "F7"), True),
        (("C9001", "", "250", ""), True),
        (("C9002", "", "", ""), False),
        (("C9001", "0001", "", ""), False),
        (("C9001", "", "100", ""), False),
        (("C9001", "", "", "85"), False),
    ],
)
def test_a_pattern_fits_results_with_its_elements(pattern: Result, matches: bool) -> None:
    assert fits(pattern, result_of(parse(CODE))) is matches
    assert bound_by_person(parse(CODE), {pattern: "x"}) == ("x" if matches else "")


def test_of_several_patterns_the_one_with_the_most_elements_counts_in_any_order() -> None:
    wide, narrow = ("C9001", "", "", ""), ("C9001", "", "250", "")
    for added in ({wide: "ast", narrow: "alt"}, {narrow: "alt", wide: "ast"}):
        assert bound_by_person(parse(CODE), added) == "alt"
        assert bound_by_person(parse("C9001-0000-240-000-F7"), added) == "ast"
    tie, other = ("C9001", "0000", "", ""), ("C9001", "", "250", "")
    assert bound_by_person(parse(CODE), {tie: "ast", other: "alt"}) == bound_by_person(
        parse(CODE), {other: "alt", tie: "ast"}
    )


def test_what_a_person_says_goes_before_everything_else() -> None:
    known = known_as(ast="C90010000250F7")
    code, other = listed(name="AST", jlac10=("3B035000002327201",)), listed("C9002-0000-250-000-F7", "院内")
    added: dict[Result, str] = {("C9001", "", "", ""): "sodium", ("C9002", "", "", ""): "alt"}
    binding = bind(code, other, known=known, added=added)
    assert (binding.of(code.code), binding.of(other.code)) == (("sodium",), ("alt",))
    assert (binding.unbound, binding.unclear) == ((), ())


# --- names that a release gives


def names_of(*codes: ListedCode) -> list[tuple[str, str, str]]:
    binder = Binder(VOCABULARY, {})
    found = binder.names(binder.bind(codes), codes, VOCABULARY.names)
    return [(name.text, name.concept, name.form) for name in found]


def test_a_name_that_the_vocabulary_lacks_becomes_a_name_of_its_concept() -> None:
    new = listed(name="アスパラギン酸転移酵素", jlac10=("3B035000002327201",))
    assert names_of(new, listed("C9002-0000-250-000-F7", "ALT")) == [
        ("アスパラギン酸転移酵素", "ast", "release")
    ]


def test_a_slip_on_few_codes_of_another_measurand_makes_no_name() -> None:
    many = [
        listed(f"C9001-0000-250-{i:03}-F7", "転移酵素甲", jlac10=("3B035000002327201",)) for i in range(9)
    ]
    slip = listed("C9002-0000-250-001-F7", "転移酵素甲", jlac10=("3B045000002327201",))
    assert names_of(*many, slip) == [("転移酵素甲", "ast", "release")]


def test_completions_and_requests_give_no_names() -> None:
    jlac10 = ("3B035000002327201",)
    completion = listed(name="転移酵素甲", jlac10=jlac10, source="starter")
    assert names_of(completion, listed("C9001-0000-250-000-00", "依頼名", jlac10=jlac10)) == []


# --- other numbers


KNOWN = known_as(ast="C20080000250F7", alt="C20110000250F7", protein="C1002000025055")


def test_a_concept_that_a_release_calls_by_another_number_is_renamed() -> None:
    binding = bind(
        listed("C9001-0000-250-000-F7", "AST"), listed("C2011-0000-250-000-F7", "ALT"), known=KNOWN
    )
    assert list(renamed(binding, KNOWN)) == [("C2008", "C9001")]
    assert standing_for(binding, KNOWN) == {
        ("C2008", "0000", "250", "F7"): {"C9001"},
        ("C2011", "0000", "250", "F7"): {"C2011"},
        ("C1002", "0000", "250", "55"): set(),
    }


def test_a_slip_on_few_rows_of_another_measurand_stands_for_nothing() -> None:
    many = [listed(f"C9001-0000-250-{i:03}-F7", "AST") for i in range(9)]
    slip = listed("C9002-0000-250-001-F7", "院内呼称", jlac10=("3B035000002327201",))
    binding = bind(*many, slip, known=KNOWN)
    assert binding.of(slip.code) == ("ast",)
    assert standing_for(binding, KNOWN)["C2008", "0000", "250", "F7"] == {"C9001"}


def test_numbers_that_were_exchanged_are_renamed_both_ways() -> None:
    ast = listed("C2011-0000-250-000-F7", "AST", jlac10=("3B035000002327201",))
    alt = listed("C2008-0000-250-000-F7", "ALT", jlac10=("3B045000002327201",))
    binding = bind(ast, alt, known=KNOWN)
    assert list(renamed(binding, KNOWN)) == [("C2008", "C2011"), ("C2011", "C2008")]


def test_the_measurands_of_a_concept_are_counted() -> None:
    codes = [listed(f"C9001-0000-250-00{i}-F7", "AST") for i in range(3)]
    assert bind(*codes, listed("C9002-0000-250-000-F7", "GOT")).measurands() == {
        "ast": {"C9001": 3, "C9002": 1}
    }
