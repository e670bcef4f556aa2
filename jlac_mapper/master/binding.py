"""An edition bound to concepts: with the shipped release, the site's names, and what a person said."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from jlac_mapper.codes.editions import STARTER
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.concepts.binding import Result, fits, result_of
from jlac_mapper.concepts.bound_release import BoundRelease, bind_release
from jlac_mapper.concepts.loader import load_vocabulary, with_site_names
from jlac_mapper.element_tables import Element
from jlac_mapper.errors import InputError
from jlac_mapper.master.elements import with_units
from jlac_mapper.master.starter import Starter
from jlac_mapper.ports import MasterStore
from jlac_mapper.text import fold
from jlac_mapper.vocabulary import Concept, ConceptKind, Vocabulary

_NEAR = 3


def site_vocabulary(store: MasterStore, elements: Sequence[Element] | None = None) -> Vocabulary:
    """
    Return the shipped vocabulary with the names and the spellings of units that the site brought in.

    Args:
        elements: The store's element tables, where they were loaded already.
    """
    named = with_site_names(load_vocabulary(), store.load_site_names())
    return with_units(named, store.load_elements() if elements is None else elements)


def bind(
    edition: Edition,
    shipped: Starter,
    vocabulary: Vocabulary,
    day: date,
    earlier: Iterable[ListedCode] = (),
    added: Mapping[Result, str] | None = None,
) -> BoundRelease:
    """
    Bind an edition to the vocabulary's concepts on a day, completed with the shipped release.

    Args:
        earlier: Codes of the release in use before (see `codes.release.Release`).
        added: Results that a person bound (see `MasterStore.load_bindings`).
    """
    return bind_release(
        edition,
        starter=shipped.edition,
        successions=shipped.successions,
        known=shipped.known,
        vocabulary=vocabulary,
        day=day,
        ended=shipped.ended_concepts(day),
        unknown_units=shipped.unknown_units(day) if edition.name == STARTER else None,
        earlier=earlier,
        added=added,
    )


def written(result: Result) -> str:
    """Return a result as a person writes it: C1002, C1002-0000-100, C1002--100."""
    return "-".join(result).rstrip("-")


def require_bound(result: Result, kept: Mapping[Result, str], edition: str) -> None:
    """Raise InputError where nothing is bound at the very place."""
    if result not in kept:
        places = ", ".join(written(place) for place in sorted(kept)) or "nothing"
        raise InputError(f"nobody bound {written(result)} of {edition}; bound there: {places}")


def require_result_of(vocabulary: Vocabulary, key: str) -> None:
    """Raise InputError for a concept that has no result, or is not there; then near keys are named."""
    concepts = vocabulary.by_key()
    if key not in concepts:
        near = ", ".join(_near(vocabulary, concepts, key))
        raise InputError(f"there is no concept {key!r}" + (f"; near: {near}" if near else ""))
    if concepts[key].kind not in (ConceptKind.TEST, ConceptKind.CALCULATED):
        kind = concepts[key].kind.value
        raise InputError(f"{key} ({concepts[key].name}) is of kind {kind}, which has no result of its own")


def require_listed(edition: Edition, result: Result) -> None:
    """Raise InputError for a result that the edition does not list, with what it lists of the measurand."""
    results: list[ListedCode] = [listed for listed in edition.codes if not listed.code.is_request]
    if any(fits(result, result_of(listed.code)) for listed in results):
        return
    of_measurand = sorted({result_of(c.code) for c in results if c.code.measurand == result[0]})
    listed_there = ", ".join("-".join(other) for other in of_measurand[:_NEAR])
    more = " ..." if len(of_measurand) > _NEAR else ""
    there = f"of {result[0]} it lists {listed_there}{more}" if of_measurand else f"it has no {result[0]}"
    raise InputError(f"{edition.name} lists no result {written(result)}: {there}")


def _near(vocabulary: Vocabulary, concepts: Mapping[str, Concept], key: str) -> list[str]:
    """Return keys of concepts that bear the name *key*, then those whose keys resemble it."""
    named = [name.concept for name in vocabulary.names if name.key == fold(key)]
    alike = difflib.get_close_matches(key.lower(), concepts, n=_NEAR)
    return list(dict.fromkeys((*named, *alike)))[:_NEAR]
