"""
Takes the pictures of the documentation from the real program: `make pictures`.

A database of its own, the shipped example list, the reviewers' page on a free port, and Chromium without a
window. What a picture shows is what the page and the written workbook hold; nothing is drawn by hand.
"""

import html
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

REPOSITORY = Path(__file__).parent.parent
EXAMPLE = REPOSITORY / "master_data" / "examples" / "example_hospital.csv"
_LOGIN, _PASSWORD = "hanako", "an example's password"
_WIDTH = 1180
_SHEET = """<!doctype html><html lang="ja"><meta charset="utf-8"><style>
body { margin: 0; font: 13px sans-serif }
table { border-collapse: collapse }
td, th { border: 1px solid #d0d0d0; padding: 3px 8px; white-space: nowrap; text-align: left }
th { background: #f0f0f0; color: #555; font-weight: normal; text-align: center }
.number { text-align: right }
</style><table>"""


def program(environ: dict[str, str], *words: str, given: str = "") -> None:
    """Run a verb to its end; *given* is what it reads."""
    command = [sys.executable, "-m", "jlac_mapper", *words]
    subprocess.run(command, env=environ, input=given, encoding="utf-8", check=True, stdout=subprocess.DEVNULL)


@contextmanager
def page(environ: dict[str, str]) -> Iterator[str]:
    """Serve the reviewers' page on a free port; yields its address."""
    command = [sys.executable, "-m", "jlac_mapper", "web", "--port", "0", "--master", "starter"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, encoding="utf-8") as server:
        try:
            assert server.stdout is not None
            told = server.stdout.readline().split()
            if not told:
                raise SystemExit("the reviewers' page ended without an address")
            yield told[-1]
        finally:
            server.terminate()


@contextmanager
def chromium(folder: Path) -> Iterator[webdriver.Chrome]:
    """Start Chromium in Japanese, with a profile of its own."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    driver_binary = shutil.which("chromedriver")
    if not binary or not driver_binary:
        raise SystemExit("Chromium and its driver are not installed (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--hide-scrollbars",
        "--disable-background-networking",
        "--lang=ja",
        "--accept-lang=ja",
        f"--user-data-dir={folder / 'profile'}",
    ):
        options.add_argument(flag)
    # The texts of the browser itself, on a button for files, follow the environment.
    service = webdriver.ChromeService(driver_binary, env={**os.environ, "LANGUAGE": "ja"})
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


class Camera:
    """A browser that writes what it shows into a folder."""

    def __init__(self, driver: webdriver.Chrome, folder: Path) -> None:
        self.driver = driver
        self._folder = folder

    def take(self, name: str, *, height: int, width: int = _WIDTH) -> None:
        """Write a picture of the page from its top, of this size in pixels."""
        frame = int(self.driver.execute_script("return window.outerHeight - window.innerHeight"))
        self.driver.set_window_size(width, height + frame)
        shown = Image.open(BytesIO(self.driver.get_screenshot_as_png())).convert("RGB")
        # Few colours are on a page; a palette of them is a third of the size.
        shown.quantize(256).save(self._folder / f"{name}.png", optimize=True)

    def one(self, selector: str) -> webdriver.remote.webelement.WebElement:
        """Return an element as soon as it is there."""
        return WebDriverWait(self.driver, 60).until(lambda d: d.find_element(By.CSS_SELECTOR, selector))

    def click(self, selector: str) -> None:
        """Click, and wait until the page has another content."""
        before = self.one("#main")
        self.one(selector).click()
        WebDriverWait(self.driver, 60).until(lambda _: self.one("#main") != before)


def sheet(rows: Sequence[Sequence[object]]) -> str:
    """Return a page that shows cells as a spreadsheet does, with letters and numbers at its edges."""
    letters = "".join(f"<th>{get_column_letter(n)}" for n in range(1, len(rows[0]) + 1))
    lines = [f"<tr><th>{letters}"]
    for number, row in enumerate(rows, 1):
        cells = (
            f"<td class=number>{cell:.4f}"
            if isinstance(cell, (int, float))
            else f"<td>{html.escape('' if cell is None else str(cell))}"
            for cell in row
        )
        lines.append(f"<tr><th>{number}{''.join(cells)}")
    return _SHEET + "\n".join(lines) + "</table>"


def cells(workbook: Path, columns: Sequence[str], rows: int) -> list[list[object]]:
    """Return the first rows of a workbook's first sheet, its header among them, in these columns."""
    lines = list(load_workbook(workbook).active.iter_rows(values_only=True, max_row=rows))
    places = [lines[0].index(column) for column in columns]
    return [[line[place] for place in places] for line in lines]


def take_sheets(camera: Camera, environ: dict[str, str], work: Path) -> None:
    """Take the list as a hospital has it, and the workbook that `map` makes of it."""
    given = ["項目コード", "項目名称", "略称", "材料", "単位", "基準値", "測定法", "試薬", "JLAC10コード"]
    answer = [
        "項目コード",
        "項目名称",
        "材料",
        "単位",
        "disposition",
        "jlac11",
        "probability",
        "read_as",
        "reasons",
    ]
    finished = work / "finished.xlsx"
    program(environ, "map", str(EXAMPLE), "-o", str(finished), "--master", "starter")
    for name, columns, width in (("list", given, _WIDTH), ("finished", answer, 1330)):
        shown = work / f"{name}.html"
        shown.write_text(sheet(cells(finished, columns, 29)), encoding="utf-8")
        camera.driver.get(shown.as_uri())
        camera.take(name, height=755, width=width)


def take_review(camera: Camera, address: str) -> None:
    """Take the reviewers' page, from the imported list to the audit trail."""
    camera.driver.get(f"{address}/sign-in")
    camera.one("input[name=login]").send_keys(_LOGIN)
    camera.one("input[name=password]").send_keys(_PASSWORD)
    camera.one("main form button").click()
    WebDriverWait(camera.driver, 60).until(lambda d: "/sign-in" not in d.current_url)
    camera.driver.get(f"{address}/f/h1/lists")
    camera.one("table.rows details summary").click()
    camera.take("lists", height=640)
    camera.driver.get(f"{address}/f/h1?order=probability")
    camera.take("queue", height=860)
    camera.driver.get(f"{address}/f/h1/table")
    camera.take("table", height=860, width=1330)
    camera.driver.get(f"{address}/f/h1?order=probability")
    camera.driver.find_element(By.PARTIAL_LINK_TEXT, "Cr(他)").click()
    camera.one(".progress progress")
    camera.take("item", height=1320)
    camera.one("[data-help]").click()
    camera.one("dialog[open]")
    camera.take("keys", height=620)
    camera.one("dialog form button").click()
    camera.click("button[value=answer]")
    camera.take("next", height=640)
    camera.driver.get(f"{address}/f/h1/audit")
    camera.take("audit", height=560)


def main(folder: Path) -> None:
    """Write every picture into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("JLAC_MAPPER_")}
    with TemporaryDirectory() as temporary:
        work = Path(temporary)
        environ = {**kept, "JLAC_MAPPER_DATABASE_URL": f"sqlite:///{work / 'pictures.sqlite3'}"}
        program(environ, "review", "facility", "add", "h1", "--name", "みなと病院")
        program(
            environ,
            "review",
            "user",
            "add",
            _LOGIN,
            "--name",
            "検査 花子",
            "--role",
            "h1=admin",
            "--password",
            given=_PASSWORD + "\n",
        )
        program(environ, "review", "import", str(EXAMPLE), "--facility", "h1", "--user", _LOGIN)
        with chromium(work) as driver, page(environ) as address:
            camera = Camera(driver, folder)
            take_sheets(camera, environ, work)
            take_review(camera, address)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "pictures")
