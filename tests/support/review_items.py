"""Items of review for tests, made without a store."""

from jlac_mapper.codes.jlac11 import UNCODABLE, parse
from jlac_mapper.review.model import Item, ItemState, Reading, Standing
from jlac_mapper.types import Candidate, Disposition, Hypothesis, LocalTest, MappingResult, Provenance, Reason

AST = "C20080000250000F7"
AST_PRODUCT = "C20080000250009F7"
ALT = "C20090000250000F7"

PROVENANCE = Provenance("2026-04", "0" * 64, {}, "none", 0.9, "2026-04-01", "1.0")


def item(
    row: int = 1,
    *,
    state: ItemState = ItemState.FINAL,
    code: str = AST,
    name: str = "AST(GOT)",
    local_code: str = "001",
    reasons: tuple[Reason, ...] = (Reason.EXACT_NAME,),
    question: str = "",
    by: tuple[str, ...] = ("hanako",),
    candidate: str = AST,
    **fields: str,
) -> Item:
    """Return one item; open states have no code whatever *code* says."""
    is_open = state not in (ItemState.FINAL, ItemState.ACCEPTED)
    readings = [Reading(login, code) for login in by] if state is ItemState.FINAL else []
    first, second = (*readings, None, None)[:2]
    candidates = (Candidate(parse(candidate), "AST", Hypothesis(None, True, None, {}, 1.0), (), ()),)
    mapping = MappingResult(
        Disposition.NEEDS_REVIEW, candidate, 0.75, 0.8, "AST", reasons, candidates, (), PROVENANCE
    )
    standing = Standing(state, "" if is_open else code, first, second, question=question)
    test = LocalTest(name=name, local_code=local_code, **fields)
    return Item(row, "h1", 3, row, test, mapping, reasons, "key", standing, 1)


def uncodable(row: int = 1, **fields: str) -> Item:
    """Return an item for which a person found no code."""
    return item(row, code=UNCODABLE, **fields)  # type: ignore[arg-type]  # texts of the row only
