"""The report as one HTML page for the person who leads a laboratory: no script, no other file."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from jlac_mapper.evaluation.charts import reliability_chart, risk_coverage_chart
from jlac_mapper.evaluation.findings_table import findings_table
from jlac_mapper.evaluation.html_parts import STYLE, card, paragraph, share, table
from jlac_mapper.evaluation.labels import Status
from jlac_mapper.evaluation.metrics import rate
from jlac_mapper.evaluation.previous import Change, changes, same_dataset
from jlac_mapper.evaluation.run import PRODUCT, Evaluation
from jlac_mapper.types import Disposition

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
_DISPOSITIONS = {
    Disposition.ACCEPTED: "accepted",
    Disposition.NEEDS_REVIEW: "a person decides",
    Disposition.NO_CODE: "no code",
    Disposition.ERROR: "unreadable",
}
_ON_CURVES = (
    "Read from left to right: the more rows are accepted without a person, the more of them are wrong. A row "
    "without a listed code counts as wrong when it is accepted. Along a line the threshold is chosen with "
    "hindsight on this very table; the dot is what the program really accepted with its own threshold, "
    "rows of unlisted specimens included."
)
_ON_RELIABILITY = (
    "Each dot holds the rows of one fifteenth of the scale; the larger, the more rows. A dot on the dashed "
    "line keeps its word: of the rows said to be right with 90 %, 90 % are. Under the line the program is "
    "too sure, over it too careful. The bars are 95 % intervals."
)
_ON_SEARCHES = (
    "The same rows given to three ways of searching a list of names. <b>Top-1</b>: the right measurand (five "
    "digits) comes first; <b>recall@5</b>: it is among the first five. <b>Coverage 99 %</b>: the share of "
    "codable rows that could be accepted rightly with at most 1 in 100 accepted rows wrong (<b>no code</b>: "
    "how many of the accepted have none). <b>ECE</b>: mean gap between stated and observed probability, in "
    "bins of equal mass or width; for the searches it takes their scores for probabilities, which they are "
    "not. Intervals are 95 % (Wilson)."
)


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
    about = saved["about"]
    parts = [
        "<h1>How well were the codes given?</h1>",
        paragraph(f"{escape(about.get('dataset', ''))}: {evaluation.rows} rows with known answers"),
        _headlines(evaluation),
        "<h2>What became of the rows</h2>",
        _workload(evaluation),
        "<h2>What is gained and risked by accepting without a person</h2>",
        f"<figure>{risk_coverage_chart(evaluation.systems)}</figure>",
        paragraph(_ON_CURVES),
        "<h2>Do the stated probabilities keep their word?</h2>",
        f"<figure>{reliability_chart(evaluation.product.bins_by_width)}</figure>",
        paragraph(_ON_RELIABILITY),
        "<h2>By section</h2>",
        _sections(evaluation),
        "<h2>Beside three simple searches</h2>",
        paragraph(_ON_SEARCHES),
        table(searches[0], searches[1:], kind="small"),
        "<h2>Compared with the previous result</h2>",
        _previous(previous, saved),
        "<h2>Rows to look at first</h2>",
        findings_table(evaluation.findings),
        "<h2>To repeat this</h2>",
        table(("", ""), [*about.items(), *_repeat(evaluation)], kind="facts"),
    ]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Evaluation of the mapping</title>\n<style>{STYLE}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def _headlines(evaluation: Evaluation) -> str:
    product, accepted = evaluation.product, evaluation.product.accepted
    lost = evaluation.dispositions[Status.CODABLE][Disposition.NO_CODE]
    right = rate(accepted.coverage.count, accepted.rows)
    error = product.ece_equal_mass
    cards = [
        (product.top1, "of the rows that have a listed code got the right measurand in first place", True),
        (accepted.coverage, "of them were accepted with the right answer: no person needs to look", True),
        (right, "of all accepted rows are right", True),
        (accepted.false_accepts, "of the rows without a listed code were accepted all the same", False),
        (rate(lost, product.codable), "of the rows with a listed code were answered with no code", False),
    ]
    found = [card(value, text, wanted) for value, text, wanted in cards]
    if error is not None:
        found.append(
            f'<div class="card"><b>{100 * error:.1f}</b><p>points is the mean gap between stated and '
            "observed probability (the expected calibration error)</p></div>"
        )
    return f'<div class="cards">{"".join(found)}</div>'


def _workload(evaluation: Evaluation) -> str:
    shown = [s for s in Status if sum(evaluation.dispositions[s].values())]
    rows = []
    for status in shown:
        counts = evaluation.dispositions[status]
        rows.append([_STATUSES[status], *(str(counts[d]) for d in _DISPOSITIONS), str(sum(counts.values()))])
    totals = [sum(evaluation.dispositions[s][d] for s in shown) for d in _DISPOSITIONS]
    rows.append(["all rows", *map(str, totals), str(sum(totals))])
    return table(("the row …", *_DISPOSITIONS.values(), "all"), rows)


def _sections(evaluation: Evaluation) -> str:
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
    header = (
        "section", "codable rows", "right measurand first", "accepted rightly", "accepted wrongly",
        "accepted, though not listed",
    )  # fmt: skip
    return table(header, rows)


def _previous(previous: Mapping[str, Any] | None, saved: Mapping[str, Any]) -> str:
    if previous is None:
        return paragraph(
            "There is no earlier result in the output folder; the next run will be compared with this one."
        )
    before = previous.get("about", {})
    when = escape(f"{before.get('evaluated at', 'an unknown day')} ({before.get('software', 'unknown')})")
    warning = (
        ""
        if same_dataset(previous, saved)
        else '<p class="warning">The earlier result is of another table (or treated its JLAC10 column '
        "otherwise): the differences below are not the program's alone.</p>"
    )
    rows = [_change(change) for change in changes(previous, saved, PRODUCT)]
    if warning:
        rows = [[*row[:-1], ""] for row in rows]
    return (
        paragraph(f"Earlier result of {when}.") + warning + table(("", "before", "now", "change", ""), rows)
    )


def _change(change: Change) -> list[str]:
    before, now = change.before, change.now
    difference = "-" if before is None or now is None else f"{100 * (now - before):+.1f} points"
    written = ["-" if value is None else f"{value:.1%}" for value in (before, now)]
    return [change.measure, *written, difference, change.meaning]


def _repeat(evaluation: Evaluation) -> list[tuple[str, str]]:
    per_second = evaluation.rows / evaluation.seconds if evaluation.seconds else 0.0
    speed = f"{evaluation.rows} rows in {evaluation.seconds:.1f} s, {per_second:.0f} rows/s"
    return [("provenance", evaluation.provenance), ("speed", speed)]
