"""A whole page over a real SQLite database: four facilities' worth of users, one imported list."""

import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.testclient import TestClient

from jlac_mapper.bootstrap import DecisionsOnUse, open_master
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.config import Settings, WebSettings
from jlac_mapper.master import starter
from jlac_mapper.ports import Mapper
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.review.commands import ItemQuery
from jlac_mapper.review.model import OPEN, Action, EventDraft, Facility, Role, User
from jlac_mapper.review.people import PeopleService
from jlac_mapper.review.service import ReviewService
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.passwords import Argon2Passwords
from jlac_mapper.storage.users import SqlUserStore
from jlac_mapper.storage.work import SqlUnitOfWork
from jlac_mapper.tables.run import read_list
from jlac_mapper.types import Disposition, LocalTest
from jlac_mapper.web.app import create_app
from jlac_mapper.web.services import Administration
from tests.support.bound_codes import search_in
from tests.support.fakes import ScriptedMapper
from tests.support.review_values import without_notes

AST, ALT, TP, WBC = "C20080000250000F7", "C20090000250000F7", "C20010000250000E5", "B10020000212000G1"
PASSWORD = "correct horse battery staple"
ROLES: Mapping[str, Mapping[str, Role]] = {
    "viewer": {"h1": Role.VIEWER},
    "hanako": {"h1": Role.REVIEWER},
    "taro": {"h1": Role.REVIEWER, "h2": Role.REVIEWER},
    "jiro": {"h2": Role.REVIEWER},
    "lead": {"h1": Role.LEAD, "h2": Role.LEAD},
    "chief": {"h1": Role.ADMIN},
    "other": {"h2": Role.ADMIN},
    "root": {"": Role.ADMIN},
}
SCRIPT = {
    "AST": (Disposition.ACCEPTED, (AST,), 0.99),
    "GOT": (Disposition.NEEDS_REVIEW, (AST, ALT, TP), 0.7),
    "GPT": (Disposition.NEEDS_REVIEW, (ALT, AST), 0.6),
    "<b>太字</b>": (Disposition.NEEDS_REVIEW, (TP,), 0.4),
    "=cmd|' /C calc'!A0": (Disposition.NEEDS_REVIEW, (TP,), 0.3),
}
ROWS = (
    LocalTest("AST", local_code="1"),
    LocalTest("GOT", local_code="2", unit="U/L", specimen="血清"),
    LocalTest("GPT", local_code="3"),
    LocalTest("GOT", local_code="4", unit="U/L", specimen="血清"),
    LocalTest("謎の検査", local_code="5"),
    LocalTest("<b>太字</b>", local_code="<script>alert(1)</script>"),
    LocalTest("=cmd|' /C calc'!A0", local_code="=7"),
)


class MovableClock:
    """A clock that stands still until it is moved; it never shows the same moment twice."""

    def __init__(self) -> None:
        self._now = datetime(2026, 5, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return a moment a microsecond later than the last."""
        self._now += timedelta(microseconds=1)
        return self._now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by


@dataclass(frozen=True)
class Site:
    """The running parts: what `open_review` gives, the clock and the application."""

    review: ReviewService
    people: PeopleService
    users: SqlUserStore
    units: SqlUnitOfWork
    codes: CodeSearch
    clock: MovableClock
    mapper: Mapper
    database: Database

    def settings(self) -> Settings:
        """Return the settings of the product over this database."""
        url = self.database.url.render_as_string(hide_password=False)
        return Settings.from_env({"JLAC_MAPPER_DATABASE_URL": url})

    def administration(self) -> Administration:
        """Return the services of people and editions, over the same database."""
        settings = self.settings()
        return Administration(self.people, open_master(settings), partial(DecisionsOnUse, settings))

    def app(self, settings: WebSettings | None = None, provider_seconds: float = 120) -> Starlette:
        """Return the application; its provider, often this same busy process, has long to answer."""
        return create_app(
            self,
            read_list=read_list,
            clock=self.clock,
            settings=settings,
            provider_timeout_seconds=provider_seconds,
            administration=self.administration(),
        )

    def user(self, login: str) -> User:
        """Return one of ROLES."""
        return self.users.user(login)

    def add_list(self, facility: str = "h1", rows: Sequence[LocalTest] = ROWS, by: str = "root") -> int:
        """Import a list and return its number."""
        run = self.review.import_list(
            self.user(by),
            facility,
            file_name="list.csv",
            digest="0" * 64,
            tests=rows,
            request_id=str(uuid.uuid4()),
        )
        return run.id

    def item_named(self, name: str, facility: str = "h1") -> int:
        """Return the first open item with a name."""
        page = self.review.queue(self.user("root"), ItemQuery(facility, states=OPEN), limit=500)
        return next(row.id for row in page.rows if row.name == name)


@cache
def _password_hash() -> str:
    return Argon2Passwords(quick_hasher()).hash(PASSWORD)


def quick_hasher() -> PasswordHasher:
    """Return argon2id with small costs: its parameters stand in the hash."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@cache
def _codes() -> CodeSearch:
    listed: tuple[ListedCode, ...] = starter.load_starter().edition.codes
    known = {str(code.code): code for code in listed}
    for code, name in ((AST, "AST"), (ALT, "ALT"), (TP, "総蛋白"), (WBC, "白血球数")):
        known.setdefault(code, ListedCode(parse(code), name))
    return search_in(known.values())


def open_site(folder: Path, clock: Any = None, mapper: Mapper | None = None) -> Site:
    """Make a site with its users and facilities; h2 has two blind readers. By default SCRIPT answers."""
    return site_over(Database(f"sqlite:///{folder / 'review.sqlite3'}"), clock, mapper)


def site_over(database: Database, clock: Any = None, mapper: Mapper | None = None) -> Site:
    """Make such a site over a database."""
    users, units = SqlUserStore(database), SqlUnitOfWork(database)
    clock = clock or MovableClock()
    mapper = mapper or ScriptedMapper(SCRIPT)
    codes = _codes()
    review = ReviewService(
        units=units, clock=clock, mapper=mapper, codes=codes, without_notes=without_notes, edition="fake@0"
    )
    people = PeopleService(units=units, clock=clock, passwords=Argon2Passwords(quick_hasher()))
    site = Site(review, people, users, units, codes, clock, mapper, database)
    for facility in (Facility("h1", "みなと病院"), Facility("h2", "第二病院", second_reader=True)):
        users.save_facility(facility, _event(site, Action.FACILITY))
    for login, roles in ROLES.items():
        users.save_user(
            User(login, f"{login} さん", roles), _event(site, Action.USER), password_hash=_password_hash()
        )
    return site


def _event(site: Site, action: Action) -> EventDraft:
    return EventDraft(action, by="cli", at=site.clock.now(), request_id=str(uuid.uuid4()))


class Browser:
    """A signed-in (or not) user with cookies, without scripts."""

    def __init__(self, app: Starlette, login: str = "", *, address: str = "http://testserver") -> None:
        self.client = TestClient(
            app, base_url=address, follow_redirects=False, headers={"accept-language": "en"}
        )
        if login:
            answer = self.sign_in(login, PASSWORD)
            assert answer.status_code == 303, answer.text

    def sign_in(self, login: str, password: str) -> Any:
        """Send the sign-in form."""
        form = self.client.get("/sign-in")
        data = {"csrf": token_of(form.text), "login": login, "password": password, "back": "/"}
        return self.client.post("/sign-in", data=data)

    def get(self, path: str, **more: Any) -> Any:
        """Ask for a page."""
        return self.client.get(path, **more)

    def post(self, path: str, page: str, **fields: Any) -> Any:
        """Send a form with the token that *page* shows."""
        data = {"csrf": token_of(self.get(page).text), "request_id": str(uuid.uuid4()), **fields}
        return self.client.post(path, data=data)

    def wait_for_job(self, page: str) -> dict[str, Any]:
        """Return the state of an import when it is over."""
        until = time.monotonic() + 300
        while time.monotonic() < until:
            state: dict[str, Any] = self.get(f"{page}/state").json()
            if state["over"]:
                return state
            time.sleep(0.02)
        raise AssertionError("the import did not end")


def token_of(html: str) -> str:
    """Return the form token of a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found, html[:500]
    return found[1]


def etag_of(html: str) -> str:
    """Return the etag that an item's page holds."""
    found = re.search(r'name="etag" value="([0-9]+)"', html)
    assert found, html[:500]
    return found[1]


def send(browser: Browser, item: int, action: str, *, facility: str = "h1", **fields: Any) -> Any:
    """Send an order as the item's page would, and return the answer."""
    path = f"/f/{facility}/items/{item}"
    page = browser.get(path).text
    data = {
        "csrf": token_of(page),
        "request_id": str(uuid.uuid4()),
        "etag": etag_of(page),
        "action": action,
        **fields,
    }
    return browser.client.post(path, data=data)
