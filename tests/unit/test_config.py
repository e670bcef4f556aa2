"""Settings from the environment."""

from pathlib import Path

import pytest

from jlac_mapper.config import Settings, WebSettings, default_database_url, master_data_dir
from jlac_mapper.errors import ConfigurationError


def test_without_variables_every_setting_has_its_default() -> None:
    settings = Settings.from_env({"PATH": "/bin", "HOME": "/root"})
    assert settings == Settings(
        database_url=default_database_url(),
        master="",
        target_precision=0.99,
        site_defaults={},
        grpc_max_message_bytes=16 * 1024 * 1024,
    )


def test_each_variable_sets_its_field() -> None:
    settings = Settings.from_env(
        {
            "JLAC_MAPPER_DATABASE_URL": "sqlite:///x.db",
            "JLAC_MAPPER_MASTER": "2025-12",
            "JLAC_MAPPER_TARGET_PRECISION": "0.98",
            "JLAC_MAPPER_CALIBRATION_FILE": "own.json",
            "JLAC_MAPPER_JLAC10_CALIBRATION": "own",
            "JLAC_MAPPER_SITE_DEFAULT_SPECIMEN": "250",
            "JLAC_MAPPER_GRPC_MAX_MESSAGE_BYTES": "4096",
            "JLAC_MAPPER_LLM": "https://llm.hospital:8000/v1",
            "JLAC_MAPPER_LLM_MODEL": "medical-7b",
            "JLAC_MAPPER_LLM_TOKEN": "secret",
            "JLAC_MAPPER_LLM_CA_FILE": "ca.pem",
            "JLAC_MAPPER_LLM_DEADLINE": "2.5",
        }
    )
    assert settings == Settings(
        database_url="sqlite:///x.db",
        master="2025-12",
        target_precision=0.98,
        calibration_file="own.json",
        jlac10_calibration="own",
        site_defaults={"specimen": "250"},
        grpc_max_message_bytes=4096,
        llm="https://llm.hospital:8000/v1",
        llm_model="medical-7b",
        llm_token="secret",
        llm_ca_file="ca.pem",
        llm_deadline=2.5,
    )


def test_the_token_is_not_shown_where_settings_are_printed() -> None:
    settings = Settings.from_env({"JLAC_MAPPER_LLM_TOKEN": "very-secret"})
    assert settings.llm_token == "very-secret"
    assert "very-secret" not in f"{settings} {settings!r}"


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon", "3601"])
def test_an_unusable_deadline_is_refused(seconds: str) -> None:
    with pytest.raises(ConfigurationError, match="LLM_DEADLINE"):
        Settings.from_env({"JLAC_MAPPER_LLM_DEADLINE": seconds})


def test_an_unknown_variable_is_an_error_that_names_it_and_the_known_ones() -> None:
    with pytest.raises(
        ConfigurationError, match=r"JLAC_MAPPER_DATABASE_ULR; known: .*JLAC_MAPPER_DATABASE_URL"
    ):
        Settings.from_env({"JLAC_MAPPER_DATABASE_ULR": "sqlite://"})


def test_the_variables_have_the_names_that_hospitals_have_written_down() -> None:
    with pytest.raises(ConfigurationError) as refused:
        Settings.from_env({"JLAC_MAPPER_TYPO": "", "JLAC_MAPPER_ANOTHER": ""})
    known = (
        "CACHE CALIBRATION_FILE DATABASE_URL EMBEDDER EXPORT_TEMPLATES GRPC_MAX_MESSAGE_BYTES "
        "JLAC10_CALIBRATION LLM LLM_CA_FILE LLM_DEADLINE LLM_MODEL LLM_TOKEN MASTER OIDC_CLIENT_ID "
        "OIDC_CLIENT_SECRET OIDC_ISSUER SITE_DEFAULT_SPECIMEN TARGET_PRECISION WEB_HOSTS WEB_TRUSTED_PROXIES"
    )
    names = ", ".join(f"JLAC_MAPPER_{name}" for name in known.split())
    unknown = "JLAC_MAPPER_ANOTHER, JLAC_MAPPER_TYPO"
    assert str(refused.value) == f"unknown setting {unknown}; known: {names}"


def test_the_pages_variables_set_its_fields_without_blanks_around_them() -> None:
    names = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "WEB_TRUSTED_PROXIES", "WEB_HOSTS")
    values = ("https://id.example", "page", "secret", "192.0.2.1", "jlac.example")
    environ = {f"JLAC_MAPPER_{name}": f" {value} " for name, value in zip(names, values, strict=True)}
    assert Settings.from_env(environ).web == WebSettings(*values)


@pytest.mark.parametrize("specimen", ["25", "serum", "2500", "２５０"])
def test_a_default_specimen_is_three_digits(specimen: str) -> None:
    with pytest.raises(ConfigurationError, match="SITE_DEFAULT_SPECIMEN"):
        Settings.from_env({"JLAC_MAPPER_SITE_DEFAULT_SPECIMEN": specimen})


@pytest.mark.parametrize("precision", ["0.49", "1", "1.5", "-1", "nan", "high"])
def test_a_precision_outside_of_half_to_one_is_refused(precision: str) -> None:
    with pytest.raises(ConfigurationError, match="TARGET_PRECISION"):
        Settings.from_env({"JLAC_MAPPER_TARGET_PRECISION": precision})


@pytest.mark.parametrize("size", ["4095", "0", "-1", "many", "nan", "inf", "2147483648"])
def test_an_unusable_message_size_is_refused(size: str) -> None:
    with pytest.raises(ConfigurationError, match="GRPC_MAX_MESSAGE_BYTES"):
        Settings.from_env({"JLAC_MAPPER_GRPC_MAX_MESSAGE_BYTES": size})


def test_the_default_database_is_an_sqlite_file_in_the_users_data_folder() -> None:
    url = default_database_url()
    assert url.startswith("sqlite:///")
    assert Path(url.removeprefix("sqlite:///")).is_absolute()


def test_the_shipped_master_data_are_where_the_package_looks() -> None:
    assert (master_data_dir() / "releases" / "starter" / "rules.csv").is_file()
    assert list((master_data_dir() / "concepts").glob("*.csv"))
    assert (master_data_dir() / "calibration.json").is_file()
