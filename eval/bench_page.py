"""
How long does a reviewer wait? Real Chromium decides by keyboard while 100,000 items wait.

`jlac-mapper web` runs as its own process on the named database; the page's own clock measures from the key
pressed to the second frame drawn of the next item, so the script's own time does not count. Without
--database an SQLite file in a temporary folder is used; the named database must be empty and is left full.

    python eval/bench_page.py
    python eval/bench_page.py --database postgresql://user@host/empty
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench_review import ADMIN, FACILITY, fill, open_app, request_id
from bench_throughput import make_tests
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from jlac_mapper.bootstrap import open_people
from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.review.model import Facility, Role, User
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.reviews import SqlReviewStore
from jlac_mapper.types import MapOptions

TARGET_SECONDS_P95 = 0.3
PASSWORD = "a password of the benchmark"
_ROWS = 3_000
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WATCH = """
window.spent = []; let began = 0, shown = document.getElementById('main');
addEventListener('keydown', (e) => {
  if (e.key === 'Enter' || e.key === 'n') began = performance.now();
}, true);
new MutationObserver(() => {
  const now = document.getElementById('main');
  if (now === shown) return;
  shown = now;
  const from = began;
  requestAnimationFrame(() => requestAnimationFrame(() => spent.push(performance.now() - from)));
}).observe(document.body, {childList: true});
performance.setResourceTimingBufferSize(10000);
"""
_SERVER = """
return performance.getEntriesByType('resource')
  .filter(e => e.initiatorType === 'fetch' && !e.name.endsWith('/progress'))
  .map(e => e.responseEnd - e.startTime)
"""


def prepare(database: str, items: int) -> None:
    """Make the facility, a reviewer and the queue."""
    app = open_app(database)
    people = open_people(app.settings)
    people.save_user(ADMIN, ADMIN, request_id=request_id())
    people.save_facility(ADMIN, Facility(FACILITY, "Bench"), request_id=request_id())
    reviewer = User("reviewer", "Reviewer", {FACILITY: Role.REVIEWER})
    people.save_user(ADMIN, reviewer, request_id=request_id(), password=PASSWORD)
    tests = make_tests([name.text for name in load_vocabulary().names], _ROWS)
    answers = list(zip(tests, app.mapper.map_batch(tests, MapOptions()), strict=True))
    fill(SqlReviewStore(Database(database)), answers, items, FACILITY)


@contextmanager
def page_server(database: str) -> Iterator[str]:
    """Run the page; yields its address."""
    command = [sys.executable, "-m", "jlac_mapper", "web", "--port", "0", "--master", "starter"]
    environment = {**os.environ, "JLAC_MAPPER_DATABASE_URL": database}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield line.split()[-1]
        finally:
            process.terminate()
            process.wait(timeout=60)


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """Start Chromium with a fresh profile."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
        try:
            yield driver
        finally:
            driver.quit()


def decide_by_keyboard(
    driver: webdriver.Chrome, address: str, decisions: int
) -> tuple[list[float], list[float]]:
    """Decide by keyboard; returns the seconds of each decision, and of the server's answers among them."""
    driver.get(f"{address}/sign-in")
    driver.find_element(By.ID, "login").send_keys("reviewer")
    driver.find_element(By.ID, "password").send_keys(PASSWORD + Keys.ENTER)
    wait = WebDriverWait(driver, 60, poll_frequency=0.02)
    wait.until(lambda d: d.find_elements(By.CSS_SELECTOR, ".start button"))
    driver.execute_script(_WATCH)
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    for done in range(1, decisions + 2):
        wait.until(lambda d, done=done: d.execute_script("return spent.length") >= done)
        if done > decisions:
            break
        has_proposal = driver.find_elements(By.CSS_SELECTOR, "input[name=code]:checked")
        driver.switch_to.active_element.send_keys(Keys.ENTER if has_proposal else "n")
    # The first of each is the way from the queue to the first item.
    spent, answered = driver.execute_script("return spent")[1:], driver.execute_script(_SERVER)[1:]
    return [value / 1000 for value in spent], [value / 1000 for value in answered]


def shares(seconds: list[float]) -> dict[str, float]:
    """Return the median, the 95th percentile and the worst."""
    ordered = sorted(seconds)
    return {
        "p50": round(statistics.median(ordered), 4),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 4),
        "max": round(ordered[-1], 4),
    }


def run(database: str, items: int, decisions: int) -> dict[str, Any]:
    """Measure once and compare with the target."""
    prepare(database, items)
    with page_server(database) as address, chromium() as driver:
        spent, answered = decide_by_keyboard(driver, address, decisions)
    figures = {
        "database": database.split(":")[0],
        "items": items,
        "decisions": len(spent),
        "seconds_a_decision": shares(spent),
        "of_it_server_seconds": shares(answered),
    }
    met = len(spent) == decisions and shares(spent)["p95"] < TARGET_SECONDS_P95
    return {"figures": figures, "targets": {"seconds_p95": TARGET_SECONDS_P95}, "met": met}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--database", default="", help="SQLAlchemy URL of an empty database")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--decisions", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = arguments.database or f"sqlite:///{Path(folder) / 'page.sqlite3'}"
        result = run(database, arguments.items, arguments.decisions)
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
