"""Part of normalize: typed facts of a row, from the qualifiers of its name and from its other fields."""

import re
from collections.abc import Sequence
from functools import lru_cache

from jlac_mapper.reading import units
from jlac_mapper.text import clean, fold
from jlac_mapper.types import LocalTest, Quantity, Reason
from jlac_mapper.vocabulary import Qualifier, ResultType, Timing

_NUMBERING = re.compile(r"(?<=[^0-9.+/])-?(\d{1,2})(?:回目|本目)?$")
_JLAC10 = re.compile(r"[0-9][A-Z][0-9]{3}[0-9]{4}[0-9]{3}[0-9]{3}(?:[0-9]{2})?")
_RESULT_TYPE_WORDS = {
    "定性": ResultType.QUALITATIVE, "判定": ResultType.QUALITATIVE, "文字": ResultType.QUALITATIVE,
    "コド": ResultType.QUALITATIVE, "コド型": ResultType.QUALITATIVE, "qualitative": ResultType.QUALITATIVE,
    "文字列": ResultType.QUALITATIVE, "文字型": ResultType.QUALITATIVE, "テキスト": ResultType.QUALITATIVE,
    "選択": ResultType.QUALITATIVE, "選択肢": ResultType.QUALITATIVE, "qual": ResultType.QUALITATIVE,
    "text": ResultType.QUALITATIVE, "string": ResultType.QUALITATIVE, "alpha": ResultType.QUALITATIVE,
    "coded": ResultType.QUALITATIVE, "code": ResultType.QUALITATIVE, "nominal": ResultType.QUALITATIVE,
    "半定量": ResultType.SEMI_QUANTITATIVE, "semiquantitative": ResultType.SEMI_QUANTITATIVE,
    "semiquant": ResultType.SEMI_QUANTITATIVE, "力価": ResultType.SEMI_QUANTITATIVE,
    "titer": ResultType.SEMI_QUANTITATIVE, "titre": ResultType.SEMI_QUANTITATIVE,
    "定量": ResultType.QUANTITATIVE, "数値": ResultType.QUANTITATIVE, "数値型": ResultType.QUANTITATIVE,
    "数字": ResultType.QUANTITATIVE, "pq": ResultType.QUANTITATIVE, "quantitative": ResultType.QUANTITATIVE,
    "numeric": ResultType.QUANTITATIVE, "quant": ResultType.QUANTITATIVE, "number": ResultType.QUANTITATIVE,
    "数量": ResultType.QUANTITATIVE, "整数": ResultType.QUANTITATIVE, "小数": ResultType.QUANTITATIVE,
    "実数": ResultType.QUANTITATIVE, "n": ResultType.QUANTITATIVE, "num": ResultType.QUANTITATIVE,
    "nm": ResultType.QUANTITATIVE, "qn": ResultType.QUANTITATIVE,
}  # fmt: skip


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
    return _RESULT_TYPE_WORDS.get(fold(text), ResultType.ANY)


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
