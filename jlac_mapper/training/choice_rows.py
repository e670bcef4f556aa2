"""Answered closed questions that a hospital's own language model learns from, as JSON Lines."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jlac_mapper.errors import InputError, OutputError
from jlac_mapper.llm.choice_template import LABELS
from jlac_mapper.ports import Choice, ChoiceOption


@dataclass(frozen=True, slots=True)
class AnsweredChoice:
    """A closed question and the row of its right option."""

    choice: Choice
    right: int


def answered(question: Choice, right: Sequence[bool]) -> AnsweredChoice:
    """Return a question with the first of its right options, or "none of these" where none is right."""
    offered = [bool(option.measurand) for option in question.options]
    places = [place for place, is_right in enumerate(right) if is_right and offered[place]]
    return AnsweredChoice(question, places[0] if places else offered.index(False))


def write(path: Path, rows: Iterable[AnsweredChoice]) -> int:
    """
    Write rows as JSON Lines and return how many.

    A line is {"fields": {"name": ...}, "options": [{"measurand", "identification", "text"}, ...],
    "right": row of the right option}: the text that a model reads is made from it when it is trained.

    Raises:
        OutputError: The file cannot be written.
    """
    count = 0
    try:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for row in rows:
                options = [option._asdict() for option in row.choice.options]
                line = {"fields": dict(row.choice.fields), "options": options, "right": row.right}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                count += 1
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error}") from error
    return count


def read(path: Path) -> list[AnsweredChoice]:
    """Read what `write` wrote. Raises InputError with file and line when a line is not of that form."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # U+2028 may stand in a name
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as UTF-8: {error}") from error
    rows = list(_rows(path, lines))
    if not rows:
        raise InputError(f"{path} holds no rows; export some confirmed questions first")
    return rows


def _rows(path: Path, lines: Iterable[str]) -> Iterator[AnsweredChoice]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _row(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path}, line {number}: not a closed question ({error!r})") from error


def _row(given: Any) -> AnsweredChoice:
    fields = tuple((str(name), str(value)) for name, value in given["fields"].items())
    options = tuple(
        ChoiceOption(str(o["measurand"]), str(o["identification"]), str(o["text"])) for o in given["options"]
    )
    right = given["right"]
    if not fields or not 2 <= len(options) <= len(LABELS):
        raise ValueError(f"fields, and from 2 to {len(LABELS)} options")
    if not isinstance(right, int) or not 0 <= right < len(options):
        raise ValueError(f"right must be from 0 to {len(options) - 1}")
    return AnsweredChoice(Choice(fields, options), right)
