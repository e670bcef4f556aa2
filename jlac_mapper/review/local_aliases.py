"""Local aliases: which rows of a facility one decision serves."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from jlac_mapper.field_limits import overlong_field
from jlac_mapper.reading import units
from jlac_mapper.text import clean, compared
from jlac_mapper.types import LocalTest


def alias_key(test: LocalTest) -> str:
    """
    Return what two rows of a facility share when one decision serves both (SHA-256 in hex).

    Name, abbreviation, specimen, method, reagent and result type count in folded spelling, the unit in
    canonical spelling; a row without a unit has those of its reference range. So does the section where the
    row has one. Local code, kana, the range's limits and JLAC10 do not count. Of a row with a field that is
    too long every character counts.
    """
    texts = [test.name, test.abbreviation, test.specimen, test.method, test.reagent, test.result_type]
    # A section is no part of keys that were made before rows had one.
    texts += [test.section] if test.section.strip() else []
    if overlong_field(test):
        return _digest([*texts, test.unit, test.reference_range])
    unit = (
        [_unit(test.unit)] if test.unit.strip() else sorted(units.quantities_in_range(test.reference_range))
    )
    return _digest([*map(compared, texts), *unit])


def twin_key(test: LocalTest, without_notes: Callable[[str], str]) -> str:
    """
    Return what rows share that differ by wing, hour, shop notes or a count at most.

    It is the alias key of the row with name and abbreviation as *without_notes* gives them (cleaned names
    in, see reading.names.NameReader). Of a row with a field that is too long it is the alias key.
    """
    if overlong_field(test):
        return alias_key(test)
    name, abbreviation = (without_notes(clean(text)) for text in (test.name, test.abbreviation))
    return alias_key(replace(test, name=name, abbreviation=abbreviation))


def _digest(fields: Sequence[str]) -> str:
    return hashlib.sha256("\x1f".join(fields).encode("utf-8", "surrogatepass")).hexdigest()


def _unit(text: str) -> str:
    return units.canonical(text) or clean(text)
