"""Which kind of quantity a unit measures."""

import pytest

from jlac_mapper.reading.dimensions import dimension


@pytest.mark.parametrize(
    ("unit", "kind"),
    [
        ("mg/dL", "mass concentration"),
        ("g/L", "mass concentration"),
        ("ug/mL", "mass concentration"),
        ("U/L", "activity concentration"),
        ("mU/mL", "activity concentration"),
        ("mmol/L", "substance concentration"),
        ("meq/L", "substance concentration"),
        ("10*3/uL", "number concentration"),
        ("/uL", "number concentration"),
        ("10*9/L", "number concentration"),
        ("mg/g(creat)", "mass per creatinine"),
        ("g/g(creat)", "mass per creatinine"),
        ("mg/d", "mass per day"),
        ("s", "time"),
        ("min", "time"),
        ("copies/mL", "copies"),
        ("logcopies/mL", "copies"),
        ("COI", "index"),
        ("S/CO", "index"),
        ("[ratio]", "index"),
    ],
)
def test_a_unit_has_the_kind_of_its_quantity(unit: str, kind: str) -> None:
    assert dimension(unit) == kind


@pytest.mark.parametrize(
    "unit", ["", "%", "INR", "[qualitative]", "[titer]", "mL/min", "mg", "fL", "mg/dL/h", "Ag/dL"]
)
def test_a_unit_without_a_scale_has_no_kind(unit: str) -> None:
    assert dimension(unit) == ""
