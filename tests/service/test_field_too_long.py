"""A row with a field that is too long is an error of that row alone, wherever the row comes from."""

import csv
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
import openpyxl
import pytest
from grpc_harness import details_of, rows, running, single, status_of
from grpc_review_harness import exported, requests, reviewing, upload

from jlac_mapper.field_limits import FIELD_LIMITS
from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2 as pb
from jlac_mapper.grpc_api._pb.v1 import mapping_pb2, review_service_pb2
from jlac_mapper.tables.job import MapJob, map_file
from jlac_mapper.types import Disposition, LocalTest, MapOptions, MappingResult, Reason
from tests.support.fakes import EchoMapper
from tests.unit.stages import build_pipeline

STAGES = build_pipeline()
LONG = "検査" * 10_000
LONG_UNIT = "U/L " * 50


class ReadingMapper(EchoMapper):
    """The real stages over the small vocabulary."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Map rows."""
        self.batches.append(tuple(test.name for test in tests))
        return STAGES.map_batch(tests, options)


def _results(cells: Sequence[Any]) -> tuple[Any, ...]:
    """Return name, unit, disposition, code and reasons of a row of the output."""
    return cells[0], cells[1], cells[3], cells[4] or "", cells[8]


def test_a_csv_keeps_the_rows_and_their_texts_and_goes_on(tmp_path: Path) -> None:
    source, output = tmp_path / "list.csv", tmp_path / "out.csv"
    given = [["AST", "U/L", "1"], [LONG, "U/L", "2"], ["AST", LONG_UNIT, "3"], ["AST", "U/L", "4"]]
    with source.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["検査名", "単位", "備考"], *given])
    tally, mapped, _ = map_file(MapJob(source, output), STAGES)
    with output.open(encoding="utf-8-sig", newline="") as stream:
        found = list(csv.reader(stream))[1:]
    assert [row[:3] for row in found] == given
    assert [_results(row)[2:] for row in found] == [
        ("ACCEPTED", "C20080000250000F7", "EXACT_NAME;METHOD_UNSPECIFIED"),
        ("ERROR", "", "FIELD_TOO_LONG"),
        ("ERROR", "", "FIELD_TOO_LONG"),
        ("ACCEPTED", "C20080000250000F7", "EXACT_NAME;METHOD_UNSPECIFIED"),
    ]
    assert (tally.rows, tally.errors, mapped) == (4, 2, 4)
    assert [note.split(", at most")[0] for note in tally.notes] == [
        "row 2: name has 20,000 characters",
        "row 3: unit has 200 characters",
    ]


def test_a_workbook_keeps_the_rows_and_their_texts_and_goes_on(tmp_path: Path) -> None:
    source, output = tmp_path / "list.xlsx", tmp_path / "out.xlsx"
    book = openpyxl.Workbook()
    for row in (("検査名", "単位", "備考"), ("AST", "U/L", 1), (LONG, "U/L", 2), ("AST", LONG_UNIT, 3)):
        book.active.append(row)
    book.save(source)
    map_file(MapJob(source, output), STAGES)
    found = list(openpyxl.load_workbook(output).active.iter_rows(min_row=2, values_only=True))
    assert [_results(row) for row in found] == [
        ("AST", "U/L", "ACCEPTED", "C20080000250000F7", "EXACT_NAME;METHOD_UNSPECIFIED"),
        (LONG, "U/L", "ERROR", "", "FIELD_TOO_LONG"),
        ("AST", LONG_UNIT, "ERROR", "", "FIELD_TOO_LONG"),
    ]


def test_no_copy_is_made_of_what_is_not_read() -> None:
    test = LocalTest("検" * 10_000_000)
    STAGES.map_batch([test, LocalTest("AST")], MapOptions())
    tracemalloc.start()
    try:
        [answer, _] = STAGES.map_batch([test, LocalTest("AST")], MapOptions())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.reasons == (Reason.FIELD_TOO_LONG,)
    assert peak < 1_000_000  # the name alone has twenty million bytes


@pytest.mark.parametrize("field", FIELD_LIMITS)
async def test_a_single_row_that_is_too_long_is_an_invalid_argument_that_names_the_field(field: str) -> None:
    text = "あ" * (FIELD_LIMITS[field] + 1)
    async with running(ReadingMapper()) as server:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await server.stub.MapTest(single(**{"name": "AST", field: text}))
    details: dict[str, Any] = details_of(status_of(caught.value))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert details["ErrorInfo"].reason == "FIELD_TOO_LONG"
    [violation] = details["BadRequest"].field_violations
    assert violation.field == f"test.{field}"
    assert violation.description.startswith(f"{field} has {len(text):,} characters, at most ")


async def test_a_row_that_is_too_long_fails_alone_in_a_batch_and_in_a_stream() -> None:
    asked = [*rows(["AST"]), *rows([LONG]), *rows(["グルコース"])]
    asked.append(pb.TestRow(test=mapping_pb2.LocalTest(name="AST", unit=LONG_UNIT)))
    async with running(ReadingMapper()) as server:
        batch = (await server.stub.BatchMapTests(pb.BatchMapTestsRequest(rows=asked))).outcomes
        call = server.stub.StreamMapTests(iter([pb.StreamMapTestsRequest(rows=asked)]))
        [chunk] = [answer async for answer in call]
    for outcomes in (batch, chunk.outcomes):
        kinds = [outcome.WhichOneof("outcome") for outcome in outcomes]
        assert kinds == ["mapping", "error", "mapping", "error"]
        details: list[Any] = [details_of(outcomes[number].error) for number in (1, 3)]
        assert [found["ErrorInfo"].reason for found in details] == ["FIELD_TOO_LONG"] * 2
        fields = [found["BadRequest"].field_violations[0].field for found in details]
        assert fields == ["rows[1].test.name", "rows[3].test.unit"]
        assert outcomes[1].client_row_id == f"id-{LONG}"


async def test_a_list_with_a_row_that_is_too_long_is_taken_in_whole(tmp_path: Path) -> None:
    long = (LocalTest(LONG), LocalTest("AST", unit=LONG_UNIT))
    tests = (LocalTest("AST", unit="U/L"), *long, LocalTest("GOT"))
    async with reviewing(tmp_path, lists=False, mapper=ReadingMapper()) as server:
        who = server.who("hanako")
        run = (await server.stub.ImportList(iter(upload("i", tests)), metadata=who)).run
        assert run.rows == len(tests)
        listed = (await server.stub.ListItems(requests()["ListItems"], metadata=who)).rows
        reasons = {item.row: list(item.reasons) for item in listed}
        assert (reasons[2], reasons[3]) == (["FIELD_TOO_LONG"], ["FIELD_TOO_LONG"])
        items = list(server.opened.review.run_items(server.opened.user("hanako"), "h1", run.id))
        assert [item.test for item in items] == list(tests)
        dispositions = [item.mapping.disposition is Disposition.ERROR for item in items]
        assert dispositions == [False, True, True, False]
        for kind in set(review_service_pb2.ExportFormat.keys()) - {"EXPORT_FORMAT_UNSPECIFIED"}:
            assert await exported(server, "hanako", kind.removeprefix("EXPORT_FORMAT_"), run=run.id)
        _, _, content = await exported(server, "hanako", "CSV", run=run.id)
        assert LONG in content.decode("utf-8-sig")
