"""A small vocabulary with its JLAC10 elements, and the JLAC10 pipeline over it."""

from collections.abc import Sequence

from jlac_mapper.codes.jlac10 import Jlac10Tables
from jlac_mapper.element_tables import Element, ElementKind
from jlac_mapper.llm.score_only_choice import ScoreOnlyChoice
from jlac_mapper.mapping.ask import Reranker
from jlac_mapper.mapping.decide import Thresholds
from jlac_mapper.mapping.jlac10.ask import ConceptQuestion
from jlac_mapper.mapping.jlac10.calibration import Jlac10Calibration
from jlac_mapper.mapping.jlac10.compose import SPECIMEN_LEVELS, Composer
from jlac_mapper.mapping.jlac10.pipeline import Jlac10Pipeline
from jlac_mapper.mapping.meanings.features import FEATURES, FeatureReader
from jlac_mapper.mapping.meanings.find import MeaningFinder
from jlac_mapper.mapping.meanings.weigh import UNKNOWN, MeaningWeights
from jlac_mapper.ports import ChoiceModel
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.types import Jlac10Mapping, LocalTest, MapOptions, Provenance
from jlac_mapper.vocabulary import (
    Concept,
    ConceptKind,
    Name,
    NameFamily,
    NameForm,
    Principle,
    Qualifier,
    Scale,
    Specimen,
    Vocabulary,
)
from tests.unit.vocabulary import QUALIFIERS, UNITS

SPECIMENS = (
    Specimen("urine", "100", "尿", "Urine", "", ("随時尿",), "001"),
    Specimen("pooled_urine", "130", "蓄尿", "Pooled urine", "", ("24時間尿",), "004"),
    Specimen("blood", "210", "血液", "Blood", "", (), "018"),
    Specimen("whole_blood", "210", "全血", "Whole blood", "", (), "018"),
    Specimen("whole_blood_edta", "212", "全血(EDTA入り)", "EDTA blood", "whole_blood", ("EDTA血",), "019"),
    Specimen("plasma", "240", "血漿", "Plasma", "", (), "022"),
    Specimen("tube_citrate", "", "採血管(クエン酸)", "Citrate tube", "", ("黒スピッツ",)),
    Specimen("serum", "250", "血清", "Serum", "", ("茶スピッツ",), "023"),
    Specimen("serum_or_plasma", "", "血清または血漿", "Serum or plasma", "", ()),
    Specimen("csf", "", "髄液", "CSF", "", (), "041"),
    Specimen("stool", "", "便", "Stool", "", ("糞便",), "015"),
    Specimen("elsewhere", "", "別紙参照", "See elsewhere", "", ()),
)
PRINCIPLES = (
    Principle("023", "酵素免疫測定法", "EIA", ("immunoassay",), ("ELISA",)),
    Principle("052", "化学発光酵素免疫測定法", "CLEIA", ("immunoassay",), ("CLEIA法",)),
    Principle("111", "赤血球凝集抑制反応", "HI", ("agglutination",), ("HI法",)),
    Principle("190", "イムノクロマト法", "ICA", ("immunoassay",), ("IC",)),
    Principle("271", "可視吸光光度法", "Visible absorbance", ("photometry",), ("酵素法", "比色法")),
    Principle("272", "紫外吸光光度法", "UV absorbance", ("photometry",), ("UV法",)),
    Principle("911", "試験紙法(機械)", "Test strip", ("photometry",), ("試験紙法",)),
)
CONCEPTS = (
    Concept(
        "ast",
        "AST",
        "Aspartate aminotransferase",
        scale=Scale.QUANTITY,
        section="chemistry",
        specimens=("serum", "plasma"),
        units=("U/L",),
        jlac10=("3B035",),
        methods=("272",),
    ),
    Concept(
        "glucose",
        "グルコース",
        "Glucose",
        scale=Scale.QUANTITY,
        section="chemistry",
        specimens=("serum", "plasma", "whole_blood_edta"),
        units=("mg/dL",),
        jlac10=("3D010",),
        methods=("271", "272"),
    ),
    Concept(
        "urine_protein",
        "尿蛋白",
        "Urine protein",
        section="urine",
        specimens=("urine",),
        jlac10=("1A010",),
        methods=("911", "271"),
    ),
    Concept(
        "amylase_urine",
        "尿アミラーゼ",
        "Urine amylase",
        scale=Scale.QUANTITY,
        section="urine",
        specimens=("urine", "pooled_urine"),
        units=("U/L",),
        jlac10=("3B160",),
        methods=("271",),
    ),
    Concept(
        "hbs_antigen",
        "HBs抗原",
        "HBs antigen",
        section="infection",
        specimens=("serum",),
        units=("COI",),
        jlac10=("5F016-1410",),
        methods=("052", "190"),
        confused_with=("hbs_antibody",),
    ),
    Concept(
        "hbs_antibody",
        "HBs抗体",
        "HBs antibody",
        section="infection",
        specimens=("serum",),
        jlac10=("5F016-1430",),
        methods=("052",),
        confused_with=("hbs_antigen",),
    ),
    Concept(
        "measles_antibody_igg",
        "麻疹抗体IgG",
        "Measles antibody IgG",
        section="infection",
        specimens=("serum_or_plasma", "csf"),
        jlac10=("5F431-1431",),
        methods=("023",),
    ),
    Concept(
        "measles_antibody_igm",
        "麻疹抗体IgM",
        "Measles antibody IgM",
        section="infection",
        specimens=("serum_or_plasma",),
        jlac10=("5F431-1432",),
        methods=("023",),
    ),
    Concept(
        "measles_antibody_hi",
        "麻疹抗体HI",
        "Measles antibody HI",
        scale=Scale.TITRE,
        section="infection",
        specimens=("serum",),
        jlac10=("5F431-1430",),
        methods=("111",),
    ),
    Concept(
        "rpr",
        "RPR",
        "Rapid plasma reagin",
        section="infection",
        specimens=("serum",),
        jlac10=("5E071", "5E074"),
        methods=("111",),
    ),
    Concept(
        "abo_group",
        "ABO血液型",
        "ABO group",
        scale=Scale.TYPE,
        section="transfusion",
        specimens=("whole_blood_edta",),
        jlac10=("5H010",),
    ),
    Concept(
        "fecal_blood",
        "便潜血",
        "Faecal occult blood",
        scale=Scale.QUALITATIVE,
        section="urine",
        specimens=("stool",),
        jlac10=("1B040",),
        methods=("190",),
    ),
    Concept(
        "strip_glucose",
        "尿糖試験紙",
        "Urine glucose strip",
        scale=Scale.QUALITATIVE,
        section="urine",
        specimens=("urine",),
        jlac10=("1A990-0000-54",),
        methods=("911",),
    ),
    Concept(
        "blood_count",
        "末梢血液一般",
        "Complete blood count",
        kind=ConceptKind.PANEL,
        section="haematology",
        specimens=("whole_blood_edta",),
        jlac10=("2A990",),
    ),
    Concept(
        "breath_test", "呼気検査", "Breath test", scale=Scale.QUANTITY, section="function", jlac10=("8Z999",)
    ),
    Concept(
        "theophylline",
        "テオフィリン",
        "Theophylline",
        scale=Scale.QUANTITY,
        section="drug",
        specimens=("serum",),
        jlac10=("3M010",),
        methods=("023",),
    ),
    Concept(
        "total_protein",
        "総蛋白",
        "Total protein",
        scale=Scale.QUANTITY,
        section="chemistry",
        specimens=("serum",),
        units=("g/dL",),
        jlac10=("3A010",),
        methods=("271",),
        confused_with=("theophylline",),
    ),
    # Without a code:
    Concept("blood_drawing", "採血料", "Blood drawing", kind=ConceptKind.LINE, section="management"),
    Concept("comment", "コメント", "Comment", kind=ConceptKind.COMMENT, section="management"),
    Concept("ward_test", "病棟検査", "Ward test", section="management"),
)
NAMES = (
    Name("AST", "ast", "abbreviation"),
    Name("GOT", "ast", "old"),
    Name("アスパラギン酸アミノトランスフェラーゼ", "ast"),
    Name("グルコース", "glucose"),
    Name("血糖", "glucose", "slang"),
    Name("GLU", "glucose", "abbreviation"),
    Name("尿蛋白", "urine_protein"),
    Name("尿アミラーゼ", "amylase_urine"),
    Name("HBs抗原", "hbs_antigen"),
    Name("HBsAg", "hbs_antigen", "abbreviation"),
    Name("HBs抗体", "hbs_antibody"),
    Name("HBsAb", "hbs_antibody", "abbreviation"),
    Name("麻疹抗体IgG", "measles_antibody_igg"),
    Name("麻疹抗体IgM", "measles_antibody_igm"),
    Name("麻疹抗体HI", "measles_antibody_hi"),
    Name("RPR", "rpr", "abbreviation"),
    Name("ABO血液型", "abo_group"),
    Name("便潜血", "fecal_blood"),
    Name("尿糖試験紙", "strip_glucose"),
    Name("末梢血液一般", "blood_count"),
    Name("血算", "blood_count", "slang"),
    Name("呼気検査", "breath_test"),
    Name("テオフィリン", "theophylline"),
    Name("TP", "theophylline", NameForm.HOMONYM),
    Name("総蛋白", "total_protein"),
    Name("TP", "total_protein", "abbreviation"),
    Name("採血料", "blood_drawing"),
    Name("コメント", "comment"),
    Name("病棟検査", "ward_test"),
)
FAMILIES = (
    NameFamily(
        {"measles": ("麻疹", "はしか", "Measles virus")},
        (
            ("{}_antibody_igg", ("{}ウイルスIgG", "抗{}IgG抗体")),
            ("{}_antibody_igm", ("{}ウイルスIgM", "抗{}IgM抗体")),
        ),
    ),
)
VOCABULARY = Vocabulary(
    CONCEPTS,
    NAMES,
    SPECIMENS,
    UNITS,
    (*QUALIFIERS, Qualifier("便", "specimen", "stool", "edge")),
    PRINCIPLES,
    FAMILIES,
)

_WEIGHTS = {
    "exact": 6.0,
    "exact_rare": -3.0,
    "exact_stripped": 4.0,
    "covered": 2.0,
    "similarity": 2.0,
    "similarity_cubed": 2.0,
    "alias": 4.0,
    "inexact": -2.0,
    "number_differs": -3.0,
    "latin_differs": -2.0,
    "class_differs": -3.0,
    "kind_differs": -3.0,
    "specimen_agrees": 1.0,
    "specimen_conflicts": -2.0,
    "unit_agrees": 1.0,
    "unit_conflicts": -2.0,
    "method_agrees": 1.0,
    "scale_conflicts": -1.0,
    UNKNOWN: 0.0,
}
WEIGHTS = MeaningWeights.of("hand-written", {**dict.fromkeys((*FEATURES, UNKNOWN), 0.0), **_WEIGHTS})
CALIBRATION = Jlac10Calibration(
    identity="hand-written",
    slope=1.0,
    offset=0.0,
    certainty={**dict.fromkeys(SPECIMEN_LEVELS, 0.6), "given": 0.98, "narrowed": 0.95, "unusual": 0.7},
    thresholds={0.95: 0.7, 0.98: 0.85},
    known=0.15,
)
NO_TABLES = Jlac10Tables()
ELEMENTS = (
    *(Element(ElementKind.JLAC10_ANALYTE, c.jlac10[0][:5], c.name) for c in CONCEPTS if c.jlac10),
    *(
        Element(ElementKind.JLAC10_IDENTIFICATION, code, code)
        for code in ("1410", "1430", "1431", "1432", "1300", "1299", "1000", "1030", "1060", "1120")
    ),
    *(Element(ElementKind.JLAC10_SPECIMEN, s.jlac10, s.name) for s in SPECIMENS if s.jlac10),
    *(Element(ElementKind.JLAC10_METHOD, p.code, p.name) for p in PRINCIPLES),
    Element(ElementKind.JLAC10_SPECIMEN, "099", "その他の材料"),
    Element(ElementKind.JLAC10_METHOD, "920", "その他の測定法"),
    *(
        Element(ElementKind.JLAC10_RESULT, code, name)
        for code, name in (("01", "定量値"), ("03", "時間"), ("05", "希釈倍率"), ("11", "判定"), ("14", "型"))
    ),
)
"""Element tables that list all that the small vocabulary has."""


def build_pipeline(
    tables: Jlac10Tables = NO_TABLES,
    vocabulary: Vocabulary = VOCABULARY,
    weights: MeaningWeights = WEIGHTS,
    calibration: Jlac10Calibration = CALIBRATION,
    choice_model: ChoiceModel | None = None,
) -> Jlac10Pipeline:
    """A JLAC10 pipeline over a small vocabulary, with weights written by hand."""
    reranker = Reranker(choice_model or ScoreOnlyChoice(), ConceptQuestion(vocabulary))
    return Jlac10Pipeline(
        normalizer=Normalizer(vocabulary),
        finder=MeaningFinder(vocabulary),
        reader=FeatureReader(vocabulary),
        weights=weights,
        calibration=calibration,
        composer=Composer(vocabulary, tables),
        reranker=reranker,
        vocabulary=vocabulary,
        thresholds=Thresholds(accept=0.85, no_code=CALIBRATION.known),
        provenance=Provenance("small", "", {"retrieval": "lexical"}, "hand-written", 0.85, "2026-01-15", "0"),
        lifts=calibration.choice.may_lift(reranker.identity, 0.95),
    )


def tables(*changes: Element, without: Sequence[str] = ()) -> Jlac10Tables:
    """The small element tables, with changed lines and without some codes."""
    changed = {(element.kind, element.code) for element in changes}
    kept = [e for e in ELEMENTS if (e.kind, e.code) not in changed and e.code not in without]
    return Jlac10Tables.of("small", [*kept, *changes])


PIPELINE = build_pipeline()


def answer(name: str, pipeline: Jlac10Pipeline = PIPELINE, top_k: int = 5, **fields: str) -> Jlac10Mapping:
    """The answer for one row."""
    (mapping,) = pipeline.map_batch([LocalTest(name, **fields)], MapOptions(top_k=top_k))
    return mapping
