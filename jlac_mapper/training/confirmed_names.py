"""A hospital's confirmed names: what they mean in a release, and the vocabulary with them."""

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.errors import InputError
from jlac_mapper.text import fold
from jlac_mapper.vocabulary import Concept, Name, NameForm, Vocabulary


def concepts_of(bound: BoundRelease) -> dict[str, frozenset[str]]:
    """Return measurand -> the concepts of its codes that may be proposed."""
    found: dict[str, set[str]] = defaultdict(set)
    for listed in bound.release.proposable:
        found[listed.code.measurand].update(bound.binding.of(listed.code))
    return {measurand: frozenset(concepts) for measurand, concepts in found.items()}


def read(path: Path, bound: BoundRelease) -> list[Name]:
    """
    Read confirmed names: a CSV (UTF-8) with the columns `name` and `measurand`.

    An empty measurand, or NONE, says that the name has no listed code; its concept is then one of its own,
    unless the vocabulary knows the name as one without a code. A measurand that serves several concepts goes
    to the one that the vocabulary knows the name by; else its cell must hold the concept's key instead.

    Raises:
        InputError: A column is missing, a measurand is unknown or serves several concepts, or a name is
            empty; with file and line.
    """
    concepts = concepts_of(bound)
    known: dict[str, set[str]] = defaultdict(set)
    for name in bound.vocabulary.names:
        known[name.key].add(name.concept)
    found: list[Name] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if missing := {"name", "measurand"} - set(reader.fieldnames or ()):
                raise InputError(f"{path}: no column {' or '.join(sorted(missing))}; expected name,measurand")
            for row in reader:
                text, measurand = (row["name"] or "").strip(), (row["measurand"] or "").strip()
                where = f"{path}, line {reader.line_num}"
                key = fold(text)
                if not key:
                    raise InputError(f"{where}: the name is empty")
                if measurand in ("", "NONE"):
                    unlisted = sorted(known[key] - bound.listed)
                    concept = unlisted[0] if unlisted else f"confirmed:{key}"
                elif measurand in bound.listed:
                    concept = measurand
                else:
                    concept = _concept(measurand, concepts.get(measurand, frozenset()), known[key], where)
                found.append(Name(text, concept, NameForm.CONFIRMED))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV in UTF-8: {error}") from error
    return found


def _concept(measurand: str, concepts: frozenset[str], known: set[str], where: str) -> str:
    if not concepts:
        raise InputError(
            f"{where}: measurand {measurand!r} is not listed; leave it empty for a name without a code"
        )
    one = concepts if len(concepts) == 1 else concepts & known
    if len(one) != 1:
        raise InputError(
            f"{where}: measurand {measurand!r} serves several tests; write the one that is meant instead: "
            f"{', '.join(sorted(concepts))}"
        )
    return next(iter(one))


def added(vocabulary: Vocabulary, confirmed: Sequence[Name]) -> Vocabulary:
    """
    Return the vocabulary with confirmed names; they overrule what it said of those names.

    A name of a concept that is in no table brings it in, as one without a code.
    """
    keys = {name.key for name in confirmed}
    known = vocabulary.by_key()
    new = {n.concept: Concept(n.concept, n.text, n.text) for n in confirmed if n.concept not in known}
    return replace(
        vocabulary,
        concepts=(*vocabulary.concepts, *new.values()),
        names=(*(n for n in vocabulary.names if n.key not in keys), *confirmed),
    )
