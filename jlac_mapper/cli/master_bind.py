"""`jlac-mapper master bind`: a person says which concept a result of an edition is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jlac_mapper.codes.listed import Edition, ListedCode
    from jlac_mapper.concepts.binding import Result
    from jlac_mapper.vocabulary import Concept, Vocabulary

_TAKE_BACK = "-"
_ELEMENTS = (
    ("measurand", re.compile("[A-HK-MPV][0-9]{4}")),
    ("identification", re.compile("([0-9]{4})?")),
    ("specimen", re.compile("([0-9]{3})?")),
    ("unit", re.compile("([0-9A-Z]{2})?")),
)
_NEAR = 3


def bind_command(
    name: Annotated[str, typer.Argument(metavar="EDITION", help="Edition, or starter.")],
    result: Annotated[
        str,
        typer.Argument(
            help="A measurand (C1002), elements with hyphens (C1002-0000-100, C1002--100-: empty ones stand "
            "for any), or a whole code, whose method does not matter."
        ),
    ],
    concept: Annotated[
        str, typer.Argument(help="The concept's key, such as urine_protein; - takes a binding back.")
    ],
) -> None:
    """
    Say which concept a result of an edition is, where its names and JLAC10 codes do not tell.

    `master check` lists such results (concept-unknown, concept-unclear). The binding is kept for the edition,
    also when that is imported again; of several that fit a code, the one with the most elements counts.
    """
    from jlac_mapper.bootstrap import bind, site_vocabulary
    from jlac_mapper.cli.editions import day_of, open_editions
    from jlac_mapper.cli.review_shared import say
    from jlac_mapper.concepts.binding import fits, result_of
    from jlac_mapper.master.starter import load_starter

    wanted = read_result(result)
    store = open_editions()
    edition = store.load(name)
    vocabulary = site_vocabulary(store)
    shown = "-".join(wanted).rstrip("-")
    if concept == _TAKE_BACK:
        _require_bound(wanted, store.load_bindings(name), shown, name)
    else:
        _require_result_of(vocabulary, concept)
        _require_listed(edition, wanted, shown)
    store.save_binding(name, wanted, "" if concept == _TAKE_BACK else concept)
    bound = bind(edition, load_starter(), vocabulary, day_of(""), added=store.load_bindings(name))
    here = [
        listed
        for listed in bound.release.edition.codes
        if not listed.code.is_request and fits(wanted, result_of(listed.code))
    ]
    if concept == _TAKE_BACK:
        count = sum(bool(bound.binding.of(listed.code)) for listed in here)
        say(f"taken back: {shown} of {name}; {count:,} of its {len(here):,} codes have a concept without it")
    else:
        count = sum(bound.binding.of(listed.code) == (concept,) for listed in here)
        say(f"bound: {count:,} codes of {name} to {concept} ({vocabulary.by_key()[concept].name})")
    say(f"codes without a concept: {len(bound.binding.unbound):,}")


def read_result(text: str) -> Result:
    """
    Return the elements of a result as a person writes it, empty ones for any.

    Raises:
        InputError: Neither a measurand, elements with hyphens, nor a code of 17 characters.
    """
    from jlac_mapper.codes import jlac11
    from jlac_mapper.concepts.binding import result_of
    from jlac_mapper.errors import InputError, InvalidCodeError
    from jlac_mapper.text import clean

    written = clean(text).upper()
    if len(re.sub(r"[-\s]", "", written)) == 17:
        try:
            return result_of(jlac11.parse(written))
        except InvalidCodeError as error:
            raise InputError(str(error)) from error
    parts = written.split("-")
    parts += [""] * (len(_ELEMENTS) - len(parts))
    if len(parts) > len(_ELEMENTS):
        raise InputError(
            f"{text!r} is no result: {len(parts)} elements, expected measurand-identification-specimen-unit "
            "or a whole code"
        )
    for part, (element, pattern) in zip(parts, _ELEMENTS, strict=True):
        if not pattern.fullmatch(part):
            raise InputError(
                f"{text!r} is no result: {part!r} is no {element}; give C1002, C1002-0000-100 or C1002--100-"
            )
    measurand, identification, specimen, unit = parts
    return measurand, identification, specimen, unit


def _require_bound(wanted: Result, kept: Mapping[Result, str], shown: str, edition: str) -> None:
    """Raise InputError where nothing is bound at the very place."""
    from jlac_mapper.errors import InputError

    if wanted not in kept:
        places = ", ".join("-".join(place).rstrip("-") for place in sorted(kept)) or "nothing"
        raise InputError(f"nobody bound {shown} of {edition}; bound there: {places}")


def _require_result_of(vocabulary: Vocabulary, key: str) -> None:
    """Raise InputError for a concept that has no result, or is not there; then near keys are named."""
    from jlac_mapper.errors import InputError
    from jlac_mapper.vocabulary import ConceptKind

    concepts = vocabulary.by_key()
    if key not in concepts:
        near = ", ".join(_near(vocabulary, concepts, key))
        raise InputError(f"there is no concept {key!r}" + (f"; near: {near}" if near else ""))
    if concepts[key].kind not in (ConceptKind.TEST, ConceptKind.CALCULATED):
        kind = concepts[key].kind.value
        raise InputError(f"{key} ({concepts[key].name}) is of kind {kind}, which has no result of its own")


def _near(vocabulary: Vocabulary, concepts: Mapping[str, Concept], key: str) -> list[str]:
    """Return keys of concepts that bear the name *key*, then those whose keys resemble it."""
    import difflib

    from jlac_mapper.text import fold

    named = [name.concept for name in vocabulary.names if name.key == fold(key)]
    alike = difflib.get_close_matches(key.lower(), concepts, n=_NEAR)
    return list(dict.fromkeys((*named, *alike)))[:_NEAR]


def _require_listed(edition: Edition, wanted: Result, shown: str) -> None:
    """Raise InputError for a result that the edition does not list, with what it lists of the measurand."""
    from jlac_mapper.concepts.binding import fits, result_of
    from jlac_mapper.errors import InputError

    results: list[ListedCode] = [listed for listed in edition.codes if not listed.code.is_request]
    if any(fits(wanted, result_of(listed.code)) for listed in results):
        return
    of_measurand = sorted({result_of(c.code) for c in results if c.code.measurand == wanted[0]})
    listed_there = ", ".join("-".join(result) for result in of_measurand[:_NEAR])
    more = " ..." if len(of_measurand) > _NEAR else ""
    there = f"of {wanted[0]} it lists {listed_there}{more}" if of_measurand else f"it has no {wanted[0]}"
    raise InputError(f"{edition.name} lists no result {shown}: {there}")
