"""
Do given reagents lead to the right method digits? Measured on the official file's own product names.

Every result row of the 2024-09 layout becomes a hospital's row: the official name of the result, its
specimen and unit, and the product's name respelt by seeded rules. Nothing of the file is kept.

    python eval/perturb_products.py --master-file FILE.xlsx --master NAME
"""

import argparse
import json
import os
import random
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perturb import PRODUCT_RULES, respell

from jlac_mapper.codes import jlac11
from jlac_mapper.errors import InvalidCodeError, MasterFileError
from jlac_mapper.evaluation.metrics import rate
from jlac_mapper.evaluation.scores import Answer, answer_of
from jlac_mapper.ports import Mapper
from jlac_mapper.types import LocalTest, MapOptions

COLUMNS = {
    "code": "JLAC11コード",
    "name": "FHIR項目名称",
    "product": "販売名称",
    "specimen": "材料(JLAC11)",
    "unit": "単位",
}


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One result row of the official file, its texts trimmed."""

    code: jlac11.Jlac11Code
    name: str
    product: str
    specimen: str
    unit: str

    @property
    def wanted(self) -> tuple[str, ...]:
        """What the row says apart from its code: rows that share it cannot be told apart by anyone."""
        product = "".join(unicodedata.normalize("NFKC", self.product).casefold().split())
        code = self.code
        return code.measurand, code.specimen, code.unit, product, self.name


@dataclass(frozen=True, slots=True)
class Case:
    """A hospital's row made from a product row, with the rules that respelt the product."""

    row: ProductRow
    test: LocalTest
    rules: tuple[str, ...]


def read_products(file: Path) -> list[ProductRow]:
    """
    Read the result rows (no request codes, valid 17 characters, a product) by header names, in file order.

    Raises:
        MasterFileError: A column is missing.
    """
    import openpyxl

    sheet = openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets[0]
    lines: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True)
    header = [str(cell or "").strip() for cell in next(lines)]
    if missing := [title for title in COLUMNS.values() if title not in header]:
        raise MasterFileError(f"{file.name} has no column {', '.join(missing)}; give the 2024-09 layout")
    places = {field: header.index(title) for field, title in COLUMNS.items()}
    rows = []
    for line in lines:
        cells = {field: str(line[place] or "").strip() for field, place in places.items()}
        try:
            code = jlac11.parse(cells.pop("code"))
        except InvalidCodeError:
            continue
        if not code.is_request and cells["product"]:
            rows.append(ProductRow(code, **cells))
    return rows


def make_cases(rows: Sequence[ProductRow], seed: int = 11) -> list[Case]:
    """Respell every row's product; the same seed gives the same cases whatever the other rows are."""
    cases = []
    for row in rows:
        text, rules = respell(row.product, PRODUCT_RULES, random.Random(f"{seed}:{row.code}:{row.product}"))
        test = LocalTest(name=row.name, specimen=row.specimen, unit=row.unit, reagent=text)
        cases.append(Case(row, test, rules))
    return cases


def siblings(rows: Sequence[ProductRow]) -> dict[str, frozenset[str]]:
    """
    Return code -> the codes that are as right for a person who reads the row.

    Those are the codes of rows with the same result name, specimen, unit and product, and the codes that
    differ in the identification only (superseded and current digits of one product's result).
    """
    same: dict[tuple[str, ...], set[str]] = defaultdict(set)
    renumbered: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in rows:
        code = row.code
        same[row.wanted].add(str(code))
        renumbered[code.measurand, code.specimen, code.method, code.unit, row.name].add(str(code))
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        code = row.code
        key = code.measurand, code.specimen, code.method, code.unit, row.name
        found[str(code)] |= same[row.wanted] | renumbered[key]
    return {code: frozenset(codes) for code, codes in found.items()}


def is_current(given: str, expected: str, alike: Mapping[str, frozenset[str]]) -> bool:
    """
    Tell whether a proposed code is right when current identification digits count as right.

    Right is the expected code, one of its siblings, or a code that differs from one of these in the
    identification only (where the digits moved after the file's edition).
    """
    if not given:
        return False
    good = {expected} | alike.get(expected, frozenset())
    return given in good or any(given[:5] + given[9:] == one[:5] + one[9:] for one in good)


def score_cases(
    cases: Sequence[Case], answers: Sequence[Answer], alike: Mapping[str, frozenset[str]]
) -> dict[str, Any]:
    """Return the figures: exact codes strictly and with current digits, method digits, and per rule."""
    strict = current = method = measurand = accepted = accepted_wrong = 0
    by_rule: dict[str, Counter[str]] = defaultdict(Counter)
    for case, given in zip(cases, answers, strict=True):
        expected = str(case.row.code)
        right = is_current(given.code, expected, alike)
        strict += given.code == expected
        current += right
        method += given.code[12:15] in {code[12:15] for code in alike[expected]}
        measurand += given.code[:5] == expected[:5]
        accepted += given.accepted
        accepted_wrong += given.accepted and not right
        for rule in case.rules or ("unchanged",):
            by_rule[rule].update(rows=1, right=int(right))
    total = len(cases)
    figures = {
        "exact_strict": strict,
        "exact_current_digits": current,
        "method_digits": method,
        "measurand": measurand,
        "accepted": accepted,
    }
    return {
        "rows": total,
        **{title: plain(count, total) for title, count in figures.items()},
        "accepted_wrong": plain(accepted_wrong, accepted),
        "exact_current_digits_by_rule": {
            rule: plain(counts["right"], counts["rows"]) for rule, counts in sorted(by_rule.items())
        },
    }


def run(mapper: Mapper, file: Path, seed: int = 11) -> dict[str, Any]:
    """Measure a mapper on the whole file."""
    rows = read_products(file)
    cases = make_cases(rows, seed)
    answers = answer_in_batches(mapper, [case.test for case in cases])
    return {"seed": seed, **score_cases(cases, answers, siblings(rows))}


def answer_in_batches(mapper: Mapper, tests: Sequence[LocalTest]) -> list[Answer]:
    """Map the rows in batches of 512; one answer a row, in order."""
    answers: list[Answer] = []
    for start in range(0, len(tests), 512):
        answers += map(answer_of, mapper.map_batch(tests[start : start + 512], MapOptions(top_k=5)))
    return answers


def plain(count: int, total: int) -> dict[str, float | int | None]:
    """Return a rate with its 95 % interval, ready for JSON."""
    found = rate(count, total)
    return {"count": count, "total": total, "value": found.value, "low": found.low, "high": found.high}


def main_of(measure: Callable[[Mapper, Path, int], dict[str, Any]], doc: str | None) -> None:
    """Run one measurement on an official file from the command line, and print its figures as JSON."""
    from jlac_mapper.bootstrap import build_app
    from jlac_mapper.config import Settings

    parser = argparse.ArgumentParser(description=doc.splitlines()[1] if doc else None)
    parser.add_argument("--master-file", type=Path, required=True, help="the official 2024-09 xlsx")
    parser.add_argument("--master", default="", help="edition to map with, imported from that file")
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    app = build_app(Settings.from_env(os.environ), master=given.master)
    print(json.dumps(measure(app.mapper, given.master_file, given.seed), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main_of(run, __doc__)
