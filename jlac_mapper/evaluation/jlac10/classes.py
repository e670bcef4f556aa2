"""The classes of JLAC10: what the first two characters of an analyte say. Source: the table of analytes."""

from collections.abc import Mapping

BELOW = "▼"
"""Marks a class in which a plain search finds more than the product."""

CLASSES: Mapping[str, str] = {
    "1A": "尿一般",
    "1B": "糞便",
    "1C": "髄液",
    "1Z": "一般検査その他",
    "2A": "血液一般・形態",
    "2B": "凝固・線溶",
    "2C": "血液化学",
    "2Z": "血液その他",
    "3A": "蛋白・膠質反応",
    "3B": "酵素",
    "3C": "低分子窒素化合物",
    "3D": "糖質",
    "3E": "有機酸",
    "3F": "脂質",
    "3G": "ビタミン",
    "3H": "電解質・血液ガス",
    "3I": "生体微量金属",
    "3J": "生体色素",
    "3K": "毒物・産業医学",
    "3L": "薬物",
    "3M": "薬物",
    "3Z": "生化学その他",
    "4A": "視床下部・下垂体",
    "4B": "甲状腺",
    "4C": "副甲状腺",
    "4D": "副腎皮質",
    "4E": "副腎髄質",
    "4F": "性腺・胎盤",
    "4G": "膵・消化管",
    "4H": "ホルモン受容体",
    "4Z": "内分泌その他",
    "5A": "免疫グロブリン",
    "5B": "補体",
    "5C": "血漿蛋白",
    "5D": "腫瘍関連抗原",
    "5E": "非ウイルス感染症",
    "5F": "ウイルス感染症",
    "5G": "自己免疫",
    "5H": "免疫血液学",
    "5I": "細胞性免疫",
    "5J": "サイトカイン",
    "5K": "HLA",
    "5L": "抗原特異的CTL",
    "5Z": "免疫その他",
    "6A": "塗抹・形態",
    "6B": "培養同定",
    "6C": "薬剤感受性",
    "6Z": "微生物その他",
    "7A": "細胞診",
    "7B": "病理組織",
    "7C": "迅速凍結組織",
    "7D": "電子顕微鏡",
    "7Z": "病理その他",
    "8A": "負荷・機能検査",
    "8B": "染色体",
    "8C": "遺伝子",
    "8D": "遺伝子パネル",
    "8E": "研究検査",
    "8Z": "検体検査その他",
}
"""Class -> its Japanese name, shortened."""


def class_title(code: str) -> str:
    """Return a class with its Japanese name; the code alone for one that a later edition adds."""
    return f"{code} {CLASSES.get(code, '')}".rstrip()
