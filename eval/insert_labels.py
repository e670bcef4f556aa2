"""
Labels worded as package inserts begin: general name, trade name, company and edition, in varied order.

The general names are composed here, in the manner of official ones, from an analyte's name, a principle or a
purpose, and キット or 試薬.
"""

import random
import re

from perturb import BRANDS, MAKERS, full_width, half_width, lower_case, more_blanks
from perturb_products import ProductRow

_ANALYTES = {
    "A1006": ("尿蛋白", "総蛋白"),
    "A1008": ("尿糖", "グルコース"),
    "A1009": ("尿潜血", "ヘモグロビン"),
    "A1020": ("アルブミン・クレアチニン比", "尿中アルブミン"),
    "A1021": ("尿蛋白", "蛋白・クレアチニン比"),
    "B1001": ("赤血球数",),
    "B1002": ("白血球数",),
    "B1003": ("血小板数",),
    "B1004": ("ヘモグロビン",),
    "B2003": ("活性化部分トロンボプラスチン時間",),
    "B2006": ("プロトロンビン時間",),
    "B2019": ("Dダイマー", "フィブリン分解産物Dダイマー"),
    "B3009": ("グリコヘモグロビンA1c", "ヘモグロビンA1c"),
    "C1002": ("総蛋白", "総タンパク"),
    "C1003": ("アルブミン", "血清アルブミン"),
    "C2001": ("クレアチンキナーゼ",),
    "C2008": ("アスパラギン酸アミノトランスフェラーゼ",),
    "C2011": ("アラニンアミノトランスフェラーゼ",),
    "C2012": ("乳酸脱水素酵素", "乳酸デヒドロゲナーゼ"),
    "C2017": ("アルカリ性ホスファターゼ", "アルカリホスファターゼ"),
    "C2024": ("γ-グルタミルトランスフェラーゼ", "ガンマグルタミルトランスペプチダーゼ"),
    "C2028": ("コリンエステラーゼ",),
    "C2042": ("α-アミラーゼ", "アミラーゼ"),
    "C3002": ("クレアチニン",),
    "C3003": ("シスタチンC",),
    "C3004": ("尿酸",),
    "C3005": ("尿素窒素",),
    "C4001": ("グルコース", "ブドウ糖"),
    "C6002": ("トリグリセライド", "中性脂肪"),
    "C6005": ("総コレステロール", "コレステロール"),
    "C6008": ("高比重リポ蛋白コレステロール", "HDL-コレステロール"),
    "C6011": ("低比重リポ蛋白コレステロール", "LDL-コレステロール"),
    "C7002": ("ナトリウム",),
    "C7003": ("カリウム",),
    "C7004": ("クロール", "クロライド"),
    "C7006": ("カルシウム",),
    "C8011": ("総ビリルビン", "ビリルビン"),
    "C8012": ("直接ビリルビン", "抱合型ビリルビン"),
    "E3019": ("C反応性蛋白", "C反応性タンパク"),
    "H8039": ("脳性ナトリウム利尿ペプチド", "ヒト脳性ナトリウム利尿ペプチド"),
    "H8040": ("ヒト脳性ナトリウム利尿ペプチド前駆体N端フラグメント",),
    "K1001": ("ABO式血液型",),
    "K1006": ("Rh式血液型",),
    "V1055": ("梅毒脂質抗体", "梅毒抗カルジオリピン抗体"),
    "V1061": ("梅毒トレポネーマ抗体", "抗トレポネーマ・パリダム抗体"),
    "V2010": ("B型肝炎ウイルス表面抗原", "HBs抗原"),
    "V2011": ("B型肝炎ウイルス表面抗体", "HBs抗体"),
    "V2168": ("C型肝炎ウイルス抗体", "HCV抗体"),
    "V2169": ("C型肝炎ウイルス抗体",),
    "V2171": ("C型肝炎ウイルスコア蛋白", "C型肝炎ウイルス抗原"),
    "V2184": ("C型肝炎ウイルス核酸",),
    "V2252": ("ヒト免疫不全ウイルス1+2型抗体及び抗原", "HIV抗原・抗体"),
    "V2253": ("ヒト免疫不全ウイルス1型抗体",),
    "V2256": ("ヒト免疫不全ウイルス核酸", "HIV-1核酸"),
    "V2257": ("ヒト免疫不全ウイルス2型抗体",),
    "V2259": ("ヒト免疫不全ウイルス1+2型抗体", "ヒト免疫不全ウイルスⅠ・Ⅱ抗体"),
    "V2263": ("ヒト免疫不全ウイルス抗原・抗体", "HIV-1/2抗体及びp24抗原"),
}
"""What an insert's general name calls the analyte of a measurand; of others it is the result's name."""

_GENERAL = (
    "{a}キット",
    "{a}キット",
    "血液検査用{a}キット",
    "血液検査用 {a} キット",
    "免疫血清検査用 {a} キット",
    "生化学検査用 {a}キット",
    "尿検査用{a}キット",
    "血液凝固検査用{a}キット",
    "自動分析装置用 {a}測定試薬",
    "自動分析装置用{a}キット",
    "自動分析装置用 {a} 測定キット",
    "{p} {a}測定キット",
    "{p}{a}測定試薬",
    "{p} {a} キット",
    "免疫学的{a}測定キット",
    "{a}測定用試薬",
    "{a}({p})キット",
    "{p}用 {a}試薬",
    "臨床化学検査用{a}試薬",
    "{a}定量用試薬",
    "{a}検出用キット",
    "体外診断用 {a}測定キット",
)
_CALLED = ("{}", "{}", "{}", "一般的名称 {}", "一般的名称：{}")
_TRADE = ("{}", "{}", "{}", "「{}」", "〈{}〉", "販売名 {}", "販売名：{}")
_PRINCIPLES = (
    "酵素法",
    "免疫比濁法",
    "ラテックス凝集比濁法",
    "化学発光酵素免疫測定法",
    "CLEIA法",
    "化学発光免疫測定法",
    "電気化学発光免疫測定法",
    "ECLIA",
    "免疫クロマト法",
    "紫外吸光光度法",
    "可視吸光光度法",
    "イオン電極法",
    "凝固時間測定",
    "リアルタイムPCR法",
    "粒子凝集法",
    "蛍光酵素免疫測定",
)
_UNKNOWN_MAKERS = (
    "ゼータ診断薬",
    "北都メディカル",
    "東洋ライフテック",
    "アステリア・バイオ",
    "Nova Biotec",
    "青葉化学工業",
    "サンライズダイアグノスティクス",
    "丸星製薬",
)
_LEGAL = (
    "{}株式会社",
    "{} 株式会社",
    "株式会社{}",
    "(株){}",
    "{}(株)",
    "㈱{}",
    "{} Inc.",
    "{} GmbH",
    "{} Co., Ltd.",
    "{}合同会社",
    "{}有限会社",
)
_SOLD_BY = (
    "{}",
    "{}",
    "製造販売元 {}",
    "製造販売元：{}",
    "製造販売業者：{}",
    "発売元 {}",
    "(製造販売元 {})",
    "販売：{}",
    "({})",
)


def _edition(rng: random.Random) -> str:
    year, month, count = rng.randint(2015, 2025), rng.randint(1, 12), rng.randint(1, 14)
    return rng.choice(
        (
            f"第{count}版",
            f"第{count}版",
            f"(第{count}版)",
            f"第 {count} 版",
            f"Ver.{count}",
            f"Ver. {count}.0",
            f"{year}年{month}月改訂",
            f"{year}年{month}月改訂 第{count}版",
            f"{year}年{month}月(第{count}版)",
            f"第{count}版 {year}年{month}月",
            f"(第{count}版、{year}年{month}月改訂)",
            f"{year}/{month}改訂",
            f"{year}年{month}月{rng.randint(1, 28)}日改訂(第{count}版)",
            f"改訂第{count}版",
            f"{year}.{month}.1 第{count}版",
            f"添付文書 第{count}版",
            f"*{year}年{month}月改訂(第{count}版)",
        )
    )


def insert_label(row: ProductRow, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Return a label worded as a package insert begins, and the parts that it consists of beside the name."""
    trade = rng.choice(_TRADE).format(row.product)
    pieces: dict[str, str] = {}
    if rng.random() < 0.9:
        analyte = rng.choice(_ANALYTES.get(row.code.measurand, (re.sub(r"[(（].*", "", row.name),)))
        general = rng.choice(_GENERAL).format(a=analyte, p=rng.choice(_PRINCIPLES))
        pieces["general_name"] = rng.choice(_CALLED).format(general)
    if rng.random() < 0.85:
        known = [maker for brand, maker in BRANDS.items() if brand in row.product]
        maker = (known or [rng.choice(MAKERS)])[0] if rng.random() < 0.5 else rng.choice(_UNKNOWN_MAKERS)
        pieces["company"] = rng.choice(_SOLD_BY).format(rng.choice(_LEGAL).format(maker))
    if rng.random() < 0.8:
        pieces["edition"] = _edition(rng)
    order = ["general_name", "trade", "company", "edition"]
    drawn = rng.random()
    if drawn < 0.15:
        order = ["company", "general_name", "trade", "edition"]
    elif drawn < 0.25:
        order = ["general_name", "trade", "edition", "company"]
    elif drawn < 0.35:
        order = ["trade", "general_name", "company", "edition"]
    words = pieces | {"trade": trade}
    separator = rng.choice((" ", " ", " ", "\u3000", " / ", "  ", "、"))
    label = separator.join(words[part] for part in order if part in words)
    if rng.random() < 0.3:
        label = rng.choice((half_width, full_width, more_blanks, lower_case))(label)
    return label, tuple(sorted(pieces)) or ("name_only",)
