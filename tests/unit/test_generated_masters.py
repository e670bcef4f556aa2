"""Rows of whole masters made from the vocabulary: what they mean must be what their label says."""

import random
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from jlac_mapper.field_limits import overlong_field
from jlac_mapper.mapping.meanings.find import MeaningFinder
from jlac_mapper.reading.principles import PrincipleReader
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.text import fold
from jlac_mapper.training.generated_masters import MasterGenerator, MasterRow
from jlac_mapper.training.generated_words import OTHER_SPECIMENS
from jlac_mapper.training.spelling import Speller
from jlac_mapper.vocabulary import Name, NameForm
from tests.support.shipped_release import shipped_vocabulary
from tests.unit.jlac10 import NAMES, PRINCIPLES, VOCABULARY

PLAIN = [name for name in NAMES if name.form != NameForm.HOMONYM]
NORMALIZER = Normalizer(VOCABULARY)
READER = PrincipleReader(PRINCIPLES)
GLUCOSE, AST = Name("グルコース", "glucose"), Name("AST", "ast", "abbreviation")


def rows(seed: int = 1, count: int = 40) -> Iterator[MasterRow]:
    made = MasterGenerator(VOCABULARY, seed)
    for name in PLAIN:
        yield from made.rows(name, count)


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    assert list(rows(1)) == list(rows(1))
    assert list(rows(1)) != list(rows(2))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_as_many_rows_as_asked_for_are_made_and_say_what_they_mean(count: int) -> None:
    made = list(MasterGenerator(VOCABULARY, 3).rows(GLUCOSE, count))
    assert len(made) == count
    assert {(row.concept, row.name) for row in made} <= {("glucose", "グルコース")}


def test_no_row_is_too_long_or_without_a_name() -> None:
    for row in rows():
        assert row.test.name.strip()
        assert overlong_field(row.test) == ""


def test_a_specimen_is_usual_for_the_concept_but_for_a_few() -> None:
    concepts = VOCABULARY.by_key()
    usual: Counter[bool] = Counter()
    for row in rows():
        if row.test.specimen and row.test.specimen not in OTHER_SPECIMENS:
            read = NORMALIZER.normalize(row.test).specimens
            usual[set(read) <= set(concepts[row.concept].specimens)] += 1
    assert usual[True] > 500
    assert usual[False] < 0.1 * usual[True]


def test_a_unit_stands_in_its_field_or_in_the_range_and_is_one_of_the_concept() -> None:
    units = [
        (bool(row.test.unit), NORMALIZER.normalize(row.test).quantities[0].canonical)
        for row in MasterGenerator(VOCABULARY, 5).rows(GLUCOSE, 300)
        if row.test.unit or row.test.reference_range
    ]
    assert {unit for _, unit in units} == {"mg/dL"}
    assert {in_field for in_field, _ in units} == {True, False}


def test_a_method_is_a_spelling_of_a_principle_and_mostly_one_of_the_concept() -> None:
    methods = Counter(
        READER.read(row.test.method)
        for row in MasterGenerator(VOCABULARY, 5).rows(GLUCOSE, 400)
        if row.test.method
    )
    assert all(codes for codes in methods)
    assert methods[("271",)] + methods[("272",)] > 0.9 * methods.total()
    assert methods[("271",)] > methods[("272",)] > 0


def test_rows_leave_out_what_real_ones_leave_out() -> None:
    made = [row.test for row in MasterGenerator(VOCABULARY, 7).rows(GLUCOSE, 300)]
    for field in ("specimen", "unit", "reference_range", "method", "abbreviation"):
        filled = sum(bool(getattr(test, field)) for test in made)
        assert 0 < filled < len(made), field
    assert any(fold(test.name) == "グルコス" for test in made)
    assert any(fold(test.name) != "グルコス" for test in made)


def test_what_a_name_says_itself_is_not_contradicted() -> None:
    name = Name("血糖(血漿)", "glucose", specimen="plasma", unit="mmol/L")
    vocabulary = replace(VOCABULARY, names=(*NAMES, name))
    for row in MasterGenerator(vocabulary, 9).rows(name, 200):
        read = Normalizer(vocabulary).normalize(row.test)
        if row.test.specimen and row.test.specimen not in OTHER_SPECIMENS:
            assert "plasma" in read.specimens
        if row.test.unit or row.test.reference_range:
            assert read.quantities[0].canonical == "mmol/L"


def test_a_homonym_is_never_written_beside_another_name() -> None:
    made = MasterGenerator(VOCABULARY, 11)
    theophylline = Name("テオフィリン", "theophylline")
    assert all(
        "TP" not in unicodedata.normalize("NFKC", row.test.name).upper()
        for row in made.rows(theophylline, 300)
    )
    assert all(row.test.abbreviation != "TP" for row in made.rows(theophylline, 300))


def test_the_concept_of_nearly_every_row_is_among_the_meanings_of_its_name() -> None:
    finder = MeaningFinder(VOCABULARY)
    keys = [concept.key for concept in VOCABULARY.concepts]
    made = list(rows(13, 10))
    found = finder.find([NORMALIZER.normalize(row.test) for row in made])
    right = sum(
        row.concept in {keys[meaning.concept] for meaning in meanings}
        for row, meanings in zip(made, found, strict=True)
    )
    assert right > 0.95 * len(made)


def test_any_concept_of_the_shipped_vocabulary_can_be_written() -> None:
    vocabulary = shipped_vocabulary()
    made = MasterGenerator(vocabulary, 1)
    first: dict[str, Name] = {}
    for name in vocabulary.names:
        first.setdefault(name.concept, name)
    for name in first.values():
        (row,) = made.rows(name, 1)
        assert (row.concept, row.name) == (name.concept, name.text)


# --- spellings


@pytest.mark.parametrize("name", PLAIN)
def test_a_spelling_is_the_same_name_or_a_slip_that_is_no_known_name(name: Name) -> None:
    keys = {each.key for each in NAMES}
    speller = Speller(random.Random(name.text), keys)
    spelled = [speller.spell(name.text) for _ in range(200)]
    assert all(fold(text) == name.key or fold(text) not in keys for text in spelled)
    assert sum(fold(text) == name.key for text in spelled) > 0.85 * len(spelled)


def test_names_come_in_half_and_full_width_and_both_cases() -> None:
    speller = Speller(random.Random(1), set())
    assert {speller.spell("CKガス-b") for _ in range(300)} >= {
        "CKガス-b",
        "CKｶﾞｽ-b",
        "ＣＫガス－ｂ",
        "CKガス-B",
        "ckガス-b",
    }


def test_a_short_name_has_no_slip_and_a_slip_changes_a_character_or_two() -> None:
    speller = Speller(random.Random(2), set())
    assert {fold(speller.spell("血糖値")) for _ in range(300)} == {"血糖値"}
    slips = {
        text for _ in range(2000) if fold(text := speller.spell("サイログロブリン")) != "サイログロブリン"
    }
    assert slips
    for text in slips:
        assert len(text) in (len("サイログロブリン") - 1, len("サイログロブリン"))
        assert sorted(text) == sorted("サイログロブリン") or len(text) < len("サイログロブリン")
        assert (text[0], text[-1]) == ("サ", "ン")
