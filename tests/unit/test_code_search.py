"""Searching the codes of an edition by words."""

import pytest

from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.vocabulary import Name
from tests.support.bound_codes import search_in
from tests.support.review_values import AST, CODES, ENDED, SUCCESSOR

ROWS = [
    ListedCode(parse("C2008-0000-250-009-F7"), "AST(GOT)", product="試薬A", specimen_name="血清"),
    ListedCode(parse("C2008-0000-250-000-F7"), "AST(GOT)", specimen_name="血清", abbreviation="AST"),
    ListedCode(parse("C2008-0000-240-000-F7"), "AST(GOT)", specimen_name="血漿", unit_name="U/L"),
]
SEARCH = search_in(ROWS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ａｓｔ", [2, 1, 0]),
        ("got 血清", [1, 0]),
        ("試薬a", [0]),
        ("C2008 250", [1, 0]),
        ("C2008-0000-240", [2]),
        ("u/l", [2]),
        ("CK", []),
        ("", []),
        (" - ", []),
    ],
)
def test_every_word_must_be_somewhere_and_method_000_comes_first(text: str, found: list[int]) -> None:
    assert SEARCH.search(text) == [ROWS[i] for i in found]


def test_a_code_is_found_by_a_name_of_its_concept_and_stands_before_what_merely_holds_the_letters() -> None:
    wbc = ListedCode(parse("B1002-0000-215-000-G3"), "白血球数", unit_name="10^3/μL")
    rows = [wbc, ListedCode(parse("A1004-0000-100-000-02"), "尿蛋白", product="WBCチェック")]
    names = [Name("ＷＢＣ", "wbc"), Name("白血球", "wbc")]
    search = search_in(rows, names, {wbc.code: ("wbc",)})
    assert search_in(rows).search("wbc") == [rows[1]]
    assert search.search("wbc") == [wbc, rows[1]]
    assert search.search("wbc 215") == [wbc]
    assert search.search("WB") == [rows[1]]  # a part of a name says too little


def test_no_more_are_found_than_asked_for() -> None:
    assert SEARCH.search("AST", limit=1) == [ROWS[2]]
    assert SEARCH.search("AST", limit=0) == []


def test_an_ended_code_is_known_and_has_a_successor_and_is_not_found() -> None:
    assert CODES.get(ENDED) is not None
    assert not CODES.is_current(ENDED)
    assert CODES.successor(ENDED) == SUCCESSOR
    assert ENDED not in {str(listed.code) for listed in CODES.search("AST")}
    assert CODES.successor(AST) == ""
    assert CODES.successor("no code") == ""
