"""Editions as values: completing with the starter, what is valid on a day, and what replaces what ended."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from jlac_mapper.jlac11 import METHOD_UNSPECIFIED, Jlac11Code
from jlac_mapper.text import fold
from jlac_mapper.types import Edition, ImportNote, ListedCode, TestName

STARTER = "starter"
"""The name of the shipped edition, and the source of a completion."""

Superseded = Mapping[tuple[str, str, str], str]
"""(measurand, superseded identification, unit) -> the identification that replaced it."""

_GOOD_SHARE = 0.3

_Item = tuple[str, str, str]
"""One result of the master: measurand, folded standard name, unit."""
_PRODUCT_INDEPENDENT = re.compile("9[0-9]{2}")
"""Methods 901-999: calculated, microscopy, other; no product decides them."""


def digest_of(codes: Iterable[ListedCode]) -> str:
    """Return the SHA-256 (hex) of everything the codes say, in order of the code."""
    digest = hashlib.sha256()
    for listed in sorted(codes, key=lambda listed: listed.code):
        texts = (
            str(listed.code), listed.name, listed.product, str(listed.valid_from or ""),
            str(listed.valid_to or ""), " ".join(listed.jlac10), listed.source, listed.successor,
            listed.abbreviation, listed.specimen_name, listed.unit_name,
        )  # fmt: skip
        digest.update("\t".join(texts).encode() + b"\n")
    return digest.hexdigest()


def make_edition(name: str, codes: Iterable[ListedCode], notes: Iterable[ImportNote] = ()) -> Edition:
    """Return an edition with its codes in order and its digest."""
    ordered = tuple(sorted(codes, key=lambda listed: listed.code))
    completed = sum(listed.source == STARTER for listed in ordered)
    return Edition(name, digest_of(ordered), ordered, completed, tuple(notes))


def complete_with_starter(edition: Edition, starter: Edition) -> Edition:
    """
    Add the starter's method-000 codes for the measurands that *edition* lists without any method 000.

    A measurand with a method-000 code of its own gets nothing: there the edition has said what it lists.
    Nor does one whose only results are independent of products (K1001-...-901-04). Additions carry
    `source="starter"`. The starter's identifications are the current ones, so beside old product rows
    (V2010-0001) stand completions with the current digits (V2010-0000). Completions of an earlier starter
    are replaced; the starter itself is returned as it is.
    """
    if edition.name == STARTER:
        return edition
    own = [listed for listed in edition.codes if listed.source != STARTER]
    methods: dict[str, set[str]] = defaultdict(set)
    for listed in own:
        if not listed.code.is_request:
            methods[listed.code.measurand].add(listed.code.method)
    present = {listed.code for listed in own}

    def wanted(code: Jlac11Code) -> bool:
        found = methods.get(code.measurand, set())
        return (
            code.method == METHOD_UNSPECIFIED
            and code not in present
            and METHOD_UNSPECIFIED not in found
            and any(not _PRODUCT_INDEPENDENT.fullmatch(method) for method in found)
        )

    added = [
        replace(listed, source=STARTER)
        for listed in starter.codes
        if wanted(listed.code) and not listed.code.is_request
    ]
    if len(own) == len(edition.codes) and not added:
        return edition
    return make_edition(edition.name, (*own, *added), edition.notes)


def result_names(edition: Edition, known: Iterable[TestName]) -> tuple[TestName, ...]:
    """
    Return the names that *edition* itself gives its results, as far as *known* does not hold them.

    A name that stands under several measurands goes to each that has a good share of its codes: a slip
    such as an antigen's name on some of the antibody's rows does not make a name.
    """
    have = {(fold(name.name), name.measurand) for name in known}
    codes: dict[str, Counter[str]] = defaultdict(Counter)
    written: dict[str, str] = {}
    for listed in edition.codes:
        if listed.source != STARTER and not listed.code.is_request and (key := _folded(listed.name)):
            codes[key][listed.code.measurand] += 1
            written.setdefault(key, listed.name)
    return tuple(
        TestName(written[key], measurand, "edition")
        for key, counts in codes.items()
        for measurand, count in sorted(counts.items())
        if count >= _GOOD_SHARE * counts.total() and (key, measurand) not in have
    )


def valid_codes(edition: Edition, as_of: date) -> tuple[ListedCode, ...]:
    """Return the codes whose dates hold on a day, request codes and superseded method-000 rows included."""
    return tuple(listed for listed in edition.codes if listed.is_valid_on(as_of))


def proposable_codes(edition: Edition, as_of: date, superseded: Superseded) -> tuple[ListedCode, ...]:
    """Return the codes that may be proposed for a result: valid, no request, identification current."""
    old = superseded_codes(edition, as_of, superseded)
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


def superseded_codes(edition: Edition, as_of: date, superseded: Superseded) -> frozenset[Jlac11Code]:
    """
    Return the method-000 codes, open by their dates, whose identification is out of use on a day.

    Besides `current_identifications`, the *superseded* table counts for an identification without any
    product in the edition, provided that the edition lists the replacing identification.
    """
    current = current_identifications(edition, as_of)
    with_products = {_key(row.code) for row in edition.codes if row.code.method != METHOD_UNSPECIFIED}
    valid = {_key(row.code) for row in edition.codes if row.is_valid_on(as_of)}
    found = set()
    for listed in edition.codes:
        code = listed.code
        if code.method != METHOD_UNSPECIFIED or code.is_request or not listed.is_valid_on(as_of):
            continue
        replacing = superseded.get(_key(code), code.identification)
        by_table = _key(code) not in with_products and _key(replace(code, identification=replacing)) in valid
        by_products = code.identification not in current[_item(listed)]
        if by_products or (replacing != code.identification and by_table):
            found.add(code)
    return frozenset(found)


def successors(edition: Edition, as_of: date, superseded: Superseded) -> dict[Jlac11Code, Jlac11Code]:
    """
    Return what replaces each code that ended before a day, or whose identification is out of use.

    The successor is a code of the edition that may be proposed on that day, with the same measurand,
    specimen and unit; in this order: the one the master names, the same method with the identification
    of the *superseded* table or the item's only current one, the same identification and that one with
    method 000. Codes without such a successor are absent.
    """
    proposable = {row.code: row for row in proposable_codes(edition, as_of, superseded)}
    out_of_use = superseded_codes(edition, as_of, superseded)
    by_text = {str(code): code for code in proposable}
    current = current_identifications(edition, as_of)
    found = {}
    for listed in edition.codes:
        code = listed.code
        if code.is_request or not (_has_ended(listed, as_of) or code in out_of_use):
            continue
        identifications = [superseded.get(_key(code), "")]
        in_use = current[_item(listed)] - {code.identification}
        identifications += in_use if len(in_use) == 1 else ()
        options = [by_text.get(listed.successor)]
        for method in (code.method, METHOD_UNSPECIFIED):
            options += [replace(code, identification=i, method=method) for i in identifications if i]
            options.append(replace(code, method=method))
        successor = next((option for option in options if option in proposable and option != code), None)
        if successor:
            found[code] = successor
    return found


def with_successors(edition: Edition, as_of: date, superseded: Superseded) -> Edition:
    """Return the edition with `successor` filled for every code that has one on a day; digest unchanged."""
    found = successors(edition, as_of, superseded)
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
