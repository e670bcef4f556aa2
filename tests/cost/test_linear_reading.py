"""
What a row costs grows with its length and no faster, whatever its texts are.

Work in Python is counted in function calls and lines run, so that the outcome does not hang on the machine.
What a pattern does inside `re` cannot be counted: there a text eight times as long may take eight times
as long, and is refused at thirty times; where every place looks through the rest it takes sixty-four times.
"""

import csv
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from jlac_mapper import text
from jlac_mapper.mapping import guard
from jlac_mapper.mapping.comparisons.method import is_other_test
from jlac_mapper.mapping.search import Retriever
from jlac_mapper.reading import units
from jlac_mapper.reading.names import MOST_STRIPPED
from jlac_mapper.reading.product_words import WordKind, product_words
from jlac_mapper.reading.products import ProductMatcher
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.types import LocalTest, NormalizedTest
from jlac_mapper.vocabulary import Concept
from tests.support.shipped_release import shipped, shipped_normalizer

DATASETS = Path(__file__).parents[2] / "eval" / "datasets"
_EACH_DOUBLING = 2.2
_EIGHTFOLD = 30.0
INFECTION = Concept("hbs_antigen", "HBs抗原", "HBs antigen", section="infection")


def _of(length: int, piece: str, before: str = "", behind: str = "") -> str:
    return before + (piece * (length // len(piece) + 1))[: length - len(before) - len(behind)] + behind


def _in_kana(number: int) -> str:
    """A number in five signs of which no word that makes another test consists."""
    return "".join("ぬむゑゐ"[number >> place & 3] for place in (8, 6, 4, 2, 0))


HARD: dict[str, Callable[[int], str]] = {
    "open brackets": lambda n: _of(n, "("),
    "closed brackets": lambda n: _of(n, ")"),
    "nested brackets": lambda n: "(" * (n // 2) + ")" * (n // 2),
    "nested names": lambda n: _of(n // 2, "AST(") + ")" * (n // 8),
    "remarks": lambda n: _of(n, "(謎の)", "AST"),
    "other remarks": lambda n: "AST" + "".join(f"({_in_kana(i)})" for i in range(n // 7)),
    "qualifiers": lambda n: _of(n, "定性"),
    "qualifiers at the edge": lambda n: _of(n, "尿"),
    "mixed qualifiers": lambda n: _of(n, "血清空腹時定性CLIA法尿"),
    "qualifiers in brackets": lambda n: _of(n, "(定性)"),
    "collective words": lambda n: _of(n, "検査", behind=":AST"),
    "pieces": lambda n: _of(n, "定/"),
    "listed pieces": lambda n: _of(n, "AST/ALT/"),
    "all pieces differ": lambda n: "".join(f"血清a{i:04}/" for i in range(n // 8)),
    "marks": lambda n: _of(n, "※"),
    "marks inside": lambda n: _of(n, "※", "a", "a"),
    "stars inside": lambda n: _of(n, "*", "AST", "b"),
    "separators": lambda n: _of(n, "////"),
    "headings": lambda n: _of(n, "a:b:c:"),
    "known headings": lambda n: _of(n, "生化:", behind="K"),
    "digits": lambda n: _of(n, "1234567890"),
    "numbers": lambda n: _of(n, "1,"),
    "percents": lambda n: _of(n, "%"),
    "units": lambda n: _of(n, "mg/dL "),
    "denominators": lambda n: _of(n, "%/"),
    "kana with marks": lambda n: _of(n, "カ゛ﾊﾟ"),
    "combining marks": lambda n: _of(n, "\u0301\u0323", "a"),
    "expanding": lambda n: _of(n, "\ufdfa"),
    "long vowels": lambda n: _of(n, "アー"),
    "Greek": lambda n: _of(n, "アルファ "),
    "crosses": lambda n: _of(n, "x "),
    "tags": lambda n: _of(n, "<a"),
    "long tags": lambda n: _of(n, "a_", "<s"),
    "small vowels": lambda n: _of(n, "ウ"),
    "colons": lambda n: _of(n, ":", "a", "a"),
    "all characters differ": lambda n: "".join(chr(0x4E00 + i * 7919 % 20000) for i in range(n)),
    **{f"kit word {word}": partial(_of, piece=word, behind="x") for word in product_words(WordKind.KIT)},
}
"""Texts of a length that are made to cost more than their length."""


@pytest.fixture(scope="module")
def normalizer() -> Normalizer:
    """The reading stage over the shipped vocabulary."""
    return shipped_normalizer()


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    """The search over the shipped names, without an embedding."""
    return Retriever(shipped().vocabulary, shipped().listed)


@pytest.fixture(scope="module")
def matcher() -> ProductMatcher:
    """A few products."""
    return ProductMatcher(("シカリキッド AST", "LタイプワコーAST・J2", "ゼータ AST 測定用試薬", "コバス AST"))


def _forget() -> None:
    for cached in (text.clean, text.fold, units.canonical, units.quantities_in_range):
        cached.cache_clear()


def _steps(work: Callable[[], object]) -> int:
    """Count the functions called and the lines run by *work*."""
    count = 0

    def local(frame: FrameType, event: str, argument: Any) -> Any:  # noqa: ARG001
        nonlocal count
        count += 1
        return local

    def profile(frame: FrameType, event: str, argument: Any) -> None:  # noqa: ARG001
        nonlocal count
        count += event == "c_call"

    _forget()
    before = sys.gettrace(), sys.getprofile()
    sys.settrace(local)
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return count


def _seconds(work: Callable[[], object], tries: int = 3) -> float:
    """Return the least time of this thread, of so many tries, that *work* takes."""
    taken = []
    for _ in range(tries):
        _forget()
        start = time.thread_time()
        work()
        taken.append(time.thread_time() - start)
    return min(taken)


@pytest.mark.parametrize("kind", HARD)
def test_the_steps_of_reading_a_name_at_most_double_with_its_length(
    normalizer: Normalizer, kind: str
) -> None:
    rows = [LocalTest(HARD[kind](length)) for length in (1000, 2000, 4000)]
    steps = [_steps(partial(normalizer.normalize, row)) for row in rows]
    allowance = 500  # what a row costs whatever its length
    assert steps[1] <= _EACH_DOUBLING * steps[0] + allowance, steps
    assert steps[2] <= _EACH_DOUBLING * steps[1] + allowance, steps


@pytest.mark.parametrize("kind", HARD)
def test_what_is_read_from_a_name_grows_with_its_length(normalizer: Normalizer, kind: str) -> None:
    sizes = [len(repr(normalizer.normalize(LocalTest(HARD[kind](n))))) for n in (1000, 2000, 4000)]
    assert sizes[1] <= _EACH_DOUBLING * sizes[0]
    assert sizes[2] <= _EACH_DOUBLING * sizes[1]


@pytest.mark.parametrize("kind", HARD)
def test_no_pattern_looks_through_a_row_again_and_again(normalizer: Normalizer, kind: str) -> None:
    def read(length: int) -> None:
        hard = HARD[kind](length)
        row = LocalTest(hard, specimen=hard, unit=hard, reference_range=hard, result_type=hard, jlac10=hard)
        found: NormalizedTest = normalizer.normalize(row)
        guard.is_foreign(found)
        is_other_test(INFECTION, found.text, found.source.method)

    short, long = _seconds(lambda: read(1000)), _seconds(lambda: read(8000))
    assert long <= _EIGHTFOLD * short, (short, long)


@pytest.mark.parametrize("kind", HARD)
def test_names_are_looked_up_in_time_that_grows_with_their_length(
    normalizer: Normalizer, retriever: Retriever, kind: str
) -> None:
    def seconds(length: int) -> float:
        # What was searched before is remembered, so every try has a name of its own.
        rows = [normalizer.normalize(LocalTest(f"{n}謎{HARD[kind](length)}")) for n in range(3)]
        return min(_seconds(partial(retriever.retrieve, [row]), tries=1) for row in rows)

    short, long = seconds(1000), seconds(8000)
    assert long <= _EIGHTFOLD * short, (short, long)


@pytest.mark.parametrize("kind", HARD)
def test_a_reagent_is_compared_in_time_that_grows_with_its_length(matcher: ProductMatcher, kind: str) -> None:
    def match(length: int) -> None:
        matcher.match(HARD[kind](length), matcher.products)

    match(64)
    short, long = _seconds(lambda: match(256)), _seconds(lambda: match(2048))
    assert long <= _EIGHTFOLD * short, (short, long)


def test_no_name_of_a_real_list_holds_nearly_as_many_qualifiers_as_are_taken_out(
    normalizer: Normalizer,
) -> None:
    names = {
        row["name"]
        for file in ("lists_developed.csv", "lists_held_out.csv")
        for row in csv.DictReader((DATASETS / file).open(encoding="utf-8-sig", newline=""))
    }
    read = [normalizer.normalize(LocalTest(name)) for name in names]
    spellings = [s for row in read for part in row.parts for s in (part.variants, *part.pieces)]
    assert len(names) > 5000
    assert max(map(len, spellings)) < MOST_STRIPPED // 2


def test_no_more_qualifiers_than_that_are_taken_out(normalizer: Normalizer) -> None:
    [part] = normalizer.normalize(LocalTest("謎" + "尿" * 100)).parts
    assert part.variants[-1] == "謎" + "尿" * (100 - MOST_STRIPPED)
