"""Runs the page's server over a page that takes as long as a test wants, which sends SIGTERM meanwhile."""

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from jlac_mapper.web.server import serve


def slow(_request: Request) -> Response:
    """Answer when a line has come on stdin."""
    print("asked", flush=True)
    sys.stdin.readline()
    return PlainTextResponse("answered to the end")


if __name__ == "__main__":
    serve(
        Starlette(routes=[Route("/slow", slow)]),
        "127.0.0.1",
        0,
        grace_seconds=300,
        announce=lambda line: print(line, flush=True),
    )
    sys.exit(0)
