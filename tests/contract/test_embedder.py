"""What every Embedder promises, and what the shipped one is."""

import json
import re
import shutil
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.config import models_dir
from jlac_mapper.errors import MissingExtraError, ModelFileError
from jlac_mapper.ports import Embedder
from jlac_mapper.text import character_grams
from jlac_mapper.training.generated_rows import names_by_listing
from jlac_mapper.vectors import static_embedder
from jlac_mapper.vectors.sbert_embedder import SbertEmbedder
from jlac_mapper.vectors.static_embedder import StaticEmbedder
from tests.support.shipped_release import shipped as shipped_release

SHIPPED = models_dir() / "embedder"
TEXTS = ["T-Cho", "総コレステロール", "ｸﾚｱﾁﾆﾝ", "", "()", "🧪", "AST(GOT)", "尿蛋白", "q" * 3000]

needs_torch = pytest.mark.skipif(
    find_spec("sentence_transformers") is None or find_spec("torch") is None,
    reason="torch and sentence-transformers are not installed (the train extra)",
)


@pytest.fixture(scope="module")
def shipped() -> StaticEmbedder:
    return StaticEmbedder.load()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model in a folder: the static one over a few n-grams."""
    from jlac_mapper.training import embedder_static

    grams = [embedder_static.UNKNOWN, "AST", "ALT", "尿蛋白"]
    table = np.random.default_rng(1).standard_normal((4, 16)).astype(np.float32)
    folder = tmp_path_factory.mktemp("models") / "tiny"
    embedder_static.build(grams, table).save(str(folder))
    return folder


@pytest.fixture(params=["static", pytest.param("sbert", marks=needs_torch)])
def embedder(request: pytest.FixtureRequest) -> Embedder:
    if request.param == "static":
        return request.getfixturevalue("shipped")
    return SbertEmbedder(request.getfixturevalue("saved"))


def test_every_text_gets_one_row_of_unit_length_and_the_promised_width(embedder: Embedder) -> None:
    rows = embedder.embed(TEXTS)
    assert rows.dtype == np.float32
    assert rows.shape == (len(TEXTS), embedder.width)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_no_texts_give_no_rows_of_the_same_width(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.width)


def test_a_text_has_the_same_vector_alone_and_among_others(embedder: Embedder) -> None:
    together = embedder.embed(TEXTS)
    for i, text in enumerate(TEXTS):
        np.testing.assert_allclose(embedder.embed([text])[0], together[i], atol=1e-6)


def test_the_identity_ends_with_a_digest(embedder: Embedder) -> None:
    assert re.fullmatch(r"\S+ [0-9a-f]{12}", embedder.identity)


def test_spellings_that_fold_to_one_key_share_one_vector(shipped: StaticEmbedder) -> None:
    rows = shipped.embed(["総コレステロール", "総ｺﾚｽﾃﾛｰﾙ", "総コレステロ－ル "])
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_array_equal(rows[0], rows[2])


@pytest.mark.parametrize(
    ("near", "name", "far"),
    [
        ("カリウム", "K", "カルシウム"),
        ("中性脂肪", "TG", "サイログロブリン"),
        ("GOT", "AST", "GPT"),
        ("CK", "CPK", "CK-MB"),
        ("LDLコレステロール", "LDL-C", "RLPコレステロール"),
        ("総蛋白", "TP", "テオフィリン"),
    ],
)
def test_another_name_of_a_measurand_is_nearer_than_its_near_twin(
    shipped: StaticEmbedder, near: str, name: str, far: str
) -> None:
    rows = shipped.embed([name, near, far])
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.1


def test_the_shipped_vectors_know_the_grams_of_today_s_vocabulary(shipped: StaticEmbedder) -> None:
    """Fails when folding or the vocabulary moved away from the model: `jlac-mapper train embedder`."""
    grams = [gram for name in load_vocabulary().names for gram in character_grams(name.text)]
    assert sum(map(shipped.knows, grams)) / len(grams) > 0.98


def test_the_shipped_model_is_small_and_its_card_names_its_digest_seed_and_figures() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 20_000_000
    described = json.loads((SHIPPED / "model.json").read_text(encoding="utf-8"))
    card = (SHIPPED / "card.md").read_text(encoding="utf-8")
    assert described["digest"] in card
    assert f"| seed | {described['recipe']['seed']} |" in card
    recall = described["measured"]["static n-grams"]["recall@1"]
    assert f"{recall['value']:.3f} [{recall['low']:.3f}, {recall['high']:.3f}]" in card


def test_a_changed_file_is_refused_by_its_digest(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    grams = (folder / "grams.txt").read_text(encoding="utf-8").split("\n")
    grams[1], grams[2] = grams[2], grams[1]
    (folder / "grams.txt").write_text("\n".join(grams), encoding="utf-8")
    with pytest.raises(ModelFileError, match="digest"):
        StaticEmbedder.load(folder)


def test_a_missing_model_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no usable embedding model"):
        StaticEmbedder.load(tmp_path)


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(SHIPPED, folder)
    with (folder / "grams.txt").open("a", encoding="utf-8") as file:
        file.write("one more\n")
    described = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    described["digest"] = static_embedder.digest(folder)
    (folder / "model.json").write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(ModelFileError, match="do not belong together"):
        StaticEmbedder.load(folder)


def processor_seconds(work: Callable[[], object]) -> float:
    """Return the least processor time of three runs; what other programs do meanwhile does not count."""
    spent = []
    for _ in range(3):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def test_ten_thousand_vectors_cost_little_more_than_cutting_their_names_into_grams(
    shipped: StaticEmbedder,
) -> None:
    _, unlisted = names_by_listing(shipped_release())
    names = [f"{name.text}{i}" for i in range(2) for name in unlisted][:10_000]
    cutting = processor_seconds(lambda: [character_grams(name) for name in names])
    assert processor_seconds(lambda: shipped.embed(names)) < 20 * cutting  # 4 times is usual


def test_a_missing_library_or_a_missing_model_is_one_clear_error(tmp_path: Path) -> None:
    if find_spec("sentence_transformers") is None:
        with pytest.raises(MissingExtraError, match=r"jlac-mapper\[embed\]"):
            SbertEmbedder(tmp_path)
    else:
        with pytest.raises(ModelFileError, match=r"modules\.json"):
            SbertEmbedder(tmp_path)
