"""Writes a calibration's card and reliability plot beside its file; both follow from the file alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jlac_mapper.mapping.score import LEAST_ACCEPTED

CARD_SUFFIX, PLOT_SUFFIX = ".md", ".svg"
MEASURED = "measured_on_held_out_generated_rows"


def write(calibration: Mapping[str, Any], path: Path) -> tuple[Path, Path]:
    """Write card and plot beside the calibration file *path*; return where they are."""
    card_file, plot_file = path.with_suffix(CARD_SUFFIX), path.with_suffix(PLOT_SUFFIX)
    plot_file.write_text(plot(calibration), encoding="utf-8", newline="\n")
    card_file.write_text(card(calibration, plot_file.name), encoding="utf-8", newline="\n")
    return card_file, plot_file


def card(calibration: Mapping[str, Any], plot_name: str) -> str:
    """Return the card as Markdown."""
    from jlac_mapper.reports.render import render

    return render(
        "calibration.md",
        **calibration,
        measured=calibration[MEASURED],
        least_accepted=LEAST_ACCEPTED,
        plot_name=plot_name,
    )


def plot(calibration: Mapping[str, Any]) -> str:
    """Return the reliability plot as SVG: stated across, observed upwards, with 95 % intervals."""
    from jlac_mapper.reports.figures import Stated, reliability

    bins = [
        Stated(one["rows"], one["mean_probability"], one["observed"], one["low"], one["high"])
        for one in calibration[MEASURED]["reliability"]
    ]
    drawing = reliability(
        bins, "that the measurand is right", title=f"Reliability of {calibration['identity']}"
    )
    return drawing.svg() + "\n"
