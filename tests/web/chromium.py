"""A running page, real Chromium on it, and axe-core."""

import json
import shutil
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from starlette.applications import Starlette

from tests.web.site import PASSWORD

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
AXE = "axe-core@4.14.1"

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


@contextmanager
def running(app: Starlette) -> Iterator[str]:
    """Serve an application on a free port; yields its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_keep_alive=75))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=60)


@contextmanager
def chromium(
    folder: Path, *, language: str = "en", width: int = 1300, height: int = 900
) -> Iterator[webdriver.Chrome]:
    """Start Chromium with a profile of its own; skips where there is none."""
    if CHROMIUM is None or DRIVER is None:
        pytest.skip("Chromium and its driver are not installed (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in _FLAGS:
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={folder / 'profile'}")
    options.add_argument(f"--window-size={width},{height}")
    options.add_argument(f"--accept-lang={language}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_script_timeout(300)
    try:
        yield driver
    finally:
        driver.quit()


class Seat:
    """A person in front of the page."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def open(self, path: str) -> None:
        """Go to a page."""
        self.driver.get(self.address + path)

    def sign_in(self, login: str) -> None:
        """Sign in by keyboard: the first field has the focus."""
        self.driver.delete_all_cookies()
        self.open("/sign-in")
        self.wait(lambda: self.driver.switch_to.active_element.get_attribute("name") == "login")
        self.press(login, Keys.TAB, PASSWORD, Keys.ENTER)
        self.wait(lambda: "/sign-in" not in self.driver.current_url)

    def press(self, *keys: str) -> None:
        """Type where the focus is."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def wait(self, condition: Any, seconds: float = 120) -> Any:
        """Wait until *condition* gives something."""
        return WebDriverWait(self.driver, seconds, poll_frequency=0.02).until(lambda _: condition())

    def one(self, selector: str) -> Any:
        """Return an element."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[Any]:
        """Return every element."""
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def title(self) -> str:
        """Return the main heading's text."""
        return str(self.script("return document.querySelector('main h1').firstChild.data.trim()"))

    def script(self, text: str) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(text)

    def focused(self) -> str:
        """Return the focused element's tag and id."""
        node = self.driver.switch_to.active_element
        return f"{node.tag_name}#{node.get_attribute('id')}"

    def after(self, *keys: str) -> None:
        """Press keys and wait until the page has changed."""
        self.script("window.before = document.getElementById('main')")
        self.press(*keys)
        self._wait_until_changed()

    def click(self, selector: str) -> None:
        """Click and wait until the page has changed."""
        self.script("window.before = document.getElementById('main')")
        self.one(selector).click()
        self._wait_until_changed()

    def _wait_until_changed(self) -> None:
        self.wait(
            lambda: self.script(
                "return document.readyState === 'complete'"
                " && window.before !== document.getElementById('main')"
            )
        )

    def problems(self) -> list[str]:
        """Leave; return what the browser complained of: script errors, refused loads, broken policies."""
        self.driver.get("about:blank")  # nothing that a page still loads is cut off by the server's end
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")  # type: ignore[no-untyped-call]
            if entry["level"] == "SEVERE"
            and "the server responded with a status of 4" not in entry["message"]
        ]


def axe_source(cache: Path) -> str:
    """Return axe-core's script from the npm registry, kept between runs; skips where it cannot be had."""
    kept = cache / f"{AXE}.js"
    if not kept.exists():
        if shutil.which("npm") is None:
            pytest.skip("axe-core comes from the npm registry, and npm is not installed")
        command = ["npm", "pack", AXE, "--json", "--pack-destination", str(cache), "--fetch-retries", "0"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=cache, check=True)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            pytest.skip("axe-core cannot be had from the npm registry")
        archive = cache / json.loads(done.stdout)[0]["filename"]
        with tarfile.open(archive) as packed:
            member = packed.extractfile("package/axe.min.js")
            assert member is not None
            kept.write_bytes(member.read())
    return kept.read_text(encoding="utf-8")


def serious_violations(seat: Seat, axe: str) -> list[str]:
    """Return what axe finds on the page that is serious or critical."""
    seat.script(axe)
    found = seat.driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations));"
    )
    return [
        f"{v['id']}: {v['help']}: {[n['html'][:120] for n in v['nodes'][:3]]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
