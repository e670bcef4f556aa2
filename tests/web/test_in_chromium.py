"""The page in real Chromium: the whole path, two reviewers at once, the keyboard alone, axe."""

import csv
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from starlette.applications import Starlette

from jlac_mapper.codes import jlac11
from jlac_mapper.review.model import ItemState, Role
from jlac_mapper.types import LocalTest
from jlac_mapper.web.render import hyphenated
from tests.unit.master_files import HEADER_2025, cells, write_csv
from tests.web.chromium import Seat, axe_source, chromium, running, serious_violations
from tests.web.site import ALT, AST, PASSWORD, Browser, Site
from tests.web.test_administration import with_editions
from tests.web.test_columns_page import upload


@pytest.fixture(scope="module")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[object]]:
    """Two browsers with profiles of their own."""
    with chromium(tmp_path_factory.mktemp("one")) as one, chromium(tmp_path_factory.mktemp("two")) as two:
        yield [one, two]


@pytest.fixture
def app(site: Site) -> Starlette:
    """The page that is running."""
    return site.app()


@pytest.fixture
def seats(app: Starlette, browsers: list[object]) -> Iterator[tuple[Seat, Seat]]:
    """Two people in front of a running page."""
    with running(app) as address:
        first, second = (Seat(driver, address) for driver in browsers)  # type: ignore[arg-type]
        yield first, second
        assert first.problems() == []
        assert second.problems() == []


def _standing(site: Site, item: int) -> tuple[ItemState, str]:
    standing = site.review.view(site.user("root"), "h1", item).item.standing
    return standing.state, standing.code


def test_the_whole_path_from_upload_over_review_to_export(seats: tuple[Seat, Seat], tmp_path: Path) -> None:
    seat = seats[0]
    source = tmp_path / "検査マスター.csv"
    source.write_bytes("項目コード,項目名称,材料\n101,GOT,血清\n102,GPT,血清\n103,AST,血清\n".encode("cp932"))
    seat.sign_in("hanako")
    seat.open("/f/h1/lists")
    seat.one("#list").send_keys(str(source))
    seat.click("main form button")
    seat.one("button[value=take]").click()
    seat.wait(lambda: seat.all("main a.primary"))
    assert "3 rows were imported" in seat.one("#job-text").text
    seat.click("main a.primary")
    assert len(seat.all("table.rows tbody tr")) == 2  # AST was accepted
    seat.click(".start button")
    assert seat.all("#answer")
    assert seat.title() == "GOT"
    assert seat.one("input[name=code]:checked").get_attribute("value") == AST
    seat.after(Keys.ENTER)
    assert seat.title() == "GPT"
    seat.after("2", Keys.ENTER)
    assert "Nothing is left for you" in seat.one("main .note").text
    folder = tmp_path / "downloads"
    folder.mkdir()
    seat.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
    )
    seat.open("/f/h1/lists")
    seat.one("table.rows details summary").click()
    seat.one("table.rows a[href$='/csv']").click()
    file = seat.wait(lambda: [f for f in folder.iterdir() if f.suffix == ".csv" and f.stat().st_size])[0]
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))
    codes = [next(v for v in row.values() if v.replace("-", "") in (AST, ALT)) for row in rows]
    assert [code.replace("-", "") for code in codes] == [AST, AST, AST]
    assert [row["項目名称"] for row in rows] == ["GOT", "GPT", "AST"]


def test_of_two_reviewers_at_once_one_decides_and_the_other_sees_it(
    site: Site, seats: tuple[Seat, Seat]
) -> None:
    hanako, taro = seats
    item = site.item_named("GOT")
    for seat, login in ((hanako, "hanako"), (taro, "taro")):
        seat.sign_in(login)
        seat.open("/f/h1" if login == "taro" else f"/f/h1/items/{item}")
    taro.open(f"/f/h1/items/{item}")
    hanako.after(Keys.ENTER)
    taro.after("2", Keys.ENTER)
    problem = taro.one(".problem[role=alert]")
    assert f"hanako さん decided first: {hyphenated(AST)} AST" in problem.text
    assert taro.driver.switch_to.active_element == problem
    assert _standing(site, item) == (ItemState.FINAL, AST)
    assert not taro.all("#answer ~ .actions [value=answer]")


def test_two_reviewers_are_given_different_items(seats: tuple[Seat, Seat]) -> None:
    for seat, login in zip(seats, ("hanako", "taro"), strict=True):
        seat.sign_in(login)
        seat.open("/f/h1")
        seat.after(Keys.ENTER)
    assert seats[0].driver.current_url != seats[1].driver.current_url


def test_the_keyboard_alone_is_enough(site: Site, seats: tuple[Seat, Seat]) -> None:
    seat = seats[0]
    seat.sign_in("hanako")
    first, second = site.item_named("GOT"), site.item_named("GPT")
    seat.after(Keys.ENTER)
    assert seat.title() == "GOT"
    assert seat.focused() == "h1#title"
    seat.after("2", Keys.ENTER)
    assert _standing(site, first) == (ItemState.FINAL, ALT)
    assert seat.title() == "GPT"
    assert seat.focused() == "h1#title"
    seat.wait(lambda: "Decided" in seat.one("#live").get_attribute("textContent"))
    seat.wait(lambda: seat.all(".progress progress"))
    assert "1 in the last hour, 1 today" in seat.one(".progress").text
    seat.after("u")
    assert _standing(site, first)[0] is ItemState.PROPOSED
    assert seat.title() == "GOT"
    seat.after("n")
    assert _standing(site, first) == (ItemState.FINAL, jlac11.UNCODABLE)
    assert seat.title() == "GPT"
    seat.press("/")
    assert seat.focused() == "input#q"
    seat.press("総蛋白 血清", Keys.ENTER)
    seat.wait(lambda: seat.all("#found input[type=radio]"))
    seat.wait(lambda: seat.focused() == "input#f1")
    picked = seat.one("#f1").get_attribute("value")
    seat.after(Keys.ENTER)
    assert _standing(site, second) == (ItemState.FINAL, picked)
    third = seat.title()
    seat.after("s")
    assert seat.title() != third
    seat.press("?")
    seat.wait(lambda: seat.one("#help").is_displayed())
    seat.press(Keys.ESCAPE)
    seat.wait(lambda: not seat.one("#help").is_displayed())


def test_twins_are_ticked_in_the_preview_and_closed_with_the_decision(
    site: Site, seats: tuple[Seat, Seat]
) -> None:
    names = ("GOT", "GOT(時間外)", "GOT", "GOT2")
    rows = [LocalTest(name, local_code=f"T{n}", unit="U/L") for n, name in enumerate(names)]
    run = site.add_list(rows=rows)
    first, late, same, counted = (i.id for i in site.review.run_items(site.user("root"), "h1", run))
    seat = seats[0]
    seat.sign_in("hanako")
    seat.open(f"/f/h1/items/{first}")
    assert "2 open rows differ by wing, hour, notes or a count alone" in seat.one(".identical").text
    seat.click(".identical button")
    assert [box.is_selected() for box in seat.all("input[name=ticked]")] == [True, True, False, False]
    assert seat.title() == "Before deciding them all"
    seat.one(f"input[name=ticked][value='{late}:1']").click()
    seat.click("main form button.primary")
    assert [_standing(site, item) for item in (first, late, same)] == [(ItemState.FINAL, AST)] * 3
    assert _standing(site, counted)[0] is ItemState.PROPOSED
    seat.open(f"/f/h1/items/{counted}")
    beside = [line.text for line in seat.all(".similar li")]
    assert [line.split(":")[0] for line in beside] == ["GOT(時間外)", "GOT"]
    assert all(hyphenated(AST) in line and "hanako" in line for line in beside)


def test_a_list_is_looked_at_corrected_and_taken_in(
    site: Site, seats: tuple[Seat, Seat], tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("コード,呼び名,U,メモ\n9,GOT,U/L,至急\n8,GPT,U/L,\n", encoding="cp932")
    seat = seats[0]
    seat.sign_in("hanako")
    seat.open("/f/h1/lists")
    seat.one("#list").send_keys(str(file))
    seat.click("main form button.primary")
    assert seat.title() == "Before the list is taken in"
    Select(seat.one("select[name=column1]")).select_by_value("name")
    Select(seat.one("select[name=column2]")).select_by_value("unit")
    seat.click("button[value=look]")
    assert not seat.all(".problem")
    seat.click("button[value=take]")
    seat.wait(lambda: seat.all("main a.primary"))
    items = list(site.review.run_items(site.user("root"), "h1", 2))
    assert [(i.test.name, i.test.unit) for i in items] == [("GOT", "U/L"), ("GPT", "U/L")]
    seat.open(f"/f/h1/items/{items[0].id}")
    assert "至急" in seat.one(".given").text


def test_an_admin_makes_a_facility_and_a_reviewer_and_brings_a_new_edition_in(
    site: Site, seats: tuple[Seat, Seat], tmp_path: Path
) -> None:
    with_editions(site)
    root, newcomer = seats
    root.sign_in("root")
    root.click("main a[href='/admin']")
    root.one("#key").send_keys("h3")
    root.one("#name").send_keys("第三病院")
    root.click("section button")
    assert "The facility was saved." in root.one(".note").text
    root.open("/admin/users")
    root.one("#login").send_keys("jun")
    Select(root.one("select[name='role:h3']")).select_by_value("reviewer")
    for box in ("#password", "#again"):
        root.one(box).send_keys(PASSWORD)
    root.click("section button")
    assert site.user("jun").roles == {"h3": Role.REVIEWER}
    newcomer.sign_in("jun")
    newcomer.open("/f/h3")
    assert newcomer.title() == "Queue"
    file = write_csv(tmp_path / "2026.csv", HEADER_2025, cells(HEADER_2025))
    root.open("/admin/editions")
    root.one("#file").send_keys(str(file))
    root.click("section button")
    assert "The edition 2026 was imported." in root.one(".note").text
    root.click("a[href='/admin/editions/2026']")
    root.click("main a.primary")
    assert root.title() == "Make 2026 the edition in use"
    assert "0 final decisions would be reopened" in root.one("main").text
    root.click("main form button.primary")
    assert root.title() == "2026 is the edition in use"
    root.open("/admin/try")
    root.one("#try-name").send_keys("GOT", Keys.ENTER)
    root.wait(lambda: root.all("#answer-title"))
    assert root.one("#answer-title").text == "Needs review"


def test_letters_typed_into_a_field_decide_nothing(site: Site, seats: tuple[Seat, Seat]) -> None:
    seat, item = seats[0], site.item_named("GOT")
    seat.sign_in("hanako")
    seat.open(f"/f/h1/items/{item}")
    seat.press("/", "nsu12?")
    assert seat.one("#q").get_attribute("value") == "nsu12?"
    seat.press(Keys.ESCAPE)
    assert seat.focused() == "h1#title"
    assert _standing(site, item)[0] is ItemState.PROPOSED
    seat.script("localStorage.setItem('keys', 'off')")
    seat.press("n")
    time.sleep(0.2)
    assert _standing(site, item)[0] is ItemState.PROPOSED
    seat.script("localStorage.clear()")


def test_every_page_loads_from_here_alone_and_axe_finds_nothing_serious(
    site: Site, app: Starlette, seats: tuple[Seat, Seat], pytestconfig: pytest.Config
) -> None:
    seat = seats[0]
    assert pytestconfig.cache is not None
    axe = axe_source(pytestconfig.cache.mkdir("axe"))
    item = site.item_named("GOT")
    with_editions(site)
    waiting = upload(Browser(app, "hanako"), "a.csv", "名,項目名称,単位\n1,AST,U/L\n2,,\n".encode())
    seat.open("/sign-in")
    assert serious_violations(seat, axe) == []
    seat.sign_in("root")
    for language in ("ja", "en"):
        if seat.one("html").get_attribute("lang") != language:
            seat.click(".language button")
        for path in (
            "/",
            "/f/h1?state=all",
            f"/f/h1/items/{item}?q=AST",
            "/f/h1/lists",
            "/f/h1/lists/1",
            "/f/h1/table?state=all",
            "/f/h1/table?run=1&tick=page&find=o&order=name",
            waiting,
            "/f/h1/house-names",
            "/f/h1/changes",
            "/f/h2/disputes",
            "/f/h2/agreement",
            "/f/h1/audit",
            "/f/nowhere",
            "/admin/facilities",
            "/admin/users",
            "/admin/users/taro",
            "/admin/editions",
            "/admin/editions/2025-12",
            "/admin/editions/2025-12/use",
            "/admin/try?name=GOT",
        ):
            seat.open(path)
            seat.script("for (const fold of document.querySelectorAll('details')) fold.open = true")
            assert serious_violations(seat, axe) == [], path
            loaded = seat.script(
                "return performance.getEntriesByType('resource').map(e => new URL(e.name).origin)"
            )
            assert set(loaded) <= {seat.address}, path


def test_three_rows_are_ticked_confirmed_and_taken_back_as_a_group(
    site: Site, seats: tuple[Seat, Seat]
) -> None:
    seat = seats[0]
    seat.sign_in("hanako")
    seat.open("/f/h1/table")
    boxes = seat.all("[data-row] input[name=ticked]")
    boxes[0].click()
    ActionChains(seat.driver).key_down(Keys.SHIFT).click(boxes[2]).key_up(Keys.SHIFT).perform()
    assert [box.is_selected() for box in boxes] == [True, True, True, False, False, False]
    assert {node.text for node in seat.all("[data-ticked]")} == {"3 ticked"}
    items = [int(box.get_attribute("value")) for box in boxes[:3]]
    seat.click("button[value=confirm]")
    assert "3 items would change" in seat.one("main p").text
    seat.after(Keys.ENTER)
    assert "3 items were confirmed." in seat.one("main .note").text
    assert [_standing(site, item)[0] for item in items] == [ItemState.FINAL] * 3
    assert len(seat.all("[data-row]")) == 3
    seat.after("u")
    assert "3 items were taken back." in seat.one("main .note").text
    assert [_standing(site, item)[0] for item in items] == [ItemState.PROPOSED] * 3
    seat.one("[data-tick-all]").click()
    assert all(box.is_selected() for box in seat.all("[data-row] input[name=ticked]"))


def test_the_keyboard_moves_in_the_table_ticks_and_opens_an_item(seats: tuple[Seat, Seat]) -> None:
    seat = seats[0]
    seat.sign_in("hanako")
    seat.open("/f/h1/table")
    seat.press("/")
    assert seat.focused() == "input#find"
    seat.press("got", Keys.ENTER)
    seat.wait(lambda: len(seat.all("[data-row]")) == 2)
    seat.script("document.querySelector('main h1').focus()")
    seat.press("j", "x", Keys.ARROW_DOWN, "x", "k", "x")
    assert [box.is_selected() for box in seat.all("[data-row] input")] == [False, True]
    seat.after(Keys.ENTER)
    assert seat.title() == "GOT"
    here = seat.driver.current_url
    seat.after("j")
    assert seat.title() == "GOT"
    assert seat.driver.current_url != here
    seat.after("k")
    assert seat.driver.current_url == here


def test_an_item_that_has_no_code_is_decided_by_enter_alone(site: Site, seats: tuple[Seat, Seat]) -> None:
    seat, item = seats[0], site.item_named("謎の検査")
    seat.sign_in("hanako")
    seat.open(f"/f/h1/items/{item}")
    seat.after(Keys.ENTER)
    assert _standing(site, item) == (ItemState.FINAL, jlac11.UNCODABLE)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_narrow_screen_has_what_decides_in_reach_and_scrolls_nowhere_sideways(
    site: Site, tmp_path: Path, language: str
) -> None:
    item = site.item_named("GOT")
    with running(site.app()) as address, chromium(tmp_path, language=language) as driver:
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True},
        )
        seat = Seat(driver, address)
        seat.sign_in("lead")
        for path, button in ((f"/f/h1/items/{item}", "answer"), ("/f/h1/table", "confirm")):
            seat.open(path)
            place = seat.one(f".actions button[value={button}]").rect
            assert place["y"] >= 0
            assert place["y"] + place["height"] <= 844, path
            assert place["x"] + place["width"] <= 390
        for path in ("/f/h1/table", f"/f/h1/items/{item}", "/f/h1/lists/1", "/f/h1", "/f/h1/lists"):
            seat.open(path)
            assert seat.script("return document.documentElement.scrollWidth") <= 390, path
        seat.open("/f/h1/table")
        seat.one("[data-row] input").click()
        seat.click("button[value=confirm]")
        seat.click("main button.primary")
        assert site.review.view(site.user("root"), "h1", item).item.standing.state is ItemState.FINAL
        assert seat.problems() == []
