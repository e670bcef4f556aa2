"""Part of resolve: the method digits, from the reagent or instrument name alone."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from jlac_mapper.jlac11 import METHOD_UNSPECIFIED, Jlac11Code
from jlac_mapper.products import RECOGNISED, ProductMatcher
from jlac_mapper.types import Evidence, ListedCode, Reason

MethodChoice = tuple[ListedCode, float, tuple[Reason, ...], tuple[Evidence, ...]]
"""A code, its share of the probability among the codes it competes with, reasons and evidence."""


@dataclass(frozen=True, slots=True)
class MethodChoices:
    """What is left of the codes of one slot, and how well the slot fits the row's product (0-1)."""

    fit: float
    choices: tuple[MethodChoice, ...]


# A slot without the row's product, when another slot has what the row says.
_ELSEWHERE = 0.01
# A slot with products only, for a row that names none: behind a slot with method 000, unless that one is in
# another unit than the row's (an equal unit weighs e^-3).
_PRODUCTS_ONLY = 0.1
# A method field speaks of a product only when it holds the product's very name.
_METHOD_FIELD_SCORE = 0.95
# A product that the edition may list under a spelling we did not recognise: the share left for method 000.
_UNRECOGNISED_SHARE = 0.3


class MethodChooser:
    """Chooses among codes that differ only by product; never a product that the row does not name."""

    def __init__(self, proposable: Sequence[ListedCode], ended: Sequence[ListedCode]) -> None:
        products: dict[str, set[str]] = defaultdict(set)
        for listed in (*proposable, *ended):
            if listed.product and not _is_independent(listed):
                products[listed.code.measurand].add(listed.product)
        self._products = {measurand: sorted(names) for measurand, names in products.items()}
        self._matcher = ProductMatcher(sorted(set().union(*products.values())))
        self._successors: dict[Jlac11Code, set[str]] = defaultdict(set)
        by_text = {str(listed.code): listed.code for listed in proposable}
        for listed in ended:
            if listed.product and listed.successor in by_text:
                self._successors[by_text[listed.successor]].add(listed.product)
        self._match = lru_cache(maxsize=20_000)(self._match_uncached)

    def lists_products(self, measurand: str) -> bool:
        """Tell whether the edition lists any product for *measurand*."""
        return measurand in self._products

    def choose(self, reagent: str, method: str, codes: Sequence[ListedCode]) -> MethodChoices:
        """
        Return what the row's product leaves of *codes*, which differ by product only.

        Without a product: the method-000 code or another product-independent one. Where the edition lists
        products only, they are given as `METHOD_ASSUMED`, for a person to choose from.
        """
        measurand = codes[0].code.measurand
        if measurand in self._products:
            for text, least in ((reagent, 0.0), (method, _METHOD_FIELD_SCORE)):
                match = self._match(text, measurand) if text.strip() else None
                if match is not None and match[1] >= least:
                    found = self._with_product(codes, *match)
                    return MethodChoices(1.0, found) if found else self._unrecognised(codes, text, _ELSEWHERE)
            if reagent.strip():
                return self._unrecognised(codes, reagent, 1.0)
        independent = [c for c in codes if _is_independent(c)]
        if independent:
            first = min(independent, key=_unspecified_first)
            reasons = (Reason.METHOD_UNSPECIFIED,) if first.code.method == METHOD_UNSPECIFIED else ()
            return MethodChoices(1.0, ((first, 1.0, reasons, ()),))
        share = 1 / len(codes)
        return MethodChoices(_PRODUCTS_ONLY, tuple((c, share, (Reason.METHOD_ASSUMED,), ()) for c in codes))

    def _with_product(
        self, codes: Sequence[ListedCode], product: str, score: float, ambiguous: bool
    ) -> tuple[MethodChoice, ...]:
        reasons: tuple[Reason, ...] = (Reason.PRODUCT_AMBIGUOUS if ambiguous else Reason.PRODUCT_MATCHED,)
        evidence = (Evidence("method", product, "reagent"),)
        here = [c for c in codes if c.product == product]
        if not here:
            here = [c for c in codes if product in self._successors.get(c.code, ())]
            reasons = (*reasons, Reason.CODE_ENDED)
        if len(here) > 1:
            reasons = (*reasons, Reason.PRODUCT_AMBIGUOUS)
        return tuple((c, score / len(here), reasons, evidence) for c in here)

    @staticmethod
    def _unrecognised(codes: Sequence[ListedCode], text: str, fit: float) -> MethodChoices:
        evidence = (Evidence("method", text, "reagent"),)
        independent = sorted((c for c in codes if _is_independent(c)), key=_unspecified_first)[:1]
        reasons: tuple[Reason, ...] = (Reason.PRODUCT_UNRECOGNISED,)
        if independent or fit < 1:
            return MethodChoices(fit, tuple((c, _UNRECOGNISED_SHARE, reasons, evidence) for c in independent))
        share = _UNRECOGNISED_SHARE / len(codes)
        reasons = (*reasons, Reason.METHOD_ASSUMED)
        return MethodChoices(_ELSEWHERE, tuple((c, share, reasons, evidence) for c in codes))

    def _match_uncached(self, text: str, measurand: str) -> tuple[str, float, bool] | None:
        match = self._matcher.match(text, self._products[measurand])
        return None if match.score < RECOGNISED else (match.product, match.score, match.ambiguous)


def _is_independent(listed: ListedCode) -> bool:
    """Tell whether no product decides the method: 000, or 901-999 (calculated, microscopy, other)."""
    return listed.code.method == METHOD_UNSPECIFIED or listed.code.method > "900"


def _unspecified_first(listed: ListedCode) -> tuple[bool, Jlac11Code]:
    return listed.code.method != METHOD_UNSPECIFIED, listed.code
