"""
Every data set and benchmark, one command; the result is one JSON file of figures for the history.

    python eval/run.py --shared ../shared/data --out eval/results/

Data sets of other people are read in place; what is missing is named in the result and left out. Editions
are kept in a temporary database, so that a run neither needs nor changes the user's own.
"""

import argparse
import csv
import hashlib
import json
import os
import platform
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ablations
import bench_reranker
import bench_throughput
import contradictions
import jlac10_sets
import kit_labels
import latency
import leave_one_measurand_out
import near_twins
import parts
import perturb_products
import recall
import resolution
from rich.console import Console

from jlac_mapper.bootstrap import App, build_app
from jlac_mapper.cli.eval_command import read_records
from jlac_mapper.config import Settings, SettingWord, master_data_dir
from jlac_mapper.evaluation import report
from jlac_mapper.evaluation.baselines import listed_names
from jlac_mapper.evaluation.labels import LabelledRow, read_labelled
from jlac_mapper.evaluation.moved import MovedLabels
from jlac_mapper.evaluation.run import evaluate
from jlac_mapper.master.starter import load_starter
from jlac_mapper.model_loading import language_model
from jlac_mapper.version import __version__

HERE = Path(__file__).parent
OFFICIAL = "official-2024-09"
OFFICIAL_FILE = Path("official") / "ehr-share-master-202409.xlsx"
PRODUCTS = "products"
KIT_LABELS = "kit-labels"
RESOLUTION = "resolution"
THROUGHPUT = "throughput"
LATENCY = "latency"
ABLATIONS = "ablations"
NEAR_TWINS = "near-twins"
BUNDLED_MODEL = "bundled-model"
INJECTED: Mapping[str, Callable[[parts.Parts], dict[str, Any]]] = {
    "recall": recall.run,
    "contradictions": contradictions.run,
    "leave-one-measurand-out": leave_one_measurand_out.run,
}
"""Experiments on the starter with generated rows."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A labelled table, the editions it is measured with, and whether its JLAC10 column is used."""

    title: str
    file: Path
    masters: tuple[str, ...] = ("starter", OFFICIAL)
    use_jlac10: bool = True
    expected_file: Path | None = None
    """Labels in a file of their own, joined by the first column."""

    def rows(self) -> list[LabelledRow]:
        """Read the labelled rows."""
        records = read_records(self.file)
        if self.expected_file is None:
            return read_labelled(records)
        with self.expected_file.open(newline="", encoding="utf-8-sig") as file:
            key, *labels = next(reader := csv.reader(file))
            expected = {line[0]: dict(zip(labels, line[1:], strict=True)) for line in reader}
        unknown = {**dict.fromkeys(labels, "")}
        return read_labelled({**record, **expected.get(record[key], unknown)} for record in records)


def data_sets(shared: Path) -> list[DataSet]:
    """List the labelled tables, ours first."""
    examples, dev = master_data_dir() / "examples", shared / "dev"
    return [
        DataSet("own-names", HERE / "datasets" / "own_names.csv"),
        DataSet(
            "example-hospital",
            examples / "example_hospital.csv",
            expected_file=examples / "example_hospital_expected.csv",
        ),
        DataSet("lists-developed", HERE / "datasets" / "lists_developed.csv"),
        DataSet("lists-held-out", HERE / "datasets" / "lists_held_out.csv"),
        DataSet("commercial-lab", dev / "commercial-lab.csv"),
        DataSet("clinic-names", dev / "clinic-names.csv"),
        DataSet("clinic-names-without-jlac10", dev / "clinic-names.csv", use_jlac10=False),
    ]


def measure(
    sets: Sequence[DataSet], apps: Mapping[str, Callable[[], App]], console: Console
) -> dict[str, Any]:
    """Evaluate every data set with every edition there is; absent files are named."""
    results: dict[str, Any] = {}
    for one in sets:
        if not one.file.is_file():
            results[one.title] = {"left_out": f"{one.file.name} is not there"}
            continue
        for master in one.masters:
            if master not in apps:
                continue
            console.rule(f"{one.title} with {master}")
            app = apps[master]()
            bound = app.bound
            rows = MovedLabels(bound.release, load_starter().successions).rows(one.rows())
            evaluation = evaluate(rows, app.mapper, listed_names(bound), use_jlac10=one.use_jlac10)
            report.show(evaluation, console)
            results[f"{one.title}@{master}"] = {
                "dataset_sha256": hashlib.sha256(one.file.read_bytes()).hexdigest(),
                "jlac10_used": one.use_jlac10,
                **report.figures(evaluation, curves=False),
            }
    return results


def experiment(
    titles: Sequence[str], sets: Sequence[DataSet], settings: Settings, day: date, console: Console
) -> dict[str, Any]:
    """Run experiments with the starter; ablations take every data set that is there."""
    base = parts.load_parts(settings, "starter", day)
    tables = {
        one.title: base.labels.rows(one.rows()) for one in sets if one.use_jlac10 and one.file.is_file()
    }
    results: dict[str, Any] = {}
    for title in titles:
        console.rule(title)
        if title == ABLATIONS:
            results[title] = ablations.run(base, tables, fold=0)
        elif title == NEAR_TWINS:
            model = language_model(replace(settings, llm=SettingWord.BUNDLED))
            results[title] = near_twins.run(base, model, tables)
        else:
            results[title] = INJECTED[title](base)
        console.print_json(data=results[title])
    return results


def commit() -> str:
    """Return the checkout's commit, with -dirty where files differ; empty outside a checkout."""
    done = subprocess.run(
        ["git", "describe", "--always", "--abbrev=12", "--dirty"], cwd=HERE, capture_output=True, text=True
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def main() -> None:
    parser = argparse.ArgumentParser(description="Evaluate on every data set and run every benchmark.")
    parser.add_argument("--shared", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=HERE / "results", help="folder of the history")
    parser.add_argument("--only", action="append", default=[], help="a data set or an experiment; repeatable")
    parser.add_argument(
        "--as-of",
        type=date.fromisoformat,
        default=parts.LABELS_DAY,
        metavar="YYYY-MM-DD",
        help="day the codes must be valid on (default: %(default)s, whose digits the labels follow)",
    )
    given = parser.parse_args()
    day: date = given.as_of
    console = Console()
    sets, sets_jlac10 = data_sets(given.shared), jlac10_sets.data_sets(given.shared)
    titles_jlac10 = [one.title for one in sets_jlac10]
    known = [
        *(one.title for one in sets),
        *titles_jlac10,
        PRODUCTS,
        KIT_LABELS,
        RESOLUTION,
        ABLATIONS,
        NEAR_TWINS,
        *INJECTED,
        BUNDLED_MODEL,
        THROUGHPUT,
        LATENCY,
    ]
    if unknown := [title for title in given.only if title not in (*known, jlac10_sets.GROUP)]:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join((*known, jlac10_sets.GROUP))}")
    wanted = given.only or known
    if jlac10_sets.GROUP in wanted:
        wanted = [*wanted, *titles_jlac10]
    now = datetime.now(UTC)
    run = {
        "run_at": now.isoformat(timespec="seconds"),
        "commit": commit(),
        "software": f"jlac-mapper {__version__}",
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "as_of": day.isoformat(),
    }
    with tempfile.TemporaryDirectory() as folder:
        database_url = f"sqlite:///{Path(folder) / 'eval.sqlite3'}"
        settings = Settings(database_url=database_url)
        apps: dict[str, Callable[[], App]] = {
            "starter": lambda: build_app(settings, master="starter", as_of=day)
        }
        official = given.shared / OFFICIAL_FILE
        if official.is_file() and set(wanted) - {*titles_jlac10, jlac10_sets.GROUP}:
            parts.import_master(official, OFFICIAL, database_url)
            apps[OFFICIAL] = lambda: build_app(settings, master=OFFICIAL, as_of=day)
        results = measure([one for one in sets if one.title in wanted], apps, console)
        if wanted_jlac10 := [one for one in sets_jlac10 if one.title in wanted]:
            # The workbook brings names, which JLAC11's figures must not see.
            with_tables = Settings(database_url=f"sqlite:///{Path(folder) / 'jlac10.sqlite3'}")
            apps_jlac10 = {jlac10_sets.SHIPPED: apps["starter"]}
            if (workbook := given.shared / jlac10_sets.TABLES_FILE).is_file():
                parts.import_master(workbook, jlac10_sets.TABLES, with_tables.database_url)
                apps_jlac10[jlac10_sets.TABLES] = lambda: build_app(with_tables, master="starter", as_of=day)
            results |= jlac10_sets.measure(wanted_jlac10, apps_jlac10, console)
        for title, measured in ((PRODUCTS, perturb_products), (KIT_LABELS, kit_labels)):
            if title in wanted and OFFICIAL in apps:
                console.rule(f"{title} with {OFFICIAL}")
                results[f"{title}@{OFFICIAL}"] = measured.run(apps[OFFICIAL]().mapper, official)
                console.print_json(data=results[f"{title}@{OFFICIAL}"])
        for master in apps if RESOLUTION in wanted and official.is_file() else ():
            console.rule(f"{RESOLUTION} with {master}")
            app = apps[master]()
            edition = app.store.load(app.edition_info.name)
            results[f"{RESOLUTION}@{master}"] = resolution.run(app.mapper, edition, given.shared)
            console.print_json(data=results[f"{RESOLUTION}@{master}"])
        if experiments := [title for title in (ABLATIONS, NEAR_TWINS, *INJECTED) if title in wanted]:
            results |= experiment(experiments, sets, settings, day, console)
        if THROUGHPUT in wanted:
            console.rule("throughput")
            app = apps["starter"]()
            results[THROUGHPUT] = bench_throughput.run(
                app.mapper, app.vocabulary, "starter", rows=20_000, sample=1_000
            )
            console.print_json(data=results[THROUGHPUT])
        if BUNDLED_MODEL in wanted:
            console.rule("the bundled language model")
            results[BUNDLED_MODEL] = bench_reranker.run()
            console.print_json(data=results[BUNDLED_MODEL])
        if LATENCY in wanted:
            console.rule("latency")
            app = apps["starter"]()
            results[LATENCY] = latency.run(app.mapper, app.vocabulary)
            console.print_json(data=results[LATENCY])
    given.out.mkdir(parents=True, exist_ok=True)
    target = given.out / f"{now:%Y%m%dT%H%M%SZ}.json"
    target.write_text(
        json.dumps({"run": run, "results": results}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    console.print("saved:", str(target), highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
