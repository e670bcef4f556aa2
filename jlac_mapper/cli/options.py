"""Options that several verbs have."""

from enum import StrEnum
from typing import Annotated

import typer

from jlac_mapper.types import System


class CodeSystem(StrEnum):
    """What `--system` takes."""

    JLAC11 = System.JLAC11
    JLAC10 = System.JLAC10
    BOTH = "both"


Systems = Annotated[
    CodeSystem, typer.Option("--system", help="Code system to map to; both: JLAC11, and JLAC10 beside it.")
]

LanguageModel = Annotated[
    str,
    typer.Option(
        metavar="MODEL",
        help="Who speaks on uncertain rows: off, bundled, a vLLM server's URL or a checkpoint's folder. "
        "(default: the setting's, else off for JLAC11 and bundled for JLAC10)",
    ),
]
