"""What the embedding learns from."""

from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.errors import InputError
from jlac_mapper.text import fold
from jlac_mapper.training import confirmed_names, pairs
from jlac_mapper.vocabulary import Name
from tests.support.shipped_release import part, shipped, shipped_vocabulary


@pytest.fixture(scope="module")
def small() -> BoundRelease:
    """A part of the starter: every fourth listed and every tenth background name."""
    return part(listed=4, others=10)


@pytest.fixture(scope="module")
def found(small: BoundRelease) -> pairs.Examples:
    return pairs.examples(small, 3)


def test_a_positive_means_what_the_query_means_and_is_another_name_of_a_listed_concept(
    found: pairs.Examples,
) -> None:
    others = 0
    for pair in islice(pairs.pairs(found, 5), 2000):
        query, positive = found.queries[pair.query], found.names[pair.positive]
        assert positive.meaning == found.names[query.name].meaning
        others += not query.concept and pair.positive != query.name
        if query.concept:
            assert pair.positive != query.name
    assert others, "a background name is never brought to another name of its concept"


def test_a_hard_negative_never_means_what_the_query_means(found: pairs.Examples) -> None:
    for pair in islice(pairs.pairs(found, 5), 2000):
        query, negative = found.queries[pair.query], found.names[pair.negative]
        assert negative.meaning != found.names[query.name].meaning or not found.twins[query.name]


def test_a_background_name_known_to_be_taken_for_a_concept_is_a_twin_of_its_names(
    found: pairs.Examples,
) -> None:
    names: dict[str, list[int]] = {}
    for row, name in enumerate(found.names):
        names.setdefault(name.meaning, []).append(row)
    confused = [(row, key) for row, name in enumerate(found.names) for key in name.near if key in names]
    assert confused
    for row, concept in confused:
        assert all(row in found.twins[i] for i in names[concept])


def test_half_of_the_pairs_are_of_listed_names_and_every_concept_comes_up(found: pairs.Examples) -> None:
    drawn = [found.queries[pair.query].concept for pair in islice(pairs.pairs(found, 5), 4000)]
    assert sum(map(bool, drawn)) == 2000
    members = [name.concept for name in found.names if name.concept]
    assert {m for m in drawn if m} == {m for m in members if members.count(m) > 1}


def test_the_same_seed_gives_the_same_examples_and_pairs_and_another_seed_others(
    small: BoundRelease, found: pairs.Examples
) -> None:
    assert pairs.examples(small, 3) == found
    assert pairs.examples(small, 4).queries != found.queries
    assert list(islice(pairs.pairs(found, 5), 50)) == list(islice(pairs.pairs(found, 5), 50))


def test_each_fifth_holds_out_about_a_fifth_and_the_fifths_make_up_the_whole() -> None:
    full = shipped_vocabulary()
    taken: list[str] = []
    for number in range(pairs.FOLDS):
        kept, out = pairs.hold_out(full, number, 11)
        assert 0.15 < len(out.names) / len(full.names) < 0.25
        assert not {fold(n.text) for n in kept.names} & {fold(n.text) for n in out.names}
        taken += [n.text for n in out.names]
    assert sorted(taken) == sorted(n.text for n in full.names)


def test_a_name_of_several_meanings_is_known_by_its_usual_one() -> None:
    meaning = {name.key: name.concept for name in pairs.known_names(shipped())}
    assert meaning[fold("TP")] == "total_protein"
    assert meaning[fold("TG")] == "triglyceride"


def test_confirmed_rows_are_read_with_and_without_a_code(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("name,measurand\nＴ－Ｃｈｏ(院内),C6005\n謎検査,NONE\nCK-MB,\n", encoding="utf-8-sig")
    listed, unknown, known = confirmed_names.read(path, shipped())
    assert listed == Name("Ｔ－Ｃｈｏ(院内)", "total_cholesterol", "confirmed")
    assert unknown == Name("謎検査", "confirmed:謎検査", "confirmed")
    assert known.concept in shipped().vocabulary.by_key()
    assert known.concept not in shipped().listed


def test_a_measurand_of_several_tests_goes_to_the_one_that_the_name_is_known_by(tmp_path: Path) -> None:
    today = shipped(date(2026, 9, 1))
    path = tmp_path / "rows.csv"
    path.write_text("name,measurand\n総蛋白,C1002\n謎の蛋白,urine_protein\n", encoding="utf-8")
    assert [n.concept for n in confirmed_names.read(path, today)] == ["total_protein", "urine_protein"]
    path.write_text("name,measurand\n謎の蛋白,C1002\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2: .*several tests.*total_protein.*urine_protein"):
        confirmed_names.read(path, today)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("名称,measurand\nx,C6005\n", "no column name"),
        ("name,measurand\nx,Z9999\n", "line 2: measurand 'Z9999'"),
        ("name,measurand\nx,C6005\n(),C6005\n", "line 3: the name is empty"),
    ],
)
def test_confirmed_rows_that_cannot_be_used_are_refused_with_their_line(
    tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=told):
        confirmed_names.read(path, shipped())


def test_a_missing_file_of_confirmed_rows_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        confirmed_names.read(tmp_path / "none.csv", shipped())


def test_what_a_hospital_confirmed_overrules_the_vocabulary(small: BoundRelease) -> None:
    was_background = next(n.text for n in small.vocabulary.names if n.concept not in small.listed)
    was_listed = next(n.text for n in small.vocabulary.names if n.concept in small.listed)
    merged = confirmed_names.added(
        small.vocabulary,
        [
            Name(was_background, "total_cholesterol", "confirmed"),
            Name(was_listed, "confirmed:x", "confirmed"),
        ],
    )
    known = pairs.known_names(replace(small, vocabulary=merged))
    meaning = {name.key: name.concept for name in known}
    assert meaning[fold(was_background)] == "total_cholesterol"
    assert meaning[fold(was_listed)] == ""
