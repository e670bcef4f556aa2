"""Part of retrieve: nearest names by embedding, over the same list of names as the lexical methods."""

from collections.abc import Callable, Sequence

from jlac_mapper.compiled import compiled
from jlac_mapper.ports import Embedder, Float32Matrix, VectorIndex


class DenseNames:
    """Embeds a fixed list of folded names once, then finds the nearest of them for batches of queries."""

    def __init__(
        self, embedder: Embedder, make_index: Callable[[Float32Matrix], VectorIndex], keys: Sequence[str]
    ) -> None:
        self._embedder = embedder
        vectors = compiled("vectors", [embedder.identity, "\n".join(keys)], lambda: embedder.embed(keys))
        self._index = make_index(vectors)

    def search(self, queries: Sequence[str], k: int) -> list[list[tuple[int, float]]]:
        """Return (row, cosine) pairs for each query, best first, at most *k*; no query gives no list."""
        if not queries:
            return []
        hits = self._index.search(self._embedder.embed(queries), k)
        return [
            list(zip(rows, cosines, strict=True))
            for rows, cosines in zip(hits.rows.tolist(), hits.cosines.tolist(), strict=True)
        ]
