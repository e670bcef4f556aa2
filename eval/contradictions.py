"""
Does the program notice when a row contradicts itself? Seeded contradictions in rows that it accepts.

Generated rows with specimen and unit that the product accepts rightly are each given one contradiction. It
is caught when the changed row is not accepted any more. One kind lets a code end instead: the row stays as
it is, and every code of its concept ended the day before.

    python eval/contradictions.py [--count 2000]
"""

import argparse
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import Any

import parts

from jlac_mapper.codes.listed import Edition
from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.reading.dimensions import dimension
from jlac_mapper.training.generated_rows import RowGenerator, names_by_listing
from jlac_mapper.types import Disposition, LocalTest, MappingResult
from jlac_mapper.vocabulary import ResultType

TARGET = 0.95
ENDED = "every code of the item ended"
_UNITS = (
    "mg/dL",
    "g/dL",
    "U/L",
    "ng/mL",
    "pg/mL",
    "mmol/L",
    "mEq/L",
    "%",
    "秒",
    "10^3/μL",
    "10^4/μL",
    "mL/min",
    "mg/day",
    "fL",
    "℃",
    "mmHg",
    "個/HPF",
    "U/mL",
    "copies/mL",
    "mOsm/kg",
    "倍",
    "COI",
)
_NUMERIC_UNITS = ("mg/dL", "g/dL", "U/L", "ng/mL", "pg/mL", "mmol/L", "U/mL", "mIU/mL", "秒", "10^3/μL")
_QUALITATIVE_UNITS = ("(-)", "陰性/陽性", "定性", "判定", "(－)～(3+)")
_OTHER_FLUIDS = ("髄液", "胸水", "腹水", "便", "関節液", "喀痰")
_MEALS = ("食後2時間", "負荷後60分", "食後1時間", "75gOGTT 120分", "負荷後30分")
_CONFIRMATIONS = (
    "ウエスタンブロット法",
    "WB法",
    "Western blot",
    "ラインブロット法",
    "イムノブロット法",
    "確認試験",
    "中和法",
    "抑制試験",
    "RIBA",
    "INNO-LIA",
)
_ORDERS = ("依頼", "オーダ", "オーダー", "検査依頼", "(依頼)", "（オーダ）", " 依頼項目", "【依頼】")


@dataclass(frozen=True, slots=True)
class Correct:
    """A generated row of a concept that the product accepts with the right measurand."""

    test: LocalTest
    concept: str


@dataclass(frozen=True, slots=True)
class Injected:
    """A row with one contradiction of a kind."""

    kind: str
    test: LocalTest
    concept: str


class Injector:
    """Writes contradictions from what the vocabulary and the release say of a concept; seeded."""

    def __init__(self, bound: BoundRelease, seed: int) -> None:
        vocabulary = bound.vocabulary
        self._random = random.Random(seed)
        canonical = {unit.code: unit for unit in vocabulary.units if unit.code}
        self._sizes: dict[str, set[str]] = defaultdict(set)
        self._types: dict[str, set[ResultType]] = defaultdict(set)
        self._specimens: dict[str, set[str]] = defaultdict(set)
        for concept, codes in bound.by_concept(bound.release.proposable).items():
            for code in (listed.code for listed in codes):
                unit = canonical[code.unit]
                self._sizes[concept].add(_size(unit.canonical))
                self._types[concept].add(unit.result_type)
                self._specimens[concept].add(code.specimen)
        spelled = {text: unit for unit in vocabulary.units for text in (unit.name, *unit.spellings)}
        self._units = {text: spelled[text].canonical for text in _UNITS if text in spelled}
        self._concepts = vocabulary.by_key()
        self._analytes = {
            c.key: c.analytes for c in vocabulary.concepts if c.key in bound.listed and c.analytes
        }
        self.kinds: dict[str, Callable[[Correct], LocalTest | None]] = {
            "unit of another dimension": self._unit,
            "specimen of another kind": self._specimen,
            "qualitative word, numeric unit": self._qualitative_word,
            "quantitative word, qualitative unit": self._quantitative_word,
            "JLAC10 of another analyte": self._jlac10,
            "after a meal or a load": self._timing,
            "confirmation test": self._confirmation,
            "request wording": self._order,
        }

    def _unit(self, row: Correct) -> LocalTest | None:
        sizes = self._sizes[row.concept]
        other = [text for text, unit in self._units.items() if _size(unit) not in sizes]
        # Listed in a qualitative unit only: every number with a unit contradicts it.
        return replace(row.test, unit=self._random.choice(other), reference_range="") if other else None

    def _specimen(self, row: Correct) -> LocalTest:
        urine = self._specimens[row.concept] <= {"100", "130"}
        other = ("血清", "血漿", "全血", *_OTHER_FLUIDS) if urine else ("尿", "蓄尿", "尿", *_OTHER_FLUIDS)
        return replace(row.test, specimen=self._random.choice(other))

    def _qualitative_word(self, row: Correct) -> LocalTest | None:
        fitting = [
            text
            for text in _NUMERIC_UNITS
            if (unit := self._units.get(text)) and _size(unit) in self._sizes[row.concept]
        ]
        if not fitting:
            return None
        unit = self._random.choice(fitting)
        changed = replace(row.test, unit=unit, reference_range="")
        if self._random.random() < 0.5:
            return replace(changed, name=f"{changed.name}{self._random.choice(('定性', '(定性)', ' 定性'))}")
        return replace(changed, result_type="定性")

    def _quantitative_word(self, row: Correct) -> LocalTest | None:
        if ResultType.QUANTITATIVE not in self._types[row.concept]:
            return None
        unit = self._random.choice(_QUALITATIVE_UNITS)
        changed = replace(row.test, unit=unit, reference_range="")
        if self._random.random() < 0.5:
            return replace(changed, name=f"{changed.name}{self._random.choice(('定量', '(定量)', ' 定量'))}")
        return replace(changed, result_type="定量")

    def _jlac10(self, row: Correct) -> LocalTest | None:
        own = self._analytes.get(row.concept)
        others = [a for m, codes in self._analytes.items() for a in codes if own and a not in own]
        if not others:
            return None
        return replace(row.test, jlac10=f"{self._random.choice(others)}000002327101")

    def _timing(self, row: Correct) -> LocalTest | None:
        if row.concept not in ("glucose", "triglyceride"):
            return None
        meal = self._random.choice(_MEALS)
        name = self._random.choice(("{0}({1})", "{1}{0}", "{0} {1}", "{0}_{1}")).format(row.test.name, meal)
        return replace(row.test, name=name)

    def _confirmation(self, row: Correct) -> LocalTest | None:
        if self._concepts[row.concept].section != "infection":
            return None
        method = self._random.choice(_CONFIRMATIONS)
        if self._random.random() < 0.5:
            return replace(row.test, method=method)
        return replace(row.test, name=f"{row.test.name}({method})")

    def _order(self, row: Correct) -> LocalTest:
        return replace(row.test, name=row.test.name + self._random.choice(_ORDERS))

    def inject(self, rows: Sequence[Correct], count: int) -> list[Injected]:
        """
        Return *count* different contradictions, the kinds in turn as long as they find new rows.

        Raises:
            ValueError: The rows do not give as many.
        """
        sources = {kind: self._endless(rows) for kind in self.kinds}
        found: dict[Injected, None] = {}
        while sources and len(found) < count:
            for kind, source in list(sources.items())[: count - len(found)]:
                tried = (
                    Injected(kind, changed, row.concept)
                    for row in islice(source, 3 * len(rows))
                    if (changed := self.kinds[kind](row)) is not None and changed != row.test
                )
                new = next((one for one in tried if one not in found), None)
                if new is None:
                    del sources[kind]
                else:
                    found[new] = None
        if len(found) < count:
            raise ValueError(f"{len(rows)} rows give {len(found)} contradictions, not {count}")
        return list(found)

    def _endless(self, rows: Sequence[Correct]) -> Iterator[Correct]:
        while rows:
            yield from self._random.sample(rows, len(rows))


def _size(unit: str) -> str:
    """Return what a canonical unit measures; one without a dimension of its own, such as %, its text."""
    # RPR units (R.U.) are written per mL as often as alone.
    return dimension("U/mL" if unit == "U" else unit) or unit


def correct_rows(base: parts.Parts, seed: int) -> list[Correct]:
    """Return generated rows with specimen and unit that the product accepts with the right measurand."""
    generator = RowGenerator(base.bound, seed)
    listed, _ = names_by_listing(base.bound)
    rows = [row for name in listed for row in generator.listed(name, 2) if row.concept]
    rows = [row for row in rows if row.test.specimen and row.test.unit]
    answers = parts.map_all(base.pipeline(), [row.test for row in rows])
    return [
        Correct(row.test, row.concept)
        for row, answer in zip(rows, answers, strict=True)
        if answer.disposition is Disposition.ACCEPTED and answer.jlac11[:5] == row.measurand
    ]


def ended(base: parts.Parts, concepts: frozenset[str]) -> parts.Parts:
    """Return the parts with every code of some concepts, shared ones too, ended on the day before."""
    yesterday = base.bound.release.day - timedelta(days=1)
    bound_to = base.bound.binding.of

    def cut(edition: Edition) -> Edition:
        codes = tuple(
            replace(c, valid_to=yesterday)
            if c.is_valid_on(base.bound.release.day) and concepts.intersection(bound_to(c.code))
            else c
            for c in edition.codes
        )
        return replace(edition, codes=codes)

    return base.with_editions(cut)


def run(base: parts.Parts, count: int = 2_000, seed: int = 13) -> dict[str, Any]:
    """Inject *count* contradictions, a tenth of them ended codes, and report the share caught by kind."""
    rows = correct_rows(base, seed)
    injected = Injector(base.bound, seed).inject(rows, count - count // 10)
    answers = parts.map_all(base.pipeline(), [one.test for one in injected])
    # Every third concept ends, so that the others could catch its rows.
    gone = frozenset([c.key for c in base.vocabulary.concepts if c.key in base.bound.listed][::3])
    own = [row for row in rows if row.concept in gone]
    over = [
        Injected(ENDED, row.test, row.concept)
        for row in random.Random(seed).sample(own, min(len(own), count // 10))
    ]
    answers += parts.map_all(ended(base, gone).pipeline(), [one.test for one in over])
    return {"seed": seed, "correct_rows": len(rows), **report([*injected, *over], answers)}


def report(injected: Sequence[Injected], answers: Sequence[MappingResult]) -> dict[str, Any]:
    """Return the share caught, in all and by kind, the target, and what got through."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    through = []
    for one, answer in zip(injected, answers, strict=True):
        passed = answer.disposition is Disposition.ACCEPTED
        kinds[one.kind].update(rows=1, caught=not passed)
        if passed:
            through.append(
                {
                    "kind": one.kind,
                    "row": {field: text for field, text in asdict(one.test).items() if text},
                    "accepted_as": f"{answer.jlac11} {answer.standard_name}",
                }
            )
    caught = sum(counts["caught"] for counts in kinds.values())
    return {
        "caught": parts.share(caught, len(injected)),
        "target": TARGET,
        "met": caught >= TARGET * len(injected),
        "by_kind": {kind: parts.share(c["caught"], c["rows"]) for kind, c in sorted(kinds.items())},
        "got_through": through,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Inject contradictions into rows that are accepted.")
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=13)
    given = parser.parse_args()
    print(json.dumps(run(parts.load_parts(), given.count, given.seed), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
