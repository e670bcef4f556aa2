"""The documentation as a site: it builds, fetches nothing, and shows the pictures that the program gives."""

import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.meta import pages
from tests.meta.pages import DOCS, REPOSITORY

PICTURES = DOCS / "pictures"
_LARGEST = 200_000
_FETCHED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]*\ssrc="(?:https?:)?//|<link[^>]*\shref="(?:https?:)?//"""
    r"""|url\(["']?(?:https?:)?//|@import ["'](?:https?:)?//"""
)


def build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build the site as `make docs` does, into another folder."""
    pytest.importorskip("material", reason="mkdocs-material is not installed: make setup-dev")
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", config, "--site-dir", site],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    done = build(REPOSITORY / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_on_the_site(site: Path) -> None:
    written = {path.relative_to(DOCS).with_suffix("") for path in DOCS.rglob("*.md")}
    built = {path.relative_to(site).with_suffix("") for path in site.rglob("*.html")}
    front = Path("decisions/README"), Path("decisions/index")
    assert {front[1] if path == front[0] else path for path in written} == built - {Path("404")}


def test_no_page_fetches_anything_from_outside(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert files
    assert [path.name for path in files if _FETCHED.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://example.org/a.js"></script>',
        '<link rel="stylesheet" href="//example.org/a.css">',
        "@font-face { src: url(https://example.org/a.woff2) }",
    ],
)
def test_the_search_for_what_is_fetched_finds_it(text: str) -> None:
    assert _FETCHED.search(text)


@pytest.mark.parametrize(
    ("page", "language"), [("map", "ja"), ("en/map", "en"), ("architecture", "en"), ("glossary", "ja")]
)
def test_a_page_says_its_language(site: Path, page: str, language: str) -> None:
    assert f'<html lang="{language}"' in (site / f"{page}.html").read_text(encoding="utf-8")


def test_the_scripts_of_the_documentation_are_not_on_the_site(site: Path) -> None:
    assert [path.name for path in site.rglob("*.py")] == []


@pytest.mark.parametrize("link", ["no-such-page.md", "map.md#no-such-heading", "/map.md", "../README.md"])
def test_a_link_that_leads_nowhere_ends_the_build(link: str, tmp_path: Path) -> None:
    copy = shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(REPOSITORY / "mkdocs.yml", tmp_path)
    with (copy / "start.md").open("a", encoding="utf-8") as page:
        page.write(f"\n[nowhere]({link})\n")
    done = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert done.returncode != 0
    assert link.split("#")[0].removeprefix("/") in done.stderr


# --- pictures -------------------------------------------------------------------------------------


def pictures() -> set[str]:
    """Return the names of the pictures of the program that are kept."""
    return {path.name for path in PICTURES.glob("*.png")}


@pytest.mark.parametrize("guide", pages.GUIDES, ids=lambda guide: guide.language)
def test_every_picture_is_shown_and_described(guide: pages.Guide) -> None:
    shown = re.findall(r"!\[([^\]]*)\]\(\S*pictures/(\S+)\)", guide.whole().text)
    assert {name for _, name in shown} == pictures()
    assert all(text for text, _ in shown)


def size(picture: Path) -> tuple[int, int]:
    """Return width and height of a PNG in pixels."""
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n"), picture.name
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def test_pictures_are_small() -> None:
    assert {path.name for path in PICTURES.iterdir() if path.stat().st_size > _LARGEST} == set()


@pytest.mark.slow
def test_make_pictures_takes_the_pictures_that_are_kept(tmp_path: Path) -> None:
    pytest.importorskip("selenium")
    if not ((shutil.which("chromium") or shutil.which("chromium-browser")) and shutil.which("chromedriver")):
        pytest.skip("Chromium and its driver are not installed (Debian: chromium, chromium-driver)")
    done = subprocess.run(
        [sys.executable, DOCS / "take_pictures.py", tmp_path],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert {path.name: size(path) for path in tmp_path.iterdir()} == {
        path.name: size(path) for path in PICTURES.glob("*.png")
    }, "run `make pictures`, and look at them"
