"""
Does the program know what it does not know? Each measurand in turn is taken out of the master.

Its names leave the vocabulary and its codes the edition, as if it had never been listed; its rows (generated
ones, and those of own_names.csv) are then mapped. Right is NO_CODE or NEEDS_REVIEW; an accepted row got
another measurand's code.

    python eval/leave_one_measurand_out.py [--measurand C2008 ...]
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import parts

from jlac_mapper.cli.eval_command import read_records
from jlac_mapper.evaluation.labels import Status, read_labelled
from jlac_mapper.training.generated_rows import RowGenerator
from jlac_mapper.types import Disposition, Edition, LocalTest, Mapping

OWN_NAMES = Path(__file__).parent / "datasets" / "own_names.csv"


def without(base: parts.Parts, measurand: str) -> parts.Parts:
    """Return the parts as if *measurand* had never been listed; the background vocabulary stays as it is."""

    def cut(edition: Edition) -> Edition:
        return replace(edition, codes=tuple(c for c in edition.codes if c.code.measurand != measurand))

    vocabulary = replace(
        base.vocabulary,
        measurands=tuple(m for m in base.vocabulary.measurands if m.code != measurand),
        names=tuple(n for n in base.vocabulary.names if n.measurand != measurand),
    )
    return replace(
        base, vocabulary=vocabulary, edition=cut(base.edition), starter_edition=cut(base.starter_edition)
    )


def rows_of(base: parts.Parts, measurand: str, seed: int, most: int) -> list[LocalTest]:
    """Return at most *most* generated rows of a measurand, spread over its names, and its own_names rows."""
    generator = RowGenerator(base.vocabulary, base.starter_edition, seed)
    names = [n for n in base.vocabulary.names if n.measurand == measurand]
    rows = [row.test for name in names for row in generator.listed(name, 1) if row.measurand == measurand]
    step = max(1, len(rows) // most)
    return [*rows[::step][:most], *_own_names(measurand)]


def _own_names(measurand: str) -> Iterator[LocalTest]:
    for row in read_labelled(read_records(OWN_NAMES)):
        if row.truth.status is Status.CODABLE and row.truth.measurands == {measurand}:
            yield row.test


def run(
    base: parts.Parts, *, measurands: Sequence[str] = (), seed: int = 7, most: int = 60
) -> dict[str, Any]:
    """
    Leave each measurand out in turn.

    Args:
        base: The whole product's parts.
        measurands: Which; all of them when empty.
        seed: Of the generated rows.
        most: Generated rows a measurand, at most.
    """
    by_measurand: dict[str, Any] = {}
    offenders: list[dict[str, Any]] = []
    total = dict.fromkeys(Disposition, 0)
    for measurand in measurands or [m.code for m in base.vocabulary.measurands]:
        tests = rows_of(base, measurand, seed, most)
        answers = parts.map_all(without(base, measurand).pipeline(), tests)
        accepted = [
            (t, a) for t, a in zip(tests, answers, strict=True) if a.disposition is Disposition.ACCEPTED
        ]
        for answer in answers:
            total[answer.disposition] += 1
        by_measurand[measurand] = {"rows": len(tests), "accepted": len(accepted)}
        offenders += [_offender(measurand, test, answer) for test, answer in accepted]
    rows = sum(total.values())
    return {
        "seed": seed,
        "accepted": parts.share(total[Disposition.ACCEPTED], rows),
        "dispositions": total,
        "by_measurand": {m: found for m, found in by_measurand.items() if found["accepted"]},
        "measurands": len(by_measurand),
        "measurands_without_an_accepted_row": sum(not found["accepted"] for found in by_measurand.values()),
        "offenders": offenders,
    }


def _offender(measurand: str, test: LocalTest, answer: Mapping) -> dict[str, Any]:
    fields = {field: text for field, text in asdict(test).items() if text}
    return {
        "left_out": measurand,
        "row": fields,
        "accepted_as": f"{answer.jlac11} {answer.standard_name}",
        "measurand_probability": round(answer.measurand_probability, 4),
        "reasons": list(answer.reasons),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Leave each measurand out in turn.")
    parser.add_argument("--measurand", action="append", default=[], help="only these; repeatable")
    parser.add_argument("--rows", type=int, default=60, help="generated rows a measurand, at most")
    given = parser.parse_args()
    found = run(parts.load_parts(), measurands=given.measurand, most=given.rows)
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
