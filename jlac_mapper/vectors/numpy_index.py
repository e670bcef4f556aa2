"""Exact nearest neighbours by cosine on numpy; stands in for FAISS where that is not installed."""

import numpy as np
import numpy.typing as npt

from jlac_mapper.errors import DimensionMismatchError
from jlac_mapper.ports import Float32Matrix, IndexHits

_CHUNK = 512
_LENGTH_TOLERANCE = 1e-3
# Cosines within this of the k-th are looked at again: single precision cannot order them.
ROUNDING = 1e-5
_RANKED_AT_ONCE = 1024
"""Candidate rows, of all queries together, that are copied to double precision at a time."""


class NumpyIndex:
    """A VectorIndex that compares every query with every row."""

    def __init__(self, vectors: Float32Matrix) -> None:
        """
        Keep the rows to search.

        Args:
            vectors: Unit-length float32 rows, shape (n, width); n may be 0.

        Raises:
            ValueError: NaN, or rows not of unit length.
        """
        self._vectors = check_unit_rows(vectors, "vectors")

    def __len__(self) -> int:
        return len(self._vectors)

    @property
    def width(self) -> int:
        """Length of a vector."""
        return int(self._vectors.shape[1])

    def search(self, queries: Float32Matrix, k: int) -> IndexHits:
        """
        Find the *k* rows nearest to each query.

        Args:
            queries: Unit-length float32 rows, shape (n, width); n may be 0.
            k: Hits a query, at least 1; cut to `len(self)`.

        Returns:
            Rows (int64) and cosines (float32, -1 to 1), shape (n, min(k, len(self))), best first; equal
            cosines (to six decimals) by rising row. Never padded.

        Raises:
            DimensionMismatchError: Another width, usually another embedding model.
            ValueError: *k* < 1, NaN, or rows not of unit length.
        """
        queries, k = check_search(queries, k, self._vectors)
        rows = np.empty((len(queries), k), np.int64)
        cosines = np.empty((len(queries), k), np.float32)
        if not k:
            return IndexHits(rows, cosines)
        for start in range(0, len(queries), _CHUNK):
            chunk = queries[start : start + _CHUNK]
            products = chunk @ self._vectors.T
            kth = np.partition(products, len(self) - k, axis=1)[:, len(self) - k]
            for i in range(len(chunk)):
                near = np.flatnonzero(products[i] >= kth[i] - ROUNDING)
                at = slice(start + i, start + i + 1)
                rows[at], cosines[at] = rank_exactly(chunk[i : i + 1], near[None], self._vectors, k)
        return IndexHits(rows, cosines)


def rank_exactly(
    queries: Float32Matrix, near: npt.NDArray[np.int64], vectors: Float32Matrix, k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """
    Order each query's candidate rows by cosine in double precision, rounded to six decimals, then by row.

    Every index ends with this step, so that all of them give the same order for the same rows.

    Args:
        queries: Shape (n, width).
        near: Candidate rows of each query, shape (n, m), m at least *k*.

    Returns:
        Rows and cosines, shape (n, k).
    """
    rows = np.empty((len(queries), k), np.int64)
    cosines = np.empty((len(queries), k), np.float32)
    step = max(1, _RANKED_AT_ONCE // max(1, near.shape[1]))
    for start in range(0, len(queries), step):
        part = slice(start, start + step)
        found = vectors[near[part]].astype(np.float64)
        exact = np.round((found @ queries[part, :, None].astype(np.float64))[:, :, 0], 6)
        order = np.lexsort((near[part], -exact))[:, :k]
        rows[part] = np.take_along_axis(near[part], order, axis=1)
        cosines[part] = np.clip(np.take_along_axis(exact, order, axis=1), -1.0, 1.0)
    return rows, cosines


def check_search(queries: Float32Matrix, k: int, vectors: Float32Matrix) -> tuple[Float32Matrix, int]:
    """Return the queries and *k* cut to the number of rows; raise as `VectorIndex.search` promises."""
    if k < 1:
        raise ValueError(f"k is {k}; at least 1 expected")
    if queries.ndim != 2 or queries.shape[1] != vectors.shape[1]:
        raise DimensionMismatchError(
            f"queries have shape {queries.shape}, the index holds vectors of width {vectors.shape[1]}; "
            "build the index with the embedding model that embeds the queries"
        )
    return check_unit_rows(queries, "queries"), min(k, len(vectors))


def check_unit_rows(vectors: Float32Matrix, what: str) -> Float32Matrix:
    """Return *vectors* as contiguous float32; raise ValueError for NaN or rows not of unit length."""
    if vectors.ndim != 2:
        raise ValueError(f"{what} have {vectors.ndim} dimensions; 2 expected")
    lengths = np.linalg.norm(vectors, axis=1)
    # Written so that NaN is bad as well.
    bad = np.flatnonzero(~(np.abs(lengths - 1) <= _LENGTH_TOLERANCE))
    if len(bad):
        raise ValueError(f"row {bad[0]} of the {what} has length {lengths[bad[0]]}; unit length expected")
    return np.ascontiguousarray(vectors, dtype=np.float32)
