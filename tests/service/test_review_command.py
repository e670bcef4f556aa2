"""`jlac-mapper review ...` as a user runs it, with the starter master and a real database."""

import csv
import io
import json
import os
import sqlite3
from pathlib import Path

import pytest

from jlac_mapper.cli.main import main
from jlac_mapper.config import Settings
from jlac_mapper.review.model import Role
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.users import SqlUserStore
from tests.support.shipped_release import shipped

LIST = """項目コード,検査名,材料,単位
001,AST(GOT),血清,U/L
002,アルブミンX,血清,
003,=1+1,,
004,アルブミンX,血清,
"""
AST = "C20080000250000F7"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A database of its own."""
    for name in [name for name in os.environ if name.startswith("JLAC_MAPPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{tmp_path / 'review.sqlite3'}")
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.chdir(tmp_path)
    return Settings.from_env(os.environ)


@pytest.fixture
def staffed(site: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Settings:
    """A facility with people and a list."""
    run("facility", "add", "h1", "--name", "第一病院")
    run("user", "add", "root", "--role", "*=admin")
    run("user", "add", "hanako", "--name", "花子", "--role", "h1=reviewer")
    (tmp_path / "list.csv").write_bytes(LIST.encode("cp932"))
    run("import", "list.csv", *at("hanako"))
    capsys.readouterr()
    return site


def open_users(site: Settings) -> SqlUserStore:
    return SqlUserStore(Database(site.database_url))


def run(*words: object, code: int = 0) -> None:
    assert main(["review", *map(str, words)]) == code


def at(user: str, facility: str = "h1") -> tuple[str, ...]:
    return ("--facility", facility, "--user", user)


def rows_of(name: str) -> list[dict[str, str]]:
    with Path(name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def refusal(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Return the one line of a refused command."""
    capsys.readouterr()
    run(*words, code=2)
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("jlac-mapper: error: ")
    return line


def test_people_and_facilities_are_made_changed_and_listed(
    site: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("facility", "add", "h1", "--name", "第一病院", "--second-reader")
    run("user", "add", "hanako", "--name", "花子", "--role", "h1=lead", "--role", "*=viewer")
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    run("user", "add", "hanako", "--change", "--password")
    run("facility", "add", "h1", "--change", "--name", "第1病院")
    capsys.readouterr()
    run("user", "list")
    run("facility", "list")
    said = capsys.readouterr().out
    assert "*=viewer, h1=lead" in said
    assert "第1病院" in said
    assert "two" in said
    user = open_users(site).user("hanako")
    assert (user.name, user.roles) == ("花子", {"h1": Role.LEAD, "": Role.VIEWER})
    assert open_users(site).password_hash("hanako").startswith("$argon2id$")
    run("user", "add", "hanako", "--change", "--inactive")
    assert not open_users(site).user("hanako").active


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("user", "add", "hanako"), "is there already; add --change"),
    (("user", "add", "taro", "--change"), "leave --change out"),
    (("user", "add", "taro", "--role", "h1"), "not of the form FACILITY=ROLE"),
    (("user", "add", "taro", "--role", "h1=boss"), "roles: viewer, reviewer, lead, admin"),
    (("user", "add", "taro", "--role", "h9=lead"), "no facility 'h9'; there are: h1"),
    (("user", "add", " "), "cannot be a login"),
    (("user", "token", "taro"), "no user 'taro'"),
    (("facility", "add", "h1"), "is there already"),
    (("facility", "add", "h2", "--change"), "is not there"),
    (("list", *at("taro")), "no user 'taro'"),
    (("list", *at("hanako", "h2")), "no facility 'h2'"),
    (("list", *at("hanako"), "--state", "done"), "--state 'done' is not known"),
    (("list", *at("hanako"), "--reason", "WHY"), "--reason 'WHY' is not known"),
    (("show", "99", *at("hanako")), "99"),
    (("decide", "2", "approve", *at("hanako")), "action 'approve' is not known"),
    (("decide", "2", "pick", *at("hanako"), "--code", "C2008"), "is not a JLAC11 code"),
    (("decide", "2", "send-back", *at("hanako")), "question"),
    (("export", *at("hanako"), "--format", "pdf"), "--format 'pdf' is not known"),
    (("export", *at("hanako"), "--run", "9"), "9"),
    (("export", *at("hanako"), "--template", "none.toml"), "cannot be read"),
    (("export", *at("hanako"), "-o", "."), "is a folder"),
    (("export", *at("hanako"), "-o", "no/such/folder.csv"), "cannot write"),
    (("import", "none.csv", *at("hanako")), "cannot read none.csv"),
    (("verify", "--user", "hanako"), "admin nowhere"),
    (("verify", "--user", "hanako", "--facility", "h1"), "needs the role admin"),
]


@pytest.mark.usefixtures("staffed")
def test_what_cannot_be_done_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in REFUSED:
        assert said in refusal(capsys, *words), words


@pytest.mark.usefixtures("staffed")
def test_from_the_list_to_the_export(capsys: pytest.CaptureFixture[str]) -> None:
    run("list", *at("hanako"))
    said = capsys.readouterr().out
    assert "アルブミンX" in said
    assert "3 open (1 accepted, 3 proposed)" in said
    run("list", *at("hanako"), "--lists")
    assert "list.csv" in capsys.readouterr().out
    run("show", 2, *at("hanako"))
    shown = capsys.readouterr().out
    assert "name: アルブミンX" in shown
    assert "identical open rows: 1" in shown
    assert "you can: " in shown
    etag = shown.split("etag ")[1].split()[0]
    run("decide", 2, "no-code", *at("hanako"), "--etag", etag, "--identical", "--yes")
    assert capsys.readouterr().out.count("is final: 99999999999999999") == 2
    late = refusal(capsys, "decide", "2", "pick", "--code", AST, *at("hanako"), "--etag", etag)
    assert "hanako did no_code" in late
    run("decide", 3, "send_back", *at("hanako"), "--text", "この行は検査ですか")
    assert "item 3 is sent_back" in capsys.readouterr().out
    run("export", *at("hanako"), "--run", "1")
    rows = rows_of("h1-run-1.csv")
    assert [row["JLAC11コード"] for row in rows] == [AST, "9" * 17, "", "9" * 17]
    assert rows[2]["項目名称"] == "'=1+1"
    run("export", *at("hanako"), "--format", "letter", "-o", "letter.txt")
    assert "この行は検査ですか" in Path("letter.txt").read_text(encoding="utf-8-sig")


@pytest.mark.usefixtures("staffed")
def test_an_export_with_all_columns_gives_the_list_back_as_it_came(tmp_path: Path) -> None:
    rows = [["備考", "検査名", "病棟", "備考"], ["a", "AST(GOT)", "東3", "=b"], ["", "TP", "", ""]]
    with (tmp_path / "wide.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(rows)
    run("import", "wide.csv", *at("hanako"))
    run("export", *at("hanako"), "--run", "2", "--all-columns", "-o", "whole.csv")
    with (tmp_path / "whole.csv").open(newline="", encoding="utf-8-sig") as written:
        found = list(csv.reader(written))
    assert [row[:4] for row in found] == [rows[0], [*rows[1][:3], "'=b"], rows[2]]
    assert found[0][4] == "JLAC11コード"


@pytest.mark.usefixtures("staffed")
def test_an_export_taken_in_again_asks_nobody_anything(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("decide", 2, "no-code", *at("hanako"), "--identical", "--yes")
    run("decide", 3, "pick", *at("hanako"), "--code", "C2008-0000-250-000-F7")
    for kind in ("csv", "xlsx"):
        run("export", *at("hanako"), "--run", "1", "--format", kind, "-o", f"again.{kind}")
        capsys.readouterr()
        run("import", f"again.{kind}", *at("hanako"))
        assert "4 rows, 0 to review" in capsys.readouterr().out
    for number in (2, 3):
        run("export", *at("hanako"), "--run", number, "-o", f"{number}.csv")
    first, *others = [
        [list(row.values())[:12] for row in rows_of(name)] for name in ("again.csv", "2.csv", "3.csv")
    ]
    assert others == [first, first]


@pytest.mark.usefixtures("staffed")
def test_decided_rows_can_be_measured_and_trained_on() -> None:
    from jlac_mapper.training.confirmed_names import read as read_confirmed

    run("decide", 2, "pick", *at("hanako"), "--code", AST)
    run("export", *at("hanako"), "--format", "labelled", "-o", "labelled.csv")
    assert main(["eval", "labelled.csv", "-o", "before"]) == 0
    metrics = json.loads(Path("before/metrics.json").read_text(encoding="utf-8"))
    assert metrics
    run("export", *at("hanako"), "--format", "confirmed", "-o", "confirmed.csv")
    names = read_confirmed(Path("confirmed.csv"), shipped())
    assert [(name.text, name.concept) for name in names] == [("アルブミンX", "ast")]


@pytest.mark.usefixtures("staffed")
def test_identical_rows_are_decided_only_after_a_yes(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    line = refusal(capsys, "decide", "2", "no-code", *at("hanako"), "--identical")
    assert "nothing was decided" in line
    run("list", *at("hanako"))
    assert "3 open" in capsys.readouterr().out


@pytest.mark.usefixtures("staffed")
def test_twins_are_named_and_decided_where_they_are_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "more.csv").write_text(
        "項目コード,検査名,材料\n5,アルブミンX(病棟),血清\n6,アルブミンX至急,血清\n", "utf-8"
    )
    run("import", "more.csv", *at("hanako"))
    capsys.readouterr()
    run("decide", 2, "no-code", *at("hanako"), "--identical", "--yes")
    said = capsys.readouterr().out
    assert said.count("is final: 99999999999999999") == 2
    assert "differ by wing, hour, notes or a count: 2; --twins decides them as well" in said
    run("show", 5, *at("hanako"))
    shown = capsys.readouterr().out
    assert "open rows that differ by wing, hour, notes or a count: 1" in shown
    assert "decided alike: 99999999999999999 for アルブミンX by hanako" in shown
    run("decide", 5, "no-code", *at("hanako"), "--twins", "--yes")
    assert capsys.readouterr().out.count("is final: 99999999999999999") == 2
    run("list", *at("hanako"))
    assert "1 open" in capsys.readouterr().out


@pytest.mark.usefixtures("staffed")
def test_the_audit_trail_is_verified_saved_and_a_change_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("decide", 2, "no-code", *at("hanako"))
    capsys.readouterr()
    run("verify", "--save", "audit")
    said = capsys.readouterr().out
    assert "h1: 2 events" in said
    assert "users and facilities: 3 events" in said
    assert said.count(": whole") == 2
    lines = (tmp_path / "audit" / "h1.audit.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["import", "no_code"]
    run("verify", "--user", "root", "--facility", "h1")
    connection = sqlite3.connect(tmp_path / "review.sqlite3")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{trigger}"')
    connection.execute("UPDATE events SET login = 'taro' WHERE action = 'no_code'")
    connection.commit()
    connection.close()
    capsys.readouterr()
    run("verify", "--facility", "h1", code=1)
    said = capsys.readouterr().out
    assert ": WRONG" in said
    assert "event 2 of h1: was changed" in said


def test_a_token_is_shown_once_and_kept_as_its_digest(
    staffed: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    from datetime import UTC, datetime

    from jlac_mapper.grpc_api.callers import caller

    run("user", "token", "hanako", "--days", "2")
    token = capsys.readouterr().out.strip()
    metadata = [("authorization", f"Bearer {token}")]
    assert caller(open_users(staffed), metadata, datetime.now(UTC)).login == "hanako"
    file = Path(staffed.database_url.removeprefix("sqlite:///"))
    assert token.encode() not in file.read_bytes()
