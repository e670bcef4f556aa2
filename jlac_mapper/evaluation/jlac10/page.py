"""The JLAC10 report as one HTML page for the person who leads a laboratory: no script, no other file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

from jlac_mapper.evaluation.baselines import TfidfBaseline
from jlac_mapper.evaluation.html_parts import STYLE, card, paragraph, share, table
from jlac_mapper.evaluation.jlac10.agreement import ACCEPTED_LENGTH
from jlac_mapper.evaluation.jlac10.classes import class_title
from jlac_mapper.evaluation.jlac10.previous import changes
from jlac_mapper.evaluation.jlac10.run import PRODUCT, Jlac10Evaluation
from jlac_mapper.evaluation.jlac10.wrong import Kind, Wrong
from jlac_mapper.evaluation.metrics import Rate, rate
from jlac_mapper.evaluation.previous import Change, same_dataset
from jlac_mapper.evaluation.svg import Axis, Dot, Line, chart
from jlac_mapper.types import Disposition
from jlac_mapper.wording import say

BELOW = "▼"
"""Marks a class in which a plain search finds more than the product."""
_ELEMENTS = {5: "analyte", 9: "and identification", 12: "and specimen", 15: "and method", 17: "and result"}
_DISPOSITIONS = {
    Disposition.ACCEPTED: "accepted",
    Disposition.NEEDS_REVIEW: "a person decides",
    Disposition.NO_CODE: "no code",
    Disposition.ERROR: "unreadable",
}
_KINDS = {
    Kind.FALSE_ACCEPT: "the row has no code, and was accepted with one",
    Kind.MISSED: "the row has a code, and was answered with none",
    Kind.NO_CONCEPT: "the program does not know the row's analyte",
    Kind.NAME_UNKNOWN: "the program knows the analyte, not by this name",
    Kind.NUMBER: "taken for one with another number",
    Kind.CLASS: "taken for another class of immunoglobulin, or antigen for antibody for nucleic acid",
    Kind.NEIGHBOUR: "taken for another analyte",
    Kind.IDENTIFICATION: "the analyte is right, the identification is not",
    Kind.SPECIMEN: "right up to the specimen, which is not",
    Kind.METHOD: "right up to the method, which is not",
    Kind.RESULT: "right up to the kind of result, which is not",
}
_SEVERE = frozenset({Kind.FALSE_ACCEPT, Kind.MISSED})
_EVIDENCE = 9
"""Statements shown; a page of fifty rows stays readable."""
_COLUMNS = ("row", "kind", "name", "expected", "answered", "decision", "probability")
_WIDTHS = (5, 12, 20, 19, 24, 11, 9)
_QUARTERS = (0, 20, 40, 60, 80, 100)
_BLUE, _GREY = "#0072b2", "#8a8f98"
_ON_CURVE = (
    f"Right means right in the first {ACCEPTED_LENGTH} characters: analyte, identification and specimen. "
    "Read from left to right: the more rows are accepted without a person, the more of them are wrong. A row "
    "without a code counts as wrong when it is accepted. Along the line the threshold is chosen with "
    "hindsight on this very table; the dot is what the program really accepted: it asks a person as well "
    "where a row contradicts itself or leaves its specimen open."
)
_ON_AGREEMENT = (
    "A row determines its code only so far: a list without methods cannot tell the method. The first column "
    "is over the rows that determine the characters, as the labelled table says; the second over all rows "
    "with a code, where what the row leaves open is guessed."
)
_ON_SECTIONS = (
    f"{BELOW} marks a class in which {TfidfBaseline.title} over the same names finds the right analyte more "
    "often than the program. The class is that of the expected code."
)
_ON_SEARCHES = (
    "The same rows given to three ways of searching the names that the program knows. <b>Top-1</b>: the "
    "right analyte (five characters) comes first; <b>top-5</b>: it is among the first five. Intervals are "
    "95 % (Wilson)."
)
_ON_ROWS = (
    "In red what nobody would have seen in daily use: rows accepted with a wrong answer, rows whose code was "
    "missed. Then what a person would still see, the surest first. Beneath each: the row's other fields, the "
    "reasons and the evidence."
)


def page(
    evaluation: Jlac10Evaluation,
    saved: Mapping[str, Any],
    previous: Mapping[str, Any] | None,
    worst: int,
) -> str:
    """
    Return the page.

    Args:
        evaluation: The run.
        saved: Its figures as they are saved, with `about`.
        previous: The figures of an earlier run, to compare with.
        worst: How many wrong rows to show.
    """
    about = saved["about"]
    parts = [
        "<h1>How well were the JLAC10 codes given?</h1>",
        paragraph(f"{escape(about.get('dataset', ''))}: {evaluation.rows} rows with known answers"),
        _headlines(evaluation),
        "<h2>What became of the rows</h2>",
        _workload(evaluation),
        "<h2>How far the codes agree</h2>",
        paragraph(_ON_AGREEMENT),
        _agreement(evaluation),
        "<h2>What is gained and risked by accepting without a person</h2>",
        f"<figure>{_curve(evaluation)}</figure>",
        paragraph(_ON_CURVE),
        _at_precision(evaluation),
        "<h2>Do the stated probabilities keep their word?</h2>",
        _reliability(evaluation),
        "<h2>By class</h2>",
        paragraph(_ON_SECTIONS),
        _sections(evaluation),
        "<h2>Beside three simple searches</h2>",
        paragraph(_ON_SEARCHES),
        _searches(evaluation),
        "<h2>Kinds of errors</h2>",
        _kinds(evaluation),
        "<h2>Compared with the previous result</h2>",
        _previous(previous, saved),
        "<h2>Rows to look at first</h2>",
        _rows(evaluation.wrong[:worst]),
        "<h2>To repeat this</h2>",
        table(("", ""), [*about.items(), *_repeat(evaluation)], kind="facts"),
    ]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Evaluation of the mapping to JLAC10</title>\n<style>{STYLE}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def _headlines(evaluation: Jlac10Evaluation) -> str:
    cards = [
        (
            evaluation.searched[PRODUCT].top1,
            "of the rows with a code got the right analyte in first place",
            True,
        ),
        (
            evaluation.digits[ACCEPTED_LENGTH],
            f"of the rows that determine {ACCEPTED_LENGTH} characters got them right",
            True,
        ),
        (
            evaluation.accepted_rightly,
            "of the rows with a code were accepted with the right answer: no person needs to look",
            True,
        ),
        (evaluation.accepted_right, "of all accepted rows are right", True),
        (evaluation.accepted_without_code, "of the rows without a code were accepted all the same", False),
        (evaluation.missed, "of the rows with a code were answered with no code", False),
    ]
    return f'<div class="cards">{"".join(card(*each) for each in cards)}</div>'


def _workload(evaluation: Jlac10Evaluation) -> str:
    rows = [
        [
            "has a code" if has_code else "has no code",
            *(str(counts.get(disposition, 0)) for disposition in _DISPOSITIONS),
            str(sum(counts.values())),
        ]
        for has_code, counts in evaluation.dispositions.items()
    ]
    return table(("the row …", *_DISPOSITIONS.values(), "all"), rows)


def _agreement(evaluation: Jlac10Evaluation) -> str:
    rows = [
        [str(length), _ELEMENTS[length], share(found), share(evaluation.digits_all[length])]
        for length, found in evaluation.digits.items()
        if evaluation.digits_all[length].total
    ]
    return table(("characters", "", "rows that determine them", "all rows with a code"), rows)


def _curve(evaluation: Jlac10Evaluation) -> str:
    """Draw the rows with a code accepted rightly against the share of accepted rows that are wrong."""
    lines = [
        Line([(0, 1), (100, 1)], _GREY, "1 wrong in 100 accepted", "dotted"),
        Line([(100 * point.coverage, 100 * point.risk) for point in evaluation.points], _BLUE, PRODUCT),
    ]
    right = evaluation.accepted_right.value
    at = (100 * (evaluation.accepted_rightly.value or 0.0), 100 * (1 - (right or 0.0)))
    dots = [] if right is None else [Dot(at, _BLUE, "what it really accepted")]
    x = Axis("rows with a code accepted with the right answer", 100, _QUARTERS)
    y = Axis("accepted rows that are wrong", 20, (0, 1, 5, 10, 15, 20), low=-0.6)
    return chart(lines, dots, x, y, "Risk against coverage")


def _at_precision(evaluation: Jlac10Evaluation) -> str:
    rows = [
        [
            f"{100 * level:g} %",
            share(rate(point.right, evaluation.coded)) if point else "not reached",
            str(point.accepted) if point else "-",
            str(point.false_accepts) if point else "-",
            f"{point.threshold:.3f}" if point else "-",
        ]
        for level, point in evaluation.at_precision.items()
    ]
    header = (
        "right of the accepted", "rows with a code accepted rightly", "accepted", "without a code",
        "threshold, by hindsight",
    )  # fmt: skip
    return table(header, rows)


def _reliability(evaluation: Jlac10Evaluation) -> str:
    if evaluation.calibration_error is None:
        return paragraph("No row was given a code.")
    rows = []
    for one in evaluation.bins:
        happened = rate(round(one.observed * one.count), one.count)
        rows.append([f"{one.mean_probability:.1%}", share(happened)])
    gap = f"{100 * evaluation.calibration_error:.1f} points"
    return paragraph(
        f"Rows by the probability that the program stated for the first {ACCEPTED_LENGTH} characters, and "
        f"how many of them were right. The mean gap (expected calibration error, bins of equal mass): {gap}."
    ) + table(("stated", "right"), rows)


def _sections(evaluation: Jlac10Evaluation) -> str:
    searches = [title for title in evaluation.searched if title != PRODUCT]
    rows = [
        [
            class_title(section.name),
            share(section.product.top1),
            BELOW if section.below_search else "",
            *(_short(section.beside[title]) for title in searches),
            _short(section.product.top5),
            f"{section.accepted_rightly.count} / {section.accepted_wrongly}",
        ]
        for section in evaluation.sections
    ]
    header = ("class", "right analyte first", "", *searches, "among five", "accepted rightly / wrongly")
    return table(header, rows, kind="small")


def _searches(evaluation: Jlac10Evaluation) -> str:
    rows = [[title, share(found.top1), share(found.top5)] for title, found in evaluation.searched.items()]
    return table(("", "top-1", "top-5"), rows)


def _kinds(evaluation: Jlac10Evaluation) -> str:
    if not evaluation.kinds:
        return paragraph("None: every row was answered rightly.")
    rows = [
        [kind.value, share(rate(evaluation.kinds[kind], evaluation.rows)), said]
        for kind, said in _KINDS.items()
        if evaluation.kinds.get(kind)
    ]
    return table(("kind", "rows", "what happened"), rows, kind="facts")


def _previous(previous: Mapping[str, Any] | None, saved: Mapping[str, Any]) -> str:
    if previous is None:
        return paragraph(
            "There is no earlier result in the output folder; the next run will be compared with this one."
        )
    before = previous.get("about", {})
    when = escape(f"{before.get('evaluated at', 'an unknown day')} ({before.get('software', 'unknown')})")
    same = same_dataset(previous, saved)
    warning = (
        ""
        if same
        else '<p class="warning">The earlier result is of another table: the differences below are not the '
        "program's alone.</p>"
    )
    rows = [_change(change, judged=same) for change in changes(previous, saved)]
    return (
        paragraph(f"Earlier result of {when}.") + warning + table(("", "before", "now", "change", ""), rows)
    )


def _change(change: Change, *, judged: bool) -> list[str]:
    before, now = change.before, change.now
    difference = "-" if before is None or now is None else f"{100 * (now - before):+.1f} points"
    written = ["-" if value is None else f"{value:.1%}" for value in (before, now)]
    return [change.measure, *written, difference, change.meaning if judged else ""]


def _rows(wrong: Sequence[Wrong]) -> str:
    if not wrong:
        return paragraph("None: every row was answered rightly, or as one without a code.")
    columns = "".join(f'<col style="width:{width}%">' for width in _WIDTHS)
    head = "".join(f"<th>{title}</th>" for title in _COLUMNS)
    bodies = "\n".join(_body(one) for one in wrong)
    return (
        f'{paragraph(_ON_ROWS)}<table class="findings"><colgroup>{columns}</colgroup>'
        f"<thead><tr>{head}</tr></thead>\n{bodies}\n</table>"
    )


def _body(one: Wrong) -> str:
    answer = one.answer
    best = answer.candidates[0] if answer.candidates else None
    severe = " severe" if one.accepted or one.kind in _SEVERE else ""
    expected = "<br>".join(f"<code>{code}</code>" for code in one.truth.codes) or "no code"
    cells = (
        str(one.row),
        f'<span class="kind{severe}">{escape(one.kind)}</span>',
        f"<b>{escape(one.name)}</b>",
        expected,
        f"<code>{escape(one.given)}</code> {escape(answer.name or (best.name if best else ''))}",
        str(answer.disposition).replace("_", " ").lower(),
        f"{answer.probability:.3f}",
    )
    line = "".join(f"<td>{cell}</td>" for cell in cells)
    return (
        f'<tbody><tr>{line}</tr><tr><td></td><td class="why" colspan="{len(_COLUMNS) - 1}">'
        f"{_why(one)}</td></tr></tbody>"
    )


def _why(one: Wrong) -> str:
    fields = [
        f"{field.replace('_', ' ')} {escape(text)}"
        for field, text in asdict(one.test).items()
        if text and field not in ("name", "local_code")
    ]
    said = []
    for evidence in one.answer.evidence[:_EVIDENCE]:
        statement = say(evidence, "en")
        said.append(escape(f"{statement.element}: {statement.text}"))
    lines = [
        f"<b>row</b> {' · '.join(fields)}" if fields else "",
        f"<b>reasons</b> {', '.join(one.answer.reasons)}" if one.answer.reasons else "",
        f"<b>evidence</b> {' · '.join(said)}" if said else "",
    ]
    return "".join(f"<span>{line}</span>" for line in lines if line)


def _repeat(evaluation: Jlac10Evaluation) -> list[tuple[str, str]]:
    per_second = evaluation.rows / evaluation.seconds if evaluation.seconds else 0.0
    speed = f"{evaluation.rows} rows in {evaluation.seconds:.1f} s, {per_second:.0f} rows/s"
    return [("provenance", evaluation.provenance), ("speed", speed)]


def _short(value: Rate) -> str:
    return "-" if value.value is None else f"{value.value:.1%}"
