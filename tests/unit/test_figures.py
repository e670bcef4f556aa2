"""The figures of reports and cards: values land where they say, the product is drawn over the searches."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from jlac_mapper.evaluation.labels import parse_truth
from jlac_mapper.evaluation.metrics import ReliabilityBin
from jlac_mapper.evaluation.page import acceptance_curves
from jlac_mapper.evaluation.scores import Answer, score
from jlac_mapper.evaluation.shown import stated
from jlac_mapper.reports.figures import Drawing, RiskCurve, Stated, reliability, risk_coverage

SVG = "{http://www.w3.org/2000/svg}"
AST = "C20080000250000F7"
GREY, BLUE = "#8a8f98", "#0072b2"


def paths(drawing: Drawing, style: str) -> Iterator[Element]:
    """Yield the paths whose style holds *style*, as they are drawn."""
    for path in ElementTree.fromstring(drawing.svg()).iter(f"{SVG}path"):
        if style in path.get("style", ""):
            yield path


def points(path: Element) -> list[tuple[float, float]]:
    """Return the corners of a path."""
    numbers = [float(number) for number in re.findall(r"-?[0-9.]+", path.get("d", ""))]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def texts(drawing: Drawing) -> list[str]:
    """Return what is written in a figure, in its order."""
    return [text.text or "" for text in ElementTree.fromstring(drawing.svg()).iter(f"{SVG}text")]


def test_a_value_is_drawn_at_its_place_between_the_axes() -> None:
    drawing = reliability([Stated(10, 0.5, 0.5, 0.25, 0.75)], "of it")
    ((left, bottom), (right, top)) = points(next(paths(drawing, f"stroke: {GREY}")))
    assert left < right
    assert top < bottom
    bar, dot = paths(drawing, BLUE)
    place = re.fullmatch(r"translate\(([0-9.]+) ([0-9.]+)\)", dot.get("transform", ""))
    assert place is not None
    assert float(place[1]) == pytest.approx((left + right) / 2)
    assert float(place[2]) == pytest.approx((bottom + top) / 2)
    (_, low), (_, high) = points(bar)
    assert low - high == pytest.approx((bottom - top) / 2)


def test_points_on_one_pixel_are_drawn_once_and_the_ends_always() -> None:
    curve = [(0.0, 0.0), *[(0.5 + i / 1e8, 0.1) for i in range(1000)], (0.6, 0.1)]
    (line, _legend) = paths(risk_coverage([RiskCurve("ours", curve)], "rows"), f"stroke: {BLUE}")
    drawn = points(line)
    assert len(drawn) <= 5
    whole = points(next(paths(risk_coverage([], "rows"), f"stroke: {GREY}")))
    (left, _), (right, _) = whole
    assert drawn[0][0] == pytest.approx(left)
    assert drawn[-1][0] == pytest.approx(left + 0.6 * (right - left))


def test_titles_are_text_and_never_markup() -> None:
    drawing = risk_coverage([RiskCurve("<b>$x^2$", [(0, 0)])], "<rows> & more")
    assert "<rows> & more accepted with the right answer" in texts(drawing)
    assert texts(drawing)[-1] == "<b>$x^2$"
    assert "<b>" not in drawing.svg()


def test_the_product_is_drawn_last_with_a_dot_for_what_it_accepted() -> None:
    truths = [parse_truth("C2008", ""), parse_truth("C2011", "")]
    given = [Answer(("C2008",), 0.9, AST, 0.9, accepted=True), Answer(("C2001",), 0.5)]
    product = score(truths, given)
    drawing = acceptance_curves(
        {"ours": product, "search": score(truths, [Answer(("C2008",), 0.9), Answer((), 0.0)])}
    )
    assert texts(drawing)[-4:] == [
        "1 wrong in 100 accepted",
        "search",
        "ours",
        "ours: what it really accepted",
    ]
    assert [BLUE in path.get("style", "") for path in paths(drawing, "stroke-linecap: square")][-1]


def test_reliability_dots_say_how_many_rows_they_hold() -> None:
    drawing = reliability(stated([ReliabilityBin(10, 0.05, 0.0), ReliabilityBin(1000, 0.9, 0.95)]), "of it")
    assert "1000 rows: stated 90.0%, right 95.0%" in drawing.svg()
    small, large = (
        max(across for across, _ in points(path)) for path in paths(drawing, BLUE) if path.get("transform")
    )
    assert small < large


def test_the_same_values_give_the_same_bytes_with_a_title_for_who_does_not_see_them() -> None:
    bins = [Stated(10, 0.5, 0.5, 0.25, 0.75)]
    first = reliability(bins, "of it")
    assert first.svg() == first.svg() == reliability(bins, "of it").svg()
    root = ElementTree.fromstring(first.svg())
    assert (root.get("role"), root.get("aria-label")) == ("img", "Reliability")
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == "Reliability"


def test_two_figures_in_one_page_share_no_id_and_refer_to_nothing_else() -> None:
    both = reliability([], "of it").svg() + risk_coverage([RiskCurve("ours", [(0, 0), (1, 0)])], "rows").svg()
    ids = re.findall(r' id="([^"]+)"', both)
    assert len(ids) == len(set(ids)) == 2
    assert set(re.findall(r"url\(#([^)]+)\)", both)) == set(ids)
    assert "<use" not in both
    assert "<style" not in both


def test_a_picture_for_slides_shows_the_same_figure(tmp_path: Path) -> None:
    file = tmp_path / "figure.png"
    reliability([], "of it").png(file)
    assert file.read_bytes().startswith(b"\x89PNG")
