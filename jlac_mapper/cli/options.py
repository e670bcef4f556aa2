"""Options that several verbs have."""

from enum import StrEnum
from typing import Annotated

import typer


class CodeSystem(StrEnum):
    """What `--system` takes."""

    JLAC11 = "jlac11"
    JLAC10 = "jlac10"
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
