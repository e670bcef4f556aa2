"""The usual injections have no effect: HTML, SQL, spreadsheet formulas, headers, other sites' addresses."""

import re

import pytest

from jlac_mapper.review.commands import ItemQuery
from jlac_mapper.review.model import OPEN, ItemState
from jlac_mapper.web.call import own_path
from tests.web.site import PASSWORD, Browser, Site, token_of


def _state(site: Site, item: int) -> ItemState:
    return site.review.view(site.user("root"), "h1", item).item.standing.state


def test_html_in_a_list_is_shown_as_text(site: Site) -> None:
    browser = Browser(site.app(), "root")
    item = site.item_named("<b>太字</b>")
    for path in ("/f/h1", f"/f/h1/items/{item}", f"/f/h1/items/{item}?q=<script>alert(1)</script>"):
        html = browser.get(path).text
        assert "<b>太字" not in html
        assert "<script>alert" not in html
        assert "&lt;b&gt;太字&lt;/b&gt;" in html


@pytest.mark.parametrize(
    "query",
    [
        "run=1' OR '1'='1",
        "reason=' UNION SELECT 1--",
        "section='",
        "min=1;DROP TABLE items",
        "state=' OR 1=1",
        "assigned=' OR ''='",
        "order=id;--",
        "after=1'--_x",
        "after=-1_nan",
        "run=99999999999999999999",
    ],
)
def test_sql_in_a_filter_changes_nothing(site: Site, query: str) -> None:
    browser = Browser(site.app(), "hanako")
    assert browser.get(f"/f/h1?{query}").status_code == 200
    everything = site.review.queue(site.user("root"), ItemQuery("h1", states=OPEN), limit=500)
    assert len(everything.rows) == 6


def test_sql_in_the_sign_in_and_the_search_changes_nothing(site: Site) -> None:
    app = site.app()
    assert Browser(app).sign_in("hanako' OR '1'='1", "' OR ''='").status_code == 403
    item = site.item_named("GOT")
    answer = Browser(app, "hanako").get("/f/h1/search", params={"q": "'; DROP TABLE items;--", "item": item})
    assert answer.status_code == 200
    assert _state(site, item) is ItemState.PROPOSED


def test_a_formula_in_a_list_leaves_as_text(site: Site) -> None:
    csv = Browser(site.app(), "viewer").get("/f/h1/lists/1/csv")
    assert csv.status_code == 200
    assert "'=cmd|" in csv.text
    assert not re.search(r"(?:^|,|\n)\"?=cmd", csv.text)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "concept_map", "sssom", "letter", "labelled", "confirmed"])
def test_a_download_is_an_attachment_with_a_plain_name(site: Site, kind: str) -> None:
    answer = Browser(site.app(), "viewer").get(f"/f/h1/lists/1/{kind}")
    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="[\w.-]+"', answer.headers["content-disposition"])
    assert answer.content


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX-A: b", ""]
)
def test_the_way_back_never_leads_elsewhere(site: Site, back: str) -> None:
    browser = Browser(site.app())
    data = {"csrf": token_of(browser.get("/sign-in", params={"back": back}).text), "login": "hanako"}
    answer = browser.client.post("/sign-in", data={**data, "password": PASSWORD, "back": back})
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location.startswith("/")
    assert "evil" not in location.split("?")[0]
    assert "x-a" not in answer.headers
    assert own_path("/f/h1?run=1") == "/f/h1?run=1"


def test_a_header_in_a_file_name_stays_out_of_the_answer(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    answer = browser.client.post(
        "/f/h1/lists",
        data={"csrf": token_of(browser.get("/f/h1/lists").text), "request_id": "up"},
        files={"list": ("../../a\r\nX-Evil: 1.csv", b"name\nAST\n", "text/csv")},
    )
    assert answer.status_code in (303, 400)
    assert "x-evil" not in answer.headers


def test_a_body_beyond_the_limit_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jlac_mapper.web.app.LARGEST_BYTES", 10_000)
    browser = Browser(site.app(), "hanako")
    answer = browser.post("/f/h1/next", "/f/h1", queue="x" * 20_000)
    assert answer.status_code == 413
