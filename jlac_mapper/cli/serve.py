"""`jlac-mapper serve`: the main job and review over gRPC."""

from typing import Annotated

import typer

from jlac_mapper.cli.options import LanguageModel


def serve(
    host: Annotated[
        str, typer.Option(help="Name or address to listen on; 0.0.0.0 for every network of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 50051,
    master: Annotated[str, typer.Option(help="Edition to use; without it the active one.")] = "",
    llm: LanguageModel = "",
    grace: Annotated[
        float, typer.Option(min=0, help="Seconds that calls in flight may take to finish on SIGTERM.")
    ] = 10.0,
) -> None:
    """Serve mapper and review over gRPC until SIGTERM or Ctrl-C; prints the address when it is ready."""
    # Imported here so that `jlac-mapper --help` stays quick.
    import asyncio
    import logging
    import os
    from dataclasses import replace
    from functools import partial

    from jlac_mapper.bootstrap import SystemClock, build_app, open_review
    from jlac_mapper.config import Settings
    from jlac_mapper.grpc_api import server
    from jlac_mapper.grpc_api.review_servicer import ReviewServicer

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("faiss.loader").setLevel(logging.WARNING)  # which CPU build it tries is no news
    settings = Settings.from_env(os.environ)
    app = build_app(replace(settings, llm=llm or settings.llm), master=master)
    review = ReviewServicer(
        open_review(settings, app), SystemClock(), export_templates=settings.export_templates
    )
    announce = partial(print, flush=True)
    asyncio.run(server.serve(app, host, port, grace_seconds=grace, announce=announce, review=review))
