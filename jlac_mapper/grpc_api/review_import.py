"""A list that comes in as a stream: gathered, checked, and taken in when the stream has ended."""

import hashlib
import json
import re
import threading
from asyncio import CancelledError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple

from jlac_mapper.errors import DeadlinePassedError
from jlac_mapper.grpc_api import convert, review_asked
from jlac_mapper.grpc_api._pb.v1 import review_service_pb2 as pb
from jlac_mapper.grpc_api.errors import FieldError
from jlac_mapper.review.model import Run, User
from jlac_mapper.review.service import ReviewService
from jlac_mapper.tables.headings import FIELDS
from jlac_mapper.tables.whole import MOST_COLUMNS, ListColumn
from jlac_mapper.types import LocalTest

MAX_ROWS = 100_000
"""Rows of one list; a hospital's master has a few thousand."""

_DIGEST = re.compile("[0-9a-f]{64}")


class ImportUpload:
    """The messages of one stream so far."""

    def __init__(self) -> None:
        self._header: pb.ImportListRequest.Header | None = None
        self._tests: list[LocalTest] = []
        self._cells: list[tuple[str, ...]] = []

    def take(self, request: pb.ImportListRequest) -> None:
        """
        Add a message.

        Raises:
            FieldError: The header is missing, comes twice or cannot be used; too many rows.
        """
        if request.WhichOneof("part") == "header":
            if self._header is not None:
                raise FieldError("header", "the header came twice; send it once, in the first message")
            _check(request.header)
            self._header = request.header
            return
        if self._header is None:
            raise FieldError("header", "the first message has no header; it says whose list this is")
        rows = request.rows
        if len(rows.cells) != (len(rows.tests) if self._header.columns else 0):
            raise FieldError(
                "rows.cells", "rows.cells has to be as long as rows.tests, or empty without header.columns"
            )
        self._tests += map(convert.local_test_from_proto, rows.tests)
        self._cells += (tuple(row.cells) for row in rows.cells)
        if len(self._tests) > MAX_ROWS:
            raise FieldError("rows", f"more than {MAX_ROWS} rows; cut the list into several")

    def import_into(self, review: ReviewService, user: User, progress: Callable[[int], None]) -> Run:
        """
        Take the list in. Blocks while the rows are mapped.

        Raises:
            FieldError: No header, or no rows.
        """
        header = self._header
        if header is None:
            raise FieldError("header", "the stream is empty; send a header, then rows")
        if not self._tests:
            raise FieldError("rows", "the list has no rows")
        return review.import_list(
            user,
            header.facility,
            file_name=header.file_name,
            digest=header.digest or digest_of(self._tests),
            tests=self._tests,
            columns=[ListColumn(column.heading, column.field) for column in header.columns],
            cells=self._cells,
            request_id=header.request_id,
            progress=progress,
        )

    @contextmanager
    def stopped_on_cancel(self) -> Iterator[Callable[[int], None]]:
        """Give a `progress` that stops the import once the caller has gone."""
        gone = threading.Event()

        def progress(_done: int) -> None:
            if gone.is_set():
                raise DeadlinePassedError("the caller has gone; nothing of the list is kept")

        try:
            yield progress
        except CancelledError:
            gone.set()
            raise


def digest_of(tests: list[LocalTest]) -> str:
    """Return the SHA-256 of rows, for a list without a file."""
    digest = hashlib.sha256()
    for test in tests:
        digest.update(json.dumps(astuple(test), ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def _check(header: pb.ImportListRequest.Header) -> None:
    review_asked.request_id(header.request_id, "header.request_id")
    if header.digest and not _DIGEST.fullmatch(header.digest):
        raise FieldError("header.digest", "header.digest is no SHA-256 in 64 hexadecimal digits")
    if len(header.columns) > MOST_COLUMNS:
        raise FieldError("header.columns", f"header.columns has more than {MOST_COLUMNS} columns")
    for column in header.columns:
        if column.field and column.field not in FIELDS:
            known = ", ".join(FIELDS)
            raise FieldError(
                "header.columns", f"header.columns names the field {column.field!r}; known: {known}"
            )
    if len(header.file_name) > 255:
        raise FieldError("header.file_name", "header.file_name has more than 255 characters")
