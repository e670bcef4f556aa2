"""
How fast is the mapping, and how much memory does it take? Beside RapidFuzz on the same machine, same names.

20,000 seeded respellings of the vocabulary's names are mapped by the real command line in a process of its
own (wall time and peak memory, start-up included), and by the mapper in this process (rows per second).
RapidFuzz `process.extract` with WRatio searches the same names for a sample of the same rows.

    python eval/bench_throughput.py
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from perturb import Rule, full_width, half_width, lower_case, more_blanks, no_blanks, other_brackets, respell

from jlac_mapper import garbage
from jlac_mapper.ports import Mapper
from jlac_mapper.types import LocalTest, MapOptions
from jlac_mapper.vocabulary import Vocabulary

TARGETS = {"ratio": 8.0, "wall_seconds": 30.0, "peak_rss_mb": 500.0}

_SUFFIXES = ("(時間外)", "(院内)", "(外注)", " 2", "(至急)", "_緊急", "(他)", "(再検)", "*", "（透析後）")
_SPECIMENS = ("血清", "血漿", "EDTA全血", "部分尿", "蓄尿", "髄液", "生化学(茶)", "", "")
_UNITS = ("mg/dL", "U/L", "IU/L", "g/dL", "mEq/L", "%", "ng/mL", "10^4/μL", "COI", "", "")
# A process measures its child's peak: a child of this large process would inherit its high-water mark.
MEASURE = (
    "import resource, subprocess, sys, time; t = time.perf_counter(); "
    "r = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True); "
    "print(r.returncode, time.perf_counter() - t, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); "
    "print(r.stderr, file=sys.stderr)"
)


def some_suffix(text: str, rng: random.Random) -> str:
    """Add a wing, an hour or a shop note."""
    return text + rng.choice(_SUFFIXES)


_RULES: tuple[Rule, ...] = (
    some_suffix,
    half_width,
    full_width,
    no_blanks,
    more_blanks,
    lower_case,
    other_brackets,
)


def make_tests(names: Sequence[str], count: int, seed: int = 20) -> list[LocalTest]:
    """Return *count* rows with different spellings (as far as the names allow) and some specimen and unit."""
    rng = random.Random(seed)
    seen: set[str] = set()
    tests: list[LocalTest] = []
    tries = 0
    while len(tests) < count:
        name = rng.choice(names)
        text, _ = respell(name, _RULES, rng)
        tries += 1
        if text in seen and tries < 20 * count:
            continue
        seen.add(text)
        code = f"L{len(tests):05d}"
        tests.append(
            LocalTest(name=text, local_code=code, specimen=rng.choice(_SPECIMENS), unit=rng.choice(_UNITS))
        )
    return tests


def mapper_seconds(mapper: Mapper, tests: Sequence[LocalTest], chunk: int = 512) -> float:
    """Return the wall seconds for all rows, in chunks, after a warm-up on rows that are not among them."""
    mapper.map_batch([LocalTest(name="準備運動")], MapOptions())
    started = time.perf_counter()
    for start in range(0, len(tests), chunk):
        mapper.map_batch(tests[start : start + chunk], MapOptions(top_k=5))
    return time.perf_counter() - started


def rapidfuzz_seconds(names: Sequence[str], tests: Sequence[LocalTest]) -> float:
    """Return the wall seconds of WRatio's five best names for each row."""
    from rapidfuzz import fuzz, process

    started = time.perf_counter()
    for test in tests:
        process.extract(test.name, names, scorer=fuzz.WRatio, limit=5)
    return time.perf_counter() - started


def command_line(tests: Sequence[LocalTest], master: str) -> tuple[float, float]:
    """
    Map the rows with the installed `jlac-mapper map`; return wall seconds and peak resident megabytes.

    Raises:
        RuntimeError: The command failed.
    """
    program = Path(sys.executable).with_name("jlac-mapper")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        with source.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.DictWriter(file, [field.name for field in fields(LocalTest)])
            writer.writeheader()
            writer.writerows(asdict(test) for test in tests)
        command = [str(program), "map", str(source), "-o", str(target), "--master", master]
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=True
        )
        code, seconds, peak = done.stdout.split()
        if int(code):
            raise RuntimeError(f"jlac-mapper map ended with {code}: {done.stderr.strip()[-500:]}")
        with target.open(newline="", encoding="utf-8-sig") as file:
            written = sum(1 for _ in csv.reader(file)) - 1
        if written != len(tests):
            raise RuntimeError(f"jlac-mapper map wrote {written} rows for {len(tests)}")
    per_megabyte = 1024 * 1024 if sys.platform == "darwin" else 1024
    return float(seconds), int(peak) / per_megabyte


def run(mapper: Mapper, vocabulary: Vocabulary, master: str, rows: int, sample: int) -> dict[str, Any]:
    """Measure everything once and compare with the targets."""
    names = list(dict.fromkeys(name.text for name in vocabulary.names))
    tests = make_tests(names, rows)
    garbage.seldom_in_this_program()  # as the command line does; the baseline has it as well
    wall, peak = command_line(tests, master)
    ours = mapper_seconds(mapper, tests)
    theirs = rapidfuzz_seconds(names, random.Random(1).sample(tests, min(sample, rows)))
    ratio = (rows / ours) / (min(sample, rows) / theirs)
    figures = {
        "rows": rows,
        "different_names": len({test.name for test in tests}),
        "searched_names": len(names),
        "mapper_rows_per_second": round(rows / ours, 1),
        "rapidfuzz_rows_per_second": round(min(sample, rows) / theirs, 1),
        "ratio": round(ratio, 2),
        "wall_seconds": round(wall, 2),
        "peak_rss_mb": round(peak, 1),
        "processors": os.cpu_count(),
    }
    met = {
        "ratio": ratio >= TARGETS["ratio"],
        "wall_seconds": wall < TARGETS["wall_seconds"],
        "peak_rss_mb": peak < TARGETS["peak_rss_mb"],
    }
    return {**figures, "targets": TARGETS, "met": met}


def main() -> None:
    from jlac_mapper.bootstrap import build_app
    from jlac_mapper.config import Settings

    parser = argparse.ArgumentParser(description="Throughput and memory, beside RapidFuzz.")
    parser.add_argument("--master", default="starter")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--sample", type=int, default=1_000, help="rows for RapidFuzz")
    given = parser.parse_args()
    app = build_app(Settings.from_env(os.environ), master=given.master)
    figures = run(app.mapper, app.vocabulary, given.master, given.rows, given.sample)
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    sys.exit(0 if all(figures["met"].values()) else 1)


if __name__ == "__main__":
    main()
