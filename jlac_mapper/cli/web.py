"""`jlac-mapper web`: the reviewers' page."""

from typing import Annotated

import typer

from jlac_mapper.cli.options import LanguageModel


def web(
    host: Annotated[
        str, typer.Option(help="Name or address to listen on; 0.0.0.0 for every network of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8080,
    master: Annotated[str, typer.Option(help="Edition to use; without it the active one.")] = "",
    llm: LanguageModel = "",
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that requests may take to finish on SIGTERM.")
    ] = 10.0,
) -> None:
    """Serve the reviewers' page until SIGTERM or Ctrl-C; prints its address when it is ready."""
    # Imported here so that `jlac-mapper --help` stays quick.
    import logging
    import os
    from dataclasses import replace
    from functools import partial

    from jlac_mapper import bootstrap
    from jlac_mapper.config import Settings
    from jlac_mapper.model_loading import require
    from jlac_mapper.tables.run import read_list

    for module in ("starlette", "jinja2", "uvicorn", "argon2", "authlib", "python_multipart"):
        require(module, extra="web")
    from jlac_mapper.web.app import create_app
    from jlac_mapper.web.server import serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("faiss.loader").setLevel(logging.WARNING)  # which CPU build it tries is no news
    settings = Settings.from_env(os.environ)
    app = bootstrap.build_app(replace(settings, llm=llm or settings.llm), master=master)
    page = create_app(
        bootstrap.open_review(settings, app),
        read_list=read_list,
        clock=bootstrap.SystemClock(),
        settings=settings.web,
        templates=settings.export_templates,
        import_grace_seconds=grace,
    )
    serve(
        page,
        host,
        port,
        trusted_proxies=settings.web.trusted_proxies,
        grace_seconds=grace,
        announce=partial(print, flush=True),
    )
