"""The trained model in torch and the shipped one on numpy are the same; training learns and repeats."""

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.concepts.loader import load_vocabulary
from jlac_mapper.vectors import static_embedder
from jlac_mapper.vectors.static_embedder import StaticEmbedder
from jlac_mapper.vocabulary import Name
from tests.support.shipped_release import part

pytestmark = pytest.mark.skipif(
    find_spec("sentence_transformers") is None or find_spec("torch") is None,
    reason="torch and sentence-transformers are not installed (the train extra)",
)
TEXTS = ["T-Cho", "総ｺﾚｽﾃﾛｰﾙ", "", "🧪", "AST(GOT)", "尿蛋白定性(時間外)", "未知の検査名", "HBs抗原"]


@pytest.fixture(scope="module")
def small() -> BoundRelease:
    return part(listed=4, others=10)


def test_shipped_outputs_equal_those_of_the_same_table_in_torch() -> None:
    from jlac_mapper.training import embedder_static

    shipped = StaticEmbedder.load()
    model = embedder_static.build(*shipped.table())
    # Through the library's own tokenizer, on the whole vocabulary and on hard texts.
    texts = [*TEXTS, *(n.text for n in load_vocabulary().names)]
    expected = model.encode([embedder_static.expand(text) for text in texts], show_progress_bar=False)
    np.testing.assert_allclose(shipped.embed(texts), expected, atol=1e-4)


def test_a_trained_model_gives_the_same_vectors_in_torch_and_from_its_folder(
    small: BoundRelease, tmp_path: Path
) -> None:
    from jlac_mapper.training import embedder, embedder_export, pairs

    recipe = replace(embedder.STATIC, steps=20, batch=128)
    grams, trained = embedder.train_static(pairs.examples(small, 3), recipe, width=64)
    story = embedder_export.Story(small, recipe, trained.steps, trained.seconds, 0, [])
    digest = embedder_export.write(tmp_path / "model", grams, trained, story)
    loaded = StaticEmbedder.load(tmp_path / "model")
    assert loaded.identity.endswith(digest[:12])
    assert digest == static_embedder.digest(tmp_path / "model")
    np.testing.assert_allclose(loaded.embed(TEXTS), trained.embed(TEXTS), atol=1e-4)
    assert json.loads((tmp_path / "model" / "model.json").read_text())["steps"] == 20


def test_training_finds_more_held_out_names_than_its_start_and_repeats_with_its_seed(
    small: BoundRelease,
) -> None:
    from jlac_mapper.training import embedder, embedder_compare, embedder_measure, pairs

    kept_names, out = pairs.hold_out(small.vocabulary, 0, 1)
    kept = replace(small, vocabulary=kept_names)
    found = pairs.examples(kept, 1)
    recalls, tables = [], []
    for steps in (1, 60, 60):
        recipe = replace(embedder.STATIC, steps=steps, batch=256)
        _, trained = embedder.train_static(found, recipe, width=64)
        score = embedder_compare.cosines(trained.embed)
        asked = embedder_measure.ask(small, kept, out, score, 1)
        recalls.append(embedder_measure.figures(asked)["recall@1"].value)
        tables.append(trained.embed(TEXTS))
    assert recalls[1] > recalls[0] + 0.05
    np.testing.assert_allclose(tables[1], tables[2], atol=1e-5)


def test_going_on_with_a_confirmed_name_brings_it_to_its_concept(small: BoundRelease) -> None:
    from jlac_mapper.training import confirmed_names, embedder, pairs

    shipped = StaticEmbedder.load()
    other = next(n.text for n in small.vocabulary.names if n.concept == "total_cholesterol")
    before = shipped.embed(["ザワ検査", other])
    confirmed = [Name("ザワ検査", "total_cholesterol", "confirmed")]
    merged = replace(small, vocabulary=confirmed_names.added(small.vocabulary, confirmed))
    recipe = replace(embedder.CONTINUED, steps=60, batch=256)
    _, trained = embedder.train_static(pairs.examples(merged, 1), recipe, start=shipped.table())
    after = trained.embed(["ザワ検査", other])
    assert after.shape[1] == shipped.width
    assert after[0] @ after[1] > before[0] @ before[1] + 0.3


def test_the_transformer_trains_on_the_same_pairs_and_gives_unit_vectors(small: BoundRelease) -> None:
    from jlac_mapper.training import embedder, pairs

    recipe = replace(embedder.TRANSFORMER, minutes=0, steps=3, batch=32)
    trained = embedder.train_transformer(pairs.examples(small, 1), recipe)
    rows = trained.embed(TEXTS)
    assert trained.steps == 3
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert float(rows[0] @ rows[1]) < 0.9999
