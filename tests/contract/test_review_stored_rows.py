"""
What a database holds of lists, items and events, to the letter, SQLite and PostgreSQL.

The lines are written out here as an earlier version wrote them; no code makes them. Where this fails, the
databases that hospitals have are no longer written, or read, as they are.
"""

import json
from dataclasses import replace

from sqlalchemy import text

from jlac_mapper.review.model import Action, ItemState, Reading
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.types import Reason
from tests.support.review_store_steps import change, take_in, verified
from tests.support.review_values import AST, CK, NOON, a_draft, a_mapping, new_items

HELD = (
    '[1, "h1", "list.csv", '
    '"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd", "2025@aaaa", '
    '"edition=2025@aaaaaaaaaaaa;retrieval=test;calibration=none;threshold=0.9000;as_of=2026-01-02;jlac_ma'
    'pper=0", 2, "ann", "2026-01-02T12:00:00.000000+00:00", '
    '"2026-01-02T12:00:00.000000+00:00"]',
    '[1, "h1", 1, 1, "a7d40abcef9752fb8565dbf02eb17ec106b924250eecb43bb08e10f156a7c933", '
    '"0", "AST", "血清", "U/L", "C", 0.5, "EXACT_NAME UNIT_ASSUMED", "final", '
    '"C20080000250000F7", "ann", "C20080000250000F7", "bob", "C20010000250000F7", "", null, '
    '"lea", "C20080000250000F7", "材料?", "ann", "2026-01-02T12:00:00.000000+00:00", 4, '
    '"a7d40abcef9752fb8565dbf02eb17ec106b924250eecb43bb08e10f156a7c933", "", '
    '"ast 0  血清", "", "UNIT_ASSUMED", 1]',
    '[2, "h1", 1, 2, "5772bfb7a100edbbee567b95a36807f917ba3ab6080131c43e977f109394b6a3", '
    '"0", "CK", "血清", "U/L", "", 0.5, "NAME_UNKNOWN", "proposed", "", null, null, null, '
    'null, "", null, "", "", "", "", "", 1, '
    '"5772bfb7a100edbbee567b95a36807f917ba3ab6080131c43e977f109394b6a3", "", '
    '"ck 0  血清", "", "NAME_UNKNOWN", 1]',
    '["", 1, "facility", "ann", "2026-01-02T12:00:00.000000+00:00", "make h1", null, null, '
    '"", "", "", "", "", "", '
    '"286d9e34ce23ede02c2a5e6d6528bb46856bb070307c28bac1138c9e4c769010", '
    '"6c52cda87c1631b77f6a951d493179a6dba7e2b7915a3f2f5c699d2081aec4a8"]',
    '["", 2, "facility", "ann", "2026-01-02T12:00:00.000000+00:00", "make h2", null, null, '
    '"", "", "", "", "", "", '
    '"6c52cda87c1631b77f6a951d493179a6dba7e2b7915a3f2f5c699d2081aec4a8", '
    '"b2e3071b53a94ccdea075fabdfbb6f7e7a80a5192fc7909fc611c9ae3e1b974c"]',
    '["h1", 1, "import", "ann", "2026-01-02T12:00:00.000000+00:00", "import", null, 1, "", '
    '"", "", "", "", "", '
    '"f7df05ea32978e8483d6228493dca7f678d63580f729a1c44f86c7b22c504204", '
    '"ab094d0a22bdf2648df82f0c5187ee43f218fbfe99930cfbc1336ff3a1606958"]',
    '["h1", 2, "claim", "ann", "2026-01-02T12:00:00.000000+00:00", "r-1", 1, null, "", "", '
    '"{\\"state\\":\\"proposed\\",\\"proposal\\":\\"C20080000250000F7\\"}", '
    '"{\\"state\\":\\"proposed\\",\\"claimed_by\\":\\"ann\\",\\"claimed_until\\":\\"2026-01-02T12:00:00.000000+00:00'
    '\\",\\"assigned_to\\":\\"lea\\",\\"proposal\\":\\"C20080000250000F7\\",\\"question\\":\\"材料?\\"}", '
    '"", "", "ab094d0a22bdf2648df82f0c5187ee43f218fbfe99930cfbc1336ff3a1606958", '
    '"19ac767a7f4d7d8e0a7a88c2495e2aab4fc6ecb9326620191312c0f5b78250a1"]',
    '["h1", 3, "confirm", "ann", "2026-01-02T12:00:00.000000+00:00", "r-2", 1, null, "", '
    '"", '
    '"{\\"state\\":\\"proposed\\",\\"claimed_by\\":\\"ann\\",\\"claimed_until\\":\\"2026-01-02T12:00:00.000000+00:00'
    '\\",\\"assigned_to\\":\\"lea\\",\\"proposal\\":\\"C20080000250000F7\\",\\"question\\":\\"材料?\\"}", '
    '"{\\"state\\":\\"disputed\\",\\"first\\":[\\"ann\\",\\"C20080000250000F7\\"],\\"second\\":[\\"bob\\",\\"C2001000025'
    '0000F7\\"],\\"claimed_by\\":\\"ann\\",\\"claimed_until\\":\\"2026-01-02T12:00:00.000000+00:00\\",\\"assigned_t'
    'o\\":\\"lea\\",\\"proposal\\":\\"C20080000250000F7\\",\\"question\\":\\"材料?\\"}", "", "", '
    '"19ac767a7f4d7d8e0a7a88c2495e2aab4fc6ecb9326620191312c0f5b78250a1", '
    '"442dba08c7a6d44fc3325903592d6e1265ae3c2c198d94957a632d884e7ed04c"]',
    '["h1", 4, "confirm", "ann", "2026-01-02T12:00:00.000000+00:00", "r-3", 1, null, '
    '"C20080000250000F7", "é", '
    '"{\\"state\\":\\"disputed\\",\\"first\\":[\\"ann\\",\\"C20080000250000F7\\"],\\"second\\":[\\"bob\\",\\"C2001000025'
    '0000F7\\"],\\"claimed_by\\":\\"ann\\",\\"claimed_until\\":\\"2026-01-02T12:00:00.000000+00:00\\",\\"assigned_t'
    'o\\":\\"lea\\",\\"proposal\\":\\"C20080000250000F7\\",\\"question\\":\\"材料?\\"}", '
    '"{\\"state\\":\\"final\\",\\"code\\":\\"C20080000250000F7\\",\\"first\\":[\\"ann\\",\\"C20080000250000F7\\"],\\"sec'
    'ond\\":[\\"bob\\",\\"C20010000250000F7\\"],\\"assigned_to\\":\\"lea\\",\\"proposal\\":\\"C20080000250000F7\\",\\"q'
    'uestion\\":\\"材料?\\"}", "", "m", '
    '"442dba08c7a6d44fc3325903592d6e1265ae3c2c198d94957a632d884e7ed04c", '
    '"0b6daa9c7b2ae9642e1963ddfe0cd95d2bc82a6120c3de2bffd36685b11a5fa1"]',
)
REOPENED = (
    '[1, "h1", 1, 1, "a7d40abcef9752fb8565dbf02eb17ec106b924250eecb43bb08e10f156a7c933", '
    '"0", "AST", "血清", "U/L", "C", 0.5, "EXACT_NAME UNIT_ASSUMED CODE_ENDED", "proposed", '
    '"", null, null, null, null, "", null, "lea", "C20010000250000F7", "", "", "", 5, '
    '"a7d40abcef9752fb8565dbf02eb17ec106b924250eecb43bb08e10f156a7c933", "", '
    '"ast 0  血清", "", "CODE_ENDED", 1]',
    '["h1", 5, "reopen", "ann", "2026-01-02T12:00:00.000000+00:00", "r-4", 1, null, '
    '"C20080000250000F7", "", '
    '"{\\"state\\":\\"final\\",\\"code\\":\\"C20080000250000F7\\",\\"first\\":[\\"ann\\",\\"C20080000250000F7\\"],\\"sec'
    'ond\\":[\\"bob\\",\\"C20010000250000F7\\"],\\"assigned_to\\":\\"lea\\",\\"proposal\\":\\"C20080000250000F7\\",\\"q'
    'uestion\\":\\"材料?\\"}", '
    '"{\\"state\\":\\"proposed\\",\\"assigned_to\\":\\"lea\\",\\"proposal\\":\\"C20010000250000F7\\"}", '
    '"", "", "0b6daa9c7b2ae9642e1963ddfe0cd95d2bc82a6120c3de2bffd36685b11a5fa1", '
    '"0da5ba977e6e873bbf5be338dfcd7f91a3e2fb3c523e22e821016f95cc4ccd61"]',
)


def test_lists_items_and_events_are_held_as_they_always_were(
    store: SqlReviewStore, review_database: Database
) -> None:
    unknown = a_mapping("", reasons=(Reason.NAME_UNKNOWN,))
    take_in(store, [*new_items("AST"), *new_items("CK", mapping=unknown)])
    proposed, _ = store.run_items("h1", 1)
    claimed = replace(
        proposed.standing, claimed_by="ann", claimed_until=NOON, assigned_to="lea", question="材料?"
    )
    store.apply("h1", [change(proposed, claimed, Action.CLAIM, request_id="r-1")], "r-1")
    disputed = replace(
        claimed, state=ItemState.DISPUTED, first=Reading("ann", AST), second=Reading("bob", CK)
    )
    store.apply("h1", [change(store.item("h1", 1), disputed, request_id="r-2")], "r-2")
    final = replace(disputed, state=ItemState.FINAL, code=AST).unclaimed()
    store.apply("h1", [change(store.item("h1", 1), final, request_id="r-3", text="é", model="m")], "r-3")
    assert (
        *held(review_database, "runs"),
        *held(review_database, "items"),
        *held(review_database, "events"),
    ) == HELD
    assert store.item("h1", 1).standing == final
    assert [event.draft.after for event in store.history("h1", 1)] == [claimed, disputed, final]
    assert (store.run("h1", 1).file_name, store.run("h1", 1).started_at) == ("list.csv", NOON)
    assert verified(store) == []

    store.reopen("h1", {AST: CK}, a_draft(Action.REOPEN, request_id="r-4"))
    assert (held(review_database, "items")[0], held(review_database, "events")[-1]) == REOPENED


def held(database: Database, table: str) -> list[str]:
    order = "facility, sequence" if table == "events" else "id"
    with database.reading() as connection:
        rows = connection.execute(text(f"SELECT * FROM {table} ORDER BY {order}"))
        return [json.dumps(list(row), ensure_ascii=False) for row in rows]
