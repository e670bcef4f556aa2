"""An item's page opens in both languages whatever evidence the item has."""

import html
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from jlac_mapper.types import LocalTest
from jlac_mapper.web.evidence import ELEMENTS
from jlac_mapper.web.messages import LANGUAGES, catalogue, translate
from tests.unit.stages import CODES, build_pipeline, listed
from tests.unit.test_rerank import FixedChoice
from tests.web.site import Browser, Site, open_site, send

PACKAGE = Path(__file__).parents[2] / "jlac_mapper"
CK = "C20010000250000F7"
ROWS = (
    LocalTest("クレアチソキナーゼ", unit="U/L", specimen="血清"),  # the language model speaks; then a person
    LocalTest("AST", specimen="血清", unit="U/L", reagent="シカリキッド AST"),
    LocalTest("AST", specimen="髄液"),  # in serum only
    LocalTest("AST", reagent="未知の試薬"),
    LocalTest("血糖", specimen="NaF全血"),  # in plasma of it as well
    LocalTest("白血球数", specimen="EDTA血"),  # in a broader specimen as well
    LocalTest("WBC"),  # specimen and unit unsaid, several listed
    LocalTest("空腹時血糖"),  # an identification, and the site's own specimen
    LocalTest("PT-INR"),  # the unit in the name
    LocalTest("HBs抗原定性", unit="COI"),  # two result types
    LocalTest("HBs抗原", unit="S/CO"),  # an equal unit
    LocalTest("謎の検査"),
)
TELLING = (
    "the only one listed", "plasma of the given blood", "contains the given specimen",
    "equals the given unit", "language model", "no listed code", "(rank ", "from the reagent",
    "from the specimen", "differs from the row", "assumed", "site default", "from the edition",
    "decided", "elsewhere",
)  # fmt: skip
"""Of every form of evidence, some English words that only it has."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One list mapped by the real stages, its first row decided, and the list taken in once more by two."""
    mapper = build_pipeline(
        (*CODES, listed("C2008-0000-250-009-F7", "シカリキッド AST")),
        choice_model=FixedChoice("C2001"),
        site_defaults={"specimen": "250"},
    )
    site = open_site(tmp_path_factory.mktemp("site"), mapper=mapper)
    site.add_list(rows=ROWS)
    answer = send(Browser(site.app(), "hanako"), _items(site, "h1", 1)[0], "answer", code=CK)
    assert answer.status_code == 303, answer.text
    site.add_list(rows=ROWS)
    site.add_list("h2", rows=ROWS)
    return site


def _items(site: Site, facility: str, run: int) -> list[int]:
    return [item.id for item in site.desk.run_items(site.user("root"), facility, run)]


def _pages(site: Site, language: str) -> list[str]:
    """Return every item's page, as text for a person."""
    browser, pages = Browser(site.app(), "taro"), []
    for facility, run in (("h1", 1), ("h1", 2), ("h2", 3)):
        for item in _items(site, facility, run):
            answer = browser.get(f"/f/{facility}/items/{item}", headers={"accept-language": language})
            assert answer.status_code == 200, answer.text
            pages.append(html.unescape(answer.text))
    return pages


def _elements_in_the_code() -> set[str]:
    """Return the elements of all evidence that the package makes."""
    sources = [file.read_text(encoding="utf-8") for file in PACKAGE.rglob("*.py")]
    return set(re.findall(r'\bEvidence\(\s*"(\w+)"', "\n".join(sources)))


def _shown(pages: Sequence[str]) -> str:
    """Return the lines of evidence on pages."""
    return "\n".join(line for page in pages for line in re.findall(r"<li>(.*?)</li>", page, re.DOTALL))


def test_every_element_that_evidence_is_made_for_is_known_to_the_page_and_has_its_words() -> None:
    assert _elements_in_the_code() == set(ELEMENTS)
    assert {f"element.{element}" for element in ELEMENTS} <= set(catalogue())


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_items_page_shows_every_element_of_evidence_in_words(site: Site, language: str) -> None:
    shown = _shown(_pages(site, language))
    for element in set(ELEMENTS) - {"measurand"}:  # what stands under the machine's own heading
        assert f"{translate(language, f'element.{element}')}: " in shown, element


def test_every_form_of_evidence_is_put_into_words_on_the_japanese_page(site: Site) -> None:
    english, japanese = (_shown(_pages(site, language)) for language in ("en", "ja"))
    for words in TELLING:
        assert words in english, words
        assert words not in japanese, words


def test_a_row_that_was_decided_before_opens_and_says_by_whom(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), _items(site, "h1", 2)[0]
    page = html.unescape(browser.get(f"/f/h1/items/{item}").text)
    assert f"House name: hanako decided {CK} on 2026-05-01" in page
    page = html.unescape(browser.get(f"/f/h1/items/{item}", headers={"accept-language": "ja"}).text)
    assert f"院内名称: hanako さんが 2026-05-01 に {CK} と判定" in page
