"""Two measurands of one concept: the general assay and a further one, listed beside it."""

import math

import pytest

from jlac_mapper.mapping.compare import Comparer
from jlac_mapper.types import Reason
from tests.unit.stages import WEIGHTS, compose, first, listed
from tests.unit.vocabulary import VOCABULARY


def further(*texts: str) -> Comparer:
    """A comparer for AST over codes of any measurand."""
    codes = [listed(text, "" if "-000-F7" in text or "-000-85" in text else f"試薬{text}") for text in texts]
    return Comparer({"ast": codes}, {}, VOCABULARY, WEIGHTS, completed=False, site_defaults={})


@pytest.mark.parametrize(("larger", "smaller"), [("C2008", "C2009"), ("C2009", "C2008")])
def test_of_two_measurands_the_one_with_more_codes_is_preferred(larger: str, smaller: str) -> None:
    """The further assay of a concept, listed beside the general one, is for rows that name its product."""
    comparer = further(f"{smaller}-0000-250-000-F7", f"{larger}-0000-250-000-F7", f"{larger}-0000-250-009-F7")
    (best, share), (other, rest) = compose(comparer, "AST", specimen="血清", unit="U/L")
    assert (best.code.measurand, other.code.measurand) == (larger, smaller)
    assert rest / share == pytest.approx(math.exp(WEIGHTS.limit("further_assay")))


def test_of_two_measurands_with_as_many_codes_the_first_is_preferred() -> None:
    comparer = further("C2009-0000-250-000-F7", "C2008-0000-250-000-F7")
    assert first(comparer, "AST", specimen="血清", unit="U/L")[0] == "C2008-0000-250-000-F7"


def test_the_larger_measurand_is_told_for_each_specimen_and_unit() -> None:
    comparer = further(
        "C2008-0000-250-000-F7",
        "C2008-0000-250-009-F7",
        "C2009-0000-250-000-F7",
        "C2009-0000-240-000-F7",
        "C2009-0000-240-009-F7",
        "C2008-0000-240-000-F7",
    )
    assert first(comparer, "AST", specimen="血清", unit="U/L")[0] == "C2008-0000-250-000-F7"
    assert first(comparer, "AST", specimen="血漿", unit="U/L")[0] == "C2009-0000-240-000-F7"


def test_a_measurand_alone_in_its_unit_is_no_further_assay() -> None:
    comparer = further("C2008-0000-250-000-F7", "C2008-0000-250-009-F7", "C2009-0000-250-000-85")
    (best, share), *_ = compose(comparer, "AST", specimen="血清", unit="mg/dL")
    assert best.code.hyphenated == "C2009-0000-250-000-85"
    assert share > 0.95


def test_the_product_of_a_further_assay_leads_to_it() -> None:
    comparer = further(
        "C2008-0000-250-000-F7", "C2008-0000-250-009-F7", "C2009-0000-250-000-F7", "C2009-0000-250-010-F7"
    )
    code, reasons = first(comparer, "AST", specimen="血清", unit="U/L", reagent="試薬C2009-0000-250-010-F7")
    assert code == "C2009-0000-250-010-F7"
    assert Reason.PRODUCT_MATCHED in reasons
