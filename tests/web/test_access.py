"""Every page refuses without the right role, and another facility's things do not exist."""

import re
import uuid

import pytest

from jlac_mapper.review.model import Role
from jlac_mapper.web.pages import PAGES
from jlac_mapper.web.routing import Access, Page
from tests.web.site import Browser, Site, token_of

_LADDER = {Role.VIEWER: "viewer", Role.REVIEWER: "hanako", Role.LEAD: "lead", Role.ADMIN: "chief"}
_NEEDS = {Access(role.value): role for role in Role}


def _address(site: Site, page: Page, *, facility: str = "h1", job: str = "none", upload: str = "none") -> str:
    item = site.item_named("GOT")
    values = {
        "facility": facility,
        "item:int": str(item),
        "job": job,
        "upload": upload,
        "login": "hanako",
        "edition": "starter",
        "run": "1",
        "kind": "csv",
    }
    query = f"?q=AST&item={item}" if page.path.endswith("/search") else ""
    return re.sub(r"\{([^}]+)\}", lambda m: values[m[1]], page.path) + query


def _ask(browser: Browser, page: Page, address: str, token: str) -> int:
    if page.method == "GET":
        return int(browser.get(address).status_code)
    return int(
        browser.client.post(address, data={"csrf": token, "request_id": str(uuid.uuid4())}).status_code
    )


def _ids(page: Page) -> str:
    return f"{page.method} {page.path}"


@pytest.mark.parametrize("page", [p for p in PAGES if p.access is not Access.PUBLIC], ids=_ids)
def test_a_page_sends_a_stranger_to_the_sign_in(site: Site, page: Page) -> None:
    answer = Browser(site.app()).client.request(page.method, _address(site, page))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("page", [p for p in PAGES if p.access in _NEEDS], ids=_ids)
def test_a_page_answers_from_its_role_on_and_refuses_the_roles_below(site: Site, page: Page) -> None:
    app = site.app()
    job = _upload(Browser(app, "hanako"))
    upload = _upload(Browser(app, "hanako"), waits=True)
    is_installation = "{facility}" not in page.path
    for role, login in _LADDER.items():
        browser = Browser(app, "root" if is_installation and role is Role.ADMIN else login)
        status = _ask(
            browser, page, _address(site, page, job=job, upload=upload), token_of(browser.get("/f/h1").text)
        )
        if not role.includes(_NEEDS[page.access]):
            # Whoever has no role in the installation does not learn of its pages.
            assert status == (404 if is_installation else 403), login
        else:
            assert status in (200, 303, 400), login


@pytest.mark.parametrize("page", [p for p in PAGES if "{facility}" in p.path], ids=_ids)
def test_another_facility_and_its_items_do_not_exist(site: Site, page: Page) -> None:
    browser = Browser(site.app(), "other")  # admin of h2 only
    token = token_of(browser.get("/f/h2").text)
    assert _ask(browser, page, _address(site, page), token) == 404
    if any(part in page.path for part in ("{item", "{job}", "{run}", "{upload}")):
        assert _ask(browser, page, _address(site, page, facility="h2"), token) == 404


def test_an_unknown_facility_answers_like_a_foreign_one(site: Site) -> None:
    browser = Browser(site.app(), "other")
    foreign, unknown = browser.get("/f/h1"), browser.get("/f/nowhere")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.text.replace("/f/h1", "X") == unknown.text.replace("/f/nowhere", "X")


def test_a_user_who_is_no_longer_active_is_out_at_once(site: Site) -> None:
    from dataclasses import replace

    browser = Browser(site.app(), "hanako")
    assert browser.get("/f/h1").status_code == 200
    site.people.save_user(site.user("root"), replace(site.user("hanako"), active=False), request_id="off")
    assert browser.get("/f/h1").status_code == 303


def _upload(browser: Browser, *, waits: bool = False) -> str:
    answer = browser.client.post(
        "/f/h1/uploads" if waits else "/f/h1/lists",
        data={"csrf": token_of(browser.get("/f/h1/lists").text), "request_id": "up"},
        files={"list": ("list.csv", b"name\nAST\n", "text/csv")},
    )
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    if not waits:
        browser.wait_for_job(address)
    return str(address.rsplit("/", 1)[-1])
