"""Cosine of character n-grams over a fixed list of short names: an inverted index on numpy arrays."""

import math
from collections import Counter
from collections.abc import Sequence

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


class NgramIndex:
    """
    TF-IDF cosines between a query and every name of a list, exact.

    Weights are (1 + ln tf) * (1 + ln((1 + N) / (1 + df))), rows of unit length. A query's n-grams that no
    name holds still count in the query's length, so a strange remainder lowers every cosine.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._size = len(keys)
        counts = [Counter(grams(key)) for key in keys]
        frequency = Counter(gram for count in counts for gram in count)
        self._ids = {gram: i for i, gram in enumerate(sorted(frequency))}
        self._idf = np.ones(len(self._ids) + 1, dtype=np.float32)
        for gram, i in self._ids.items():
            self._idf[i] = 1 + np.log((1 + self._size) / (1 + frequency[gram]))
        self._idf[-1] = 1 + np.log(1 + self._size)
        postings: list[list[int]] = [[] for _ in self._ids]
        weights: list[list[float]] = [[] for _ in self._ids]
        for row, count in enumerate(counts):
            ids, values = self._vector(count)
            for i, value in zip(ids, values, strict=True):
                postings[i].append(row)
                weights[i].append(float(value))
        self._rows = [np.array(p, dtype=np.intp) for p in postings]
        self._weights = [np.array(w, dtype=np.float32) for w in weights]
        self._lengths = [len(p) for p in postings]

    def __len__(self) -> int:
        return self._size

    def _vector(self, count: Counter[str]) -> tuple[list[int], npt.NDArray[np.float32]]:
        ids = [self._ids.get(gram, -1) for gram in count]
        values = self._idf[ids]
        if len(count) < count.total():
            values = values * (1 + np.log(np.fromiter(count.values(), np.float32, len(count))))
        return ids, values / (math.sqrt(float(values @ values)) or 1.0)

    def search(self, key: str, k: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
        """
        Find the *k* names nearest to a folded *key*.

        Returns:
            Rows and cosines (float32, 0 to 1), shape (min(k, len(self)),), best first, equal cosines by
            rising row; names that share no n-gram are left out.

        Raises:
            ValueError: *k* < 1.
        """
        if k < 1:
            raise ValueError(f"k is {k}; at least 1 expected")
        ids, values = self._vector(Counter(grams(key)))
        known = [i for i in ids if i >= 0]
        if not known:
            return np.empty(0, np.intp), np.empty(0, np.float32)
        rows = np.concatenate([self._rows[i] for i in known])
        lengths = [self._lengths[i] for i in known]
        query = values if len(known) == len(ids) else values[[i >= 0 for i in ids]]
        products = np.concatenate([self._weights[i] for i in known]) * np.repeat(query, lengths)
        cosines = np.bincount(rows, weights=products, minlength=self._size)
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
