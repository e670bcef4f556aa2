"""What resembles a query: searched once, and only the names that add something."""

from collections.abc import Sequence

import numpy as np
import pytest

from jlac_mapper.mapping import similar_names
from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.similar_names import SimilarNames
from jlac_mapper.ports import Float32Matrix
from jlac_mapper.vectors.numpy_index import NumpyIndex

KEYS = ["アルブミン", "アルブミンbcp", "アルブミン定量", "グリコアルブミン", "ast"]
MEANINGS = ["alb", "alb", "alb", "ga", "ast"]


class CountingEmbedder:
    """Embeds a text by its length and first letter, and keeps what it was asked for."""

    identity = "counting"
    width = 2

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Float32Matrix:
        self.asked += texts
        values = [[len(text) + 1, ord(text[0]) % 7 + 1] for text in texts]
        rows: Float32Matrix = np.array(values, np.float32).reshape(-1, 2)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


def test_of_one_meaning_only_names_that_a_method_puts_before_the_others_are_kept() -> None:
    cosines, found = SimilarNames(KEYS, MEANINGS, None).by_characters(["アルブミン"])["アルブミン"]
    assert found == ((0, 100.0), (3, found[1][1]))
    assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)


def test_a_query_is_embedded_once_and_answered_alike_each_time() -> None:
    embedder = CountingEmbedder()
    similar = SimilarNames(KEYS, MEANINGS, DenseNames(embedder, NumpyIndex, KEYS))
    embedder.asked.clear()
    first = similar.by_embedding(["alb", "ast", "alb"])
    assert similar.by_embedding(["ast", "alb"]) == first
    assert embedder.asked == ["alb", "ast"]


def test_without_embeddings_no_name_is_near() -> None:
    assert SimilarNames(KEYS, MEANINGS, None).by_embedding(["ast"]) == {"ast": ()}


def test_what_is_remembered_is_bounded_and_forgetting_changes_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(similar_names, "REMEMBERED", 500)
    embedder = CountingEmbedder()
    similar = SimilarNames(KEYS, MEANINGS, DenseNames(embedder, NumpyIndex, KEYS))
    before, near = similar.by_characters(["ast"])["ast"], similar.by_embedding(["ast"])
    limit = similar_names.REMEMBERED
    queries = [str(number) for number in range(3 * limit)]
    for start in range(0, 3 * limit, limit):
        similar.by_embedding(queries[start : start + limit])
    embedder.asked.clear()
    similar.by_embedding(queries)
    assert len(queries) - len(embedder.asked) <= limit
    assert similar.by_embedding(["ast"]) == near
    after = similar.by_characters(["ast"])["ast"]
    assert (after[0].tolist(), after[1]) == (before[0].tolist(), before[1])
