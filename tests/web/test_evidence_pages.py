"""An item's page opens in both languages whatever evidence the item has."""

import html
import json
import re
import zlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import update

from jlac_mapper.review.model import ItemState
from jlac_mapper.review.rules import Rule, RuledMapper, RuleKind, Scope
from jlac_mapper.storage.database import Database
from jlac_mapper.storage.review_tables import item_answers
from jlac_mapper.types import Evidence, LocalTest, MappingResult
from jlac_mapper.wording import Language, catalogue, say
from tests.support.evidence_keys import JLAC10_SOURCES, keys
from tests.unit.stages import CODES, build_pipeline, listed
from tests.unit.test_ask import FixedChoice
from tests.unit.test_old_evidence import FORMS, OLD_ANSWER
from tests.web.site import Browser, Site, open_site, send

CK = "C20010000250000F7"
ROWS = (
    LocalTest("クレアチソキナーゼ", unit="U/L", specimen="血清"),  # the language model speaks; then a person
    LocalTest("AST", specimen="血清", unit="U/L", reagent="シカリキッド AST"),
    LocalTest("AST", specimen="髄液"),  # in serum only
    LocalTest("Na", specimen="尿"),  # listed there too, its unit not known
    LocalTest("AST", reagent="旧試薬キット"),  # its code ended
    LocalTest("AST", reagent="ラボテスト GOT"),  # two codes with the very product
    LocalTest("AST", reagent="未知の試薬"),
    LocalTest("AST", unit="kU/L"),  # another scale
    LocalTest("AST", unit="mg/dL"),  # a unit of something else
    LocalTest("AST", reference_range="13-30 U/L"),
    LocalTest("AST", jlac10="3B035000002327201"),
    LocalTest("AST", jlac10="3B045000002327201"),
    LocalTest("グルコース", jlac10="3D010000002227201"),  # the specimen of another code
    LocalTest("総蛋白", specimen="血漿"),  # in narrower specimens as well
    LocalTest("血糖", specimen="NaF"),  # a tube: blood or its plasma
    LocalTest("血糖", specimen="NaF全血"),  # in plasma of it as well
    LocalTest("白血球数", specimen="EDTA血"),  # in a broader specimen as well
    LocalTest("白血球数", unit="10^3/uL", reference_range="35-90 10*2/uL"),
    LocalTest("WBC"),  # specimen and unit unsaid, several listed
    LocalTest("空腹時血糖"),  # an identification, and the site's own specimen
    LocalTest("PT-INR"),  # the unit in the name
    LocalTest("HBs抗原定性", unit="COI"),  # two result types
    LocalTest("HBs抗原", unit="S/CO"),  # an equal unit
    LocalTest("謎の検査"),
)
TELLING = (
    "the only one listed",
    "plasma of the given blood",
    "contains the given specimen",
    "equals the given unit",
    "language model",
    "no listed code",
    "(rank ",
    "from the reagent",
    "from the specimen",
    "differs from the row",
    "assumed",
    "site default",
    "from the edition",
    "decided",
    "elsewhere",
    "narrower than the given specimen",
    "the usual one of those given",
    "given beside another unit",
    "another scale than the row's",
    "not the unit that the name says",
    "the successor of its ended code",
    "other products fit as well",
    "no listed product",
    "an analyte of this measurand",
    "an analyte of something else",
    "not the site's default",
    "its unit there is not known",
)
"""Of every form of evidence, some English words that only it has."""
OF_RULES = frozenset(key for key in keys() if key.startswith("decision.rule_"))
"""What answers about groups of rows say; they have a test of their own."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """One list mapped by the real stages, its first row decided, and the list taken in once more by two."""
    mapper = build_pipeline(
        (
            *CODES,
            listed("C2008-0000-250-009-F7", "シカリキッド AST"),
            listed("C2008-0000-250-010-F7", "ラボテスト GOT"),
            listed("C2008-0000-250-011-F7", "ラボテスト GOT"),
        ),
        [
            listed(
                "C2008-0000-250-008-F7",
                "旧試薬キット",
                successor="C20080000250009F7",
                valid_to=date(2025, 1, 1),
            )
        ],
        choice_model=FixedChoice("C2001"),
        site_defaults={"specimen": "250"},
        unknown_units={"sodium": frozenset({"100"})},
    )
    site = open_site(tmp_path_factory.mktemp("site"), mapper=mapper)
    site.add_list(rows=ROWS)
    answer = send(Browser(site.app(), "hanako"), _items(site, "h1", 1)[0], "answer", code=CK)
    assert answer.status_code == 303, answer.text
    site.add_list(rows=ROWS)
    site.add_list("h2", rows=ROWS)
    return site


def _items(site: Site, facility: str, run: int) -> list[int]:
    return [item.id for item in site.review.run_items(site.user("root"), facility, run)]


def _pages(site: Site, language: str) -> list[str]:
    """Return every item's page, as text for a person."""
    browser, pages = Browser(site.app(), "taro"), []
    for facility, run in (("h1", 1), ("h1", 2), ("h2", 3)):
        for item in _items(site, facility, run):
            answer = browser.get(f"/f/{facility}/items/{item}", headers={"accept-language": language})
            assert answer.status_code == 200, answer.text
            pages.append(html.unescape(answer.text))
    return pages


def _evidence(site: Site) -> set[Evidence]:
    """Return everything that the items hold of their answers and candidates."""
    found: set[Evidence] = set()
    for facility, run in (("h1", 1), ("h1", 2), ("h2", 3)):
        for item in site.review.run_items(site.user("root"), facility, run):
            found.update(item.mapping.evidence)
            found.update(e for candidate in item.mapping.candidates for e in candidate.evidence)
    return found


def _shown(pages: Sequence[str]) -> str:
    """Return the lines of evidence on pages."""
    return "\n".join(line for page in pages for line in re.findall(r"<li>(.*?)</li>", page, re.DOTALL))


def test_the_rows_bring_every_kind_of_evidence_that_the_program_can_produce(site: Site) -> None:
    evidence = _evidence(site)
    assert {found.key for found in evidence} == keys(jlac10=False) - OF_RULES
    sources = {key.removeprefix("source.") for key in catalogue() if key.startswith("source.")}
    assert sources - JLAC10_SOURCES - {"section"} <= {found.source for found in evidence}


@pytest.mark.parametrize("language", Language)
def test_what_a_facility_answered_about_a_group_stands_on_the_page(tmp_path: Path, language: str) -> None:
    rule = Rule(RuleKind.SPECIMEN, Scope(usual="whole_blood_additive"), "全血(静脈血、添加物入り)")
    ruled = RuledMapper[MappingResult](build_pipeline(CODES), [rule])
    site = open_site(tmp_path, mapper=ruled)
    site.add_list(rows=[LocalTest("WBC", unit="10^3/uL")])
    [item] = site.review.run_items(site.user("root"), "h1", 1)
    [evidence] = [each for each in item.mapping.evidence if each.key in OF_RULES]
    page = (
        Browser(site.app(), "taro").get(f"/f/h1/items/{item.id}", headers={"accept-language": language}).text
    )
    assert say(evidence, language).text in html.unescape(page)


@pytest.mark.parametrize("language", Language)
def test_an_items_page_shows_every_piece_of_evidence_in_words(site: Site, language: str) -> None:
    shown = _shown(_pages(site, language))
    for evidence in _evidence(site):
        said = say(evidence, language)
        line = said.text if evidence.element == "concept" else f"{said.element}: {said.text}"
        assert line in shown, evidence
        assert said.source in shown, evidence


def test_every_form_of_evidence_is_put_into_words_on_the_japanese_page(site: Site) -> None:
    english, japanese = (_shown(_pages(site, language)) for language in ("en", "ja"))
    for words in TELLING:
        assert words in english, words
        assert words not in japanese, words


def test_a_row_that_was_decided_before_opens_and_says_by_whom(site: Site) -> None:
    browser, item = Browser(site.app(), "hanako"), _items(site, "h1", 2)[0]
    page = html.unescape(browser.get(f"/f/h1/items/{item}").text)
    assert f"Local alias: hanako decided {CK} on 2026-05-01" in page
    page = html.unescape(browser.get(f"/f/h1/items/{item}", headers={"accept-language": "ja"}).text)
    assert f"院内名称: hanako さんが 2026-05-01 に {CK} と判定" in page


# --- answers that earlier versions stored


@pytest.fixture
def aged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, int]:
    """A site and its one item, whose answer is put back to what the version before keys stored."""
    folder = tmp_path_factory.mktemp("aged")
    site = open_site(folder)
    site.add_list(rows=[LocalTest("GOT")])
    [item] = _items(site, "h1", 1)
    old = json.loads(OLD_ANSWER)
    old["evidence"] += [list(form[:3]) for form in FORMS] + [
        ["measurand", "a sentence of no known form", "x"]
    ]
    database = Database(f"sqlite:///{folder / 'review.sqlite3'}")
    with database.writing() as connection:
        text = json.dumps(old, ensure_ascii=False, separators=(",", ":"))
        connection.execute(update(item_answers).values(mapping=zlib.compress(text.encode())))
    database.close()
    return site, item


@pytest.mark.parametrize(("language", "place"), [("ja", 5), ("en", 6)])
def test_an_answer_of_before_opens_on_the_page_with_every_sentence_in_the_readers_language(
    aged: tuple[Site, int], language: str, place: int
) -> None:
    site, item = aged
    answer = Browser(site.app(), "hanako").get(f"/f/h1/items/{item}", headers={"accept-language": language})
    assert answer.status_code == 200, answer.text
    page = re.sub(r' <span class="quiet">\((.*?)\)</span>', r" (\1)", html.unescape(answer.text))
    for form in FORMS:
        text = str(form[place])
        if form[0] == "measurand":  # stands without its source, which says nothing new
            text = re.sub(r"（[^（]*）$" if language == "ja" else r" \([^(]*\)$", "", text)
        elif language == "ja":
            text = re.sub(r"（([^（]*より|施設の既定値|GOT)）$", r" (\1)", text)
        assert text in page, form
    assert "a sentence of no known form" in page
    assert ("完全一致 1.00" if language == "ja" else "exact 1.00") in page


def test_an_item_answered_before_is_decided_like_any_other(aged: tuple[Site, int]) -> None:
    site, item = aged
    assert send(Browser(site.app(), "hanako"), item, "answer", code=CK).status_code == 303
    decided = site.review.view(site.user("hanako"), "h1", item).item
    assert (decided.standing.state, decided.standing.code) == (ItemState.FINAL, CK)
    assert str(decided.mapping.candidates[0].code) == CK
