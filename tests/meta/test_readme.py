"""The two front pages: short, true, and one in both languages."""

import re

import pytest

from tests.meta import pages
from tests.meta.pages import REPOSITORY, Page

FRONT = (pages.README, pages.README_JA)
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\.\d+")

on_both = pytest.mark.parametrize("page", FRONT, ids=lambda page: page.name)


def figures(page: Page) -> list[list[str]]:
    """Return the numbers of each line of the table of accuracy."""
    heading = {"README.md": "rows", "README.ja.md": "対象"}[page.name]
    return [_NUMBER.findall(" | ".join(cells)) for cells in page.table(heading)]


@on_both
def test_a_front_page_is_short(page: Page) -> None:
    assert len(page.text.splitlines()) <= 150


@on_both
def test_the_first_two_commands_map_and_test(page: Page) -> None:
    first = page.blocks("sh")[0]
    assert re.findall(r"^make (\S+)", first, re.MULTILINE) == ["map", "test"]


def test_both_front_pages_name_the_same_commands() -> None:
    english, japanese = (
        [line.split("  #")[0].strip() for block in page.blocks("sh") for line in block.splitlines()]
        for page in FRONT
    )
    assert english == japanese
    assert any("jlac-mapper map" in line for line in english)


def test_both_front_pages_give_the_same_figures() -> None:
    english, japanese = (figures(page) for page in FRONT)
    assert len(english) == 4
    assert english == japanese


@on_both
def test_the_figures_of_a_front_page_are_those_of_the_page_on_accuracy(page: Page) -> None:
    known = set(_NUMBER.findall(pages.read(pages.DOCS / "accuracy.md").text))
    assert [n for line in figures(page) for n in line if n not in known | {"11", "10"}] == []


@on_both
def test_every_link_leads_to_a_file(page: Page) -> None:
    assert len(page.links()) > 20
    assert [link for link in page.links() if not (REPOSITORY / link.split("#")[0]).exists()] == []


def test_both_front_pages_link_to_the_same_pages() -> None:
    def documents(page: Page) -> set[str]:
        return {link.replace("docs/en/", "docs/") for link in page.links() if link.startswith("docs/")}

    assert documents(pages.README) == documents(pages.README_JA)
