"""Sign-in, sessions, forged forms, headers, injections."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jlac_mapper.config import WebSettings
from jlac_mapper.errors import DatabaseError
from jlac_mapper.review import sign_in, tokens
from jlac_mapper.review.model import ItemState
from jlac_mapper.web import sessions
from tests.web.site import AST, PASSWORD, Browser, Site, etag_of, token_of


def _decide(browser: Browser, item: int, **changed: Any) -> Any:
    page = browser.get(f"/f/h1/items/{item}").text
    data = {
        "csrf": token_of(page),
        "request_id": "one",
        "etag": etag_of(page),
        "action": "answer",
        "code": AST,
    }
    headers = changed.pop("headers", {})
    return browser.client.post(f"/f/h1/items/{item}", data={**data, **changed}, headers=headers)


def _state(site: Site, item: int) -> ItemState:
    return site.review.view(site.user("root"), "h1", item).item.standing.state


def test_a_decision_with_the_pages_own_form_is_taken(site: Site) -> None:
    item = site.item_named("GOT")
    assert _decide(Browser(site.app(), "hanako"), item).status_code == 303
    assert _state(site, item) is ItemState.FINAL


@pytest.mark.parametrize(
    "forged",
    [
        {"csrf": ""},
        {"csrf": "guessed"},
        {"headers": {"origin": "http://evil.example"}},
        {"headers": {"origin": "null"}},
        {"headers": {"sec-fetch-site": "cross-site"}},
        {"headers": {"sec-fetch-site": "same-site"}},
    ],
    ids=str,
)
def test_a_decision_cannot_be_forged_across_sites(site: Site, forged: dict[str, Any]) -> None:
    item = site.item_named("GOT")
    assert _decide(Browser(site.app(), "hanako"), item, **forged).status_code == 403
    assert _state(site, item) is ItemState.PROPOSED


def test_another_sessions_token_does_not_serve(site: Site) -> None:
    app, item = site.app(), site.item_named("GOT")
    foreign = token_of(Browser(app, "taro").get("/f/h1").text)
    assert _decide(Browser(app, "hanako"), item, csrf=foreign).status_code == 403
    assert _state(site, item) is ItemState.PROPOSED


def test_a_forged_sign_in_is_refused(site: Site) -> None:
    browser = Browser(site.app())
    browser.get("/sign-in")
    answer = browser.client.post("/sign-in", data={"csrf": "x", "login": "hanako", "password": PASSWORD})
    assert answer.status_code == 403
    assert sessions.SESSION_COOKIE not in browser.client.cookies


@pytest.mark.parametrize(("login", "password"), [("hanako", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_sign_in_says_the_same_whoever_it_is(site: Site, login: str, password: str) -> None:
    answer = Browser(site.app()).sign_in(login, password)
    assert answer.status_code == 403
    assert "The user name or the password is wrong." in answer.text


def test_after_five_failures_a_login_waits_even_with_the_right_password(site: Site) -> None:
    app = site.app()
    for _ in range(sign_in.FAILURES_A_LOGIN):
        assert Browser(app).sign_in("hanako", "wrong").status_code == 403
    waiting = Browser(app).sign_in("hanako", PASSWORD)
    assert waiting.status_code == 429
    assert int(waiting.headers["retry-after"]) > 0
    assert Browser(app).sign_in("taro", PASSWORD).status_code == 303
    site.clock.move(sign_in.WINDOW)
    assert Browser(app).sign_in("hanako", PASSWORD).status_code == 303


def test_an_address_that_tries_many_logins_waits(site: Site) -> None:
    app = site.app()
    for number in range(sign_in.FAILURES_AN_ADDRESS):
        site.users.record_failed_sign_in([f"login:{number}", "address:testclient"], site.clock.now())
    assert Browser(app).sign_in("taro", PASSWORD).status_code == 429


def test_a_session_ends_after_its_time_and_on_sign_out(site: Site) -> None:
    app = site.app()
    browser = Browser(app, "hanako")
    site.clock.move(sign_in.LIFE - timedelta(minutes=1))
    assert browser.get("/f/h1").status_code == 200
    site.clock.move(timedelta(minutes=1))
    assert browser.get("/f/h1").status_code == 303
    again = Browser(app, "hanako")
    cookie = again.client.cookies[sessions.SESSION_COOKIE]
    again.post("/sign-out", "/f/h1")
    stolen = Browser(app)
    stolen.client.cookies.set(sessions.SESSION_COOKIE, cookie)
    assert stolen.get("/f/h1").status_code == 303


def test_the_session_cookie_is_for_this_host_alone_and_no_script_reads_it(site: Site) -> None:
    plain = Browser(site.app()).sign_in("hanako", PASSWORD).headers.get_list("set-cookie")
    cookie = next(c for c in plain if c.startswith("jlac_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    secure = Browser(site.app(), address="https://testserver").sign_in("hanako", PASSWORD)
    cookie = next(
        c for c in secure.headers.get_list("set-cookie") if "jlac_session=" in c and "Max-Age=3" in c
    )
    assert cookie.startswith("__Host-jlac_session=")
    assert "Secure" in cookie
    assert "Path=/" in cookie


def test_signing_in_gives_a_new_session_and_ends_the_old_one(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    old = browser.client.cookies[sessions.SESSION_COOKIE]
    page = browser.get("/f/h1").text
    data = {"csrf": token_of(page), "login": "taro", "password": PASSWORD, "back": "/"}
    assert browser.client.post("/sign-in", data=data).status_code == 303
    assert browser.client.cookies[sessions.SESSION_COOKIE] != old
    assert site.users.session(tokens.digest(old), site.clock.now()) is None


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    asset = re.search(r'src="(/static/[^"]+page.js)"', browser.get("/f/h1").text)
    assert asset
    for path in ("/sign-in", "/f/h1", "/nowhere", "/f/h9", "/health", asset[1]):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert browser.get("/f/h1").headers["cache-control"] == "no-store"


def test_no_page_holds_an_inline_script_style_or_anything_from_elsewhere(site: Site) -> None:
    browser = Browser(site.app(), "root")
    item = site.item_named("GOT")
    for path in (
        "/",
        "/f/h1",
        f"/f/h1/items/{item}?q=AST",
        "/f/h1/lists",
        "/f/h1/house-names",
        "/f/h1/audit",
        "/f/h1/agreement",
        "/f/h1/disputes",
        "/f/h1/changes",
    ):
        html = browser.get(path).text
        assert not re.search(r"<script(?! src=\"/static/)|<style|\sstyle=|\son[a-z]+=", html), path
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", html), path


def test_only_the_configured_host_names_are_answered(site: Site) -> None:
    app = site.app(WebSettings(hosts="testserver"))
    assert Browser(app).get("/sign-in").status_code == 200
    assert Browser(app, address="http://evil.example").get("/sign-in").status_code == 400


def test_a_defect_shows_a_number_and_no_detail(site: Site) -> None:
    app = site.app()
    browser = Browser(app, "hanako")
    site.review.__dict__["counts"] = lambda _user, _key: 1 / 0
    answer = browser.get("/f/h1")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert re.search(r"number [0-9a-f]{12}", answer.text)


class Unreachable:
    """Units of work of a database that does not answer."""

    def reading(self) -> Any:
        raise DatabaseError("database postgresql://h/x: connection refused")

    writing = reading


def test_a_database_that_does_not_answer_is_said_on_the_page(site: Site) -> None:
    browser = Browser(replace(site, units=Unreachable()).app())  # type: ignore[arg-type]
    for answer in (browser.get("/f/h1"), browser.client.post("/f/h1/next"), browser.get("/sign-in")):
        assert answer.status_code == 503
        assert "connection refused" in answer.text
