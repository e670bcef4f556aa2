"""Sign-in at the hospital's OpenID Connect provider: code flow with PKCE, state and nonce."""

import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from jlac_mapper.config import WebSettings
from jlac_mapper.errors import JlacMapperError, ServerUnavailableError

PENDING = timedelta(minutes=10)
"""How long a person may take at the provider."""

MOST_PENDING = 1000
ALGORITHMS = ["RS256", "PS256", "ES256"]
_SKEW_SECONDS = 60
_TIMEOUT_SECONDS = 10


class OidcRefusedError(JlacMapperError):
    """The provider's answer does not prove who is there."""

    reason = "NOT_ALLOWED"


@dataclass(frozen=True, slots=True)
class _Pending:
    """A sign-in that went out to the provider; `browser` is the cookie of the browser that began it."""

    browser: str
    nonce: str
    verifier: str
    redirect_uri: str
    back: str
    until: datetime


class OidcProvider:
    """One provider, found by its discovery document on first use."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings
        self._metadata: dict[str, Any] | None = None
        self._pending: dict[str, _Pending] = {}
        self._lock = threading.Lock()

    def begin(self, *, browser: str, redirect_uri: str, back: str, now: datetime) -> str:
        """
        Return the provider's address to send the browser to.

        Args:
            browser: A secret that only this browser holds.
            redirect_uri: Where the provider sends it back.
            back: The page to show afterwards.
            now: For the time limit.

        Raises:
            ServerUnavailableError: The provider cannot be reached or is not the configured one.
        """
        metadata = self._discover()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        pending = _Pending(browser, nonce, verifier, redirect_uri, back, now + PENDING)
        with self._lock:
            live = {key: p for key, p in self._pending.items() if now < p.until}
            self._pending = dict(list(live.items())[-MOST_PENDING + 1 :]) | {state: pending}
        return str(url)

    def finish(self, *, state: str, code: str, browser: str, now: datetime) -> tuple[str, str]:
        """
        Return (`issuer|sub`, the page to show) for the provider's answer; each state works once.

        Raises:
            OidcRefusedError: Another browser's answer, an old one, or a token that is not for us.
            ServerUnavailableError: The provider does not answer.
        """
        with self._lock:
            pending = self._pending.pop(state, None)
        if pending is None or now >= pending.until or not browser or browser != pending.browser:
            raise OidcRefusedError("this sign-in is not one that this browser began, or it took too long")
        if not code:
            raise OidcRefusedError("the provider refused the sign-in")
        metadata = self._discover()
        try:
            with self._client(pending.redirect_uri) as client:
                token = client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=pending.verifier,
                    grant_type="authorization_code",
                )  # fmt: skip
                keys = (
                    client.request("GET", metadata["jwks_uri"], withhold_token=True).raise_for_status().json()
                )
        except Exception as error:  # authlib, httpx and JSON errors have no common root
            raise ServerUnavailableError(
                f"the OIDC provider gave no token ({type(error).__name__}); sign in again"
            ) from None
        return f"{metadata['issuer']}|{self._subject(token, keys, pending.nonce)}", pending.back

    def _subject(self, token: Any, keys: Any, nonce: str) -> str:
        try:
            decoded = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=ALGORITHMS)
            claims = jwt.JWTClaimsRegistry(
                leeway=_SKEW_SECONDS,
                iss={"essential": True, "value": self._settings.oidc_issuer},
                aud={"essential": True, "value": self._settings.oidc_client_id},
                nonce={"essential": True, "value": nonce},
                sub={"essential": True},
                exp={"essential": True},
            )
            claims.validate(decoded.claims)
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise OidcRefusedError(
                f"the provider's ID token cannot be accepted ({type(error).__name__})"
            ) from None
        party = decoded.claims.get("azp", self._settings.oidc_client_id)
        subject = decoded.claims["sub"]
        if party != self._settings.oidc_client_id or not isinstance(subject, str) or not subject:
            raise OidcRefusedError("the provider's ID token is for another application")
        return subject

    def _discover(self) -> dict[str, Any]:
        if self._metadata is None:
            issuer = self._settings.oidc_issuer
            try:
                with self._client("") as client:
                    url = issuer.rstrip("/") + "/.well-known/openid-configuration"
                    found = client.request("GET", url, withhold_token=True).raise_for_status().json()
            except Exception as error:  # as above
                raise ServerUnavailableError(
                    f"the OIDC provider {issuer} cannot be reached ({type(error).__name__})"
                ) from None
            if found.get("issuer") != issuer:
                raise ServerUnavailableError(f"the OIDC provider at {issuer} says it is another issuer")
            self._metadata = found
        return self._metadata

    def _client(self, redirect_uri: str) -> Any:
        return OAuth2Client(
            client_id=self._settings.oidc_client_id,
            client_secret=self._settings.oidc_client_secret or None,
            token_endpoint_auth_method="client_secret_basic" if self._settings.oidc_client_secret else "none",
            scope="openid",
            redirect_uri=redirect_uri or None,
            code_challenge_method="S256",
            timeout=_TIMEOUT_SECONDS,
        )
