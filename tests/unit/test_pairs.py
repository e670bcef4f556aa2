"""What the embedding learns from."""

from itertools import islice
from pathlib import Path

import pytest

from jlac_mapper.codes.listed import Edition
from jlac_mapper.errors import InputError
from jlac_mapper.master import starter
from jlac_mapper.text import fold
from jlac_mapper.training import pairs
from jlac_mapper.vocabulary import BackgroundName, TestName, Vocabulary


@pytest.fixture(scope="module")
def edition() -> Edition:
    return starter.load_starter()


@pytest.fixture(scope="module")
def small() -> Vocabulary:
    """A part of the starter: every fourth listed and every tenth background name."""
    full = starter.load_vocabulary()
    return Vocabulary(
        full.measurands, full.names[::4], full.background[::10], full.specimens, full.units, full.qualifiers
    )


@pytest.fixture(scope="module")
def found(small: Vocabulary, edition: Edition) -> pairs.Examples:
    return pairs.examples(small, edition, 3)


def test_a_positive_means_what_the_query_means_and_is_another_name_of_a_listed_measurand(
    found: pairs.Examples,
) -> None:
    for pair in islice(pairs.pairs(found, 5), 2000):
        query, positive = found.queries[pair.query], found.names[pair.positive]
        assert positive.measurand == query.measurand
        if query.measurand:
            assert pair.positive != query.name
        else:
            assert pair.positive == query.name


def test_a_hard_negative_never_means_what_the_query_means_unless_both_have_no_code(
    found: pairs.Examples,
) -> None:
    for pair in islice(pairs.pairs(found, 5), 2000):
        query, negative = found.queries[pair.query], found.names[pair.negative]
        assert negative.measurand != query.measurand or not found.twins[query.name]


def test_a_background_name_known_to_be_taken_for_a_measurand_is_a_twin_of_its_names(
    found: pairs.Examples,
) -> None:
    confused = [(row, name.near) for row, name in enumerate(found.names) if name.near]
    assert confused
    for row, measurand in confused:
        of_measurand = [i for i, name in enumerate(found.names) if name.measurand == measurand]
        assert all(row in found.twins[i] for i in of_measurand)


def test_half_of_the_pairs_are_of_listed_names_and_every_measurand_comes_up(found: pairs.Examples) -> None:
    drawn = [found.queries[pair.query].measurand for pair in islice(pairs.pairs(found, 5), 4000)]
    assert sum(map(bool, drawn)) == 2000
    members = [name.measurand for name in found.names if name.measurand]
    assert {m for m in drawn if m} == {m for m in members if members.count(m) > 1}


def test_the_same_seed_gives_the_same_examples_and_pairs_and_another_seed_others(
    small: Vocabulary, edition: Edition, found: pairs.Examples
) -> None:
    assert pairs.examples(small, edition, 3) == found
    assert pairs.examples(small, edition, 4).queries != found.queries
    assert list(islice(pairs.pairs(found, 5), 50)) == list(islice(pairs.pairs(found, 5), 50))


def test_each_fifth_holds_out_about_a_fifth_and_the_fifths_make_up_the_whole() -> None:
    full = starter.load_vocabulary()
    taken: list[str] = []
    for number in range(pairs.FOLDS):
        kept, out = pairs.hold_out(full, number, 11)
        assert 0.15 < len(out.names) / len(full.names) < 0.25
        assert not {fold(n.name) for n in kept.names} & {fold(n.name) for n in out.names}
        assert len(kept.background) + len(out.background) == len(full.background)
        taken += [n.name for n in out.names]
    assert sorted(taken) == sorted(n.name for n in full.names)


def test_confirmed_rows_are_read_with_and_without_a_code(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("name,measurand\nＴ－Ｃｈｏ(院内),C6005\n謎検査,NONE\n別の検査,\n", encoding="utf-8-sig")
    listed, background = pairs.read_confirmed(path, {"C6005"})
    assert listed == [TestName("Ｔ－Ｃｈｏ(院内)", "C6005", "confirmed")]
    assert [b.name for b in background] == ["謎検査", "別の検査"]


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
        pairs.read_confirmed(path, {"C6005"})


def test_a_missing_file_of_confirmed_rows_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        pairs.read_confirmed(tmp_path / "none.csv", {"C6005"})


def test_what_a_hospital_confirmed_overrules_the_vocabulary(small: Vocabulary) -> None:
    was_background = small.background[0].name
    was_listed = small.names[0].name
    merged = pairs.with_confirmed(
        small, [TestName(was_background, "C6005", "confirmed")], [BackgroundName(was_listed, "confirmed")]
    )
    meaning = {name.key: name.measurand for name in pairs.known_names(merged)}
    assert meaning[fold(was_background)] == "C6005"
    assert meaning[fold(was_listed)] == ""
