"""CSV and TSV in: the encoding found by strict decoding, rows streamed, damage kept to the row it is in."""

import codecs
import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jlac_mapper.errors import InputError

UNREADABLE = "unreadable bytes"
UNCLOSED_QUOTE = "a quotation mark that is never closed"

# Single bytes that cp932 leaves undefined (80 A0 FD FE FF); Python decodes them to these characters.
_UNDEFINED_IN_CP932 = re.compile("[\x80\xa0\uf8f1-\uf8f3]")
# A quoted cell over more lines than this is a stray quotation mark, not a cell.
_MAX_ROW_LINES = 1000
# csv's own limit of 131,072 characters refuses cells that hospitals do have; this is the C long of Windows.
_FIELD_SIZE_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Row:
    """One input row: its cells as text, what is wrong with it (empty: nothing), and XLSX values as stored."""

    cells: tuple[str, ...]
    problem: str = ""
    native: tuple[object, ...] | None = None


def detect_encoding(path: Path, *, strict: bool = False) -> str:
    """
    Return utf-8-sig, utf-8, utf-16 or cp932 after decoding every line strictly.

    A byte-order mark decides. Otherwise UTF-8 where every line is; else cp932, unless most lines with
    Japanese are UTF-8, in which case the odd ones are damaged rows.

    Args:
        path: The file.
        strict: Take an encoding only where every line is written in it, and no NUL as text.

    Raises:
        InputError: Damaged UTF-16, or mostly (*strict*: anywhere) neither UTF-8 nor cp932.
    """
    with path.open("rb") as stream:
        start = stream.read(3)
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        _check_utf16(path)
        return "utf-16"
    utf8 = {True: 0, False: 0}
    cp932 = {True: 0, False: 0}
    with path.open("rb") as stream:
        for line in stream:
            is_text = not (strict and b"\0" in line)
            if not (line.isascii() and is_text):
                utf8[is_text and _decodes(line, "utf-8")] += 1
                cp932[is_text and _decodes(line, "cp932")] += 1
    if start == codecs.BOM_UTF8 and not (strict and utf8[False]):
        return "utf-8-sig"
    if utf8[False] <= (0 if strict else utf8[True]):
        return "utf-8"
    if cp932[False] <= (0 if strict else cp932[True]):
        return "cp932"
    raise InputError(f"{path.name} is neither UTF-8 nor cp932 (Shift_JIS) text; save it as CSV UTF-8 or XLSX")


def _check_utf16(path: Path) -> None:
    try:
        with path.open(encoding="utf-16", newline="") as stream:
            while stream.read(1 << 20):
                pass
    except UnicodeError as error:
        raise InputError(
            f"{path.name} begins as UTF-16 but is damaged ({error.__class__.__name__})"
        ) from None


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return encoding != "cp932" or not _UNDEFINED_IN_CP932.search(text)


def _decoded_lines(path: Path, encoding: str) -> Iterator[tuple[str, bool]]:
    """Yield each physical line with its line end, and whether every byte of it could be read."""
    if encoding == "utf-16":
        with path.open(encoding=encoding, newline="") as text:
            for line in text:
                yield line, True
        return
    with path.open("rb") as stream:
        if encoding == "utf-8-sig":
            stream.seek(len(codecs.BOM_UTF8))
            encoding = "utf-8"
        for block in stream:
            for piece in block.splitlines(keepends=True):
                if _decodes(piece, encoding):
                    yield piece.decode(encoding), True
                else:
                    yield _visibly(piece, encoding), False


def _visibly(line: bytes, encoding: str) -> str:
    text = line.decode(encoding, "backslashreplace")
    if encoding != "cp932":
        return text
    return _UNDEFINED_IN_CP932.sub(lambda m: f"\\x{m[0].encode(encoding).hex()}", text)


class _RunawayQuoteError(Exception):
    """The row in progress has taken too many lines."""


class _Lines:
    """The lines of a file as csv.reader asks for them, remembering those of the row in progress."""

    def __init__(self, lines: Iterator[tuple[str, bool]]) -> None:
        self._lines = lines
        self._returned: deque[tuple[str, bool]] = deque()
        self.taken: list[tuple[str, bool]] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _MAX_ROW_LINES:
            raise _RunawayQuoteError
        try:
            item = self._returned.popleft() if self._returned else next(self._lines)
        except StopIteration:
            self.ended = True
            raise
        self.taken.append(item)
        return item[0]

    def begin_row(self) -> None:
        self.taken.clear()
        self.ended = False

    def keep_first(self) -> str:
        """Give back all lines of the row in progress but the first, which is returned."""
        self._returned.extendleft(reversed(self.taken[1:]))
        return self.taken[0][0]


@dataclass(frozen=True, slots=True)
class TextSource:
    """
    A delimited text file; each call of `rows` reads it anew.

    Attributes:
        strict: Refuse a file with a damaged row, rather than keep the damage to that row.
    """

    path: Path
    encoding: str
    delimiter: str
    strict: bool = False

    @property
    def description(self) -> str:
        """How the file was read, for messages."""
        separator = {",": "comma", "\t": "tab", ";": "semicolon"}[self.delimiter]
        return f"read as {self.encoding}, {separator}-separated"

    def rows(self) -> Iterator[Row]:
        """
        Yield every row in order, empty lines included (no cells).

        A row with unreadable bytes shows them as \\xHH and says so in `problem`. A quotation mark that is
        never closed damages its own line only: the lines after it are rows again.

        Raises:
            InputError: The file is read strictly, and its quotation marks are not as CSV has them.
        """
        csv.field_size_limit(_FIELD_SIZE_LIMIT)
        if self.strict:
            yield from self._whole_rows()
            return
        lines = _Lines(_decoded_lines(self.path, self.encoding))
        reader = csv.reader(lines, delimiter=self.delimiter)
        while True:
            lines.begin_row()
            cells: list[str] | None
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (_RunawayQuoteError, csv.Error):
                cells = None
            # csv.reader asks for a line after the last one only inside an open quotation mark.
            if cells is None or lines.ended:
                damaged = lines.keep_first().rstrip("\r\n")
                yield Row(tuple(damaged.split(self.delimiter)), problem=UNCLOSED_QUOTE)
                reader = csv.reader(lines, delimiter=self.delimiter)
                continue
            readable = all(ok for _, ok in lines.taken)
            yield Row(tuple(cells), problem="" if readable else UNREADABLE)

    def _whole_rows(self) -> Iterator[Row]:
        lines = (line for line, _ in _decoded_lines(self.path, self.encoding))
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        try:
            yield from (Row(tuple(cells)) for cells in reader)
        except csv.Error as error:
            raise InputError(
                f"line {reader.line_num} is malformed ({error}); the file may be truncated"
            ) from error
