"""The method of a code, from the reagent or instrument name alone; and methods of another test."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from jlac_mapper.codes.jlac11 import METHOD_UNSPECIFIED, Jlac11Code
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.mapping.comparisons.base import Compared, Element, Weights
from jlac_mapper.reading.products import RECOGNISED, ProductMatcher
from jlac_mapper.text import clean
from jlac_mapper.types import Evidence, Reason
from jlac_mapper.vocabulary import Concept

# Confirmation tests carry the screening test's name; only their method tells them apart.
_CONFIRMATION = re.compile(
    r"[ウエェ]スタン|western|ライン?ブロット|イムノブロット|immuno ?blot|line ?blot|RIBA|INNO-?LIA"
    r"|ライン免疫|中和|抑制|確認|(?<![A-Za-z])WB(?![A-Za-z])",
    re.IGNORECASE,
)
_AMPLIFICATION = re.compile(r"PCR|核酸|(?<![A-Za-z])(?:TMA|LAMP|NAT|[RD]NA)(?![A-Za-z])", re.IGNORECASE)
_INFECTION = "infection"


@dataclass(frozen=True, slots=True)
class MethodChoice:
    """A code, its share of the probability among the codes it competes with, and what its method says."""

    listed: ListedCode
    share: float
    compared: Compared


@dataclass(frozen=True, slots=True)
class MethodChoices:
    """What is left of the codes of one slot, and how well the slot fits the row's product (0-1)."""

    fit: float
    choices: tuple[MethodChoice, ...]


def is_other_test(concept: Concept, name: str, method: str) -> bool:
    """
    Tell whether a cleaned *name* or a row's *method* are those of another test of the same infection.

    A confirmation test follows the screening whose name it carries; an amplification of nucleic acids is no
    search for antigens or antibodies.
    """
    if concept.section != _INFECTION:
        return False
    text = f"{name} {clean(method)}"
    if not _AMPLIFICATION.search(concept.name) and _AMPLIFICATION.search(text):
        return True
    return _CONFIRMATION.search(text) is not None


class MethodComparison:
    """
    Chooses among codes that differ only by product; never a product that the row does not name.

    Args:
        proposable: Codes that may be proposed, by concept.
        ended: The release's other codes, whose products lead to their successors.
    """

    def __init__(
        self,
        proposable: Mapping[str, Sequence[ListedCode]],
        ended: Mapping[str, Sequence[ListedCode]],
        weights: Weights,
    ) -> None:
        self._weights = weights
        self._elsewhere = weights.limit("share_elsewhere")
        self._products_only = weights.limit("share_products_only")
        self._unrecognised_share = weights.limit("share_unrecognised")
        self._method_field_score = weights.limit("method_field_score")
        products: dict[str, set[str]] = defaultdict(set)
        for concept, codes in chain(proposable.items(), ended.items()):
            for listed in codes:
                if listed.product and not _is_independent(listed):
                    products[concept].add(listed.product)
        self._products = {concept: sorted(names) for concept, names in products.items()}
        self._matcher = ProductMatcher(sorted(set().union(*products.values())))
        self._successors: dict[Jlac11Code, set[str]] = defaultdict(set)
        by_text = {str(c.code): c.code for c in chain.from_iterable(proposable.values())}
        for listed in chain.from_iterable(ended.values()):
            if listed.product and listed.successor in by_text:
                self._successors[by_text[listed.successor]].add(listed.product)
        self._match = lru_cache(maxsize=20_000)(self._match_uncached)

    def lists_products(self, concept: str) -> bool:
        """Tell whether the release lists any product for *concept*."""
        return concept in self._products

    def choose(self, reagent: str, method: str, concept: str, codes: Sequence[ListedCode]) -> MethodChoices:
        """
        Return what the row's product leaves of *codes*, which differ by product only.

        Without a product: the method-000 code or another product-independent one. Where the release lists
        products only, they are given as `METHOD_ASSUMED`, for a person to choose from.
        """
        if concept in self._products:
            for text, least in ((reagent, 0.0), (method, self._method_field_score)):
                match = self._match(text, concept) if text.strip() else None
                if match is not None and match[1] >= least:
                    found = self._with_product(codes, *match)
                    if found:
                        return MethodChoices(1.0, found)
                    return self._unrecognised(codes, text, self._elsewhere)
            if reagent.strip():
                return self._unrecognised(codes, reagent, 1.0)
        independent = [c for c in codes if _is_independent(c)]
        if independent:
            first = min(independent, key=_unspecified_first)
            unspecified = first.code.method == METHOD_UNSPECIFIED
            compared = (
                self._level("unspecified", (Reason.METHOD_UNSPECIFIED,))
                if unspecified
                else self._level("independent", ())
            )
            return MethodChoices(1.0, (MethodChoice(first, 1.0, compared),))
        only = self._level("products_only", (Reason.METHOD_ASSUMED,))
        share = 1 / len(codes)
        return MethodChoices(self._products_only, tuple(MethodChoice(c, share, only) for c in codes))

    def _with_product(
        self, codes: Sequence[ListedCode], product: str, score: float, ambiguous: bool
    ) -> tuple[MethodChoice, ...]:
        reasons: tuple[Reason, ...] = (Reason.PRODUCT_AMBIGUOUS if ambiguous else Reason.PRODUCT_MATCHED,)
        level = "product_ambiguous" if ambiguous else "product"
        here = [c for c in codes if c.product == product]
        if not here:
            here = [c for c in codes if product in self._successors.get(c.code, ())]
            reasons, level = (*reasons, Reason.CODE_ENDED), "product_ended"
        if len(here) > 1:
            reasons, level = (*reasons, Reason.PRODUCT_AMBIGUOUS), "product_ambiguous"
        compared = self._level(level, reasons, "product", product)
        return tuple(MethodChoice(c, score / len(here), compared) for c in here)

    def _unrecognised(self, codes: Sequence[ListedCode], text: str, fit: float) -> MethodChoices:
        independent = sorted((c for c in codes if _is_independent(c)), key=_unspecified_first)[:1]
        reasons: tuple[Reason, ...] = (Reason.PRODUCT_UNRECOGNISED,)
        if independent or fit < 1:
            compared = self._level("product_unrecognised", reasons, "text", text)
            return MethodChoices(
                fit, tuple(MethodChoice(c, self._unrecognised_share, compared) for c in independent)
            )
        compared = self._level("product_unrecognised", (*reasons, Reason.METHOD_ASSUMED), "text", text)
        share = self._unrecognised_share / len(codes)
        return MethodChoices(self._elsewhere, tuple(MethodChoice(c, share, compared) for c in codes))

    def _level(self, level: str, reasons: tuple[Reason, ...], name: str = "", value: str = "") -> Compared:
        evidence = (Evidence(f"method.{level}", ((name, value),), "reagent"),) if name else ()
        return self._weights.compared(Element.METHOD, level, reasons, evidence)

    def _match_uncached(self, text: str, concept: str) -> tuple[str, float, bool] | None:
        match = self._matcher.match(text, self._products[concept])
        return None if match.score < RECOGNISED else (match.product, match.score, match.ambiguous)


def _is_independent(listed: ListedCode) -> bool:
    """Tell whether no product decides the method: 000, or 901-999 (calculated, microscopy, other)."""
    return listed.code.method == METHOD_UNSPECIFIED or listed.code.method > "900"


def _unspecified_first(listed: ListedCode) -> tuple[bool, Jlac11Code]:
    return listed.code.method != METHOD_UNSPECIFIED, listed.code
