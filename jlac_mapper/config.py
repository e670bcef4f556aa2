"""Settings from the environment; an unknown variable is an error, so that a typo is never ignored."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import platformdirs

from jlac_mapper.errors import ConfigurationError

PREFIX = "JLAC_MAPPER_"


class SettingWord(StrEnum):
    """A word that a setting takes in place of a folder or an address."""

    OFF = "off"
    BUNDLED = "bundled"


@dataclass(frozen=True, slots=True)
class WebSettings:
    """
    The reviewers' page.

    Attributes:
        oidc_issuer: The hospital's OpenID Connect provider; empty where people sign in with passwords only.
        oidc_client_id: This page's name there.
        oidc_client_secret: Its secret; empty for a public client.
        trusted_proxies: Addresses whose X-Forwarded-* headers are believed, separated by commas.
        hosts: Host names that the page answers to, separated by commas; any when empty.
    """

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    trusted_proxies: str = ""
    hosts: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> "WebSettings":
        """
        Read the page's settings; names without the prefix.

        Raises:
            ConfigurationError: An issuer without a client, or one that is reached without TLS.
        """
        web = cls(**{name: given.get(variable, "").strip() for name, variable in _OF_WEB.items()})
        if bool(web.oidc_issuer) != bool(web.oidc_client_id):
            raise ConfigurationError(f"give both {PREFIX}OIDC_ISSUER and {PREFIX}OIDC_CLIENT_ID, or neither")
        address = urlsplit(web.oidc_issuer)
        is_local = address.scheme == "http" and address.hostname in ("127.0.0.1", "::1", "localhost")
        if web.oidc_issuer and address.scheme != "https" and not is_local:
            raise ConfigurationError(
                f"{PREFIX}OIDC_ISSUER is {web.oidc_issuer!r}; expected an https:// address"
            )
        return web


_OF_WEB = {
    field.name: ("" if field.name.startswith("oidc") else "WEB_") + field.name.upper()
    for field in fields(WebSettings)
}
"""Field of WebSettings -> its variable without the prefix."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    What a site configures; every field has a working default.

    Attributes:
        database_url: SQLAlchemy URL of the database that keeps editions.
        master: Edition to use; empty for the one made active by `master use`.
        target_precision: Precision that the acceptance threshold is chosen for, between 0.5 and 1.
        embedder: Folder of an embedding in place of the shipped one, written by `train embedder` or a
            sentence-transformers model; `off` for none.
        calibration_file: A calibration of the site's own; the shipped one when empty.
        jlac10_calibration: Folder of a JLAC10 calibration of the site's own; the shipped one when empty.
        site_defaults: Element -> digits that the site vouches for where a row does not say it.
        grpc_max_message_bytes: Largest gRPC message taken or sent.
        llm: Who may speak on uncertain rows: `off`, `bundled`, the URL of a vLLM server, or the folder of a
            checkpoint; empty for nobody in JLAC11, and `bundled` in JLAC10.
        llm_model: Name that the server serves it by; empty where it serves one.
        llm_token: Bearer token for the server; not shown where settings are printed.
        llm_ca_file: PEM file of the authority that signed the server's certificate.
        llm_deadline: Seconds that one batch of questions may take.
        web: What the reviewers' page needs to know of its surroundings.
        export_templates: Folder with the layout of each facility's exports, FACILITY.toml; empty for none.
        cache: Folder that what was compiled is kept in between runs; `off` for none, the user's when empty.
    """

    database_url: str
    master: str = ""
    target_precision: float = 0.99
    embedder: str = ""
    calibration_file: str = ""
    jlac10_calibration: str = ""
    site_defaults: Mapping[str, str] = field(default_factory=dict)
    grpc_max_message_bytes: int = 16 * 1024 * 1024
    llm: str = ""
    llm_model: str = ""
    llm_token: str = field(default="", repr=False)
    llm_ca_file: str = ""
    llm_deadline: float = 30.0
    web: WebSettings = field(default_factory=WebSettings)
    export_templates: str = ""
    cache: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """
        Read the settings from variables that begin with JLAC_MAPPER_.

        Raises:
            ConfigurationError: An unknown variable, or a value that cannot be used.
        """
        given = {k.removeprefix(PREFIX): v for k, v in environ.items() if k.startswith(PREFIX)}
        if unknown := given.keys() - _KNOWN:
            names, known = (", ".join(PREFIX + name for name in sorted(of)) for of in (unknown, _KNOWN))
            raise ConfigurationError(f"unknown setting {names}; known: {known}")
        specimen = given.get("SITE_DEFAULT_SPECIMEN", "")
        if specimen and not (len(specimen) == 3 and specimen.isascii() and specimen.isdigit()):
            raise ConfigurationError(
                f"{PREFIX}SITE_DEFAULT_SPECIMEN is {specimen!r}; expected three digits such as 250"
            )
        precision = _number(given, "target_precision")
        if not 0.5 <= precision < 1:
            raise ConfigurationError(
                f"{PREFIX}TARGET_PRECISION is {precision}; expected a number from 0.5 to below 1"
            )
        message_bytes = _number(given, "grpc_max_message_bytes")
        if not 4096 <= message_bytes < 2**31:  # gRPC keeps it in 32 bits
            raise ConfigurationError(f"{PREFIX}GRPC_MAX_MESSAGE_BYTES must be from 4096 to below 2147483648")
        seconds = _number(given, "llm_deadline")
        if not 0.1 <= seconds <= 3600:
            raise ConfigurationError(f"{PREFIX}LLM_DEADLINE is {seconds:g}; expected 0.1 to 3600 seconds")
        texts = {name: given.get(name.upper(), "") for name in _TEXTS}
        return cls(
            **{**texts, "database_url": texts["database_url"] or default_database_url()},
            target_precision=precision,
            site_defaults={"specimen": specimen} if specimen else {},
            grpc_max_message_bytes=int(message_bytes),
            llm_deadline=seconds,
            web=WebSettings.read(given),
        )


_DEFAULTS = {field.name: field.default for field in fields(Settings)}
_TEXTS = tuple(field.name for field in fields(Settings) if field.type is str)
_NUMBERS = ("target_precision", "grpc_max_message_bytes", "llm_deadline")
_KNOWN = {name.upper() for name in (*_TEXTS, *_NUMBERS)} | {"SITE_DEFAULT_SPECIMEN", *_OF_WEB.values()}
"""Every variable without the prefix."""


def _number(given: Mapping[str, str], field: str) -> float:
    variable = field.upper()
    text = given.get(variable, "")
    if not text:
        return cast(float, _DEFAULTS[field])
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"{PREFIX}{variable} is {text!r}; expected a number") from None


def default_database_url() -> str:
    """Return the URL of an SQLite file in the user's data folder; the folder is made on first use."""
    return f"sqlite:///{Path(platformdirs.user_data_dir('jlac-mapper')) / 'jlac-mapper.sqlite3'}"


def cache_dir() -> Path | None:
    """Return the folder that what was compiled is kept in; None where the setting says `off`."""
    told = os.environ.get(f"{PREFIX}CACHE", "")
    if told == SettingWord.OFF:
        return None
    return Path(told) if told else Path(platformdirs.user_cache_dir("jlac-mapper"))


def master_data_dir() -> Path:
    """Return the folder of the shipped master data: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
    installed = package / "_master_data"
    return installed if installed.is_dir() else package.parent / "master_data"


def word_table(name: str) -> Path:
    """Return the file of a shipped table of words: units, specimens, headings, makers ..."""
    return master_data_dir() / "words" / f"{name}.csv"


def models_dir() -> Path:
    """Return the folder of the models that ship with the product, each in a folder of its own."""
    return Path(__file__).parent / "models"
