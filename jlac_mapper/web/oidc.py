"""Sign-in at the hospital's OpenID Connect provider: Authlib's code flow with PKCE, state and nonce."""

import asyncio
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.integrations.base_client.errors import MismatchingStateError
from authlib.integrations.starlette_client import StarletteIntegration, StarletteOAuth2App
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from jlac_mapper.config import WebSettings
from jlac_mapper.errors import JlacMapperError, ServerUnavailableError

PENDING = timedelta(minutes=10)
"""How long a person may take at the provider."""

MOST_PENDING = 1000
ALGORITHMS = ["RS256", "PS256", "ES256"]
_USED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "_loaded_at")
_SKEW_SECONDS = 60
TIMEOUT_SECONDS = 10.0


class OidcRefusedError(JlacMapperError):
    """The provider's answer does not prove who is there."""

    reason = "NOT_ALLOWED"


@dataclass(slots=True)
class Visit:
    """
    What Authlib takes for the browser's session.

    Attributes:
        browser: A secret that only this browser holds.
        now: For the time limit.
        back: The page to show afterwards; given when a sign-in begins, told when it is finished.
    """

    browser: str
    now: datetime
    back: str = ""


class _PendingSignIns(StarletteIntegration):  # type: ignore[misc]  # Authlib has no types
    """
    What went out to the provider, for one browser and not for long; each state is given out once.

    Authlib's own keeping is in a cookie, for an hour, one sign-in a browser.
    """

    def __init__(self) -> None:
        super().__init__("provider")
        self._pending: dict[str, tuple[Visit, Mapping[str, Any]]] = {}
        self._lock = threading.Lock()

    async def set_state_data(self, session: Visit, state: str, data: Mapping[str, Any]) -> None:
        with self._lock:
            live = {key: one for key, one in self._pending.items() if session.now < one[0].now + PENDING}
            self._pending = dict(list(live.items())[-MOST_PENDING + 1 :]) | {state: (session, data)}

    async def get_state_data(self, session: Visit, state: str) -> Mapping[str, Any] | None:
        with self._lock:
            begun, data = self._pending.pop(state, (None, None))
        if begun is None or session.now >= begun.now + PENDING or not begun.browser == session.browser != "":
            return None
        session.back = begun.back
        return data

    async def clear_state_data(self, session: Visit, state: str) -> None:
        """Do nothing: what was given out is gone."""


class OidcProvider:
    """
    One provider, found by its discovery document on first use.

    Its methods wait for the provider in an event loop of their own: call them in a thread, as pages are.

    Args:
        timeout_seconds: How long the provider may take for one answer.
    """

    def __init__(self, settings: WebSettings, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._issuer, self._client_id = settings.oidc_issuer, settings.oidc_client_id
        self._app = StarletteOAuth2App(
            _PendingSignIns(),
            client_id=self._client_id,
            client_secret=settings.oidc_client_secret or None,
            server_metadata_url=self._issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic"
                if settings.oidc_client_secret
                else "none",
                "timeout": timeout_seconds,
            },
        )

    def begin(self, request: Request, visit: Visit, redirect_uri: str) -> Response:
        """
        Return the answer that sends the browser to the provider, and from there to *redirect_uri*.

        Raises:
            ServerUnavailableError: The provider cannot be reached or is not the configured one.
        """
        return asyncio.run(self._begin(Request({**request.scope, "session": visit}), redirect_uri))

    def finish(self, request: Request, visit: Visit) -> str:
        """
        Return `issuer|sub` for the provider's answer, which *request* brings; each state works once.

        Raises:
            OidcRefusedError: Another browser's answer, an old one, or a token that is not for us.
            ServerUnavailableError: The provider does not answer.
        """
        subject = asyncio.run(self._finish(Request({**request.scope, "session": visit})))
        if not isinstance(subject, str) or not subject:
            raise OidcRefusedError("the provider's ID token is for another application")
        return f"{self._issuer}|{subject}"

    async def _begin(self, request: Request, redirect_uri: str) -> Response:
        await self._discover()
        state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        response: Response = await self._app.authorize_redirect(
            request, redirect_uri, state=state, nonce=nonce
        )
        response.status_code = 303
        return response

    async def _finish(self, request: Request) -> Any:
        query = request.query_params
        if "error" in query or not query.get("code"):
            await self._app.framework.get_state_data(request.session, query.get("state", ""))
            raise OidcRefusedError("the provider refused the sign-in")
        ours = {"iss": self._issuer, "aud": self._client_id}
        claims = {name: {"essential": True, "value": value} for name, value in ours.items()}
        try:
            token = await self._app.authorize_access_token(
                request, claims_options=claims, leeway=_SKEW_SECONDS
            )
            return token["userinfo"]["sub"]
        except MismatchingStateError:
            raise OidcRefusedError(
                "this sign-in is not one that this browser began, or it took too long"
            ) from None
        except (JoseError, KeyError, TypeError) as error:
            raise OidcRefusedError(
                f"the provider's ID token cannot be accepted ({type(error).__name__})"
            ) from None
        except Exception as error:  # authlib, httpx and JSON errors have no common root
            raise ServerUnavailableError(
                f"the OIDC provider gave no token ({type(error).__name__}); sign in again"
            ) from None

    async def _discover(self) -> None:
        try:
            found = await self._app.load_server_metadata()
        except Exception as error:  # as above
            raise ServerUnavailableError(
                f"the OIDC provider {self._issuer} cannot be reached ({type(error).__name__})"
            ) from None
        if found.get("issuer") != self._issuer:
            self._app.server_metadata = {}
            raise ServerUnavailableError(f"the OIDC provider at {self._issuer} says it is another issuer")
        # Authlib takes algorithms and settings of its HTTP client from the document: none but ours may count.
        # Keys that it kept are asked for again, so that one that was withdrawn is.
        self._app.server_metadata = {
            **{key: found[key] for key in _USED if key in found},
            "id_token_signing_alg_values_supported": ALGORITHMS,
        }
