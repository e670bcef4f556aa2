"""
Does the program know what it does not know? Each listed concept in turn is taken out of the release.

Its codes are no longer its own, as if it had never been listed; its names stay in the vocabulary. Its rows
(generated ones, and those of own_names.csv) are then mapped. Right is NO_CODE or NEEDS_REVIEW; an accepted
row got another concept's code.

    python eval/leave_one_measurand_out.py [--concept aspartate_aminotransferase ...]
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
from jlac_mapper.training.generated_rows import RowGenerator, names_by_listing
from jlac_mapper.types import Disposition, LocalTest, MappingResult

OWN_NAMES = Path(__file__).parent / "datasets" / "own_names.csv"


def without(base: parts.Parts, concept: str) -> parts.Parts:
    """Return the parts as if the release had never listed *concept*."""
    bound = base.bound
    concepts = {
        code: tuple(one for one in found if one != concept) for code, found in bound.binding.concepts.items()
    }
    binding = replace(bound.binding, concepts={code: found for code, found in concepts.items() if found})
    return replace(base, bound=replace(bound, binding=binding, listed=bound.listed - {concept}))


def rows_of(base: parts.Parts, concept: str, seed: int, most: int) -> list[LocalTest]:
    """
    Return at most *most* generated rows of a concept, spread over its names, and its own_names rows.

    None of a code that the release gives several concepts: there another's code is as right.
    """
    found = base.bound.binding.concepts
    shared = {code: () for code, one in found.items() if concept in one and one != (concept,)}
    alone = replace(base.bound, binding=replace(base.bound.binding, concepts={**found, **shared}))
    rows = []
    if concept in alone.by_concept(alone.release.proposable):
        generator = RowGenerator(alone, seed)
        names = [name for name in names_by_listing(alone)[0] if name.concept == concept]
        rows = [row.test for name in names for row in generator.listed(name, 1) if row.concept]
    step = max(1, len(rows) // most)
    return [*rows[::step][:most], *_own_names(base, concept)]


def _own_names(base: parts.Parts, concept: str) -> Iterator[LocalTest]:
    """Yield the labelled rows whose measurands are all this concept's alone."""
    measurands = base.bound.binding.measurands()
    own = set(measurands[concept]).difference(*(m for c, m in measurands.items() if c != concept))
    for row in base.labels.rows(read_labelled(read_records(OWN_NAMES))):
        if row.truth.status is Status.CODABLE and row.truth.measurands <= own:
            yield row.test


def run(base: parts.Parts, *, concepts: Sequence[str] = (), seed: int = 7, most: int = 60) -> dict[str, Any]:
    """
    Leave each concept out in turn.

    Args:
        base: The whole product's parts.
        concepts: Which; all listed ones when empty.
        seed: Of the generated rows.
        most: Generated rows a concept, at most.
    """
    by_concept: dict[str, Any] = {}
    offenders: list[dict[str, Any]] = []
    total = dict.fromkeys(Disposition, 0)
    for concept in concepts or sorted(base.bound.listed):
        tests = rows_of(base, concept, seed, most)
        answers = parts.map_all(without(base, concept).pipeline(), tests)
        accepted = [
            (t, a) for t, a in zip(tests, answers, strict=True) if a.disposition is Disposition.ACCEPTED
        ]
        for answer in answers:
            total[answer.disposition] += 1
        by_concept[concept] = {"rows": len(tests), "accepted": len(accepted)}
        offenders += [_offender(concept, test, answer) for test, answer in accepted]
    rows = sum(total.values())
    return {
        "seed": seed,
        "accepted": parts.share(total[Disposition.ACCEPTED], rows),
        "dispositions": total,
        "by_concept": {c: found for c, found in by_concept.items() if found["accepted"]},
        "concepts": len(by_concept),
        "concepts_without_an_accepted_row": sum(not found["accepted"] for found in by_concept.values()),
        "offenders": offenders,
    }


def _offender(concept: str, test: LocalTest, answer: MappingResult) -> dict[str, Any]:
    fields = {field: text for field, text in asdict(test).items() if text}
    return {
        "left_out": concept,
        "row": fields,
        "accepted_as": f"{answer.jlac11} {answer.standard_name}",
        "measurand_probability": round(answer.measurand_probability, 4),
        "reasons": list(answer.reasons),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Leave each listed concept out in turn.")
    parser.add_argument("--concept", action="append", default=[], help="only these; repeatable")
    parser.add_argument("--rows", type=int, default=60, help="generated rows a concept, at most")
    given = parser.parse_args()
    found = run(parts.load_parts(), concepts=given.concept, most=given.rows)
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
