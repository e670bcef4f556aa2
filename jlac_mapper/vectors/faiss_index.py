"""Nearest neighbours by cosine through FAISS, on a GPU where faiss-gpu and a device are there."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from jlac_mapper.errors import MissingExtraError
from jlac_mapper.ports import Float32Matrix, IndexHits
from jlac_mapper.vectors.numpy_index import ROUNDING, check_search, check_unit_rows, rank_exactly

_SPARE = 8
_MULTIPLIED = 20
"""From so many queries on, multiplying matrices is quicker than comparing one by one (at width 256)."""
_GPU_LIMIT = 2048
"""Most neighbours that FAISS gives on a GPU."""


def available() -> bool:
    """Tell whether FAISS is installed."""
    return find_spec("faiss") is not None


def gpu_count() -> int:
    """Return how many GPUs FAISS can use; 0 without FAISS, with faiss-cpu, and without a device."""
    return int(_faiss().get_num_gpus()) if available() else 0


class FaissIndex:
    """
    A VectorIndex over an exact inner-product index of FAISS.

    Rows that FAISS finds are ordered again in double precision, so the answer equals `NumpyIndex`'s.
    """

    def __init__(self, vectors: Float32Matrix, *, gpu: bool | None = None) -> None:
        """
        Build the index.

        Args:
            vectors: Unit-length float32 rows, shape (n, width); n may be 0.
            gpu: Search on the first GPU; when not given, if there is one.

        Raises:
            MissingExtraError: FAISS is not installed, or a GPU was asked for and FAISS sees none.
            ValueError: NaN, or rows not of unit length.
        """
        faiss = _faiss()
        self._vectors = check_unit_rows(vectors, "vectors")
        self._on_gpu = gpu_count() > 0 if gpu is None else gpu
        if self._on_gpu and gpu_count() == 0:
            raise MissingExtraError(
                "FAISS sees no GPU; install with: pip install 'jlac-mapper[gpu]' on a machine with one"
            )
        # Left alone, FAISS 1.15 multiplies from 500 queries of width 256 on; older ones count queries alone.
        least = min(faiss.cvar.distance_compute_blas_threshold, _MULTIPLIED * self._vectors.shape[1])
        faiss.cvar.distance_compute_blas_threshold = least
        index = faiss.IndexFlatIP(self._vectors.shape[1])
        index.add(self._vectors)
        if self._on_gpu:
            # The resources must live as long as the index.
            self._resources = faiss.StandardGpuResources()
            index = faiss.index_cpu_to_gpu(self._resources, 0, index)
        self._index = index

    def __len__(self) -> int:
        return len(self._vectors)

    @property
    def width(self) -> int:
        """Length of a vector."""
        return int(self._vectors.shape[1])

    @property
    def on_gpu(self) -> bool:
        """Whether searches run on a GPU."""
        return self._on_gpu

    def search(self, queries: Float32Matrix, k: int) -> IndexHits:
        """
        Find the *k* rows nearest to each query; see `VectorIndex.search` for arguments and errors.

        Returns:
            Rows (int64) and cosines (float32, -1 to 1), shape (n, min(k, len(self))), best first; equal
            cosines (to six decimals) by rising row. Never padded.
        """
        queries, k = check_search(queries, k, self._vectors)
        rows = np.empty((len(queries), k), np.int64)
        cosines = np.empty((len(queries), k), np.float32)
        unsettled = np.arange(len(queries)) if k else np.empty(0, np.intp)
        asked = min(k + _SPARE, len(self))
        while len(unsettled):
            if self._on_gpu and asked > _GPU_LIMIT:
                found = np.broadcast_to(np.arange(len(self)), (len(unsettled), len(self)))
                settled = np.ones(len(unsettled), dtype=bool)
            else:
                with _one_thread():
                    scores, found = self._index.search(queries[unsettled], asked)
                # Ties with the k-th may continue behind the last row that came back.
                settled = (scores[:, -1] < scores[:, k - 1] - ROUNDING) | (asked == len(self))
            done = unsettled[settled]
            rows[done], cosines[done] = rank_exactly(queries[done], found[settled], self._vectors, k)
            unsettled = unsettled[~settled]
            asked = min(4 * asked, len(self))
        return IndexHits(rows, cosines)


@contextmanager
def _one_thread() -> Iterator[None]:
    """
    Search on the calling thread alone.

    Over ten thousand names, FAISS's other threads spend three times the search's own time in waiting.
    """
    faiss = _faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _faiss() -> Any:
    if not available():
        raise MissingExtraError("faiss is not installed; install it with: pip install 'jlac-mapper[cpu]'")
    return import_module("faiss")
