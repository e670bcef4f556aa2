"""One unit of work a request: what it keeps, whom it holds up, and how many transactions it takes."""

import os
import re
import threading
import uuid
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from jlac_mapper.cli.main import main
from jlac_mapper.config import Settings
from jlac_mapper.errors import ConflictError, NotFoundError
from jlac_mapper.grpc_api._pb.v1 import review_pb2
from jlac_mapper.grpc_api._pb.v1 import review_service_pb2 as pb
from jlac_mapper.grpc_api._pb.v1.review_service_pb2_grpc import ReviewServiceStub
from jlac_mapper.grpc_api.review_servicer import ReviewServicer
from jlac_mapper.grpc_api.server import MapperServer
from jlac_mapper.review.commands import Command
from jlac_mapper.review.model import Action, Facility, ItemState
from jlac_mapper.storage.database import Database
from tests.support.fakes import EchoMapper
from tests.support.grpc_fakes import ServedApp
from tests.support.review_office import ANN, BOB, WAIT, Office
from tests.support.review_values import a_draft
from tests.support.transactions import counted
from tests.web.site import AST, Browser, Site, etag_of, site_over, token_of

THREE = Facility("h3", "Three")
LIST = "項目コード,検査名,材料\n001,アルブミンX,血清\n002,アルブミンY,血清\n"


# --- what is kept


def test_what_is_not_committed_is_gone(office: Office) -> None:
    with office.units.writing() as work:
        work.users.save_facility(THREE, a_draft(request_id="three"))
        assert work.users.facility("h3") == THREE
    with office.units.reading() as work, pytest.raises(NotFoundError):
        work.users.facility("h3")


def test_an_error_undoes_the_unit(office: Office) -> None:
    def save_and_fail() -> None:
        with office.units.writing() as work:
            work.users.save_facility(THREE, a_draft(request_id="three"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        save_and_fail()
    assert "h3" not in {facility.key for facility in office.users.facilities()}


def test_a_joined_unit_is_kept_with_the_one_around_it_or_undone_alone(office: Office) -> None:
    first, second, third, fourth = office.items(office.take_in("GOT?", "CPK?", "old", "unknown"))
    with office.units.writing() as work:
        inside = office.review.within(work)
        inside.decide(ANN, Command("h1", first, 1, Action.NO_CODE, "kept"))
        with work.writing() as joined:
            office.review.within(joined).decide(ANN, Command("h1", second, 1, Action.NO_CODE, "undone"))
        with pytest.raises(ConflictError):
            inside.decide(ANN, Command("h1", third, 9, Action.NO_CODE, "refused"))
        work.commit()
    with office.units.writing() as work:
        office.review.within(work).decide(ANN, Command("h1", fourth, 1, Action.NO_CODE, "gone"))
    states = [office.store.item("h1", item).standing.state for item in (first, second, third, fourth)]
    assert states == [ItemState.FINAL, ItemState.PROPOSED, ItemState.PROPOSED, ItemState.PROPOSED]
    assert office.review.verify(office.people.asking("root"), "h1") == []
    assert [event.draft.request_id for event in office.store.events("h1")][1:] == ["kept"]


def test_a_unit_that_reads_cannot_write(office: Office) -> None:
    with office.units.reading() as work, pytest.raises(RuntimeError, match="only reads"):
        work.users.save_facility(THREE, a_draft(request_id="three"))
    with office.units.reading() as work, pytest.raises(RuntimeError, match="only reads"):
        office.review.within(work).next_item(ANN, WAIT, request_id="next")


# --- whom it holds up


def test_who_reads_does_not_wait_for_who_writes(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?"))
    with office.units.writing() as work:
        office.review.within(work).decide(ANN, Command("h1", item, 1, Action.CONFIRM, "held"))
        assert office.review.view(BOB, "h1", item).item.standing.state is ItemState.PROPOSED
        preview = office.review.preview(BOB, Command("h1", item, 1, Action.CONFIRM, "seen"))
        assert [found.id for found, _ in preview.changes] == [item]
        assert office.people.asking("ann") == ANN
        work.commit()
    assert office.review.view(BOB, "h1", item).item.standing.state is ItemState.FINAL


def test_a_decision_waits_for_the_one_before_it_and_is_then_an_honest_conflict(office: Office) -> None:
    [item] = office.items(office.take_in("GOT?"))
    seen: list[str] = []

    def decide() -> None:
        try:
            office.review.decide(BOB, Command("h1", item, 1, Action.NO_CODE, "second"))
        except ConflictError as error:
            seen.append(str(error))

    with office.units.writing() as work:
        office.review.within(work).decide(ANN, Command("h1", item, 1, Action.CONFIRM, "first"))
        other = threading.Thread(target=decide)
        other.start()
        other.join(0.3)
        assert other.is_alive()
        work.commit()
    other.join()
    assert len(seen) == 1
    assert "ann did confirm" in seen[0]


# --- how many transactions


@pytest.fixture
def site(review_database: Database) -> Site:
    """A page's parts with one imported list, on either database."""
    found = site_over(review_database)
    found.add_list()
    return found


def test_a_decision_on_the_page_is_one_transaction_and_so_is_the_next_item(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), site.item_named("GOT")
    page = browser.get(f"/f/h1/items/{item}").text
    form = {"csrf": token_of(page), "request_id": str(uuid.uuid4()), "etag": etag_of(page)}
    with counted() as decision:
        answer = browser.client.post(f"/f/h1/items/{item}", data={**form, "action": "answer", "code": AST})
    assert answer.status_code == 303
    following = answer.headers["location"]
    assert re.fullmatch(rf"/f/h1/items/\d+\?last={item}", following)
    with counted() as shown:
        assert browser.get(following).status_code == 200
    assert (len(decision.begun), decision.committed) == (1, 1)
    assert (len(shown.begun), shown.committed) == (1, 0)


def test_a_refused_decision_shows_the_item_as_it_stands_in_the_same_transaction(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), site.item_named("GOT")
    page = browser.get(f"/f/h1/items/{item}").text
    site.review.decide(site.user("taro"), Command("h1", item, 1, Action.NO_CODE, "first"))
    form = {"csrf": token_of(page), "request_id": str(uuid.uuid4()), "etag": etag_of(page)}
    with counted() as refused:
        answer = browser.client.post(f"/f/h1/items/{item}", data={**form, "action": "answer", "code": AST})
    assert answer.status_code == 409
    assert "taro" in answer.text
    assert len(refused.begun) == 1


async def test_a_decision_over_grpc_is_one_transaction_and_so_is_the_next_item(site: Site) -> None:
    servicer = ReviewServicer(site, site.clock)
    server = MapperServer(ServedApp(EchoMapper(), Settings(database_url="sqlite://")), review=servicer)
    address = await server.start("127.0.0.1", 0)
    await server.load()
    token = site.people.make_token(site.user("root"), "hanako", timedelta(hours=1))
    who = (("authorization", f"Bearer {token}"),)
    item = site.item_named("GOT")
    order = pb.Order(facility="h1", item=item, etag=1, action=review_pb2.ACTION_CONFIRM, request_id="decide")
    async with grpc.aio.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub = ReviewServiceStub(channel)
        try:
            with counted() as decision:
                decided = await stub.DecideItem(pb.DecideItemRequest(order=order), metadata=who)
            claim = pb.ClaimNextItemRequest(
                filter=pb.ItemFilter(facility="h1"), request_id="next", after=item
            )
            with counted() as shown:
                following = await stub.ClaimNextItem(claim, metadata=who)
        finally:
            await server.stop(0)
    assert decided.outcome.item.standing.code == AST
    assert following.view.item.id > item
    assert (len(decision.begun), decision.committed) == (1, 1)
    assert (len(shown.begun), shown.committed) == (1, 1)


def test_a_decision_at_the_terminal_is_one_transaction(
    review_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("JLAC_MAPPER_")]:
        monkeypatch.delenv(name)
    url = review_database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", url)
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text(LIST, encoding="utf-8")

    def review(*words: str) -> None:
        assert main(["review", *words]) == 0

    review("facility", "add", "h1")
    review("user", "add", "hanako", "--role", "h1=reviewer")
    at = ("--facility", "h1", "--user", "hanako")
    review("import", "list.csv", *at)
    with counted() as decision:
        review("decide", "1", "no-code", *at)
    with counted() as shown:
        review("show", "2", *at)
    # What the edition is read with has transactions of its own.
    assert (decision.of_review, decision.committed) == (1, 1)
    assert (shown.of_review, shown.committed) == (1, 0)
