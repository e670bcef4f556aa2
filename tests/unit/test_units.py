"""Units as hospitals write them, and the units inside reference ranges."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jlac_mapper.reading.units import canonical, quantities_in_range, result_type_in_range, result_type_of
from jlac_mapper.vocabulary import ResultType
from tests.support.words import words

SPELLINGS = {
    "g/dL": ["g/dL", "ｇ／ｄｌ", "G/DL", "g/dl(血清)", " g / dl "],
    "mg/dL": ["mg/dl", "MG/DL", "㎎/㎗", "ミリグラム/デシリットル", "mg/dl以下", "(mg/dL)"],
    "U/L": ["IU/l", "U/L", "ＩＵ／Ｌ", "lU/L", "U/L/37℃", "IU/L･37℃", "単位/L", "IU/L/37"],
    "mU/mL": ["mIU/mL", "ｍＩＵ／ｍｌ", "mlU/ml", "m IU/ml"],
    "uU/mL": ["μIU/mL", "µU/ml", "MCIU/ML"],
    "kU/L": ["KIU/L"],
    "logU/mL": ["LogIU/mL", "Log IU/ml", "log U/mL", "L.IU/mL"],
    "logcopies/mL": ["log copies/mL", "Logコピー/mL", "LogCP/mL", "LC/mL"],
    "copies/mL": ["コピー/mL", "ｺﾋﾟｰ/ml", "cp/mL"],
    "10*4/uL": [
        "×10^4/μL",
        "X10*4",
        "x10４/ul",
        "10^4/mm3",
        "×10⁴/μl",
        "万/μl",
        "万/mm3",
        "10E4/uL",
        "E4/uL",
        "*10^4",
        "104/μL",
        "x10 4/ul",
        "10の4乗/μL",
        "10000/μL",
        "10^4/cmm",
        "×104",
    ],
    "10*3/uL": ["千/μL", "×10^3", "K/μL", "10^3/ul", "1000/uL"],
    "10*2/uL": ["百/μl", "×10²/μL", "100/μL"],
    "10*6/uL": ["百万/μL", "10^6/uL", "M/uL"],
    "10*9/L": ["×10^9/L", "10E9/L"],
    "/uL": ["/mm3", "/㎣", "個/μL", "/cmm", "cells/uL"],
    "/HPF": ["/HPF", "個/HPF", "/1HPF", "個/視野", "/HPF(×400)"],
    "s": ["sec", "SEC", "秒", "Sec."],
    "min": ["min", "分", "min."],
    "min+s": ["分秒", "分・秒"],
    "%": ["％", "%(NGSP)", "パーセント", "活性%"],
    "mmol/L": ["mmol/l", "ミリモル/L", "mM"],
    "pmol/L": ["pM", "pmol/L"],
    "mmol/mol": ["mmol/mol"],
    "meq/L": ["mEq/l", "MEQ/L"],
    "COI": ["C.O.I", "C.O.I.", "cutoff index", "カットオフインデックス", "ＣＯＩ"],
    "S/CO": ["S/CO", "s/co値", "S-CO", "C.O."],
    "INR": ["INR", "PT-INR"],
    "mg/g(creat)": ["mg/gCr", "mg/g･Cr", "mg/g・CRE", "mg/gクレアチニン", "mg/g(Cr)", "mg/g.cre"],
    "g/g(creat)": ["g/gCRE", "g/g・Cr"],
    "ug/mL": ["μg/ml", "MCG/ML", "㎍/ml", "ｕg/mL"],
    "mL": ["cc", "㏄", "㎖", "ML"],
    "fL": ["fl", "ｆＬ"],
    "mg/d": ["mg/day", "mg/日", "mg/24h", "mg/24時間"],
    "mL/min/1.73m2": ["mL/min/1.73m2", "ml/分/1.73㎡", "mL/min/1.7"],
    "permil": ["‰", "パーミル"],
    "U": ["R.U.", "RU", "単位", "units"],
    "[titer]": ["倍", "ﾊﾞｲ", "希釈倍"],
    "[qualitative]": ["定性", "判定", "(-)", "陰性", "（＋）"],
    "[type]": ["型"],
    "[ratio]": ["比"],
    "[score]": ["スコア"],
    "[class]": ["クラス"],
    "[absorbance]": ["吸光度"],
    "": ["", "なし", "-", "53", "コメント参照", "M", "μ", "無し", "咽頭", "mgA/L", "x" * 500],
}


@pytest.mark.parametrize(
    ("unit", "text"), [(unit, text) for unit, texts in SPELLINGS.items() for text in texts]
)
def test_every_spelling_of_a_unit_gets_its_canonical_text(unit: str, text: str) -> None:
    assert canonical(text) == unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mg/dL", "mg/d"),
        ("ug/dL", "ug/dLRBC"),
        ("mL/min", "mL/min/1.73m2"),
        ("mg/L", "mg/g"),
        ("%", "%(JDS)"),
    ],
)
def test_units_that_look_alike_stay_apart(one: str, other: str) -> None:
    assert canonical(one)
    assert canonical(one) != canonical(other)


_UNIT_LIKE = st.text(alphabet="gmuUIL/dl10^*4%()μ秒万倍コピー比型/creatCO.・ log", max_size=14)


@given(st.one_of(st.text(max_size=40), _UNIT_LIKE))
def test_canonical_is_idempotent_and_never_raises(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("13-30 U/L", ("U/L",)),
        ("6.7～8.3(g/dL)", ("g/dL",)),
        ("M 427～570F 376～500 (×10^4/μL)", ("10*4/uL",)),
        ("M:0.65～1.07 F:0.46～0.79 mg/dL", ("mg/dL",)),
        ("0.14以下 (mg/dL)", ("mg/dL",)),
        ("10.0未満 (mIU/mL)", ("mU/mL",)),
        ("秒 10.5～13.5(秒)% 70～130(%)比 0.85～1.15", ("s", "%", "[ratio]")),
        ("陰性", ()),
        ("(-)", ()),
        ("陰性(8未満)(倍)", ("[titer]",)),
        ("C.O.I. 1.0未満", ("COI",)),
        ("1.0未満(-)(COI)", ("COI",)),
        ("クラス 0 0.10未満 (IUA/mL)", ("UA/mL",)),
        ("70-109", ()),
        ("3.3〜8.6×10³/μL", ("10*3/uL",)),
        ("158-348 x103/ul", ("10*3/uL",)),
        ("435-555万/μL", ("10*4/uL",)),
        ("mg/g(Cr) 30以下", ("mg/g(creat)",)),
        ("10.5-13.5秒", ("s",)),
        ("<1.2 Log IU/mL", ("logU/mL",)),
        ("80倍未満", ("[titer]",)),
        ("83.6-98.2fL", ("fL",)),
        ("2h 140 AM 3 PM 5", ()),
        ("[M]40-149 [F]30-117", ()),
        ("L 3.5 H 5.0", ()),
        ("1-1型 83～209", ()),
        ("比重 1.005～1.030", ()),
        ("空腹時 70～109 食後 140未満 成人 男 女", ()),
        ("(単位:mg/dL) 5～10", ("mg/dL",)),
        ("検出せず(コピー/mL)", ("copies/mL",)),
    ],
)
def test_a_reference_range_gives_its_units_in_order(text: str, units: tuple[str, ...]) -> None:
    assert quantities_in_range(text) == units


@given(
    st.one_of(st.text(max_size=120), st.text(alphabet="0123456789.～-()MF mgdL/×^4μ秒%比倍未満", max_size=60))
)
def test_reading_a_range_gives_only_canonical_units_and_never_raises(text: str) -> None:
    units = quantities_in_range(text)
    assert len(set(units)) == len(units)
    assert all(unit and canonical(unit) == unit for unit in units)
    assert isinstance(result_type_in_range(text), ResultType)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("陰性", ResultType.QUALITATIVE),
        ("(-)", ResultType.QUALITATIVE),
        ("（－）", ResultType.QUALITATIVE),
        ("検出せず", ResultType.QUALITATIVE),
        ("(1+)以下", ResultType.QUALITATIVE),
        ("陰性(8未満)(倍)", ResultType.SEMI_QUANTITATIVE),
        ("0.14以下 (mg/dL)", ResultType.QUANTITATIVE),
        ("陰性 判定基準 2.0未満(mIU/mL)", ResultType.QUANTITATIVE),
        ("1.0未満(COI)", ResultType.ANY),
        ("陰性 2.0未満", ResultType.ANY),
        ("70-109", ResultType.ANY),
        ("", ResultType.ANY),
    ],
)
def test_a_reference_range_tells_the_kind_of_value(text: str, expected: ResultType) -> None:
    assert result_type_in_range(text) is expected


def test_a_unit_tells_the_kind_of_value() -> None:
    assert result_type_of("mg/dL") is ResultType.QUANTITATIVE
    assert result_type_of("[ratio]") is ResultType.QUANTITATIVE
    assert result_type_of("[titer]") is ResultType.SEMI_QUANTITATIVE
    assert result_type_of("[qualitative]") is ResultType.QUALITATIVE
    assert result_type_of("COI") is ResultType.ANY
    assert result_type_of("") is ResultType.ANY


LISTED = words(
    """
    g/dL mg/dL u/L iu/L .10*2/uL .10*3/uL .10*4/uL .10*6/uL sec % mmol/L meq/L pg/mL ng/mL ug/mL mg/L COI
    index u/mL iu/mL miu/mL logiu/mL copies/mL g/g(creat) mg/g(creat) .
    """
)


def test_spellings_of_the_listed_units_agree_with_a_published_collection(dev_dir: Path) -> None:
    with (dev_dir / "hospital-unit-spellings.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if row and row[0] in LISTED]
    groups = {unit: [row[1] for row in rows if row[0] == unit] for unit in LISTED}
    chosen = {unit: Counter(map(canonical, texts)).most_common(1)[0][0] for unit, texts in groups.items()}
    same = {"iu/L": "u/L", "iu/mL": "u/mL"}
    owners: dict[str, set[str]] = {}
    for unit, text in chosen.items():
        owners.setdefault(text, set()).add(same.get(unit, unit))
    assert all(len(units) == 1 for units in owners.values())
    agreed = sum(canonical(text) == chosen[unit] for unit, texts in groups.items() for text in texts)
    # The rest are typing errors (md/dl), cut fields (mIU/) and texts of another unit (E.U./dL under mg/dL).
    assert agreed / len(rows) >= 0.94
