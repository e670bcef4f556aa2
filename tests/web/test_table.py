"""The table of items without a script: filters, ticks, previews, one undo a group, results of a list."""

import html
import re
import uuid
from typing import Any

import pytest

from jlac_mapper.codes import jlac11
from jlac_mapper.review.commands import ItemQuery
from jlac_mapper.review.model import OPEN, Action, ItemState
from jlac_mapper.types import LocalTest
from jlac_mapper.web.render import hyphenated
from tests.web.site import ALT, AST, Browser, Site, send, token_of

TABLE = "/f/h1/table"


def _open(site: Site) -> dict[str, list[int]]:
    """Return the open items by name."""
    found: dict[str, list[int]] = {}
    for row in site.review.queue(site.user("root"), ItemQuery("h1", states=OPEN), limit=500).rows:
        found.setdefault(row.name, []).append(row.id)
    return found


def _standing(site: Site, item: int, facility: str = "h1") -> Any:
    return site.review.view(site.user("root"), facility, item).item.standing


def _preview(browser: Browser, action: str, items: list[int], **more: str) -> Any:
    data = {
        "csrf": token_of(browser.get(TABLE).text),
        "request_id": str(uuid.uuid4()),
        "queue": "",
        "after": "",
        "action": action,
        "ticked": [str(item) for item in items],
        **more,
    }
    return browser.client.post(f"{TABLE}/preview", data=data)


def _go(browser: Browser, preview: str, **more: str) -> Any:
    """Send the form of a preview."""
    found = re.findall(r'name="(csrf|request_id|queue|after|action|code)" value="([^"]*)"', preview)
    ticked = re.findall(r'name="ticked" value="([^"]+)"', preview)
    return browser.client.post(f"{TABLE}/decide", data={**dict(found), "ticked": ticked, **more})


def _undo(browser: Browser, address: str) -> Any:
    page = browser.get(address).text
    form = re.search(r'action="/f/h1/table/undo".*?</form>', page, re.DOTALL)
    assert form, page
    found = re.findall(r'name="(csrf|request_id|queue|after|group)" value="([^"]*)"', form[0])
    return browser.client.post(f"{TABLE}/undo", data=dict(found))


def test_rows_are_searched_sorted_and_narrowed_by_facets_with_counts(site: Site) -> None:
    site.add_list(rows=[LocalTest("ＧＰＴ", local_code="B-2", section="生化学", specimen="血清")])
    browser = Browser(site.app(), "viewer")
    page = html.unescape(browser.get(TABLE).text)
    assert "7 items" in page
    [path] = re.findall(
        r'href="([^"]+department=[^"]+)"[^>]*><span>生化学</span> <span class="number">1<', page
    )
    narrowed = html.unescape(browser.get(path).text)
    assert "1 items" in narrowed
    assert 'aria-current="true"><span>生化学' in narrowed
    assert "ＧＰＴ" in narrowed
    assert 'type="checkbox" name="ticked"' not in narrowed  # a viewer decides nothing
    by_name = browser.get(f"{TABLE}?find=gpt&order=name").text
    assert len(re.findall(r"data-row", by_name)) == 2
    assert 'aria-sort="ascending"' in by_name
    assert "2 items" in by_name
    assert browser.get(f"{TABLE}?order=uncertain&band=9&main=x&department=%00").status_code == 200


def test_every_code_of_the_table_has_its_name_beside_it(site: Site) -> None:
    page = Browser(site.app(), "hanako").get(f"{TABLE}?state=all").text
    shown = re.findall(r'<span class="code">([^<]+)</span> ([^<]*)<', page)
    assert len(shown) == 6
    assert all(code and name.strip() for code, name in shown)


def test_three_ticked_rows_are_confirmed_after_a_preview_and_taken_back_by_one_undo(site: Site) -> None:
    app, names = site.app(), _open(site)
    browser, items = Browser(app, "hanako"), [*names["GOT"], *names["GPT"]]
    send(Browser(app, "taro"), names["謎の検査"][0], "claim")
    preview = _preview(browser, "confirm", [*items, *names["謎の検査"]])
    assert preview.status_code == 200
    assert "3 items would change" in preview.text
    assert "1 cannot change" in preview.text
    assert "Someone else is reading it." in preview.text
    assert all(_standing(site, item).state is ItemState.PROPOSED for item in items)
    done = _go(browser, preview.text)
    assert done.status_code == 303, done.text
    assert [_standing(site, item).code for item in items] == [AST, AST, ALT]
    shown = browser.get(done.headers["location"]).text
    assert "3 items were confirmed." in shown
    back = _undo(browser, done.headers["location"])
    assert "3 items were taken back." in browser.get(back.headers["location"]).text
    assert all(_standing(site, item).state is ItemState.PROPOSED for item in items)
    for item in items:
        history = site.review.view(site.user("root"), "h1", item).history
        assert [event.draft.action for event in history] == [Action.CONFIRM, Action.UNDO]
    assert site.review.verify(site.user("chief"), "h1") == []


def test_a_row_that_changed_since_stays_when_its_group_goes_back(site: Site) -> None:
    app, names = site.app(), _open(site)
    browser, lead = Browser(app, "hanako"), Browser(app, "lead")
    items = names["GOT"]
    done = _go(browser, _preview(browser, "no_code", items).text)
    send(lead, items[1], "reopen", text="reason")
    back = browser.get(_undo(browser, done.headers["location"]).headers["location"]).text
    assert "1 items were taken back. 1 changed since and stay as they are." in back
    assert f'/f/h1/items/{items[1]}"' in back


def test_a_candidate_is_chosen_for_those_rows_alone_that_have_it(site: Site) -> None:
    browser, names = Browser(site.app(), "hanako"), _open(site)
    [bold] = names["<b>太字</b>"]
    items = [*names["GOT"], *names["GPT"], bold]
    choices = _preview(browser, "choose", items).text
    assert "candidate of 3 of 4" in choices
    assert f"{hyphenated(ALT)}</span> ALT" in choices
    preview = _preview(browser, "choose", items, code=ALT).text
    assert "The chosen code is no candidate of this item." in preview
    assert _go(browser, preview).status_code == 303
    assert [_standing(site, item).code for item in items] == [ALT, ALT, ALT, ""]


def test_a_question_and_an_assignment_are_given_to_all_that_is_ticked(site: Site) -> None:
    app, names = site.app(), _open(site)
    hanako, lead = Browser(app, "hanako"), Browser(app, "lead")
    items = names["GOT"]
    preview = _preview(hanako, "send_back", items).text
    refused = _go(hanako, preview, text=" ")
    assert refused.status_code == 400
    assert "Please write the question" in refused.text
    assert len(re.findall(r'name="ticked" value="\d+" checked', refused.text)) == 2
    assert _go(hanako, preview, text="材料は何ですか").status_code == 303
    assert [_standing(site, item).question for item in items] == ["材料は何ですか"] * 2
    assert "Your role does not allow it." in _preview(hanako, "assign", items).text
    form = _preview(lead, "assign", items).text
    assert '<option value="taro">taro さん (taro)</option>' in form
    assert '<option value="viewer"' not in form
    assert _go(lead, form, text="taro").status_code == 303
    assert [_standing(site, item).assigned_to for item in items] == ["taro"] * 2
    shown = lead.get(f"{TABLE}?state=sent_back&assigned=taro").text
    assert "for taro さん" in shown


def test_nothing_ticked_and_rows_that_changed_meanwhile_are_told_on_the_table(site: Site) -> None:
    app, names = site.app(), _open(site)
    browser = Browser(app, "hanako")
    answer = _preview(browser, "confirm", [])
    assert answer.status_code == 400
    assert "No item is ticked." in answer.text
    preview = _preview(browser, "confirm", names["GOT"]).text
    send(Browser(app, "taro"), names["GOT"][1], "answer", code=ALT)
    late = _go(browser, preview)
    assert late.status_code == 409
    assert "Some of the items changed after the preview." in late.text
    assert _standing(site, names["GOT"][0]).state is ItemState.PROPOSED


def test_all_of_a_page_can_be_ticked_without_a_script(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    assert len(re.findall(r'name="ticked" value="\d+" checked', browser.get(f"{TABLE}?tick=page").text)) == 6


@pytest.mark.parametrize("order", ["", "name", "state", "probability", "uncertain"])
def test_pages_of_the_table_follow_each_other(site: Site, order: str) -> None:
    site.add_list(rows=[LocalTest("GPT", local_code=str(n)) for n in range(230)])
    browser, path, seen = Browser(site.app(), "viewer"), f"{TABLE}?run=2&order={order}", []
    while path:
        page = html.unescape(browser.get(path).text)
        seen += re.findall(r'id="r(\d+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1] if following else ""
    assert len(seen) == len(set(seen)) == 230


def test_an_items_page_leads_to_the_items_around_it_in_the_filter(site: Site) -> None:
    browser, names = Browser(site.app(), "viewer"), _open(site)
    first, second = names["GOT"]
    page = html.unescape(browser.get(f"/f/h1/items/{first}?find=got").text)
    assert f'rel="next" data-key="j" aria-keyshortcuts="j" href="/f/h1/items/{second}?find=got"' in page
    assert 'rel="prev"' not in page
    assert "List 1 (list.csv)" in page


def test_an_item_that_was_read_as_nothing_listed_offers_no_code_first_and_says_why(site: Site) -> None:
    browser, [item] = Browser(site.app(), "hanako"), _open(site)["謎の検査"]
    page = browser.get(f"/f/h1/items/{item}").text
    assert "The published national JLAC11 list holds 48 items." in page
    assert "The name could not be read as a known test." in page
    actions = page[page.index('class="actions fixed"') :]
    assert re.findall(r'name="action" value="(\w+)"', actions)[:2] == ["no_code", "answer"]
    assert re.search(r'value="none"[^>]*checked', page)
    send(browser, item, "answer", code="none")
    assert _standing(site, item).code == jlac11.UNCODABLE
    for path in (f"/f/h1/items/{item}", f"{TABLE}?state=all", "/f/h1?state=all", "/f/h1/house-names"):
        shown = browser.get(path).text
        assert "no code" in shown, path
        assert jlac11.UNCODABLE not in shown, path


def test_what_matters_comes_first_among_the_reasons_and_people_have_names(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), _open(site)["GOT"][0]
    send(browser, item, "answer", code=AST)
    page = browser.get(f"/f/h1/items/{item}").text
    assert "<strong>hanako さん</strong>" in page
    assert re.search(r'<time datetime="2026-05-01T[^"]+" title="2026-05-01 00:00:\d\d UTC">', page)


def test_a_list_has_a_page_with_its_progress_results_and_downloads(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), _open(site)["GOT"][0]
    page = browser.get("/f/h1/lists/1").text
    assert "6 items are still open." in page
    send(browser, item, "answer", code=AST)
    for other in [one for ids in _open(site).values() for one in ids]:
        send(browser, other, "no_code")
    page = browser.get("/f/h1/lists/1").text
    assert "Every item of this list is settled." in page
    assert "<dt>With a code (final or accepted)</dt><dd>2</dd>" in page
    assert "<dt>Without a code</dt><dd>5</dd>" in page
    assert 'href="/f/h1/lists/1/csv" download' in page
    assert jlac11.UNCODABLE not in page
    assert browser.get("/f/h1/lists/99").status_code == browser.get("/f/h1/lists/x").status_code == 404


def test_two_readers_answers_stand_side_by_side_and_a_lead_settles_there(site: Site) -> None:
    app = site.app()
    site.add_list("h2", [LocalTest("GOT")])
    item = site.item_named("GOT", "h2")
    send(Browser(app, "taro"), item, "answer", facility="h2", code=AST)
    send(Browser(app, "jiro"), item, "no_code", facility="h2")
    lead = Browser(app, "lead")
    page = lead.get("/f/h2/disputes").text
    assert "<h3>taro さん</h3>" in page
    assert f"{hyphenated(AST)}</span> AST" in page
    assert "<h3>jiro さん</h3>" in page
    assert jlac11.UNCODABLE not in page
    answer = send(lead, item, "no_code", facility="h2", back="disputes")
    assert answer.headers["location"] == f"/f/h2/disputes?settled={item}"
    assert _standing(site, item, "h2").code == jlac11.UNCODABLE
