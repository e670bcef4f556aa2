"""`jlac-mapper serve`: the main job and review over gRPC."""

from typing import Annotated

import typer

from jlac_mapper.cli.options import LanguageModel
from jlac_mapper.cli.serving import Host, Master, Port, build_served_app


def serve(
    host: Host = "127.0.0.1",
    port: Port = 50051,
    master: Master = "",
    llm: LanguageModel = "",
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that calls in flight may take to finish on SIGTERM.")
    ] = 10.0,
) -> None:
    """Serve mapper and review over gRPC until SIGTERM or Ctrl-C; prints the address when it is ready."""
    # Imported here so that `jlac-mapper --help` stays quick.
    import asyncio
    from functools import partial

    from jlac_mapper.bootstrap import SystemClock, open_review
    from jlac_mapper.grpc_api import server
    from jlac_mapper.grpc_api.review_servicer import ReviewServicer

    app = build_served_app(llm, master)
    templates = app.settings.export_templates
    review = ReviewServicer(open_review(app.settings, app), SystemClock(), export_templates=templates)
    announce = partial(print, flush=True)
    asyncio.run(server.serve(app, host, port, grace_seconds=grace, announce=announce, review=review))
