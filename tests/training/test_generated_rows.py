"""Labelled rows made from the vocabulary: what they mean must be what their label says."""

from collections.abc import Iterator
from datetime import date

import pytest

from jlac_mapper.reading.dimensions import dimension
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.text import fold
from jlac_mapper.training.generated_rows import LabelledRow, RowGenerator, names_by_listing
from jlac_mapper.types import LocalTest
from jlac_mapper.vocabulary import Name, NameForm
from tests.support.shipped_release import named, shipped

BOUND = shipped()
VOCABULARY = BOUND.vocabulary
CONCEPTS = VOCABULARY.by_key()
LISTED, OTHERS = names_by_listing(BOUND)
NAMES = LISTED[::60]
BACKGROUND = OTHERS[::400]
NORMALIZER = Normalizer(VOCABULARY)
AST, CK_MB = named("AST"), named("CK-MB")


def generator(seed: int = 1) -> RowGenerator:
    return RowGenerator(BOUND, seed)


def listed_rows(seed: int, count: int = 5) -> Iterator[LabelledRow]:
    made = generator(seed)
    for name in NAMES:
        yield from made.listed(name, count)


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    assert list(listed_rows(1)) == list(listed_rows(1))
    assert list(listed_rows(1)) != list(listed_rows(2))


def test_as_many_rows_as_asked_for_are_made() -> None:
    assert len(list(generator().listed(AST, 7))) == 7
    assert len(list(generator().background(CK_MB, 7))) == 7
    assert list(generator().listed(AST, 0)) == []


def test_a_listed_row_means_its_concept_or_is_a_confirmation_test() -> None:
    concepts = {n.text: n.concept for n in NAMES}
    for row in listed_rows(3, 20):
        if row.concept:
            assert row.concept == concepts[row.name]
            assert row.test.method == ""
        else:
            assert CONCEPTS[concepts[row.name]].section == "infection"
            assert row.test.method


def test_a_listed_row_bears_the_digits_of_a_code_of_its_concept() -> None:
    codes = {
        (concept, c.code.measurand, c.code.identification, c.code.unit)
        for concept, listed in BOUND.by_concept(BOUND.release.proposable).items()
        for c in listed
    }
    for row in listed_rows(6, 10):
        digits = (row.concept, row.measurand, row.identification, row.unit)
        assert digits in codes if row.concept else digits == ("", "", "", "")


def test_the_time_that_a_name_says_gives_the_identification() -> None:
    made = generator(2)
    fasting, unsaid = named("空腹時血糖"), named("血糖")
    assert {row.identification for row in made.listed(fasting, 30)} == {"1337"}
    assert {row.identification for row in made.listed(unsaid, 30)} == {"0000"}


def test_a_concept_has_other_digits_on_a_day_after_they_moved() -> None:
    name = named("尿潜血")
    before = {row.measurand for row in generator().listed(name, 20)}
    after = {row.measurand for row in RowGenerator(shipped(date(2026, 9, 1)), 1).listed(name, 20)}
    assert (before, after) == ({"A1009"}, {"A2007"})


def test_a_homonym_is_no_name_to_write_rows_from() -> None:
    homonyms = [name for name in VOCABULARY.names if name.form == NameForm.HOMONYM]
    assert homonyms
    assert not set(homonyms) & {*LISTED, *OTHERS}
    assert len(LISTED) + len(OTHERS) + len(homonyms) == len(VOCABULARY.names)


def test_confirmation_tests_occur() -> None:
    methods = [row.test.method for row in generator().listed(named("HBs抗原"), 200) if row.concept == ""]
    assert 3 < len(methods) < 50


def test_a_listed_row_carries_fields_that_one_of_its_codes_has() -> None:
    specimens = {s.key: s.code for s in VOCABULARY.specimens}
    texts = {u.code: u.canonical for u in VOCABULARY.units if u.code}
    codes = {
        (concept, c.code.specimen, texts.get(c.code.unit, ""))
        for concept, listed in BOUND.by_concept(BOUND.release.proposable).items()
        for c in listed
    }
    rows = [row for row in listed_rows(5, 10) if row.concept]
    scaled = tubes = 0
    for row in rows:
        test = NORMALIZER.normalize(row.test)
        assert not row.test.specimen or test.specimens, row
        given_specimen = {specimens[k] for k in test.specimens} - {""}
        tubes += bool(test.specimens) and not given_specimen
        listed = {u for c, s, u in codes if c == row.concept and (not given_specimen or s in given_specimen)}
        assert listed, row
        # A range is read for plain units alone: of ミリ当量/L it gives /L.
        given = {q.canonical for q in test.quantities if q.field == "unit"}
        if given and not given & listed:
            scaled += 1
            assert {dimension(unit) for unit in given} <= {dimension(unit) for unit in listed} - {""}, row
    assert 0 < scaled < len(rows) / 20
    assert tubes < len(rows) / 20


def test_spellings_vary_and_still_read_as_the_name_or_a_slip_of_it() -> None:
    name = named("クレアチンキナーゼ")
    written = [row.test.name for row in generator().listed(name, 200)]
    assert len(set(written)) > 20
    same = sum(fold(text).startswith(fold(name.text)) for text in written)
    assert 150 < same < 200
    assert any("ｸﾚｱﾁﾝ" in text for text in written)


def test_a_slip_of_the_pen_never_makes_the_name_of_another_concept() -> None:
    made = generator(9)
    for name in (named("HBs抗原"), named("クレアチンキナーゼ")):
        others = {fold(n.text) for n in VOCABULARY.names if n.concept != name.concept}
        for row in made.listed(name, 300):
            assert fold(row.test.name) not in others


@pytest.mark.parametrize("name", BACKGROUND, ids=lambda b: b.text)
def test_a_background_row_has_no_concept(name: Name) -> None:
    rows = list(generator().background(name, 20))
    assert {row.concept for row in rows} == {""}
    assert {row.name for row in rows} == {name.text}


def test_a_near_twin_often_stands_in_the_fields_of_its_twin() -> None:
    rows = list(generator().background(CK_MB, 300))
    read = [NORMALIZER.normalize(row.test) for row in rows]
    codes = {s.key: s.code for s in VOCABULARY.specimens}
    twin = {c.code.specimen for c in BOUND.by_concept(BOUND.release.proposable)["creatine_kinase"]}
    as_twin = sum(
        bool(twin & {codes[key] for key in t.specimens}) and "U/L" in {q.canonical for q in t.quantities}
        for t in read
    )
    assert as_twin > 40


def test_a_remainder_makes_another_test_that_is_no_known_name() -> None:
    known = {fold(n.text) for n in VOCABULARY.names}
    made = generator(4)
    for _ in range(100):
        row = made.another_test(AST)
        assert row.concept == ""
        assert fold("AST") in fold(row.test.name)
        assert fold(row.test.name) not in known or row.test.specimen in {
            "髄液",
            "胸水",
            "腹水",
            "関節液",
            "透析液",
        }


def test_a_homonym_is_a_short_name_in_a_unit_that_its_concept_has_not() -> None:
    made = generator(3)
    for row in [made.homonym(AST) for _ in range(50)]:
        assert row is not None
        assert row.concept == ""
        assert "U/L" not in (row.test.unit, row.test.reference_range)
        assert row.test.unit or row.test.reference_range
    assert made.homonym(named("クレアチンキナーゼ")) is None
    assert made.homonym(named("PT-INR")) is None


def test_a_background_row_may_bear_the_abbreviation_of_its_listed_twin_or_letters_of_its_own() -> None:
    twins = {n.text for n in LISTED if n.concept == "creatine_kinase"}
    given = {row.test.abbreviation for row in generator(4).background(CK_MB, 400)} - {""}
    assert given & twins
    assert len(given - twins) > 10


def test_words_of_the_house_stand_beside_names_with_and_without_a_code() -> None:
    listed = [row.test.name for row in generator(5).listed(AST, 400)]
    background = [row.test.name for row in generator(5).background(CK_MB, 400)]
    for names in (listed, background):
        assert 4 < sum(bool(NORMALIZER.normalize(LocalTest(name=name)).remark) for name in names) < 80


def test_an_unlisted_specimen_takes_the_code_away() -> None:
    row = generator().unlisted_specimen(AST)
    assert (row.concept, row.name) == ("", "AST")
    assert row.test.specimen in {"髄液", "胸水", "腹水", "関節液", "透析液"}


def test_no_row_is_without_a_name() -> None:
    rows: list[LocalTest] = [row.test for row in listed_rows(8)]
    made = generator(8)
    rows += [row.test for b in BACKGROUND for row in made.background(b, 5)]
    assert all(NORMALIZER.normalize(row).keys for row in rows)
