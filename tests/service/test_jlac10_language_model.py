"""Who speaks on uncertain rows of JLAC10 in the product put together, and a site's own calibration."""

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from jlac_mapper.bootstrap import CALIBRATION_FILE, WEIGHTS_FILE, App, build_app, build_jlac10
from jlac_mapper.config import Settings, master_data_dir
from jlac_mapper.errors import ConfigurationError
from jlac_mapper.llm.score_only_choice import ScoreOnlyChoice
from jlac_mapper.types import Disposition, LocalTest, MapOptions, Reason

pytestmark = pytest.mark.skipif(find_spec("onnxruntime") is None, reason="the cpu extra is not installed")
UNCERTAIN = LocalTest("HBs抗元", specimen="血清")
CERTAIN = LocalTest("AST", specimen="血清", unit="U/L")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> App:
    folder = tmp_path_factory.mktemp("site")
    return build_app(Settings(database_url=f"sqlite:///{folder / 'site.sqlite3'}"), master="starter")


def with_settings(app: App, **changes: object) -> App:
    return replace(app, settings=replace(app.settings, **changes))


def test_where_nobody_was_chosen_the_bundled_model_speaks_in_jlac10_alone(app: App) -> None:
    mapper = build_jlac10(app)
    assert mapper.choice_identity.startswith("onnx:jlac-reranker@")
    assert isinstance(app.choice_model, ScoreOnlyChoice)
    uncertain, certain = mapper.map_batch([UNCERTAIN, CERTAIN], MapOptions())
    said = [each for each in uncertain.evidence if each.key == "concept.language_model"]
    assert len(said) == 1
    assert not any(each.key == "concept.language_model" for each in certain.evidence)
    assert uncertain.provenance.models["language_model"] == mapper.choice_identity


def test_its_calibration_is_of_the_very_model_that_ships(app: App) -> None:
    data = json.loads((master_data_dir() / CALIBRATION_FILE).read_text(encoding="utf-8"))
    assert data["choice"]["model"] == build_jlac10(app).choice_identity
    assert 0 < data["choice"]["weight"] <= 2
    reached = [
        p
        for p, told in data["choice"]["measured"]["known names"]["lifted"].items()
        if told["low"] and told["low"] >= float(p)
    ]
    assert data["choice"]["lifts"] == max(map(float, reached), default=0.0)


def test_off_is_off(app: App) -> None:
    mapper = build_jlac10(with_settings(app, llm="off"))
    assert mapper.choice_identity == ScoreOnlyChoice().identity
    (answer,) = mapper.map_batch([UNCERTAIN], MapOptions())
    assert not any(each.key == "concept.language_model" for each in answer.evidence)


def test_at_the_normal_precision_its_word_accepts_nothing(app: App) -> None:
    rows = [LocalTest(name, specimen="血清") for name in ("TP", "CRP", "TG", "AFP", "PT", "ACE", "P", "LH")]
    for answer in build_jlac10(app).map_batch(rows, MapOptions()):
        assert Reason.LLM_CONFIRMS not in answer.reasons
        spoke = any(each.key == "concept.language_model" for each in answer.evidence)
        assert not (spoke and answer.disposition is Disposition.ACCEPTED)


def test_a_site_uses_a_calibration_of_its_own(app: App, tmp_path: Path) -> None:
    for name in (WEIGHTS_FILE, CALIBRATION_FILE):
        shutil.copy(master_data_dir() / name, tmp_path)
    own = tmp_path / CALIBRATION_FILE
    data = json.loads(own.read_text(encoding="utf-8"))
    own.write_text(
        json.dumps(data | {"identity": "our-own", "thresholds": {"0.99": 0.9999}}), encoding="utf-8"
    )
    mapper = build_jlac10(with_settings(app, jlac10_calibration=str(tmp_path)))
    (answer,) = mapper.map_batch([CERTAIN], MapOptions())
    assert answer.disposition is Disposition.NEEDS_REVIEW
    assert answer.provenance.calibration.endswith("our-own")


def test_a_folder_without_a_calibration_is_refused_in_one_line(app: App, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=str(tmp_path)) as refused:
        build_jlac10(with_settings(app, jlac10_calibration=str(tmp_path)))
    assert "\n" not in str(refused.value)
