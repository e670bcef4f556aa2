"""Questions about a list, their answers, and what these make of its rows: through the real mapper."""

import csv
from pathlib import Path

import pytest

from jlac_mapper.errors import InputError
from jlac_mapper.exports.question_file import question_file, read_answers
from jlac_mapper.review.question_words import QuestionWords
from jlac_mapper.review.questions import Question, find_questions, sample_size
from jlac_mapper.review.rules import Rule, RuledMapper, RuleKind, Scope
from jlac_mapper.types import Disposition, LocalTest, MapOptions, MappingResult, Reason
from jlac_mapper.wording import Language
from tests.support.shipped_app import shipped_app

OPTIONS = MapOptions()
ENZYMES = [LocalTest("AST", unit="U/L"), LocalTest("ALT", unit="U/L"), LocalTest("Ca", unit="mg/dL")]
CLOTTING = [LocalTest("PT", section="凝固", unit="秒"), LocalTest("APTT", section="凝固", unit="秒")]


def answers(tests: list[LocalTest], *rules: Rule) -> list[MappingResult]:
    return RuledMapper[MappingResult](shipped_app().mapper, rules).map_batch(tests, OPTIONS)


def questions(tests: list[LocalTest], *rules: Rule) -> list[Question]:
    return find_questions(zip(tests, answers(tests, *rules), strict=True), shipped_app().vocabulary)


def words() -> QuestionWords:
    return QuestionWords(shipped_app().vocabulary)


def write(path: Path, found: list[Question], *answer: str) -> Path:
    [header, *lines] = csv.reader(question_file(found, words()).decode("utf-8-sig").splitlines())
    filled = [[*line[:-1], text] for line, text in zip(lines, answer, strict=True)]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows([header, *filled])
    return path


def test_rows_that_wait_for_one_thing_are_asked_about_once() -> None:
    [question] = questions(ENZYMES)
    assert (question.kind, question.rows, question.examples) == (
        RuleKind.SPECIMEN,
        3,
        ("AST", "ALT", "Ca"),
    )
    assert [rule.value for rule in question.proposed] == ["血清"]


def test_agreeing_settles_the_rows_which_say_so() -> None:
    [question] = questions(ENZYMES)
    for before, after in zip(answers(ENZYMES), answers(ENZYMES, *question.proposed), strict=True):
        assert before.disposition is Disposition.NEEDS_REVIEW
        assert after.disposition is Disposition.ACCEPTED
        assert Reason.SITE_RULE in after.reasons
        assert after.evidence[0].key == "decision.rule_specimen"
        assert {e.source for e in after.evidence if e.element == "specimen"} == {"site"}


def test_what_was_answered_is_not_asked_again() -> None:
    [question] = questions(ENZYMES)
    assert questions(ENZYMES, *question.proposed) == []


def test_sections_are_asked_about_apart() -> None:
    found = questions([*ENZYMES, *CLOTTING])
    assert {(q.about.section, q.proposed[0].value, q.rows) for q in found} == {
        ("", "血清", 3),
        ("凝固", "血漿(クエン酸入り)", 2),
    }


def test_what_the_list_says_elsewhere_is_proposed() -> None:
    said = [LocalTest(name, specimen="ヘパリン血漿", unit="U/L") for name in ("LD", "CK", "ALP")]
    [question] = questions([*ENZYMES, *said])
    assert question.proposed[0].value == "血漿(ヘパリン入り)"
    assert question.ground.said == 3


def test_a_rule_never_overrules_a_row() -> None:
    [question] = questions(ENZYMES)
    rows = [LocalTest("Na", specimen="尿", unit="mEq/L"), LocalTest("LD", section="髄液", unit="U/L")]
    assert answers(rows, *question.proposed) == answers(rows)


def test_a_row_whose_unit_contradicts_the_answer_waits_for_a_person() -> None:
    serum = Rule(RuleKind.SPECIMEN, Scope(usual="serum"), "血清")
    [answer] = answers([LocalTest("AST", unit="mg/dL")], serum)
    assert answer.disposition is Disposition.NEEDS_REVIEW
    assert Reason.UNIT_CONFLICT in answer.reasons


def test_an_answer_that_no_code_of_the_test_has_leaves_the_row_as_it_was() -> None:
    urine = Rule(RuleKind.SPECIMEN, Scope(usual="serum"), "髄液")
    assert answers(ENZYMES[:1], urine) == answers(ENZYMES[:1])


def test_units_are_asked_about_together_and_answered_one_by_one(tmp_path: Path) -> None:
    rows = [LocalTest("WBC", specimen="EDTA血"), LocalTest("PLT", specimen="EDTA血")]
    [question] = [q for q in questions(rows) if q.kind is RuleKind.UNIT]
    assert {rule.scope.concept for rule in question.proposed} == {"white_blood_cell_count", "platelet_count"}
    rules = read_answers(write(tmp_path / "q.csv", [question], "=; 白血球数=/μL"), words())
    assert {(r.scope.concept, r.value) for r in rules} >= {("white_blood_cell_count", "/μL")}
    assert len(rules) == 2


def test_a_name_that_resembles_a_known_one_is_confirmed_with_its_like() -> None:
    rows = [LocalTest("ナト(水中毒チェック)", specimen="血清", unit="mEq/L")]
    [question] = questions(rows)
    assert (question.kind, question.proposed[0].scope.concept) == (RuleKind.NAME, "sodium")
    [before], [after] = answers(rows), answers(rows, *question.proposed)
    assert before.disposition is Disposition.NEEDS_REVIEW
    assert (after.disposition, after.jlac11) == (Disposition.ACCEPTED, before.jlac11)
    assert Reason.NAME_PARTLY_EXPLAINED not in after.reasons


def test_a_name_that_was_confirmed_as_another_test_is_left_to_a_person() -> None:
    wrong = Rule(RuleKind.NAME, Scope(written="ナト(水中毒チェック)", concept="albumin"), "アルブミン")
    rows = [LocalTest("ナト(水中毒チェック)", specimen="血清", unit="mEq/L")]
    assert answers(rows, wrong) == answers(rows)


def test_known_tests_without_a_listed_code_are_signed_off_by_kind() -> None:
    rows = [LocalTest(name, specimen="血清") for name in ("TSH", "遊離T4", "コルチゾール")]
    [question] = questions(rows)
    assert (question.kind, question.rows) == (RuleKind.NO_CODE, 3)
    found = answers(rows, *question.proposed)
    assert {answer.disposition for answer in found} == {Disposition.NO_CODE}
    assert all(Reason.SITE_RULE in answer.reasons for answer in found)
    assert questions([LocalTest("まったく未知の名称")]) == []


@pytest.mark.parametrize(("rows", "shown"), [(3, 3), (58, 58), (59, 59), (5000, 59)])
def test_a_sample_bounds_the_share_of_errors(rows: int, shown: int) -> None:
    assert sample_size(rows) == shown
    if rows > shown:
        assert 0.95**shown <= 0.05 < 0.95 ** (shown - 1)


def test_a_filled_table_gives_the_rules_of_its_answered_lines(tmp_path: Path) -> None:
    found = questions([*ENZYMES, *CLOTTING])
    path = write(tmp_path / "q.csv", found, "=", "")
    assert read_answers(path, words()) == list(found[0].proposed)
    assert read_answers(write(path, found, "", "血清"), words()) == [
        Rule(RuleKind.SPECIMEN, found[1].about, "血清")
    ]


def test_an_answer_that_cannot_be_used_names_its_line(tmp_path: Path) -> None:
    path = write(tmp_path / "q.csv", questions(ENZYMES), "何か")
    with pytest.raises(InputError, match=r"line 2: answer '何か' is no known specimen"):
        read_answers(path, words())


@pytest.mark.parametrize(
    ("kind", "about", "answer", "said"),
    [
        ("colour", "", "=", "kind 'colour' is none of"),
        ("unit", "tests=chemistry", "AST", "write test=value"),
        ("unit", "tests=chemistry", "AST値=U/L", "'AST値' is no standard name"),
        ("unit", "tests=chemistry", "アルブミン=メートル", "'メートル' is no known unit"),
        ("name", "names=partly", "アルブミソ=アルブミソ", "is no standard name"),
        ("no_code", "tests=chemistry", "はい", "write = to agree"),
        ("no_code", "tests=cooking", "=", "no tests of 'cooking'"),
    ],
)
def test_what_cannot_be_understood_is_said_in_one_line(kind: str, about: str, answer: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        words().rules(kind, about, "", answer)


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,unit\nAST,U/L\n", encoding="utf-8")
    with pytest.raises(InputError, match="is no table of questions: the column question is missing"):
        read_answers(path, words())
    with pytest.raises(InputError, match="does not exist"):
        read_answers(tmp_path / "absent.csv", words())


@pytest.mark.parametrize(
    ("language", "said"), [(Language.JAPANESE, "通常は血清"), (Language.ENGLISH, "in Serum")]
)
def test_a_question_is_asked_in_the_readers_language(language: Language, said: str) -> None:
    [question] = questions(ENZYMES)
    assert said in words().ask(question, language)
