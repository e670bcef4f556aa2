"""Options that several verbs have."""

from typing import Annotated

import typer

LanguageModel = Annotated[
    str,
    typer.Option(
        metavar="MODEL",
        help="Who speaks on uncertain rows: off, bundled, a vLLM server's URL or a checkpoint's folder. "
        "(default: the setting's, else off)",
    ),
]
