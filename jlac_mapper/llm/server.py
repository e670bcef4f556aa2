"""HTTP to an OpenAI-compatible server: one host, own CA and token, bounded retries, nothing else."""

import asyncio
import random
import ssl
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jlac_mapper.errors import ConfigurationError, MissingExtraError

_ATTEMPTS = 3
_BACKOFF = 0.1  # seconds before the second attempt; doubled before the third
_LONGEST_WAIT = 2.0  # seconds that a server's Retry-After may ask for
CONNECT = 2.0  # seconds for a connection inside one network
_PASSING = (429, 500, 502, 503, 504)


class NoAnswerError(Exception):
    """
    The server gave no usable answer; the message is one line for a log, without the token.

    Attributes:
        status: The HTTP status; 0 where there was none.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class LlmServer:
    """
    One server; its connections are reused. All methods run on one event loop.

    Args:
        base_url: `http(s)://host[:port][/prefix]`, with or without `/v1` at the end.
        token: Sent as a bearer token; empty for none.
        ca_file: PEM file of the certificate authority; the system's own ones when empty.
        concurrency: Connections at a time.

    Raises:
        MissingExtraError: httpx is not installed.
        ConfigurationError: The URL, the token or the file cannot be used.
    """

    def __init__(self, base_url: str, *, token: str, ca_file: str, concurrency: int) -> None:
        if find_spec("httpx") is None:
            raise MissingExtraError("httpx is not installed; install it with: pip install 'jlac-mapper[llm]'")
        self.root, self.host = _parse(base_url)
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise ConfigurationError("the language model's token holds characters that no token has")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._tls = _tls(ca_file) if self.root.startswith("https://") or ca_file else True
        self._concurrency = concurrency
        self._client: Any = None

    async def get(self, path: str) -> dict[str, Any]:
        """Like `post`, without a body."""
        return await self._request("GET", path, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """
        Send *body* as JSON and return the JSON object that comes back.

        Connection errors, 429 and the passing kinds of 5xx are tried again, twice at most, with
        exponential backoff and jitter. How long it may take is the caller's to limit.

        Raises:
            NoAnswerError: No answer, a refusal, or something that is no JSON object.
        """
        return await self._request("POST", path, body)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _request(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        reason, status, wait = "", 0, 0.0
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(max(wait, _BACKOFF * 2 ** (attempt - 1)) * random.uniform(0.5, 1.5))
            status, wait = 0, 0.0
            try:
                response = await self._open().request(method, self.root + path, json=body)
            except (OSError, import_module("httpx").TransportError) as error:
                reason = f"{self.host} cannot be reached: {type(error).__name__}"
                continue
            if response.status_code == 200:
                return self._object(response)
            status = response.status_code
            reason = f"{self.host}{path} answered HTTP {status}"
            if status not in _PASSING:
                break
            wait = _retry_after(response.headers.get("Retry-After", ""))
        raise NoAnswerError(reason, status)

    def _object(self, response: Any) -> dict[str, Any]:
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise NoAnswerError(f"{self.host} answered something that is no JSON object")
        return answer

    def _open(self) -> Any:
        if self._client is None:
            httpx = import_module("httpx")
            # No proxy, no .netrc, no redirect: names go to this server and nowhere else.
            self._client = httpx.AsyncClient(
                headers=self._headers,
                verify=self._tls,
                trust_env=False,
                follow_redirects=False,
                timeout=httpx.Timeout(None, connect=CONNECT),
                limits=httpx.Limits(max_connections=self._concurrency),
            )
        return self._client


def _parse(base_url: str) -> tuple[str, str]:
    """Return the URL without `/v1`, and `host[:port]` for messages."""
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"the language model's URL cannot be used: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(
            "the language model's URL must look like http://host:8000 or https://host/v1"
        )
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError(
            "the language model's URL holds a password; set JLAC_MAPPER_LLM_TOKEN instead"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host += f":{port}" if port else ""
    return f"{parts.scheme}://{host}{parts.path.rstrip('/').removesuffix('/v1')}", host


def _tls(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"{Path(ca_file).name} cannot be used as certificate authority: {error}"
        ) from None


def _retry_after(header: str) -> float:
    return min(float(header), _LONGEST_WAIT) if header.isascii() and header.isdigit() else 0.0
