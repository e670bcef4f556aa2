"""`jlac-mapper master bind`: a person says which concept a result of an edition is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from jlac_mapper.concepts.binding import Result

_TAKE_BACK = "-"
_ELEMENTS = (
    ("measurand", re.compile("[A-HK-MPV][0-9]{4}")),
    ("identification", re.compile("([0-9]{4})?")),
    ("specimen", re.compile("([0-9]{3})?")),
    ("unit", re.compile("([0-9A-Z]{2})?")),
)


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
    from jlac_mapper.cli.editions import open_editions
    from jlac_mapper.cli.review_shared import say
    from jlac_mapper.master.binding import written

    wanted = read_result(result)
    taken_back = concept == _TAKE_BACK
    found = open_editions().bind(name, wanted, "" if taken_back else concept)
    if taken_back:
        say(
            f"taken back: {written(wanted)} of {name}; {found.with_concept:,} of its {found.codes:,} codes "
            "have a concept without it"
        )
    else:
        say(f"bound: {found.with_concept:,} codes of {name} to {concept} ({found.concept_name})")
    say(f"codes without a concept: {found.unbound:,}")


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
