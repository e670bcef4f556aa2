"""The schema goes up from every older version and down again, with what the database held."""

import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

import jlac_mapper.storage
from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.review.commands import ItemQuery
from jlac_mapper.review.mapping_json import mapping_from_json
from jlac_mapper.review.model import Action, ItemState
from jlac_mapper.storage import review_tables
from jlac_mapper.storage.database import HEAD, Database
from jlac_mapper.storage.master import SqlMasterStore
from jlac_mapper.storage.review_tables import item_answers
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.storage.tables import metadata
from jlac_mapper.storage.users import SqlUserStore
from jlac_mapper.types import LocalTest, Reason
from jlac_mapper.vocabulary import Concept, SiteName
from tests.support.review_store_steps import decide, verified
from tests.support.review_values import AST, CK, NOON, ONE, a_draft, a_mapping, a_run, new_items
from tests.unit.test_old_evidence import OLD_ANSWER

MIGRATIONS = Path(jlac_mapper.storage.__file__).parent / "migrations"
EDITION = make_edition("2025", [ListedCode(parse(AST), "AST")])


def scripts() -> tuple[Config, list[str]]:
    """The migrations, and their versions from the oldest to the newest."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    walked = ScriptDirectory.from_config(config).walk_revisions()
    return config, [script.revision for script in walked][::-1]


def test_the_newest_schema_that_is_opened_without_a_look_at_the_migrations_is_theirs() -> None:
    assert scripts()[1][-1] == HEAD


def migrate(database: Database, version: str, *, down: bool = False) -> None:
    config, _ = scripts()
    with database.writing() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, version)


def tables(database: Database) -> set[str]:
    with database.reading() as connection:
        return set(inspect(connection).get_table_names())


def tables_of(database: Database) -> set[str]:
    """The tables as they stand, without bringing the schema to its newest version first."""
    engine = create_engine(database.url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def version_of(database: Database) -> str:
    with database.reading() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def masters(database: Database) -> SqlMasterStore:
    return SqlMasterStore(Database(database.url.render_as_string(hide_password=False)), lambda: EDITION)


@pytest.mark.parametrize("version", scripts()[1])
def test_the_schema_goes_down_to_every_version_and_up_again_with_the_editions(
    review_database: Database, version: str
) -> None:
    store = masters(review_database)
    store.save(EDITION, source_file="m.csv", imported_at=NOON)
    store.use("2025")
    newest = tables(review_database)
    migrate(review_database, version, down=True)
    review_database.close()
    store.close()
    reopened = masters(review_database)
    assert (reopened.load("2025"), reopened.active()) == (EDITION, "2025")
    assert tables(review_database) == newest
    reopened.close()


def test_an_earlier_version_finds_no_elements_that_it_does_not_know(review_database: Database) -> None:
    store = masters(review_database)
    unit = Element(ElementKind.UNIT, "F7", "U/L", ("IU/L",))
    member = Element(ElementKind.JLAC10_MEMBER, "1A990000053", "蛋白 定性")
    analyte = Element(ElementKind.JLAC10_ANALYTE, "1A990", "尿定性")
    store.save_elements("1.1", [unit, member, analyte])
    store.close()
    migrate(review_database, "0004", down=True)
    review_database.close()
    engine = create_engine(review_database.url)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT kind, code FROM elements")).all()
    engine.dispose()
    assert [tuple(row) for row in kept] == [("unit", "F7")]


def test_reviewing_begins_in_a_database_that_held_editions_only(review_database: Database) -> None:
    store = masters(review_database)
    store.save(EDITION, source_file="m.csv", imported_at=NOON)
    store.close()
    migrate(review_database, "0001", down=True)
    assert "items" not in tables(review_database)
    review_database.close()
    users, reviews = SqlUserStore(review_database), SqlReviewStore(review_database)
    users.save_facility(ONE, a_draft(Action.FACILITY))
    reviews.import_run(a_run(), new_items("AST"), a_draft(Action.IMPORT))
    assert reviews.counts("h1") == {ItemState.PROPOSED: 1}


def test_a_database_of_before_concepts_opens_with_its_names_editions_items_and_trail(
    review_database: Database,
) -> None:
    """What schema 0002 held is written by its own tables' columns; the program of today reads it all."""
    store = masters(review_database)
    store.save(EDITION, source_file="m.csv", imported_at=NOON)
    store.close()
    users, reviews = SqlUserStore(review_database), SqlReviewStore(review_database)
    users.save_facility(ONE, a_draft(Action.FACILITY))
    run = reviews.import_run(a_run(), new_items("CPK?", "AST"), a_draft(Action.IMPORT))
    first, second = (item.id for item in reviews.run_items("h1", run.id))
    migrate(review_database, "0002", down=True)
    assert not {"elements", "edition_bindings"} & tables_of(review_database)
    with review_database.writing() as connection:
        old = zlib.compress(OLD_ANSWER.encode())
        wanted = item_answers.c.item == first
        connection.execute(item_answers.update().where(wanted).values(mapping=old))
        for position, (name, kind, near) in enumerate(
            (("亜鉛", "jlac10", ""), ("CK-MB", "near_twin", "C2001"))
        ):
            connection.execute(
                text("INSERT INTO background_names VALUES ('site', :position, :name, :kind, :near)"),
                {"position": position, "name": name, "kind": kind, "near": near},
            )
        connection.execute(text("INSERT INTO active_edition VALUES (1, '2025')"))
    review_database.close()

    store, reviews = masters(review_database), SqlReviewStore(review_database)
    assert (store.load("2025"), store.active()) == (EDITION, "2025")
    assert store.load_site_names() == (SiteName("亜鉛", "jlac10"), SiteName("CK-MB", "near_twin"))
    assert (store.load_bindings("2025"), store.load_elements()) == ({}, ())
    assert version_of(review_database) == scripts()[1][-1] == "0009"
    assert reviews.item("h1", first).mapping == mapping_from_json(OLD_ANSWER)
    assert reviews.item("h1", second).mapping == new_items("AST")[0].mapping
    assert verified(reviews) == []
    assert decide(reviews, first, AST)
    assert reviews.counts("h1") == {ItemState.FINAL: 1, ItemState.PROPOSED: 1}
    assert verified(reviews) == []
    store.save_binding("2025", ("C2008", "", "", ""), "ast")
    assert store.load_bindings("2025") == {("C2008", "", "", ""): "ast"}
    store.close()


def test_rows_of_before_twins_have_their_twins_and_concepts_when_the_database_is_opened(
    review_database: Database,
) -> None:
    users, reviews = SqlUserStore(review_database), SqlReviewStore(review_database)
    users.save_facility(ONE, a_draft(Action.FACILITY))
    read_as_ck = replace(a_mapping(CK), read_as=Concept("ck", "CK", "CK"))
    many = [item for n in range(600) for item in new_items(f"Na {n % 90}")]
    items = [
        *new_items("CPK", "CK(時間外)", mapping=read_as_ck),
        *new_items("AST", "AST(病棟)", "AST2"),
        *many,
    ]
    run = reviews.import_run(a_run(), items, a_draft(Action.IMPORT))
    first, late, ast, wing, counted = (i.id for i in reviews.run_items("h1", run.id, limit=5))
    decide(reviews, late, CK)
    kept = reviews.items("h1", range(1, 700))
    migrate(review_database, "0005", down=True)
    review_database.close()
    assert version_of(review_database) == HEAD
    assert [replace(i, twin_key="") for i in reviews.items("h1", range(1, 700))] == [
        replace(i, twin_key="") for i in kept
    ]
    twin = reviews.item("h1", ast).twin_key
    assert reviews.twins("h1", twin, [ItemState.PROPOSED]) == [ast, wing, counted]
    assert len(reviews.twins("h1", reviews.item("h1", counted + 1).twin_key, [ItemState.PROPOSED])) == 600
    assert [name.item for name in reviews.similar("h1", first, 5)] == [late]
    assert verified(reviews) == []


def test_rows_of_before_facets_are_found_and_counted_when_the_database_is_opened(
    review_database: Database,
) -> None:
    users, reviews = SqlUserStore(review_database), SqlReviewStore(review_database)
    users.save_facility(ONE, a_draft(Action.FACILITY))
    tests = [LocalTest("ＡＳＴ", section="生化学"), *(LocalTest(f"CK {n}") for n in range(600))]
    [one] = new_items("AST", mapping=a_mapping(AST, probability=0.95))
    run = reviews.import_run(a_run(), [replace(one, test=test) for test in tests], a_draft(Action.IMPORT))
    first = reviews.run_items("h1", run.id, limit=1)[0].id
    decide(reviews, first, CK)
    reviews.reopen("h1", {CK: AST}, a_draft(Action.REOPEN, request_id="reopen"))
    asked = ItemQuery("h1", text="ast", department="生化学", main_reason=Reason.CODE_ENDED, band=3)
    kept = reviews.facets(ItemQuery("h1"))
    assert [row.id for row in reviews.queue(asked, now=NOON)] == [first]
    migrate(review_database, "0006", down=True)
    review_database.close()
    assert version_of(review_database) == HEAD
    assert [row.id for row in reviews.queue(asked, now=NOON)] == [first]
    assert reviews.facets(ItemQuery("h1")) == kept
    assert kept.total == 601
    assert verified(reviews) == []


def test_the_schema_can_be_taken_away_altogether_and_made_again(review_database: Database) -> None:
    assert tables(review_database) >= {"items", "events", "editions"}
    migrate(review_database, "base", down=True)
    assert tables(review_database) == {"alembic_version"}
    review_database.close()
    assert tables(review_database) == {*metadata.tables, "alembic_version"}


def test_indices_and_unique_constraints_are_those_that_the_tables_describe(review_database: Database) -> None:
    with review_database.reading() as connection:
        found = inspect(connection)
        for table in (review_tables.items, review_tables.events, review_tables.item_reasons):
            indices = {
                index["name"]: index["column_names"]
                for index in found.get_indexes(table.name)
                if not index.get("duplicates_constraint")
            }
            assert indices == {index.name: [c.name for c in index.columns] for index in table.indexes}
        assert [u["column_names"] for u in found.get_unique_constraints("items")] == [["run", "row"]]
