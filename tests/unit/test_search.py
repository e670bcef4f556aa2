"""What a name may mean: listed concepts and everything without a code compete."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from jlac_mapper.mapping.comparisons.usual import fit_usual
from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.search import LISTED_LIMIT, Retriever
from jlac_mapper.ports import Float32Matrix
from jlac_mapper.reading.row import Normalizer
from jlac_mapper.text import fold
from jlac_mapper.types import Hypothesis, LocalTest
from jlac_mapper.vectors.numpy_index import NumpyIndex
from jlac_mapper.vocabulary import Concept, Name, NameForm
from tests.support.shipped_release import shipped
from tests.unit.stages import LISTED, RETRIEVER, normalize, retrieve
from tests.unit.vocabulary import VOCABULARY

UNLISTED = ""
"""Where `by_concept` has the hypothesis without a code."""


def by_concept(name: str, **fields: str) -> dict[str, Hypothesis]:
    return {h.key if h.listed else UNLISTED: h for h in retrieve(name, **fields)}


@pytest.mark.parametrize("name", ["AST", "ＡＳＴ", "ast", "A-S-T", "AST※"])
def test_a_known_name_is_found_whole_however_it_is_spelled(name: str) -> None:
    best = retrieve(name)[0]
    assert (best.key, best.explained) == ("ast", 1.0)
    assert best.scores["exact"] >= 0.95


def test_the_name_as_written_counts_more_than_the_name_without_its_qualifiers() -> None:
    assert retrieve("AST")[0].scores["exact"] == 1.0
    assert retrieve("AST(JSCC)")[0].scores["exact"] == 0.95


@pytest.mark.parametrize(
    "name",
    [
        "GOT(AST)",
        "GOT AST",
        "GOT/AST",
    ],
)
def test_two_names_of_one_concept_side_by_side_are_explained_entirely(name: str) -> None:
    best = retrieve(name)[0]
    assert (best.key, best.explained, best.scores["exact"]) == ("ast", 1.0, 0.9)


def test_a_strange_remainder_leaves_a_name_partly_explained() -> None:
    best = by_concept("AST ゾル")["ast"]
    assert best.explained == pytest.approx(3 / 5)
    assert best.scores["exact"] == 0.0


def test_a_misspelled_name_is_similar_and_not_exact() -> None:
    misspelled = retrieve("クレアチソキナーゼ")[0]
    assert misspelled.key == "creatine_kinase"
    assert misspelled.scores["exact"] == 0.0
    assert misspelled.scores["similarity"] > 0.7
    assert 0.0 < misspelled.scores["cosine"] < 1.0


def test_a_name_without_a_code_leads_over_the_listed_name_inside_it() -> None:
    hypotheses = retrieve("CK-MB")
    assert (hypotheses[0].listed, hypotheses[0].key) == (False, "ck_mb")
    assert hypotheses[0].name == Name("CK-MB", "ck_mb")
    assert hypotheses[0].scores["exact"] == 1.0
    assert {h.key: h.scores["exact"] for h in hypotheses if h.listed}["creatine_kinase"] == 0.0


def test_a_name_is_also_looked_up_as_the_test_of_its_specimen() -> None:
    in_urine = by_concept("アミラーゼ", specimen="尿")
    assert in_urine[UNLISTED].name == Name("尿アミラーゼ", "urine_amylase")
    assert in_urine[UNLISTED].scores["exact"] >= 0.9
    assert by_concept("蛋白", specimen="尿")["urine_protein"].scores["exact"] >= 0.9
    assert by_concept("アミラーゼ", specimen="血清")["amylase"].scores["exact"] == 1.0


def test_the_test_of_the_specimen_leads_over_the_bare_name() -> None:
    assert retrieve("アミラーゼ", specimen="尿")[0].key == "urine_amylase"
    assert retrieve("蛋白", specimen="尿")[0].key == "urine_protein"


@pytest.mark.parametrize("name", ["Na・K", "Na,K", "Na/K", "ナトリウム カリウム", "AST Na K"])
def test_several_listed_names_side_by_side_are_a_panel(name: str) -> None:
    panel = by_concept(name)[UNLISTED]
    assert (panel.concept, panel.name, panel.key) == (None, None, "")
    assert (panel.scores["exact"], panel.explained) == (0.9, 1.0)


@pytest.mark.parametrize("name", ["AST・GOT", "Na・不明な語", "CK(CPK)"])
def test_one_concept_or_an_unknown_piece_makes_no_panel(name: str) -> None:
    unlisted = by_concept(name).get(UNLISTED)
    assert unlisted is None or unlisted.concept is not None


def test_abbreviation_and_kana_speak_for_a_meaning_of_their_own() -> None:
    hypotheses = by_concept("肝機能の一つ", abbreviation="GOT")
    assert hypotheses["ast"].scores["alias"] == 1.0
    assert by_concept("肝機能の一つ", kana="テオフィリン")[UNLISTED].scores["alias"] == 1.0


def test_a_name_that_two_concepts_share_gives_both_the_same_score() -> None:
    shared = (*VOCABULARY.names, Name("共通名", "sodium"), Name("共通名", "potassium"))
    retriever = Retriever(replace(VOCABULARY, names=shared), LISTED)
    found = retriever.retrieve([normalize("共通名")])[0]
    assert [(h.key, h.scores["exact"]) for h in found[:2]] == [("potassium", 1.0), ("sodium", 1.0)]


@pytest.mark.parametrize("name", ["AST", "CK-MB", "抗原", "抗体", "ン", "蛋白定量", "1", "K"])
def test_scores_lie_between_0_and_1_and_few_concepts_are_named(name: str) -> None:
    hypotheses = retrieve(name, abbreviation="TP", kana="カリウム")
    assert sum(h.listed for h in hypotheses) <= LISTED_LIMIT
    assert sum(not h.listed for h in hypotheses) <= 1
    assert len({h.key for h in hypotheses}) == len(hypotheses)
    for hypothesis in hypotheses:
        assert set(hypothesis.scores) == {"exact", "cosine", "similarity", "dense", "alias"}
        assert all(0.0 <= score <= 1.0 for score in (*hypothesis.scores.values(), hypothesis.explained))


class TableEmbedder:
    """An Embedder that gives a name in a table its axis, and every other the last one."""

    identity = "table"
    width = 4

    def __init__(self, axes: dict[str, int]) -> None:
        self.axes = axes

    def embed(self, texts: Sequence[str]) -> Float32Matrix:
        rows = np.zeros((len(texts), self.width), np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[self.axes.get(text, self.width - 1)] = 1.0
        return rows


def test_the_embedding_orders_names_that_no_look_up_found() -> None:
    """クレアチソ reads like creatine kinase; an embedding that knows better puts sodium first."""
    names = (Name("クレアチンキナーゼ", "creatine_kinase"), Name("ナトリウム", "sodium"))
    vocabulary = replace(VOCABULARY, names=names)
    embedder = TableEmbedder({"クレアチソ": 0, fold("ナトリウム"): 0, fold("クレアチンキナーゼ"): 1})
    row = [normalize("クレアチソ")]
    (lexical,) = Retriever(vocabulary, LISTED).retrieve(row)
    (fused,) = Retriever(vocabulary, LISTED, lambda keys: DenseNames(embedder, NumpyIndex, keys)).retrieve(
        row
    )
    assert [h.key for h in lexical] == ["creatine_kinase"]
    assert [h.key for h in fused] == ["sodium", "creatine_kinase"]
    assert fused[0].scores["dense"] == pytest.approx(1.0)


def test_a_row_without_a_name_has_no_hypothesis() -> None:
    assert retrieve("") == ()
    assert retrieve("（　）") == ()


def test_a_batch_gives_each_row_what_it_gets_alone() -> None:
    names = ["AST", "CK-MB", "Na・K", "謎の検査", ""]
    batch = RETRIEVER.retrieve([normalize(name) for name in names])
    assert batch == [retrieve(name) for name in names]


# --- names of several concepts

TRIGLYCERIDE = Concept(
    "triglyceride", "中性脂肪", "Triglyceride", specimens=("serum", "plasma"), units=("mg/dL",)
)
THYROGLOBULIN = Concept(
    "thyroglobulin", "サイログロブリン", "Thyroglobulin", specimens=("serum",), units=("ng/mL",)
)
THEOPHYLLINE = Concept("theophylline", "テオフィリン", "Theophylline", specimens=("serum",), units=("ug/mL",))
ANTIBODY = Concept(
    "treponema_antibody",
    "TP抗体",
    "Treponema antibody",
    specimens=("serum", "csf"),
    units=("COI", "[qualitative]"),
)
PROTEIN = Concept("total_protein", "総蛋白", "Total protein", specimens=("serum",), units=("g/dL",))
SHARED = replace(
    VOCABULARY,
    concepts=(TRIGLYCERIDE, THYROGLOBULIN, THEOPHYLLINE, ANTIBODY, PROTEIN),
    names=(
        Name("TG", "thyroglobulin", NameForm.HOMONYM),
        Name("TG", "triglyceride", "abbreviation"),
        Name("中性脂肪", "triglyceride"),
        Name("サイログロブリン", "thyroglobulin"),
        Name("TP", "theophylline", NameForm.HOMONYM),
        Name("TP", "treponema_antibody", NameForm.HOMONYM),
        Name("TP", "total_protein", "abbreviation"),
    ),
)
NEITHER: frozenset[str] = frozenset()


def meant(name: str, listed: frozenset[str] = NEITHER, **fields: str) -> list[str]:
    """The concepts that a shared name is an exact name of, the likeliest first."""
    normalizer = Normalizer(SHARED)
    (found,) = Retriever(SHARED, listed).retrieve([normalizer.normalize(LocalTest(name, **fields))])
    return [h.key for h in found if h.scores["exact"] >= 0.9]


LISTINGS = [
    NEITHER,
    frozenset({"triglyceride"}),
    frozenset({"thyroglobulin"}),
    frozenset({"triglyceride", "thyroglobulin"}),
]


@pytest.mark.parametrize("listed", LISTINGS, ids=lambda keys: "+".join(sorted(keys)) or "neither")
@pytest.mark.parametrize(
    "fields",
    [{"unit": "ng/mL"}, {"unit": "ng/mL", "specimen": "血清"}, {"reference_range": "35.0以下 (ng/mL)"}],
)
def test_tg_in_nanograms_is_thyroglobulin_whatever_is_listed(
    fields: dict[str, str], listed: frozenset[str]
) -> None:
    assert meant("TG", listed, **fields) == ["thyroglobulin"]


@pytest.mark.parametrize("listed", LISTINGS, ids=lambda keys: "+".join(sorted(keys)) or "neither")
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"specimen": "血清"},
        {"unit": "mg/dL"},
        {"unit": "mg/dL", "specimen": "血清"},
        {"unit": "謎"},
        {"specimen": "血漿"},
        {"unit": "U/L"},
    ],
)
def test_tg_otherwise_is_triglyceride_whatever_is_listed(
    fields: dict[str, str], listed: frozenset[str]
) -> None:
    """A homonym never answers where the usual meaning fits as well, not even for a code of its own."""
    assert meant("TG", listed, **fields) == ["triglyceride"]


@pytest.mark.parametrize(
    ("fields", "concept"),
    [
        ({}, "total_protein"),
        ({"unit": "g/dL"}, "total_protein"),
        ({"unit": "COI"}, "treponema_antibody"),
        ({"specimen": "髄液", "unit": "COI"}, "treponema_antibody"),
        ({"specimen": "髄液"}, "treponema_antibody"),
        ({"specimen": "血清", "unit": "定性"}, "treponema_antibody"),
        ({"unit": "g/L"}, "total_protein"),
        ({"unit": "mg/L"}, "theophylline"),
    ],
)
def test_of_three_meanings_the_one_that_specimen_and_unit_fit_is_meant(
    fields: dict[str, str], concept: str
) -> None:
    assert meant("TP", frozenset({"total_protein", "treponema_antibody"}), **fields) == [concept]


def test_a_shared_name_is_told_apart_in_the_abbreviation_as_well() -> None:
    normalizer, retriever = (
        Normalizer(SHARED),
        Retriever(SHARED, frozenset({"triglyceride", "thyroglobulin"})),
    )
    for unit, concept in (("ng/mL", "thyroglobulin"), ("mg/dL", "triglyceride")):
        row = normalizer.normalize(LocalTest("脂肪の一つ", abbreviation="TG", unit=unit))
        (found,) = retriever.retrieve([row])
        assert [h.key for h in found if h.scores["alias"]] == [concept]


def test_of_two_usual_meanings_a_listed_one_goes_before_one_without_a_code() -> None:
    shared = (*VOCABULARY.names, Name("共通名", "sodium"), Name("共通名", "ck_mb"))
    retriever = Retriever(replace(VOCABULARY, names=shared), LISTED)
    (found,) = retriever.retrieve([normalize("共通名")])
    assert [h.key for h in found if h.scores["exact"]] == ["sodium"]


@pytest.mark.parametrize(
    ("fields", "concept"),
    [
        ({}, "triglyceride"),
        ({"unit": "mg/dL", "specimen": "血清"}, "triglyceride"),
        ({"unit": "ng/mL", "specimen": "血清"}, "thyroglobulin"),
    ],
)
def test_the_shipped_names_tell_the_two_meanings_of_tg_apart(fields: dict[str, str], concept: str) -> None:
    bound = shipped()
    names = tuple(
        name for name in bound.vocabulary.names if name.concept in ("triglyceride", "thyroglobulin")
    )
    vocabulary = replace(bound.vocabulary, names=names)
    row = Normalizer(vocabulary).normalize(LocalTest("TG", **fields))
    (found,) = Retriever(vocabulary, bound.listed).retrieve([row])
    assert (found[0].key, found[0].scores["exact"]) == (concept, 1.0)


# --- what is usual for a concept


@pytest.mark.parametrize(
    ("fields", "fit"),
    [
        ({}, 0),
        ({"unit": "ng/mL"}, 2),
        ({"unit": "ug/L"}, 2),
        ({"unit": "ug/dL"}, 1),
        ({"unit": "U/L"}, -1),
        ({"specimen": "血清"}, 1),
        ({"specimen": "髄液"}, -1),
        ({"unit": "ng/mL", "specimen": "血清"}, 3),
        ({"unit": "ng/mL", "specimen": "髄液"}, 1),
        ({"unit": "U/L", "specimen": "髄液"}, -2),
        ({"unit": "謎", "specimen": "謎の容器"}, 0),
    ],
)
def test_unit_and_specimen_fit_what_is_usual_for_a_concept(fields: dict[str, str], fit: int) -> None:
    assert fit_usual(THYROGLOBULIN, normalize("TG", **fields)) == fit
    assert fit_usual(Concept("new", "新規", "New"), normalize("TG", **fields)) == 0
