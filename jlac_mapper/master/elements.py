"""What element tables add to the vocabulary: units in the spellings that the official table knows."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.reading.units import canonical, result_type_of
from jlac_mapper.text import clean
from jlac_mapper.vocabulary import Unit, Vocabulary


def in_force(elements: Iterable[Element]) -> dict[tuple[ElementKind, str], Element]:
    """
    Return each element once, by kind and code.

    Where several tables name a code the last one's name and state hold, so that 1.1 goes before 1.0;
    every table's spellings are kept, and the names that no longer hold are spellings too.
    """
    found: dict[tuple[ElementKind, str], Element] = {}
    for element in elements:
        earlier = found.get((element.kind, element.code))
        if earlier:
            texts = dict.fromkeys((*element.spellings, earlier.name, *earlier.spellings))
            texts.pop(element.name, None)
            element = replace(element, spellings=tuple(texts))
        found[element.kind, element.code] = element
    return found


def with_units(vocabulary: Vocabulary, elements: Iterable[Element]) -> Vocabulary:
    """
    Return the vocabulary with the units and unit spellings that the element tables add.

    A spelling that the rules or the vocabulary read already stays as it is read; one that the tables give
    to two units, and those of withdrawn units, are left out. A unit code that the vocabulary lacks becomes
    a unit of its own, unless the vocabulary has that unit under another code: that one is tested.
    """
    tables = [
        each
        for (kind, _), each in in_force(elements).items()
        if kind is ElementKind.UNIT and not each.withdrawn
    ]
    if not tables:
        return vocabulary
    known = {clean(text) for unit in vocabulary.units for text in (unit.name, *unit.spellings)}
    claims = Counter(text for each in tables for text in {clean(t) for t in (each.name, *each.spellings)})

    def added(texts: Iterable[str]) -> tuple[str, ...]:
        cleaned = dict.fromkeys(clean(text) for text in texts)
        return tuple(t for t in cleaned if t and claims[t] == 1 and t not in known and not canonical(t))

    by_code = {each.code: each for each in tables}
    units = []
    for unit in vocabulary.units:
        table = by_code.pop(unit.code, None)
        more = added((table.name, *table.spellings)) if table else ()
        units.append(replace(unit, spellings=(*unit.spellings, *more)) if more else unit)
    places = {unit.canonical: i for i, unit in enumerate(units)}
    for table in by_code.values():
        text = canonical(table.name) or clean(table.name)
        more = added(table.spellings)
        if text not in places:
            places[text] = len(units)
            units.append(Unit(table.code, text, table.name, result_type_of(canonical(table.name)), more))
        elif not units[places[text]].code:
            unit = units[places[text]]
            units[places[text]] = replace(unit, code=table.code, spellings=(*unit.spellings, *more))
    return replace(vocabulary, units=tuple(units))
