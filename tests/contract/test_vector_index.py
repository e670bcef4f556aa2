"""What every VectorIndex promises, on values, against an oracle that compares every pair."""

from collections.abc import Callable

import numpy as np
import pytest

from jlac_mapper.errors import DimensionMismatchError, MissingExtraError
from jlac_mapper.ports import Float32Matrix, VectorIndex
from jlac_mapper.vectors import faiss_index
from jlac_mapper.vectors.faiss_index import FaissIndex
from jlac_mapper.vectors.numpy_index import NumpyIndex

Build = Callable[[Float32Matrix], VectorIndex]


def _faiss_cpu(vectors: Float32Matrix) -> VectorIndex:
    if not faiss_index.available():
        pytest.skip("faiss is not installed (the cpu extra)")
    return FaissIndex(vectors, gpu=False)


def _faiss_gpu(vectors: Float32Matrix) -> VectorIndex:
    if faiss_index.gpu_count() == 0:
        pytest.skip("FAISS sees no GPU on this machine (needs faiss-gpu and a device)")
    return FaissIndex(vectors, gpu=True)


@pytest.fixture(params=[NumpyIndex, _faiss_cpu, _faiss_gpu], ids=["numpy", "faiss-cpu", "faiss-gpu"])
def build(request: pytest.FixtureRequest) -> Build:
    return request.param


def unit_rows(count: int, width: int, seed: int) -> Float32Matrix:
    rows = np.random.default_rng(seed).standard_normal((count, width))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def oracle(vectors: Float32Matrix, queries: Float32Matrix, k: int) -> tuple[list[list[int]], np.ndarray]:
    """Compare every pair in double precision; sort by cosine to six decimals, then by row."""
    rows, cosines = [], []
    for query in queries.astype(np.float64):
        scored = [(-round(float(v @ query), 6), i) for i, v in enumerate(vectors.astype(np.float64))]
        best = sorted(scored)[:k]
        rows.append([i for _, i in best])
        cosines.append([-negative for negative, _ in best])
    return rows, np.array(cosines)


@pytest.mark.parametrize(("count", "width", "k"), [(1, 4, 1), (7, 3, 5), (1300, 32, 10), (600, 256, 600)])
def test_rows_and_cosines_equal_those_of_comparing_every_pair(
    build: Build, count: int, width: int, k: int
) -> None:
    vectors, queries = unit_rows(count, width, 1), unit_rows(20, width, 2)
    hits = build(vectors).search(queries, k)
    rows, cosines = oracle(vectors, queries, k)
    assert hits.rows.tolist() == rows
    assert hits.rows.dtype == np.int64
    np.testing.assert_allclose(hits.cosines, cosines, atol=1e-6)
    assert hits.cosines.dtype == np.float32


def test_more_queries_than_one_chunk_come_back_in_order(build: Build) -> None:
    vectors = unit_rows(1200, 8, 3)
    hits = build(vectors).search(vectors, 1)
    assert hits.rows[:, 0].tolist() == list(range(1200))
    np.testing.assert_allclose(hits.cosines, 1.0, atol=1e-6)


def test_equal_cosines_come_by_rising_row_even_where_k_cuts_through_them(build: Build) -> None:
    one, two = unit_rows(2, 16, 4)
    vectors = np.stack([two, *[one] * 50, two])
    hits = build(vectors).search(np.stack([one, two]), 6)
    assert hits.rows[0].tolist() == [1, 2, 3, 4, 5, 6]
    assert hits.rows[1].tolist() == [0, 51, 1, 2, 3, 4]


def test_k_is_cut_to_the_number_of_rows_and_nothing_is_padded(build: Build) -> None:
    vectors = unit_rows(3, 5, 5)
    hits = build(vectors).search(unit_rows(4, 5, 6), 10)
    assert hits.rows.shape == hits.cosines.shape == (4, 3)
    assert sorted(hits.rows[0].tolist()) == [0, 1, 2]
    assert hits.cosines.min() >= -1


def test_an_empty_index_answers_with_no_hits(build: Build) -> None:
    index = build(np.empty((0, 6), np.float32))
    hits = index.search(unit_rows(2, 6, 7), 3)
    assert len(index) == 0
    assert hits.rows.shape == hits.cosines.shape == (2, 0)


def test_no_queries_give_no_answers(build: Build) -> None:
    hits = build(unit_rows(9, 6, 8)).search(np.empty((0, 6), np.float32), 4)
    assert hits.rows.shape == hits.cosines.shape == (0, 4)


def test_another_width_is_refused_by_name(build: Build) -> None:
    with pytest.raises(DimensionMismatchError, match="width 6"):
        build(unit_rows(9, 6, 8)).search(unit_rows(1, 5, 8), 1)


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_one_is_refused(build: Build, k: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        build(unit_rows(9, 6, 8)).search(unit_rows(1, 6, 8), k)


@pytest.mark.parametrize("bad", [np.nan, 0.0, 2.0])
def test_rows_that_are_not_of_unit_length_are_refused_in_queries_and_in_the_index(
    build: Build, bad: float
) -> None:
    vectors = unit_rows(3, 6, 9)
    broken = vectors.copy()
    broken[1] *= bad
    with pytest.raises(ValueError, match="row 1 of the queries"):
        build(vectors).search(broken, 1)
    with pytest.raises(ValueError, match="row 1 of the vectors"):
        build(broken)


def test_the_length_of_an_index_is_its_number_of_rows(build: Build) -> None:
    assert len(build(unit_rows(11, 6, 10))) == 11


def test_a_gpu_asked_for_and_not_there_is_an_error_that_names_the_extra() -> None:
    if not faiss_index.available():
        pytest.skip("faiss is not installed (the cpu extra)")
    if faiss_index.gpu_count():
        pytest.skip("this machine has a GPU")
    with pytest.raises(MissingExtraError, match="gpu"):
        FaissIndex(unit_rows(2, 4, 1), gpu=True)


def test_without_a_gpu_the_default_searches_on_the_processor() -> None:
    if not faiss_index.available():
        pytest.skip("faiss is not installed (the cpu extra)")
    if faiss_index.gpu_count():
        pytest.skip("this machine has a GPU")
    assert FaissIndex(unit_rows(2, 4, 1)).on_gpu is False
