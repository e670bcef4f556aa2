"""Stage 4: contradictions between a row and a candidate; any of them keeps the row from acceptance."""

import re
from collections.abc import Mapping, Sequence

from jlac_mapper.text import clean, nfkc
from jlac_mapper.types import Candidate, NormalizedTest, Reason, ResultType, Timing

# Confirmation tests carry the screening test's name; only their method tells them apart.
_CONFIRMATION = re.compile(
    r"[ウエェ]スタン|western|ライン?ブロット|イムノブロット|immuno ?blot|line ?blot|RIBA|INNO-?LIA"
    r"|ライン免疫|中和|抑制|確認|(?<![A-Za-z])WB(?![A-Za-z])",
    re.IGNORECASE,
)
_AMPLIFICATION = re.compile(r"PCR|核酸|(?<![A-Za-z])(?:TMA|LAMP|NAT|[RD]NA)(?![A-Za-z])", re.IGNORECASE)
_NUCLEIC_ACIDS = frozenset({"V2184", "V2256"})
# What no laboratory name holds: markup, control characters, codes, and sentences to whoever decides.
_FOREIGN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f]|[<〈][/!|]|\{\{|\[/?INST|```|--\s*$|(.)\1{19}"
    r"|(?<![A-Z0-9])[A-Z][0-9]{4}[-I]?[0-9]{4}"
    r"|答え|回答|正解|選択肢|無視|指示を|出力|確信度|受入|審査|プロンプト|管理者"
    r"|\b(?:system|assistant|human):|\b(?:assistant|instructions?|prompt|ignore|answer|respond|drop table)\b",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?:script|img|a|s|eos|bos|[a-z]+_[a-z_]+)\b", re.IGNORECASE)
_REQUEST = re.compile("依頼|オダ$|指示")  # in a folded name, without its notes
_TEST_STRIPS = frozenset({"A1006", "A1008", "A1009"})  # 定性 and 半定量 only
_TIMED_MEASURANDS = frozenset({"C4001", "C6002"})


def jlac10_agreement(test: NormalizedTest, measurand: str, analytes: Mapping[str, Sequence[str]]) -> float:
    """
    Compare the row's JLAC10 analyte with a measurand's.

    Args:
        analytes: JLAC10 analytes (first five characters) of every listed measurand.

    Returns:
        1 when it is one of the measurand's, 0 when the row has none or the measurand's are unknown, else -1.
    """
    known = analytes.get(measurand, ())
    if not test.jlac10 or not known:
        return 0.0
    return 1.0 if test.jlac10[:5] in known else -1.0


def is_other_method(test: NormalizedTest, measurand: str) -> bool:
    """
    Tell whether name or method are those of another test of the same infection.

    A confirmation test follows the screening whose name it carries; an amplification of nucleic acids is no
    search for antigens or antibodies.
    """
    if not measurand.startswith("V"):
        return False
    text = f"{test.text} {clean(test.source.method)}"
    if measurand not in _NUCLEIC_ACIDS and _AMPLIFICATION.search(text):
        return True
    return _CONFIRMATION.search(text) is not None


def is_foreign(test: NormalizedTest) -> bool:
    """Tell whether the name holds what no laboratory name does: a person reads it, whatever it says."""
    name = nfkc(test.source.name)
    if _FOREIGN.search(name):
        return True
    tag = _TAG.search(name)
    return tag is not None and name.find(">", tag.end()) >= 0


def check(
    test: NormalizedTest, candidate: Candidate, analytes: Mapping[str, Sequence[str]]
) -> tuple[Reason, ...]:
    """Return what speaks against *candidate* beyond the reasons it already carries; stable order."""
    found: list[Reason] = list(test.contradictions)
    code = candidate.code
    agreement = jlac10_agreement(test, code.measurand, analytes)
    if agreement:
        found.append(Reason.JLAC10_AGREES if agreement > 0 else Reason.JLAC10_CONFLICT)
    if test.timing is Timing.TIMED:
        found.append(Reason.TIMING_NOT_LISTED)
    elif test.timing and code.measurand in _TIMED_MEASURANDS and code.identification == "0000":
        found.append(Reason.IDENTIFICATION_ASSUMED)
    if code.measurand in _TEST_STRIPS and test.stated_type is ResultType.QUANTITATIVE:
        found.append(Reason.RESULT_TYPE_CONFLICT)
    if is_other_method(test, code.measurand):
        found.append(Reason.METHOD_CONFLICT)
    if test.unit_text:
        found.append(Reason.UNIT_UNRECOGNISED)
    if test.specimens and test.name_specimens and Reason.SPECIMEN_NOT_LISTED not in candidate.reasons:
        loose = {"blood", "whole_blood"}
        fields, words = set(test.specimens) - loose, set(test.name_specimens) - loose
        if fields and not all(_agree(fields, {word}) for word in words):
            found.append(Reason.SPECIMEN_NOT_LISTED)
    if candidate.code.is_request or any(_REQUEST.search(part.variants[0]) for part in test.parts):
        found.append(Reason.REQUEST_ROW)
    if test.result_type is ResultType.QUALITATIVE and any(q.canonical in _NUMERIC for q in test.quantities):
        found.append(Reason.RESULT_TYPE_CONFLICT)
    return tuple(found)


_NUMERIC = frozenset(
    {"g/dL", "mg/dL", "U/L", "mmol/L", "meq/L", "pg/mL", "U/mL", "mU/mL", "s", "INR", "logU/mL"}
)


def _agree(fields: set[str], words: set[str]) -> bool:
    """Tell whether a specimen field and the words in a name can speak of one specimen."""
    families = {f.split("_")[0].replace("tube", "plasma") for f in fields} & {w.split("_")[0] for w in words}
    return bool(families) or fields | words <= {"urine", "pooled_urine"}
