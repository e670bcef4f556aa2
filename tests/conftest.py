"""Fixtures that several test packages share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from jlac_mapper.config import models_dir
from jlac_mapper.ports import ChoiceModel
from tests.support.choice_checkpoints import save_general, save_reranker

# What the command line prints is asserted in English; a test of another language says so.
os.environ["LC_ALL"] = "C.UTF-8"

REPOSITORY = Path(__file__).parent.parent

# An example that takes long says that the machine is busy, and every run tries the same examples.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("any machine")


def shared_data_dir() -> Path | None:
    """Return the folder with the published files, None where this machine has none."""
    configured = os.environ.get("JLACTEST_SHARED")
    folder = Path(configured) if configured else REPOSITORY.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def official_dir() -> Path:
    """The folder with the official master files."""
    folder = shared_data_dir()
    if folder is None or not (folder / "official").is_dir():
        pytest.skip("the official master files are not on this machine (set JLACTEST_SHARED)")
    return folder / "official"


@pytest.fixture(scope="session")
def dev_dir() -> Path:
    """The folder with real test names to measure with."""
    folder = shared_data_dir()
    if folder is None or not (folder / "dev").is_dir():
        pytest.skip("the measuring data are not on this machine (set JLACTEST_SHARED)")
    return folder / "dev"


@pytest.fixture(scope="session")
def general_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny language model with a chat template and random weights."""
    return save_general(tmp_path_factory.mktemp("models") / "tiny-general", chat=True)


@pytest.fixture(scope="session")
def reranker_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped small model as a checkpoint, or one of its kind with random weights."""
    shipped = models_dir() / "reranker"
    if (shipped / "jlac_reranker.json").is_file():
        return shipped
    return save_reranker(tmp_path_factory.mktemp("models") / "tiny-reranker")


@pytest.fixture(scope="session")
def vllm_label(general_checkpoint: Path) -> Iterator[ChoiceModel]:
    """A real engine that chooses labels; its answers are noise."""
    yield from _load(general_checkpoint)


@pytest.fixture(scope="session")
def vllm_generation(reranker_checkpoint: Path) -> Iterator[ChoiceModel]:
    """A real engine with our own small model."""
    yield from _load(reranker_checkpoint)


def _load(folder: Path) -> Iterator[ChoiceModel]:
    pytest.importorskip("vllm", reason="vLLM is not installed here: make test-vllm")
    from jlac_mapper.llm.vllm.choice import VllmChoice

    # What a float32 checkpoint becomes by default differs between an engine and a server.
    model = VllmChoice(folder, deadline=600.0, engine={"dtype": "float32"})
    model.load()
    yield model
    model.close()
