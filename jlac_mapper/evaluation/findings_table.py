"""The rows to look at first: what the hospital wrote, what was expected and answered, and why."""

from collections.abc import Sequence
from dataclasses import asdict
from html import escape

from jlac_mapper.evaluation.findings import SEVERE, Finding
from jlac_mapper.evaluation.html_parts import paragraph
from jlac_mapper.evaluation.labels import Status, Truth
from jlac_mapper.types import Evidence
from jlac_mapper.wording import say

_INTRODUCTION = (
    "In red what nobody would have seen in daily use: rows without a listed code that were accepted, rows "
    "accepted with a wrong answer, rows whose code was missed. Then what a person would still see. Beneath "
    "each: the row's other fields, the reasons and the evidence."
)
_COLUMNS = ("row", "kind", "name", "expected", "answered", "decision", "probability")
_WIDTHS = (5, 12, 20, 19, 24, 11, 9)
_EVIDENCE = 9
"""Statements shown; a page of fifty rows stays readable."""


def findings_table(findings: Sequence[Finding]) -> str:
    """Return the table, or a sentence where there is nothing to look at."""
    if not findings:
        return paragraph("None: every row was answered rightly, or as one without a code.")
    columns = "".join(f'<col style="width:{width}%">' for width in _WIDTHS)
    head = "".join(f"<th>{title}</th>" for title in _COLUMNS)
    bodies = "\n".join(_body(finding) for finding in findings)
    return (
        f'{paragraph(_INTRODUCTION)}<table class="findings"><colgroup>{columns}</colgroup>'
        f"<thead><tr>{head}</tr></thead>\n{bodies}\n</table>"
    )


def _body(finding: Finding) -> str:
    mapping, truth = finding.mapping, finding.row.truth
    best = mapping.candidates[0] if mapping.candidates else None
    proposed = mapping.jlac11 or (str(best.code) if best else "")
    name = mapping.standard_name or (best.name if best else "")
    severe = " severe" if finding.kind in SEVERE else ""
    cells = (
        str(finding.row.number),
        f'<span class="kind{severe}">{escape(finding.kind)}</span>',
        f"<b>{escape(finding.row.test.name)}</b>",
        _expected(truth),
        f"<code>{escape(proposed)}</code> {escape(name)}",
        str(mapping.disposition).replace("_", " ").lower(),
        f"{mapping.probability:.3f}",
    )
    line = "".join(f"<td>{cell}</td>" for cell in cells)
    return (
        f'<tbody><tr>{line}</tr><tr><td></td><td class="why" colspan="{len(_COLUMNS) - 1}">'
        f"{_why(finding)}</td></tr></tbody>"
    )


def _expected(truth: Truth) -> str:
    if truth.status is Status.UNLISTED:
        return "no listed code"
    written = "<br>".join(f"<code>{code}</code>" for code in sorted(truth.codes or truth.measurands))
    return f"{written} in an unlisted specimen" if truth.status is Status.UNLISTED_SPECIMEN else written


def _said(evidence: Evidence) -> str:
    statement = say(evidence, "en")
    return f"{statement.element}: {statement.text}"


def _why(finding: Finding) -> str:
    mapping = finding.mapping
    fields = [
        f"{field.replace('_', ' ')} {escape(text)}"
        for field, text in asdict(finding.row.test).items()
        if text and field not in ("name", "local_code")
    ]
    best = mapping.candidates[0] if mapping.candidates else None
    evidence = mapping.evidence or (best.evidence if best else ())
    said = [escape(_said(one)) for one in evidence[:_EVIDENCE]]
    lines = [
        f"<b>row</b> {' · '.join(fields)}" if fields else "",
        f"<b>reasons</b> {', '.join(mapping.reasons)}" if mapping.reasons else "",
        f"<b>evidence</b> {' · '.join(said)}" if said else "",
    ]
    return "".join(f"<span>{line}</span>" for line in lines if line)
