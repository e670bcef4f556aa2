"""How a row's unit and specimen fit what is usual for a concept, whatever a release lists."""

from jlac_mapper.reading.dimensions import dimension
from jlac_mapper.types import NormalizedTest
from jlac_mapper.vocabulary import Concept


def fit_usual(concept: Concept, test: NormalizedTest) -> int:
    """Count what of a row's unit and specimen is usual for a concept, less what is not (-2 to 2)."""
    found = 0
    if test.quantities and concept.units:
        sizes = {dimension(unit) for unit in concept.units} - {""}
        units = [quantity.canonical for quantity in test.quantities]
        found += 1 if any(unit in concept.units or dimension(unit) in sizes for unit in units) else -1
    if concept.specimens and (said := [*test.specimens, *test.name_specimens]):
        found += 1 if any(key in concept.specimens for key in said) else -1
    return found
