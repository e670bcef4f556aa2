"""JLAC10 on every labelled table, with the official element tables imported and without them."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import parts
from rich.console import Console

from jlac_mapper.bootstrap import App, build_app, build_jlac10
from jlac_mapper.cli.eval_command import read_records
from jlac_mapper.config import Settings
from jlac_mapper.evaluation.jlac10 import report
from jlac_mapper.evaluation.jlac10.labels import LEVELS, LabelledRow, read_labelled
from jlac_mapper.evaluation.jlac10.run import analyte_names, evaluate

HERE = Path(__file__).parent
GROUP = "jlac10"
"""All of them, by one name."""
SHIPPED, TABLES = "concepts", "jslm-jlac10-136"
TABLES_FILE = Path("official") / "jslm-jlac10-136.xlsx"

Record = Mapping[str, str]
_LEVELS = ("analyte", "identification", "specimen")


def as_they_are(records: Iterable[Record]) -> Iterable[Record]:
    """Return the records."""
    return records


def of_units(records: Iterable[Record]) -> Iterator[Record]:
    """
    Label the records of jlac10-units.csv: name, code, and unit, where `.` means none.

    What stood beside the names is lost, such as the specimen and the minutes after a load. So a row
    determines no more than the elements, up to the specimen, in which all rows with its name and unit agree.
    """
    kept = list(records)
    codes: dict[tuple[str, str], list[str]] = {}
    for record in kept:
        codes.setdefault((record["name"], record["unit"]), []).append(record["jlac10"])
    for record in kept:
        alike = codes[record["name"], record["unit"]]
        agreed = [level for level in _LEVELS if len({code[: LEVELS[level]] for code in alike}) == 1]
        unit = "" if record["unit"] == "." else record["unit"]
        level = agreed[-1] if agreed else _LEVELS[0]
        yield {**record, "unit": unit, "expected_jlac10": record["jlac10"], "level": level}


@dataclass(frozen=True, slots=True)
class DataSet:
    """A labelled table; `label` gives the records the columns that labels are read from."""

    title: str
    file: Path
    label: Callable[[Iterable[Record]], Iterable[Record]] = as_they_are

    def rows(self) -> list[LabelledRow]:
        """Read the labelled rows."""
        return read_labelled(self.label(read_records(self.file)))


def data_sets(shared: Path) -> list[DataSet]:
    """List the labelled tables, ours first."""
    own, dev = HERE / "datasets", shared / "dev"
    return [
        DataSet("lists-jlac10-developed", own / "lists_jlac10_developed.csv"),
        DataSet("lists-jlac10-held-out", own / "lists_jlac10_held_out.csv"),
        DataSet("commercial-lab-jlac10", dev / "commercial-lab-jlac10.csv"),
        DataSet("jlac10-units", dev / "jlac10-units.csv", of_units),
    ]


@contextmanager
def app_with_tables(shared: Path, **settings: Any) -> Iterator[App]:
    """Build the app with these settings over the workbook, where it is there, in a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = Settings(database_url=f"sqlite:///{Path(folder) / 'jlac10.sqlite3'}", **settings)
        if (workbook := shared / TABLES_FILE).is_file():
            parts.import_master(workbook, TABLES, chosen.database_url)
        yield build_app(chosen, as_of=parts.LABELS_DAY, master="starter")


def measure(
    sets: Sequence[DataSet], apps: Mapping[str, Callable[[], App]], console: Console
) -> dict[str, Any]:
    """Evaluate every data set with every app; absent files are named. No row is printed or returned."""
    there = [one for one in sets if one.file.is_file()]
    results: dict[str, Any] = {
        one.title: {"left_out": f"{one.file.name} is not there"} for one in sets if one not in there
    }
    for tables, build in apps.items() if there else ():
        app = build()
        mapper, vocabulary = build_jlac10(app), app.jlac10_vocabulary
        names = analyte_names(vocabulary)
        for one in there:
            console.rule(f"{one.title} with {tables}")
            evaluation = evaluate(one.rows(), mapper, names, vocabulary.concepts)
            report.show(evaluation, console, worst=0)
            results[f"{one.title}@{tables}"] = {
                "dataset_sha256": hashlib.sha256(one.file.read_bytes()).hexdigest(),
                **report.figures(evaluation, curves=False),
            }
    return results
