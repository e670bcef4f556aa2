"""The risk-coverage plot; matplotlib comes with the extra `plot` and is imported only here."""

from collections.abc import Mapping
from pathlib import Path

from jlac_mapper.errors import MissingExtraError
from jlac_mapper.evaluation.scores import Scores


def plot_risk_coverage(systems: Mapping[str, Scores], file: Path) -> None:
    """
    Draw one line a system: share of codable rows accepted rightly against the share of accepted rows wrong.

    A star marks what a system really accepts, rows of unlisted specimens included.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError(
            "matplotlib is not installed; install it with: pip install 'jlac-mapper[plot]'"
        ) from None
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for title, scores in systems.items():
        axes.plot(
            [point.coverage for point in scores.points],
            [point.risk for point in scores.points],
            label=title,
            marker=".",
            markersize=3,
            linewidth=1.2,
        )
        if accepted := scores.accepted.rows:
            wrong = 1 - scores.accepted.coverage.count / accepted
            axes.plot(
                [scores.accepted.coverage.value or 0.0],
                [wrong],
                "k*",
                markersize=11,
                label=f"{title}: accepted",
            )
    axes.axhline(0.01, color="grey", linewidth=0.8, linestyle=":", label="99 % precision")
    axes.set(
        xlabel="coverage: codable rows accepted rightly",
        ylabel="risk: accepted rows that are wrong",
        xlim=(0, 1.01),
        ylim=(-0.005, 0.3),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")
    figure.savefig(file, dpi=130)
