"""Labels of an older release, read in the numbers of the one in use."""

from datetime import date

import pytest

from jlac_mapper.evaluation.labels import LabelledRow, Status, Truth
from jlac_mapper.evaluation.moved import MovedLabels
from jlac_mapper.types import LocalTest
from tests.support.shipped_release import DAY, shipped, shipped_starter

LATER = date(2026, 9, 1)


def labels(day: date) -> MovedLabels:
    return MovedLabels(shipped(day).release, shipped_starter().successions)


@pytest.mark.parametrize(
    ("expected", "meant"),
    [
        ({"A1009"}, {"A2007"}),
        ({"A1006"}, {"C1002", "C1010"}),
        ({"A1021"}, {"C1002", "C1010"}),
        ({"C2008"}, {"C2008"}),
        ({"A1008", "C2008"}, {"C4001", "C2008"}),
        ({"H9999"}, {"H9999"}),
        (set(), set()),
    ],
)
def test_a_measurand_that_moved_counts_as_its_successors_and_any_other_as_itself(
    expected: set[str], meant: set[str]
) -> None:
    assert labels(LATER).measurands(expected) == meant
    assert labels(DAY).measurands(expected) == expected


def test_a_whole_code_counts_as_the_code_that_replaced_it_and_decides_the_measurand() -> None:
    old, new = "A1021000010000085", "C1002000010000085"
    truth = Truth(Status.CODABLE, frozenset({"A1021"}), frozenset({old}))
    assert labels(LATER).truth(truth) == Truth(Status.CODABLE, frozenset({"C1002"}), frozenset({new}))
    assert labels(DAY).truth(truth) == truth


def test_rows_keep_everything_but_the_numbers_of_their_label() -> None:
    row = LabelledRow(7, LocalTest("尿潜血"), Truth(Status.UNLISTED_SPECIMEN, frozenset({"A1009"})))
    (moved,) = labels(LATER).rows([row])
    assert (moved.number, moved.test) == (7, row.test)
    assert moved.truth == Truth(Status.UNLISTED_SPECIMEN, frozenset({"A2007"}))
