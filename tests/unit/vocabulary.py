"""A small vocabulary for unit tests, written out so that every test can be read on its own."""

from jlac_mapper.vocabulary import (
    BackgroundName,
    Measurand,
    Qualifier,
    ResultType,
    Specimen,
    TestName,
    Unit,
    Vocabulary,
)

MEASURANDS = (
    Measurand("A1006", "尿蛋白", "Urine protein", "尿検査", "100", ("1A010",)),
    Measurand("B1002", "白血球数", "WBC", "血液", "211", ("2A010",)),
    Measurand("B2006", "PT", "Prothrombin time", "凝固", "244", ("2B030",)),
    Measurand("C1002", "総蛋白", "Total protein", "生化学", "250", ("3A010",)),
    Measurand("C2001", "CK", "Creatine kinase", "生化学", "250", ("3B010",)),
    Measurand("C2008", "AST", "Aspartate aminotransferase", "生化学", "250", ("3B035",)),
    Measurand("C2042", "アミラーゼ", "Amylase", "生化学", "250", ("3B160",)),
    Measurand("C4001", "グルコース", "Glucose", "生化学", "250", ("3D010",)),
    Measurand("C7002", "ナトリウム", "Sodium", "生化学", "250", ("3H010",)),
    Measurand("C7003", "カリウム", "Potassium", "生化学", "250", ("3H015",)),
    Measurand("K1001", "ABO血液型", "ABO group", "輸血", "211", ("5H010",)),
    Measurand("V2010", "HBs抗原", "HBs antigen", "感染症", "250", ("5F016",)),
)

NAMES = (
    TestName("尿蛋白", "A1006", specimen="100"),
    TestName("尿蛋白定性", "A1006", specimen="100", result_type=ResultType.QUALITATIVE),
    TestName("白血球数", "B1002"), TestName("WBC", "B1002", "abbreviation"),
    TestName("プロトロンビン時間", "B2006"), TestName("PT", "B2006", "abbreviation"),
    TestName("PT-INR", "B2006", "abbreviation", unit="61"),
    TestName("総蛋白", "C1002"), TestName("TP", "C1002", "abbreviation"), TestName("蛋白", "C1002", "slang"),
    TestName("CK", "C2001", "abbreviation"), TestName("CPK", "C2001", "old"),
    TestName("クレアチンキナーゼ", "C2001"),
    TestName("AST", "C2008", "abbreviation"), TestName("GOT", "C2008", "old"),
    TestName("アミラーゼ", "C2042"), TestName("AMY", "C2042", "abbreviation"),
    TestName("グルコース", "C4001"), TestName("血糖", "C4001", "slang"),
    TestName("空腹時血糖", "C4001", identification="1337"),
    TestName("ナトリウム", "C7002"), TestName("Na", "C7002", "abbreviation"),
    TestName("カリウム", "C7003"), TestName("K", "C7003", "abbreviation"),
    TestName("ABO血液型", "K1001"),
    TestName("HBs抗原", "V2010"), TestName("HBsAg", "V2010", "abbreviation"),
)  # fmt: skip

BACKGROUND = (
    BackgroundName("CK-MB", "near_twin", "C2001"),
    BackgroundName("CKアイソザイム", "near_twin", "C2001"),
    BackgroundName("尿アミラーゼ", "near_twin", "C2042"),
    BackgroundName("テオフィリン", "drug", "C1002"),
    BackgroundName("HBe抗原", "near_twin", "V2010"),
    BackgroundName("HBc抗体", "near_twin", "V2010"),
    BackgroundName("スギ", "allergen"),
    BackgroundName("コメント", "comment"),
)

SPECIMENS = (
    Specimen("urine", "100", "尿", "Urine", "", ("随時尿", "部分尿")),
    Specimen("pooled_urine", "130", "蓄尿", "Pooled urine", "", ("24時間尿",)),
    Specimen("blood", "210", "血液", "Blood", "", ()),
    Specimen("whole_blood", "210", "全血", "Whole blood", "", ()),
    Specimen(
        "whole_blood_additive", "211", "全血(添加物入り)", "Whole blood with additive", "whole_blood", ()
    ),
    Specimen("whole_blood_edta", "212", "全血(EDTA入り)", "EDTA blood", "whole_blood_additive", ("EDTA血",)),
    Specimen("plasma", "240", "血漿", "Plasma", "", ()),
    Specimen("plasma_additive", "241", "血漿(添加物入り)", "Plasma with additive", "plasma", ()),
    Specimen(
        "plasma_citrate", "244", "血漿(クエン酸入り)", "Citrate plasma", "plasma_additive", ("クエン酸血漿",)
    ),
    Specimen("plasma_edta", "242", "血漿(EDTA入り)", "EDTA plasma", "plasma_additive", ("EDTA血漿",)),
    Specimen(
        "plasma_fluoride", "245", "血漿(フッ化物入り)", "Fluoride plasma", "plasma_additive", ("NaF血漿",)
    ),
    Specimen("tube_citrate", "", "採血管(クエン酸)", "Citrate tube", "", ("凝固管", "黒スピッツ")),
    Specimen("tube_fluoride", "", "採血管(フッ化物)", "Fluoride tube", "", ("NaF", "灰")),
    Specimen(
        "whole_blood_fluoride",
        "215",
        "全血(フッ化物入り)",
        "Fluoride blood",
        "whole_blood_additive",
        ("NaF全血",),
    ),
    Specimen(
        "whole_blood_citrate",
        "214",
        "全血(クエン酸入り)",
        "Citrate blood",
        "whole_blood_additive",
        ("クエン酸血",),
    ),
    Specimen("serum", "250", "血清", "Serum", "", ("茶スピッツ",)),
    Specimen("csf", "", "髄液", "CSF", "", ()),
)

UNITS = (
    Unit("02", "[qualitative]", "定性", ResultType.QUALITATIVE, ()),
    Unit("04", "[type]", "型", ResultType.QUALITATIVE, ()),
    Unit("12", "%", "%", ResultType.QUANTITATIVE, ()),
    Unit("34", "COI", "COI", ResultType.QUANTITATIVE, ()),
    Unit("55", "g/dL", "g/dL", ResultType.QUANTITATIVE, ()),
    Unit("61", "INR", "INR", ResultType.QUANTITATIVE, ()),
    Unit("85", "mg/dL", "mg/dL", ResultType.QUANTITATIVE, ()),
    Unit("B1", "mmol/L", "mmol/L", ResultType.QUANTITATIVE, ()),
    Unit("F0", "s", "s", ResultType.QUANTITATIVE, ()),
    Unit("F7", "U/L", "U/L", ResultType.QUANTITATIVE, ()),
    Unit("F8", "U/mL", "U/mL", ResultType.QUANTITATIVE, ()),
    Unit("G0", "10*2/uL", "10*2/uL", ResultType.QUANTITATIVE, ()),
    Unit("G1", "10*3/uL", "10*3/uL", ResultType.QUANTITATIVE, ()),
)

QUALIFIERS = (
    Qualifier("定性", "result_type", "qualitative", "inside"),
    Qualifier("定量", "result_type", "quantitative", "inside"),
    Qualifier("濃度", "result_type", "quantitative", "edge"),
    Qualifier("空腹時", "timing", "fasting", "edge"),
    Qualifier("随時", "timing", "random", "edge"),
    Qualifier("食後", "timing", "timed", "edge"),
    Qualifier("尿", "specimen", "urine", "edge"),
    Qualifier("蓄尿", "specimen", "pooled_urine", "edge"),
    Qualifier("血清", "specimen", "serum", "edge"),
    Qualifier("髄液", "specimen", "csf", "edge"),
    Qualifier("CLEIA", "method", "", "edge"),
    Qualifier("JSCC", "method", "", "edge"),
    Qualifier("時間外", "note", "", "edge"),
    Qualifier("他", "note", "", "piece"),
)

VOCABULARY = Vocabulary(MEASURANDS, NAMES, BACKGROUND, SPECIMENS, UNITS, QUALIFIERS)
