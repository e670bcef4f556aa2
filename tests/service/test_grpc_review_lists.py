"""ReviewService over a real connection and a real database: lists in, files out, figures, audit."""

import asyncio
import csv
import io
from pathlib import Path

import grpc
import pytest
from grpc_review_harness import exported, refused, requests, reviewing, upload
from review_opened import AST, ROWS

from jlac_mapper.grpc_api._pb.v1 import review_pb2
from jlac_mapper.grpc_api._pb.v1 import review_service_pb2 as pb
from jlac_mapper.grpc_api.convert import local_test_to_proto
from jlac_mapper.types import LocalTest
from tests.support.fakes import GatedMapper

CODE = grpc.StatusCode


# --- lists ----------------------------------------------------------------------------------------


async def test_a_list_comes_in_once_and_its_second_import_asks_nobody(tmp_path: Path) -> None:
    async with reviewing(tmp_path, lists=False) as server:
        who = server.who("hanako")
        run = (await server.stub.ImportList(iter(upload("i1")), metadata=who)).run
        assert (run.rows, run.file_name, run.imported_by, len(run.digest)) == (5, "a.csv", "hanako", 64)
        same = (await server.stub.ImportList(iter(upload("i1")), metadata=who)).run
        assert same.id == run.id
        runs = (await server.stub.ListRuns(requests()["ListRuns"], metadata=who)).runs
        assert [one.id for one in runs] == [run.id]
        for item, action in ((2, "CONFIRM"), (3, "CONFIRM"), (4, "CONFIRM"), (5, "NO_CODE")):
            await server.decide("hanako", item, action, request=f"d{item}")
        await server.stub.ImportList(iter(upload("i2")), metadata=who)
        left = await server.stub.ClaimNextItem(requests()["ClaimNextItem"], metadata=who)
        assert not left.HasField("view")


@pytest.mark.parametrize(
    ("messages", "field"),
    [
        ([], "header"),
        (upload("i")[1:], "header"),
        (upload("i")[:1], "rows"),
        ([*upload("i"), *upload("i")], "header"),
        (upload(""), "header.request_id"),
        (upload("i", digest="no digest"), "header.digest"),
        (upload("i", file_name="x" * 256), "header.file_name"),
    ],
    ids=["empty", "no header", "no rows", "two headers", "no request id", "no digest", "long name"],
)
async def test_a_list_that_cannot_be_taken_in_leaves_nothing(
    tmp_path: Path, messages: list[pb.ImportListRequest], field: str
) -> None:
    async with reviewing(tmp_path, lists=False) as server:
        found = await refused(server.stub.ImportList(iter(messages), metadata=server.who("hanako")))
        assert found[:2] == (CODE.INVALID_ARGUMENT, "INPUT_UNUSABLE")
        assert field.rpartition(".")[2] in found[3]
        assert server.opened.review.runs(server.opened.user("hanako"), "h1") == []


async def test_the_columns_of_a_list_are_kept_shown_and_exported(tmp_path: Path) -> None:
    async with reviewing(tmp_path, lists=False) as server:
        who = server.who("hanako")
        columns = [
            review_pb2.ListColumn(heading="備考"),
            review_pb2.ListColumn(heading="検査名", field="name"),
        ]
        header = pb.ImportListRequest.Header(
            facility="h1", file_name="a.csv", request_id="i", columns=columns
        )
        rows = pb.ImportRows(
            tests=[local_test_to_proto(ROWS[1])], cells=[pb.RowCells(cells=["至急", ROWS[1].name])]
        )
        messages = [pb.ImportListRequest(header=header), pb.ImportListRequest(rows=rows)]
        await server.stub.ImportList(iter(messages), metadata=who)
        view = await server.stub.GetItem(pb.GetItemRequest(facility="h1", item=1), metadata=who)
        assert list(view.view.columns) == columns
        assert list(view.view.item.cells) == ["至急", ROWS[1].name]
        _, _, content = await exported(server, "viewer", "CSV", run=1, all_columns=True)
        assert content.decode("utf-8-sig").splitlines()[1].startswith(f"至急,{ROWS[1].name},")


@pytest.mark.parametrize(
    ("columns", "cells", "field"),
    [
        (["備考"], 0, "rows.cells"),
        ([], 1, "rows.cells"),
        (["備考", "unknown field"], 1, "header.columns"),
    ],
)
async def test_columns_that_do_not_fit_the_rows_are_refused(
    tmp_path: Path, columns: list[str], cells: int, field: str
) -> None:
    async with reviewing(tmp_path, lists=False) as server:
        given = [review_pb2.ListColumn(heading=c, field=c if " " in c else "") for c in columns]
        header = pb.ImportListRequest.Header(facility="h1", request_id="i", columns=given)
        rows = pb.ImportRows(tests=[local_test_to_proto(ROWS[0])], cells=[pb.RowCells()] * cells)
        messages = [pb.ImportListRequest(header=header), pb.ImportListRequest(rows=rows)]
        found = await refused(server.stub.ImportList(iter(messages), metadata=server.who("hanako")))
        assert found[:2] == (CODE.INVALID_ARGUMENT, "INPUT_UNUSABLE")
        assert field in found[3]


async def test_an_import_whose_caller_goes_away_leaves_nothing(tmp_path: Path) -> None:
    mapper = GatedMapper()
    many = tuple(LocalTest(f"test {n}") for n in range(600))
    async with reviewing(tmp_path, lists=False, mapper=mapper) as server:
        who = server.who("hanako")
        mapper.close()
        call = server.stub.ImportList(iter(upload("gone", many)), metadata=who)
        await asyncio.to_thread(mapper.wait_until_entered)
        assert call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await server.servicer.import_over.wait()  # the server has heard of it
        mapper.gate.set()
        again = await server.stub.ImportList(iter(upload("again", ROWS)), metadata=who)
        runs = (await server.stub.ListRuns(requests()["ListRuns"], metadata=who)).runs
        assert [run.id for run in runs] == [again.run.id]
        assert sum(map(len, mapper.batches)) < len(many) + len(ROWS)


async def test_a_file_comes_in_pieces_under_its_name(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        name, media_type, content = await exported(server, "viewer", "CSV", run=1)
        assert (name, media_type) == ("h1-run-1.csv", "text/csv; charset=utf-8")
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert [row["項目名称"] for row in rows] == [test.name for test in ROWS]
        assert rows[0]["JLAC11コード"] == AST
        assert rows[4]["項目コード"] == "'=5"


async def test_a_large_file_arrives_whole(tmp_path: Path) -> None:
    async with reviewing(tmp_path, lists=False) as server:
        many = tuple(LocalTest("AST", local_code=str(n), reagent="試薬" * 50) for n in range(600))
        messages = [
            upload("i", many)[0],
            pb.ImportListRequest(rows=pb.ImportRows(tests=map(local_test_to_proto, many))),
        ]
        await server.stub.ImportList(iter(messages), metadata=server.who("hanako"))
        _, _, content = await exported(server, "viewer", "CSV")
        assert len(content) > 3 * 64 * 1024
        assert len(content.decode("utf-8-sig").splitlines()) == 601


@pytest.mark.parametrize("kind", ["XLSX", "CONCEPT_MAP", "SSSOM", "LETTER", "LABELLED", "CONFIRMED"])
async def test_every_format_is_written(tmp_path: Path, kind: str) -> None:
    async with reviewing(tmp_path) as server:
        await server.decide("hanako", 2, "CONFIRM")
        name, _, content = await exported(server, "viewer", kind)
        assert name.isascii()
        assert content


async def test_a_facilitys_template_is_used_and_an_unknown_format_language_or_list_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "h1.toml").write_text("[[column]]\nheader = 'c'\nfield = 'jlac11'\n")
    async with reviewing(tmp_path, export_templates=str(tmp_path)) as server:
        assert (await exported(server, "viewer", "CSV", run=1))[2].splitlines()[:2] == [
            b"\xef\xbb\xbfc",
            AST.encode(),
        ]
        for fields, code in (
            ({"format": 0}, CODE.INVALID_ARGUMENT),
            ({"format": 5, "language": "xx"}, CODE.INVALID_ARGUMENT),
            ({"format": 1, "run": 99}, CODE.NOT_FOUND),
        ):
            request = pb.ExportRunRequest(facility="h1", **fields)  # type: ignore[arg-type]
            found = await refused(server.stub.ExportRun(request, metadata=server.who("viewer")))
            assert found[0] is code


# --- figures and audit ----------------------------------------------------------------------------


async def test_agreement_without_pairs_has_no_figures(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        found = await server.stub.GetAgreement(requests()["GetAgreement"], metadata=server.who("lead"))
        assert found.pairs == 0
        assert not found.HasField("observed")
        assert not found.HasField("kappa")


async def test_the_audit_chain_is_whole(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        await server.decide("hanako", 2, "CONFIRM")
        found = await server.stub.VerifyAudit(requests()["VerifyAudit"], metadata=server.who("chief"))
        assert list(found.problems) == []
