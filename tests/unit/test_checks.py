"""What `master check` finds in an edition."""

from dataclasses import replace
from datetime import date

from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.jlac11 import Jlac11Code, parse
from jlac_mapper.codes.listed import Edition, ImportNote, ListedCode
from jlac_mapper.concepts.binding import Binder
from jlac_mapper.master.checks import Finding, Known, Severity, check_edition
from jlac_mapper.vocabulary import Concept, Name, ResultType, Specimen, Unit, Vocabulary

TODAY = date(2026, 1, 1)
ENDED = date(2025, 7, 15)
VOCABULARY = Vocabulary(
    concepts=(
        Concept("ast", "AST", "AST"),
        Concept("red_blood_cell_count", "赤血球数", "Red blood cell count"),
        Concept("hbs_antigen", "HBs抗原", "HBs antigen"),
        Concept("hbs_antibody", "HBs抗体", "HBs antibody"),
        Concept("hiv_antigen_antibody", "HIV-1+2抗原・抗体", "HIV-1/2 Ag/Ab"),
    ),
    names=(Name("AST(GOT)", "ast"), Name("赤血球数", "red_blood_cell_count")),
    specimens=(
        Specimen("serum", "250", "血清", "Serum", "", ("Serum",)),
        Specimen("plasma", "240", "血漿", "Plasma", "", ()),
        Specimen("plasma_edta", "242", "血漿(EDTA入り)", "Plasma EDTA", "plasma", ("EDTA血漿",)),
    ),
    units=(
        Unit("F7", "U/L", "U/L", ResultType.QUANTITATIVE, ()),
        Unit("F8", "U/mL", "U/mL", ResultType.QUANTITATIVE, ()),
        Unit("G3", "10*4/uL", "10^4/μL", ResultType.QUANTITATIVE, ()),
    ),
)


def listed(code: str, name: str = "AST(GOT)", **more: object) -> ListedCode:
    return replace(ListedCode(parse(code), name), **more)  # type: ignore[arg-type]


KNOWN = {
    (measurand, identification, specimen, unit): frozenset({concept})
    for measurand, concept in (
        ("C2008", "ast"),
        ("V2010", "hbs_antigen"),
        ("V2011", "hbs_antibody"),
        ("V2263", "hiv_antigen_antibody"),
    )
    for identification in ("0000", "0001")
    for specimen in ("240", "242", "250")
    for unit in ("F7", "Z9", "02", "34")
}


def check(*codes: ListedCode, notes: tuple[ImportNote, ...] = ()) -> list[Finding]:
    return check_with_concepts(make_edition("e", codes, notes))


def check_with_concepts(edition: Edition) -> list[Finding]:
    known = Known(binding=Binder(VOCABULARY, KNOWN).bind(edition.codes))
    return check_edition(edition, VOCABULARY, TODAY, known)


def rules(findings: list[Finding]) -> list[tuple[Severity, str, str]]:
    return [(finding.severity, finding.rule, finding.code) for finding in findings]


def test_a_consistent_edition_has_no_findings() -> None:
    assert (
        check(
            listed("C20080000250009F7", unit_name="U/L", specimen_name="血清", product="試薬"),
            listed("C20080000242009F7", unit_name="IU/L", specimen_name="EDTA血漿", product="試薬"),
            listed(
                "B10010000210001G3",
                "赤血球数",
                unit_name="X10*4/μL",
                specimen_name="全血(静脈血)",
                product="装置",
                method_name="電気抵抗法_装置",
            ),
        )
        == []
    )


def test_a_unit_text_that_belongs_to_another_code_is_an_error_and_says_which() -> None:
    (finding,) = check(listed("C20080000250009F7", unit_name="U/mL"))
    assert (finding.severity, finding.rule, finding.code) == (
        Severity.ERROR,
        "unit-name",
        "C20080000250009F7",
    )
    assert "that is unit F8" in finding.message


def test_a_unit_text_that_no_code_has_is_a_warning() -> None:
    findings = check(listed("C20080000250009F7", unit_name="単位なし"))
    assert rules(findings) == [(Severity.WARNING, "unit-name", "C20080000250009F7")]


def test_a_unit_code_that_the_vocabulary_lacks_is_judged_by_the_majority() -> None:
    rows = [listed(f"C20080000250{i:03}Z9", unit_name="foo/L") for i in range(1, 4)]
    odd = listed("C20080000250004Z9", unit_name="bar/L")
    assert rules(check(*rows, odd)) == [(Severity.WARNING, "unit-name", str(odd.code))]


def test_equal_wrong_texts_are_one_finding_with_their_number() -> None:
    rows = [listed(f"V20110001242{i:03}02", "HBs抗体(定性)", specimen_name="血漿") for i in range(10, 18)]
    right = [
        listed(f"V20110001242{i:03}02", "HBs抗体(定性)", specimen_name="血漿(EDTA入り)")
        for i in range(20, 40)
    ]
    (finding,) = check(*rows, *right)
    assert (finding.severity, finding.rule) == (Severity.ERROR, "specimen-name")
    assert finding.message.startswith("8 row(s) call specimen 242 '血漿', expected '血漿(EDTA入り)'")
    assert "that is specimen 240" in finding.message


def test_a_request_rows_unit_text_is_no_unit() -> None:
    assert check(listed("V20100000250001" + "00", "HBs抗原", unit_name="依頼")) == []


def test_antigen_named_under_an_antibodys_measurand_is_reported_and_the_reverse() -> None:
    findings = check(
        listed("V2011000225000834", "HBs抗原(陽性コントロール比)"),
        listed("V2010000225000834", "HBs抗体(陽性コントロール比)"),
        listed("V2010000225000934", "HBs抗原(陽性コントロール比)"),
        listed("V2263000225000934", "HIV-1+2抗体・p24抗原(定性)"),
    )
    assert rules(findings) == [
        (Severity.WARNING, "name-family", "V2010000225000834"),
        (Severity.WARNING, "name-family", "V2011000225000834"),
    ]


def test_a_product_whose_codes_all_ended_is_told_and_one_that_ended_in_part_is_a_warning() -> None:
    findings = check(
        listed("C20080000250001F7", product="甲", valid_to=ENDED),
        listed("C20080000240001F7", product="甲", valid_to=ENDED),
        listed("C20080000250002F7", product="乙", valid_to=ENDED),
        listed("C20080000240002F7", product="乙"),
        listed("C20080000250003F7", product="丙", valid_to=TODAY),
    )
    assert rules([f for f in findings if f.rule.startswith("product")]) == [
        (Severity.WARNING, "product-partly-ended", "C20080000240002F7"),
        (Severity.INFO, "product-ended", "C20080000240001F7"),
    ]
    assert "2 code(s) of AST(GOT) ended (2025-07-15)" in findings[-1].message


def test_codes_that_ended_are_told_where_nothing_that_may_be_used_replaces_them() -> None:
    findings = check(
        listed("C20080000250001F7", product="甲", valid_to=ENDED, sheet="表", row=7),
        listed("C20080000240002F7", product="乙", valid_to=ENDED),
        listed("C20080000240000F7"),
    )
    (finding,) = [f for f in findings if f.rule == "ended-no-successor"]
    assert (finding.code, finding.places) == ("C20080000250001F7", (("表", 7),))
    assert (finding.found, finding.expected) == ("2025-07-15", "a successor")


def test_the_notes_of_the_import_become_findings_worst_first() -> None:
    notes = (
        ImportNote(9, "jlac10-only", "尿量 1A005"),
        ImportNote(
            5, "duplicate-merged", "C20080000250009F7 AST(GOT): the same texts", code="C20080000250009F7"
        ),
        ImportNote(7, "code-malformed", "AST: 'C2008' is not a JLAC11 code"),
    )
    findings = check(listed("C20080000250009F7"), notes=notes)
    assert rules(findings) == [
        (Severity.ERROR, "code-malformed", ""),
        (Severity.WARNING, "duplicate-merged", "C20080000250009F7"),
        (Severity.INFO, "jlac10-only", ""),
    ]
    assert "row 7" in findings[0].message


def test_a_code_outside_the_alphabet_is_an_error_wherever_it_came_from() -> None:
    bad = ListedCode(Jlac11Code("I2008", "0000", "250", "009", "F7"), "AST(GOT)")
    assert rules(check(bad)) == [(Severity.ERROR, "code-alphabet", "I20080000250009F7")]


def test_completions_are_not_held_against_an_edition() -> None:
    assert check(listed("C20080000250000F7", unit_name="U/mL", source="starter")) == []
