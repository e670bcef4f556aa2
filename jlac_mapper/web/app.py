"""The reviewers' page as an ASGI application."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from jlac_mapper.config import WebSettings
from jlac_mapper.ports import Clock
from jlac_mapper.review.service import OpenedReview
from jlac_mapper.review.sign_in import SignIn
from jlac_mapper.storage.passwords import Argon2Passwords
from jlac_mapper.web.headers import SecurityHeaders
from jlac_mapper.web.import_jobs import ImportJobs
from jlac_mapper.web.messages import preferred, translate
from jlac_mapper.web.oidc import TIMEOUT_SECONDS, OidcProvider
from jlac_mapper.web.pages import PAGES
from jlac_mapper.web.pending import PendingLists
from jlac_mapper.web.render import FOLDER, Renderer
from jlac_mapper.web.routing import route
from jlac_mapper.web.services import Administration, ReadList, Services
from jlac_mapper.web.upload import LARGEST_BYTES

IMPORT_GRACE_SECONDS = 20.0


class _KeptFiles(StaticFiles):
    """Static files that browsers may keep: their address changes with their content."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def create_app(
    opened: OpenedReview,
    *,
    read_list: ReadList,
    clock: Clock,
    settings: WebSettings | None = None,
    administration: Administration | None = None,
    templates: str = "",
    import_grace_seconds: float = IMPORT_GRACE_SECONDS,
    provider_timeout_seconds: float = TIMEOUT_SECONDS,
) -> Starlette:
    """
    Return the application.

    Args:
        opened: The service with its units of work and codes.
        read_list: Reads an uploaded list.
        clock: The time that sessions and limits go by.
        settings: Provider and host names; none when not given.
        administration: People and editions; without it there are no pages of them.
        templates: Folder with the facilities' export layouts; empty for the default one.
        import_grace_seconds: How long a running import may take when the server stops.
        provider_timeout_seconds: How long the provider may take for one answer.
    """
    settings = settings or WebSettings()
    services = Services(
        review=opened.review,
        units=opened.units,
        sign_in=SignIn(opened.units, clock, Argon2Passwords()),
        codes=opened.codes,
        clock=clock,
        renderer=Renderer(),
        jobs=ImportJobs(),
        pending=PendingLists(clock),
        read_list=read_list,
        templates=templates,
        administration=administration,
        oidc=OidcProvider(settings, provider_timeout_seconds) if settings.oidc_issuer else None,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(services.jobs.close, import_grace_seconds)
        services.pending.close()

    async def unknown(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        language = preferred("", request.headers.get("accept-language", ""))
        known = status if status in (400, 404, 405, 413) else 500
        return PlainTextResponse(translate(language, f"error.{known}"), status_code=status)

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    hosts: Sequence[str] = [host.strip() for host in settings.hosts.split(",") if host.strip()]
    middleware = [Middleware(SecurityHeaders)]
    if hosts:
        middleware.insert(1, Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False))
    return Starlette(
        routes=[
            *(route(page, services) for page in PAGES),
            Route("/health", health, methods=["GET"]),
            Mount("/static/{mark}", _KeptFiles(directory=FOLDER / "static"), name="static"),
        ],
        middleware=middleware,
        exception_handlers={HTTPException: unknown},
        lifespan=lifespan,
        max_body_size=LARGEST_BYTES,
    )
