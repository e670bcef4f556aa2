"""Part of normalize: typed facts of a row, from the qualifiers of its name and from its other fields."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

from jlac_mapper.config import word_table
from jlac_mapper.csv_tables import read, unique
from jlac_mapper.reading import units
from jlac_mapper.text import clean, fold
from jlac_mapper.types import LocalTest, Quantity, Reason
from jlac_mapper.vocabulary import Qualifier, ResultType, Timing

_NUMBERING = re.compile(r"(?<=[^0-9.+/])-?(\d{1,2})(?:回目|本目)?$")
_JLAC10 = re.compile(r"[0-9][A-Z][0-9]{3}[0-9]{4}[0-9]{3}[0-9]{3}(?:[0-9]{2})?")


class Facts:
    """What is collected while a name is taken apart."""

    def __init__(self) -> None:
        self.specimens: list[str] = []
        self.quantities: list[Quantity] = []
        self.methods: list[str] = []
        self.notes: list[str] = []
        self.remark = ""
        self.result_type = ResultType.ANY
        self.timing = Timing.ANY
        self.result_types: set[ResultType] = set()
        self.timings: set[Timing] = set()

    def take(self, qualifier: Qualifier, written: str) -> None:
        """Keep what a qualifier says; *written* is its text in the name."""
        if qualifier.kind == "specimen":
            self.specimens.append(qualifier.value)
        elif qualifier.kind == "result_type":
            kind = ResultType(qualifier.value)
            # 定量判定 is the reading of a quantitative test, no contradiction; nor does 判定 outdo 定量.
            if "判定" in written:
                self.result_type = self.result_type or kind
            else:
                self.result_type = kind or self.result_type
                self.result_types.add(kind)
        elif qualifier.kind == "timing":
            self.timing = Timing(qualifier.value)
            self.timings.add(self.timing)
        elif qualifier.kind == "method":
            self.methods.append(written)
        else:
            self.notes.append(written)


def result_type(test: LocalTest, facts: Facts, quantities: tuple[Quantity, ...]) -> ResultType:
    """Name first, then the result-type field, then the unit, then the shape of the reference range."""
    if facts.result_type:
        return facts.result_type
    if declared := declared_type(test):
        return declared
    for quantity in quantities:
        if kind := units.result_type_of(quantity.canonical):
            return kind
    return units.result_type_in_range(test.reference_range)


def declared_type(test: LocalTest) -> ResultType:
    """Return what the result-type field says, ANY for an empty or unknown one."""
    return _declared(test.result_type) if test.result_type else ResultType.ANY


@lru_cache(maxsize=1024)  # a list repeats the same few
def _declared(text: str) -> ResultType:
    return result_type_words().get(fold(text), ResultType.ANY)


@cache
def result_type_words() -> Mapping[str, ResultType]:
    """Return folded word of a result-type field -> what it says, of the shipped table."""
    return read_result_types(word_table("result_types"))


def read_result_types(path: Path) -> Mapping[str, ResultType]:
    """
    Return folded word of a result-type field -> what it says, of a table of such words.

    Raises:
        MasterFileError: A line gives no word, no result type, or a word that stands already.
    """
    kinds = [kind.value for kind in ResultType if kind]
    return {
        row.folded("word"): ResultType(row.one_of("result_type", kinds))
        for row in unique(read(path, ("word", "result_type")), "word", fold)
    }


def contradictions(test: LocalTest, facts: Facts, in_field: Sequence[Quantity]) -> tuple[Reason, ...]:
    """Return what a row says against itself; *in_field* is the unit of its unit field."""
    found = []
    kinds = facts.result_types | {declared_type(test)}
    if {ResultType.QUALITATIVE, ResultType.QUANTITATIVE} <= kinds:
        found.append(Reason.RESULT_TYPE_CONFLICT)
    if len(facts.timings) > 1:
        found.append(Reason.TIMING_NOT_LISTED)
    in_name = {q.canonical for q in facts.quantities}
    if in_name and in_field and not in_name & {q.canonical for q in in_field}:
        found.append(Reason.UNIT_CONFLICT)
    return tuple(found)


def numbering(name: str) -> str:
    """Return a trailing number of a cleaned name, brackets aside; empty when there is none."""
    match = _NUMBERING.search(re.sub(r"\([^()]*\)", "", name).strip())
    return match.group(1) if match else ""


def read_jlac10(text: str) -> str:
    """Return a JLAC10 code of 15 or 17 characters without separators; empty when *text* is none."""
    match = _JLAC10.fullmatch(re.sub(r"[-\s]", "", clean(text)).upper())
    return match.group() if match else ""
