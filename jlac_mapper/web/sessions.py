"""Sessions: an unguessable token in the browser's cookie, its SHA-256 in the database."""

import hmac
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from jlac_mapper.review.model import Session
from jlac_mapper.review.ports import UserStore
from jlac_mapper.review.tokens import digest, new_session

LIFE = timedelta(hours=10)
"""One working day."""

SESSION_COOKIE = "jlac_session"
FORM_COOKIE = "jlac_form"
LANGUAGE_COOKIE = "jlac_language"


def cookie_name(request: Request, name: str) -> str:
    """Return the cookie's name: over TLS with the prefix that binds it to this host and path."""
    return f"__Host-{name}" if is_secure(request) else name


def is_secure(request: Request) -> bool:
    """Tell whether the browser speaks TLS with us, or with a proxy that we trust."""
    return request.url.scheme == "https"


def set_cookie(request: Request, response: Response, name: str, value: str, *, seconds: int | None) -> None:
    """Set a cookie that no script reads and no other site's form sends."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Take a cookie away."""
    response.delete_cookie(
        cookie_name(request, name), path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )


def begin(request: Request, response: Response, users: UserStore, login: str, now: datetime) -> None:
    """Begin a session of *login*; an earlier one of this browser ends."""
    end(request, response, users)
    token, session = new_session(login, now, LIFE)
    users.save_session(session)
    set_cookie(request, response, SESSION_COOKIE, token, seconds=int(LIFE.total_seconds()))
    drop_cookie(request, response, FORM_COOKIE)


def end(request: Request, response: Response, users: UserStore) -> None:
    """End the browser's session, on both sides."""
    token = request.cookies.get(cookie_name(request, SESSION_COOKIE), "")
    if token:
        users.end_session(digest(token))
    drop_cookie(request, response, SESSION_COOKIE)


def current(request: Request, users: UserStore, now: datetime) -> Session | None:
    """Return the browser's session while it lasts."""
    token = request.cookies.get(cookie_name(request, SESSION_COOKIE), "")
    return users.session(digest(token), now) if token else None


def is_forged(request: Request, expected: str, given: str) -> bool:
    """
    Tell whether a POST comes from another site.

    *expected* is the session's token (or the form cookie's, before sign-in), *given* the form's.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        return True
    return not expected or not hmac.compare_digest(expected.encode(), given.encode())
