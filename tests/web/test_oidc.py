"""Sign-in at a real OpenID Connect provider."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
    with pytest.MonkeyPatch.context() as patch, running_provider() as provider:
        patch.setattr(
            oidc, "_TIMEOUT_SECONDS", 120
        )  # provider and page are this one process, which may be busy
        yield provider


@pytest.fixture
def app(site: Site, provider: Provider) -> Starlette:
    provider.spoil, provider.published, provider.subject = {}, None, "u-1"
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
        {"nonce": "another"}, {"aud": "another-client"}, {"iss": "http://127.0.0.1:1"}, {"exp": 1},
        {"azp": "another-client"}, {"sub": ""},
    ],
    ids=lambda spoiled: next(iter(spoiled)),
)  # fmt: skip
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
