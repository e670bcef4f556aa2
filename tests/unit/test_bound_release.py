"""A release bound to concepts: completions, what it lists and what ended, names and elements of its own."""

from dataclasses import replace
from datetime import date

from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.codes.successions import Change, Succession, Successions
from jlac_mapper.concepts.binding import KnownResults, Result, result_of
from jlac_mapper.concepts.bound_release import BoundRelease, bind_release
from jlac_mapper.vocabulary import Concept, Name, ResultType, Specimen, Unit, Vocabulary

DAY = date(2026, 11, 1)
VOCABULARY = Vocabulary(
    concepts=(
        Concept("ast", "AST", "AST", specimens=("serum",), units=("U/L",), jlac10=("3B035",)),
        Concept("alt", "ALT", "ALT", specimens=("serum",), units=("U/L",), jlac10=("3B045",)),
        Concept("strip", "尿糖", "Urine glucose", specimens=("urine",), units=("mg/dL",), jlac10=("1A020",)),
        Concept("ck_mb", "CK-MB", "CK-MB", specimens=("serum",), units=("U/L",)),
        Concept("csf_cells", "髄液細胞数", "CSF cells", specimens=("csf",)),
    ),
    names=(
        Name("AST", "ast"),
        Name("ALT", "alt"),
        Name("尿糖", "strip"),
        Name("CK-MB", "ck_mb"),
        Name("髄液細胞数", "csf_cells"),
    ),
    specimens=(
        Specimen("serum", "250", "血清", "Serum", "", ()),
        Specimen("urine", "100", "尿", "Urine", "", ()),
        Specimen("csf", "", "髄液", "CSF", "", ("リコール",)),
    ),
    units=(
        Unit("F7", "U/L", "U/L", ResultType.QUANTITATIVE, ()),
        Unit("85", "mg/dL", "mg/dL", ResultType.QUANTITATIVE, ()),
    ),
)
OF_CODES = {
    "C2008-0000-250-000-F7": "ast",
    "C2008-0000-240-000-F7": "ast",
    "C2011-0000-250-000-F7": "alt",
    "A1008-0000-100-000-85": "strip",
}
KNOWN: KnownResults = {result_of(parse(code)): frozenset({concept}) for code, concept in OF_CODES.items()}
STARTER = make_edition("starter", [ListedCode(parse(code), "x", source="starter") for code in OF_CODES])


def listed(code: str, name: str = "", **more: object) -> ListedCode:
    return replace(ListedCode(parse(code), name), **more)  # type: ignore[arg-type]


def bound(
    *codes: ListedCode,
    edition: Edition | None = None,
    lines: tuple[Succession, ...] = (),
    ended: tuple[str, ...] = (),
    earlier: tuple[ListedCode, ...] = (),
    added: dict[Result, str] | None = None,
    known: KnownResults = KNOWN,
) -> BoundRelease:
    return bind_release(
        edition or make_edition("e", codes),
        starter=STARTER,
        successions=Successions(lines),
        known=known,
        vocabulary=VOCABULARY,
        day=DAY,
        ended=ended,
        earlier=earlier,
        added=added,
    )


def by_concept(release: BoundRelease) -> dict[str, list[str]]:
    found = release.by_concept(release.release.proposable)
    return {concept: [row.code.hyphenated for row in rows] for concept, rows in found.items()}


AST, ALT = listed("C2008-0000-250-009-F7", "AST"), listed("C2011-0000-250-009-F7", "ALT")


# --- completions


def test_a_release_is_completed_for_its_concepts_alone() -> None:
    assert by_concept(bound(AST)) == {
        "ast": ["C2008-0000-240-000-F7", "C2008-0000-250-000-F7", "C2008-0000-250-009-F7"]
    }


def test_a_release_that_calls_a_concept_by_another_number_is_completed_under_that_number() -> None:
    new = listed("C9001-0000-250-009-F7", "AST", jlac10=("3B035000002327201",))
    assert by_concept(bound(new)) == {
        "ast": ["C9001-0000-240-000-F7", "C9001-0000-250-000-F7", "C9001-0000-250-009-F7"]
    }


def test_a_release_that_exchanged_two_numbers_is_completed_under_its_own() -> None:
    ast = listed("C2011-0000-250-009-F7", "AST", jlac10=("3B035000002327201",))
    alt = listed("C2008-0000-250-009-F7", "ALT", jlac10=("3B045000002327201",))
    assert by_concept(bound(ast, alt)) == {
        "ast": ["C2011-0000-240-000-F7", "C2011-0000-250-000-F7", "C2011-0000-250-009-F7"],
        "alt": ["C2008-0000-250-000-F7", "C2008-0000-250-009-F7"],
    }


def test_a_completion_has_the_concept_of_the_starters_result_and_no_dates() -> None:
    release = bound(AST)
    completion = release.release.get(parse("C2008-0000-240-000-F7"))
    assert completion is not None
    assert release.binding.of(completion.code) == ("ast",)
    assert (completion.source, completion.valid_from, completion.valid_to) == ("starter", None, None)


def test_binding_an_edition_that_was_kept_with_its_completions_gives_the_same() -> None:
    fresh = bound(AST, ALT)
    again = bound(edition=fresh.release.completed)
    assert again.release.digest == fresh.release.digest
    assert again.binding == fresh.binding


def test_the_starter_is_bound_by_what_is_known_of_it() -> None:
    release = bound(edition=STARTER)
    assert release.release.is_starter
    assert release.binding.concepts == {parse(code): (concept,) for code, concept in OF_CODES.items()}
    assert (release.binding.unbound, release.binding.unclear) == ((), ())


# --- what is listed, and what ended


def test_listed_are_concepts_with_a_code_that_may_be_proposed_and_ended_those_that_had_one() -> None:
    over = listed("C2011-0000-250-009-F7", "ALT", valid_to=date(2026, 10, 31))
    later = listed("C9001-0000-250-001-F7", "CK-MB", valid_from=date(2026, 12, 1))
    release = bound(AST, over, later, ended=("ast", "strip"))
    # The starter's method 000 keeps ALT, whose only product ended; CK-MB is not there yet.
    assert release.listed == {"ast", "alt"}
    assert release.ended == {"ck_mb", "strip"}


def test_a_request_code_lists_nothing() -> None:
    release = bound(AST, listed("C9001-0000-250-000-00", "CK-MB"))
    assert "ck_mb" not in release.listed | release.ended


def test_codes_without_a_concept_are_kept_apart_and_stand_under_none() -> None:
    unknown = listed("C9009-0000-250-001-F7", "院内呼称")
    release = bound(AST, unknown)
    assert release.binding.unbound == (unknown,)
    assert unknown in release.release.proposable
    assert all("C9009" not in code for codes in by_concept(release).values() for code in codes)


def test_a_code_of_the_release_before_has_its_concept_and_its_successor() -> None:
    moved = Succession("A1008", "0000", "", "", "C4001", "0000", "", None, Change.MOVED)
    new = listed("C4001-0000-100-000-85", "尿糖")
    old = listed("A1008-0000-100-000-85", "尿糖")
    known = {**KNOWN, result_of(new.code): frozenset({"strip"})}
    release = bound(new, lines=(moved,), earlier=(old,), known=known)
    assert by_concept(release)["strip"] == ["C4001-0000-100-000-85"]
    assert [row.successor for row in release.by_concept(release.release.others)["strip"]] == [str(new.code)]
    assert "strip" not in release.ended


def test_successions_go_along_with_other_numbers() -> None:
    line = Succession("C2008", "0001", "", "F7", "C2008", "0000", "F7")
    jlac10 = ("3B035000002327201",)
    old = listed("C9001-0001-250-000-F7", "AST", jlac10=jlac10)
    new = listed("C9001-0000-250-000-F7", "AST", jlac10=jlac10)
    assert by_concept(bound(old, new, lines=(line,)))["ast"] == ["C9001-0000-250-000-F7"]


# --- what a person says


def test_what_a_person_says_holds_for_products_and_completions_alike() -> None:
    release = bound(AST, listed("C2008-0000-240-009-F7", "AST"), added={("C2008", "0000", "250", ""): "alt"})
    assert by_concept(release) == {
        "ast": ["C2008-0000-240-000-F7", "C2008-0000-240-009-F7"],
        "alt": ["C2008-0000-250-000-F7", "C2008-0000-250-009-F7"],
    }


def test_what_a_person_says_of_the_starter_holds() -> None:
    release = bound(edition=STARTER, added={("C2011", "", "", ""): "ck_mb"})
    assert by_concept(release)["ck_mb"] == ["C2011-0000-250-000-F7"]
    assert release.listed == {"ast", "ck_mb", "strip"}


# --- what a release says itself


def test_a_name_of_the_release_is_one_more_name_of_its_concept() -> None:
    release = bound(listed("C2008-0000-250-009-F7", "転移酵素甲"))
    assert release.vocabulary.names[len(VOCABULARY.names) :] == (Name("転移酵素甲", "ast", "release"),)
    assert bound(AST).vocabulary.names == VOCABULARY.names


def test_digits_of_a_specimen_that_only_the_release_gives_are_taken_over() -> None:
    cells = listed("A9001-0000-140-001-G1", "髄液細胞数", specimen_name="リコール")
    specimens = {s.key: s.code for s in bound(cells).vocabulary.specimens}
    assert specimens == {"serum": "250", "urine": "100", "csf": "140"}
    unknown = replace(cells, specimen_name="なにか")
    assert bound(unknown).vocabulary.specimens == VOCABULARY.specimens


def test_digits_that_the_vocabulary_has_stay_although_the_release_writes_another_specimen() -> None:
    odd = listed("C2008-0000-140-009-F7", "AST", specimen_name="血清")
    specimens = {s.key: s.code for s in bound(odd).vocabulary.specimens}
    assert specimens == {"serum": "250", "urine": "100", "csf": ""}


def test_a_unit_that_only_the_release_gives_is_taken_over_in_canonical_spelling() -> None:
    mass = listed("C2008-0000-250-009-ZZ", "AST", unit_name="ＩＵ／Ｌ")
    added = bound(mass).vocabulary.units[len(VOCABULARY.units) :]
    assert [(unit.code, unit.canonical, unit.result_type) for unit in added] == [
        ("ZZ", "U/L", ResultType.QUANTITATIVE)
    ]
    assert bound(listed("C2008-0000-250-009-ZZ", "AST")).vocabulary.units == VOCABULARY.units
