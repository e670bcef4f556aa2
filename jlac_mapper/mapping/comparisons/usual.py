"""How a row's unit and specimen fit what is usual for a concept, whatever a release lists."""

from jlac_mapper.reading.dimensions import dimension
from jlac_mapper.reading.units import are_equal
from jlac_mapper.types import NormalizedTest
from jlac_mapper.vocabulary import Concept


def fit_usual(concept: Concept, test: NormalizedTest) -> int:
    """
    Say how usual a row's unit and specimen are for a concept, from -3 to 4.

    The very unit counts two and one of the same dimension one, because TG in ng/mL is サイログロブリン though
    中性脂肪 in mg/dL is a mass in a volume as well; a usual specimen counts one, what is not usual minus one.
    """
    found = 0
    if test.quantities and concept.units:
        sizes = {dimension(unit) for unit in concept.units} - {""}
        units = [quantity.canonical for quantity in test.quantities]
        if any(are_equal(unit, usual) for unit in units for usual in concept.units):
            found += 2
        else:
            found += 1 if any(dimension(unit) in sizes for unit in units) else -1
    if concept.specimens and (said := [*test.specimens, *test.name_specimens]):
        found += 1 if any(key in concept.specimens for key in said) else -1
    if test.section and not test.section.has(concept):
        found -= 1
    return found
