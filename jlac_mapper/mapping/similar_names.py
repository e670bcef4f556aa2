"""Part of retrieve: the names that resemble a query, by characters and by embedding, remembered."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from rapidfuzz.fuzz import ratio

from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.ngram_index import NgramIndex

_NEIGHBOURS = 16
# Wings, hours and shop notes are taken off before the search, so hospital lists ask for the same names again.
_REMEMBERED = 10_000

Resembling = tuple[npt.NDArray[np.float32], tuple[tuple[int, float], ...]]
"""Cosines (0-1), best first, and for each of them the name's row and its RapidFuzz ratio (0-100)."""


class SimilarNames:
    """
    The nearest of a fixed list of folded names.

    *meanings* holds what each name stands for. A name whose meaning is reached by a name at least as near
    in every respect tells nothing more and is left out.
    """

    def __init__(self, keys: Sequence[str], meanings: Sequence[str], dense: DenseNames | None) -> None:
        self._keys = keys
        self._meanings = meanings
        self._index = NgramIndex(keys)
        self._dense = dense
        self._embedded: dict[str, tuple[tuple[int, float], ...]] = {}
        self.by_characters = lru_cache(maxsize=_REMEMBERED)(self._by_characters)

    def _by_characters(self, query: str) -> Resembling:
        rows, cosines = self._index.search(query, _NEIGHBOURS)
        best: dict[str, float] = {}
        telling: list[int] = []
        found: list[tuple[int, float]] = []
        for place, row in enumerate(rows.tolist()):
            similarity = ratio(query, self._keys[row])
            meaning = self._meanings[row]
            if similarity > best.get(meaning, -1.0):
                best[meaning] = similarity
                telling.append(place)
                found.append((row, similarity))
        return cosines[telling], tuple(found)

    def by_embedding(self, queries: Sequence[str]) -> list[tuple[tuple[int, float], ...]]:
        """Return (row, cosine) pairs for each query, best first; none at all without embeddings."""
        if self._dense is None:
            return [()] * len(queries)
        known = self._embedded
        fresh = [query for query in dict.fromkeys(queries) if query not in known]
        for query, hits in zip(fresh, self._dense.search(fresh, _NEIGHBOURS), strict=True):
            nearest: dict[str, tuple[int, float]] = {}
            for hit in hits:
                nearest.setdefault(self._meanings[hit[0]], hit)
            known[query] = tuple(nearest.values())
        if len(known) > _REMEMBERED:
            self._embedded = {}
        return [known[query] for query in queries]
