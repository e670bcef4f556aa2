"""The JLAC10 report as one HTML page for the person who leads a laboratory: no script, no other file."""

from collections.abc import Mapping
from typing import Any

from jlac_mapper.evaluation import shown
from jlac_mapper.evaluation.baselines import TfidfBaseline
from jlac_mapper.evaluation.jlac10.agreement import ACCEPTED_LENGTH
from jlac_mapper.evaluation.jlac10.classes import BELOW, class_title
from jlac_mapper.evaluation.jlac10.run import Jlac10Evaluation
from jlac_mapper.evaluation.jlac10.wrong import Kind, Wrong
from jlac_mapper.evaluation.metrics import Rate, rate
from jlac_mapper.evaluation.previous import changes
from jlac_mapper.evaluation.run import PRODUCT
from jlac_mapper.evaluation.shown import ShownRow, share
from jlac_mapper.reports.figures import Drawing, reliability, risk_coverage
from jlac_mapper.reports.render import render
from jlac_mapper.types import System

_ELEMENTS = {5: "analyte", 9: "and identification", 12: "and specimen", 15: "and method", 17: "and result"}
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
    since = changes(previous, saved, System.JLAC10) if previous is not None else ()
    first = f"that the first {ACCEPTED_LENGTH} characters are right"
    return render(
        "jlac10.html",
        **shown.shell(saved, previous, since, (evaluation.rows, evaluation.seconds)),
        evaluation=evaluation,
        product=evaluation.searched[PRODUCT],
        length=ACCEPTED_LENGTH,
        below=BELOW,
        rival=TfidfBaseline.title,
        workload=[
            shown.workload("has a code" if has_code else "has no code", counts)
            for has_code, counts in evaluation.dispositions.items()
        ],
        agreement=_agreement(evaluation),
        curve=_curve(evaluation).svg(),
        at_precision=_at_precision(evaluation),
        reliability=reliability(shown.stated(evaluation.bins), first).svg(),
        stated=[[f"{one.mean_probability:.1%}", share(shown.happened(one))] for one in evaluation.bins],
        sections=_sections(evaluation),
        searches=[
            [title, share(found.top1), share(found.top5)] for title, found in evaluation.searched.items()
        ],
        kinds=[
            [kind.value, share(rate(evaluation.kinds[kind], evaluation.rows)), said]
            for kind, said in _KINDS.items()
            if evaluation.kinds.get(kind)
        ],
        shown=[_shown(one) for one in evaluation.wrong[:worst]],
    )


def _agreement(evaluation: Jlac10Evaluation) -> list[list[str]]:
    return [
        [str(length), _ELEMENTS[length], share(found), share(evaluation.digits_all[length])]
        for length, found in evaluation.digits.items()
        if evaluation.digits_all[length].total
    ]


def _curve(evaluation: Jlac10Evaluation) -> Drawing:
    """Draw the rows with a code accepted rightly against the share of accepted rows that are wrong."""
    right = evaluation.accepted_right.value
    at = None if right is None else (evaluation.accepted_rightly.value or 0.0, 1 - right)
    return risk_coverage([shown.curve(PRODUCT, evaluation.points, at)], "rows with a code")


def _at_precision(evaluation: Jlac10Evaluation) -> list[list[str]]:
    return [
        [
            f"{100 * level:g} %",
            share(rate(point.right, evaluation.coded)) if point else "not reached",
            str(point.accepted) if point else "-",
            str(point.false_accepts) if point else "-",
            f"{point.threshold:.3f}" if point else "-",
        ]
        for level, point in evaluation.at_precision.items()
    ]


def _sections(evaluation: Jlac10Evaluation) -> list[list[str]]:
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
    return [
        ["class", "right analyte first", "", *searches, "among five", "accepted rightly / wrongly"],
        *rows,
    ]


def _shown(one: Wrong) -> ShownRow:
    answer = one.answer
    codes = [str(code) for code in one.truth.codes]
    return ShownRow(
        number=one.row,
        kind=one.kind,
        severe=one.accepted or one.kind in _SEVERE,
        test=one.test,
        expected=codes,
        beside="" if codes else "no code",
        given=one.given,
        given_name=answer.name or (answer.candidates[0].name if answer.candidates else ""),
        disposition=answer.disposition,
        probability=answer.probability,
        reasons=answer.reasons,
        evidence=answer.evidence,
    )


def _short(value: Rate) -> str:
    return "-" if value.value is None else f"{value.value:.1%}"
