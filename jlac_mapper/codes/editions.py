"""Editions as values: completing with the starter, what is valid on a day, and what replaces what ended."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from jlac_mapper.codes.jlac11 import METHOD_UNSPECIFIED, Jlac11Code
from jlac_mapper.codes.listed import Edition, ImportNote, ListedCode
from jlac_mapper.codes.successions import Change, Successions
from jlac_mapper.text import fold

STARTER = "starter"
"""The name of the shipped edition, and the source of a completion."""

_Item = tuple[str, str, str]
"""One result of the master: measurand, folded standard name, unit."""
_PRODUCT_INDEPENDENT = re.compile("9[0-9]{2}")
"""Methods 901-999: calculated, microscopy, other; no product decides them."""


def digest_of(codes: Iterable[ListedCode]) -> str:
    """Return the SHA-256 (hex) of everything the codes say, in order of the code."""
    digest = hashlib.sha256()
    for listed in sorted(codes, key=lambda listed: listed.code):
        texts = (
            str(listed.code),
            listed.name,
            listed.product,
            str(listed.valid_from or ""),
            str(listed.valid_to or ""),
            " ".join(listed.jlac10),
            listed.source,
            listed.successor,
            listed.abbreviation,
            listed.specimen_name,
            listed.unit_name,
        )
        digest.update("\t".join(texts).encode() + b"\n")
    return digest.hexdigest()


def make_edition(name: str, codes: Iterable[ListedCode], notes: Iterable[ImportNote] = ()) -> Edition:
    """Return an edition with its codes in order and its digest."""
    ordered = tuple(sorted(codes, key=lambda listed: listed.code))
    completed = sum(listed.source == STARTER for listed in ordered)
    return Edition(name, digest_of(ordered), ordered, completed, tuple(notes))


def complete_with_starter(
    edition: Edition,
    starter: Edition,
    standing: Callable[[Jlac11Code], Iterable[str]] = lambda code: (code.measurand,),
) -> Edition:
    """
    Add the starter's method-000 codes for the measurands that *edition* lists without any method 000.

    A measurand with a method-000 code of its own gets nothing: there the edition has said what it lists.
    Nor does one whose only results are independent of products (K1001-...-901-04). Additions carry
    `source="starter"`. The starter's identifications are the current ones, so beside old product rows
    (V2010-0001) stand completions with the current digits (V2010-0000). Completions of an earlier starter
    are replaced; the starter itself is returned as it is. *standing* gives the measurands that stand for a
    starter's code in this edition, whose numbers may be others.

    Dates of the starter are of its own list, not of this edition: they are left out. Codes that it lists
    only since a day (a measurand that took over another's specimen) are added where the edition lists that
    result with products.
    """
    if edition.name == STARTER:
        return edition
    own = [listed for listed in edition.codes if listed.source != STARTER]
    methods: dict[str, set[str]] = defaultdict(set)
    for listed in own:
        if not listed.code.is_request:
            methods[listed.code.measurand].add(listed.code.method)
    present = {listed.code for listed in own}
    results = {(*_key(listed.code), listed.code.specimen) for listed in own}

    def wanted(listed: ListedCode, code: Jlac11Code) -> bool:
        found = methods.get(code.measurand, set())
        return (
            code.method == METHOD_UNSPECIFIED
            and code not in present
            and (listed.valid_from is None or (*_key(code), code.specimen) in results)
            and METHOD_UNSPECIFIED not in found
            and any(not _PRODUCT_INDEPENDENT.fullmatch(method) for method in found)
        )

    added = {
        code: replace(listed, code=code, source=STARTER, valid_from=None, valid_to=None)
        for listed in starter.codes
        for code in (replace(listed.code, measurand=measurand) for measurand in standing(listed.code))
        if not code.is_request and wanted(listed, code)
    }
    if len(own) == len(edition.codes) and not added:
        return edition
    return make_edition(edition.name, (*own, *added.values()), edition.notes)


def valid_codes(edition: Edition, as_of: date) -> tuple[ListedCode, ...]:
    """Return the codes whose dates hold on a day, request codes and superseded method-000 rows included."""
    return tuple(listed for listed in edition.codes if listed.is_valid_on(as_of))


def proposable_codes(edition: Edition, as_of: date, successions: Successions) -> tuple[ListedCode, ...]:
    """Return the codes that may be proposed for a result: valid, no request, not replaced by others."""
    old = superseded_codes(edition, as_of, successions)
    return tuple(
        listed
        for listed in valid_codes(edition, as_of)
        if not listed.code.is_request and listed.code not in old
    )


def current_identifications(edition: Edition, as_of: date) -> dict[_Item, frozenset[str]]:
    """
    Return the identifications in use for each item: (measurand, folded name, unit) -> identifications.

    Method-000 rows are open-ended for old and new digits alike, so the products' dates decide: an
    identification whose products all ended is out of use where another one of the same item has a product
    on that day. Where no product tells, every identification counts as in use. Items are kept apart by
    name because fasting and random glucose share measurand and unit.
    """
    products: dict[_Item, dict[str, list[ListedCode]]] = defaultdict(lambda: defaultdict(list))
    for listed in edition.codes:
        if not listed.code.is_request:
            group = products[_item(listed)][listed.code.identification]
            if listed.code.method != METHOD_UNSPECIFIED:
                group.append(listed)
    current = {}
    for item, groups in products.items():
        alive = {i for i, rows in groups.items() if any(row.is_valid_on(as_of) for row in rows)}
        ended = {i for i, rows in groups.items() if rows and all(_has_ended(row, as_of) for row in rows)}
        current[item] = frozenset(groups.keys() - ended if alive else groups.keys())
    return current


def superseded_codes(edition: Edition, as_of: date, successions: Successions) -> frozenset[Jlac11Code]:
    """
    Return the codes, open by their dates, that are out of use on a day.

    Of method 000 those whose identification is out of use (`current_identifications`), and those that the
    table of *successions* replaces, provided that the edition lists the replacing elements and no product
    with the old ones. Where the table moves an item to another measurand that the edition lists, its old
    codes are out of use whatever their method.
    """
    current = current_identifications(edition, as_of)
    with_products = {_key(row.code) for row in edition.codes if row.code.method != METHOD_UNSPECIFIED}
    valid = {_key(row.code) for row in edition.codes if row.is_valid_on(as_of)}
    in_specimens = {(*_key(row.code), row.code.specimen) for row in edition.codes if row.is_valid_on(as_of)}
    found = set()
    for listed in edition.codes:
        code = listed.code
        if code.is_request or not listed.is_valid_on(as_of):
            continue
        line = successions.line(code, as_of)
        new = successions.successor(code, as_of) if line else None
        if line and new and line.change is Change.MOVED:
            if (*_key(new), new.specimen) in in_specimens:
                found.add(code)
        elif code.method == METHOD_UNSPECIFIED:
            by_table = new is not None and new.measurand == code.measurand and _key(new) in valid
            if code.identification not in current[_item(listed)] or (
                by_table and _key(code) not in with_products
            ):
                found.add(code)
    return frozenset(found)


def successors(edition: Edition, as_of: date, successions: Successions) -> dict[Jlac11Code, Jlac11Code]:
    """
    Return what replaces each code that ended before a day, or that is out of use.

    The successor is a code of the edition that may be proposed on that day, in the same specimen; in this
    order: the one the master names; what the table of *successions* says, step by step, with the same
    product, the same method or 000; the item's only current identification with the same method; the same
    identification and that one with method 000. Codes without such a successor are absent.
    """
    proposable = {row.code: row for row in proposable_codes(edition, as_of, successions)}
    out_of_use = superseded_codes(edition, as_of, successions)
    by_text = {str(code): code for code in proposable}
    by_product: dict[tuple[str, str, str, str, str], Jlac11Code] = {}
    for row in proposable.values():
        if row.product:
            by_product.setdefault((*_key(row.code), row.code.specimen, row.product), row.code)
    current = current_identifications(edition, as_of)
    found = {}
    for listed in edition.codes:
        code = listed.code
        if code.is_request or not (_has_ended(listed, as_of) or code in out_of_use):
            continue
        options = [by_text.get(listed.successor)]
        steps = list(successions.steps(code, as_of))
        for new in steps:
            if (new.measurand, new.unit) != (code.measurand, code.unit):
                options.append(by_product.get((*_key(new), new.specimen, listed.product)))
                options += [new, replace(new, method=METHOD_UNSPECIFIED)]
        identifications = [new.identification for new in steps if new.measurand == code.measurand]
        in_use = current[_item(listed)] - {code.identification}
        identifications += in_use if len(in_use) == 1 else ()
        for method in (code.method, METHOD_UNSPECIFIED):
            options += [replace(code, identification=i, method=method) for i in identifications]
            options.append(replace(code, method=method))
        successor = next((option for option in options if option in proposable and option != code), None)
        if successor:
            found[code] = successor
    return found


def with_successors(edition: Edition, as_of: date, successions: Successions) -> Edition:
    """Return the edition with `successor` filled for every code that has one on a day; digest unchanged."""
    found = successors(edition, as_of, successions)
    codes = tuple(
        replace(row, successor=str(found[row.code])) if row.code in found else row for row in edition.codes
    )
    return replace(edition, codes=codes)


def with_ended(edition: Edition, rows: Iterable[ListedCode], as_of: date) -> Edition:
    """Return the edition with the *rows* whose code it does not list, as ended the day before *as_of*."""
    listed = {row.code for row in edition.codes}
    ended = [replace(row, valid_to=as_of - timedelta(days=1)) for row in rows if row.code not in listed]
    return make_edition(edition.name, (*edition.codes, *ended), edition.notes)


def _has_ended(listed: ListedCode, as_of: date) -> bool:
    return listed.valid_to is not None and listed.valid_to < as_of


def _item(listed: ListedCode) -> _Item:
    return listed.code.measurand, _folded(listed.name), listed.code.unit


@lru_cache(maxsize=4096)  # a master repeats some hundred names in thousands of rows
def _folded(name: str) -> str:
    return fold(name)


def _key(code: Jlac11Code) -> tuple[str, str, str]:
    return code.measurand, code.identification, code.unit
