"""The table of questions as a file: written for a spreadsheet, read again with its answers."""

from collections.abc import Iterable
from pathlib import Path

from jlac_mapper.errors import InputError
from jlac_mapper.review.question_words import QuestionWords
from jlac_mapper.review.questions import Question
from jlac_mapper.review.rules import Rule
from jlac_mapper.tables.cells import QUESTION_COLUMNS, guarded_csv
from jlac_mapper.tables.table import Table, open_table
from jlac_mapper.wording import Language


def question_file(
    questions: Iterable[Question], words: QuestionWords, language: Language = Language.JAPANESE
) -> bytes:
    """Return questions as a CSV file, in the order given."""
    return guarded_csv([QUESTION_COLUMNS, *(words.cells(question, language) for question in questions)])


def read_answers(path: Path, words: QuestionWords) -> list[Rule]:
    """
    Return the rules of a filled table: those of the lines that have an answer.

    Raises:
        InputError: No such table, or an answer that cannot be used; the message gives the line.
    """
    table = _open(path)
    places = {column: table.header.index(column) for column in QUESTION_COLUMNS}
    found: list[Rule] = []
    for number, row in enumerate(table.rows(), 2):
        cells = {c: row.cells[p].strip() if p < len(row.cells) else "" for c, p in places.items()}
        if not cells["answer"]:
            continue
        try:
            found += words.rules(cells["kind"], cells["about"], cells["proposed"], cells["answer"])
        except ValueError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
    return found


def _open(path: Path) -> Table:
    if not path.is_file():
        raise InputError(f"{path} does not exist")
    try:
        table = open_table(path, {"name": "question"})
    except InputError:
        missing = "question"
    else:
        missing = next((column for column in QUESTION_COLUMNS if column not in table.header), "")
        if not missing:
            return table
    raise InputError(
        f"{path} is no table of questions: the column {missing} is missing; "
        "give the file that jlac-mapper questions wrote, with its answer column filled"
    )
