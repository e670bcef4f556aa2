"""Results that no concept, or more than one, could be told for."""

from collections import defaultdict
from collections.abc import Iterator

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.concepts.binding import Binding
from jlac_mapper.master.checks.finding import Finding, Severity, places_of


def check_concepts(binding: Binding) -> Iterator[Finding]:
    """
    Yield `concept-unknown` and `concept-unclear`: one finding a measurand and name.

    Rows are never proposed a code of no concept, and get those of several concepts alike for either; `master
    bind` says what such a result is.
    """
    for (measurand, name), found in _grouped(binding.unbound).items():
        yield Finding(
            Severity.WARNING,
            str(found[0].code),
            "concept-unknown",
            f"{len(found)} code(s) of {measurand} named {name!r} are of no known concept and never proposed",
            places_of(found),
            name,
            "a name, abbreviation or JLAC10 code of a concept",
        )
    for (measurand, name), found in _grouped(binding.unclear).items():
        concepts = ", ".join(sorted({c for row in found for c in binding.of(row.code)}))
        yield Finding(
            Severity.WARNING,
            str(found[0].code),
            "concept-unclear",
            f"{len(found)} code(s) of {measurand} named {name!r} may be of several concepts: {concepts}",
            places_of(found),
            name,
            "one concept",
        )


def _grouped(rows: tuple[ListedCode, ...]) -> dict[tuple[str, str], list[ListedCode]]:
    groups: dict[tuple[str, str], list[ListedCode]] = defaultdict(list)
    for row in rows:
        groups[row.code.measurand, row.name].append(row)
    return dict(groups)
