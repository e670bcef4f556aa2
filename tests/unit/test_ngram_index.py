"""The inverted index against a dense computation of the same cosines."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.mapping.ngram_index import NgramIndex, grams

NAMES = [
    "ast",
    "alt",
    "アルブミン",
    "グリコアルブミン",
    "総蛋白",
    "尿蛋白",
    "ck",
    "ckmb",
    "プロトロンビン",
    "hbs抗原",
    "hbs抗体",
]


def dense_cosines(query: str) -> np.ndarray:
    """Compute every cosine from the definition, with plain dictionaries."""
    n = len(NAMES)
    frequency = Counter(g for name in NAMES for g in set(grams(name)))

    def vector(text: str) -> dict[str, float]:
        weights = {
            g: (1 + np.log(c)) * (1 + np.log((1 + n) / (1 + frequency[g])))
            for g, c in Counter(grams(text)).items()
        }
        norm = np.sqrt(sum(w * w for w in weights.values()))
        return {g: w / norm for g, w in weights.items()}

    q = vector(query)
    return np.array([sum(q.get(g, 0.0) * w for g, w in vector(name).items()) for name in NAMES])


@pytest.mark.parametrize("query", ["ast", "アルブミン定量", "ckmb活性", "hbs", "蛋白", "全く別の名"])
def test_cosines_equal_the_definition(query: str) -> None:
    index = NgramIndex(NAMES)
    rows, cosines = index.search(query, len(NAMES))
    expected = dense_cosines(query)
    np.testing.assert_allclose(cosines, expected[rows], atol=1e-5)
    assert set(rows.tolist()) == set(np.flatnonzero(expected > 1e-9).tolist())
    assert list(cosines) == sorted(cosines, reverse=True)


def test_the_nearest_name_of_a_listed_name_is_itself() -> None:
    index = NgramIndex(NAMES)
    for row, name in enumerate(NAMES):
        rows, cosines = index.search(name, 1)
        assert rows.tolist() == [row]
        assert cosines[0] == pytest.approx(1.0, abs=1e-5)


def test_equal_names_come_by_rising_row() -> None:
    rows, _ = NgramIndex(["alt", "ast", "ast", "ast"]).search("ast", 2)
    assert rows.tolist() == [1, 2]


def test_a_query_that_shares_nothing_finds_nothing() -> None:
    rows, cosines = NgramIndex(NAMES).search("zzz", 5)
    assert len(rows) == len(cosines) == 0


def test_a_k_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        NgramIndex(NAMES).search("ast", 0)


@given(st.text(max_size=20), st.integers(1, 15))
def test_any_query_gives_at_most_k_cosines_in_range(query: str, k: int) -> None:
    rows, cosines = NgramIndex(NAMES).search(query, k)
    assert len(rows) <= k
    assert all(0 <= c <= 1 for c in cosines)


def test_keys_searched_together_find_what_each_finds_alone() -> None:
    index = NgramIndex(NAMES)
    keys = [*NAMES, "", "ααα", "蛋白蛋白", "xyz"] * 3
    for key, (rows, cosines) in zip(keys, index.search_all(keys, 3), strict=True):
        alone_rows, alone_cosines = index.search(key, 3)
        assert rows.tolist() == alone_rows.tolist()
        assert cosines.tolist() == alone_cosines.tolist()
    assert index.search_all([], 3) == []
