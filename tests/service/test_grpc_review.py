"""ReviewService over a real connection and a real database: who may call, the queue, decisions."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
from grpc_review_harness import FILTER, refused, requests, reviewing, upload
from review_opened import ALT, AST

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.grpc_api._pb.v1 import review_pb2
from jlac_mapper.grpc_api._pb.v1 import review_service_pb2 as pb
from jlac_mapper.review.model import ItemState, Role, User
from jlac_mapper.types import LocalTest

CODE = grpc.StatusCode


# --- who may call ---------------------------------------------------------------------------------


def test_every_call_has_a_request_here() -> None:
    service = pb.DESCRIPTOR.services_by_name["ReviewService"]
    assert set(requests()) == {method.name for method in service.methods}


async def test_every_call_is_answered_to_one_who_may(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        who = server.who("chief")
        for rpc in requests():
            request = requests()[rpc]
            if rpc == "DecideItem":  # what the claim has left
                request.order.etag = 2
            if rpc == "DecideIdentical":  # what the calls before have left
                request.order.item, request.order.request_id = 3, "other"
                request.ClearField("etags")
                request.etags[3] = 1
            call = getattr(server.stub, rpc)(request, metadata=who)
            assert [part async for part in call] if rpc == "ExportRun" else await call is not None, rpc


async def test_no_call_is_answered_without_a_token(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        for metadata in ((), (("authorization", "Bearer nobody"),), (("authorization", "Bearer "),)):
            for rpc in requests():
                found = await refused(getattr(server.stub, rpc)(requests()[rpc], metadata=metadata))
                assert found[:2] == (CODE.UNAUTHENTICATED, "UNAUTHENTICATED"), rpc


async def test_another_facilitys_admin_does_not_learn_that_the_facility_exists(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        who = server.who("other")
        for rpc in requests():
            found = await refused(getattr(server.stub, rpc)(requests()[rpc], metadata=who))
            assert found[:2] == (CODE.NOT_FOUND, "NOT_FOUND"), rpc


async def test_a_viewer_only_reads(tmp_path: Path) -> None:
    reading = {"ListRuns", "ListItems", "GetItem", "SearchCodes", "ExportRun"}
    async with reviewing(tmp_path) as server:
        who = server.who("viewer")
        for rpc in requests().keys() - reading:
            found = await refused(getattr(server.stub, rpc)(requests()[rpc], metadata=who))
            assert found[:2] == (CODE.PERMISSION_DENIED, "NOT_ALLOWED"), rpc
        standing = server.opened.review.view(server.opened.user("viewer"), "h1", 2).item.standing
        assert standing.state is ItemState.PROPOSED


async def test_a_token_ends_with_its_time_and_with_its_user(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        short = server.opened.token("viewer", life=timedelta(seconds=1))
        server.opened.clock.now()
        call = server.stub.ListRuns(requests()["ListRuns"], metadata=(("authorization", f"Bearer {short}"),))
        assert (await refused(call))[0] is CODE.UNAUTHENTICATED
        who = server.who("viewer")
        await server.stub.ListRuns(requests()["ListRuns"], metadata=who)
        gone = User("viewer", "Viewer", {"h1": Role.VIEWER}, active=False)
        server.opened.people.save_user(server.opened.user("root"), gone, request_id="gone")
        assert (await refused(server.stub.ListRuns(requests()["ListRuns"], metadata=who)))[0] is (
            CODE.UNAUTHENTICATED
        )


async def test_two_tokens_in_one_call_are_none(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        who = (*server.who("viewer"), *server.who("root"))
        assert (await refused(server.stub.ListRuns(requests()["ListRuns"], metadata=who)))[0] is (
            CODE.UNAUTHENTICATED
        )


# --- reading --------------------------------------------------------------------------------------


async def test_the_queue_comes_in_pages_and_its_states_as_people_see_them(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        who = server.who("viewer")
        await server.decide("taro", 3, "CLAIM")
        rows, token = [], ""
        while True:
            page = await server.stub.ListItems(
                pb.ListItemsRequest(filter=FILTER, page_size=2, page_token=token), metadata=who
            )
            rows += page.rows
            if not (token := page.next_page_token):
                break
        assert [row.name for row in rows] == ["GOT", "GPT", "GOT", "謎の検査"]
        assert [review_pb2.ItemState.Name(row.standing.state) for row in rows] == [
            "ITEM_STATE_PROPOSED",
            "ITEM_STATE_IN_REVIEW",
            "ITEM_STATE_PROPOSED",
            "ITEM_STATE_PROPOSED",
        ]
        assert rows[0].standing.proposal == AST


async def test_the_queue_is_filtered_and_ordered(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        who = server.who("viewer")

        async def ids(**fields: Any) -> list[int]:
            wanted = pb.ItemFilter(facility="h1", **fields)
            page = await server.stub.ListItems(pb.ListItemsRequest(filter=wanted), metadata=who)
            return [row.id for row in page.rows]

        assert await ids(reason="NAME_UNKNOWN") == [5]
        assert await ids(min_probability=0.65) == [2, 4]
        assert await ids(max_probability=0.65) == [3, 5]
        assert await ids(states=[review_pb2.ITEM_STATE_ACCEPTED]) == [1]
        assert await ids(run=7) == []
        assert sorted(await ids(order=review_pb2.ITEM_ORDER_PROBABILITY)) == [2, 3, 4, 5]
        assert (await ids(order=review_pb2.ITEM_ORDER_PROBABILITY))[-1] == 5
        await server.decide("lead", 4, "ASSIGN", text="taro")
        assert await ids(assigned_to="taro") == [4]
        assert await ids(assigned_to="") == [2, 3, 5]


async def test_a_field_outside_its_limits_is_named(tmp_path: Path) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"page_size": 501}, "page_size"),
        ({"page_size": -1}, "page_size"),
        ({"page_token": "x"}, "page_token"),
        ({"page_token": "1.x"}, "page_token"),
        ({"filter": pb.ItemFilter(facility="h1", reason="NO_SUCH")}, "filter.reason"),
        (
            {"filter": pb.ItemFilter(facility="h1", states=[review_pb2.ITEM_STATE_UNSPECIFIED])},
            "filter.states",
        ),
        ({"filter": pb.ItemFilter(facility="h1", states=[99])}, "filter.states"),  # type: ignore[list-item]
        ({"filter": pb.ItemFilter(facility="h1", order=9)}, "filter.order"),  # type: ignore[arg-type]
    ]
    async with reviewing(tmp_path) as server:
        who = server.who("viewer")
        for fields, field in wrong:
            request = pb.ListItemsRequest(**{"filter": FILTER, **fields})
            found = await refused(server.stub.ListItems(request, metadata=who))
            assert found[:2] == (CODE.INVALID_ARGUMENT, "INPUT_UNUSABLE")
            assert found[3].startswith(field)


async def test_an_item_shows_row_candidates_history_and_what_may_be_done(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        await server.decide("taro", 2, "COMMENT", text="機器を確認")
        view = (await server.stub.GetItem(requests()["GetItem"], metadata=server.who("hanako"))).view
        assert (view.item.test.name, view.item.row, view.item.standing.proposal) == ("GOT", 2, AST)
        assert [candidate.code for candidate in view.item.mapping.candidates] == [AST, ALT]
        assert [(event.by, event.text) for event in view.history][-1] == ("taro", "機器を確認")
        assert view.identical == 1
        assert {review_pb2.ACTION_CONFIRM, review_pb2.ACTION_NO_CODE} <= set(view.allowed)
        assert review_pb2.ACTION_SETTLE not in view.allowed


async def test_codes_are_found_by_words(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        request = pb.SearchCodesRequest(facility="h1", text="総蛋白")
        found = await server.stub.SearchCodes(request, metadata=server.who("viewer"))
        assert [(code.name, len(code.code)) for code in found.codes] == [("総蛋白", 17)]


# --- deciding -------------------------------------------------------------------------------------


async def test_the_next_item_is_claimed_decided_and_undone(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        who = server.who("hanako")
        first = (await server.stub.ClaimNextItem(requests()["ClaimNextItem"], metadata=who)).view
        assert (first.item.id, first.item.standing.claimed_by) == (2, "hanako")
        again = (await server.stub.ClaimNextItem(requests()["ClaimNextItem"], metadata=who)).view
        assert (again.item.id, again.item.etag) == (2, first.item.etag)
        done = await server.decide("hanako", 2, "CHOOSE", etag=first.item.etag, request="d", code=ALT)
        assert (done.item.standing.state, done.item.standing.code) == (review_pb2.ITEM_STATE_FINAL, ALT)
        assert (done.event.by, done.event.after.code, done.repeated_request) == ("hanako", ALT, False)
        repeated = await server.decide("hanako", 2, "CHOOSE", etag=first.item.etag, request="d", code=ALT)
        assert (repeated.repeated_request, repeated.event.hash) == (True, done.event.hash)
        undone = await server.decide("hanako", 2, "UNDO", etag=done.item.etag, request="u")
        assert undone.item.standing.state == review_pb2.ITEM_STATE_PROPOSED


async def test_nothing_left_is_an_answer_without_an_item(tmp_path: Path) -> None:
    async with reviewing(tmp_path, lists=False) as server:
        found = await server.stub.ClaimNextItem(requests()["ClaimNextItem"], metadata=server.who("hanako"))
        assert not found.HasField("view")


async def test_the_second_of_two_reviewers_learns_what_the_first_decided(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        done = await server.decide("hanako", 2, "NO_CODE")
        assert done.item.standing.code == UNCODABLE
        order = pb.DecideItemRequest(order=server.order(2, "CONFIRM", request="r2"))
        code, reason, metadata, message = await refused(
            server.stub.DecideItem(order, metadata=server.who("taro"))
        )
        assert (code, reason) == (CODE.ABORTED, "CONFLICT")
        assert metadata == {
            "item": "2",
            "etag": str(done.item.etag),
            "by": "hanako",
            "code": UNCODABLE,
        }
        assert "hanako" in message


async def test_of_ten_at_once_one_decides(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        calls = [server.decide("taro", 2, "CONFIRM", request=f"r{n}") for n in range(10)]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(not isinstance(result, BaseException) for result in results) == 1
        failed = [result for result in results if isinstance(result, grpc.aio.AioRpcError)]
        assert {error.code() for error in failed} <= {CODE.ABORTED, CODE.PERMISSION_DENIED}
        assert len(failed) == 9


async def test_what_makes_no_sense_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    wrong: list[tuple[str, dict[str, str], grpc.StatusCode, str]] = [
        ("PICK", {"code": "C99990000250000F7"}, CODE.INVALID_ARGUMENT, "INVALID_DECISION"),
        ("PICK", {"code": "'; DROP TABLE items --"}, CODE.INVALID_ARGUMENT, "INVALID_DECISION"),
        ("SEND_BACK", {}, CODE.INVALID_ARGUMENT, "INVALID_DECISION"),
        ("SETTLE", {"code": AST}, CODE.PERMISSION_DENIED, "NOT_ALLOWED"),
        ("CONFIRM", {"request": ""}, CODE.INVALID_ARGUMENT, "INPUT_UNUSABLE"),
        ("CONFIRM", {"request": "x" * 101}, CODE.INVALID_ARGUMENT, "INPUT_UNUSABLE"),
        *(
            (action, {}, CODE.INVALID_ARGUMENT, "INPUT_UNUSABLE")
            for action in ("UNSPECIFIED", "HIDDEN", "IMPORT", "USER", "FACILITY")
        ),
    ]
    async with reviewing(tmp_path) as server:
        who = server.who("hanako")
        for action, fields, code, reason in wrong:
            request = pb.DecideItemRequest(order=server.order(2, action, **fields))
            assert (await refused(server.stub.DecideItem(request, metadata=who)))[:2] == (code, reason), (
                action
            )
        standing = server.opened.review.view(server.opened.user("hanako"), "h1", 2).item.standing
        assert standing.state is ItemState.PROPOSED


async def test_identical_rows_are_shown_before_they_are_decided_together(tmp_path: Path) -> None:
    async with reviewing(tmp_path) as server:
        order, who = server.order(2, "CONFIRM"), server.who("hanako")
        preview = await server.stub.PreviewIdentical(pb.PreviewIdenticalRequest(order=order), metadata=who)
        assert [change.item.id for change in preview.changes] == [2, 4]
        assert {change.after.code for change in preview.changes} == {AST}
        etags = {change.item.id: change.item.etag for change in preview.changes}
        done = await server.stub.DecideIdentical(
            pb.DecideIdenticalRequest(order=order, etags=etags), metadata=who
        )
        assert [outcome.item.id for outcome in done.outcomes] == [2, 4]
        assert {outcome.item.standing.code for outcome in done.outcomes} == {AST}
        empty = pb.DecideIdenticalRequest(order=server.order(3, "CONFIRM", request="e"))
        assert (await refused(server.stub.DecideIdentical(empty, metadata=who)))[0] is CODE.INVALID_ARGUMENT


async def test_twins_are_told_apart_and_decided_where_they_are_named(tmp_path: Path) -> None:
    async with reviewing(tmp_path, lists=False) as server:
        tests = tuple(LocalTest(name, unit="U/L") for name in ("GOT", "GOT(時間外)", "GOT", "GOT2"))
        who = server.who("hanako")
        await server.stub.ImportList(iter(upload("import", tests)), metadata=who)
        view = (await server.stub.GetItem(pb.GetItemRequest(facility="h1", item=1), metadata=who)).view
        assert (view.identical, view.twins, list(view.similar)) == (1, 2, [])
        order = server.order(1, "CONFIRM")
        preview = await server.stub.PreviewIdentical(pb.PreviewIdenticalRequest(order=order), metadata=who)
        assert [change.item.id for change in preview.changes] == [1, 3]
        assert [(change.item.id, change.after.code) for change in preview.twins] == [(2, AST), (4, AST)]
        request = pb.DecideIdenticalRequest(order=order, etags={1: 1, 3: 1, 4: 1})
        done = await server.stub.DecideIdentical(request, metadata=who)
        assert [outcome.item.id for outcome in done.outcomes] == [1, 3, 4]
        view = (await server.stub.GetItem(pb.GetItemRequest(facility="h1", item=2), metadata=who)).view
        assert (view.item.standing.state, view.twins) == (review_pb2.ITEM_STATE_PROPOSED, 0)
        assert [(name.item, name.code) for name in view.similar] == [(4, AST), (3, AST)]
