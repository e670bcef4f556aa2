"""
How long does one row take in process, and how many rows a second does a batch do?

Seeded respellings of the vocabulary's names (those of bench_throughput.py), with everything on except the
language model: rows one by one for the latency, then other rows in one call of `map_batch` for the rate.

    python eval/latency.py [--master NAME]
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from bench_throughput import make_tests

from jlac_mapper.bootstrap import build_app
from jlac_mapper.config import Settings
from jlac_mapper.ports import Mapper
from jlac_mapper.types import LocalTest, MapOptions
from jlac_mapper.vocabulary import Vocabulary

TARGETS = {"median_ms": 5.0, "rows_per_second": 2_000.0}
_RESAMPLES = 1_000
_WARM_UP = 20


def run(mapper: Mapper, vocabulary: Vocabulary, single: int = 500, batch: int = 5_000) -> dict[str, Any]:
    """Measure *single* rows one by one and *batch* other rows together; compare with the targets."""
    names = list(dict.fromkeys(name.text for name in vocabulary.names))
    tests = make_tests(names, _WARM_UP + single + batch)
    options = MapOptions(top_k=5)
    mapper.map_batch(tests[:_WARM_UP], options)
    alone = tests[_WARM_UP : _WARM_UP + single]
    milliseconds = _one_by_one(mapper, alone, options)
    started = time.perf_counter()
    mapper.map_batch(tests[_WARM_UP + single :], options)
    rate = batch / (time.perf_counter() - started)
    median, slow = (_quantile(milliseconds, q) for q in (50, 95))
    return {
        "single_rows": single,
        "median_ms": median,
        "p95_ms": slow,
        "batch_rows": batch,
        "rows_per_second": round(rate, 1),
        "processors": os.cpu_count(),
        "targets": TARGETS,
        "met": {
            "median_ms": median["value"] < TARGETS["median_ms"],
            "rows_per_second": rate >= TARGETS["rows_per_second"],
        },
    }


def _one_by_one(mapper: Mapper, tests: Sequence[LocalTest], options: MapOptions) -> list[float]:
    found = []
    for test in tests:
        started = time.perf_counter()
        mapper.map_batch([test], options)
        found.append(1000 * (time.perf_counter() - started))
    return found


def _quantile(values: Sequence[float], percent: float) -> dict[str, float]:
    """Return a percentile with its 95 % bootstrap interval over rows."""
    drawn = np.random.default_rng(0).choice(values, (_RESAMPLES, len(values)))
    low, high = np.percentile(np.percentile(drawn, percent, axis=1), (2.5, 97.5))
    return {
        "value": round(float(np.percentile(values, percent)), 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Latency of one row, rate of a batch.")
    parser.add_argument("--master", default="starter")
    given = parser.parse_args()
    app = build_app(Settings.from_env(os.environ), master=given.master)
    print(json.dumps(run(app.mapper, app.vocabulary), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
