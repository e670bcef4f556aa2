"""Names against the measurand and against their place in the order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.concepts.binding import Binding
from jlac_mapper.master.checks.finding import Finding, Severity, places_of
from jlac_mapper.text import clean
from jlac_mapper.vocabulary import Vocabulary

_FAMILIES = ("抗原", "抗体")


def check_families(rows: Iterable[ListedCode], vocabulary: Vocabulary, binding: Binding) -> Iterator[Finding]:
    """Yield `name-family`: 抗原 in a name under an antibody's measurand, and the reverse."""
    names = {concept.key: clean(concept.name) for concept in vocabulary.concepts}
    bound: dict[str, Counter[str]] = defaultdict(Counter)
    for code, concepts in binding.concepts.items():
        bound[code.measurand].update(concepts)
    families = {
        measurand: {family for family in _FAMILIES if family in names[found.most_common(1)[0][0]]}
        for measurand, found in bound.items()
    }
    groups: dict[tuple[str, str], list[ListedCode]] = defaultdict(list)
    for row in rows:
        groups[row.code.measurand, row.name].append(row)
    for (measurand, name), found in groups.items():
        own = families.get(measurand)
        foreign = [family for family in _FAMILIES if own and family in name and family not in own]
        if own and any(family in name for family in own):
            continue  # 抗原・抗体同時 names both
        if own and foreign:
            kind = "・".join(sorted(own))
            yield Finding(
                Severity.WARNING,
                str(found[0].code),
                "name-family",
                f"{len(found)} code(s) of {measurand}, a measurand of {kind}, are named {name!r}",
                places_of(found),
                name,
                kind,
            )


def check_order(rows: Iterable[ListedCode]) -> Iterator[Finding]:
    """Yield `sort-order`: one name with several 並び順."""
    groups: dict[str, dict[str, list[ListedCode]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.sort_order:
            groups[row.name][row.sort_order].append(row)
    for name, orders in groups.items():
        if len(orders) < 2:
            continue
        usual, *others = sorted(orders, key=lambda order: -len(orders[order]))
        odd = [row for order in others for row in orders[order]]
        counted = ", ".join(f"{order} on {len(orders[order])} row(s)" for order in (usual, *others))
        yield Finding(
            Severity.WARNING,
            str(odd[0].code),
            "sort-order",
            f"{name!r} has several places in the order: {counted}",
            places_of(odd),
            ", ".join(others),
            usual,
        )
