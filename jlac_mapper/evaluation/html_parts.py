"""The few pieces of HTML that the report is made of, and its one style sheet."""

from collections.abc import Sequence
from html import escape

from jlac_mapper.evaluation.metrics import Rate

STYLE = """
:root { font: 15px/1.55 system-ui, "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic UI", sans-serif; color: #1d2330 }
body { margin: 0; background: #f4f6f8 }
main { max-width: 1080px; margin: 0 auto; padding: 24px 32px 64px; background: #fff }
h1 { font-size: 26px; margin: 8px 0 0 }
h2 { font-size: 19px; margin: 40px 0 8px; padding-top: 12px; border-top: 1px solid #dfe3e8 }
p { max-width: 75ch; margin: 8px 0 14px }
figure { margin: 12px 0; max-width: 760px }
svg { width: 100%; height: auto; font-family: inherit }
.cards { display: grid; grid-template-columns: repeat(3, 1fr); gap: 12px; margin: 16px 0 }
.card { border: 1px solid #dfe3e8; border-left: 5px solid #0072b2; border-radius: 4px; padding: 10px 14px }
.card b { font-size: 26px } .card p { margin: 2px 0 6px } .card small { color: #5a6270 }
.card.bad { border-left-color: #c23b22 } .card.good { border-left-color: #009e73 }
.warning { background: #fff4d6; border: 1px solid #e3c46a; border-radius: 4px; padding: 8px 12px }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: 14px; margin: 8px 0 }
th, td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid #e8ebef }
th { color: #5a6270; font-weight: 600; vertical-align: bottom } td { white-space: nowrap }
table.small { font-size: 12.5px }
table.facts td:last-child, table.findings td { white-space: normal; overflow-wrap: anywhere }
table.findings { width: 100%; font-size: 13px; table-layout: fixed }
table.findings tbody { break-inside: avoid }
table.findings tbody tr:first-child td { border-bottom: 0; padding-bottom: 0 }
table.findings .why { color: #5a6270; padding: 0 0 10px 0 } .why span { display: block }
.kind { font-weight: 600; color: #8a5a00 } .kind.severe { color: #c23b22 }
code { font-family: ui-monospace, "Noto Sans Mono", monospace; font-size: 12.5px }
@media (max-width: 800px) { .cards { grid-template-columns: 1fr } main { padding: 12px } }
@media print { main { max-width: none } body { background: #fff } }
"""  # noqa: E501


def paragraph(html: str) -> str:
    """Wrap text, which may hold markup, in a paragraph."""
    return f"<p>{html}</p>"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, kind: str = "") -> str:
    """Return a table of plain texts; *kind* is its class: small, or facts (long texts that wrap)."""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    lines = ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    top = f"<thead><tr>{head}</tr></thead>" if any(header) else ""
    return f'<div class="scroll"><table class="{kind}">{top}<tbody>\n{body}\n</tbody></table></div>'


def share(value: Rate) -> str:
    """Write a rate with its interval and counts; a dash without rows."""
    if value.value is None or value.low is None or value.high is None:
        return "-"
    return f"{value.value:.1%} ({value.low:.0%}-{value.high:.0%}), {value.count} of {value.total}"


def card(value: Rate, text: str, wanted: bool) -> str:
    """Return a rate as a card; one that is not *wanted* is good where it is nought and bad elsewhere."""
    if value.value is None or value.low is None or value.high is None:
        return f'<div class="card"><b>-</b><p>{text}: there is no such row in this table</p></div>'
    kind = "" if wanted else " bad" if value.count else " good"
    return (
        f'<div class="card{kind}"><b>{value.value:.1%}</b><p>{text}</p>'
        f"<small>{value.count} of {value.total}; with other rows of this kind expect "
        f"{value.low:.1%} to {value.high:.1%}</small></div>"
    )
