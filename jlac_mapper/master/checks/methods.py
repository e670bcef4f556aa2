"""The method's name and the product beside it: against each other, the digits and the official list."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from jlac_mapper.codes.jlac11 import METHOD_UNSPECIFIED
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.element_tables import ElementKind
from jlac_mapper.master.checks.elements import Tables
from jlac_mapper.master.checks.finding import Finding, Severity, places_of
from jlac_mapper.text import fold

_OTHER = "その他の測定法"
_LAST_PRODUCT = "900"
"""Methods 001-500 are reagents and 501-900 instruments; above stand methods without a product."""

_MESSAGES = {
    "method-000-product": "method 000 stands for no product, and a product is beside it",
    "method-000-name": "method 000 is その他の測定法, and another method is named",
    "method-not-000": "その他の測定法 is named, and the method digits are those of a product",
    "product-missing": "the method digits are those of a product, and none is named",
    "product-method": "the product is not the one in the method's name",
    "method-name": "the official list names this method otherwise",
    "method-code": "the official list has no such method of this measurand",
}


def check_methods(rows: Iterable[ListedCode], tables: Tables) -> Iterator[Finding]:
    """
    Compare the digits 13-15 with 測定法 and 販売名称, one finding for each measurand and pair of texts.

    A product is the same when the method's name contains it, widths and blanks aside: names add notes of
    the maker. Methods above 900 have no product: what stands there is a remark. Products are missed only
    in an edition that names some.
    """
    results = [row for row in rows if not row.code.is_request]
    names_products = any(row.product for row in results)
    methods = {code: each.name for (kind, code), each in tables.items() if kind is ElementKind.METHOD}
    known = {code[:5] for code in methods}
    groups: dict[tuple[str, str, str, str, str], list[ListedCode]] = defaultdict(list)
    for row in results:
        found = _digits(row, names_products) + _texts(row) + _listed(row, methods, known)
        for rule, text, expected in found:
            groups[rule, row.code.measurand, row.code.method, text, expected].append(row)
    for (rule, measurand, method, text, expected), wrong in groups.items():
        yield Finding(
            Severity.WARNING,
            str(wrong[0].code),
            rule,
            f"{_MESSAGES[rule]}: {measurand} method {method} {text!r}, expected {expected!r}, on "
            f"{len(wrong)} row(s): {wrong[0].name}",
            places_of(wrong),
            text,
            expected,
        )


_Wrong = list[tuple[str, str, str]]
"""Rule, what is there, what was expected."""


def _digits(row: ListedCode, names_products: bool) -> _Wrong:
    other = fold(row.method_name) == fold(_OTHER)
    if row.code.method == METHOD_UNSPECIFIED:
        wrong = [("method-000-product", row.product, "")] if row.product else []
        if row.method_name and not other:
            wrong.append(("method-000-name", row.method_name, _OTHER))
        return wrong
    if other:
        return [("method-not-000", row.method_name, "method 000")]
    if names_products and not row.product and row.code.method <= _LAST_PRODUCT:
        return [("product-missing", row.method_name, "a product")]
    return []


def _texts(row: ListedCode) -> _Wrong:
    of_product = METHOD_UNSPECIFIED < row.code.method <= _LAST_PRODUCT
    if not row.product or not row.method_name or not of_product:
        return []
    same = fold(row.product) in fold(row.method_name)
    return [] if same else [("product-method", row.method_name, row.product)]


def _listed(row: ListedCode, methods: Mapping[str, str], known: set[str]) -> _Wrong:
    code = row.code.measurand + row.code.method
    if row.code.measurand not in known:
        return []
    if code not in methods:
        return [("method-code", row.method_name or row.product, "a method of the list")]
    if not row.method_name or fold(row.method_name) == fold(methods[code]):
        return []
    return [("method-name", row.method_name, methods[code])]
