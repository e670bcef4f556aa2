"""
Is the product found in a label worded as on a box or a package insert? Rows made at run time.

Every result row of the official 2024-09 layout becomes a hospital's row whose reagent field is a long
label: the listed product's name between what boxes, inserts and purchase lists print beside it (class of
device, maker, analysers, purpose, catalogue and approval numbers, volumes, edition of the insert), in
varied order. A second set is worded as package inserts begin: the general name in front of the trade name,
the company behind it, the insert's edition at the end. The same rows without a reagent must get no product
at all. Nothing of the file is kept.

    python eval/kit_labels.py --master-file FILE.xlsx --master NAME
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from insert_labels import insert_label
from perturb import BRANDS, MAKERS, full_width, half_width, lower_case, more_blanks
from perturb_products import (
    Case,
    ProductRow,
    answer_in_batches,
    main_of,
    plain,
    read_products,
    score_cases,
    siblings,
)

from jlac_mapper.evaluation.scores import Answer
from jlac_mapper.ports import Mapper
from jlac_mapper.types import LocalTest, MapOptions

PLATFORMS = (
    "コバス8000",
    "cobas 8000",
    "cobas pro",
    "cobas e801",
    "コバス6000",
    "ARCHITECT",
    "ARCHITECT i2000SR",
    "アーキテクト",
    "アーキテクトci4100",
    "アリニティ",
    "Alinity i",
    "アリニティc",
    "ルミパルス L2400",
    "ルミパルスG1200",
    "LUMIPULSE G600II",
    "HISCL-5000",
    "HISCL-800",
    "BM6050",
    "JCA-BM8060",
    "BM9130/BM6070",
    "TBA-nx360",
    "TBA-120FR",
    "TBA-FX8",
    "LABOSPECT 008",
    "LABOSPECT006",
    "日立7180形",
    "7700シリーズ",
    "ディメンション EXL200",
    "ディメンション",
    "AU5800",
    "AU680",
    "DxC700 AU",
    "ビトロス XT7600",
    "ビトロス5600",
    "CS-5100",
    "CN-6000",
    "CP3000",
    "コアプレスタ2000",
    "AIA-CL2400",
    "アキュラシード",
    "アテリカ CH930",
    "Atellica IM1600",
    "μTASWako i30",
    "C8000",
    "クリナライザ",
    "富士ドライケム NX500",
    "3500",
)
"""Analysers as purchase lists and inserts name them."""

_CLASSES = ("体外診断用医薬品", "【体外診断用医薬品】", "体外診断薬", "(体外診断用医薬品)", "IVD")
_PURPOSES = ("測定用", "活性測定用", "測定キット", "検出用", "定量用", "キット")
_COMPANY = ("{}", "{}", "{}株式会社", "株式会社{}", "{}(株)", "製造販売元：{}株式会社", "【{}】", "販売元 {}")
_FOR = ("({}用)", "({})", "{}用", "{}専用", "〈{}用〉", "【適用機種】{}", "for {}", "{}", "/{}", "※{}対応")
_QUOTED = ("{}", "{}", "{}", "〈{}〉", "「{}」", "『{}』", "販売名：{}", "販売名 {}", "【{}】", "＜{}＞")
_OF_KIT = (
    "{} 測定キット",
    "{}キット",
    "{} キット(自動分析装置用)",
    "{}(自動分析用)",
    "{} 試薬セット",
    "{} 測定試薬",
    "自動分析装置用試薬 {}",
    "{} 専用試薬",
    "{} 試薬",
    "{}(汎用自動分析装置用)",
)
LabelMaker = Callable[[ProductRow, random.Random], tuple[str, tuple[str, ...]]]
"""Writes a label around a row's product: the label, and the parts that it consists of beside the name."""

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def kit_label(row: ProductRow, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Return a label around the row's product, and the parts that it consists of beside the name."""
    name = rng.choice(_QUOTED).format(row.product)
    parts: dict[str, str] = {}
    analyser = row.code.method > "500"
    if rng.random() < 0.4 and not analyser:
        name, parts["kit_word"] = rng.choice(_OF_KIT).format(name), ""
    wanted = rng.sample(tuple(_DETAILS), rng.randint(1, 4))
    before: list[str] = []
    after: list[str] = []
    for title in wanted:
        if title in ("analyser", "volume", "purpose", "kit_edition") and analyser:
            continue  # an analyser is not for another one, and comes in no bottles
        detail = _DETAILS[title](row, rng)
        parts[title] = detail
        (before if rng.random() < _LEADS.get(title, 0.3) else after).append(detail)
    separator = rng.choice((" ", " ", "\u3000", "  ", " / ", "・", "，", ""))
    label = separator.join((*before, name, *after)) if separator else _closely(before, name, after)
    if rng.random() < 0.4:
        label = rng.choice((half_width, full_width, more_blanks, lower_case))(label)
    return label, tuple(sorted(parts)) or ("name_only",)


def _closely(before: Sequence[str], name: str, after: Sequence[str]) -> str:
    """Write without separators, apart from where two words in Latin letters or digits would run together."""
    return re.sub(
        "(?<=[A-Za-z0-9Ａ-Ｚ０-９])\0(?=[A-Za-z0-9Ａ-Ｚ０-９])", " ", "\0".join((*before, name, *after))
    ).replace("\0", "")


def _class(_: ProductRow, rng: random.Random) -> str:
    return rng.choice(_CLASSES)


def _maker(row: ProductRow, rng: random.Random) -> str:
    known = [maker for brand, maker in BRANDS.items() if brand in row.product]
    named = [maker for maker in MAKERS if maker in row.product]
    return rng.choice(_COMPANY).format((named or known or [rng.choice(MAKERS)])[0])


def _analyser(_: ProductRow, rng: random.Random) -> str:
    return rng.choice(_FOR).format("/".join(rng.sample(PLATFORMS, rng.choice((1, 1, 1, 2)))))


def _purpose(row: ProductRow, rng: random.Random) -> str:
    result = re.sub(r"[(（].*", "", row.name)
    return rng.choice(("{}", "({})", "{}")).format(result + rng.choice(_PURPOSES))


def _catalogue(_: ProductRow, rng: random.Random) -> str:
    number = rng.choice(
        (
            f"{rng.randint(10_000_000, 99_999_999):08d}",
            f"{rng.randint(100, 999)}-{rng.randint(10_000, 99_999)}",
            f"{rng.choice(_LETTERS)}{rng.choice(_LETTERS)}{rng.randint(100, 999)}{rng.choice(_LETTERS)}",
            f"{rng.randint(1, 9)}{rng.choice(_LETTERS)}{rng.randint(10, 99)}-{rng.randint(10, 99)}",
        )
    )
    return rng.choice(
        ("REF {}", "Cat.No.{}", "コードNo. {}", "製品番号：{}", "品番 {}", "(カタログ番号 {})")
    ).format(number)


def _approval(_: ProductRow, rng: random.Random) -> str:
    year, number = rng.randint(201, 231), rng.randint(100, 999)
    return rng.choice(
        (
            f"承認番号 {year}00AMX00{number}000",
            f"認証番号：{year}ADEZX00{number}000",
            f"届出番号 13A1X00{number}00{number}",
        )
    )


def _volume(_: ProductRow, rng: random.Random) -> str:
    first, second = rng.choice((8, 15, 20, 40, 60, 250, 500)), rng.choice((5, 10, 20, 50))
    return rng.choice(
        (
            f"R1 {first}mL×2",
            f"R-1:{first}mL×2 R-2:{second}mL×2",
            f"R1 {first} mL x {second}",
            f"{first}mL×4本",
            f"{first * 10}テスト",
            f"{second * 10}回用",
            f"({first}mL×2,{second}mL×2)",
            f"{second}0T",
            f"R1:{first}ml R2:{second}ml",
            f"{second}0テスト×2",
        )
    )


def _kit_edition(_: ProductRow, rng: random.Random) -> str:
    year, month, count = rng.randint(2015, 2024), rng.randint(1, 12), rng.randint(2, 9)
    return rng.choice(
        (
            f"**{year}年{month}月改訂(第{count}版)",
            f"第{count}版",
            f"({year}.{month}改訂)",
            f"{year}年{month}月作成(第1版)",
        )
    )


def _storage(_: ProductRow, rng: random.Random) -> str:
    return rng.choice(("2～10℃保存", "貯法:2-8℃", "冷蔵", "【冷所保存】", "2〜8℃ 遮光"))


_DETAILS = {
    "class": _class,
    "maker": _maker,
    "analyser": _analyser,
    "purpose": _purpose,
    "catalogue": _catalogue,
    "approval": _approval,
    "volume": _volume,
    "kit_edition": _kit_edition,
    "storage": _storage,
}
_LEADS = {"class": 0.8, "maker": 0.7, "purpose": 0.4, "catalogue": 0.2, "volume": 0.0}
"""How often a detail stands before the name; 0.3 where nothing is said."""


def make_cases(
    rows: Sequence[ProductRow], seed: int = 11, label_of: LabelMaker = kit_label, kind: str = "kit"
) -> list[Case]:
    """Write a label for every row; the same seed gives the same cases whatever the other rows are."""
    cases = []
    for row in rows:
        label, parts = label_of(row, random.Random(f"{seed}:{kind}:{row.code}:{row.product}"))
        test = LocalTest(name=row.name, specimen=row.specimen, unit=row.unit, reagent=label)
        cases.append(Case(row, test, parts))
    return cases


def without_reagent(rows: Sequence[ProductRow]) -> list[LocalTest]:
    """Return the rows as a hospital that gives no reagent has them, each once."""
    return list(dict.fromkeys(LocalTest(name=r.name, specimen=r.specimen, unit=r.unit) for r in rows))


def product_figures(
    cases: Sequence[Case], answers: Sequence[Answer], alike: Mapping[str, frozenset[str]]
) -> dict[str, Any]:
    """Count the answers with the product's own method digits, and those with another product's."""
    reached = other = 0
    for case, given in zip(cases, answers, strict=True):
        if given.code[12:15] in {code[12:15] for code in alike[str(case.row.code)]}:
            reached += 1
        else:
            other += _names_product(given.code)
    return {"product_reached": plain(reached, len(cases)), "another_product": plain(other, len(cases))}


def run(mapper: Mapper, file: Path, seed: int = 11) -> dict[str, Any]:
    """
    Measure a mapper on the whole file, with labels of both kinds and without any reagent.

    `inserts` are the figures of labels that begin as package inserts do. `invented` counts proposed codes
    whose method digits name a product (001-900) though none was given; `offered` rows where such codes are
    only listed for a person to choose from.
    """
    rows = read_products(file)
    alike = siblings(rows)
    figures = []
    for label_of, kind in ((kit_label, "kit"), (insert_label, "insert")):
        cases = make_cases(rows, seed, label_of, kind)
        answers = answer_in_batches(mapper, [case.test for case in cases])
        figures.append(score_cases(cases, answers, alike) | product_figures(cases, answers, alike))
    bare = without_reagent(rows)
    mappings = mapper.map_batch(bare, MapOptions(top_k=5))
    proposed = [m for m in mappings if _names_product(m.jlac11 or "")]
    offered = [
        m for m in mappings if not m.jlac11 and m.candidates and _names_product(str(m.candidates[0].code))
    ]
    return {
        "seed": seed,
        **figures[0],
        "inserts": figures[1],
        "without_reagent": {
            "invented": plain(len(proposed), len(bare)),
            "offered": plain(len(offered), len(bare)),
        },
    }


def _names_product(code: str) -> bool:
    return "000" < code[12:15] <= "900"


if __name__ == "__main__":
    main_of(run, __doc__)
