"""A row with a field that is too long is an answer that says so; nothing of it is read."""

from dataclasses import astuple, fields
from pathlib import Path

import pytest

from jlac_mapper.errors import InputError
from jlac_mapper.field_limits import FIELD_LIMITS, overlong_field
from jlac_mapper.review.local_aliases import alias_key
from jlac_mapper.tables.run import read_list
from jlac_mapper.types import ASSUMPTIONS, CONFLICTS, Disposition, LocalTest, MapOptions, Reason
from tests.support.shipped_release import shipped_vocabulary
from tests.unit.stages import build_pipeline
from tests.unit.test_ask import FixedChoice

PIPELINE = build_pipeline()
OPTIONS = MapOptions()
DATASETS = Path(__file__).parents[2] / "eval" / "datasets"


class Untouched(str):
    """A text that nobody may look into: every way to read or remember it fails."""

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> None:
        raise AssertionError("the text was read")

    __hash__ = __eq__ = __iter__ = __getitem__ = __contains__ = _refuse  # type: ignore[assignment]
    strip = lower = translate = replace = split = encode = startswith = _refuse  # type: ignore[assignment]


def row(field: str, text: str) -> LocalTest:
    return LocalTest(**{"name": "AST", field: text})


def test_every_field_has_a_limit() -> None:
    assert set(FIELD_LIMITS) == {field.name for field in fields(LocalTest)}


@pytest.mark.parametrize("field", FIELD_LIMITS)
def test_a_field_is_read_up_to_its_limit_and_not_beyond(field: str) -> None:
    limit = FIELD_LIMITS[field]
    [longest, longer] = PIPELINE.map_batch([row(field, "1" * limit), row(field, "1" * (limit + 1))], OPTIONS)
    assert longest.disposition is not Disposition.ERROR
    assert (longer.disposition, longer.reasons) == (Disposition.ERROR, (Reason.FIELD_TOO_LONG,))
    assert (longer.jlac11, longer.candidates, longer.evidence, longer.standard_name) == ("", (), (), "")
    assert longer.message.startswith(f"{field} has {limit + 1:,} characters, at most {limit:,} are read: ")
    assert "\n" not in longer.message


@pytest.mark.parametrize("field", FIELD_LIMITS)
def test_of_a_row_that_is_too_long_nothing_is_looked_at(field: str) -> None:
    text = Untouched("定" * (FIELD_LIMITS[field] + 1))
    test = row(field, text)
    with pytest.raises(AssertionError, match="the text was read"):
        hash(test)
    [answer] = PIPELINE.map_batch([test], OPTIONS)
    assert answer.reasons == (Reason.FIELD_TOO_LONG,)


def test_the_other_rows_of_a_batch_are_answered_as_without_it() -> None:
    rows = [LocalTest("AST"), LocalTest("グルコース", specimen="血清"), LocalTest("HBs抗原", unit="COI")]
    alone = PIPELINE.map_batch(rows, OPTIONS)
    together = PIPELINE.map_batch(
        [LocalTest("あ" * 100_000), rows[0], LocalTest("AST", kana="ｱ" * 600), *rows[1:]], OPTIONS
    )
    assert [together[1], *together[3:]] == alone
    assert [answer.disposition is Disposition.ERROR for answer in together] == [
        True,
        False,
        True,
        False,
        False,
    ]


def test_the_first_field_that_is_too_long_is_named() -> None:
    assert overlong_field(LocalTest("a" * 600, unit="b" * 600)) == "name"
    assert overlong_field(LocalTest("AST", unit="b" * 600, jlac10="c" * 600)) == "unit"
    assert overlong_field(LocalTest("AST")) == ""


def test_a_row_that_is_not_read_is_no_question_and_teaches_nothing() -> None:
    model = FixedChoice("C2001")
    pipeline = build_pipeline(choice_model=model)
    long = LocalTest("クレアチソキナーゼ" * 100, unit="U/L", specimen="血清")
    assert pipeline.features_of([long]) == [[]]
    assert pipeline.questions([long]) == [None]
    pipeline.map_batch([long], OPTIONS)
    assert model.asked == []


def test_the_reason_is_no_doubt_about_a_candidate() -> None:
    assert Reason.FIELD_TOO_LONG not in CONFLICTS | ASSUMPTIONS


def test_rows_that_are_too_long_share_a_key_only_where_they_are_the_very_same() -> None:
    long = LocalTest("ＡＳＴ" * 300)
    assert alias_key(long) == alias_key(LocalTest("ＡＳＴ" * 300, local_code="7"))
    assert alias_key(long) != alias_key(LocalTest("AST" * 300))
    assert alias_key(LocalTest("ＡＳＴ")) == alias_key(LocalTest("AST"))


def _longest(tests: list[LocalTest]) -> dict[str, int]:
    texts = zip(*map(astuple, tests), strict=True)
    return {field.name: max(map(len, column)) for field, column in zip(fields(LocalTest), texts, strict=True)}


@pytest.mark.parametrize("file", sorted(DATASETS.glob("*.csv")), ids=lambda file: str(file.stem))
def test_no_row_of_the_shipped_lists_comes_near_a_limit(file: Path) -> None:
    for field, longest in _longest(list(read_list(file).tests)).items():
        assert 4 * longest <= FIELD_LIMITS[field], field


def test_no_row_of_other_real_lists_comes_near_a_limit(dev_dir: Path) -> None:
    read = 0
    for file in sorted([*dev_dir.glob("*.csv"), *dev_dir.glob("files/*.csv"), *dev_dir.glob("files/*.xlsx")]):
        try:
            tests = list(read_list(file).tests)
        except InputError:
            continue  # a table of units, or one without a name column
        read += len(tests)
        for field, longest in _longest(tests).items():
            assert 4 * longest <= FIELD_LIMITS[field], (file.name, field)
    assert read > 3000


def test_no_shipped_name_comes_near_the_limit() -> None:
    names = [name.text for name in shipped_vocabulary().names]
    assert len(names) > 5000
    assert 4 * max(map(len, names)) <= FIELD_LIMITS["name"]
