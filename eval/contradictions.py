"""
Does the program notice when a row contradicts itself? Seeded contradictions in rows that it accepts.

Generated rows with specimen and unit that the product accepts rightly are each given one contradiction. It
is caught when the changed row is not accepted any more. One kind lets a code end instead: the row stays as
it is, and every code of its measurand ended the day before.

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

from jlac_mapper.dimensions import dimension
from jlac_mapper.training.generated_rows import RowGenerator
from jlac_mapper.types import Disposition, Edition, LocalTest, Mapping, ResultType, Vocabulary

TARGET = 0.95
ENDED = "every code of the item ended"
_UNITS = (
    "mg/dL", "g/dL", "U/L", "ng/mL", "pg/mL", "mmol/L", "mEq/L", "%", "秒", "10^3/μL", "10^4/μL", "mL/min",
    "mg/day", "fL", "℃", "mmHg", "個/HPF", "U/mL", "copies/mL", "mOsm/kg", "倍", "COI",
)  # fmt: skip
_NUMERIC_UNITS = ("mg/dL", "g/dL", "U/L", "ng/mL", "pg/mL", "mmol/L", "U/mL", "mIU/mL", "秒", "10^3/μL")
_QUALITATIVE_UNITS = ("(-)", "陰性/陽性", "定性", "判定", "(－)～(3+)")
_OTHER_FLUIDS = ("髄液", "胸水", "腹水", "便", "関節液", "喀痰")
_MEALS = ("食後2時間", "負荷後60分", "食後1時間", "75gOGTT 120分", "負荷後30分")
_CONFIRMATIONS = (
    "ウエスタンブロット法", "WB法", "Western blot", "ラインブロット法", "イムノブロット法", "確認試験",
    "中和法", "抑制試験", "RIBA", "INNO-LIA",
)  # fmt: skip
_ORDERS = ("依頼", "オーダ", "オーダー", "検査依頼", "(依頼)", "（オーダ）", " 依頼項目", "【依頼】")


@dataclass(frozen=True, slots=True)
class Correct:
    """A generated row that the product accepts with the right measurand."""

    test: LocalTest
    measurand: str


@dataclass(frozen=True, slots=True)
class Injected:
    """A row with one contradiction of a kind."""

    kind: str
    test: LocalTest
    measurand: str


class Injector:
    """Writes contradictions from what the vocabulary and the edition say of a measurand; seeded."""

    def __init__(self, vocabulary: Vocabulary, edition: Edition, seed: int) -> None:
        self._random = random.Random(seed)
        canonical = {unit.code: unit for unit in vocabulary.units if unit.code}
        self._sizes: dict[str, set[str]] = defaultdict(set)
        self._types: dict[str, set[ResultType]] = defaultdict(set)
        self._specimens: dict[str, set[str]] = defaultdict(set)
        for listed in edition.codes:
            code, unit = listed.code, canonical[listed.code.unit]
            self._sizes[code.measurand].add(_size(unit.canonical))
            self._types[code.measurand].add(unit.result_type)
            self._specimens[code.measurand].add(code.specimen)
        spelled = {text: unit for unit in vocabulary.units for text in (unit.name, *unit.spellings)}
        self._units = {text: spelled[text].canonical for text in _UNITS if text in spelled}
        self._analytes = {m.code: m.jlac10 for m in vocabulary.measurands if m.jlac10}
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
        sizes = self._sizes[row.measurand]
        other = [text for text, unit in self._units.items() if _size(unit) not in sizes]
        # Listed in a qualitative unit only: every number with a unit contradicts it.
        return replace(row.test, unit=self._random.choice(other), reference_range="") if other else None

    def _specimen(self, row: Correct) -> LocalTest:
        urine = self._specimens[row.measurand] <= {"100", "130"}
        other = ("血清", "血漿", "全血", *_OTHER_FLUIDS) if urine else ("尿", "蓄尿", "尿", *_OTHER_FLUIDS)
        return replace(row.test, specimen=self._random.choice(other))

    def _qualitative_word(self, row: Correct) -> LocalTest | None:
        fitting = [
            text
            for text in _NUMERIC_UNITS
            if (unit := self._units.get(text)) and _size(unit) in self._sizes[row.measurand]
        ]
        if not fitting:
            return None
        unit = self._random.choice(fitting)
        changed = replace(row.test, unit=unit, reference_range="")
        if self._random.random() < 0.5:
            return replace(changed, name=f"{changed.name}{self._random.choice(('定性', '(定性)', ' 定性'))}")
        return replace(changed, result_type="定性")

    def _quantitative_word(self, row: Correct) -> LocalTest | None:
        if ResultType.QUANTITATIVE not in self._types[row.measurand]:
            return None
        unit = self._random.choice(_QUALITATIVE_UNITS)
        changed = replace(row.test, unit=unit, reference_range="")
        if self._random.random() < 0.5:
            return replace(changed, name=f"{changed.name}{self._random.choice(('定量', '(定量)', ' 定量'))}")
        return replace(changed, result_type="定量")

    def _jlac10(self, row: Correct) -> LocalTest | None:
        own = self._analytes.get(row.measurand)
        others = [a for m, codes in self._analytes.items() for a in codes if own and a not in own]
        if not others:
            return None
        return replace(row.test, jlac10=f"{self._random.choice(others)}000002327101")

    def _timing(self, row: Correct) -> LocalTest | None:
        if row.measurand not in ("C4001", "C6002"):
            return None
        meal = self._random.choice(_MEALS)
        name = self._random.choice(("{0}({1})", "{1}{0}", "{0} {1}", "{0}_{1}")).format(row.test.name, meal)
        return replace(row.test, name=name)

    def _confirmation(self, row: Correct) -> LocalTest | None:
        if not row.measurand.startswith("V"):
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
                    Injected(kind, changed, row.measurand)
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
    generator = RowGenerator(base.vocabulary, base.starter_edition, seed)
    rows = [row for name in base.vocabulary.names for row in generator.listed(name, 2) if row.measurand]
    rows = [row for row in rows if row.test.specimen and row.test.unit]
    answers = parts.map_all(base.pipeline(), [row.test for row in rows])
    return [
        Correct(row.test, row.measurand)
        for row, answer in zip(rows, answers, strict=True)
        if answer.disposition is Disposition.ACCEPTED and answer.jlac11[:5] == row.measurand
    ]


def ended(base: parts.Parts, measurands: frozenset[str]) -> parts.Parts:
    """Return the parts with every code of some measurands ended on the day before."""
    yesterday = base.day - timedelta(days=1)

    def cut(edition: Edition) -> Edition:
        codes = tuple(
            replace(c, valid_to=yesterday) if c.code.measurand in measurands else c for c in edition.codes
        )
        return replace(edition, codes=codes)

    return replace(base, edition=cut(base.edition), starter_edition=cut(base.starter_edition))


def run(base: parts.Parts, count: int = 2_000, seed: int = 13) -> dict[str, Any]:
    """Inject *count* contradictions, a tenth of them ended codes, and report the share caught by kind."""
    rows = correct_rows(base, seed)
    injected = Injector(base.vocabulary, base.starter_edition, seed).inject(rows, count - count // 10)
    answers = parts.map_all(base.pipeline(), [one.test for one in injected])
    # Every third measurand ends, so that the others could catch its rows.
    codes = frozenset(m.code for m in base.vocabulary.measurands[::3])
    own = [row for row in rows if row.measurand in codes]
    over = [
        Injected(ENDED, row.test, row.measurand)
        for row in random.Random(seed).sample(own, min(len(own), count // 10))
    ]
    answers += parts.map_all(ended(base, codes).pipeline(), [one.test for one in over])
    return {"seed": seed, "correct_rows": len(rows), **report([*injected, *over], answers)}


def report(injected: Sequence[Injected], answers: Sequence[Mapping]) -> dict[str, Any]:
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
