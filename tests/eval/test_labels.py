"""What a label cell means, and what is refused."""

import pytest

from jlac_mapper.errors import InputError
from jlac_mapper.evaluation.labels import Status, Truth, parse_truth, read_labelled

AST = "C20080000250000F7"


@pytest.mark.parametrize(
    ("measurand", "code", "truth"),
    [
        ("C2008", "", Truth(Status.CODABLE, frozenset({"C2008"}))),
        (" c2008 ", "", Truth(Status.CODABLE, frozenset({"C2008"}))),
        ("A1006 A1021", "", Truth(Status.CODABLE, frozenset({"A1006", "A1021"}))),
        ("NONE", "", Truth(Status.UNLISTED)),
        ("NOCODE:C4001", "", Truth(Status.UNLISTED_SPECIMEN, frozenset({"C4001"}))),
        ("", "", Truth(Status.UNSCORED)),
        ("", "C2008-0000-250-000-F7", Truth(Status.CODABLE, frozenset({"C2008"}), frozenset({AST}))),
        ("C2008", AST, Truth(Status.CODABLE, frozenset({"C2008"}), frozenset({AST}))),
        ("", "NONE", Truth(Status.UNLISTED)),
        ("NONE", "9" * 17, Truth(Status.UNLISTED)),
    ],
)
def test_a_label_is_read_as_its_convention_says(measurand: str, code: str, truth: Truth) -> None:
    assert parse_truth(measurand, code) == truth


@pytest.mark.parametrize(
    ("measurand", "code", "told"),
    [
        ("AST", "", "not a measurand"),
        ("NOCODE:", "", "not a measurand"),
        ("", "C2008", "17 expected"),
        ("C2011", AST, "contradict"),
        ("NONE", AST, "contradict"),
        ("NOCODE:C2008", AST, "contradict"),
        ("C2008", "9" * 17, "contradict"),
    ],
)
def test_a_label_that_cannot_be_meant_is_refused_with_its_place(measurand: str, code: str, told: str) -> None:
    with pytest.raises(InputError, match=told) as refused:
        parse_truth(measurand, code, "labelled row 7")
    assert "labelled row 7" in str(refused.value)


def test_rows_keep_their_fields_and_number() -> None:
    rows = read_labelled(
        [
            {"name": "AST", "unit": "U/L", "expected_measurand": "C2008", "note": "x"},
            {"name": "CEA", "expected_measurand": "NONE"},
        ]
    )
    assert [(r.number, r.test.name, r.test.unit, r.truth.status) for r in rows] == [
        (1, "AST", "U/L", Status.CODABLE),
        (2, "CEA", "", Status.UNLISTED),
    ]


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([], "no rows"),
        ([{"expected_measurand": "NONE"}], "no column `name`"),
        ([{"name": "AST", "unit": "U/L"}], "neither `expected_measurand` nor `expected_code`"),
    ],
)
def test_a_table_without_rows_names_or_labels_is_refused(records: list[dict[str, str]], told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_labelled(records)
