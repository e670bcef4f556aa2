"""Labels of JLAC10 rows: codes of 15 or 17 characters, and how far a row determines its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from jlac_mapper.codes import jlac10
from jlac_mapper.codes.jlac10 import Jlac10Code
from jlac_mapper.errors import InputError, InvalidCodeError
from jlac_mapper.types import LocalTest

CODE_COLUMN, LEVEL_COLUMN, NO_CODE = "expected_jlac10", "level", "NONE"
LEVELS: Mapping[str, int] = {"analyte": 5, "identification": 9, "specimen": 12, "method": 15, "result": 17}
"""The last element that a row determines -> leading characters up to its end."""


@dataclass(frozen=True, slots=True)
class Truth:
    """
    The label of a row.

    Attributes:
        codes: Any of them is right; none for a row that has no code.
        known: Leading characters that the row determines: 5, 9, 12, 15 or 17; 0 for a row that has no code.
    """

    codes: tuple[Jlac10Code, ...]
    known: int


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """A row with its label; `number` counts the rows of the table from 1."""

    number: int
    test: LocalTest
    truth: Truth


def read_labelled(records: Iterable[Mapping[str, str]]) -> list[LabelledRow]:
    """
    Read labelled rows from records keyed by field name; rows without a label are left out.

    A label is one code or several with blanks between (any is right), or NONE. A column `level` says how far
    the row determines its label; without it, or with an empty cell, as far as the label reaches. A JLAC10
    code that the row itself holds is emptied: it would be the answer.

    Raises:
        InputError: No labelled row, no `name` or `expected_jlac10` column, or a label that cannot be read.
    """
    known = {field.name for field in fields(LocalTest)}
    rows: list[LabelledRow] = []
    for number, record in enumerate(records, start=1):
        if number == 1 and (missing := [c for c in ("name", CODE_COLUMN) if c not in record]):
            raise InputError(
                f"the labelled table has no column `{missing[0]}`; its columns are: "
                f"{', '.join(map(str, record))}"
            )
        label = (record.get(CODE_COLUMN) or "").strip()
        if not label:
            continue
        given = {name: record.get(name) or "" for name in known if name != "jlac10"}
        rows.append(LabelledRow(number, LocalTest(**given), _truth(label, record, number)))
    if not rows:
        raise InputError(f"the labelled table has no labelled row: fill {CODE_COLUMN}")
    return rows


def _truth(label: str, record: Mapping[str, str], number: int) -> Truth:
    level = (record.get(LEVEL_COLUMN) or "").strip().lower()
    if level and level not in LEVELS:
        raise InputError(f"labelled row {number}: {LEVEL_COLUMN} is {level!r}; expected {', '.join(LEVELS)}")
    if label.upper() == NO_CODE:
        return Truth((), 0)
    try:
        codes = tuple(jlac10.parse(word) for word in label.split())
    except InvalidCodeError as error:
        raise InputError(f"labelled row {number}: {CODE_COLUMN}: {error}") from None
    longest = max(len(str(code)) for code in codes)
    return Truth(codes, min(longest, LEVELS[level]) if level else longest)
