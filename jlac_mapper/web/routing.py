"""
Every page has a method, a path, a role and a unit of work.

This is the one place where role and origin are checked, and where a request's unit of work begins and ends.
"""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from jlac_mapper.errors import (
    ConflictError,
    DatabaseError,
    InputError,
    InvalidCodeError,
    InvalidDecisionError,
    JlacMapperError,
    NotAllowedError,
    NotFoundError,
    ServerUnavailableError,
)
from jlac_mapper.review.access import signed_in
from jlac_mapper.review.model import INSTALLATION, Role, Session, User
from jlac_mapper.review.service import ReviewService
from jlac_mapper.review.tokens import new_secret
from jlac_mapper.web import sessions
from jlac_mapper.web.call import Call
from jlac_mapper.web.messages import preferred
from jlac_mapper.web.services import Services

_LOG = logging.getLogger(__name__)


class Access(StrEnum):
    """Who may ask for a page; the last four are roles in the path's facility."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    VIEWER = Role.VIEWER
    REVIEWER = Role.REVIEWER
    LEAD = Role.LEAD
    ADMIN = Role.ADMIN


class Unit(StrEnum):
    """What a page does in the request's unit of work."""

    READS = "reads"
    WRITES = "writes"
    NONE = "none"
    """It takes long, or nothing of review is asked: it begins after the unit in which the user was found."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `files` is how many files its form may hold."""

    method: str
    path: str
    access: Access
    handle: Callable[[Call], Response]
    unit: Unit = Unit.READS
    files: int = 0


_STATUS: tuple[tuple[type[JlacMapperError], int], ...] = (
    (NotFoundError, 404),
    (NotAllowedError, 403),
    (ConflictError, 409),
    (InvalidDecisionError, 400),
    (InvalidCodeError, 400),
    (InputError, 400),
    (DatabaseError, 503),
    (ServerUnavailableError, 503),
)


def status_of(error: JlacMapperError) -> int:
    """Return the HTTP status of an error, 500 for one that is no user's business."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def route(page: Page, services: Services) -> Route:
    """Return the Starlette route of a page."""

    async def endpoint(request: Request) -> Response:
        if page.method == "GET":
            return await run_in_threadpool(_serve, page, services, request, FormData())
        async with request.form(max_files=page.files, max_fields=2000) as form:
            return await run_in_threadpool(_serve, page, services, request, form)

    return Route(page.path, endpoint, methods=[page.method], name=f"{page.method} {page.path}")


def _serve(page: Page, services: Services, request: Request, form: FormData) -> Response:
    try:
        return _served(page, services, request, form)
    except JlacMapperError as error:
        # The database could not even say who asks, or could not keep what was done.
        _LOG.error("%s %s: %s", page.method, page.path, error)
        nobody = _call(services, request, form, services.review, None)
        return failure(nobody, status_of(error), nobody.said(error))


def _served(page: Page, services: Services, request: Request, form: FormData) -> Response:
    """Answer in one unit of work; what the page did and committed in it is kept however it went on."""
    token = sessions.token_of(request)
    # Nobody who is not signed in holds up those who write.
    writes = page.unit is Unit.WRITES and bool(token)
    with services.units.writing() if writes else services.units.reading() as work:
        found = signed_in(work.users, token, services.clock.now())
        if page.unit is not Unit.NONE:
            response = _respond(page, _call(services, request, form, services.review.within(work), found))
            work.commit()
            return response
    return _respond(page, _call(services, request, form, services.review, found))


def _call(
    services: Services,
    request: Request,
    form: FormData,
    review: ReviewService,
    found: tuple[Session, User] | None,
) -> Call:
    session, user = found or (None, User("", ""))
    form_token = request.cookies.get(sessions.cookie_name(request, sessions.FORM_COOKIE), "")
    chosen = request.cookies.get(sessions.cookie_name(request, sessions.LANGUAGE_COOKIE), "")
    language = preferred(chosen, request.headers.get("accept-language", ""))
    csrf = session.csrf if session else form_token
    return Call(request, services, review, language, csrf or new_secret(), session, user, form)


def _respond(page: Page, call: Call) -> Response:
    form_token = call.request.cookies.get(sessions.cookie_name(call.request, sessions.FORM_COOKIE), "")
    expected = call.session.csrf if call.session else form_token
    response = _refuse(page, call) or _answer(page, call, expected)
    if not expected and page.access is Access.PUBLIC:
        sessions.set_cookie(call.request, response, sessions.FORM_COOKIE, call.csrf, seconds=None)
    return response


def _refuse(page: Page, call: Call) -> Response | None:
    """Return the refusal of a call without the page's role; None when it may go on."""
    if page.access is Access.PUBLIC:
        return None
    if call.session is None:
        here = call.request.url.path
        query = call.request.url.query
        back = quote(here + (f"?{query}" if query else ""), safe="") if page.method == "GET" else ""
        return RedirectResponse("/sign-in" + (f"?back={back}" if back else ""), status_code=303)
    if page.access is Access.SIGNED_IN:
        return None
    # The installation's own pages have no facility in their path: they need the role everywhere.
    held = call.user.role_in(call.request.path_params.get("facility", INSTALLATION))
    if held is None:
        return failure(call, 404)
    return None if held.includes(Role(page.access.value)) else failure(call, 403)


def _answer(page: Page, call: Call, csrf: str) -> Response:
    if page.method != "GET" and sessions.is_forged(call.request, csrf, call.text("csrf")):
        return failure(call, 403, call.t("error.forged"))
    try:
        return page.handle(call)
    except JlacMapperError as error:
        status = status_of(error)
        if status < 500:
            return failure(call, status, call.said(error) if status != 404 else "")
        _LOG.error("%s %s: %s", page.method, page.path, error)
        return failure(call, status, call.said(error))
    except Exception:
        incident = uuid.uuid4().hex[:12]
        _LOG.exception("incident %s: %s %s", incident, page.method, page.path)
        return failure(call, 500, call.t("error.incident", incident=incident))


def failure(call: Call, status: int, message: str = "") -> Response:
    """Return a page that says what went wrong."""
    known = status if status in (400, 403, 404, 409, 429) else 500
    return call.page("error.html", status=status, heading=call.t(f"error.{known}"), message=message)
