"""The report's plots: points land where their values say, and the product is drawn over the searches."""

import re
from xml.etree import ElementTree

from jlac_mapper.evaluation.charts import reliability_chart, risk_coverage_chart
from jlac_mapper.evaluation.labels import parse_truth
from jlac_mapper.evaluation.metrics import ReliabilityBin
from jlac_mapper.evaluation.scores import Answer, score
from jlac_mapper.evaluation.svg import Axis, Dot, Line, chart

SVG = "{http://www.w3.org/2000/svg}"
AST = "C20080000250000F7"


def test_a_value_is_drawn_at_its_place_between_the_axes() -> None:
    axis = Axis("a", 100, (0, 100))
    text = chart(
        [Line([(0, 0), (100, 100)], "red")], [Dot((50, 50), "blue", low=25, high=75)], axis, axis, "t"
    )
    root = ElementTree.fromstring(text)
    ends = [tuple(map(float, p.split(","))) for p in root.find(f".//{SVG}polyline").get("points").split()]  # type: ignore[union-attr]
    dot = root.find(f".//{SVG}circle")
    assert dot is not None
    (left, bottom), (right, top) = ends
    assert left < right
    assert top < bottom
    assert float(dot.get("cx", "")) == (left + right) / 2
    assert float(dot.get("cy", "")) == (bottom + top) / 2
    bar = re.search(r'<path d="M[0-9.]+ ([0-9.]+)V([0-9.]+)" stroke="blue"', text)
    assert bar is not None
    assert float(bar[1]) - float(bar[2]) == (bottom - top) / 2


def test_points_on_one_pixel_are_drawn_once_and_the_ends_always() -> None:
    axis = Axis("a", 100, ())
    line = Line([(0, 0), *[(50 + i / 1e6, 50.0) for i in range(1000)], (50.001, 50)], "red")
    points = ElementTree.fromstring(chart([line], [], axis, axis, "t")).find(f".//{SVG}polyline")
    assert points is not None
    assert len(points.get("points", "").split()) == 3


def test_titles_are_text_and_never_markup() -> None:
    axis = Axis("<y>", 1, ())
    root = ElementTree.fromstring(chart([Line([(0, 0)], "red", "<b>")], [], axis, axis, "a & b"))
    assert [e.text for e in root.iter(f"{SVG}text")] == ["<y>", "<y>", "<b>"]


def test_the_product_is_drawn_last_with_a_dot_for_what_it_accepted() -> None:
    truths = [parse_truth("C2008", ""), parse_truth("C2011", "")]
    given = [Answer(("C2008",), 0.9, AST, 0.9, accepted=True), Answer(("C2001",), 0.5)]
    product = score(truths, given)
    text = risk_coverage_chart(
        {"ours": product, "search": score(truths, [Answer(("C2008",), 0.9), Answer((), 0.0)])}
    )
    titles = re.findall(r">([^<>]+)</text>", text)
    assert titles[-4:] == ["1 wrong in 100 accepted", "search", "ours", "ours: what it really accepted"]


def test_reliability_dots_say_how_many_rows_they_hold() -> None:
    text = reliability_chart([ReliabilityBin(10, 0.05, 0.0), ReliabilityBin(1000, 0.9, 0.95)])
    assert "1000 rows: stated 90.0%, right 95.0%" in text
    small, large = (float(r) for r in re.findall(r' r="([0-9.]+)" fill="#0072b2"', text))
    assert small < large
