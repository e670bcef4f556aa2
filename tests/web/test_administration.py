"""Pages of administration without a script: people, editions, a box to try a row."""

import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.bootstrap import build_app, open_review
from jlac_mapper.codes.editions import make_edition
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.master.starter import load_starter
from jlac_mapper.review.commands import Command
from jlac_mapper.review.model import INSTALLATION, Action, ItemState, Role
from jlac_mapper.review.tokens import digest
from jlac_mapper.storage.master import SqlMasterStore
from jlac_mapper.types import LocalTest
from jlac_mapper.web.render import hyphenated
from tests.unit.master_files import HEADER_2025, cells, write_csv
from tests.web.site import AST, PASSWORD, Browser, Site, open_site

OLD, NEW, ENDED = "V20100001250002F8", "V20100000250002F8", "C20080000250009F7"
NEW_PASSWORD = "a longer horse battery"


@pytest.fixture
def root(site: Site) -> Browser:
    """The admin of the installation."""
    return Browser(site.app(), "root")


def with_editions(site: Site) -> None:
    """Keep an older edition, which is in use, and a newer one."""
    store = SqlMasterStore(site.database, lambda: load_starter().edition)
    for name, codes in (("2025-06", (OLD, ENDED, AST)), ("2025-12", (NEW, AST))):
        rows = [ListedCode(parse(code), f"name of {code[:5]}") for code in codes]
        store.save(make_edition(name, rows), source_file="t.csv", imported_at=datetime.now(UTC))
    store.use("2025-06")


def test_a_facility_is_made_and_changed_and_the_trail_says_so(site: Site, root: Browser) -> None:
    made = root.post("/admin/facilities", "/admin/facilities", key="h3", name="第三病院", is_new="yes")
    assert made.headers["location"] == "/admin/facilities?done=facility"
    assert "第三病院" in root.get("/admin/facilities?done=facility").text
    root.post("/admin/facilities", "/admin/facilities", key="h3", name="第三の病院", second_reader="yes")
    [found] = [each for each in site.people.facilities(site.user("root")) if each.key == "h3"]
    assert (found.name, found.second_reader) == ("第三の病院", True)
    told = [e.draft for e in site.review.audit(site.user("root"), INSTALLATION)][-2:]
    assert [(d.by, d.action) for d in told] == [("root", Action.FACILITY)] * 2
    assert site.review.verify(site.user("root"), INSTALLATION) == []


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"key": "h1", "name": "x", "is_new": "yes"}, 400, "One of that name is there already"),
        ({"key": "h9", "name": "x"}, 400, "It is not there"),
        ({"key": "", "name": "x", "is_new": "yes"}, 400, "This cannot be saved"),
    ],
)
def test_a_facility_that_cannot_be_saved_changes_nothing(
    site: Site, root: Browser, fields: dict[str, str], status: int, told: str
) -> None:
    before = site.people.facilities(site.user("root"))
    answer = root.post("/admin/facilities", "/admin/facilities", **fields)
    assert (answer.status_code, told in answer.text) == (status, True)
    assert site.people.facilities(site.user("root")) == before


def test_a_user_is_made_signs_in_is_given_roles_and_is_put_out(site: Site, root: Browser) -> None:
    fields = {"login": "new", "name": "新人", "role:h1": "reviewer", "password": PASSWORD, "again": PASSWORD}
    assert root.post("/admin/users", "/admin/users", **fields).status_code == 303
    app = site.app()
    newcomer = Browser(app, "new")
    assert newcomer.get("/f/h1").status_code == 200
    assert newcomer.get("/admin/users").status_code == 404
    page = root.get("/admin/users/new").text
    assert 'value="reviewer" selected' in page
    change = {"name": "新人二", "role:": "", "role:h1": "", "role:h2": "lead", "active": "yes"}
    assert root.post("/admin/users/new", "/admin/users/new", **change).status_code == 303
    assert site.user("new").roles == {"h2": Role.LEAD}
    assert newcomer.get("/f/h1").status_code == 404
    assert newcomer.get("/f/h2").status_code == 200
    secret = {**change, "password": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert root.post("/admin/users/new", "/admin/users/new", **secret).status_code == 303
    assert newcomer.get("/f/h2").status_code == 303  # another password ends every session
    assert newcomer.sign_in("new", PASSWORD).status_code == 403
    assert newcomer.sign_in("new", NEW_PASSWORD).status_code == 303
    del change["active"]
    root.post("/admin/users/new", "/admin/users/new", **change)
    assert not site.user("new").active
    assert newcomer.get("/f/h2").status_code == 303
    told = [e.draft.text for e in site.review.audit(site.user("root"), INSTALLATION)][-4:]
    assert "password set" in told[0]
    assert "inactive" in told[-1]
    assert not any(NEW_PASSWORD in line for line in told)


@pytest.mark.parametrize(
    ("path", "fields", "status", "told"),
    [
        ("/admin/users", {"login": "hanako"}, 400, "One of that name is there already"),
        ("/admin/users", {"login": "n", "password": "short", "again": "short"}, 400, "This cannot be saved"),
        ("/admin/users", {"login": "n", "password": PASSWORD, "again": "x"}, 400, "passwords differ"),
        ("/admin/users", {"login": ""}, 400, "This cannot be saved"),
        ("/admin/users/root", {"role:": "", "active": "yes"}, 403, "your own admin role"),
        ("/admin/users/root", {"role:": "admin"}, 403, "your own admin role"),
    ],
)
def test_a_user_that_cannot_be_saved_changes_nothing(
    site: Site, root: Browser, path: str, fields: dict[str, str], status: int, told: str
) -> None:
    before = site.people.users(site.user("root"))
    answer = root.post(path, path, **fields)
    assert (answer.status_code, told in answer.text) == (status, True)
    assert site.people.users(site.user("root")) == before


def test_a_change_sent_twice_is_done_once(site: Site, root: Browser) -> None:
    fields = {"name": "花子二", "role:h1": "lead", "active": "yes", "request_id": "once"}
    for _ in range(2):
        assert root.post("/admin/users/hanako", "/admin/users/hanako", **fields).status_code == 303
    events = [e for e in site.review.audit(site.user("root"), INSTALLATION) if e.draft.request_id == "once"]
    assert len(events) == 1


def test_roles_that_the_form_does_not_show_stay(site: Site, root: Browser) -> None:
    root.post("/admin/users/taro", "/admin/users/taro", **{"role:h1": "lead", "active": "yes"})
    assert site.user("taro").roles == {"h1": Role.LEAD, "h2": Role.REVIEWER}


def test_a_token_is_shown_once_and_stands_for_its_user(site: Site, root: Browser) -> None:
    answer = root.post("/admin/users/hanako/token", "/admin/users/hanako", days="7")
    found = re.search(r'<p class="code token">([\w-]{43})</p>', answer.text)
    assert found
    session = site.users.session(digest(found[1]), site.clock.now())
    assert session is not None
    assert session.login == "hanako"
    assert found[1] not in root.get("/admin/users/hanako").text


def test_an_official_file_is_kept_checked_and_compared_before_it_is_used(
    site: Site, root: Browser, tmp_path: Path
) -> None:
    with_editions(site)
    other = cells(HEADER_2025, **{"JLAC11コード": NEW, "表示用単位": "mg/dL", "FHIR項目名称": "アルブミン"})
    file = write_csv(tmp_path / "master 2026.csv", HEADER_2025, cells(HEADER_2025), other)
    answer = upload(root, file.name, file.read_bytes())
    assert answer.status_code == 200
    assert "The edition master-2026 was imported." in answer.text
    assert "2 codes from 2 rows" in answer.text
    assert [e.name for e in site.administration().editions.editions() if e.active] == ["2025-06"]
    page = root.get("/admin/editions/master-2026").text
    assert "Differences from 2025-06, the one in use" in page
    assert hyphenated(OLD) in page
    assert "Findings of the check" in page


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("m.pdf", b"%PDF", "m.pdf cannot be imported"),
        ("m.csv", b"a,b\n1,2\n", "m.csv cannot be read as an official file"),
        ("..", b"", ".. cannot"),
    ],
)
def test_a_file_that_is_no_official_one_changes_nothing(
    site: Site, root: Browser, name: str, content: bytes, told: str
) -> None:
    answer = upload(root, name, content)
    assert answer.status_code == 400
    assert told.replace("..", "list") in answer.text
    assert "jlac-master-" not in answer.text
    assert [info.name for info in site.administration().editions.editions()] == ["starter"]


def test_what_would_be_reopened_is_shown_before_the_edition_is_used_and_done_after(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.add_list(rows=[LocalTest(f"謎の検査{n}") for n in range(3)])
    admin = site.user("root")
    with_editions(site)
    settings = site.settings()
    older = open_review(settings, build_app(settings)).review
    for item, code in ((1, OLD), (2, ENDED), (3, AST)):
        older.decide(admin, Command("h1", item, 1, Action.PICK, f"r{item}", code=code))
    root = Browser(site.app(), "root")
    page = root.get("/admin/editions/2025-12/use").text
    assert "2 final decisions would be reopened, 2 with a successor proposed." in page
    assert hyphenated(OLD) in page
    assert hyphenated(NEW) in page
    assert "謎の検査2" not in page
    assert [i.standing.state for i in site.review.run_items(admin, "h1", 1)] == [ItemState.FINAL] * 3
    assert len(list(site.review.audit(admin, "h1"))) == 4
    assert [e.name for e in site.administration().editions.editions() if e.active] == ["2025-06"]
    done = root.post("/admin/editions/2025-12/use", "/admin/editions/2025-12/use")
    assert "2025-12 is the edition in use" in done.text
    assert "2 final decisions were reopened, 2 with a successor proposed." in done.text
    states = [i.standing.state for i in site.review.run_items(admin, "h1", 1)]
    assert states == [ItemState.PROPOSED, ItemState.PROPOSED, ItemState.FINAL]
    assert [e.name for e in site.administration().editions.editions() if e.active] == ["2025-12"]
    last = list(site.review.audit(admin, "h1"))[-1].draft
    assert (last.action, last.by) == (Action.REOPEN, "root")
    assert site.review.verify(admin, "h1") == []


def test_a_row_is_tried_with_reasons_and_evidence_and_kept_nowhere(site: Site, root: Browser) -> None:
    page = root.get("/admin/try?name=GOT&specimen=血清").text
    assert "Needs review" in page
    assert hyphenated(AST) in page
    assert "70.0 %" in page
    assert 'value="血清"' in page
    assert "Evidence, and what the machine estimates" in page
    assert "Accepted" in root.get("/admin/try?name=AST").text
    assert "Needs review" not in root.get("/admin/try?name=%20&unit=U/L").text
    assert len(site.review.runs(site.user("root"), "h1")) == 1


def test_a_page_that_is_served_without_administration_has_none_of_it(site: Site) -> None:
    from jlac_mapper.tables.run import read_list
    from jlac_mapper.web.app import create_app

    root = Browser(create_app(site, read_list=read_list, clock=site.clock), "root")
    for path in ("/admin", "/admin/users", "/admin/facilities", "/admin/editions", "/admin/try"):
        assert root.get(path).status_code == 404, path


def upload(browser: Browser, name: str, content: bytes) -> Any:
    """Send an official file."""
    page = browser.get("/admin/editions").text
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return browser.client.post(
        "/admin/editions",
        data={"csrf": found[1], "request_id": str(uuid.uuid4())},
        files={"file": (name, content, "application/octet-stream")},
    )
