"""The reviewers' verbs through forms, without a script: what is decided, shown, taken back, refused."""

import html
import re
from dataclasses import replace
from typing import Any

import pytest

from jlac_mapper.codes import jlac11
from jlac_mapper.review.memory import FacilityMapper
from jlac_mapper.review.model import Action, ItemState
from jlac_mapper.types import LocalTest, MapOptions, Reason
from jlac_mapper.web.render import hyphenated
from tests.web.site import ALT, AST, WBC, Browser, Site, etag_of, send, token_of


def _standing(site: Site, item: int, facility: str = "h1") -> Any:
    return site.review.view(site.user("root"), facility, item).item.standing


@pytest.mark.parametrize(
    ("code", "action"),
    [(AST, Action.CONFIRM), (ALT, Action.CHOOSE), (hyphenated(ALT), Action.CHOOSE), (WBC, Action.PICK)],
)
def test_the_ticked_code_decides_which_action_it_is(site: Site, code: str, action: Action) -> None:
    item = site.item_named("GOT")
    answer = send(Browser(site.app(), "hanako"), item, "answer", code=code)
    assert answer.status_code == 303
    assert _standing(site, item).code == code.replace("-", "")
    assert site.review.view(site.user("root"), "h1", item).history[-1].draft.action is action


def test_no_code_is_seventeen_nines_and_the_next_item_follows(site: Site) -> None:
    item = site.item_named("GOT")
    answer = send(Browser(site.app(), "hanako"), item, "no_code")
    assert _standing(site, item).code == jlac11.UNCODABLE
    following = int(re.findall(r"/items/(\d+)\?last=(\d+)", answer.headers["location"])[0][0])
    assert _standing(site, following).claimed_by == "hanako"


def test_the_page_after_a_decision_offers_to_take_it_back(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), site.item_named("GOT")
    page = browser.get(send(browser, item, "answer", code=AST).headers["location"]).text
    assert f'Decided "GOT": <span class="code">{hyphenated(AST)}' in html.unescape(page)
    assert send(browser, item, "undo").headers["location"] == f"/f/h1/items/{item}?done=undo"
    assert _standing(site, item).state is ItemState.PROPOSED


def test_a_question_sends_the_item_back_and_shows_on_its_page(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), site.item_named("GOT")
    assert send(browser, item, "send_back", text="材料は何ですか").status_code == 303
    assert _standing(site, item).state is ItemState.SENT_BACK
    assert "材料は何ですか" in browser.get(f"/f/h1/items/{item}").text
    assert "材料は何ですか" in browser.get("/f/h1/lists/1/letter").text


def test_a_comment_stays_on_the_item(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), site.item_named("GOT")
    answer = send(browser, item, "comment", text="試薬を確認\n明日")
    assert answer.headers["location"].endswith("?done=comment")
    assert "試薬を確認" in browser.get(f"/f/h1/items/{item}").text
    assert _standing(site, item).state is ItemState.PROPOSED


def test_skip_gives_the_next_item_and_frees_this_one(site: Site) -> None:
    browser = Browser(site.app(), "hanako")
    first = _item_of(browser.post("/f/h1/next", "/f/h1", queue=""))
    second = _item_of(send(browser, first, "skip"))
    assert second != first
    assert _standing(site, first).claimed_by == ""


def test_of_two_reviewers_the_second_sees_the_firsts_decision_and_nothing_is_lost(site: Site) -> None:
    app, item = site.app(), site.item_named("GOT")
    hanako, taro = Browser(app, "hanako"), Browser(app, "taro")
    stale = taro.get(f"/f/h1/items/{item}").text
    send(hanako, item, "answer", code=AST)
    data = {
        "csrf": token_of(stale),
        "request_id": "t",
        "etag": etag_of(stale),
        "action": "answer",
        "code": ALT,
    }
    answer = taro.client.post(f"/f/h1/items/{item}", data=data)
    assert answer.status_code == 409
    assert f"hanako さん decided first: {hyphenated(AST)} AST" in answer.text
    assert _standing(site, item).code == AST


def test_the_same_form_sent_twice_decides_once(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), site.item_named("GOT")
    page = browser.get(f"/f/h1/items/{item}").text
    data = {"csrf": token_of(page), "request_id": "r", "etag": etag_of(page), "action": "answer", "code": AST}
    first, second = (browser.client.post(f"/f/h1/items/{item}", data=data) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    decided = [
        e for e in site.review.view(site.user("root"), "h1", item).history if e.draft.action is Action.CONFIRM
    ]
    assert len(decided) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"action": "answer", "code": ""}, "Nothing is chosen"),
        ({"action": "answer", "code": "hello"}, "cannot be taken"),
        ({"action": "answer", "code": "C99990000250000F7"}, "cannot be taken"),
        ({"action": "send_back", "text": "  "}, "cannot be taken"),
        ({"action": "explode"}, "cannot be taken"),
        ({"action": "reopen", "text": "why"}, "Not possible"),
    ],
)
def test_what_makes_no_sense_is_refused_on_the_items_own_page(
    site: Site, fields: dict[str, str], told: str
) -> None:
    item = site.item_named("GOT")
    answer = send(Browser(site.app(), "hanako"), item, **fields)
    assert answer.status_code in (400, 403)
    assert told in answer.text
    assert _standing(site, item).state is ItemState.PROPOSED


def test_identical_rows_are_decided_together_after_a_preview(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), site.item_named("GOT")
    path = f"/f/h1/items/{item}"
    page = browser.get(path).text
    assert "1 other open rows are identical" in page
    data = {"csrf": token_of(page), "request_id": "p", "etag": etag_of(page), "action": "answer", "code": ALT}
    preview = browser.client.post(f"{path}/preview", data=data)
    assert preview.status_code == 200
    ticked = re.findall(r'name="ticked" value="([^"]+)"', preview.text)
    assert len(ticked) == 2
    assert _standing(site, item).state is ItemState.PROPOSED
    form = dict(re.findall(r'name="(csrf|request_id|etag|action|code|queue)" value="([^"]*)"', preview.text))
    answer = browser.client.post(f"{path}/identical", data={**form, "ticked": ticked})
    assert answer.status_code == 303, answer.text
    assert [_standing(site, int(t.split(":")[0])).code for t in ticked] == [ALT, ALT]


def test_a_row_that_is_not_ticked_stays_as_it_is(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), site.item_named("GOT")
    path = f"/f/h1/items/{item}"
    page = browser.get(path).text
    data = {"csrf": token_of(page), "request_id": "p", "etag": etag_of(page), "action": "no_code"}
    preview = browser.client.post(f"{path}/preview", data=data).text
    own, other = re.findall(r'name="ticked" value="([^"]+)"', preview)
    answer = browser.client.post(f"{path}/identical", data={**data, "request_id": "q", "ticked": [own]})
    assert answer.status_code == 303, answer.text
    assert _standing(site, int(own.split(":")[0])).code == jlac11.UNCODABLE
    assert _standing(site, int(other.split(":")[0])).state is ItemState.PROPOSED


TWINS = (
    LocalTest("GOT", local_code="11", unit="U/L"),
    LocalTest("GOT(時間外)", local_code="12", unit="U/L"),
    LocalTest("GOT", local_code="13", unit="U/L"),
    LocalTest("GOT2", local_code="14", unit="U/L"),
)


def test_twins_are_offered_without_a_tick_and_decided_with_one(site: Site) -> None:
    run = site.add_list(rows=TWINS)
    first, late, same, counted = (i.id for i in site.review.run_items(site.user("root"), "h1", run))
    browser, path = Browser(site.app(), "hanako"), f"/f/h1/items/{first}"
    page = browser.get(path).text
    assert "2 open rows differ by wing, hour, notes or a count alone" in page
    data = {"csrf": token_of(page), "request_id": "p", "etag": etag_of(page), "action": "answer", "code": ALT}
    preview = browser.client.post(f"{path}/preview", data=data).text
    boxes = re.findall(r'name="ticked" value="([0-9]+):[0-9]+"( checked)?', preview)
    assert boxes == [
        (str(first), " checked"),
        (str(same), " checked"),
        (str(late), ""),
        (str(counted), ""),
    ]
    ticked = [f"{first}:1", f"{late}:1"]
    answer = browser.client.post(f"{path}/identical", data={**data, "request_id": "q", "ticked": ticked})
    assert answer.status_code == 303, answer.text
    assert [_standing(site, item).code for item in (first, late)] == [ALT, ALT]
    assert [_standing(site, item).state for item in (same, counted)] == [ItemState.PROPOSED] * 2
    beside = browser.get(f"/f/h1/items/{counted}").text
    assert "Similar rows decided in this facility" in beside
    assert f'href="/f/h1/items/{late}"' in beside


def test_a_decision_on_the_page_answers_the_next_call_of_its_facility(site: Site) -> None:
    asked = [LocalTest("GOT", local_code="another", unit="U/L", specimen="血清")]
    mapper = FacilityMapper(site.mapper, site.units, site.codes)
    here, elsewhere = MapOptions(facility="h1"), MapOptions(facility="h2")
    [before], [plain] = mapper.map_batch(asked, here), mapper.map_batch(asked, MapOptions())
    assert before == plain
    send(Browser(site.app(), "hanako"), site.item_named("GOT"), "answer", code=ALT)
    [after], [other] = mapper.map_batch(asked, here), mapper.map_batch(asked, elsewhere)
    assert (after.jlac11, after.reasons) == (ALT, (Reason.HOUSE_NAME,))
    assert replace(other, evidence=other.evidence[1:]) == plain
    assert other.evidence[0].key == "decision.elsewhere"


def test_the_second_reader_stays_blind_and_a_lead_settles(site: Site) -> None:
    app = site.app()
    site.add_list("h2", [LocalTest("GOT")])
    item = site.item_named("GOT", "h2")
    taro, jiro, lead = (Browser(app, login) for login in ("taro", "jiro", "lead"))
    send(taro, item, "answer", facility="h2", code=AST)
    seen = jiro.get(f"/f/h2/items/{item}").text
    assert "decided (hidden)" in seen
    assert "confirmed" not in seen
    send(jiro, item, "answer", facility="h2", code=ALT)
    assert _standing(site, item, "h2").state is ItemState.DISPUTED
    disputes = lead.get("/f/h2/disputes").text
    assert f"/f/h2/items/{item}" in disputes
    assert send(lead, item, "answer", facility="h2", code=ALT).status_code == 303
    assert _standing(site, item, "h2").code == ALT
    figures = lead.get("/f/h2/agreement").text
    assert "<dd>1</dd>" in figures
    assert "<dd>0.0 %</dd>" in figures


def _item_of(answer: Any) -> int:
    found = re.search(r"/items/(\d+)", answer.headers["location"])
    assert found, answer.headers
    return int(found[1])
