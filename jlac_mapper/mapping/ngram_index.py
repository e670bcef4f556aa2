"""Cosine of character n-grams over a fixed list of short names: an inverted index on numpy arrays."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

_LEAST_COSINE = 1e-6
_LIKELY_COSINE = 0.2
"""Nearly every query has neighbours over this, and few names are: the rest need no look then."""


def grams(key: str) -> list[str]:
    """
    Return the character n-grams of a folded name, with repetitions.

    Bigrams and trigrams of the name between two boundary marks, so that short abbreviations keep their
    beginning and end; single characters only for ideographs, where one character carries a meaning.
    """
    padded = f"\x02{key}\x03"
    found = [padded[i : i + n] for n in (2, 3) for i in range(len(padded) - n + 1)]
    found.extend(c for c in key if "\u4e00" <= c <= "\u9fff")
    return found


_SEARCHED_AT_ONCE = 16
"""Keys whose cosines with every name are computed together: with ten thousand names 1.3 MB."""

Nearest = tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]
"""Rows and their cosines, best first."""


class NgramIndex:
    """
    TF-IDF cosines between a query and every name of a list, exact.

    Weights are (1 + ln tf) * (1 + ln((1 + N) / (1 + df))), rows of unit length. A query's n-grams that no
    name holds still count in the query's length, so a strange remainder lowers every cosine.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._size = len(keys)
        counts = [Counter(grams(key)) for key in keys]
        frequency = Counter(chain.from_iterable(counts))
        self._ids = {gram: i for i, gram in enumerate(sorted(frequency))}
        self._idf = np.ones(len(self._ids) + 1, dtype=np.float32)
        for gram, i in self._ids.items():
            self._idf[i] = 1 + np.log((1 + self._size) / (1 + frequency[gram]))
        self._idf[-1] = 1 + np.log(1 + self._size)
        ids, weights, sizes = self._vectors(counts)
        # Places _starts[i] to _starts[i + 1] hold the rows that have n-gram i, and its weight in them.
        by_gram = np.argsort(ids, kind="stable")
        self._rows = np.repeat(np.arange(self._size), sizes)[by_gram]
        self._weights = weights[by_gram]
        self._starts = np.concatenate(([0], np.cumsum(np.bincount(ids, minlength=len(self._ids)))))

    def __len__(self) -> int:
        return self._size

    def _vectors(
        self, counts: Sequence[Counter[str]]
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32], npt.NDArray[np.intp]]:
        """Return the n-grams of all keys in one row (-1: unknown), their weights, how many each key has."""
        sizes = np.fromiter(map(len, counts), np.intp, len(counts))
        found = (self._ids.get(gram, -1) for gram in chain.from_iterable(counts))
        ids = np.fromiter(found, np.intp, int(sizes.sum()))
        weights: npt.NDArray[np.float32] = self._idf[ids]
        lengths = np.ones(len(counts), np.float32)
        end = 0
        for i, count in enumerate(counts):
            start, end = end, end + len(count)
            own = weights[start:end]
            if len(count) < count.total():
                own *= 1 + np.log(np.fromiter(count.values(), np.float32, len(count)))
            lengths[i] = np.sqrt(own @ own)
        weights /= np.repeat(lengths, sizes)
        return ids, weights, sizes

    def search(self, key: str, k: int) -> Nearest:
        """
        Find the *k* names nearest to a folded *key*.

        Returns:
            Rows and cosines (float32, 0 to 1), shape (min(k, len(self)),), best first, equal cosines by
            rising row; names that share no n-gram are left out.

        Raises:
            ValueError: *k* < 1.
        """
        return self.search_all([key], k)[0]

    def search_all(self, keys: Sequence[str], k: int) -> list[Nearest]:
        """Do what `search` does for each key, in less time than one by one."""
        if k < 1:
            raise ValueError(f"k is {k}; at least 1 expected")
        return [_nearest(cosines, k) for cosines in self._cosines(keys)]

    def _cosines(self, keys: Sequence[str]) -> Iterator[npt.NDArray[np.float64]]:
        for first in range(0, len(keys), _SEARCHED_AT_ONCE):
            some = keys[first : first + _SEARCHED_AT_ONCE]
            ids, weights, sizes = self._vectors([Counter(grams(key)) for key in some])
            query = np.repeat(np.arange(len(some)), sizes)
            known = ids >= 0
            ids, weights, query = ids[known], weights[known], query[known]
            starts = self._starts[ids]
            lengths = self._starts[ids + 1] - starts
            ends = np.cumsum(lengths)
            total = int(ends[-1]) if len(ends) else 0
            places = np.arange(total) + np.repeat(starts - (ends - lengths), lengths)
            cells = self._rows[places] + np.repeat(query * self._size, lengths)
            products = self._weights[places] * np.repeat(weights, lengths)
            sums = np.bincount(cells, products, len(some) * self._size).astype(np.float64, copy=False)
            yield from sums.reshape(len(some), self._size)


def _nearest(cosines: npt.NDArray[np.float64], k: int) -> Nearest:
    nearest = np.flatnonzero(cosines > _LIKELY_COSINE)
    if len(nearest) < k:
        nearest = np.flatnonzero(cosines > _LEAST_COSINE)
    cosines = cosines[nearest]
    if len(nearest) > k:
        near = cosines >= np.partition(cosines, len(nearest) - k)[len(nearest) - k]
        nearest, cosines = nearest[near], cosines[near]
    # Rounded, so that equal names tie exactly whatever the order of summation.
    order = np.lexsort((nearest, -np.round(cosines, 6)))[:k]
    return nearest[order], np.minimum(cosines[order], 1.0).astype(np.float32)
