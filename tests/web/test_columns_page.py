"""A list is looked at before it is taken in, without a script."""

import io
import re
import tempfile
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from jlac_mapper.review.model import ItemState
from jlac_mapper.web.pending import KEPT
from tests.web.site import Browser, Site, token_of

UNKNOWN = "コード,呼び名,U,メモ\n9,GOT,U/L,至急\n8,GPT,U/L,\n7,,U/L,\n"


def upload(browser: Browser, name: str, content: bytes) -> str:
    """Send a file to be looked at; return the address of its page."""
    answer = browser.client.post(
        "/f/h1/uploads",
        data={"csrf": token_of(browser.get("/f/h1/lists").text)},
        files={"list": (name, content, "application/octet-stream")},
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def form_of(html: str) -> dict[str, str]:
    """Return what the page's form would send as it stands."""
    form = html[html.index('<form method="post" action="/f/h1/uploads/') :]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    chosen = {}
    for name, options in re.findall(r'<select (?:id="\w+" )?name="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
        found = re.search(r'value="([^"]*)" selected', options)
        chosen[name] = found[1] if found else ""
    return {"csrf": token_of(html), "request_id": str(uuid.uuid4()), **hidden, **chosen}


def send(browser: Browser, address: str, action: str, **fields: str) -> Any:
    """Send the form of the page with some choices changed."""
    data = {**form_of(browser.get(address).text), **fields, "action": action}
    return browser.client.post(address, data=data)


def workbook() -> bytes:
    made = openpyxl.Workbook()
    made.active.title = "表紙"
    for title, name in (("生化学", "GOT"), ("血液", "謎")):
        sheet = made.create_sheet(title)
        sheet.append(["項目名称", "単位"])
        sheet.append([name, "U/L"])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_nothing_is_stored_until_the_list_is_taken_in_as_it_was_corrected(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    address = upload(browser, "続き.csv", UNKNOWN.encode("cp932"))
    page = browser.get(address).text
    assert "続き.csv" in page
    assert "3 rows" in page
    assert "read as cp932" in page
    assert "No column is read as the name" in page
    assert "<span>GOT</span><span>GPT</span>" in page
    refused = send(browser, address, "take")
    assert refused.status_code == 400
    again = send(browser, address, "look", column1="name", column2="unit")
    assert "Row 3: has no name" in again.text
    assert "3 columns tell no code" not in again.text
    assert "1 columns tell no code: メモ" in again.text
    assert len(site.review.runs(site.user("root"), "h1")) == 1
    taken = send(browser, address, "take", column1="name", column2="unit")
    assert taken.status_code == 303
    assert browser.wait_for_job(taken.headers["location"])["state"] == "done"
    items = list(site.review.run_items(site.user("root"), "h1", 2))
    assert [(i.test.name, i.test.unit, i.cells) for i in items] == [
        ("GOT", "U/L", ("9", "GOT", "U/L", "至急")),
        ("GPT", "U/L", ("8", "GPT", "U/L", "")),
        ("", "U/L", ("7", "", "U/L", "")),
    ]
    assert items[0].standing.state is ItemState.PROPOSED


def test_a_list_that_was_taken_in_leads_to_its_import_and_is_not_taken_in_twice(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    address = upload(browser, "a.csv", b"name\nGOT\n")
    data = {**form_of(browser.get(address).text), "action": "take"}
    places = [browser.client.post(address, data=data).headers["location"] for _ in range(2)]
    assert places[0] == places[1] == browser.get(address).headers["location"]
    browser.wait_for_job(places[0])
    assert len(site.review.runs(site.user("root"), "h1")) == 2
    assert browser.get(f"{address}/columns").status_code == 404


def test_the_sheets_of_a_workbook_are_shown_and_another_one_is_seen_before_it_is_taken_in(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    address = upload(browser, "book.xlsx", workbook())
    page = browser.get(address).text
    assert ">表紙 (no column of names)</option>" in page
    assert 'value="2" selected>生化学</option>' in page
    shown = send(browser, address, "take", sheet="3")
    assert shown.status_code == 200  # the columns of that sheet were not seen yet
    assert "<span>謎</span>" in shown.text
    data = {**form_of(shown.text), "action": "take"}
    taken = browser.client.post(address, data=data)
    assert browser.wait_for_job(taken.headers["location"])["state"] == "done"
    assert [i.test.name for i in site.review.run_items(site.user("root"), "h1", 2)] == ["謎"]


def test_one_field_is_read_from_one_column(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    address = upload(browser, "a.csv", b"name,other\nGOT,x\n")
    refused = send(browser, address, "take", column1="name")
    assert refused.status_code == 400
    assert "Name is chosen for more than one column" in refused.text


def test_a_list_that_is_not_taken_in_is_gone(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    address = upload(browser, "a.csv", b"name\nGOT\n")
    assert send(browser, address, "cancel").headers["location"] == "/f/h1/lists"
    assert browser.get(address).status_code == 404
    assert len(site.review.runs(site.user("root"), "h1")) == 1


def test_programs_are_told_the_same_as_people(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    address = upload(browser, "a.csv", UNKNOWN.encode())
    found = browser.get(f"{address}/columns").json()
    assert [column["field"] for column in found["columns"]] == ["local_code", "", "", ""]
    assert (found["has_names"], found["rows"]) == (False, 3)
    corrected = browser.get(f"{address}/columns?column1=name&column2=unit").json()
    assert [column["field"] for column in corrected["columns"]] == ["", "name", "unit", ""]
    assert corrected["problems"] == [{"row": 3, "problem": "no_name", "field": "", "text": "7 | U/L"}]


def test_a_file_that_is_no_table_is_one_clear_line_and_does_not_wait(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    for name, content, told in (("a.xlsx", b"PK\x03\x04broken", "a.xlsx"), ("a.csv", b"", "a.csv is empty")):
        address = upload(browser, name, content)
        answer = browser.get(address)
        assert answer.status_code == 400
        assert told in answer.text
        assert "jlac-list" not in answer.text
        assert browser.get(address).status_code == 404
    assert browser.post(address, "/f/h1/lists", action="take").status_code == 404


def test_a_file_waits_an_hour_and_the_oldest_of_many_makes_room(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    first = upload(browser, "a.csv", b"name\nGOT\n")
    for _ in range(KEPT):
        last = upload(browser, "a.csv", b"name\nGOT\n")
    assert [browser.get(each).status_code for each in (first, last)] == [404, 200]
    site.clock.move(timedelta(minutes=61))
    assert browser.get(last).status_code == 404


def test_no_file_is_left_when_the_server_ends(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    app = site.app()
    with TestClient(app):
        upload(Browser(app, "hanako"), "a.csv", b"name\nGOT\n")
        [kept] = folder.glob("*/*")
        assert kept.read_bytes() == b"name\nGOT\n"
    assert list(folder.iterdir()) == []
