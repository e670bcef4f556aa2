"""The three searches on lists small enough to check by eye, and the TF-IDF against its definition."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date

import pytest

from jlac_mapper.evaluation.baselines import (
    FuzzyBaseline,
    SubstringBaseline,
    TfidfBaseline,
    all_baselines,
    answer,
    listed_names,
    plain,
)
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


def _grams(text: str) -> Counter[str]:
    return Counter(text[i : i + size] for size in (1, 2, 3) for i in range(len(text) - size + 1))


def _cosine(query: str, text: str, texts: Sequence[str]) -> float:
    """Return the cosine with weights of term count x (ln((1 + n) / (1 + df)) + 1), by its definition."""
    known = [_grams(each) for each in texts]
    frequency = Counter(gram for grams in known for gram in grams)
    inverse = {gram: math.log((1 + len(texts)) / (1 + df)) + 1 for gram, df in frequency.items()}
    one, other = (
        {gram: count * inverse[gram] for gram, count in _grams(each).items() if gram in inverse}
        for each in (query, text)
    )
    if not one:
        return 0.0
    product = sum(weight * other.get(gram, 0.0) for gram, weight in one.items())
    return product / math.hypot(*one.values()) / math.hypot(*other.values())


def test_tfidf_scores_are_cosines_of_grams_of_one_to_three_characters_by_their_rarity() -> None:
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
    baseline = TfidfBaseline([(text, text) for text in texts])
    for query in queries:
        cosines = {text: _cosine(query, text, texts) for text in texts}
        expected = sorted((text for text in texts if cosines[text] > 0), key=lambda t: -round(cosines[t], 9))[
            :5
        ]
        ranked = baseline.rank(query)
        assert [text for text, _ in ranked] == expected, query
        assert [score for _, score in ranked] == pytest.approx(
            [cosines[text] for text in expected], abs=1e-11
        )


def test_tfidf_gives_every_exact_name_the_same_score() -> None:
    names = listed_names(shipped(date(2026, 9, 1)))
    baseline = TfidfBaseline(names)
    assert {baseline.rank(name)[0][1] for name, _ in names[:200]} == {1.0}


@pytest.mark.parametrize(("day", "occult_blood"), [(date(2025, 12, 1), "A1009"), (date(2026, 9, 1), "A2007")])
def test_the_names_searched_are_those_of_listed_concepts_with_their_measurand_on_the_day(
    day: date, occult_blood: str
) -> None:
    names = dict(listed_names(shipped(day)))
    assert names["AST"] == names["GOT"] == "C2008"
    assert names["尿潜血"] == occult_blood
    assert names["TP"] == "C1002"
    assert "CK-MB" not in names
