"""What the verbs that serve share: where they listen, and the app that answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from jlac_mapper.bootstrap import App

Host = Annotated[
    str, typer.Option(help="Name or address to listen on; 0.0.0.0 for every network of this machine.")
]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")]
Master = Annotated[str, typer.Option(help="Edition to use; without it the active one.")]


def build_served_app(llm: str, master: str) -> App:
    """Begin the log on stderr and build the app; without *llm* the setting says who is the language model."""
    # Imported here so that `jlac-mapper --help` stays quick.
    import logging
    import os
    from dataclasses import replace

    from jlac_mapper.bootstrap import build_app
    from jlac_mapper.config import Settings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("faiss.loader").setLevel(logging.WARNING)  # which CPU build it tries is no news
    settings = Settings.from_env(os.environ)
    return build_app(replace(settings, llm=llm or settings.llm), master=master)
