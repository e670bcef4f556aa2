"""Sign-in at a real OpenID Connect provider."""

import asyncio
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from starlette.applications import Starlette

from jlac_mapper.config import WebSettings
from jlac_mapper.review.model import Role, User
from jlac_mapper.web import oidc
from tests.web.oidc_provider import CLIENT, SECRET, Provider, running_provider
from tests.web.site import Browser, Site


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def app(site: Site, provider: Provider) -> Starlette:
    provider.spoil, provider.published, provider.subject = {}, None, "u-1"
    provider.algorithm, provider.says = "RS256", {}
    user = User("oidc", "OIDC さん", {"h1": Role.VIEWER}, subject=f"{provider.issuer}|u-1")
    site.people.save_user(site.user("root"), user, request_id="oidc")
    return site.app(
        WebSettings(oidc_issuer=provider.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET)
    )


def _at_provider(address: str) -> str:
    """Follow the browser to the provider and return where it sends it back to."""
    try:
        urllib.request.build_opener(_NoRedirect).open(address)
    except urllib.error.HTTPError as answer:
        return str(answer.headers["location"])
    raise AssertionError("the provider did not send the browser back")


def _sign_in(browser: Browser, back: str = "/f/h1") -> Any:
    browser.get("/sign-in")
    out = browser.get("/sign-in/oidc", params={"back": back})
    assert out.status_code == 303, out.text
    returned = urlsplit(_at_provider(out.headers["location"]))
    return browser.get(f"{returned.path}?{returned.query}")


def test_a_known_subject_is_signed_in_and_comes_back_to_its_page(app: Starlette) -> None:
    browser = Browser(app)
    assert "hospital&#39;s account" in browser.get("/sign-in").text
    answer = _sign_in(browser, "/f/h1?run=1")
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == "/f/h1?run=1"
    assert "OIDC さん" in browser.get("/f/h1").text


def test_the_request_carries_state_nonce_and_a_challenge(app: Starlette) -> None:
    browser = Browser(app)
    browser.get("/sign-in")
    asked = parse_qs(urlsplit(browser.get("/sign-in/oidc").headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["scope"] == ["openid"]
    assert asked["code_challenge_method"] == ["S256"]
    assert all(len(asked[name][0]) >= 32 for name in ("state", "nonce", "code_challenge"))
    assert asked["redirect_uri"] == ["http://testserver/sign-in/oidc/back"]


def test_an_unknown_subject_is_refused_and_told_its_identifier(app: Starlette, provider: Provider) -> None:
    provider.subject = "stranger"
    browser = Browser(app)
    answer = _sign_in(browser)
    assert answer.status_code == 403
    assert f"{provider.issuer}|stranger" in answer.text
    assert browser.get("/f/h1").status_code == 303


def test_an_inactive_user_is_refused(app: Starlette, site: Site) -> None:
    site.people.save_user(site.user("root"), replace(site.user("oidc"), active=False), request_id="off")
    assert _sign_in(Browser(app)).status_code == 403


@pytest.mark.parametrize(
    "spoiled",
    [
        {"nonce": "another"},
        {"aud": "another-client"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 1},
        {"azp": "another-client"},
        {"aud": "another-client", "azp": CLIENT},
        {"sub": ""},
    ],
    ids=lambda spoiled: next(iter(spoiled)),
)
def test_a_token_for_someone_else_is_refused(
    app: Starlette, provider: Provider, spoiled: dict[str, Any]
) -> None:
    provider.spoil = spoiled
    browser = Browser(app)
    assert _sign_in(browser).status_code == 403
    assert browser.get("/f/h1").status_code == 303


def test_a_token_with_another_signature_is_refused(app: Starlette, provider: Provider) -> None:
    provider.published = RSAKey.generate_key(2048, {"kid": "k1"})
    assert _sign_in(Browser(app)).status_code == 403


def test_an_answer_works_once_and_only_in_the_browser_that_asked(app: Starlette) -> None:
    browser, other = Browser(app), Browser(app)
    browser.get("/sign-in")
    other.get("/sign-in")
    first, second = (
        urlsplit(_at_provider(browser.get("/sign-in/oidc").headers["location"])) for _ in range(2)
    )
    assert other.get(f"{first.path}?{first.query}").status_code == 403
    assert browser.get(f"{second.path}?{second.query}").status_code == 303
    assert Browser(app).get(f"{second.path}?{second.query}").status_code == 403
    assert Browser(app).get("/sign-in/oidc/back?state=guessed&code=x").status_code == 403


def test_a_provider_that_does_not_answer_is_one_clear_line(site: Site) -> None:
    app = site.app(WebSettings(oidc_issuer="http://127.0.0.1:1", oidc_client_id="x"))
    browser = Browser(app)
    browser.get("/sign-in")
    answer = browser.get("/sign-in/oidc")
    assert answer.status_code == 503
    assert "cannot be reached" in answer.text


def _begin(browser: Browser) -> str:
    """Go to the provider and return the address that it sends back to."""
    browser.get("/sign-in")
    returned = urlsplit(_at_provider(browser.get("/sign-in/oidc").headers["location"]))
    return f"{returned.path}?{returned.query}"


def test_a_person_may_take_ten_minutes_at_the_provider_and_no_longer(app: Starlette, site: Site) -> None:
    browser = Browser(app)
    back = _begin(browser)
    site.clock.move(oidc.PENDING - timedelta(seconds=1))
    assert browser.get(back).status_code == 303
    back = _begin(other := Browser(app))
    site.clock.move(oidc.PENDING)
    answer = other.get(back)
    assert answer.status_code == 403
    assert "took too long" in answer.text


def test_of_too_many_sign_ins_on_their_way_the_oldest_is_forgotten(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "MOST_PENDING", 2)
    browser = Browser(app)
    first, second, third = (_begin(browser) for _ in range(3))
    assert browser.get(first).status_code == 403
    assert browser.get(second).status_code == 303
    assert Browser(app).get(third).status_code == 403


def test_two_tabs_of_one_browser_may_be_on_their_way(app: Starlette) -> None:
    browser = Browser(app)
    first, _second = _begin(browser), _begin(browser)
    assert browser.get(first).status_code == 303


def test_a_refusal_of_the_provider_ends_that_sign_in(app: Starlette) -> None:
    browser = Browser(app)
    back = _begin(browser)
    state = parse_qs(urlsplit(back).query)["state"][0]
    answer = browser.get(f"/sign-in/oidc/back?error=access_denied&state={state}")
    assert answer.status_code == 403
    assert "the provider refused" in answer.text
    assert browser.get(back).status_code == 403


def test_the_provider_cannot_widen_the_algorithms(app: Starlette, provider: Provider) -> None:
    provider.algorithm = "RS512"
    provider.says = {"id_token_signing_alg_values_supported": ["RS512", "none"]}
    answer = _sign_in(Browser(app))
    assert answer.status_code == 403
    assert "UnsupportedAlgorithmError" in answer.text


def test_a_key_that_the_provider_withdrew_signs_nobody_in(app: Starlette, provider: Provider) -> None:
    assert _sign_in(Browser(app)).status_code == 303
    provider.published = RSAKey.generate_key(2048, {"kid": "k1"})
    assert _sign_in(Browser(app)).status_code == 403


def test_a_provider_that_calls_itself_otherwise_is_asked_again_the_next_time(
    app: Starlette, provider: Provider
) -> None:
    provider.says = {"issuer": "https://elsewhere.example"}
    browser = Browser(app)
    answer = browser.get("/sign-in/oidc")
    assert answer.status_code == 503
    assert "another issuer" in answer.text
    provider.says = {}
    assert _sign_in(browser).status_code == 303


def test_a_token_endpoint_that_refuses_is_one_clear_line(app: Starlette, provider: Provider) -> None:
    browser = Browser(app)
    back = _begin(browser)
    provider.codes.clear()
    answer = browser.get(back)
    assert answer.status_code == 503
    assert "gave no token (OAuthError); sign in again" in answer.text


async def test_a_silent_provider_keeps_nobody_else_waiting(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = site.app(
            WebSettings(oidc_issuer=f"http://127.0.0.1:{silent.getsockname()[1]}", oidc_client_id="x"),
            provider_seconds=2,
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            waiting = asyncio.create_task(client.get("/sign-in/oidc", timeout=60))
            await asyncio.sleep(0.5)
            assert (await client.get("/health")).text == "ok"
            assert not waiting.done()
            answer = await waiting
    assert answer.status_code == 503
    assert "に接続できません（ReadTimeout）" in answer.text
