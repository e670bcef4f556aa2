"""A letter that asks the hospital for what is missing on the rows that were sent back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from jlac_mapper.exports.fields import one_line
from jlac_mapper.review.model import Facility, Item, ItemState
from jlac_mapper.wording import Language


@dataclass(frozen=True, slots=True)
class _Words:
    """The sentences of one language."""

    addressee: str
    subject: str
    opening: str
    nothing: str
    question: str
    row: str
    code: str
    empty: str
    answer: str
    closing: str
    labels: dict[str, str]


_WORDS = {
    Language.JAPANESE: _Words(
        addressee="{name} 臨床検査部門 御中",
        subject="検査項目のJLAC11コード付与に関するご照会",
        opening="貴院の検査項目にJLAC11コードを付与するにあたり、下記の{rows}項目について情報が不足しております。\n"
        "お手数ですが、各項目の「回答」欄にご記入のうえ、ご返送ください。",
        nothing="現在、ご照会する項目はありません。",
        question="照会{number}: {question} ({rows}項目)",
        row="リスト{run} の {row} 行目",
        code="項目コード {code}",
        empty="(記載なし)",
        answer="回答: ____________________",
        closing="以上",
        labels={
            "specimen": "材料",
            "unit": "単位",
            "reference_range": "基準値",
            "method": "測定法",
            "reagent": "試薬・機器",
        },
    ),
    Language.ENGLISH: _Words(
        addressee="To the clinical laboratory of {name}",
        subject="Questions about tests that are to get a JLAC11 code",
        opening="To give your tests their JLAC11 codes, information is missing for the {rows} tests below.\n"
        "Please fill in the answers and send the letter back.",
        nothing="There is no test to ask about at present.",
        question="Question {number}: {question} (tests: {rows})",
        row="list {run}, row {row}",
        code="local code {code}",
        empty="(not given)",
        answer="Answer: ____________________",
        closing="Thank you.",
        labels={
            "specimen": "specimen",
            "unit": "unit",
            "reference_range": "reference range",
            "method": "method",
            "reagent": "reagent or instrument",
        },
    ),
}


def letter(
    items: Iterable[Item], *, facility: Facility, day: date, language: Language = Language.JAPANESE
) -> str:
    """
    Return the letter as plain text, grouped by question, rows in order.

    Args:
        items: Rows of one or several lists; only those sent back are asked about.
        day: The letter's date.
        language: `ja` or `en`.
    """
    words = _WORDS[language]
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.standing.state is ItemState.SENT_BACK:
            groups[one_line(item.standing.question)].append(item)
    rows = sum(map(len, groups.values()))
    addressee = words.addressee.format(name=one_line(facility.name) or facility.key)
    opening = words.opening.format(rows=rows) if groups else words.nothing
    lines = [addressee, day.isoformat(), "", words.subject, "", opening]
    for number, (question, asked) in enumerate(groups.items(), start=1):
        lines += ["", words.question.format(number=number, question=question, rows=len(asked)), "-" * 60]
        for item in asked:
            lines += _row(item, words)
    return "\n".join([*lines, "", words.closing, ""])


def _row(item: Item, words: _Words) -> list[str]:
    where = words.row.format(run=item.run, row=item.row)
    code = one_line(item.test.local_code)
    told = f"{where}, {words.code.format(code=code)}" if code else where
    given = " / ".join(
        f"{label}: {one_line(getattr(item.test, field)) or words.empty}"
        for field, label in words.labels.items()
    )
    return ["", f"* {one_line(item.test.name)} ({told})", f"  {given}", f"  {words.answer}"]
