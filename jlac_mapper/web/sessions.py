"""Sessions in the browser: cookies, and forms that no other site can send."""

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from jlac_mapper.review.sign_in import LIFE

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


def begin(request: Request, response: Response, token: str) -> None:
    """Give the browser the token of its new session."""
    set_cookie(request, response, SESSION_COOKIE, token, seconds=int(LIFE.total_seconds()))
    drop_cookie(request, response, FORM_COOKIE)


def token_of(request: Request) -> str:
    """Return the token that the browser sends; empty for none."""
    return request.cookies.get(cookie_name(request, SESSION_COOKIE), "")


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
