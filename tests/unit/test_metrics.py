"""Metrics against cases worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.evaluation.metrics import (
    coverage_at_precision,
    expected_calibration_error,
    rate,
    reliability,
    risk_coverage,
)


def test_a_rate_has_the_wilson_interval_of_the_textbook() -> None:
    # 8 of 10 at z = 1.959964: centre (0.8 + 0.192073) / 1.384146, half width 0.226560
    found = rate(8, 10)
    assert found.value == 0.8
    assert found.low == pytest.approx(0.490162, abs=1e-6)
    assert found.high == pytest.approx(0.943318, abs=1e-6)


def test_a_rate_of_none_and_of_all_keeps_the_end_exactly() -> None:
    none, every = rate(0, 50), rate(50, 50)
    assert (none.low, every.high) == (0.0, 1.0)
    # z^2 / (n + z^2) = 3.841459 / 53.841459
    assert none.high == pytest.approx(0.071348, abs=1e-6)
    assert every.low == pytest.approx(1 - 0.071348, abs=1e-6)


def test_a_rate_without_rows_has_no_value() -> None:
    assert rate(0, 0).value is None
    assert rate(0, 0).high is None


@pytest.mark.parametrize(("count", "total"), [(-1, 3), (4, 3)])
def test_an_impossible_rate_is_refused(count: int, total: int) -> None:
    with pytest.raises(ValueError, match="0 <= count <= total"):
        rate(count, total)


# confidence, right, codable: four codable rows, two without a code
ROWS = [
    (0.9, True, True),
    (0.8, True, True),
    (0.7, False, False),
    (0.6, True, True),
    (0.5, False, True),
    (0.4, False, False),
]


def test_risk_and_coverage_follow_the_hand_count() -> None:
    points = risk_coverage(*zip(*ROWS, strict=True))
    assert [p.accepted for p in points] == [1, 2, 3, 4, 5, 6]
    assert [p.coverage for p in points] == [0.25, 0.5, 0.5, 0.75, 0.75, 0.75]
    assert [round(p.risk, 6) for p in points] == [0, 0, 0.333333, 0.25, 0.4, 0.5]
    assert (points[-1].right, points[-1].wrong, points[-1].false_accepts) == (3, 1, 2)


def test_coverage_takes_the_largest_set_even_after_a_dip_in_precision() -> None:
    points = risk_coverage(*zip(*ROWS, strict=True))
    # 1.0 holds up to two rows; 0.75 fails at three rows (2 of 3) and holds again at four (3 of 4).
    strict, loose = coverage_at_precision(points, 1.0), coverage_at_precision(points, 0.75)
    assert strict is not None
    assert (strict.threshold, strict.coverage) == (0.8, 0.5)
    assert loose is not None
    assert (loose.threshold, loose.coverage, loose.false_accepts) == (0.6, 0.75, 1)


def test_equal_confidences_are_accepted_together() -> None:
    # The right row cannot be taken without the wrong one beside it.
    points = risk_coverage([0.9, 0.9, 0.1], [True, False, True], [True, True, True])
    assert [p.accepted for p in points] == [2, 3]
    assert coverage_at_precision(points, 0.99) is None


def test_a_precision_that_is_reached_exactly_counts() -> None:
    points = risk_coverage([1.0] * 100, [True] * 99 + [False], [True] * 99 + [False])
    at_99 = coverage_at_precision(points, 0.99)
    assert at_99 is not None
    assert at_99.coverage == 1.0
    assert coverage_at_precision(points, 0.995) is None


def test_a_row_without_an_answer_is_never_accepted_but_stays_in_the_denominator() -> None:
    points = risk_coverage([0.9, math.nan], [True, False], [True, True])
    assert [(p.accepted, p.coverage) for p in points] == [(1, 0.5)]


def test_no_rows_give_no_points_and_no_coverage() -> None:
    assert risk_coverage([], [], []) == []
    assert coverage_at_precision([], 0.99) is None


def test_rows_without_a_code_alone_have_no_coverage() -> None:
    points = risk_coverage([0.9, 0.2], [False, False], [False, False])
    assert [(p.coverage, p.risk, p.false_accepts) for p in points] == [(0.0, 1.0, 1), (0.0, 1.0, 2)]
    assert coverage_at_precision(points, 0.98) is None


def test_calibration_error_of_equal_mass_bins_is_the_hand_count() -> None:
    # Two bins: (0.1, 0.2) observed 0.5 against 0.15; (0.8, 0.9) observed 1.0 against 0.85.
    bins = reliability([0.8, 0.1, 0.9, 0.2], [True, False, True, True], bins=2)
    assert [(b.count, b.mean_probability, b.observed) for b in bins] == [
        (2, pytest.approx(0.15), 0.5),
        (2, pytest.approx(0.85), 1.0),
    ]
    assert expected_calibration_error(bins) == pytest.approx((2 * 0.35 + 2 * 0.15) / 4)


def test_bins_of_equal_width_put_the_edge_above_and_one_into_the_last() -> None:
    bins = reliability([0.0, 0.5, 1.0], [False, True, True], bins=2, equal_mass=False)
    assert [(b.count, b.mean_probability) for b in bins] == [(1, 0.0), (2, 0.75)]


def test_a_tie_across_a_bin_edge_does_not_depend_on_the_order_of_rows() -> None:
    # Half of six equal probabilities happen; split into two bins by order it would read 1.0 and 0.0.
    bins = reliability([0.5] * 6, [True] * 3 + [False] * 3, bins=2)
    assert [b.observed for b in bins] == [0.5, 0.5]
    assert expected_calibration_error(bins) == 0.0


def test_more_bins_than_rows_leave_no_empty_bin() -> None:
    assert [b.count for b in reliability([0.2, 0.4], [True, False], bins=15)] == [1, 1]


def test_calibration_without_rows_has_no_value() -> None:
    assert reliability([], []) == []
    assert expected_calibration_error([]) is None


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="lengths differ"):
        risk_coverage([0.1], [True, False], [True])
    with pytest.raises(ValueError, match="at least one bin"):
        reliability([0.1], [True], bins=0)


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.5, 0.9]), st.booleans(), st.booleans()), max_size=30))
def test_no_figure_depends_on_the_order_of_rows(rows: list[tuple[float, bool, bool]]) -> None:
    rows = [(p, right and codable, codable) for p, right, codable in rows]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    turned = [list(column) for column in zip(*rows[::-1], strict=True)] or [[], [], []]
    assert risk_coverage(*columns) == risk_coverage(*turned)
    for equal_mass in (True, False):
        one, other = (reliability(c[0], c[1], equal_mass=equal_mass) for c in (columns, turned))
        assert np.allclose([b.observed for b in one], [b.observed for b in other])
