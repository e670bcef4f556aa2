"""The trained model in torch and the shipped one on numpy are the same; training learns and repeats."""

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from jlac_mapper.adapters import static_embedder
from jlac_mapper.adapters.static_embedder import StaticEmbedder
from jlac_mapper.codes.listed import Edition
from jlac_mapper.master import starter
from jlac_mapper.vocabulary import Vocabulary

pytestmark = pytest.mark.skipif(
    find_spec("sentence_transformers") is None or find_spec("torch") is None,
    reason="torch and sentence-transformers are not installed (the train extra)",
)
TEXTS = ["T-Cho", "総ｺﾚｽﾃﾛｰﾙ", "", "🧪", "AST(GOT)", "尿蛋白定性(時間外)", "未知の検査名", "HBs抗原"]


@pytest.fixture(scope="module")
def edition() -> Edition:
    return starter.load_starter()


@pytest.fixture(scope="module")
def small() -> Vocabulary:
    full = starter.load_vocabulary()
    return replace(full, names=full.names[::4], background=full.background[::10])


def test_shipped_outputs_equal_those_of_the_same_table_in_torch() -> None:
    from jlac_mapper.training import embedder_static

    shipped = StaticEmbedder.load()
    model = embedder_static.build(*shipped.table())
    # Through the library's own tokenizer, on the whole vocabulary and on hard texts.
    texts = [*TEXTS, *(n.name for n in starter.load_vocabulary().names)]
    expected = model.encode([embedder_static.expand(text) for text in texts], show_progress_bar=False)
    np.testing.assert_allclose(shipped.embed(texts), expected, atol=1e-4)


def test_a_trained_model_gives_the_same_vectors_in_torch_and_from_its_folder(
    small: Vocabulary, edition: Edition, tmp_path: Path
) -> None:
    from jlac_mapper.training import embedder, embedder_export, pairs

    recipe = replace(embedder.STATIC, steps=20, batch=128)
    grams, trained = embedder.train_static(pairs.examples(small, edition, 3), recipe, width=64)
    story = embedder_export.Story(small, recipe, trained.steps, trained.seconds, 0, [])
    digest = embedder_export.write(tmp_path / "model", grams, trained, story)
    loaded = StaticEmbedder.load(tmp_path / "model")
    assert loaded.identity.endswith(digest[:12])
    assert digest == static_embedder.digest(tmp_path / "model")
    np.testing.assert_allclose(loaded.embed(TEXTS), trained.embed(TEXTS), atol=1e-4)
    assert json.loads((tmp_path / "model" / "model.json").read_text())["steps"] == 20


def test_training_finds_more_held_out_names_than_its_start_and_repeats_with_its_seed(
    small: Vocabulary, edition: Edition
) -> None:
    from jlac_mapper.training import embedder, embedder_compare, embedder_measure, pairs

    kept, out = pairs.hold_out(small, 0, 1)
    found = pairs.examples(kept, edition, 1)
    recalls, tables = [], []
    for steps in (1, 60, 60):
        recipe = replace(embedder.STATIC, steps=steps, batch=256)
        _, trained = embedder.train_static(found, recipe, width=64)
        score = embedder_compare.cosines(trained.embed)
        asked = embedder_measure.ask(kept, out, edition, score, 1)
        recalls.append(embedder_measure.figures(asked)["recall@1"].value)
        tables.append(trained.embed(TEXTS))
    assert recalls[1] > recalls[0] + 0.05
    np.testing.assert_allclose(tables[1], tables[2], atol=1e-5)


def test_going_on_with_a_confirmed_name_brings_it_to_its_measurand(
    small: Vocabulary, edition: Edition
) -> None:
    from jlac_mapper.training import embedder, pairs
    from jlac_mapper.vocabulary import TestName

    shipped = StaticEmbedder.load()
    other = next(n.name for n in small.names if n.measurand == "C6005")
    before = shipped.embed(["ザワ検査", other])
    merged = pairs.with_confirmed(small, [TestName("ザワ検査", "C6005", "confirmed")], [])
    recipe = replace(embedder.CONTINUED, steps=60, batch=256)
    _, trained = embedder.train_static(pairs.examples(merged, edition, 1), recipe, start=shipped.table())
    after = trained.embed(["ザワ検査", other])
    assert after.shape[1] == shipped.width
    assert after[0] @ after[1] > before[0] @ before[1] + 0.3


def test_the_transformer_trains_on_the_same_pairs_and_gives_unit_vectors(
    small: Vocabulary, edition: Edition
) -> None:
    from jlac_mapper.training import embedder, pairs

    recipe = replace(embedder.TRANSFORMER, minutes=0, steps=3, batch=32)
    trained = embedder.train_transformer(pairs.examples(small, edition, 1), recipe)
    rows = trained.embed(TEXTS)
    assert trained.steps == 3
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert float(rows[0] @ rows[1]) < 0.9999
