"""The figures of reports and cards: drawn by matplotlib in one style, the same bytes from the same values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from math import log10
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring, register_namespace, tostring  # nosec B405

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

# Okabe and Ito's colours, told apart by colour-blind readers too; the first is the product's.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
_GREY = "#8a8f98"
_QUARTERS = (0, 20, 40, 60, 80, 100)
_HIGHEST_RISK = 20.0
_POINTS = 72
"""An inch, so that lengths are points of the drawing."""
_SIZE, _MARGINS = (640, 360), (62, 46, 20, 14)
"""Without the legend; left, bottom, right, top."""
_LEGEND_LINE = 20
_STYLE: dict[Any, Any] = {
    # Text stays text, of whichever font the reader has; it is measured by the one that matplotlib brings.
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Arial", "Helvetica"],
    "font.size": 12,
    "figure.dpi": _POINTS,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.labelcolor": "#444444",
    "axes.labelsize": 12,
    "grid.color": "#e3e6ea",
    "grid.linewidth": 1,
    "lines.linewidth": 2,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.major.pad": 8,
    "ytick.major.pad": 8,
    **{f"axes.spines.{side}": False for side in ("left", "right", "top", "bottom")},
    "legend.frameon": False,
}
_SVG, _HREF = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_CLIP = f"{_SVG}clipPath"


@dataclass(frozen=True, slots=True)
class RiskCurve:
    """What one system gains and risks by accepting; shares 0 to 1."""

    title: str
    points: Sequence[tuple[float, float]]
    """Rows accepted rightly of those that have a code, and accepted rows that are wrong."""
    accepted: tuple[float, float] | None = None
    """The same of what it really accepted; None for a system that accepts nothing by itself."""


@dataclass(frozen=True, slots=True)
class Stated:
    """Rows of one stated probability and the share of them that was right, with its interval; all 0 to 1."""

    rows: int
    stated: float
    right: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure; `notes` are the tooltips of its parts, by their id."""

    title: str
    figure: Figure
    notes: Mapping[str, str] = field(default_factory=dict)

    def svg(self) -> str:
        """Return an `<svg>` element for a page or a file, its title there for screen readers."""
        text = StringIO()
        # The ids of clip paths are hashed with the title: those of two figures in one page differ.
        with rc_context({**_STYLE, "svg.hashsalt": self.title}):
            self.figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        return _self_contained(text.getvalue(), self.title, self.notes)

    def png(self, file: Path) -> None:
        """Write the figure as a picture, for slides and letters. Raises OSError."""
        with rc_context(_STYLE):
            self.figure.savefig(file, format="png", dpi=144, metadata={"Software": None})


def risk_coverage(curves: Sequence[RiskCurve], rows: str) -> Drawing:
    """
    Draw one line a system: rows accepted rightly against the share of accepted rows wrong.

    A dot marks what a system really accepts. The first system is drawn over the others.

    Args:
        rows: Which rows the shares across are of, such as "codable rows".
    """
    dotted = [curve for curve in curves if curve.accepted]
    with rc_context(_STYLE):
        figure, axes = _axes((2 + len(curves) + len(dotted)) // 2)
        axes.plot([0, 100], [1, 1], color=_GREY, linestyle=(0, (1, 2)), label="1 wrong in 100 accepted")
        coloured = list(zip(_COLOURS, curves, strict=False))
        for colour, curve in [*coloured[1:], *coloured[:1]]:
            across, up = ([100 * point[i] for point in curve.points] for i in (0, 1))
            axes.plot(across, up, color=colour, label=curve.title)
        for colour, curve in coloured:
            if curve.accepted:
                across, up = ([100 * value] for value in curve.accepted)
                said = f"{curve.title}: what it really accepted"
                axes.plot(across, up, "o", color=colour, markersize=10, label=said, zorder=3)
        _finish(figure, axes, f"{rows} accepted with the right answer", "accepted rows that are wrong")
        axes.set(xlim=(0, 100), ylim=(-0.6, _HIGHEST_RISK), yticks=(0, 1, 5, 10, 15, 20))
    return Drawing("Risk against coverage", figure)


def reliability(bins: Sequence[Stated], stated: str, title: str = "Reliability") -> Drawing:
    """
    Draw the share that was right against the stated probability; larger dots hold more rows.

    Args:
        stated: What the probability is of, such as "that the measurand is right".
    """
    notes = {}
    fewest = min((one.rows for one in bins), default=1)
    with rc_context(_STYLE):
        figure, axes = _axes(1)
        axes.plot([0, 100], [0, 100], color=_GREY, linestyle=(0, (3.5, 2)), label="perfect agreement")
        for number, one in enumerate(bins):
            across, colour = 100 * one.stated, _COLOURS[0]
            axes.plot([across] * 2, [100 * one.low, 100 * one.high], color=colour, linewidth=1.5)
            size = 2 * (3 + 1.5 * log10(one.rows / fewest))
            axes.plot(
                [across],
                [100 * one.right],
                "o",
                color=colour,
                markersize=size,
                gid=f"dot-{number}",
                clip_on=False,
                zorder=3,
            )
            notes[f"dot-{number}"] = f"{one.rows} rows: stated {one.stated:.1%}, right {one.right:.1%}"
        _finish(figure, axes, f"stated probability {stated}", "share that was right")
        axes.set(xlim=(-1.5, 100), ylim=(-1.5, 100), yticks=_QUARTERS)
    return Drawing(title, figure, notes)


def _axes(legend_lines: int) -> tuple[Figure, Axes]:
    """Return a figure whose axes are as large whatever the legend beneath them holds."""
    (width, height), (left, bottom, right, top) = _SIZE, _MARGINS
    legend = _LEGEND_LINE * legend_lines
    figure = Figure(figsize=(width / _POINTS, (height + legend) / _POINTS))
    figure.subplots_adjust(
        left / width,
        (bottom + legend) / (height + legend),
        1 - right / width,
        1 - top / (height + legend),
    )
    return figure, figure.add_subplot()


def _finish(figure: Figure, axes: Axes, across: str, up: str) -> None:
    axes.set(xlabel=across, ylabel=up, xticks=_QUARTERS)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(decimals=0))
    left = _MARGINS[0] / _SIZE[0]
    figure.legend(loc="lower left", bbox_to_anchor=(left, 0), ncols=2, borderpad=0, borderaxespad=0.3)


def _self_contained(svg: str, title: str, notes: Mapping[str, str]) -> str:
    """
    Return matplotlib's drawing as an element that refers to nothing, so that several stand in one page.

    Shapes that it draws by reference are put in their places, and no id is left but those of clip paths.
    """
    root = fromstring(svg)  # nosec B314  # drawn just now, by us
    shapes = {shape.get("id"): shape for shape in root.iter(f"{_SVG}path")}
    for group in list(root.iter()):
        if note := notes.get(group.get("id", "")):
            group.insert(0, _text("title", note))
        for place, part in enumerate(group):
            if part.tag == f"{_SVG}use":
                group[place] = _placed(shapes[part.get(_HREF, "")[1:]], part)
    for group in list(root.iter()):
        for part in list(group):
            if part.tag == f"{_SVG}metadata" or (part.tag == f"{_SVG}defs" and part.find(_CLIP) is None):
                group.remove(part)
        if group.tag != _CLIP:
            group.attrib.pop("id", None)
    # What the style sheet said that matplotlib wrote: it would hold for the whole page.
    root.set("style", "stroke-linejoin: round; stroke-linecap: butt")
    root.set("role", "img")
    root.set("aria-label", title)
    root.insert(0, _text("title", title))
    register_namespace("", _SVG[1:-1])
    return tostring(root, encoding="unicode")


def _placed(shape: Element, use: Element) -> Element:
    styles = [each for each in (use.get("style"), shape.get("style")) if each]
    move = f"translate({use.get('x', '0')} {use.get('y', '0')})"
    return Element(shape.tag, d=shape.get("d", ""), transform=move, style="; ".join(styles))


def _text(tag: str, text: str) -> Element:
    element = Element(_SVG + tag)
    element.text = text
    return element
