"""From answers to figures, on a table that can be counted by hand."""

import pytest

from jlac_mapper.evaluation.labels import Status, Truth, parse_truth, read_labelled
from jlac_mapper.evaluation.run import PRODUCT, evaluate
from jlac_mapper.evaluation.scores import Answer, answer_of, score
from jlac_mapper.types import Disposition, LocalTest, MapOptions
from tests.support.fakes import ScriptedMapper

AST, ALT, CK, NA = "C20080000250000F7", "C20110000250000F7", "C20010000250000F7", "C70020000250000B1"
ACCEPTED, REVIEW, NO_CODE = Disposition.ACCEPTED, Disposition.NEEDS_REVIEW, Disposition.NO_CODE


def labelled(*cells: tuple[str, str]) -> list[Truth]:
    return [parse_truth(measurand, code) for measurand, code in cells]


def given(code: str, confidence: float, *, accepted: bool = False, others: tuple[str, ...] = ()) -> Answer:
    return Answer((code[:5], *others), confidence, code, confidence, accepted)


def test_every_kind_of_row_counts_where_it_should() -> None:
    truths = labelled(
        ("C2008", AST), ("C2011", ""), ("C2001", CK), ("NONE", ""), ("NOCODE:C7002", ""), ("", "")
    )
    answers = [
        given(AST, 0.99, accepted=True),
        given(AST, 0.6, others=("C2011",)),
        given("C20010000243000F7", 0.9, accepted=True),  # the measurand is right, the specimen is not
        given(CK, 0.95, accepted=True),
        given(NA, 0.97, accepted=True),
        given(NA, 0.98, accepted=True),
    ]
    scores = score(truths, answers)
    assert (scores.rows, scores.codable, scores.unlisted, scores.unlisted_specimen, scores.unscored) == (
        6,
        3,
        1,
        1,
        1,
    )
    assert (scores.top1.count, scores.top1.total) == (2, 3)
    assert (scores.recall5.count, scores.recall5.total) == (3, 3)
    assert {digits: rate.count for digits, rate in scores.exact.items()} == {5: 2, 9: 2, 12: 1, 15: 1, 17: 1}
    assert scores.exact[17].total == 2
    accepted = scores.accepted
    assert (accepted.rows, accepted.codable) == (4, 2)
    assert (accepted.wrong_measurand, accepted.wrong_code, accepted.code_labelled) == (0, 1, 2)
    assert (accepted.false_accepts.count, accepted.false_accepts.total) == (2, 2)
    assert (accepted.false_accepts_unlisted, accepted.false_accepts_unlisted_specimen) == (1, 1)
    assert (accepted.coverage.count, accepted.coverage.total) == (1, 3)


def test_coverage_counts_rows_without_a_code_as_errors_and_leaves_specimen_rows_out() -> None:
    truths = labelled(("C2008", ""), ("NOCODE:C7002", ""), ("NONE", ""), ("C2011", ""))
    answers = [given(AST, 0.9), given(NA, 0.95), given(CK, 0.8), given(ALT, 0.7)]
    point = score(truths, answers).at_precision[0.99]
    assert point is not None
    assert (point.coverage, point.threshold, point.false_accepts) == (0.5, 0.9, 0)


def test_calibration_speaks_of_rows_that_have_a_code_and_are_right() -> None:
    truths = labelled(("C2008", ""), ("NONE", ""))
    scores = score(truths, [given(AST, 0.75), given(CK, 0.25)])
    assert scores.ece_equal_mass == pytest.approx(0.25)
    assert scores.ece_equal_width == pytest.approx(0.25)


def test_a_table_without_codable_rows_scores_without_values() -> None:
    scores = score(labelled(("NONE", "")), [given(AST, 0.3)])
    assert scores.top1.value is None
    assert scores.at_precision == {0.98: None, 0.99: None, 0.995: None}
    assert scores.accepted.false_accepts.value == 0.0


def test_the_product_answers_with_its_code_or_else_with_the_best_candidate() -> None:
    mapper = ScriptedMapper({"a": (ACCEPTED, (AST, ALT), 0.9), "b": (NO_CODE, (ALT, AST), 0.1)})
    first, second, third = (
        answer_of(mapping)
        for mapping in mapper.map_batch([LocalTest("a"), LocalTest("b"), LocalTest("c")], MapOptions())
    )
    assert (first.measurands, first.code, first.accepted) == (("C2008", "C2011"), AST, True)
    assert (second.measurands, second.code, second.accepted) == (("C2011", "C2008"), ALT, False)
    assert (third.measurands, third.code) == ((), "")


def test_only_the_first_five_candidates_count_for_recall() -> None:
    codes = tuple(f"C200{digit}0000250000F7" for digit in range(1, 7))
    mapper = ScriptedMapper({"a": (REVIEW, codes, 0.5)})
    answer = answer_of(mapper.map_batch([LocalTest("a")], MapOptions(top_k=6))[0])
    assert score(labelled(("C2006", "")), [answer]).recall5.count == 0
    assert score(labelled(("C2005", "")), [answer]).recall5.count == 1


def test_a_run_keeps_order_over_chunks_and_lists_the_worst_rows_first() -> None:
    script = {
        "AST": (ACCEPTED, (AST,), 0.99),
        "CEA": (ACCEPTED, (CK,), 0.97),
        "ALT": (ACCEPTED, (AST,), 0.95),
        "CK": (REVIEW, (ALT,), 0.5),
        "CK-MB": (REVIEW, (CK,), 0.6),
        "PSA": (REVIEW, (CK,), 0.4),
        "尿Na": (ACCEPTED, (NA,), 0.98),
        "CPK": (REVIEW, (CK,), 0.7),
        "Na": (NO_CODE, (NA,), 0.1),
    }
    labels = {
        "AST": "C2008",
        "CEA": "NONE",
        "ALT": "C2011",
        "CK": "C2001",
        "CK-MB": "NONE",
        "PSA": "NONE",
        "尿Na": "NOCODE:C7002",
        "CPK": "C2001",
        "Na": "C7002",
    }
    records = [{"name": name, "expected_measurand": label, "jlac10": "3B"} for name, label in labels.items()]
    filler = [{"name": f"other {number}", "expected_measurand": "NONE"} for number in range(600)]
    mapper = ScriptedMapper(script)
    run = evaluate(read_labelled(filler + records), mapper, (("AST", "C2008"),))
    assert [len(batch) for batch in mapper.batches] == [512, 97]
    assert [(f.kind, f.row.test.name) for f in run.findings] == [
        ("false accept", "尿Na"),
        ("false accept", "CEA"),
        ("accepted wrong", "ALT"),
        ("code missed", "Na"),
        ("no code, yet likely", "CK-MB"),
        ("wrong", "CK"),
        ("right, not accepted", "CPK"),
    ]
    assert run.dispositions[Status.CODABLE] == {ACCEPTED: 2, REVIEW: 2, NO_CODE: 1, Disposition.ERROR: 0}
    assert list(run.systems) == [PRODUCT, "substring", "RapidFuzz WRatio", "character TF-IDF"]
    assert run.systems["substring"].top1.count == 1
    (only,) = run.sections
    assert (only.letter, only.top1.count, only.top1.total) == ("C", 3, 5)
    assert (only.accepted_right, only.accepted_wrong, only.false_accepts) == (1, 1, 2)


def test_without_jlac10_the_column_does_not_reach_the_product() -> None:
    mapper = ScriptedMapper({})
    rows = read_labelled([{"name": "AST", "jlac10": "3B035000002327201", "expected_measurand": "C2008"}])
    evaluate(rows, mapper, ())
    evaluate(rows, mapper, (), use_jlac10=False)
    assert [batch[0].jlac10 for batch in mapper.batches] == ["3B035000002327201", ""]
