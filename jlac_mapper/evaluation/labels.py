"""What a labelled row says is right, and how it is read from a table."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from jlac_mapper.codes import jlac11
from jlac_mapper.errors import InputError, InvalidCodeError
from jlac_mapper.types import LocalTest

MEASURAND_COLUMN = "expected_measurand"
CODE_COLUMN = "expected_code"
INPUT_FIELDS = tuple(field.name for field in fields(LocalTest))

_MEASURAND = re.compile("[A-HK-MPV][0-9]{4}")


class Status(StrEnum):
    """How a row counts."""

    CODABLE = "CODABLE"
    """One of the expected measurands is right."""
    UNLISTED = "UNLISTED"
    """Another test or no test at all: no listed code."""
    UNLISTED_SPECIMEN = "UNLISTED_SPECIMEN"
    """A listed measurand in a specimen without a listed code: must not be accepted, not scored otherwise."""
    UNSCORED = "UNSCORED"
    """No label."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The label: any one of `measurands` is right; `codes` is empty where no whole code is labelled."""

    status: Status
    measurands: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """A hospital's row with its label; `number` counts the rows of the table from 1."""

    number: int
    test: LocalTest
    truth: Truth


def parse_truth(measurand: str, code: str, where: str = "row") -> Truth:
    """
    Read the two label cells.

    Args:
        measurand: NONE, NOCODE:x, measurands separated by blanks, or empty.
        code: 17-character codes separated by blanks (hyphens allowed), seventeen nines or NONE for
            "no listed code", or empty.
        where: What an error calls the row.

    Raises:
        InputError: A cell is none of these, or the two contradict each other.
    """
    codes = _codes(code, where)
    none_by_code = not codes and bool(code.strip())
    written = measurand.strip().upper()
    if written.startswith("NOCODE:"):
        status, measurands = Status.UNLISTED_SPECIMEN, _measurands(written.removeprefix("NOCODE:"), where)
    elif written == "NONE" or (not written and none_by_code):
        status, measurands = Status.UNLISTED, frozenset[str]()
    elif written:
        status, measurands = Status.CODABLE, _measurands(written, where)
    elif codes:
        status, measurands = Status.CODABLE, frozenset(one[:5] for one in codes)
    else:
        status, measurands = Status.UNSCORED, frozenset[str]()
    if (codes and (status is not Status.CODABLE or any(one[:5] not in measurands for one in codes))) or (
        none_by_code and status is Status.CODABLE
    ):
        raise InputError(
            f"{where}: {MEASURAND_COLUMN} {measurand!r} and {CODE_COLUMN} {code!r} contradict each other; "
            "correct one of them"
        )
    return Truth(status, measurands, codes)


def read_labelled(records: Iterable[Mapping[str, str]]) -> list[LabelledRow]:
    """
    Read labelled rows from records keyed by field name; unknown keys are ignored, absent ones are empty.

    Raises:
        InputError: No record, no `name` column, no label column, or a label that cannot be read.
    """
    rows: list[LabelledRow] = []
    for number, record in enumerate(records, start=1):
        if number == 1:
            _check_columns(record)
        test = LocalTest(**{field: (record.get(field) or "") for field in INPUT_FIELDS})
        truth = parse_truth(
            record.get(MEASURAND_COLUMN) or "", record.get(CODE_COLUMN) or "", f"labelled row {number}"
        )
        rows.append(LabelledRow(number, test, truth))
    if not rows:
        raise InputError("the labelled table has no rows; give at least one labelled row")
    return rows


def _check_columns(record: Mapping[str, str]) -> None:
    if "name" not in record:
        raise InputError(
            f"the labelled table has no column `name`; its columns are: {', '.join(map(str, record))}"
        )
    if MEASURAND_COLUMN not in record and CODE_COLUMN not in record:
        raise InputError(
            f"the labelled table has neither `{MEASURAND_COLUMN}` nor `{CODE_COLUMN}`; "
            "add one with the right answers"
        )


def _measurands(text: str, where: str) -> frozenset[str]:
    words = text.split()
    wrong = [word for word in words if not _MEASURAND.fullmatch(word)]
    if wrong or not words:
        raise InputError(
            f"{where}: {MEASURAND_COLUMN} {text!r} is not a measurand such as C2008, NONE or NOCODE:C2008"
        )
    return frozenset(words)


def _codes(text: str, where: str) -> frozenset[str]:
    words = text.split()
    if [word.upper() for word in words] in ([], ["NONE"], [jlac11.UNCODABLE]):
        return frozenset()
    try:
        return frozenset(str(jlac11.parse(word)) for word in words)
    except InvalidCodeError as error:
        raise InputError(f"{where}: {CODE_COLUMN}: {error}") from None
