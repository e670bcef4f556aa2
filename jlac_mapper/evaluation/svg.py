"""A small chart as SVG text: lines, points with intervals, two axes and a legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 640, 360
_LEFT, _TOP, _RIGHT, _BOTTOM = 62, 14, 16, 48
_LEGEND_LINE = 20
_DASHES = {"solid": "", "dotted": ' stroke-dasharray="2 4"', "dashed": ' stroke-dasharray="7 4"'}

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline in data coordinates; *title* stands in the legend, empty for none."""

    points: Sequence[Point]
    colour: str
    title: str = ""
    stroke: str = "solid"
    """solid, dashed or dotted."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with an optional vertical interval; *title* stands in the legend and in the tooltip."""

    at: Point
    colour: str
    title: str = ""
    low: float | None = None
    high: float | None = None
    note: str = ""
    """Tooltip where it says more than the title."""
    radius: float = 5.0


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis from *low* to *high*: its label, its ticks, and whether they are written as percentages."""

    label: str
    high: float
    ticks: Sequence[float]
    low: float = 0.0


def chart(lines: Sequence[Line], dots: Sequence[Dot], x: Axis, y: Axis, title: str) -> str:
    """Return an `<svg>` element; what lies outside of the axes is cut off, ticks are percentages."""
    plot_width, plot_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(point: Point) -> Point:
        across = (point[0] - x.low) / (x.high - x.low)
        up = (point[1] - y.low) / (y.high - y.low)
        return round(_LEFT + across * plot_width, 1), round(_TOP + (1 - up) * plot_height, 1)

    items: list[Line | Dot] = [*lines, *dots]
    named = [item for item in items if item.title]
    height = _HEIGHT + _LEGEND_LINE * ((len(named) + 1) // 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-size="12">',
        f"<title>{escape(title)}</title>",
        f'<clipPath id="{_identifier(title)}"><rect x="{_LEFT - 6}" y="{_TOP - 6}" '
        f'width="{plot_width + 12}" height="{plot_height + 12}"/></clipPath>',
    ]
    for tick in x.ticks:
        across, foot = place((tick, y.low))
        parts.append(f'<path d="M{across} {_TOP}V{foot}" stroke="#e3e6ea"/>')
        parts.append(f'<text x="{across}" y="{foot + 18}" text-anchor="middle">{tick:.4g}%</text>')
    for tick in y.ticks:
        side, up = place((x.low, tick))
        parts.append(f'<path d="M{side} {up}H{_WIDTH - _RIGHT}" stroke="#e3e6ea"/>')
        parts.append(f'<text x="{side - 8}" y="{up + 4}" text-anchor="end">{tick:.4g}%</text>')
    middle = _LEFT + plot_width / 2
    parts.append(
        f'<text x="{middle}" y="{_HEIGHT - 8}" text-anchor="middle" fill="#444">{escape(x.label)}</text>'
    )
    parts.append(
        f'<text transform="translate(14 {_TOP + plot_height / 2}) rotate(-90)" text-anchor="middle" '
        f'fill="#444">{escape(y.label)}</text>'
    )
    parts.append(f'<g clip-path="url(#{_identifier(title)})">')
    parts += [_line(line, [place(point) for point in line.points]) for line in lines if line.points]
    for dot in dots:
        across, up = place(dot.at)
        if dot.low is not None and dot.high is not None:
            bottom, top = place((dot.at[0], dot.low))[1], place((dot.at[0], dot.high))[1]
            parts.append(f'<path d="M{across} {bottom}V{top}" stroke="{dot.colour}" stroke-width="1.5"/>')
        tip = escape(dot.note or dot.title)
        parts.append(
            f'<circle cx="{across}" cy="{up}" r="{dot.radius:.1f}" fill="{dot.colour}">'
            f"<title>{tip}</title></circle>"
        )
    parts.append("</g>")
    for number, item in enumerate(named):
        left, top = _LEFT + (number % 2) * plot_width // 2, _HEIGHT + 8 + _LEGEND_LINE * (number // 2)
        mark = (
            f'<circle cx="{left + 11}" cy="{top}" r="5" fill="{item.colour}"/>'
            if isinstance(item, Dot)
            else _line(Line((), item.colour, stroke=item.stroke), [(left, top), (left + 22, top)])
        )
        parts.append(f'{mark}<text x="{left + 30}" y="{top + 4}">{escape(item.title)}</text>')
    return "\n".join([*parts, "</svg>"])


def _line(line: Line, places: Sequence[Point]) -> str:
    # Points that fall on one pixel are drawn once: curves have as many points as rows.
    kept = [p for i, p in enumerate(places) if i in (0, len(places) - 1) or _apart(p, places[i - 1])]
    path = " ".join(f"{across:g},{up:g}" for across, up in kept)
    return (
        f'<polyline points="{path}" fill="none" stroke="{line.colour}" stroke-width="2"'
        f"{_DASHES[line.stroke]}/>"
    )


def _apart(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) >= 0.1 or abs(one[1] - other[1]) >= 0.1


def _identifier(title: str) -> str:
    return "clip-" + "".join(letter if letter.isalnum() else "-" for letter in title.casefold())
