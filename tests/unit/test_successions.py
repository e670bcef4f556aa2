"""What replaced what: the line that holds, the elements it gives, and what a release makes of it."""

from datetime import date

import pytest

from jlac_mapper.codes import editions
from jlac_mapper.codes.jlac11 import parse
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.codes.release import Release
from jlac_mapper.codes.successions import Change, Succession, Successions

BEFORE, STEP, AFTER = date(2026, 7, 31), date(2026, 8, 1), date(2026, 8, 2)
MOVED = Succession("A1008", "0000", "", "", "C4001", "0000", "", STEP, Change.MOVED)
MERGED = Succession("V2169", "0000", "", "", "V2168", "0000", "", STEP, Change.MERGED)
RENUMBERED = Succession("B2006", "0004", "", "61", "B2006", "0000", "61")
OLD, NEW = "A1008-0000-100-000-85", "C4001-0000-100-000-85"


def listed(code: str, name: str = "", *, end: date | None = None, start: date | None = None) -> ListedCode:
    return ListedCode(parse(code), name or code[:5], valid_from=start, valid_to=end)


def edition(*codes: str | ListedCode) -> Edition:
    return editions.make_edition("e", [listed(c) if isinstance(c, str) else c for c in codes])


def proposable(given: Edition, day: date, *lines: Succession) -> list[str]:
    return [row.code.hyphenated for row in editions.proposable_codes(given, day, Successions(lines))]


def successors(given: Edition, day: date, *lines: Succession) -> dict[str, str]:
    found = editions.successors(given, day, Successions(lines))
    return {old.hyphenated: new.hyphenated for old, new in found.items()}


# --- the table itself


@pytest.mark.parametrize(("day", "holds"), [(BEFORE, False), (STEP, True), (AFTER, True)])
def test_a_line_holds_from_its_day_on(day: date, holds: bool) -> None:
    assert Successions([MOVED]).line(parse(OLD), day) == (MOVED if holds else None)
    assert Successions([RENUMBERED]).line(parse("B2006-0004-244-009-61"), day) == RENUMBERED


def test_a_line_is_for_its_identification_specimen_and_unit_alone() -> None:
    narrow = Succession("A1021", "0000", "100", "J6", "C1010", "0000", "87")
    table = Successions([narrow])
    assert table.line(parse("A1021-0000-100-000-J6"), STEP) == narrow
    for other in ("A1021-0001-100-000-J6", "A1021-0000-130-000-J6", "A1021-0000-100-000-85"):
        assert table.line(parse(other), STEP) is None


def test_of_several_lines_the_one_that_says_most_counts_whatever_their_order() -> None:
    wide = Succession("A1021", "0000", "", "", "C1002", "0000", "")
    of_unit = Succession("A1021", "0000", "", "J6", "C1010", "0000", "87")
    of_both = Succession("A1021", "0000", "130", "J6", "C1011", "0000", "87")
    for lines in ([wide, of_unit, of_both], [of_both, of_unit, wide]):
        table = Successions(lines)
        assert table.line(parse("A1021-0000-100-000-85"), STEP) == wide
        assert table.line(parse("A1021-0000-100-000-J6"), STEP) == of_unit
        assert table.line(parse("A1021-0000-130-000-J6"), STEP) == of_both


def test_specimen_stays_and_so_does_the_method_within_one_measurand() -> None:
    table = Successions([MOVED, RENUMBERED, Succession("A1006", "0000", "", "J6", "C1010", "0000", "87")])
    new = {
        text: str(table.successor(parse(text), STEP))
        for text in ("B2006-0004-244-009-61", "A1008-0000-100-021-85", "A1006-0000-130-021-J6")
    }
    assert new == {
        "B2006-0004-244-009-61": "B2006000024400961",
        "A1008-0000-100-021-85": "C4001000010000085",
        "A1006-0000-130-021-J6": "C1010000013000087",
    }
    assert table.successor(parse("C2008-0000-250-000-F7"), STEP) is None


def test_steps_are_followed_one_by_one_and_a_circle_ends() -> None:
    first = Succession("A1008", "0002", "", "85", "A1008", "0000", "85")
    table = Successions([MOVED, first])
    assert [str(step) for step in table.steps(parse("A1008-0002-100-021-85"), STEP)] == [
        "A1008000010002185",
        "C4001000010000085",
    ]
    assert [str(s) for s in table.steps(parse("A1008-0002-100-021-85"), BEFORE)] == ["A1008000010002185"]
    assert list(table.steps(parse("C2008-0000-250-000-F7"), STEP)) == []
    there = Succession("A1008", "0000", "", "", "A1009", "0000", "")
    circle = Successions([there, Succession("A1009", "0000", "", "", "A1008", "0000", "")])
    assert [str(step)[:5] for step in circle.steps(parse(OLD), STEP)] == ["A1009"]


def test_identifications_of_one_measurand_go_in_and_out() -> None:
    replaced = {("B2006", "0004", "61"): "0000", ("C6002", "1299", "85"): "1336"}
    assert Successions.of_identifications(replaced).identifications() == replaced
    assert Successions([MOVED, MERGED]).identifications() == {}


def test_in_a_release_with_other_numbers_lines_within_a_measurand_go_along_and_others_fall_away() -> None:
    # A line to another measurand says nothing of a release whose numbers are its own.
    table = Successions([MOVED, RENUMBERED, MERGED]).renumbered({"B2006": "B9001", "A1008": "A9001"})
    assert table.line(parse("B9001-0004-244-000-61"), STEP) is not None
    assert str(table.successor(parse("B9001-0004-244-000-61"), STEP)) == "B9001000024400061"
    assert table.line(parse("B2006-0004-244-000-61"), STEP) is None
    assert [line.change for line in table.lines] == [Change.RENUMBERED, Change.MERGED]


# --- what a release makes of it


def test_a_code_that_moved_is_replaced_where_the_release_lists_the_new_elements() -> None:
    both = edition(OLD, NEW)
    assert proposable(both, BEFORE, MOVED) == [OLD, NEW]
    assert proposable(both, STEP, MOVED) == [NEW]
    assert successors(both, BEFORE, MOVED) == {}
    assert successors(both, STEP, MOVED) == {OLD: NEW}


def test_a_release_that_has_not_done_the_step_keeps_its_codes() -> None:
    for given in (edition(OLD), edition(OLD, "C4001-0000-250-000-85"), edition(OLD, "C4001-0000-100-000-B1")):
        assert OLD in proposable(given, AFTER, MOVED)
        assert successors(given, AFTER, MOVED) == {}


def test_products_move_too_and_their_successor_is_the_product_where_it_is_listed() -> None:
    product = ListedCode(parse("A1008-0000-100-021-85"), "尿糖", product="試験紙甲")
    moved = ListedCode(parse("C4001-0000-100-300-85"), "尿糖", product="試験紙甲")
    other = ListedCode(parse("C4001-0000-100-301-85"), "尿糖", product="試験紙乙")
    assert proposable(edition(product, NEW), STEP, MOVED) == [NEW]
    assert successors(edition(product, NEW), STEP, MOVED) == {product.code.hyphenated: NEW}
    assert successors(edition(product, NEW, other, moved), STEP, MOVED) == {
        product.code.hyphenated: moved.code.hyphenated
    }


def test_a_code_of_two_steps_ago_is_replaced_by_what_stands_at_the_end_of_them() -> None:
    """Old digits, then another measurand: decisions of 2024 lead to the release of 2026."""
    renumbered = Succession("A1008", "0002", "", "85", "A1008", "0000", "85")
    old = listed("A1008-0002-100-021-85", "尿糖(半定量)", end=BEFORE)
    assert successors(edition(old, NEW), STEP, MOVED, renumbered) == {old.code.hyphenated: NEW}
    # A release that is at the first step keeps to that.
    between = edition(old, listed(OLD, "尿糖(半定量)"))
    assert successors(between, STEP, MOVED, renumbered) == {old.code.hyphenated: OLD}


def test_a_code_that_was_merged_is_replaced_only_once_it_ended() -> None:
    kept = edition("V2169-0000-250-000-02", "V2168-0000-250-000-02")
    assert proposable(kept, AFTER, MERGED) == ["V2168-0000-250-000-02", "V2169-0000-250-000-02"]
    assert successors(kept, AFTER, MERGED) == {}
    ended = edition(listed("V2169-0000-250-000-02", end=BEFORE), "V2168-0000-250-000-02")
    assert proposable(ended, BEFORE, MERGED) == ["V2168-0000-250-000-02", "V2169-0000-250-000-02"]
    assert successors(ended, AFTER, MERGED) == {"V2169-0000-250-000-02": "V2168-0000-250-000-02"}


def test_a_unit_that_was_renumbered_is_followed_in_its_specimen_alone() -> None:
    line = Succession("V2011", "0000", "250", "B9", "V2011", "0000", "L2", STEP)
    given = edition(
        listed("V2011-0000-250-000-B9", "HBs抗体(定量)", end=BEFORE),
        listed("V2011-0000-240-000-B9", "HBs抗体(定量)"),
        listed("V2011-0000-250-000-L2", "HBs抗体(定量)", start=STEP),
    )
    assert proposable(given, BEFORE, line) == ["V2011-0000-240-000-B9", "V2011-0000-250-000-B9"]
    assert proposable(given, STEP, line) == ["V2011-0000-240-000-B9", "V2011-0000-250-000-L2"]
    assert successors(given, STEP, line) == {"V2011-0000-250-000-B9": "V2011-0000-250-000-L2"}


# --- a release on a day


def test_a_code_of_the_release_before_that_is_listed_no_more_counts_as_ended_with_its_successor() -> None:
    earlier = [listed("A1008-0000-100-021-85", "尿糖"), listed("C9001-0000-250-001-F7")]
    release = Release(edition(NEW), edition(), STEP, Successions([MOVED]), earlier)
    assert [str(row.code) for row in release.proposable] == ["C4001000010000085"]
    gone = release.get(parse("A1008-0000-100-021-85"))
    assert gone is not None
    assert (gone.valid_to, gone.successor) == (BEFORE, "C4001000010000085")
    without = release.get(parse("C9001-0000-250-001-F7"))
    assert without is not None
    assert without.successor == ""
    assert release.get(parse("C2008-0000-250-000-F7")) is None
    assert release.digest == edition(NEW).digest


def test_what_may_not_be_proposed_is_among_the_others() -> None:
    request = "C4001-0000-100-000-00"
    release = Release(edition(OLD, NEW, request), edition(), STEP, Successions([MOVED]))
    assert [row.code.hyphenated for row in release.proposable] == [NEW]
    assert {row.code.hyphenated for row in release.others} == {OLD, request}
    assert len(release.by_code) == 3
