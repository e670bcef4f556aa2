"""What a facility decided answers every door from the next call on: gRPC, `map`, lists; on both databases."""

import asyncio
import csv
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from sqlalchemy import event, text

from jlac_mapper.bootstrap import SystemClock, build_app, open_review
from jlac_mapper.cli.main import main
from jlac_mapper.config import Settings
from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2 as pb
from jlac_mapper.grpc_api._pb.v1 import mapping_pb2, review_pb2
from jlac_mapper.grpc_api._pb.v1 import review_service_pb2 as review_service
from jlac_mapper.grpc_api._pb.v1.mapper_service_pb2_grpc import MapperServiceStub
from jlac_mapper.grpc_api._pb.v1.review_service_pb2_grpc import ReviewServiceStub
from jlac_mapper.grpc_api.review_servicer import ReviewServicer
from jlac_mapper.grpc_api.server import MapperServer
from jlac_mapper.review.tokens import new_session
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.users import SqlUserStore

if TYPE_CHECKING:  # only the type stubs know them
    from jlac_mapper.grpc_api._pb.v1.mapper_service_pb2_grpc import MapperServiceAsyncStub
    from jlac_mapper.grpc_api._pb.v1.review_service_pb2_grpc import ReviewServiceAsyncStub

AST = "C20080000250000F7"
ASKED = mapping_pb2.LocalTest(name="謎の検査", specimen="血清", unit="U/L")
BOTH = (mapping_pb2.CODE_SYSTEM_JLAC11, mapping_pb2.CODE_SYSTEM_JLAC10)
HEADER = ("項目コード", "検査名", "材料", "単位")
ROWS = (("1", "AST(GOT)", "血清", "U/L"), ("2", "謎の検査", "血清", "U/L"), ("3", "手術料", "", ""))


@pytest.fixture
def settings(review_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a database with the facilities h1 and h2, and a list of h1 that waits."""
    url = review_database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", url)
    monkeypatch.chdir(tmp_path)
    for facility in ("h1", "h2"):
        review("facility", "add", facility)
    review("user", "add", "hanako", "--role", "h1=reviewer", "--role", "h2=reviewer")
    write("list.csv", ROWS)
    review("import", "list.csv", *at("h1"))
    return Settings(database_url=url)


def review(*words: str) -> None:
    assert main(["review", *words]) == 0


def at(facility: str) -> tuple[str, ...]:
    return ("--facility", facility, "--user", "hanako")


def decide() -> None:
    """Let a person decide the row that waits."""
    review("decide", "2", "pick", "--code", AST, *at("h1"))


def write(name: str, rows: Iterable[Iterable[str]]) -> None:
    with Path(name).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *rows])


def mapped(*words: str) -> list[dict[str, str]]:
    """Map list.csv and return the rows of the output."""
    assert main(["map", "list.csv", "-o", "out.csv", *words]) == 0
    with Path("out.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


@dataclass(frozen=True)
class Served:
    """Clients of one server."""

    mapper: "MapperServiceAsyncStub"
    review: "ReviewServiceAsyncStub"


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Served]:
    """Serve mapper and review over the shipped release, as `jlac-mapper serve` does."""
    app = await asyncio.to_thread(build_app, settings)
    review = ReviewServicer(open_review(settings, app), SystemClock())
    server = MapperServer(app, review=review)
    address = await server.start("127.0.0.1", 0)
    await server.load()
    async with grpc.aio.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        try:
            yield Served(MapperServiceStub(channel), ReviewServiceStub(channel))
        finally:
            await server.stop(0)


def one(facility: str = "", systems: Iterable[mapping_pb2.CodeSystem.ValueType] = ()) -> pb.MapTestRequest:
    return pb.MapTestRequest(test=ASKED, options=pb.MapOptions(facility=facility, systems=systems))


async def test_a_decision_answers_the_next_call_of_its_facility_and_no_other(settings: Settings) -> None:
    async with serving(settings) as served:
        stub = served.mapper
        before = await stub.MapTest(one("h1", BOTH))
        assert before == await stub.MapTest(one(systems=BOTH))
        assert before.mapping.disposition != mapping_pb2.DISPOSITION_ACCEPTED
        await asyncio.to_thread(decide)
        after = await stub.MapTest(one("h1", BOTH))
        assert (after.mapping.disposition, after.mapping.jlac11, list(after.mapping.reasons)) == (
            mapping_pb2.DISPOSITION_ACCEPTED,
            AST,
            ["HOUSE_NAME"],
        )
        assert after.jlac10 == before.jlac10
        assert await stub.MapTest(one(systems=BOTH)) == before
        elsewhere = await stub.MapTest(one("h2", BOTH))
        assert [(e.key, e.source) for e in elsewhere.mapping.evidence][:1] == [
            ("decision.elsewhere", "elsewhere")
        ]
        del elsewhere.mapping.evidence[0]
        assert elsewhere == before
        batch = await stub.BatchMapTests(
            pb.BatchMapTestsRequest(rows=[pb.TestRow(test=ASKED)], options=pb.MapOptions(facility="h1"))
        )
        assert batch.outcomes[0].mapping == after.mapping
        [chunk] = [
            chunk
            async for chunk in stub.StreamMapTests(
                iter(
                    [
                        pb.StreamMapTestsRequest(
                            rows=[pb.TestRow(test=ASKED)], options=pb.MapOptions(facility="h1")
                        )
                    ]
                )
            )
        ]
        assert chunk.outcomes == batch.outcomes


async def test_a_decision_made_over_grpc_answers_the_next_call_and_taken_back_no_more(
    settings: Settings, review_database: Database
) -> None:
    token, session = new_session("hanako", SystemClock().now(), timedelta(hours=1))
    SqlUserStore(review_database).save_session(session)
    who = (("authorization", f"Bearer {token}"),)
    async with serving(settings) as served:
        before = await served.mapper.MapTest(one("h1"))
        for etag, action, request, reasons in (
            (1, review_pb2.ACTION_PICK, "first", ["HOUSE_NAME"]),
            (2, review_pb2.ACTION_UNDO, "back", list(before.mapping.reasons)),
        ):
            order = review_service.Order(
                facility="h1", item=2, etag=etag, action=action, request_id=request, code=AST
            )
            await served.review.DecideItem(review_service.DecideItemRequest(order=order), metadata=who)
            answer = await served.mapper.MapTest(one("h1"))
            assert list(answer.mapping.reasons) == reasons
        assert answer == before


async def test_calls_of_several_facilities_that_wait_together_are_answered_apart(settings: Settings) -> None:
    async with serving(settings) as served:
        stub = served.mapper
        await asyncio.to_thread(decide)
        asked = ["h1", "h2", "", "h1", "h9", "h2", ""] * 8
        answers = await asyncio.gather(*(stub.MapTest(one(f)) for f in asked), return_exceptions=True)
        for facility, answer in zip(asked, answers, strict=True):
            if facility == "h9":
                assert isinstance(answer, grpc.aio.AioRpcError)
            else:
                assert isinstance(answer, pb.MapTestResponse)
                assert (answer.mapping.jlac11 == AST) is (facility == "h1")


async def test_a_facility_that_is_not_there_fails_every_call_that_names_it(settings: Settings) -> None:
    options = pb.MapOptions(facility="h9")
    rows = [pb.TestRow(test=ASKED)]
    async with serving(settings) as served:
        stub = served.mapper
        calls: list[Callable[[], object]] = [
            lambda: stub.MapTest(one("h9")),
            lambda: stub.BatchMapTests(pb.BatchMapTestsRequest(rows=rows, options=options)),
            lambda: stub.StreamMapTests(iter([pb.StreamMapTestsRequest(rows=rows, options=options)])).read(),
            lambda: stub.MapTest(one("h9", BOTH[1:])),
        ]
        for call in calls:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call()  # type: ignore[misc]
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND
            status = rpc_status.from_call(caught.value)  # type: ignore[arg-type]
            info = error_details_pb2.ErrorInfo()
            assert status is not None
            assert status.details[0].Unpack(info)
            assert info.reason == "NOT_FOUND"
            assert "no facility 'h9'" in (caught.value.details() or "")


@pytest.mark.usefixtures("settings")
def test_a_decision_answers_a_list_that_is_mapped_for_its_facility() -> None:
    before = mapped("--facility", "h1")
    assert before == mapped()
    decide()
    plain, here, elsewhere = mapped(), mapped("--facility", "h1"), mapped("--facility", "h2")
    assert plain == elsewhere == before
    assert (here[0], here[2]) == (before[0], before[2])
    assert (here[1]["disposition"], here[1]["jlac11"], here[1]["reasons"]) == ("ACCEPTED", AST, "HOUSE_NAME")
    assert "decision=HOUSE_NAME" in here[1]["provenance"]
    in_both = mapped("--facility", "h1", "--system", "both")
    without = mapped("--system", "both")
    assert in_both[1]["jlac11"] == AST
    assert [in_both[1][c] for c in ("jlac10_disposition", "jlac10_code", "jlac10_reasons")] == [
        without[1][c] for c in ("jlac10_disposition", "jlac10_code", "jlac10_reasons")
    ]


@pytest.mark.usefixtures("settings")
def test_a_list_is_not_mapped_for_a_facility_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    for system in ("jlac11", "jlac10", "both"):
        assert main(["map", "list.csv", "-o", "none.csv", "--facility", "h9", "--system", system]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert line == (
            "jlac-mapper: error: there is no facility 'h9': jlac-mapper review facility list shows those "
            "that there are, jlac-mapper review facility add makes one"
        )
    assert not Path("none.csv").exists()


@pytest.mark.usefixtures("settings")
def test_a_list_is_not_mapped_for_a_facility_where_review_never_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{tmp_path / 'fresh.sqlite3'}")
    capsys.readouterr()
    assert main(["map", "list.csv", "--facility", "h1"]) == 2
    assert "there is no facility 'h1'" in capsys.readouterr().err


@pytest.mark.parametrize("pooled", [True, False])
def test_only_a_pooled_database_keeps_a_connection_that_a_copy_of_the_process_would_share(
    review_database: Database, pooled: bool
) -> None:
    database = Database(review_database.url.render_as_string(hide_password=False), pooled=pooled)
    with database.reading() as connection:
        engine = connection.engine
    said: list[str] = []
    for name in ("connect", "close"):
        event.listen(engine, name, lambda *_, name=name: said.append(name))
    for _ in range(2):
        with database.reading() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
    assert said == ([] if pooled else ["connect", "close"] * 2)
    database.close()


@pytest.mark.usefixtures("settings")
def test_several_processes_give_the_answers_of_one_to_the_byte() -> None:
    decide()
    write("list.csv", [(str(n), *ROWS[n % 3][1:]) for n in range(1600)])
    outputs = []
    for jobs in ("1", "3"):
        rows = mapped("--facility", "h1", "--jobs", jobs)
        assert sum(row["reasons"] == "HOUSE_NAME" for row in rows) == 533
        outputs.append(Path("out.csv").read_bytes())
    assert outputs[0] == outputs[1]


@pytest.mark.usefixtures("settings")
def test_the_same_list_under_new_local_codes_asks_nothing_that_was_decided(
    capsys: pytest.CaptureFixture[str],
) -> None:
    decide()
    review("decide", "3", "no-code", *at("h1"))
    write("list.csv", [(f"NEW-{code}", *rest) for code, *rest in ROWS])
    capsys.readouterr()
    review("import", "list.csv", *at("h1"))
    assert "3 rows, 0 to review" in capsys.readouterr().out
    assert [(row["disposition"], row["jlac11"]) for row in mapped("--facility", "h1")] == [
        ("ACCEPTED", AST),
        ("ACCEPTED", AST),
        ("NO_CODE", ""),
    ]
    review("import", "list.csv", *at("h2"))
    assert "3 rows, 2 to review" in capsys.readouterr().out
