"""Character n-gram TF-IDF with numpy alone, equal to scikit-learn's `TfidfVectorizer(analyzer="char")`."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from jlac_mapper.evaluation.metrics import Floats


class TfidfIndex:
    """
    Cosines of a text to every indexed text.

    Weights are term count x (ln((1 + n) / (1 + df)) + 1), rows of unit length; grams that no indexed text
    holds are ignored in a query. Stored as postings: for each gram the texts that hold it and their weights.
    """

    def __init__(self, texts: Sequence[str], shortest: int = 1, longest: int = 3) -> None:
        self._range = (shortest, longest)
        self._size = len(texts)
        counted = [self._grams(text) for text in texts]
        frequency = Counter(gram for counts in counted for gram in counts)
        self._idf = {gram: float(np.log((1 + len(texts)) / (1 + df)) + 1) for gram, df in frequency.items()}
        postings: dict[str, tuple[list[int], list[float]]] = {gram: ([], []) for gram in frequency}
        for row, counts in enumerate(counted):
            for gram, weight in self._weights(counts).items():
                postings[gram][0].append(row)
                postings[gram][1].append(weight)
        self._postings = {gram: (np.array(rows), np.array(ws)) for gram, (rows, ws) in postings.items()}

    def __len__(self) -> int:
        return self._size

    def cosines(self, text: str) -> Floats:
        """Return the cosine to every indexed text, in their order, shape (len(self),), each 0 to 1."""
        total = np.zeros(self._size)
        for gram, weight in self._weights(self._grams(text)).items():
            rows, weights = self._postings[gram]
            total[rows] += weight * weights
        return total

    def _grams(self, text: str) -> Counter[str]:
        shortest, longest = self._range
        return Counter(
            text[start : start + size]
            for size in range(shortest, min(longest, len(text)) + 1)
            for start in range(len(text) - size + 1)
        )

    def _weights(self, counts: Counter[str]) -> dict[str, float]:
        raw = {gram: count * self._idf[gram] for gram, count in counts.items() if gram in self._idf}
        length = sum(weight * weight for weight in raw.values()) ** 0.5
        return {gram: weight / length for gram, weight in raw.items()}
