"""A page in Japanese says nothing in English, neither itself nor in the errors that it shows."""

import re
import uuid

import pytest

from jlac_mapper.review.commands import ItemQuery
from jlac_mapper.review.model import OPEN
from jlac_mapper.types import LocalTest
from jlac_mapper.web.pages import PAGES
from jlac_mapper.web.routing import Page
from tests.support.english_runs import english_runs, said_by
from tests.web.site import Browser, Site, etag_of, send, token_of
from tests.web.test_columns_page import upload as to_look_at

SHOWN = [
    page
    for page in PAGES
    if page.method == "GET"
    and not page.path.endswith((".jsonl", "/{kind}", "/state", "/columns"))
    and "oidc" not in page.path
]


SCRIPTED = "the script says"
"""Evidence that the scripted mapper makes up."""


def japanese(site: Site, login: str = "root") -> Browser:
    browser = Browser(site.app(), login)
    browser.client.headers["accept-language"] = "ja"
    return browser


def english_of(html: str) -> list[str]:
    texts = [text.replace(SCRIPTED, "") for text in said_by(html)]
    return [run for text in texts for run in english_runs(text)]


def upload(browser: Browser, content: bytes) -> str:
    answer = browser.client.post(
        "/f/h1/lists",
        data={"csrf": token_of(browser.get("/f/h1/lists").text), "request_id": str(uuid.uuid4())},
        files={"list": ("list.csv", content, "text/csv")},
    )
    address = str(answer.headers["location"])
    browser.wait_for_job(address)
    return address


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.path)
def test_every_page_is_japanese_throughout(site: Site, page: Page) -> None:
    browser = japanese(site)
    job = upload(browser, b"name\nAST\n").rsplit("/", 1)[-1]
    looked_at = to_look_at(browser, "list.csv", "検査名\nAST\n".encode()).rsplit("/", 1)[-1]
    values = {
        "facility": "h1",
        "item:int": str(site.item_named("GOT")),
        "job": job,
        "upload": looked_at,
        "run": "1",
        "login": "hanako",
        "edition": "starter",
    }
    address = re.sub(r"\{([^}]+)\}", lambda found: values[found[1]], page.path)
    answer = browser.get(f"{address}?q=AST&item={values['item:int']}")
    assert answer.status_code in (200, 303), answer.text
    if answer.status_code == 200:
        assert re.search("[ぁ-ん]", answer.text)
        assert english_of(answer.text) == []


def test_the_way_english_is_looked_for_finds_it() -> None:
    assert english_of("<p title='Load the page again'>項目 <b>no name column</b></p>") == [
        "Load the page again",
        "no name column",
    ]
    assert english_of("<p>CSV UTF-8 か XLSX、jlac-mapper review user add</p>") == []


def test_a_list_that_cannot_be_read_is_refused_in_japanese(site: Site) -> None:
    browser = japanese(site)
    page = browser.get(upload(browser, "番号\n1\n".encode())).text
    assert "検査名の列がありません" in page
    assert english_of(page) == []


def test_a_refused_order_says_why_in_japanese(site: Site) -> None:
    browser = japanese(site)
    item = site.item_named("GOT")
    refused = send(browser, item, "answer", code="C2008")
    assert refused.status_code == 400
    assert "JLAC11 コードではありません" in refused.text
    assert english_of(refused.text) == []


def test_a_conflict_says_so_in_japanese(site: Site) -> None:
    browser = japanese(site)
    path = f"/f/h1/items/{site.item_named('GOT')}"
    page = browser.get(path).text
    data = {"csrf": token_of(page), "etag": etag_of(page), "action": "comment", "text": "見た"}
    first = browser.client.post(
        path, data={**data, "request_id": "one", "action": "send_back", "text": "材料は"}
    )
    assert first.status_code == 303
    refused = browser.client.post(path, data={**data, "request_id": "two", "action": "no_code"})
    assert refused.status_code == 409
    assert english_of(refused.text) == []


def test_what_was_done_to_users_and_facilities_reads_in_japanese(site: Site) -> None:
    root = site.user("root")
    site.people.save_user(root, site.user("hanako"), request_id="r1", password="a long enough password")
    page = japanese(site).get("/audit").text
    assert "有効。h1=reviewer。パスワードを設定" in page
    assert english_of(page) == []


def test_a_persons_own_english_stays_as_it_is(site: Site) -> None:
    site.add_list(rows=[LocalTest("Total protein in serum")])
    found = site.review.queue(site.user("root"), ItemQuery("h1", states=OPEN), limit=50).rows
    assert any(row.name == "Total protein in serum" for row in found)
    assert "Total protein in serum" in japanese(site).get("/f/h1").text
