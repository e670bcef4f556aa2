"""Runs the page's server over one slow page: what a test sends SIGTERM to."""

import sys
import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from jlac_mapper.web.server import serve


def slow(_request: Request) -> Response:
    """Answer after a second."""
    print("asked", flush=True)
    time.sleep(1)
    return PlainTextResponse("answered to the end")


if __name__ == "__main__":
    serve(
        Starlette(routes=[Route("/slow", slow)]), "127.0.0.1", 0,
        announce=lambda line: print(line, flush=True),
    )  # fmt: skip
    sys.exit(0)
