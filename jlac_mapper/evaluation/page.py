"""The report as one HTML page for the person who leads a laboratory: no script, no other file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from jlac_mapper.evaluation import shown
from jlac_mapper.evaluation.findings import SEVERE, Finding
from jlac_mapper.evaluation.labels import Status
from jlac_mapper.evaluation.metrics import rate
from jlac_mapper.evaluation.previous import changes
from jlac_mapper.evaluation.run import Evaluation
from jlac_mapper.evaluation.scores import Scores
from jlac_mapper.evaluation.shown import ShownRow, share
from jlac_mapper.reports.figures import Drawing, reliability, risk_coverage
from jlac_mapper.reports.render import render
from jlac_mapper.types import Disposition, System

_SECTIONS = {
    "A": "Urine 尿検査",
    "B": "Haematology, coagulation 血液学",
    "C": "Chemistry 生化学",
    "E": "Immunology 免疫学",
    "H": "Endocrine 内分泌学",
    "K": "Transfusion 輸血",
    "V": "Infection 感染症",
}
_STATUSES = {
    Status.CODABLE: "has a listed code",
    Status.UNLISTED: "has no listed code",
    Status.UNLISTED_SPECIMEN: "listed test, unlisted specimen",
    Status.UNSCORED: "not labelled",
}


def page(
    evaluation: Evaluation,
    saved: Mapping[str, Any],
    previous: Mapping[str, Any] | None,
    searches: Sequence[Sequence[str]],
) -> str:
    """
    Return the page.

    Args:
        evaluation: The run.
        saved: Its figures as they are saved, with `about`.
        previous: The figures of an earlier run, to compare with.
        searches: The comparison with the baselines, header first.
    """
    product = evaluation.product
    since = changes(previous, saved, System.JLAC11) if previous is not None else ()
    return render(
        "jlac11.html",
        **shown.shell(saved, previous, since, (evaluation.rows, evaluation.seconds)),
        evaluation=evaluation,
        product=product,
        accepted_right=rate(product.accepted.coverage.count, product.accepted.rows),
        missed=rate(evaluation.dispositions[Status.CODABLE][Disposition.NO_CODE], product.codable),
        workload=_workload(evaluation),
        curve=acceptance_curves(evaluation.systems).svg(),
        reliability=reliability(shown.stated(product.bins_by_width), "that the measurand is right").svg(),
        sections=_sections(evaluation),
        searches=searches,
        shown=[_shown(finding) for finding in evaluation.findings],
    )


def acceptance_curves(systems: Mapping[str, Scores]) -> Drawing:
    """Draw what each system gains and risks by accepting; rows of unlisted specimens count in the dots."""
    curves = []
    for title, scores in systems.items():
        right, rows = scores.accepted.coverage, scores.accepted.rows
        at = (right.value or 0.0, 1 - right.count / rows) if rows else None
        curves.append(shown.curve(title, scores.points, at))
    return risk_coverage(curves, "codable rows")


def _workload(evaluation: Evaluation) -> list[list[str]]:
    counts = {s: evaluation.dispositions[s] for s in Status if sum(evaluation.dispositions[s].values())}
    total: Counter[Disposition] = Counter()
    for each in counts.values():
        total.update(each)
    return [
        *(shown.workload(_STATUSES[status], each) for status, each in counts.items()),
        shown.workload("all rows", total),
    ]


def _sections(evaluation: Evaluation) -> list[list[str]]:
    found = {section.letter: section for section in evaluation.sections}
    rows = []
    for letter in dict.fromkeys((*_SECTIONS, *found)):
        title = _SECTIONS.get(letter, letter)
        if letter not in found:
            rows.append([title, "0", "-", "-", "-", "-"])
            continue
        one = found[letter]
        total = one.top1.total
        right = share(rate(one.accepted_right, total)) if total else "-"
        rows.append(
            [title, str(total), share(one.top1), right, str(one.accepted_wrong), str(one.false_accepts)]
        )
    return rows


def _shown(finding: Finding) -> ShownRow:
    mapping, truth = finding.mapping, finding.row.truth
    best = mapping.candidates[0] if mapping.candidates else None
    expected = () if truth.status is Status.UNLISTED else sorted(truth.codes or truth.measurands)
    beside = {Status.UNLISTED: "no listed code", Status.UNLISTED_SPECIMEN: "in an unlisted specimen"}
    return ShownRow(
        number=finding.row.number,
        kind=finding.kind,
        severe=finding.kind in SEVERE,
        test=finding.row.test,
        expected=expected,
        beside=beside.get(truth.status, ""),
        given=mapping.jlac11 or (str(best.code) if best else ""),
        given_name=mapping.standard_name or (best.name if best else ""),
        disposition=mapping.disposition,
        probability=mapping.probability,
        reasons=mapping.reasons,
        evidence=mapping.evidence or (best.evidence if best else ()),
    )
