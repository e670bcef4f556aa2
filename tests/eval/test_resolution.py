"""Rows with specimen and unit: what counts as right, current digits, and kinds of misses."""

from pathlib import Path

import resolution

from jlac_mapper.evaluation.scores import Answer

TG_OLD = ("C6002", "1299", "250", "85")
TG_NEW = ("C6002", "1336", "250", "85")
AST = ("C2008", "0000", "250", "F7")


def combination(key: resolution.Key, name: str = "AST(GOT)") -> resolution.Combination:
    return resolution.Combination(key, name, "血清", "U/L")


def answer(code: str, *, accepted: bool = False) -> Answer:
    return Answer((code[:5],) if code else (), 0.9, code, 0.9, accepted)


def test_serial_digits_and_random_triglyceride_have_current_digits_beside_the_old() -> None:
    assert resolution.renumbered([TG_OLD]) == {TG_OLD, TG_NEW}
    assert resolution.renumbered([TG_NEW]) == {TG_NEW}


def test_each_miss_is_named_after_its_first_wrong_element() -> None:
    meant = [AST]
    assert resolution.kind_of_miss(None, meant) == "no_code"
    assert resolution.kind_of_miss(("C2011", "0000", "250", "F7"), meant) == "measurand"
    assert resolution.kind_of_miss(("C2008", "0000", "240", "F7"), meant) == "specimen"
    assert resolution.kind_of_miss(("C2008", "0000", "250", "85"), meant) == "unit"
    assert resolution.kind_of_miss(("C2008", "0001", "250", "F7"), meant) == "identification"


def test_combinations_that_nobody_can_tell_apart_are_each_right() -> None:
    twin = ("C2009", "0000", "250", "F7")
    cases = resolution.make_cases([combination(AST), combination(twin), combination(TG_OLD, "TG")])
    assert {case.meant for case in cases} == {frozenset({AST, twin}), frozenset({TG_OLD})}
    assert cases == resolution.make_cases([combination(AST), combination(twin), combination(TG_OLD, "TG")])


def test_figures_are_the_hand_count() -> None:
    case = resolution.make_cases([combination(TG_OLD, "TG")])[0]
    codes = ["C6002129925000085", "C6002133625000085", "C6002000025000085", ""]
    answers = [answer(code, accepted=code.startswith("C60020000")) for code in codes]
    figures = resolution.score_cases([case] * 4, answers, {TG_NEW})
    assert figures["strict"]["count"] == 1
    assert figures["current_digits"]["count"] == 2
    assert figures["accepted_wrong"]["count"] == 1
    assert figures["misses"] == {"identification": 1, "no_code": 1}
    unlisted = resolution.score_cases([case] * 4, answers, {AST})
    assert unlisted["current_digits_where_listed"]["total"] == 0
    assert unlisted["unlisted_accepted"]["count"] == 1


def test_the_real_files_give_rows_of_both_editions(official_dir: Path) -> None:
    found = resolution.data_sets(official_dir.parent)
    assert len(found["official-2024-09"]) > 600
    assert len(found["combinations-2025-12"]) > 300
    assert not any(one.key[3] == "00" for one in found["official-2024-09"])
