"""A site's own embedding: what `train embedder` writes can be put to use."""

from pathlib import Path

import pytest

from jlac_mapper.bootstrap import build_app
from jlac_mapper.config import Settings, models_dir
from jlac_mapper.errors import ModelFileError
from jlac_mapper.types import LocalTest, MapOptions


def test_a_trained_folder_answers_and_is_named_in_the_provenance(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'j.sqlite3'}"
    shipped = build_app(Settings(url))
    own = build_app(Settings(url, embedder=str(models_dir() / "embedder")))
    tests = [LocalTest("アスパラギン酸アミノ基転移酵素", specimen="血清", unit="U/L")]
    [first], [second] = (app.mapper.map_batch(tests, MapOptions()) for app in (shipped, own))
    assert "static-ngrams" in first.provenance.models["retrieval"]
    assert second == first


def test_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vectors.npy").write_bytes(b"no vectors")
    with pytest.raises(ModelFileError):
        build_app(Settings(f"sqlite:///{tmp_path / 'j.sqlite3'}", embedder=str(tmp_path)))
