"""`jlac-mapper master diff` and `use` with decisions that people have made."""

import csv
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jlac_mapper.bootstrap import build_app, open_review
from jlac_mapper.cli.main import main
from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.config import Settings
from jlac_mapper.master.starter import load_starter
from jlac_mapper.review.commands import Command, ItemQuery
from jlac_mapper.review.model import Action, EventDraft, Facility, ItemState, Role, User
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.master import SqlMasterStore
from jlac_mapper.types import LocalTest, Reason
from tests.unit.master_files import write_csv

OLD, NEW = "V20100001250002F8", "V20100000250002F8"
ENDED, KEPT, METHOD_000 = "C20080000250009F7", "C30150000250001E5", "C20080000250000F7"
ADMIN = User("root", "root", {"": Role.ADMIN})


def shipped() -> Edition:
    return load_starter().edition


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A database with an older and a newer edition; the older one is in use."""
    for name in [name for name in os.environ if name.startswith("JLAC_MAPPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{tmp_path / 'j.sqlite3'}")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env(os.environ)
    store = SqlMasterStore(Database(settings.database_url), shipped)

    def keep(name: str, *codes: str) -> None:
        rows = [ListedCode(parse(code), f"name of {code[:5]}") for code in codes]
        store.save(make_edition(name, rows), source_file="t.csv", imported_at=datetime.now(UTC))

    keep("2025-06", OLD, ENDED, KEPT, METHOD_000)
    keep("2025-12", NEW, KEPT, METHOD_000)
    store.use("2025-06")
    return settings


def decided(settings: Settings) -> None:
    """Let a reviewer decide three names for codes of the older edition, and one for no code."""
    opened = open_review(settings, build_app(settings))
    now = datetime.now(UTC)
    with opened.units.writing() as work:
        work.users.save_facility(Facility("h1", "第一病院"), EventDraft(Action.FACILITY, "cli", now, "f"))
        work.users.save_user(ADMIN, EventDraft(Action.USER, "cli", now, "u"))
        work.commit()
    tests = [LocalTest(f"謎の検査{word}") for word in ("甲", "乙", "丙", "丁")]
    opened.review.import_list(ADMIN, "h1", file_name="a", digest="0" * 64, tests=tests, request_id="i")
    for item, code in enumerate((OLD, ENDED, KEPT, ""), start=1):
        action = Action.PICK if code else Action.NO_CODE
        opened.review.decide(ADMIN, Command("h1", item, 1, action, f"r{item}", code=code))


def run(*words: object, code: int = 0) -> None:
    assert main(["master", *map(str, words)]) == code


def test_decisions_whose_code_ended_or_moved_are_listed_and_reopened_with_their_successor(
    site: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    decided(site)
    run("use", "2025-12", "--user", "root")
    said = capsys.readouterr().out
    assert "in use: 2025-12" in said
    assert "2 reopened in 1 facilities, 2 with a successor proposed, 0 without" in said
    [moved] = [line for line in said.splitlines() if OLD in line]
    assert "謎の検査甲" in moved
    assert NEW in moved
    opened = open_review(site, build_app(site))
    waiting = opened.review.queue(ADMIN, ItemQuery("h1", reason=Reason.CODE_ENDED)).rows
    assert [(row.id, row.standing.proposal) for row in waiting] == [(1, NEW), (2, METHOD_000)]
    final = opened.review.queue(ADMIN, ItemQuery("h1", states=(ItemState.FINAL,))).rows
    assert [row.id for row in final] == [3, 4]
    again = opened.review.view(ADMIN, "h1", 1)
    assert again.history[-1].draft.action is Action.REOPEN
    done = opened.review.decide(ADMIN, Command("h1", 1, again.item.etag, Action.CONFIRM, "again"))
    assert done.item.standing.code == NEW


def test_using_the_edition_again_reopens_nothing_more(
    site: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    decided(site)
    run("use", "2025-12")
    capsys.readouterr()
    run("use", "2025-12")
    assert "every final one still has a code" in capsys.readouterr().out


def test_a_user_who_is_no_admin_changes_nothing(site: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    decided(site)
    assert main(["review", "user", "add", "hanako", "--role", "h1=lead"]) == 0
    run("use", "2025-12", "--user", "hanako", code=2)
    assert "needs an admin of the whole installation" in capsys.readouterr().err
    assert SqlMasterStore(Database(site.database_url), shipped).active() == "2025-06"


def test_without_any_facility_only_the_edition_changes(capsys: pytest.CaptureFixture[str]) -> None:
    run("use", "2025-12")
    assert capsys.readouterr().out == "in use: 2025-12\n"


def test_the_difference_is_printed_as_a_table_as_json_and_as_csv(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("diff", "2025-06", "2025-12", "-o", "diff.csv")
    said = capsys.readouterr().out
    assert "2025-06 -> 2025-12: 1 added, 0 ended, 2 moved, 0 renamed" in said
    with (tmp_path / "diff.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["kind"], row["code"], row["successor"]) for row in rows] == [
        ("added", NEW, ""),
        ("moved", ENDED, METHOD_000),
        ("moved", OLD, NEW),
    ]
    run("diff", "2025-06", "2025-12", "--json", "--as-of", "2026-01-01")
    printed = json.loads(capsys.readouterr().out)
    assert (printed["old"], printed["new"], printed["as_of"]) == ("2025-06", "2025-12", "2026-01-01")
    assert [each["code"] for each in printed["differences"]] == [NEW, ENDED, OLD]


def test_the_official_table_is_heeded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = (("変更区分", "旧コード", "新コード", "削除理由"), ("変更", ENDED, KEPT, ""))
    write_csv(tmp_path / "table.csv", *rows)
    run("diff", "2025-06", "2025-12", "--old-new-table", "table.csv")
    [line] = [line for line in capsys.readouterr().out.splitlines() if ENDED in line]
    assert KEPT in line
    assert "table" in line


def test_what_cannot_be_compared_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(tmp_path / "table.csv", ("a", "b"))
    for words in (
        ("2025-06", "none"),
        ("2025-06", "2025-12", "--old-new-table", "table.csv"),
        ("2025-06", "2025-12", "--as-of", "soon"),
    ):
        run("diff", *words, code=2)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "there is no edition 'none'" in lines[0]
    assert "headers seen: a, b" in lines[1]
    assert "--as-of is 'soon'; expected a day as YYYY-MM-DD" in lines[2]
