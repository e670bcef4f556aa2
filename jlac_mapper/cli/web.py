"""`jlac-mapper web`: the reviewers' page."""

from typing import Annotated

import typer

from jlac_mapper.cli.options import LanguageModel
from jlac_mapper.cli.serving import Host, Master, Port, build_served_app


def web(
    host: Host = "127.0.0.1",
    port: Port = 8080,
    master: Master = "",
    llm: LanguageModel = "",
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that requests may take to finish on SIGTERM.")
    ] = 10.0,
) -> None:
    """Serve the reviewers' page until SIGTERM or Ctrl-C; prints its address when it is ready."""
    # Imported here so that `jlac-mapper --help` stays quick.
    from functools import partial

    from jlac_mapper.bootstrap import DecisionsOnUse, SystemClock, open_master, open_people, open_review
    from jlac_mapper.model_loading import require
    from jlac_mapper.tables.run import read_list

    require("starlette", "jinja2", "uvicorn", "argon2", "authlib", "python_multipart", extra="web")
    from jlac_mapper.web.app import create_app
    from jlac_mapper.web.server import serve
    from jlac_mapper.web.services import Administration

    app = build_served_app(llm, master)
    settings = app.settings
    page = create_app(
        open_review(settings, app),
        read_list=read_list,
        clock=SystemClock(),
        settings=settings.web,
        administration=Administration(
            people=open_people(settings),
            editions=open_master(settings),
            decisions=partial(DecisionsOnUse, settings),
        ),
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
