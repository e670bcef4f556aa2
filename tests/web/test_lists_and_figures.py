"""Lists, the queue's filters, local aliases, audit trail and language, without a script."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.review.model import ItemState
from jlac_mapper.types import LocalTest, Reason
from jlac_mapper.web.render import hyphenated
from tests.unit.stages import build_pipeline
from tests.web.site import AST, TP, Browser, Site, open_site, send, token_of


def test_contradicting_decisions_are_shown_as_such(site: Site) -> None:
    app = site.app()
    browser = Browser(app, "hanako")
    first = site.item_named("GOT")
    send(browser, first, "answer", code=AST)
    second = site.item_named("GOT")
    assert "Decided before in this facility" in browser.get(f"/f/h1/items/{second}").text
    send(browser, second, "answer", code=TP)
    page = browser.get("/f/h1/house-names").text
    assert "One name, different codes" in page
    assert hyphenated(AST) in page
    assert hyphenated(TP) in page


def test_the_queue_is_filtered_and_read_page_by_page(site: Site) -> None:
    site.add_list(rows=[LocalTest("GPT", local_code=str(n)) for n in range(120)])
    browser = Browser(site.app(), "hanako")
    path, seen = "/f/h1?run=2", []
    while path:
        page = browser.get(path).text
        seen += re.findall(r"/f/h1/items/(\d+)\?run=2", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 120
    assert "謎の検査" in browser.get("/f/h1?reason=NAME_UNKNOWN").text
    assert "謎の検査" not in browser.get("/f/h1?min=50").text
    assert "No item fits this filter." in browser.get("/f/h1?section=V").text


def test_an_upload_is_mapped_in_the_background_and_asks_nobody_twice(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    send(browser, site.item_named("GPT"), "answer", code=AST)
    state = _upload(browser, "続き.csv", "項目コード,項目名称\n3,GPT\n9,新しい\n".encode("cp932"))
    assert state["state"] == "done"
    page = browser.get("/f/h1/lists").text
    assert "続き.csv" in page
    rows = list(site.review.run_items(site.user("root"), "h1", 2))
    assert [row.standing.state for row in rows] == [ItemState.ACCEPTED, ItemState.PROPOSED]
    assert rows[0].standing.code == AST


def test_a_row_of_an_upload_that_is_too_long_is_an_error_row_whose_page_says_so(tmp_path: Path) -> None:
    site = open_site(tmp_path, mapper=build_pipeline())
    browser = Browser(site.app(), "hanako")
    content = f"項目名称,単位\nAST,U/L\n{'検査' * 1000},U/L\nGOT,U/L\n"
    assert _upload(browser, "list.csv", content.encode())["state"] == "done"
    rows = list(site.review.run_items(site.user("root"), "h1", 1))
    assert [row.reasons == (Reason.FIELD_TOO_LONG,) for row in rows] == [False, True, False]
    assert rows[1].test.name == "検査" * 1000
    page = browser.get(f"/f/h1/items/{rows[1].id}")
    assert page.status_code == 200
    assert "A field has more characters than are read" in page.text
    assert browser.get("/f/h1?reason=FIELD_TOO_LONG").status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("list.csv", b"a,b\n1,2\n", "no name column"),
        ("list.xlsx", b"PK\x03\x04broken", "list.xlsx"),
        ("list.csv", b"", "empty"),
    ],
)
def test_a_file_that_is_no_list_is_one_clear_line_without_our_paths(
    site: Site, name: str, content: bytes, told: str
) -> None:
    browser = Browser(site.app(), "hanako")
    state = _upload(browser, name, content)
    assert state["state"] == "failed"
    page = browser.get(state["page"]).text
    assert told in page
    assert "jlac-list-" not in page
    assert len(site.review.runs(site.user("root"), "h1")) == 1


def test_the_further_columns_of_a_list_stand_beside_its_row_and_are_handed_out_again(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    wide = [f"列{n}" for n in range(8)]
    heads = ["項目コード", "備考", "項目名称", "備考", *wide]
    row = ["9", "<i>至急</i>", "新しい検査", "", *map(str, range(8))]
    content = ",".join(heads) + "\n" + ",".join(row) + "\n"
    assert _upload(browser, "list.csv", content.encode())["state"] == "done"
    page = browser.get(f"/f/h1/items/{site.item_named('新しい検査')}").text
    assert "<dt>備考</dt><dd>&lt;i&gt;至急&lt;/i&gt;</dd>" in page
    assert page.count("<dt>備考</dt>") == 1  # the other one is empty
    assert '<details class="further">' in page  # nine are too many to stand open
    assert "Further columns of the list (9)" in page
    assert "Further columns" not in browser.get(f"/f/h1/items/{site.item_named('GOT')}").text
    whole = browser.get("/f/h1/lists/2/csv?columns=all").content.decode("utf-8-sig").splitlines()
    assert whole[0].split(",")[: len(heads)] == heads
    assert whole[1].split(",")[: len(row)] == row
    assert browser.get("/f/h1/lists/2/csv").text.startswith("\ufeff項目コード,項目名称,略称")


def test_a_file_of_another_kind_is_refused_at_once(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    answer = browser.client.post(
        "/f/h1/lists",
        data={"csrf": token_of(browser.get("/f/h1/lists").text), "request_id": "up"},
        files={"list": ("list.pdf", b"%PDF", "application/pdf")},
    )
    assert answer.status_code == 400
    assert "list.pdf cannot be imported" in answer.text


def test_the_audit_trail_is_shown_verified_and_handed_out(site: Site) -> None:
    browser = Browser(site.app(), "chief")
    send(Browser(site.app(), "hanako"), site.item_named("GOT"), "answer", code=AST)
    page = browser.get("/f/h1/audit").text
    assert "hanako" in page
    assert "UTC" in page
    assert "The chain is sound." in browser.post("/f/h1/audit/verify", "/f/h1/audit").text
    lines = browser.get("/f/h1/audit.jsonl").text.splitlines()
    assert len(lines) == len(list(site.review.audit(site.user("root"), "h1")))
    assert "hanako" not in browser.get(f"/f/h1/audit?from={len(lines) + 1}").text


def test_the_language_is_the_users_choice(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    assert "Start reviewing" in browser.get("/f/h1").text
    answer = browser.post("/language", "/f/h1", language="ja", back="/f/h1?run=1")
    assert answer.headers["location"] == "/f/h1?run=1"
    page = browser.get("/f/h1").text
    assert '<html lang="ja">' in page
    assert "判定を始める" in page


def _upload(browser: Browser, name: str, content: bytes) -> dict[str, Any]:
    answer = browser.client.post(
        "/f/h1/lists",
        data={"csrf": token_of(browser.get("/f/h1/lists").text), "request_id": str(uuid.uuid4())},
        files={"list": (name, content, "application/octet-stream")},
    )
    assert answer.status_code == 303, answer.text
    page = answer.headers["location"]
    return {**browser.wait_for_job(page), "page": page}
