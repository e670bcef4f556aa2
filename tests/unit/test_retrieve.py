"""What a name may mean: listed measurands and things without a code compete."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from jlac_mapper.adapters.numpy_index import NumpyIndex
from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.search import LISTED_LIMIT, Retriever
from jlac_mapper.ports import Float32Matrix
from jlac_mapper.text import fold
from jlac_mapper.types import Hypothesis
from jlac_mapper.vocabulary import TestName
from tests.unit.stages import RETRIEVER, normalize, retrieve
from tests.unit.vocabulary import VOCABULARY


def by_measurand(name: str, **fields: str) -> dict[str, Hypothesis]:
    return {h.measurand: h for h in retrieve(name, **fields)}


@pytest.mark.parametrize("name", ["AST", "ＡＳＴ", "ast", "A-S-T", "AST※"])
def test_a_known_name_is_found_whole_however_it_is_spelled(name: str) -> None:
    best = retrieve(name)[0]
    assert (best.measurand, best.explained) == ("C2008", 1.0)
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
def test_two_names_of_one_measurand_side_by_side_are_explained_entirely(name: str) -> None:
    best = retrieve(name)[0]
    assert (best.measurand, best.explained, best.scores["exact"]) == ("C2008", 1.0, 0.9)


def test_a_strange_remainder_leaves_a_name_partly_explained() -> None:
    best = by_measurand("AST ゾル")["C2008"]
    assert best.explained == pytest.approx(3 / 5)
    assert best.scores["exact"] == 0.0


def test_a_misspelled_name_is_similar_and_not_exact() -> None:
    misspelled = retrieve("クレアチソキナーゼ")[0]
    assert misspelled.measurand == "C2001"
    assert misspelled.scores["exact"] == 0.0
    assert misspelled.scores["similarity"] > 0.7
    assert 0.0 < misspelled.scores["cosine"] < 1.0


def test_a_name_without_a_code_leads_over_the_listed_name_inside_it() -> None:
    hypotheses = retrieve("CK-MB")
    assert hypotheses[0].measurand == ""
    assert hypotheses[0].background is not None
    assert hypotheses[0].background.name == "CK-MB"
    assert hypotheses[0].scores["exact"] == 1.0
    assert {h.measurand: h.scores["exact"] for h in hypotheses if h.measurand}["C2001"] == 0.0


def test_a_name_is_also_looked_up_as_the_test_of_its_specimen() -> None:
    in_urine = by_measurand("アミラーゼ", specimen="尿")
    assert in_urine[""].background is not None
    assert in_urine[""].background.name == "尿アミラーゼ"
    assert in_urine[""].scores["exact"] >= 0.9
    assert by_measurand("蛋白", specimen="尿")["A1006"].scores["exact"] >= 0.9
    assert by_measurand("アミラーゼ", specimen="血清")["C2042"].scores["exact"] == 1.0


def test_the_test_of_the_specimen_leads_over_the_bare_name() -> None:
    assert retrieve("アミラーゼ", specimen="尿")[0].measurand == ""
    assert retrieve("蛋白", specimen="尿")[0].measurand == "A1006"


@pytest.mark.parametrize("name", ["Na・K", "Na,K", "Na/K", "ナトリウム カリウム", "AST Na K"])
def test_several_listed_names_side_by_side_are_a_panel(name: str) -> None:
    background = by_measurand(name)[""].background
    assert background is not None
    assert (background.kind, background.name) == ("panel", normalize(name).text)


@pytest.mark.parametrize("name", ["AST・GOT", "Na・不明な語", "CK(CPK)"])
def test_one_measurand_or_an_unknown_piece_makes_no_panel(name: str) -> None:
    background = by_measurand(name).get("")
    assert background is None or background.background is None or background.background.kind != "panel"


def test_abbreviation_and_kana_speak_for_a_meaning_of_their_own() -> None:
    hypotheses = by_measurand("肝機能の一つ", abbreviation="GOT")
    assert hypotheses["C2008"].scores["alias"] == 1.0
    assert by_measurand("肝機能の一つ", kana="テオフィリン")[""].scores["alias"] == 1.0


def test_a_name_that_two_measurands_share_gives_both_the_same_score() -> None:
    shared = (*VOCABULARY.names, TestName("共通名", "C7002"), TestName("共通名", "C7003"))
    retriever = Retriever(replace(VOCABULARY, names=shared))
    found = retriever.retrieve([normalize("共通名")])[0]
    assert [(h.measurand, h.scores["exact"]) for h in found[:2]] == [("C7002", 1.0), ("C7003", 1.0)]


@pytest.mark.parametrize("name", ["AST", "CK-MB", "抗原", "抗体", "ン", "蛋白定量", "1", "K"])
def test_scores_lie_between_0_and_1_and_few_measurands_are_named(name: str) -> None:
    hypotheses = retrieve(name, abbreviation="TP", kana="カリウム")
    assert sum(bool(h.measurand) for h in hypotheses) <= LISTED_LIMIT
    assert sum(not h.measurand for h in hypotheses) <= 1
    assert len({h.measurand for h in hypotheses}) == len(hypotheses)
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
    names = (TestName("クレアチンキナーゼ", "C2001"), TestName("ナトリウム", "C7002"))
    vocabulary = replace(VOCABULARY, names=names, background=())
    embedder = TableEmbedder({"クレアチソ": 0, fold("ナトリウム"): 0, fold("クレアチンキナーゼ"): 1})
    row = [normalize("クレアチソ")]
    (lexical,) = Retriever(vocabulary).retrieve(row)
    (fused,) = Retriever(vocabulary, lambda keys: DenseNames(embedder, NumpyIndex, keys)).retrieve(row)
    assert [h.measurand for h in lexical] == ["C2001"]
    assert [h.measurand for h in fused] == ["C7002", "C2001"]
    assert fused[0].scores["dense"] == pytest.approx(1.0)


def test_a_row_without_a_name_has_no_hypothesis() -> None:
    assert retrieve("") == ()
    assert retrieve("（　）") == ()


def test_a_batch_gives_each_row_what_it_gets_alone() -> None:
    names = ["AST", "CK-MB", "Na・K", "謎の検査", ""]
    batch = RETRIEVER.retrieve([normalize(name) for name in names])
    assert batch == [retrieve(name) for name in names]
