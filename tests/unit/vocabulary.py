"""A small vocabulary for unit tests, written out so that every test can be read on its own."""

from jlac_mapper.vocabulary import (
    Concept,
    ConceptKind,
    Name,
    Qualifier,
    ResultType,
    Specimen,
    Timing,
    Unit,
    Vocabulary,
)

CONCEPTS = (
    Concept(
        "urine_protein", "尿蛋白", "Urine protein", section="urine", specimens=("urine",), jlac10=("1A010",)
    ),
    Concept(
        "white_blood_cells",
        "白血球数",
        "WBC",
        section="haematology",
        specimens=("whole_blood_additive",),
        jlac10=("2A010",),
    ),
    Concept(
        "prothrombin_time",
        "PT",
        "Prothrombin time",
        section="coagulation",
        specimens=("plasma_citrate",),
        jlac10=("2B030",),
    ),
    Concept(
        "total_protein",
        "総蛋白",
        "Total protein",
        section="chemistry",
        specimens=("serum",),
        jlac10=("3A010",),
    ),
    Concept(
        "creatine_kinase",
        "CK",
        "Creatine kinase",
        section="chemistry",
        specimens=("serum",),
        jlac10=("3B010",),
    ),
    Concept(
        "ast",
        "AST",
        "Aspartate aminotransferase",
        section="chemistry",
        specimens=("serum",),
        jlac10=("3B035",),
    ),
    Concept("amylase", "アミラーゼ", "Amylase", section="chemistry", specimens=("serum",), jlac10=("3B160",)),
    Concept("glucose", "グルコース", "Glucose", section="chemistry", specimens=("serum",), jlac10=("3D010",)),
    Concept("sodium", "ナトリウム", "Sodium", section="chemistry", specimens=("serum",), jlac10=("3H010",)),
    Concept(
        "potassium", "カリウム", "Potassium", section="chemistry", specimens=("serum",), jlac10=("3H015",)
    ),
    Concept(
        "abo_group",
        "ABO血液型",
        "ABO group",
        section="transfusion",
        specimens=("whole_blood_additive",),
        jlac10=("5H010",),
    ),
    Concept(
        "hbs_antigen", "HBs抗原", "HBs antigen", section="infection", specimens=("serum",), jlac10=("5F016",)
    ),
    # Without a code in the small edition:
    Concept("ck_mb", "CK-MB", "CK-MB", section="chemistry", confused_with=("creatine_kinase",)),
    Concept(
        "ck_isozymes",
        "CKアイソザイム",
        "CK isozymes",
        section="chemistry",
        confused_with=("creatine_kinase",),
    ),
    Concept("urine_amylase", "尿アミラーゼ", "Urine amylase", section="urine", confused_with=("amylase",)),
    Concept("theophylline", "テオフィリン", "Theophylline", section="drug", confused_with=("total_protein",)),
    Concept("hbe_antigen", "HBe抗原", "HBe antigen", section="infection", confused_with=("hbs_antigen",)),
    Concept("hbc_antibody", "HBc抗体", "HBc antibody", section="infection", confused_with=("hbs_antigen",)),
    Concept("cedar_pollen", "スギ", "Cedar pollen", section="allergen"),
    Concept("comment", "コメント", "Comment", kind=ConceptKind.COMMENT, section="management"),
)

NAMES = (
    Name("尿蛋白", "urine_protein", specimen="urine"),
    Name("尿蛋白定性", "urine_protein", specimen="urine", result_type=ResultType.QUALITATIVE),
    Name("白血球数", "white_blood_cells"),
    Name("WBC", "white_blood_cells", "abbreviation"),
    Name("プロトロンビン時間", "prothrombin_time"),
    Name("PT", "prothrombin_time", "abbreviation"),
    Name("PT-INR", "prothrombin_time", "abbreviation", unit="INR"),
    Name("総蛋白", "total_protein"),
    Name("TP", "total_protein", "abbreviation"),
    Name("蛋白", "total_protein", "slang"),
    Name("CK", "creatine_kinase", "abbreviation"),
    Name("CPK", "creatine_kinase", "old"),
    Name("クレアチンキナーゼ", "creatine_kinase"),
    Name("AST", "ast", "abbreviation"),
    Name("GOT", "ast", "old"),
    Name("アミラーゼ", "amylase"),
    Name("AMY", "amylase", "abbreviation"),
    Name("グルコース", "glucose"),
    Name("血糖", "glucose", "slang"),
    Name("空腹時血糖", "glucose", timing=Timing.FASTING),
    Name("ナトリウム", "sodium"),
    Name("Na", "sodium", "abbreviation"),
    Name("カリウム", "potassium"),
    Name("K", "potassium", "abbreviation"),
    Name("ABO血液型", "abo_group"),
    Name("HBs抗原", "hbs_antigen"),
    Name("HBsAg", "hbs_antigen", "abbreviation"),
    Name("CK-MB", "ck_mb"),
    Name("CKアイソザイム", "ck_isozymes"),
    Name("尿アミラーゼ", "urine_amylase"),
    Name("テオフィリン", "theophylline"),
    Name("HBe抗原", "hbe_antigen"),
    Name("HBc抗体", "hbc_antibody"),
    Name("スギ", "cedar_pollen"),
    Name("コメント", "comment"),
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

VOCABULARY = Vocabulary(CONCEPTS, NAMES, SPECIMENS, UNITS, QUALIFIERS)
