"""Words around product names, trade names in two scripts, and the key by which names are compared."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

from jlac_mapper.config import word_table
from jlac_mapper.csv_tables import Row, read, unique
from jlac_mapper.text import clean, fold

_NUMERAL = re.compile(r"ii(?=ifcc)|i{2,3}|(?<![a-z])iv(?![a-z])", re.IGNORECASE)  # TPII as well as TP-II
_NUMERALS = {"ii": "2", "iii": "3", "iv": "4"}
_BOTTLE = re.compile(r"[\s(]R-?[12](?:[/・,]R-?2)?\)?$", re.IGNORECASE)  # first or second reagent of a kit
_SLASH = re.compile(r"(?<![0-9A-Za-z])\s*/|/\s*(?![0-9A-Za-z])")  # between words; AG/AB keeps its own


class WordKind(StrEnum):
    """What a word of product names says: it belongs to any kit, or it makes the name another product's."""

    KIT = "kit"
    VERSION = "version"


class Naming(StrEnum):
    """How a label names an analyser: by brand and model, by the brand alone, or in either way."""

    WITH_MODEL = "with_model"
    ALONE = "alone"
    EITHER = "either"


def read_makers(path: Path) -> Mapping[str, str]:
    """
    Return folded maker -> folded name that it has today.

    Raises:
        MasterFileError: A maker without letters or listed twice, or a name of today that is no maker's.
    """
    rows = list(_lines(path, "maker", "name_now"))
    known = {row.folded("maker") for row in rows}
    found = {}
    for row in rows:
        maker, now = row.folded("maker"), row["name_now"]
        if now and fold(now) not in known:
            raise row.error(f"name_now is {now!r}, which is no maker of this table")
        found[maker] = fold(now) or maker
    return found


def read_product_words(path: Path) -> Mapping[str, WordKind]:
    """Return word of product names -> what it says. Raises MasterFileError as the reader of tables does."""
    return {row["word"]: row.word("kind", WordKind) for row in _lines(path, "word", "kind")}


def read_analysers(path: Path) -> Mapping[str, Naming]:
    """Return analyser -> how labels name it. Raises MasterFileError as the reader of tables does."""
    return {row["analyser"]: row.word("named", Naming) for row in _lines(path, "analyser", "named")}


def read_trade_names(path: Path) -> Mapping[str, str]:
    """
    Return trade name in lower case, as hospitals write it -> as official files list it.

    Raises:
        MasterFileError: A name is missing, or listed twice.
    """
    rows = unique(read(path, ("written", "listed")), "written", str.lower)
    return {row.filled("written").lower(): row.filled("listed") for row in rows}


def _lines(path: Path, word: str, *others: str) -> Iterator[Row]:
    """Yield the lines of a table whose first column, *word*, tells its lines apart as words are compared."""
    for row in unique(read(path, (word, *others)), word, fold):
        row.folded(word)
        yield row


def read_product_tables() -> None:
    """Read the shipped tables of this module. Raises MasterFileError for the first that is wrong."""
    makers()
    _product_words()
    _analysers()
    _trade_names()


@cache
def makers() -> Mapping[str, str]:
    """Return folded maker -> folded name that it has today, where products are listed under earlier ones."""
    return read_makers(word_table("makers"))


def product_words(kind: WordKind) -> tuple[str, ...]:
    """Return the words of product names that are of one kind."""
    return tuple(word for word, of in _product_words().items() if of is kind)


def analysers(naming: Naming) -> tuple[str, ...]:
    """Return the analysers that labels may name so."""
    return tuple(name for name, how in _analysers().items() if how in (naming, Naming.EITHER))


@cache
def _product_words() -> Mapping[str, WordKind]:
    return read_product_words(word_table("product_words"))


@cache
def _analysers() -> Mapping[str, Naming]:
    return read_analysers(word_table("analysers"))


@cache
def _trade_names() -> tuple[re.Pattern[str], Mapping[str, str]]:
    names = read_trade_names(word_table("trade_names"))
    return re.compile(alternatives(names), re.IGNORECASE), names


def alternatives(words: Iterable[str]) -> str:
    """Return the source of a pattern that matches any of *words*, the longest that stands there."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def product_key(text: str) -> str:
    """
    Return the folded key of a product name: spellings that a person reads as one product share one key.

    As `text.fold`, and II = Ⅱ = 2 wherever it stands, known trade names in kana. Version letters stay.
    """
    text = _SLASH.sub(" ", _BOTTLE.sub("", clean(text)))
    pattern, names = _trade_names()
    text = pattern.sub(lambda m: names[m.group().lower()], text)
    return fold(_NUMERAL.sub(lambda m: _NUMERALS[m.group().lower()], text))
