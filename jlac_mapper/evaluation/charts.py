"""The two plots of the report: what is gained and lost by accepting, and whether probabilities are honest."""

from collections.abc import Mapping, Sequence
from math import log10

from jlac_mapper.evaluation.metrics import ReliabilityBin, RiskPoint, rate
from jlac_mapper.evaluation.scores import Scores
from jlac_mapper.evaluation.svg import Axis, Dot, Line, chart

# Okabe and Ito's colours, told apart by colour-blind readers too; the product first.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_GREY = "#8a8f98"
_QUARTERS = (0, 20, 40, 60, 80, 100)
_HIGHEST_RISK = 20.0


def risk_coverage_chart(systems: Mapping[str, Scores]) -> str:
    """
    Return one line a system: codable rows accepted rightly against the share of accepted rows wrong.

    A dot marks what a system really accepts, rows of unlisted specimens included.
    """
    lines = [Line([(0, 1), (100, 1)], _GREY, "1 wrong in 100 accepted", "dotted")]
    dots = []
    for colour, (title, scores) in zip(_COLOURS, systems.items(), strict=False):
        lines.append(Line([_place(point) for point in scores.points], colour, title))
        if accepted := scores.accepted.rows:
            right = scores.accepted.coverage
            at = (100 * (right.value or 0.0), 100 * (1 - right.count / accepted))
            dots.append(Dot(at, colour, f"{title}: what it really accepted"))
    x = Axis("codable rows accepted with the right answer", 100, _QUARTERS)
    y = Axis("accepted rows that are wrong", _HIGHEST_RISK, (0, 1, 5, 10, 15, 20), low=-0.6)
    # The product is drawn last, over the others.
    lines = [lines[0], *lines[2:], *lines[1:2]]
    return chart(lines, dots, x, y, "Risk against coverage")


def reliability_chart(bins: Sequence[ReliabilityBin]) -> str:
    """Return the share that was right against the stated probability; larger dots hold more rows."""
    dots = []
    for one in bins:
        happened = rate(round(one.observed * one.count), one.count)
        dots.append(
            Dot(
                (100 * one.mean_probability, 100 * one.observed),
                _COLOURS[0],
                low=None if happened.low is None else 100 * happened.low,
                high=None if happened.high is None else 100 * happened.high,
                note=f"{one.count} rows: stated {one.mean_probability:.1%}, right {one.observed:.1%}",
                radius=3 + 1.5 * log10(one.count),
            )
        )
    x = Axis("stated probability that the measurand is right", 100, _QUARTERS, low=-1.5)
    y = Axis("share that was right", 100, _QUARTERS, low=-1.5)
    diagonal = Line([(0, 0), (100, 100)], _GREY, "perfect agreement", "dashed")
    return chart([diagonal], dots, x, y, "Reliability")


def _place(point: RiskPoint) -> tuple[float, float]:
    return 100 * point.coverage, 100 * point.risk
