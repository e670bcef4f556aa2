"""Stage 4: what a row says against itself, or to whoever reads it; any of it keeps it from acceptance."""

import re

from jlac_mapper.text import nfkc
from jlac_mapper.types import Candidate, NormalizedTest, Reason
from jlac_mapper.vocabulary import Concept

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


def nameless(test: NormalizedTest) -> str:
    """Return the line for a row without a name that can be read; empty for any other."""
    if test.text and test.keys:
        return ""
    found = "the name holds punctuation only" if test.text else "the row has no name"
    return f"{found}: give the test's name in the name column"


def is_foreign(test: NormalizedTest) -> bool:
    """Tell whether the name holds what no laboratory name does: a person reads it, whatever it says."""
    name = nfkc(test.source.name)
    if _FOREIGN.search(name):
        return True
    tag = _TAG.search(name)
    return tag is not None and name.find(">", tag.end()) >= 0


def contradicts_section(test: NormalizedTest, concept: Concept | None) -> bool:
    """
    Tell whether a row stands in a section in which *concept* is not measured, and gives no specimen itself.

    A row with a specimen says enough: what is filed where is a hospital's own affair.
    """
    if test.section is None or concept is None or test.source.specimen.strip():
        return False
    return not test.section.has(concept)


def check(test: NormalizedTest, candidate: Candidate) -> tuple[Reason, ...]:
    """Return what a row says against itself, beyond the reasons that *candidate* carries; stable order."""
    found: list[Reason] = list(test.contradictions)
    if test.specimens and test.name_specimens and Reason.SPECIMEN_NOT_LISTED not in candidate.reasons:
        loose = {"blood", "whole_blood"}
        fields, words = set(test.specimens) - loose, set(test.name_specimens) - loose
        if fields and not all(_agree(fields, {word}) for word in words):
            found.append(Reason.SPECIMEN_NOT_LISTED)
    if contradicts_section(test, candidate.hypothesis.concept):
        found.append(Reason.SECTION_CONFLICT)
    if candidate.code.is_request or any(_REQUEST.search(part.variants[0]) for part in test.parts):
        found.append(Reason.REQUEST_ROW)
    return tuple(found)


def _agree(fields: set[str], words: set[str]) -> bool:
    """Tell whether a specimen field and the words in a name can speak of one specimen."""
    families = {f.split("_")[0].replace("tube", "plasma") for f in fields} & {w.split("_")[0] for w in words}
    return bool(families) or fields | words <= {"urine", "pooled_urine"}
