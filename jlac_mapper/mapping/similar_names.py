"""Part of retrieve: the names that resemble a query, by characters and by embedding, remembered."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rapidfuzz.fuzz import ratio

from jlac_mapper.compiled import compiled
from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.ngram_index import NgramIndex

_NEIGHBOURS = 16
# Wings, hours and shop notes are taken off before the search, so hospital lists ask for the same names again.
REMEMBERED = 10_000

Resembling = tuple[npt.NDArray[np.float32], tuple[tuple[int, float], ...]]
"""Cosines (0-1), best first, and for each of them the name's row and its RapidFuzz ratio (0-100)."""
Close = tuple[tuple[int, float], ...]
"""Row of a name and cosine (-1 to 1), best first."""
_Found = TypeVar("_Found")


class SimilarNames:
    """
    The nearest of a fixed list of folded names.

    *meanings* holds what each name stands for. Of the names of one meaning, those that no method puts
    before an earlier one are left out: they tell nothing more.
    """

    def __init__(self, keys: Sequence[str], meanings: Sequence[str], dense: DenseNames | None) -> None:
        self._keys = keys
        self._meanings = meanings
        self._index = compiled("ngrams", ["\n".join(keys)], lambda: NgramIndex(keys))
        self._dense = dense
        self._resembling: dict[str, Resembling] = {}
        self._close: dict[str, Close] = {}

    def by_characters(self, queries: Iterable[str]) -> dict[str, Resembling]:
        """Return for each query the names with the nearest n-grams."""
        return _remembered(self._resembling, queries, self._search_characters)

    def by_embedding(self, queries: Iterable[str]) -> dict[str, Close]:
        """Return for each query the names with the nearest vectors; none at all without embeddings."""
        return _remembered(self._close, queries, self._search_vectors)

    def _search_characters(self, queries: Sequence[str]) -> Iterator[Resembling]:
        for query, (rows, cosines) in zip(queries, self._index.search_all(queries, _NEIGHBOURS), strict=True):
            best: dict[str, float] = {}
            telling, found = [], []
            for place, row in enumerate(rows.tolist()):
                similarity = ratio(query, self._keys[row])
                meaning = self._meanings[row]
                if similarity > best.get(meaning, -1.0):
                    best[meaning] = similarity
                    telling.append(place)
                    found.append((row, similarity))
            yield cosines[telling], tuple(found)

    def _search_vectors(self, queries: Sequence[str]) -> Iterator[Close]:
        if self._dense is None:
            yield from ((),) * len(queries)
            return
        for hits in self._dense.search(queries, _NEIGHBOURS):
            nearest: dict[str, tuple[int, float]] = {}
            for hit in hits:
                nearest.setdefault(self._meanings[hit[0]], hit)
            yield tuple(nearest.values())


def _remembered(
    known: dict[str, _Found], queries: Iterable[str], search: Callable[[Sequence[str]], Iterable[_Found]]
) -> dict[str, _Found]:
    """Answer from *known* what it holds, *search* the rest and keep it there."""
    asked = dict.fromkeys(queries)
    fresh = [query for query in asked if query not in known]
    found = dict(zip(fresh, search(fresh), strict=True))
    answer = {query: found[query] if query in found else known[query] for query in asked}
    if len(known) + len(found) > REMEMBERED:
        known.clear()
    known.update(found)
    return answer
