"""Runs the page until SIGTERM: requests that are being answered are answered to their end."""

import signal
import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from jlac_mapper.errors import ConfigurationError

_BACKLOG = 128


def serve(
    app: Starlette,
    host: str,
    port: int,
    *,
    trusted_proxies: str = "",
    grace_seconds: float = 10.0,
    announce: Callable[[str], None] = print,
) -> None:
    """
    Serve until SIGTERM or Ctrl-C.

    Args:
        app: The page.
        host: Name or address to listen on.
        port: 0 takes a free one.
        trusted_proxies: Addresses whose X-Forwarded-* headers are believed, separated by commas.
        grace_seconds: How long requests may take to finish.
        announce: Told the address once it is bound.

    Raises:
        ConfigurationError: The address cannot be used.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)  # from now on a browser that comes early waits and is served
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or "",
        timeout_graceful_shutdown=max(1, round(grace_seconds)),
        timeout_keep_alive=75,
        ws="none",
    )
    server = uvicorn.Server(config)
    bound = listener.getsockname()
    shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
    # Before uvicorn listens to signals this keeps a stop in mind; uvicorn raises it again once it has shut
    # down, and a stop that was asked for is a good end.
    signal.signal(signal.SIGTERM, lambda _number, _frame: setattr(server, "should_exit", True))
    announce(f"jlac-mapper reviewers' page on http://{shown}:{bound[1]}")
    with listener:
        server.run(sockets=[listener])
