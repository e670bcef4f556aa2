"""One suite for every MasterStore: in memory, SQLite, PostgreSQL; then what only databases do."""

import itertools
import multiprocessing
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from multiprocessing.synchronize import Barrier
from pathlib import Path
from threading import Timer

import pytest
from sqlalchemy import inspect

from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import Edition, ImportNote, ListedCode
from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.errors import ConfigurationError, DatabaseError, InputError, UnknownEditionError
from jlac_mapper.ports import EditionInfo, MasterStore
from jlac_mapper.storage import tables
from jlac_mapper.storage.database import BUSY_SECONDS, Database
from jlac_mapper.storage.master import SqlMasterStore
from jlac_mapper.vocabulary import SiteName
from tests.support.fakes import InMemoryMasterStore

NOON = datetime(2026, 1, 2, 12, 30, 15, 999, tzinfo=UTC)
STARTER = make_edition("starter", [ListedCode(parse("C20080000250000F7"), "AST", source="starter")])


def load_starter() -> Edition:
    return STARTER


def an_edition(name: str = "2025-12", *, product: str = "試薬「A」") -> Edition:
    return make_edition(
        name,
        [
            ListedCode(parse("C10020000240000" + "55"), "総蛋白(TP)"),
            ListedCode(
                parse("C1002-0000-240-001-55"),
                "総蛋白(TP)",
                product=product,
                valid_from=date(2025, 7, 16),
                valid_to=date(2026, 3, 31),
                jlac10=("3A010000002229101", "3A010000002229102"),
                successor="C1002000024000055",
                abbreviation="TP",
                specimen_name="血漿",
                unit_name="g/dL",
                method_name="可視吸光光度法_試薬「A」",
                sort_order="100",
                sheet="2026年8月",
                row=17,
            ),
            ListedCode(parse("B1001-0000-210-000-G5"), "赤血球数", source="starter"),
        ],
        [
            ImportNote(7, "jlac10-only", "尿量 1A005"),
            ImportNote(3, "code-length", "X: 'Ｃ１' is short"),
            ImportNote(4, "stray-blank", "unit", "8月", "C1002000024000155", " g/dL", "g/dL", (9, 12)),
        ],
    )


def opened(url: str, busy_seconds: float = BUSY_SECONDS) -> SqlMasterStore:
    return SqlMasterStore(Database(url, busy_seconds=busy_seconds), load_starter)


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database | None]:
    """Where the store keeps its editions; None for the one in memory."""
    if request.param == "memory":
        yield None
        return
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'new' / 'folder' / 'j.sqlite3'}"
    else:
        url = request.getfixturevalue("postgres_url")
    found = Database(url)
    yield found
    found.close()


@pytest.fixture
def store(database: Database | None) -> MasterStore:
    return InMemoryMasterStore(STARTER) if database is None else SqlMasterStore(database, load_starter)


def test_a_fresh_store_lists_and_uses_the_starter_alone(store: MasterStore) -> None:
    assert store.active() == "starter"
    assert store.load("starter") == STARTER
    assert store.list() == [EditionInfo("starter", STARTER.digest, 1, 0, "", "", True)]
    assert store.load_site_names() == ()


def test_an_edition_comes_back_as_it_was_saved(store: MasterStore) -> None:
    store.save(an_edition(), source_file="m.xlsx", imported_at=NOON)
    assert store.load("2025-12") == an_edition()


def test_the_codes_of_an_edition_come_back_in_ascending_order(store: MasterStore) -> None:
    store.save(an_edition(), source_file="m.xlsx", imported_at=NOON)
    codes = [str(listed.code) for listed in store.load("2025-12").codes]
    assert codes == ["B10010000210000G5", "C1002000024000055", "C1002000024000155"]


def test_the_list_tells_name_counts_file_and_moment_of_import_in_utc(store: MasterStore) -> None:
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    store.save(an_edition("b"), source_file="b.csv", imported_at=tokyo)
    store.save(an_edition("a"), source_file="a.xlsx", imported_at=NOON)
    infos = store.list()
    assert [info.name for info in infos] == ["starter", "a", "b"]
    assert infos[2] == EditionInfo(
        "b", an_edition("b").digest, 3, 1, "2026-01-02T12:30:15+00:00", "b.csv", False
    )


def test_saving_under_a_name_again_replaces_that_edition_and_leaves_the_others(store: MasterStore) -> None:
    store.save(an_edition("a"), source_file="1.csv", imported_at=NOON)
    store.save(an_edition("b"), source_file="1.csv", imported_at=NOON)
    replacement = make_edition("a", [ListedCode(parse("C20080000250001F7"), "AST(GOT)", product="新")])
    store.save(replacement, source_file="2.csv", imported_at=NOON)
    assert store.load("a") == replacement
    assert store.load("b") == an_edition("b")
    assert [(info.name, info.codes) for info in store.list()] == [("starter", 1), ("a", 1), ("b", 3)]


def test_saving_does_not_change_the_edition_in_use(store: MasterStore) -> None:
    store.save(an_edition("a"), source_file="1.csv", imported_at=NOON)
    assert store.active() == "starter"
    store.use("a")
    store.save(an_edition("b"), source_file="1.csv", imported_at=NOON)
    assert store.active() == "a"
    assert [info.name for info in store.list() if info.active] == ["a"]


def test_the_starter_can_be_taken_into_use_again(store: MasterStore) -> None:
    store.save(an_edition("a"), source_file="1.csv", imported_at=NOON)
    store.use("a")
    store.use("starter")
    assert store.active() == "starter"


def test_an_unknown_edition_is_an_error_that_names_those_that_exist(store: MasterStore) -> None:
    with pytest.raises(UnknownEditionError, match=r"'2024'.*starter$"):
        store.load("2024")
    store.save(an_edition("2025"), source_file="1.csv", imported_at=NOON)
    with pytest.raises(UnknownEditionError, match=r"'2024'.*starter, 2025$"):
        store.use("2024")
    assert store.active() == "starter"


@pytest.mark.parametrize("name", ["starter", "", "  ", "x" * 101, "a\nb"])
def test_a_name_that_cannot_be_used_is_refused_and_nothing_is_kept(store: MasterStore, name: str) -> None:
    with pytest.raises(InputError):
        store.save(an_edition(name), source_file="1.csv", imported_at=NOON)
    with pytest.raises(InputError):
        store.save_site_names(name, [])
    assert [info.name for info in store.list()] == ["starter"]


def test_site_names_come_back_by_vocabulary_name_and_then_as_saved(store: MasterStore) -> None:
    zinc, thallium = SiteName("亜鉛", "jlac10"), SiteName("Tl", "metal")
    store.save_site_names("z", [zinc, thallium])
    store.save_site_names("a", [thallium])
    assert store.load_site_names() == (thallium, zinc, thallium)
    store.save_site_names("z", [thallium])
    assert store.load_site_names() == (thallium, thallium)


def test_element_tables_come_back_by_their_name_and_then_as_saved(store: MasterStore) -> None:
    serum = Element(ElementKind.SPECIMEN, "250", "血清", withdrawn=True)
    unit = Element(ElementKind.UNIT, "F7", "U/L", ("IU/L", "単位／L"))
    method = Element(ElementKind.METHOD, "C2008009", "紫外吸光光度法_試薬")
    store.save_elements("1.1", [unit, serum])
    store.save_elements("1.0", [method])
    assert store.load_elements() == (method, unit, serum)
    store.save_elements("1.1", [serum])
    assert store.load_elements() == (method, serum)


@pytest.mark.parametrize("withdrawn", [False, True])
def test_the_jlac10_tables_come_back_with_what_is_deleted_and_members_of_sets(
    store: MasterStore, withdrawn: bool
) -> None:
    codes = {
        ElementKind.JLAC10_ANALYTE: "3B035",
        ElementKind.JLAC10_IDENTIFICATION: "1300",
        ElementKind.JLAC10_SPECIMEN: "023",
        ElementKind.JLAC10_METHOD: "272",
        ElementKind.JLAC10_RESULT: "01",
        ElementKind.JLAC10_MEMBER: "1A990000053",
    }
    assert set(codes) == {kind for kind in ElementKind if kind.value.startswith("jlac10 ")}
    lines = [Element(kind, code, "蛋白　定性", ("protein",), withdrawn) for kind, code in codes.items()]
    store.save_elements("jlac10", lines)
    assert store.load_elements() == tuple(lines)


AST, AST_SERUM = ("C2008", "", "", ""), ("C2008", "0000", "250", "F7")


def test_what_a_person_bound_comes_back_by_its_edition_and_can_be_changed(store: MasterStore) -> None:
    assert store.load_bindings("starter") == {}
    store.save(an_edition(), source_file="m.csv", imported_at=NOON)
    store.save_binding("2025-12", AST, "ast")
    store.save_binding("2025-12", AST_SERUM, "alt")
    store.save_binding("starter", AST, "ldh")
    assert store.load_bindings("2025-12") == {AST: "ast", AST_SERUM: "alt"}
    assert store.load_bindings("starter") == {AST: "ldh"}
    store.save_binding("2025-12", AST, "gamma_gt")
    assert store.load_bindings("2025-12") == {AST: "gamma_gt", AST_SERUM: "alt"}


def test_taking_a_binding_back_leaves_the_others(store: MasterStore) -> None:
    store.save_binding("starter", AST, "ast")
    store.save_binding("starter", AST_SERUM, "alt")
    store.save_binding("starter", AST, "")
    assert store.load_bindings("starter") == {AST_SERUM: "alt"}
    store.save_binding("starter", ("B1001", "", "", ""), "")
    assert store.load_bindings("starter") == {AST_SERUM: "alt"}


def test_a_binding_outlives_an_import_of_its_edition_again(store: MasterStore) -> None:
    store.save(an_edition(), source_file="1.csv", imported_at=NOON)
    store.save_binding("2025-12", AST, "ast")
    store.save(an_edition(product="新"), source_file="2.csv", imported_at=NOON)
    assert store.load_bindings("2025-12") == {AST: "ast"}


@pytest.mark.parametrize("concept", ["ast", ""])
def test_a_binding_of_an_edition_that_is_not_there_is_refused_and_not_kept(
    store: MasterStore, concept: str
) -> None:
    with pytest.raises(UnknownEditionError, match="'2024'"):
        store.save_binding("2024", AST, concept)
    assert store.load_bindings("2024") == {}


# --- what only databases do ------------------------------------------------------------------------


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'j.sqlite3'}"


def test_reading_makes_no_file_where_none_is(tmp_path: Path) -> None:
    store = opened(sqlite_url(tmp_path / "absent"))
    assert store.active() == "starter"
    assert store.load("starter") == STARTER
    assert len(store.list()) == 1
    store.use("starter")
    assert not (tmp_path / "absent").exists()


def test_an_edition_outlives_the_process_that_saved_it(tmp_path: Path) -> None:
    first = opened(sqlite_url(tmp_path))
    first.save(an_edition(), source_file="m.csv", imported_at=NOON)
    first.use("2025-12")
    first.close()
    second = opened(sqlite_url(tmp_path))
    assert second.active() == "2025-12"
    assert second.load("2025-12") == an_edition()


def test_the_file_is_in_wal_mode_so_that_readers_and_a_writer_do_not_block(tmp_path: Path) -> None:
    store = opened(sqlite_url(tmp_path))
    store.save(an_edition(), source_file="m.csv", imported_at=NOON)
    other = sqlite3.connect(tmp_path / "j.sqlite3", isolation_level=None)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.execute("BEGIN")
    assert other.execute("SELECT count(*) FROM editions").fetchone() == (1,)
    store.save(an_edition("b"), source_file="m.csv", imported_at=NOON)
    assert other.execute("SELECT count(*) FROM editions").fetchone() == (1,)
    other.close()


def test_a_save_that_fails_half_way_leaves_the_earlier_edition(store: MasterStore) -> None:
    if not isinstance(store, SqlMasterStore):
        pytest.skip("only a database can fail half way")
    store.save(an_edition(), source_file="m.csv", imported_at=NOON)
    store.use("2025-12")
    twice = ListedCode(parse("C20080000250001F7"), "AST(GOT)")
    broken = Edition("2025-12", "0" * 64, (twice, twice))
    with pytest.raises(DatabaseError):
        store.save(broken, source_file="broken.csv", imported_at=NOON)
    assert store.load("2025-12") == an_edition()
    assert store.active() == "2025-12"


def test_the_migrated_schema_is_the_one_that_the_tables_describe(
    store: MasterStore, database: Database | None
) -> None:
    if database is None:
        pytest.skip("only a database has a schema")
    store.save(an_edition(), source_file="m.csv", imported_at=NOON)
    with database.reading() as connection:
        found = inspect(connection)
        assert set(found.get_table_names()) == {*tables.metadata.tables, "alembic_version"}
        for table in tables.metadata.sorted_tables:
            columns = {c["name"]: c for c in found.get_columns(table.name)}
            assert list(columns) == [c.name for c in table.columns]
            assert [columns[c.name]["nullable"] for c in table.columns] == [c.nullable for c in table.columns]
            keys = found.get_pk_constraint(table.name)["constrained_columns"]
            assert keys == [c.name for c in table.primary_key.columns]


def test_a_database_of_a_newer_schema_is_refused_in_one_clear_line(tmp_path: Path) -> None:
    store = opened(sqlite_url(tmp_path))
    store.save(an_edition(), source_file="m.csv", imported_at=NOON)
    store.close()
    with sqlite3.connect(tmp_path / "j.sqlite3") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match=r"'9999'.*newer jlac-mapper") as caught:
        opened(sqlite_url(tmp_path)).list()
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_database_is_refused_in_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "j.sqlite3").write_text("項目コード,項目名称\n" * 100, encoding="utf-8")
    with pytest.raises(DatabaseError, match="not a database") as caught:
        opened(sqlite_url(tmp_path)).active()
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_refused_in_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = opened(sqlite_url(tmp_path / "file" / "x"))
    with pytest.raises(DatabaseError, match="JLAC_MAPPER_DATABASE_URL"):
        store.save(an_edition(), source_file="m.csv", imported_at=NOON)


def test_a_password_does_not_appear_in_an_error() -> None:
    store = opened("postgresql://jlac:geheim@127.0.0.1:1/none")
    pytest.importorskip("psycopg")
    with pytest.raises(DatabaseError) as caught:
        store.active()
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("url", ["no url", "mysql://host/name", "oracle://host"])
def test_a_url_of_another_kind_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError, match="JLAC_MAPPER_DATABASE_URL"):
        opened(url)


@pytest.fixture
def being_written(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A new database file that another process is writing, so that it cannot change its journal mode now."""
    other = sqlite3.connect(tmp_path / "j.sqlite3", isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE of_another (x)")
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def test_opening_a_new_database_waits_for_the_process_that_is_writing_it(
    tmp_path: Path, being_written: sqlite3.Connection
) -> None:
    store = opened(sqlite_url(tmp_path))
    done = Timer(0.3, being_written.execute, ["ROLLBACK"])
    done.start()
    store.save(an_edition(), source_file="m.csv", imported_at=NOON)
    assert [info.name for info in store.list()] == ["starter", "2025-12"]
    store.close()
    done.join()


@pytest.mark.usefixtures("being_written")
def test_a_database_that_stays_locked_is_refused_in_one_clear_line(tmp_path: Path) -> None:
    store = opened(sqlite_url(tmp_path), busy_seconds=0.2)
    with pytest.raises(DatabaseError, match="database is locked; check JLAC_MAPPER_DATABASE_URL") as caught:
        store.save(an_edition(), source_file="m.csv", imported_at=NOON)
    assert "\n" not in str(caught.value)


def _save_one(url: str, name: str, all_are_here: Barrier) -> None:
    store = opened(url, busy_seconds=300)  # the machine may stand still while one of them holds the lock
    all_are_here.wait(300)
    store.save(an_edition(name), source_file=name, imported_at=NOON)


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
def test_processes_that_open_a_new_database_at_once_all_succeed(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = sqlite_url(tmp_path) if backend == "sqlite" else request.getfixturevalue("postgres_url")
    spawn = multiprocessing.get_context("spawn")
    together = spawn.Barrier(4)
    processes = [
        spawn.Process(target=_save_one, args=(url, f"e{i}", together), daemon=True) for i in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    store = opened(url)
    names = [info.name for info in store.list()]
    assert names == ["starter", *(f"e{i}" for i in range(4))]
    assert all(store.load(name) == an_edition(name) for name in itertools.islice(names, 1, None))
    store.close()
