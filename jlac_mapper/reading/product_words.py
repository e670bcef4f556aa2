"""Words around product names, trade names in two scripts, and the key by which names are compared."""

import re

from jlac_mapper.text import clean, fold

MAKERS = (
    "富士フイルム和光純薬", "和光純薬工業", "和光純薬", "富士フイルム", "和光", "シスメックス", "栄研化学",
    "栄研", "関東化学", "ロシュダイアグノスティックス", "ロシュ", "roche", "アボットジャパン", "アボット",
    "abbott", "sysmex", "ニットーボーメディカル", "ニットーボー", "日東紡", "積水メディカル", "積水",
    "デンカ生研", "デンカ", "生研", "シノテスト", "カイノス", "東ソー", "tosoh", "ベックマンコールター",
    "ベックマン", "beckmancoulter", "beckman", "シーメンスヘルスケア", "シーメンス", "siemens",
    "オーソクリニカルダイアグノスティックス", "オーソ", "ortho", "極東製薬工業", "極東製薬", "極東",
    "三洋化成工業", "三洋化成", "ミナリスメディカル", "ミナリス", "協和メデックス", "日立化成",
    "日立ハイテク", "日立", "lsiメディエンス", "三菱化学メディエンス", "メディエンス", "lsi", "日本電子",
    "jeol", "キヤノンメディカルシステムズ", "キヤノン", "東芝メディカル", "東芝", "アークレイ", "arkray",
    "富士レビオ", "日水製薬", "ニッスイ", "島津", "ミズホメディー", "ミズホ", "アルフレッサファーマ",
    "アルフレッサ", "セロテック", "堀場製作所", "堀場", "horiba", "日本光電", "国際試薬", "コクサイ",
    "株式会社", "三和化学", "テクノメディカ", "バイオラッド",
)  # fmt: skip
RENAMED_MAKERS = {
    "生研": "デンカ", "デンカ生研": "デンカ", "コクサイ": "シスメックス", "国際試薬": "シスメックス",
    "日東紡": "ニットーボー", "協和メデックス": "ミナリス", "日立化成": "ミナリス", "メディエンス": "lsi",
    "三菱化学メディエンス": "lsi",
}  # fmt: skip
"""A maker under the name that it had when a product was listed, and its name of today."""
KIT_WORDS = (
    "臨床化学自動分析装置", "多項目自動血球分析装置", "自動血球計数装置", "血球計数装置",
    "全自動電解質分析装置", "全自動糖分析装置", "自動分析装置用試薬", "自動分析用試薬", "自動分析装置用",
    "自動分析用", "自動分析装置", "測定用試薬", "測定試薬", "測定用", "試薬", "キット", "測定", "専用",
    "製品", "シリーズ", "標準", "装置", "用",
)  # fmt: skip

# Trade names that official files write in kana and hospitals often in Latin letters.
_TRADE_NAMES = {
    "cobas": "コバス", "vitros": "ビトロス", "atellica": "アテリカ", "advia": "アドヴィア",
    "unicel": "ユニセル", "dimension": "ディメンション", "cell-dyn": "セルダイン", "celldyn": "セルダイン",
    "elecsys": "エクルーシス",
    "lumipulse": "ルミパルス", "spotchem": "スポットケム", "iatro": "イアトロ", "determiner": "デタミナー",
    "nanopia": "ナノピア", "norudia": "ノルディア", "qualigent": "クオリジェント", "celltac": "セルタック",
    "coulter": "コールター", "n-assay": "N-アッセイ", "l-type": "Lタイプ", "hemosil": "ヒーモスアイエル",
    "aptima": "アプティマ", "蛋白": "タンパク", "アドビア": "アドヴィア",
}  # fmt: skip
_TRADE_NAME = re.compile("|".join(re.escape(name) for name in _TRADE_NAMES), re.IGNORECASE)
_NUMERAL = re.compile(r"ii(?=ifcc)|i{2,3}|(?<![a-z])iv(?![a-z])", re.IGNORECASE)  # TPII as well as TP-II
_NUMERALS = {"ii": "2", "iii": "3", "iv": "4"}
_BOTTLE = re.compile(r"[\s(]R-?[12](?:[/・,]R-?2)?\)?$", re.IGNORECASE)  # first or second reagent of a kit
_SLASH = re.compile(r"(?<![0-9A-Za-z])\s*/|/\s*(?![0-9A-Za-z])")  # between words; AG/AB keeps its own


def product_key(text: str) -> str:
    """
    Return the folded key of a product name: spellings that a person reads as one product share one key.

    As `text.fold`, and II = Ⅱ = 2 wherever it stands, known trade names in kana. Version letters stay.
    """
    text = _SLASH.sub(" ", _BOTTLE.sub("", clean(text)))
    text = _TRADE_NAME.sub(lambda m: _TRADE_NAMES[m.group().lower()], text)
    return fold(_NUMERAL.sub(lambda m: _NUMERALS[m.group().lower()], text))
