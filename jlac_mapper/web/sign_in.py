"""Sign-in by password or at the hospital's provider, sign-out, and the choice of language."""

import logging

from starlette.responses import Response

from jlac_mapper.errors import NotFoundError
from jlac_mapper.review.sign_in import WINDOW, TooManyFailuresError
from jlac_mapper.web import sessions
from jlac_mapper.web.call import Call, own_path
from jlac_mapper.web.oidc import OidcRefusedError, Visit
from jlac_mapper.wording import Language

_LOG = logging.getLogger(__name__)
_YEAR_SECONDS = 365 * 24 * 3600
CALLBACK = "/sign-in/oidc/back"


def show(call: Call) -> Response:
    """Show the form; a signed-in user goes on at once."""
    back = own_path(call.request.query_params.get("back", ""))
    if call.session is not None:
        return call.redirect(back)
    return _form(call, back)


def with_password(call: Call) -> Response:
    """Check login and password and begin a session."""
    login, back = call.text("login"), own_path(call.text("back"))
    password = call.form.get("password", "")
    address = call.request.client.host if call.request.client else ""
    try:
        token = call.services.sign_in.with_password(
            login,
            password if isinstance(password, str) else "",
            address,
            ended=sessions.token_of(call.request),
        )
    except TooManyFailuresError:
        response = _form(call, back, status=429, message=call.t("sign_in.wait"), login=login)
        response.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
        return response
    if token is None:
        _LOG.warning("failed sign-in from %s", address)
        return _form(call, back, status=403, message=call.t("sign_in.wrong"), login=login)
    return _signed_in(call, back, token)


def to_provider(call: Call) -> Response:
    """Send the browser to the provider."""
    if call.services.oidc is None:
        raise NotFoundError("no OIDC provider is configured")
    visit = Visit(
        call.csrf, call.services.clock.now(), back=own_path(call.request.query_params.get("back", ""))
    )
    redirect_uri = str(call.request.base_url).rstrip("/") + CALLBACK
    return call.services.oidc.begin(call.request, visit, redirect_uri)


def from_provider(call: Call) -> Response:
    """Take the provider's answer; the user must be known here by issuer and subject."""
    if call.services.oidc is None:
        raise NotFoundError("no OIDC provider is configured")
    visit = Visit(call.csrf, call.services.clock.now())
    try:
        subject = call.services.oidc.finish(call.request, visit)
    except OidcRefusedError as error:
        return _form(call, "/", status=403, message=f"{call.t('sign_in.refused')} ({call.said(error)})")
    token = call.services.sign_in.with_identity(subject, ended=sessions.token_of(call.request))
    if token is None:
        return _form(call, "/", status=403, message=call.t("sign_in.unknown", subject=subject))
    return _signed_in(call, visit.back, token)


def sign_out(call: Call) -> Response:
    """End the session."""
    call.services.sign_in.end(sessions.token_of(call.request))
    response = call.redirect("/sign-in")
    sessions.drop_cookie(call.request, response, sessions.SESSION_COOKIE)
    return response


def choose_language(call: Call) -> Response:
    """Keep the language in a cookie and go back to the page."""
    response = call.redirect(own_path(call.text("back")))
    language = call.text("language")
    if language in set(Language):
        sessions.set_cookie(call.request, response, sessions.LANGUAGE_COOKIE, language, seconds=_YEAR_SECONDS)
    return response


def _signed_in(call: Call, back: str, token: str) -> Response:
    response = call.redirect(back)
    sessions.begin(call.request, response, token)
    return response


def _form(call: Call, back: str, *, status: int = 200, message: str = "", login: str = "") -> Response:
    return call.page(
        "sign_in.html",
        status=status,
        back=back,
        message=message,
        login=login,
        has_provider=call.services.oidc is not None,
    )
