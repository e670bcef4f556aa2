"""How a language-model server is spoken to: its address, its token, its certificate, its names."""

import logging
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from jlac_mapper.errors import ConfigurationError
from jlac_mapper.llm.openai_choice import OpenAiChoice
from jlac_mapper.mapping.ask import NONE_OF_THESE
from jlac_mapper.ports import ChoiceOption
from tests.support.choice_questions import question
from tests.support.fake_llm_server import FakeLlmServer

SECRET = "token-of-the-site-7f3a"


def asked_once(model: OpenAiChoice) -> str:
    """Ask one question; return why it has no answer, empty where it has one."""
    (answer,) = model.choose([question("AST")])
    model.close()
    return answer.unavailable


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_the_address_may_end_with_v1_or_not(ending: str) -> None:
    server = FakeLlmServer()
    assert asked_once(OpenAiChoice(server.url + ending)) == ""
    server.stop()


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://host",
        "http://",
        "http://host?x=1",
        "http://host#x",
        "http://[::1",
        "",
        "http://h:x",
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="URL"):
        OpenAiChoice(url)


def test_a_password_in_the_address_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConfigurationError, match="JLAC_MAPPER_LLM_TOKEN") as refused:
        OpenAiChoice(f"http://user:{SECRET}@host:8000")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "全角"])
def test_a_token_that_no_header_can_carry_is_refused(token: str) -> None:
    with pytest.raises(ConfigurationError, match="token"):
        OpenAiChoice("http://host", token=token)


def test_the_token_is_sent_and_appears_nowhere_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = FakeLlmServer(token=SECRET)
    model = OpenAiChoice(server.url, token=SECRET)
    assert asked_once(model) == ""
    assert server.headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in model.identity
    assert SECRET not in caplog.text
    without = OpenAiChoice(server.url)
    assert "HTTP 401" in asked_once(without)
    server.stop()


def test_the_identity_names_the_served_model_and_the_host() -> None:
    server = FakeLlmServer()
    host = server.url.removeprefix("http://")
    model = OpenAiChoice(server.url)
    assert model.identity == f"openai:default@{host}"
    assert asked_once(model) == ""
    assert model.identity == f"openai:fake-model@{host}"
    server.stop()


def test_a_server_of_several_models_needs_a_name() -> None:
    server = FakeLlmServer()
    server.models = ["one", "two"]
    assert "set JLAC_MAPPER_LLM_MODEL" in asked_once(OpenAiChoice(server.url))
    assert asked_once(OpenAiChoice(server.url, model="two")) == ""
    server.stop()


def test_connections_are_used_again_by_later_calls_from_any_thread() -> None:
    server = FakeLlmServer()
    model = OpenAiChoice(server.url)
    for number in range(5):
        caller = threading.Thread(target=model.choose, args=([question(f"{number}")],))
        caller.start()
        caller.join()
    # 26 labels are looked up over at most 16 connections; five more questions open none.
    assert len(server.connections) <= 16
    model.close()
    server.stop()


def test_a_liking_for_labels_does_not_decide() -> None:
    """The same question in two orders: what is favoured is the option, not its place."""
    server = FakeLlmServer()
    server.liking = [4.0, 0.0, -4.0, 2.0, 0.0, 0.0, 0.0, 0.0]
    options = (ChoiceOption("C2008", "0000", "AST"), ChoiceOption("C1003", "0000", "尿酸"), NONE_OF_THESE)
    model = OpenAiChoice(server.url)
    (one,) = model.choose([question("AST", *options)])
    (other,) = model.choose([question("AST", *options[::-1])])
    assert one.probabilities == pytest.approx(other.probabilities[::-1], abs=0.05)
    assert max(one.probabilities) == one.probabilities[0]
    model.close()
    server.stop()


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server = FakeLlmServer()
    assert asked_once(OpenAiChoice(server.url)) == ""
    server.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for localhost that only itself vouches for."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not on this machine: no certificate can be made")
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subprocess.run(
        [
            openssl,
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            file,
            "-out",
            file.with_suffix(".crt"),
        ],
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + file.with_suffix(".crt").read_text())
    return file


def test_a_certificate_is_trusted_by_the_site_s_own_authority_only(certificate: Path) -> None:
    server = FakeLlmServer(certificate=certificate)
    authority = str(certificate.with_suffix(".crt"))
    assert asked_once(OpenAiChoice(server.url, ca_file=authority)) == ""
    assert "cannot be reached" in asked_once(OpenAiChoice(server.url))
    server.stop()


def test_an_authority_s_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ca\.pem cannot be used"):
        OpenAiChoice("https://host", ca_file=str(tmp_path / "ca.pem"))
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigurationError, match=r"ca\.pem cannot be used"):
        OpenAiChoice("https://host", ca_file=str(tmp_path / "ca.pem"))
