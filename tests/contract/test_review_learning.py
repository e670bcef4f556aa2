"""One suite for every ReviewStore, SQLite and PostgreSQL: what final decisions say."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import event

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.review.commands import ItemQuery
from jlac_mapper.review.model import OPEN, Action, ItemState, Reading, Standing
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.types import Reason
from tests.support.review_store_steps import decide, fill_queue, ids, set_standing, take_in, verified
from tests.support.review_values import AST, CK, ENDED, NOON, TP, a_draft, new_items


def test_final_decisions_are_the_local_aliases_of_their_facility(store: SqlReviewStore) -> None:
    take_in(store, new_items("AST", "AST", "CK"))
    first, second, third = ids(store, ItemQuery("h1"))
    decide(store, first, AST)
    decide(store, second, CK, at=NOON + timedelta(seconds=1))
    key, other = store.item("h1", first).key, store.item("h1", third).key
    names = store.local_aliases("h1", [key, other, "unknown"])
    assert list(names) == [key]
    assert [(n.code, n.item, n.by, n.name) for n in names[key]] == [
        (CK, second, "ann", "AST"),
        (AST, first, "ann", "AST"),
    ]
    assert [n.item for n in store.contradictions("h1")] == [second, first]
    assert store.local_aliases_elsewhere("h2", [key]) == {key: {AST: 1, CK: 1}}
    assert store.local_aliases_elsewhere("h1", [key]) == {}
    set_standing(store, second, state=ItemState.PROPOSED, code="")
    assert [n.code for n in store.local_aliases("h1", [key])[key]] == [AST]
    assert store.contradictions("h1") == []
    assert store.identical("h1", key, OPEN) == [second]


def test_local_aliases_are_found_for_more_keys_than_one_statement_takes(store: SqlReviewStore) -> None:
    take_in(store, new_items(*(f"name {i}" for i in range(1200))))
    found = store.queue(ItemQuery("h1"), now=NOON, limit=1200)
    decide(store, found[-1].id, AST)
    keys = [item.key for item in store.items("h1", [row.id for row in found])]
    assert list(store.local_aliases("h1", keys)) == [keys[-1]]


def test_readings_of_two_people_are_counted_by_code(store: SqlReviewStore) -> None:
    made = fill_queue(store)
    for item, second in ((made[0], CK), (made[1], CK), (made[2], AST)):
        set_standing(
            store, item, state=ItemState.DISPUTED, first=Reading("a", AST), second=Reading("b", second)
        )
    set_standing(store, made[3], state=ItemState.DECIDED_ONCE, first=Reading("a", AST))
    assert store.readings("h1") == {(AST, CK): 2, (AST, AST): 1}


def test_ended_codes_are_reopened_with_their_successor(store: SqlReviewStore) -> None:
    made = fill_queue(store)
    for item, code in zip(made, (ENDED, UNCODABLE, CK, TP), strict=True):
        decide(store, item, code)
    assert store.final_codes("h1") == {ENDED: 1, CK: 1, TP: 1}
    before = {item: store.item("h1", item) for item in made}
    draft = a_draft(Action.REOPEN, by="root", request_id="edition", text="ended")
    reopened = store.reopen("h1", {ENDED: AST, TP: ""}, draft)
    assert [(r.item, r.name, r.code, r.successor) for r in reopened] == [
        (made[0], "name 0", ENDED, AST),
        (made[3], "name 3", TP, ""),
    ]
    first = store.item("h1", made[0])
    assert first.standing == Standing(ItemState.PROPOSED, proposal=AST)
    assert first.reasons == (Reason.UNIT_ASSUMED, Reason.CODE_ENDED)
    assert first.etag == before[made[0]].etag + 1
    assert store.history("h1", made[0])[-1].draft == replace(
        draft, item=made[0], code=ENDED, before=before[made[0]].standing, after=first.standing
    )
    assert [store.item("h1", item) for item in made[1:3]] == [before[item] for item in made[1:3]]
    assert ids(store, ItemQuery("h1", reason=Reason.CODE_ENDED)) == [made[0], made[3]]
    assert ids(store, ItemQuery("h1", reason=Reason.UNIT_ASSUMED)) == [made[0]]
    assert verified(store) == []
    assert store.reopen("h1", {ENDED: AST, TP: ""}, draft) == reopened
    assert store.head("h1").count == 7


def test_a_decision_that_ends_twice_has_its_reason_once(store: SqlReviewStore) -> None:
    [item] = [fill_queue(store)[0]]
    for request_id in ("first", "second"):
        decide(store, item, ENDED)
        store.reopen("h1", {ENDED: AST}, a_draft(Action.REOPEN, request_id=request_id))
    assert store.item("h1", item).reasons == (Reason.UNIT_ASSUMED, Reason.CODE_ENDED)


def test_decisions_of_many_codes_are_reopened_in_a_few_statements(
    store: SqlReviewStore, review_database: Database
) -> None:
    ended = [f"C2008{number:04d}250000F7" for number in range(1, 301)]
    made = [
        replace(new, standing=Standing(ItemState.FINAL, code=code))
        for code, new in zip(ended * 2, new_items(*(f"name {number}" for number in range(600))), strict=True)
    ]
    run = take_in(store, made)
    moved = {code: "" if number % 2 else TP.replace("C1", "B1", 1) for number, code in enumerate(ended)}
    with review_database.reading() as connection:
        engine = connection.engine
    said: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    reopened = store.reopen("h1", moved, a_draft(Action.REOPEN, request_id="edition"))
    assert len(said) < 20
    assert [(r.item, r.successor) for r in reopened] == [
        (number, moved[code]) for number, code in enumerate(ended * 2, start=1)
    ]
    rows = store.queue(ItemQuery("h1", run=run.id), now=NOON, limit=600)
    assert [(row.section, row.standing.proposal) for row in rows[:2]] == [("B", moved[ended[0]]), ("C", "")]
    assert len(store.queue(ItemQuery("h1", section="B"), now=NOON, limit=600)) == 300
    assert verified(store) == []
