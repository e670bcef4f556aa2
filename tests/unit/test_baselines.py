"""The three searches on lists small enough to check by eye, and the TF-IDF against scikit-learn."""

from datetime import date

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from jlac_mapper.evaluation.baselines import (
    FuzzyBaseline,
    SubstringBaseline,
    TfidfBaseline,
    all_baselines,
    answer,
    listed_names,
    plain,
)
from jlac_mapper.evaluation.ngrams import TfidfIndex
from tests.support.shipped_release import shipped

NAMES = (
    ("総蛋白", "C1002"),
    ("アルブミン", "C1003"),
    ("クレアチニン", "C3002"),
    ("クレアチンキナーゼ", "C2001"),
    ("AST", "C2008"),
    ("GOT", "C2008"),
    ("ast", "C9999"),
)


def test_baselines_see_the_name_after_nfkc_and_case_folding() -> None:
    assert plain(" ＡＳＴ ﾅﾄﾘｳﾑ ") == "ast ナトリウム"


def test_substring_scores_the_share_of_the_longer_text() -> None:
    assert SubstringBaseline(NAMES).rank("血清総蛋白") == [("C1002", pytest.approx(3 / 5))]


def test_substring_finds_the_hospital_name_inside_a_listed_one() -> None:
    assert SubstringBaseline(NAMES).rank("クレアチン") == [("C2001", pytest.approx(5 / 9))]


def test_substring_without_an_overlap_has_no_proposal() -> None:
    assert SubstringBaseline(NAMES).rank("カルシウム") == []


def test_the_first_owner_keeps_a_name_that_two_measurands_claim() -> None:
    for baseline in all_baselines(NAMES):
        assert baseline.rank("ＡＳＴ")[0] == ("C2008", pytest.approx(1.0)), baseline.title


def test_every_baseline_names_a_measurand_once() -> None:
    for baseline in all_baselines(NAMES):
        ranked = [measurand for measurand, _ in baseline.rank("AST GOT")]
        assert ranked.count("C2008") == 1, baseline.title


def test_fuzzy_ranks_the_misspelt_name_first_and_scales_to_one() -> None:
    (best, score), *_ = FuzzyBaseline(NAMES).rank("ｸﾚｱﾁﾆﾝ(酵素)")
    assert best == "C3002"
    assert 0.8 < score <= 1.0


def test_tfidf_ranks_by_shared_grams_and_leaves_strangers_out() -> None:
    ranked = TfidfBaseline(NAMES).rank("クレアチニン")
    assert [measurand for measurand, _ in ranked] == ["C3002", "C2001", "C1003"]
    assert ranked[0][1] == pytest.approx(1.0)


def test_an_empty_name_has_no_proposal() -> None:
    for baseline in all_baselines(NAMES):
        given = answer(baseline, " ")
        assert (given.measurands, given.confidence, given.accepted) == ((), 0.0, False), baseline.title


def test_at_most_five_measurands_are_returned() -> None:
    names = tuple((f"検査{letter}", f"C100{digit}") for digit, letter in enumerate("甲乙丙丁戊己庚"))
    for baseline in all_baselines(names):
        assert len(baseline.rank("検査")) == 5, baseline.title


def test_tfidf_cosines_equal_those_of_scikit_learn() -> None:
    texts = [
        "総蛋白",
        "アルブミン",
        "γ-gtp",
        "hbs抗原",
        "hbs抗体",
        "ldlコレステロール",
        "hdlコレステロール",
        "k",
    ]
    queries = ["hbs抗原(定性)", "コレステロール", "ガンマgtp", "k", "血清アルブミン", "zzz", ""]
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False)
    matrix = vectorizer.fit_transform(texts)
    expected = (vectorizer.transform(queries) @ matrix.T).toarray()
    index = TfidfIndex(texts)
    assert len(index) == len(texts)
    assert np.allclose([index.cosines(query) for query in queries], expected, atol=1e-12)


@pytest.mark.parametrize(("day", "occult_blood"), [(date(2025, 12, 1), "A1009"), (date(2026, 9, 1), "A2007")])
def test_the_names_searched_are_those_of_listed_concepts_with_their_measurand_on_the_day(
    day: date, occult_blood: str
) -> None:
    names = dict(listed_names(shipped(day)))
    assert names["AST"] == names["GOT"] == "C2008"
    assert names["尿潜血"] == occult_blood
    assert names["TP"] == "C1002"
    assert "CK-MB" not in names
