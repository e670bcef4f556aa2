"""Units as hospitals write them, read into one ASCII spelling each; and the units inside reference ranges."""

import re
from functools import cache, lru_cache
from pathlib import Path

from jlac_mapper.config import word_table
from jlac_mapper.csv_tables import Row, read, unique
from jlac_mapper.text import clean
from jlac_mapper.vocabulary import ResultType

QUALITATIVE, TYPE, RATIO = "[qualitative]", "[type]", "[ratio]"
TITER, SCORE, CLASS, ABSORBANCE = "[titer]", "[score]", "[class]", "[absorbance]"

# Words first: longer before shorter. What is left of Japanese after this makes the text no unit.
_JAPANESE = tuple(
    (re.compile(pattern), ascii_text)
    for pattern, ascii_text in (
        ("クレアチニン|クレアチン|クレ", "cr"),
        ("コヒ°ー?|コピ[ー-]?", "copies"),
        ("デシリットル", "dl"),
        ("ミリ(?=リットル|グラム|モル|単位|ユニット|国際)", "m"),
        ("マイクロ|ミクロン?(?=グラム)", "u"),
        ("ナノ(?=グラム|モル)", "n"),
        ("ピコ(?=グラム|モル)", "p"),
        ("リットル|リッター", "l"),
        ("グラム", "g"),
        ("モル", "mol"),
        ("国際単位|国際ユニット", "iu"),
        ("ベセスダ", "b"),
        ("単位|ユニット", "u"),
        ("インデックス", "index"),
        ("パーセント", "%"),
        ("パーミル", "‰"),
        ("カットオフ", "cutoff"),
        ("(?:希釈)?倍(?:希釈)?|バイ", "titer"),
        ("24時間", "d"),
        ("時間?", "h"),
        ("毎分|分", "min"),
        ("秒", "s"),
        ("日", "d"),
        ("視野", "hpf"),
        ("赤血球", "rbc"),
        ("白血球", "wbc"),
        ("[個ヶケコ件](?=/|$)", ""),
    )
)

# A whole unit field, blanks and punctuation aside, in lower case.
_WORDS = {
    "定性": QUALITATIVE,
    "判定": QUALITATIVE,
    "定性判定": QUALITATIVE,
    "qualitative": QUALITATIVE,
    "陰性": QUALITATIVE,
    "陽性": QUALITATIVE,
    "()": QUALITATIVE,
    "(+)": QUALITATIVE,
    "(±)": QUALITATIVE,
    "型": TYPE,
    "タイプ": TYPE,
    "type": TYPE,
    "比": RATIO,
    "比率": RATIO,
    "ratio": RATIO,
    "titer": TITER,
    "titre": TITER,
    "スコア": SCORE,
    "点": SCORE,
    "score": SCORE,
    "クラス": CLASS,
    "class": CLASS,
    "吸光度": ABSORBANCE,
    "absorbance": ABSORBANCE,
    "abs": ABSORBANCE,
    "inr": "INR",
    "ptinr": "INR",
    "coi": "COI",
    "cutoffindex": "COI",
    "coindex": "COI",
    "cutoff": "COI",
    "s/co": "S/CO",
    "sco": "S/CO",
    "co": "S/CO",
    "s/cutoff": "S/CO",
    "sample/cutoff": "S/CO",
    "signal/cutoff": "S/CO",
    "index": "index",
    "idx": "index",
    "s/n": "S/N",
    "s/n比": "S/N",
    "sec": "s",
    "second": "s",
    "seconds": "s",
    "s": "s",
    "min": "min",
    "mins": "min",
    "minsec": "min+s",
    "分秒": "min+s",
    "min+s": "min+s",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "cc": "mL",
    "unit": "U",
    "units": "U",
    "ru": "U",
    "rpru": "U",
    "tu": "U",
    "iuunit": "U",
    "ph": "pH",
    "mmhg": "mmHg",
    "torr": "mmHg",
    "mmh2o": "mmH2O",
    "rlu": "RLU",
    "bpm": "bpm",
    "cpm": "cpm",
    "℃": "cel",
    "°c": "cel",
    "cel": "cel",
    "100wbc": "/100WBC",
    "hpf": "/HPF",
    "lpf": "/LPF",
    "wf": "/WF",
    "‰": "permil",
    "0/00": "permil",
    "permil": "permil",
}

_LONGEST = 80  # characters; nothing longer is a unit
_LONG_WORDS = ("cutoffindex", "sample/cutoff", "signal/cutoff")  # often cut short by the field's width

_BASES = (  # prefixes, base in lower case, canonical base; eg and ep misread eq, lu misreads IU
    ("kmunpf", "g", "g"),
    ("mudnfp", "l", "L"),
    ("munpf", "mol", "mol"),
    ("mun", "eq", "eq"),
    ("mun", "eg", "eq"),
    ("mun", "ep", "eq"),
    ("kmunp", "u", "U"),
    ("kmunp", "iu", "U"),
    ("mu", "lu", "U"),
    ("m", "osm", "Osm"),
)
_ATOMS: dict[str, str] = {
    prefix + low: prefix + base for letters, low, base in _BASES for prefix in ("", *letters)
} | {
    "lu": "U",
    "mm": "mm",
    "cm": "cm",
    "au": "AU",
    "mau": "mAU",
    "ua": "UA",
    "iua": "UA",
    "bu": "BU",
    "be": "BU",
    "eu": "EU",
    "fu": "FU",
    "cfu": "CFU",
    "ch50": "CH50",
    "ch50u": "CH50",
    "copies": "copies",
    "copy": "copies",
    "cp": "copies",
    "mm3": "uL",
    "cmm": "uL",
    "cumm": "uL",
    "cc": "mL",
    "s": "s",
    "min": "min",
    "h": "h",
}
_MISREAD = {"mi": "ml", "di": "dl", "i": "l"}  # a capital I for l, in denominators only
_AMOUNT = ("g", "L", "mol")  # what a denominator counts by, besides times
_ALONE = {
    "g",
    "kg",
    "mg",
    "ug",
    "ng",
    "pg",
    "fg",
    "L",
    "dL",
    "mL",
    "fL",
    "U",
    "kU",
    "mU",
    "s",
    "min",
    "h",
    "mm",
    "cm",
    "copies",
    "AU",
    "UA",
    "BU",
    "EU",
    "FU",
    "CFU",
    "CH50",
}
_TIMES = {
    "d": "d",
    "day": "d",
    "days": "d",
    "24h": "d",
    "24hr": "d",
    "h": "h",
    "1h": "h",
    "hr": "h",
    "1hr": "h",
    "min": "min",
    "s": "s",
    "sec": "s",
    "m": "mL",
    "u": "uL",  # m and u: a volume cut short
}
_FIELDS = {
    "hpf": "HPF",
    "hp": "HPF",
    "hf": "HPF",
    "lpf": "LPF",
    "lp": "LPF",
    "lf": "LPF",
    "wf": "WF",
    "全": "WF",
}
_QUALIFIERS = {
    "rbc": "rbc",
    "hb": "hgb",
    "hgb": "hgb",
    "prot": "prot",
    "protein": "prot",
    "rna": "RNA",
    "dna": "DNA",
}

_POWER = re.compile(
    r"[x*]*(?:10(?:\^|\*\*|\*|x|の)(?P<raised>\d{1,2})乗?"
    r"|10(?P<flat>[2-9]|1[0-2])(?=/|(?:[um]l|mm3)$|$)"  # 104/uL: the power lost its raised position
    r"|(?:10?)?e\+?0?(?P<e>\d{1,2})"
    r"|(?P<zeros>100+)(?=[/umc])|(?P<kanji>百万|千万|億|万|[千干]|百)|(?P<letter>[km])(?=/(?:ul|mm3|cmm)))"
)
_KANJI = {"百": 2, "千": 3, "干": 3, "万": 4, "百万": 6, "千万": 7, "億": 8}
_MICRO = re.compile(r"(?<![a-z])(?:mc|micro|mic)(?=g|l|iu|u|mol)")
_CREATININE = re.compile(r"([a-z]+?)(?:cr(?:e(?:a(?:t(?:inine)?)?)?|n)?|(?<=g)c)")
_LOG = re.compile(r"(?:log(?:10)?(?=(?:iu|u|lu|copies|copy|cp|eq|c)/)|l(?=(?:iu|c|copies)/ml))")
_TEMPERATURE = re.compile(r"/37(?:゚|°)?c?$|[・*]?37(?:°c?|゚c?|c|度)$")
_TAIL = re.compile(r"(?:参考値|換算値?|以下|以上|未満|ミマン|値)+$")
_SQUASH = re.compile(r"[.,、:;・'\"*^_\\-]")
_NOTE = re.compile(r"\([^()]*(?:\)|$)")
_MOLAR = re.compile(r"([mμunpf])M(?=$|/[lLmd])")


@lru_cache(maxsize=8192)
def canonical(text: str) -> str:
    """
    Return the canonical ASCII spelling of one unit as a hospital writes it, "" when it is no unit.

    Width, case, μ/u/mc, ×10^4 in its spellings, /mm3, Japanese words, bracketed notes and 37℃ do not
    matter. IU is U, as in JLAC11's table. Results that are no quantities are in square brackets: 倍
    `[titer]`, 定性 判定 陰性 (-) `[qualitative]`, 型 `[type]`, 比 `[ratio]`, スコア `[score]`, クラス
    `[class]`, 吸光度 `[absorbance]`. A bare ×10^4 is per microlitre. Case decides only where it must:
    pM is pmol/L. Idempotent; never raises.
    """
    if len(text) > _LONGEST:
        return ""
    compact = re.sub(r"\s", "", clean(text))
    compact = _MOLAR.sub(lambda m: m.group(1) + ("mol" if m.end() < len(m.string) else "mol/L"), compact)
    if compact == "μ":
        return ""
    compact = compact.replace("COl", "COI")
    compact = _MICRO.sub("u", compact.lower().replace("μ", "u").replace("ρ", "p"))
    compact = _TAIL.sub("", _TEMPERATURE.sub("", compact))
    unit = _read(compact)
    if not unit and "(" in compact:
        unit = (
            _read(compact.replace("(", "").replace(")", ""))
            or _read(_NOTE.sub("", compact))
            or next(filter(None, (_read(note.strip("()")) for note in _NOTE.findall(compact))), "")
        )
    return unit


def _read(text: str) -> str:
    """Read a unit without blanks, in lower case, with ASCII micro signs."""
    word = _word(text)
    if word or not text or text.isdigit():
        return word
    for pattern, ascii_text in _JAPANESE:
        text = pattern.sub(ascii_text, text)
    if word := _word(text):
        return word
    if "%" in text:
        return _percent(text)
    power = _POWER.match(text)
    rest = _SQUASH.sub("", text[power.end() :] if power else text)
    if power:
        exponent = _exponent(power)
        cut_short = rest in {"", "/"} and exponent in {2, 3, 4, 6} and not power.group("e")
        fraction = _fraction("/ul" if cut_short or rest in {"ul", "mm3", "cmm"} else rest)
        return f"10*{exponent}{fraction}" if "/" in fraction else ""
    return _fraction(rest)


def _word(text: str) -> str:
    key = _SQUASH.sub("", text)
    if len(key) >= 8 and (whole := next((w for w in _LONG_WORDS if w.startswith(key)), "")):
        return _WORDS[whole]
    return _WORDS.get(key, "")


def _percent(text: str) -> str:
    rest = re.sub(r"[%()]", "", _SQUASH.sub("", text))
    if rest in {"vol", "inh", "si", "jds"}:
        return f"{rest}%"
    return "%" if rest in {"", "ngsp", "weight", "wt"} or not re.search(r"[0-9a-z/]", rest) else ""


def _exponent(power: re.Match[str]) -> int:
    found = power.groupdict()
    if digits := found["raised"] or found["flat"] or found["e"]:
        return int(digits)
    if found["zeros"]:
        return len(found["zeros"]) - 1
    return _KANJI[found["kanji"]] if found["kanji"] else {"k": 3, "m": 6}[found["letter"]]


def _fraction(text: str) -> str:
    """Read numerator/denominator/...; a count over a volume has an empty numerator."""
    log = ""
    if found := _LOG.match(text):
        log, text = "log", text[found.end() :]
        text = re.sub("^c(?=/)", "copies", text)
        text += "ml" if text.endswith("copies/") else ""
    elif text.startswith("log/"):
        log, text = "log", "copies" + text[3:]
    top, *below = text.split("/")
    if len(below) > 1 and re.fullmatch("cr[a-z]*", below[-1]):
        below[-2:] = [below[-2] + below[-1]]
    if not below:
        if top in {"ul", "mm3", "cmm"}:
            return "/uL"
        if top in {"liu", "logiu", "logu", "logcopies"}:  # the logarithm of a concentration, cut short
            return "logcopies/mL" if top == "logcopies" else "logU/mL"
        atom = _ATOMS.get(top, "")
        return atom if atom in _ALONE else ""
    if top in {"", "1", "cells", "cell", "leu", "ery"}:
        numerator = ""
    elif top in {"mm", "nm", "um", "pm"} and below[0] == "l":
        numerator = f"{top[0]}mol"
    else:
        numerator = _ATOMS.get(top, "")
        if not numerator or top in {"h", "min", "s"}:
            return ""
    parts = [_denominator(part, bare=not numerator) for part in below]
    return f"{log}{numerator}/{'/'.join(parts)}" if all(parts) else ""


def _denominator(text: str, *, bare: bool) -> str:
    """Read one denominator; *bare* when nothing is counted above it, as in /HPF."""
    text = _MISREAD.get(text, text)
    if bare and (found := re.fullmatch(r"(\d*)(hpf?|hf|lpf?|lf|wf|全)", text)):
        count = found.group(1) if found.group(1) in {"10", "20", "100"} else ""
        return count + _FIELDS[found.group(2)]
    if bare and (found := re.fullmatch(r"(100wbc|wbc100|100個wbc)", text)):
        return "100WBC"
    if found := re.fullmatch(r"(3|1?)([a-z]l|mm3|cmm)", text):
        atom = _ATOMS.get(found.group(2), "")
        return ("3" if found.group(1) == "3" else "") + atom if atom else ""
    if text in _TIMES and not (bare and _TIMES[text] in {"h", "d", "s"}):
        return _TIMES[text]
    if re.fullmatch(r"17|173m?2?|m2", text):  # often cut short by the field's width
        return "1.73m2"
    if found := re.fullmatch(r"10(\d)(cells?|plt|rbc)", text):
        return f"10*{found.group(1)}{found.group(2).removesuffix('s')}"
    atom = _ATOMS.get(text, "")
    if atom.endswith(_AMOUNT):
        return atom
    if found := _CREATININE.fullmatch(text):
        text, name = str(found.group(1)), "creat"
        text = text if text.endswith(("g", "mol")) else ""
    else:
        word = next((word for word in _QUALIFIERS if text.endswith(word)), "")
        text, name = text.removesuffix(word) if word else "", _QUALIFIERS.get(word, "")
    if text and (atom := _ATOMS.get(text, "")).endswith(_AMOUNT):
        return f"{atom}({name})"
    return {"mol": "mol", "assay": "assay", "cell": "cell", "kgh2o": "kg"}.get(text, "")


_CREATININE_NOTE = re.compile(r"\((?:cr[a-z]*|クレアチニン)\)", re.IGNORECASE)
_BELOW = r"(?:\s?/\s?[\d.]*(?:[A-Za-zμ][A-Za-z\d.・^*]*(?:クレアチニン)?|日|分|視野|時間))"
_TOKEN = re.compile(
    r"\((?P<note>[^()]*)(?:\)|$)"
    rf"|(?P<power>(?:[xX*]\s?10\s?[\^*]?\s?\d{{1,2}}|10\s?[\^*]\s?\d{{1,2}}|[xX]?\s?[万千百]){_BELOW})"
    r"|(?P<number>\d[\d.,]*(?:\s|以下|未満|以上)*)"
    rf"|(?P<word>(?:[Ll][Oo][Gg]\s)?(?:[A-Za-zμ%‰][A-Za-zμ.・]*|コピー|個|単位|){_BELOW}+)"
    r"|(?P<bare>[A-Za-zμ][A-Za-zμ.・]*|[%‰])"
    r"|(?P<japanese>秒|倍|比(?!重)|単位)"
)
_LABELS = {"COI", "S/CO", "index", "INR", "%", "permil", "s", RATIO}  # stand before the numbers as well
_NOT_IN_RANGES = {"L", "h", "g", "min", QUALITATIVE}  # flags, loading times and (-) far more often than units
_NEGATIVE = re.compile(
    r"陰性|陽性|検出せず|検出されず|未検出|認めず|認めない|\(\d?[-+±]\d?\)|^[-+±]$|negative|not detected",
    re.I,
)


@lru_cache(maxsize=8192)
def quantities_in_range(text: str) -> tuple[str, ...]:
    """
    Return the canonical units found in a reference range, in order of first appearance, each once.

    In brackets any unit counts. Outside them a unit needs a `/` or a power, or it follows a number
    (30 U), or it is a label such as COI, INR or 秒. M, F, AM, 以下, 陰性 and (-) are no units. Never raises.
    """
    return tuple(dict.fromkeys(_units_in(_CREATININE_NOTE.sub("Cr", clean(text)))))


def _units_in(text: str) -> list[str]:
    found: list[str] = []
    after_number = False
    for token in _TOKEN.finditer(text):
        kind, written = token.lastgroup, token.group(token.lastgroup or 0)
        unit = "" if kind == "number" else canonical(written)
        if kind == "note" and not unit:
            found += _units_in(written)
        elif kind == "bare" or kind == "japanese":
            follows_number = after_number and text[token.start() - 1] not in "-~:"
            if not (unit in _LABELS or follows_number) or (
                unit == "s" and not follows_number and written in "Ss"
            ):
                unit = ""
        if unit and unit not in _NOT_IN_RANGES:
            found.append(unit)
        after_number = kind == "number"
    return found


def read_equalities(path: Path) -> tuple[frozenset[str], ...]:
    """
    Return groups of canonical units in which a value is the same number, of a table of such groups.

    Raises:
        MasterFileError: A line has fewer than two units, one that is not canonical, or stands already.
    """
    return tuple(_equal_units(row) for row in unique(read(path, ("units", "remark")), "units", _any_order))


def _any_order(units: str) -> str:
    return "|".join(sorted(units.split("|")))


def _equal_units(row: Row) -> frozenset[str]:
    units = row.list("units")
    if len(set(units)) < 2:
        raise row.error(f"units is {row['units']!r}; expected two or more, with | between them")
    if strange := [unit for unit in units if canonical(unit) != unit]:
        raise row.error(f"{strange[0]!r} is no canonical unit; it is read as {canonical(strange[0])!r}")
    return frozenset(units)


@cache
def equalities() -> tuple[frozenset[str], ...]:
    """Return groups of canonical units in which a value is the same number, of the shipped table."""
    return read_equalities(word_table("unit_equalities"))


def are_equal(one: str, other: str) -> bool:
    """Tell whether a value is the same number in two canonical units."""
    return one == other or any(one in group and other in group for group in equalities())


def result_type_of(unit: str) -> ResultType:
    """Return the kind of value of a canonical unit; ANY for "" and for cutoff ratios, read both ways."""
    if unit in {"", "COI", "S/CO", "index"}:
        return ResultType.ANY
    if unit in {QUALITATIVE, TYPE}:
        return ResultType.QUALITATIVE
    return ResultType.SEMI_QUANTITATIVE if unit in {TITER, SCORE, CLASS} else ResultType.QUANTITATIVE


def result_type_in_range(text: str) -> ResultType:
    """
    Return the kind of value a reference range speaks of.

    Its units decide, where they agree; 陰性, (-), 検出せず without any number is qualitative; else ANY.
    """
    units = quantities_in_range(text)
    if units:
        kinds = {result_type_of(unit) for unit in units}
        return kinds.pop() if len(kinds) == 1 else ResultType.ANY
    cleaned = clean(text)
    if _NEGATIVE.search(cleaned) and not re.search(r"\d", _NEGATIVE.sub("", cleaned)):
        return ResultType.QUALITATIVE
    return ResultType.ANY
