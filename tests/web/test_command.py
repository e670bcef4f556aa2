"""`jlac-mapper web` as a process: address, sign-in page, SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from jlac_mapper.config import Settings
from jlac_mapper.errors import ConfigurationError

REPOSITORY = Path(__file__).parents[2]


@contextmanager
def _start(*command: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """Start a module as a process; it is gone afterwards, whatever the test found."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _is_listening(address: str) -> bool:
    """Tell whether the process still takes new connections."""
    try:
        socket.create_connection((urlsplit(address).hostname, urlsplit(address).port), timeout=60).close()
    except ConnectionError:
        return False
    return True


def test_the_command_prints_its_address_serves_and_ends_well_on_sigterm(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    with _start(
        "jlac_mapper", "web", "--port", "0", "--master", "starter", JLAC_MAPPER_DATABASE_URL=url
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"{address}/sign-in") as answer:
            assert answer.status == 200
            assert "JLAC11" in answer.read().decode()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=120) == 0


def test_a_request_in_flight_is_answered_to_its_end_on_sigterm() -> None:
    with _start("tests.web.serve_slow_page") as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        answers: list[bytes] = []
        asking = threading.Thread(
            target=lambda: answers.append(urllib.request.urlopen(f"{address}/slow").read())
        )
        asking.start()
        assert process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGTERM)
        while _is_listening(address):
            time.sleep(0.05)
        assert answers == []
        print("go on", file=process.stdin, flush=True)
        asking.join()
        assert answers == [b"answered to the end"]
        assert process.wait(timeout=120) == 0


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    with _start("tests.web.serve_slow_page") as first:
        assert first.stdout is not None
        port = first.stdout.readline().rsplit(":", 1)[-1].strip()
        with _start(
            "jlac_mapper", "web", "--port", port, "--master", "starter", JLAC_MAPPER_DATABASE_URL=url
        ) as second:
            _, said = second.communicate(timeout=300)
            assert second.returncode == 2
            assert f"cannot listen on 127.0.0.1:{port}" in said.splitlines()[-1]
        first.terminate()


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"OIDC_ISSUER": "https://idp.example"}, "OIDC_CLIENT_ID"),
        ({"OIDC_CLIENT_ID": "x"}, "OIDC_ISSUER"),
        ({"OIDC_ISSUER": "http://idp.example", "OIDC_CLIENT_ID": "x"}, "https://"),
    ],
)
def test_an_unusable_provider_is_refused_before_anything_starts(
    environment: dict[str, str], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Settings.from_env({f"JLAC_MAPPER_{name}": value for name, value in environment.items()})


def test_the_pages_settings_are_read_and_the_secret_stays_out_of_logs() -> None:
    settings = Settings.from_env(
        {
            "JLAC_MAPPER_OIDC_ISSUER": "https://idp.example",
            "JLAC_MAPPER_OIDC_CLIENT_ID": "page",
            "JLAC_MAPPER_OIDC_CLIENT_SECRET": "hush",
            "JLAC_MAPPER_WEB_HOSTS": "review.example",
            "JLAC_MAPPER_WEB_TRUSTED_PROXIES": "127.0.0.1",
        }
    )
    assert settings.web.oidc_client_secret == "hush"
    assert settings.web.hosts == "review.example"
    assert settings.web.trusted_proxies == "127.0.0.1"
    assert "hush" not in repr(settings)


_STOPPED_AT_ONCE = """
import os, signal
from starlette.applications import Starlette
from jlac_mapper.web.server import serve
serve(Starlette(), "127.0.0.1", 0, announce=lambda _line: os.kill(os.getpid(), signal.SIGTERM))
"""


def test_a_stop_that_comes_while_the_server_is_starting_is_not_lost() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _STOPPED_AT_ONCE], cwd=REPOSITORY, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
