"""
Are measurand, identification, specimen and unit right where specimen and unit are given?

Rows are made at run time from the official 2024-09 file's result names and from the combinations that were
read of the 2025-12 edition: the name respelt, specimen and unit as hospitals write them. No reagent is
given, so the method is not scored. Nothing of the files is kept.

    python eval/resolution.py --shared ../shared/data --master starter
"""

import argparse
import csv
import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perturb import full_width, half_width, lower_case, no_blanks, other_brackets, respell
from perturb_products import answer_in_batches, plain, read_products

from jlac_mapper.codes.listed import Edition
from jlac_mapper.evaluation.scores import Answer
from jlac_mapper.ports import Mapper
from jlac_mapper.types import LocalTest

OFFICIAL_FILE = Path("official") / "ehr-share-master-202409.xlsx"
COMBINATIONS_FILE = Path("official") / "ehr-share-202512-combinations.csv"
NAME_RULES = (half_width, full_width, lower_case, no_blanks, other_brackets)

# As hospitals write the specimens and units that the official files name; what is not here stays as it is.
SPECIMENS = {
    "100": ("尿", "随時尿", "部分尿", "U-尿"),
    "130": ("蓄尿", "24時間尿", "24h蓄尿", "蓄尿(24時間)"),
    "210": ("全血", "静脈血", "全血(静脈)"),
    "212": ("EDTA全血", "EDTA-2K全血", "全血(EDTA)", "静脈血(EDTA-2K)"),
    "213": ("ヘパリン全血", "全血(ヘパリン)", "ヘパリンLi全血"),
    "214": ("クエン酸全血", "全血(クエン酸Na)"),
    "215": ("NaF全血", "全血(フッ化Na)"),
    "220": ("動脈血", "全血(動脈血)"),
    "223": ("ヘパリン動脈血", "動脈血(ヘパリン)"),
    "230": ("毛細管血", "指先血", "毛細血管血"),
    "240": ("血漿", "ﾌﾟﾗｽﾞﾏ(血漿)", "血しょう"),
    "242": ("EDTA血漿", "EDTA-2K血漿", "血漿(EDTA)", "血漿(EDTA-2Na)"),
    "243": ("ヘパリン血漿", "血漿(ヘパリン)", "ヘパリンLi血漿", "ﾍﾊﾟﾘﾝ血漿"),
    "244": ("クエン酸血漿", "血漿(クエン酸Na)", "3.2%クエン酸Na血漿", "ｸｴﾝ酸血漿"),
    "245": ("NaF血漿", "フッ化Na血漿", "血漿(NaF)"),
    "250": ("血清", "Serum", "血清(分離剤)", "血　清"),
    "275": ("ろ紙血", "血液ろ紙", "乾燥ろ紙血"),
}
UNITS = {
    "02": ("定性", "判定", "定性･判定", "(-)"),
    "05": ("比", "ratio"),
    "06": ("倍", "倍希釈"),
    "12": ("%", "％", "パーセント"),
    "21": ("/μL", "個/μL", "/uL", "/mm3"),
    "34": ("COI", "C.O.I", "C.O.I.", "ＣＯＩ"),
    "41": ("copies/mL", "コピー/mL", "Copies/ml"),
    "48": ("fmol/L", "fmol/l"),
    "55": ("g/dL", "g/dl", "ｇ／ｄｌ", "G/DL"),
    "60": ("index", "INDEX", "Index"),
    "61": ("INR", "ＩＮＲ", "inr"),
    "78": ("LogCopies/mL", "Logコピー/mL"),
    "80": ("LogIU/mL", "Log IU/ml", "LogU/mL"),
    "84": ("mg/日", "mg/day", "mg/d"),
    "85": ("mg/dL", "mg/dl", "㎎/㎗", "ｍｇ／ｄＬ", "MG/DL"),
    "87": ("mg/gCr", "mg/g・CRE", "mg/g･Cr"),
    "88": ("mg/L", "mg/l"),
    "B1": ("mmol/L", "mmol/l", "ｍｍｏｌ／Ｌ"),
    "B9": ("mIU/mL", "mIU/ml", "mU/mL"),
    "C6": ("ng/mL", "ng/ml"),
    "E3": ("pg/mL", "pg/ml", "ｐｇ／ｍｌ"),
    "F0": ("秒", "sec", "s", "SEC"),
    "F2": ("R.U.", "RU", "U"),
    "F7": ("U/L", "IU/L", "U/l", "ＩＵ／Ｌ", "IU/l(37℃)"),
    "F8": ("IU/mL", "U/mL", "IU/ml"),
    "G0": ("10^2/μL", "×10²/μL", "百/μL"),
    "G1": ("10^3/μL", "×10³/μL", "千/μL", "10*3/uL"),
    "G3": ("10^4/μL", "×10⁴/μL", "万/μL", "10*4/uL"),
    "G5": ("10^6/μL", "×10⁶/μL", "10*6/uL"),
    "H6": ("μg/mL", "ug/mL", "μg/ml", "㎍/mL"),
    "J6": ("g/gCr", "g/g・CRE", "g/g･Cr"),
    "K5": ("mmol/mol", "ｍｍｏｌ／ｍｏｌ"),
}
ELECTROLYTES = ("C7002", "C7003", "C7004")
_MILLIEQUIVALENTS = ("mEq/L", "mEq/l", "mmol/L")  # one charge an ion: the same number
_RENUMBERED = {"0001": "0000", "0002": "0000", "0003": "0000", "0004": "0000", "1299": "1336"}
VARIANTS = 2

Key = tuple[str, str, str, str]
"""Measurand, identification, specimen and unit digits."""


@dataclass(frozen=True, slots=True)
class Combination:
    """A result as a file names it: its digits, its name, and what the file calls specimen and unit."""

    key: Key
    name: str
    specimen: str
    unit: str


@dataclass(frozen=True, slots=True)
class Case:
    """A hospital's row, and the digits that a person reading it could mean."""

    test: LocalTest
    meant: frozenset[Key]


def from_official(file: Path) -> list[Combination]:
    """Read every combination of the 2024-09 file's result rows once, in file order."""
    found = (
        Combination(
            (r.code.measurand, r.code.identification, r.code.specimen, r.code.unit),
            r.name,
            r.specimen,
            r.unit,
        )
        for r in read_products(file)
    )
    return list(dict.fromkeys(found))


def from_combinations(file: Path, specimens: Collection[Combination]) -> list[Combination]:
    """Read the combinations in force of the 2025-12 edition; *specimens* say which digits a text has."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for one in specimens:
        counts[one.specimen][one.key[2]] += 1
    found = []
    with file.open(newline="", encoding="utf-8-sig") as lines:
        for line in csv.DictReader(lines):
            if line["end"] != "99999999":
                continue
            for text in filter(None, line["specimens"].split(";")):
                digits = counts[text].most_common(1)[0][0]
                key = line["measurand"], line["identification"], digits, line["unit_code"]
                found.append(Combination(key, line["item_name"], text, line["unit"]))
    return list(dict.fromkeys(found))


def make_cases(combinations: Sequence[Combination], seed: int = 11) -> list[Case]:
    """
    Write every combination as hospitals do, `VARIANTS` times; seeded by the combination itself.

    Combinations of one name, specimen and unit cannot be told apart by anyone: each is as right.
    """
    alike: dict[tuple[str, str, str], set[Key]] = defaultdict(set)
    for one in combinations:
        alike[one.name, one.key[2], one.key[3]].add(one.key)
    cases = {}
    for one in combinations:
        rng = random.Random(f"{seed}:{one}")
        for _ in range(VARIANTS):
            test = LocalTest(
                name=respell(one.name, NAME_RULES, rng, most=2)[0],
                specimen=rng.choice(SPECIMENS.get(one.key[2], (one.specimen,))),
                unit=rng.choice(_units(one)),
            )
            cases[test] = Case(test, frozenset(alike[one.name, one.key[2], one.key[3]]))
    return list(cases.values())


def _units(one: Combination) -> tuple[str, ...]:
    if one.key[0] in ELECTROLYTES and one.key[3] == "B1":
        return _MILLIEQUIVALENTS
    return UNITS.get(one.key[3], (one.unit,))


def renumbered(meant: Iterable[Key]) -> frozenset[Key]:
    """Add the digits that came after: serial results became 0000, random triglyceride 1336."""
    return frozenset(
        key
        for measurand, identification, specimen, unit in meant
        for key in (
            (measurand, identification, specimen, unit),
            (measurand, _RENUMBERED.get(identification, identification), specimen, unit),
        )
    )


def kind_of_miss(given: Key | None, meant: Collection[Key]) -> str:
    """Name the first element that is wrong, in the order measurand, specimen, unit, identification."""
    if given is None:
        return "no_code"
    left = list(meant)
    for title, place in (("measurand", 0), ("specimen", 2), ("unit", 3)):
        left = [key for key in left if key[place] == given[place]]
        if not left:
            return title
    return "identification"


def listed_keys(edition: Edition) -> frozenset[Key]:
    """Return what an edition lists: no answer can be right for a combination that is not among these."""
    codes = (listed.code for listed in edition.codes if not listed.code.is_request)
    return frozenset((code.measurand, code.identification, code.specimen, code.unit) for code in codes)


def score_cases(cases: Sequence[Case], answers: Sequence[Answer], listed: Collection[Key]) -> dict[str, Any]:
    """
    Return 12 digits + unit strictly and with current digits, over all rows and over the listed ones.

    `unlisted_accepted` are rows whose combination the master does not list and that were accepted anyway.
    """
    of_listed = right_of_listed = unlisted_accepted = 0
    strict = current = accepted = accepted_wrong = 0
    misses: Counter[str] = Counter()
    for case, answer in zip(cases, answers, strict=True):
        code = answer.code
        given = (code[:5], code[5:9], code[9:12], code[15:]) if code else None
        meant = renumbered(case.meant)
        right = given in meant
        is_listed = not meant.isdisjoint(listed)
        of_listed += is_listed
        right_of_listed += is_listed and right
        unlisted_accepted += answer.accepted and not is_listed
        strict += given in case.meant
        current += right
        accepted += answer.accepted
        accepted_wrong += answer.accepted and not right
        if not right:
            misses[kind_of_miss(given, meant) if is_listed else "not_listed"] += 1
    return {
        "rows": len(cases),
        "strict": plain(strict, len(cases)),
        "current_digits": plain(current, len(cases)),
        "current_digits_where_listed": plain(right_of_listed, of_listed),
        "accepted": plain(accepted, len(cases)),
        "unlisted_accepted": plain(unlisted_accepted, len(cases) - of_listed),
        "accepted_wrong": plain(accepted_wrong, accepted),
        "misses": dict(misses.most_common()),
    }


def data_sets(shared: Path) -> dict[str, list[Combination]]:
    """Read both sources; a file that is absent leaves its set out."""
    official = shared / OFFICIAL_FILE
    if not official.is_file():
        return {}
    found = {"official-2024-09": from_official(official)}
    if (combinations := shared / COMBINATIONS_FILE).is_file():
        found["combinations-2025-12"] = from_combinations(combinations, found["official-2024-09"])
    return found


def run(mapper: Mapper, edition: Edition, shared: Path, seed: int = 11) -> dict[str, Any]:
    """Measure a mapper of one edition on the rows of both sources."""
    listed = listed_keys(edition)
    results: dict[str, Any] = {"seed": seed}
    for title, combinations in data_sets(shared).items():
        cases = make_cases(combinations, seed)
        answers = answer_in_batches(mapper, [case.test for case in cases])
        results[title] = score_cases(cases, answers, listed)
    return results


def main() -> None:
    from jlac_mapper.bootstrap import build_app
    from jlac_mapper.config import Settings

    parser = argparse.ArgumentParser(description="Measure 12 digits and unit on rows with specimen and unit.")
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds official/")
    parser.add_argument("--master", default="", help="edition to map with")
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    app = build_app(Settings.from_env(os.environ), master=given.master)
    found = run(app.mapper, app.store.load(app.edition_info.name), given.shared, given.seed)
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
