"""Part of rerank: the text that our own small model reads of a row, and the code that it writes."""

import re
from itertools import pairwise

from jlac_mapper.ports import Choice, ChoiceOption
from jlac_mapper.text import clean, fold
from jlac_mapper.types import System

GENERATION_TEMPLATE = "generation-2"
"""Version of `prompt` and `target`; a model answers only in the version that it was trained with."""

MARKS = {
    "name": "Ｎ",
    "abbreviation": "Ａ",
    "kana": "Ｋ",
    "specimen": "Ｓ",
    "unit": "Ｕ",
    "reference_range": "Ｒ",
    "method": "Ｍ",
    "result_type": "Ｔ",
}
"""Full-width capitals: values are cleaned and in lower case, so none can end its field or begin another."""

ENDS = {System.JLAC11: "＝", System.JLAC10: "＃"}
"""The last mark says in which system the code is to be written."""
NOTHING = "X0000"
"""Target of "none of these"; no measurand begins with X, and every JLAC10 analyte with a digit."""

LONGEST = 60
"""Characters read of a field."""

_NUMERIC = ("unit", "reference_range")
_GAPS = re.compile(r"[^\w%+.^-]+")


def prompt(choice: Choice) -> str:
    """
    Return the row as its characters, each followed by its pair with the next one, blanks between.

    Each field is a mark and its value, the name first, and the mark of the system is last (`ENDS`): a name
    "as" with the unit "g" is Ｎ Ｎa a as s sＵ Ｕ Ｕg g g＝ ＝. Pairs, because a small model learns unseen
    names far better from them than from single characters. The options leave no trace. Values are look-up
    keys (`text.fold`) with _ for brackets and other separators; units and ranges keep their signs.
    """
    fields = (MARKS[name] + _value(name, text)[:LONGEST] for name, text in choice.fields if name in MARKS)
    return spelled_out("".join(fields) + ENDS[choice.system])


def spelled_out(row: str) -> str:
    """Return characters and pairs of a row of marks and values, the last mark once more."""
    return " ".join([*(f"{a} {a}{b}" for a, b in pairwise(row)), row[-1]])


def target(option: ChoiceOption) -> str:
    """Return what the model writes for an option: measurand and identification, C1003I0000 or 3B035I0000."""
    return f"{option.measurand}I{option.identification}" if option.measurand else NOTHING


def _value(name: str, text: str) -> str:
    cleaned = clean(text)
    if name in _NUMERIC:
        return cleaned.lower().replace(" ", "")
    return "_".join(key for part in _GAPS.split(cleaned) if (key := fold(part)))
