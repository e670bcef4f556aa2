"""What stands beside names and in the other fields of generated rows."""

NOTES = ("(時間外)", "(緊急)", "(外注)", "(院内)", "（他）", " 至急", "(健診)", "【外来】", "※")
HARMLESS = ("(CLEIA)", "〔ECLIA〕", "(IFCC)", "(JSCC)", "（酵素法）", "(定量)", "/CLIA", "(LTIA)")
SERUM_TESTS = ("血清", "血清", "血清", "血漿", "EDTA血漿", "茶スピッツ", "血清分離剤", "血液")
OTHER_SPECIMENS = (
    "尿", "髄液", "便", "全血", "EDTA血", "喀痰", "組織", "胸水", "咽頭ぬぐい液", "ヘパリン加血",
)  # fmt: skip
UNLISTED_SPECIMENS = ("髄液", "胸水", "腹水", "関節液", "透析液")
OTHER_UNITS = (
    "ng/mL", "pg/mL", "U/mL", "μg/mL", "%", "mg/dL", "U/L", "倍", "COI", "ng/dL", "UA/mL", "nmol/L",
    "mL/min",
)  # fmt: skip
SCALES = {
    "mass concentration": ("g/L", "mg/L", "mg/mL", "μg/mL", "μg/dL", "ng/mL", "ng/dL"),
    "number concentration": ("/μL", "10^2/μL", "/mm3"),
    "activity concentration": ("U/mL", "mU/mL", "kU/L"),
    "substance concentration": ("mmol/L", "μmol/L", "nmol/L"),
}
"""What houses report in that keep to another scale than the national one, by dimension."""
REMAINDERS = (
    "アイソザイム", "分画", "比", "クリアランス", "抗体", "RNA", "DNA", "遺伝子", "確認試験", "結合能",
    "受容体", "産生能", "阻害試験", "MB", "BB", "アイソフォーム", "抑制試験", "型別", "負荷試験",
    "排泄量", "前駆体", "断片", "複合体", "指数", "変異", "コア", "活性化因子", "インヒビター",
    "酵素抗体", "染色", "培養", "IgM", "IgG", "IgA", "遊離", "結合型", "総量", "サブユニット",
    "ジェノタイプ", "耐性", "感受性", "幼若", "有核", "異型", "破砕", "酸化", "糖化", "補正", "推算",
    "イオン化", "間接", "胎児", "膵型", "骨型", "セット", "コメント", "加算", "判断料", "採血管", "予備",
    "希釈", "添加", "クロスマッチ", "ミキシング",
)  # fmt: skip
CONFIRMATIONS = ("ウエスタンブロット法", "WB法", "ラインブロット法", "確認試験", "中和法")
# Of rooms, wings and teams: words made of these stand for all that no table can list.
ROOM_CHARACTERS = "東西南北中央第一二三新旧棟階室科班循呼消脳整形皮泌眼耳歯救総合診療棟町"
HEADED = ("{1}:{0}", "{1}){0}", "[{1}]{0}")
BESIDE = ("{0} {1}", "{1} {0}", "{1}-{0}", "{0}_{1}")
