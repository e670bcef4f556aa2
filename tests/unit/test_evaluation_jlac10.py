"""JLAC10 measured: what labels mean, every figure against hand-counted rows, what is saved and shown."""

import json
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from jlac_mapper.codes import jlac10
from jlac_mapper.errors import InputError, OutputError
from jlac_mapper.evaluation.jlac10 import report
from jlac_mapper.evaluation.jlac10.classes import class_title
from jlac_mapper.evaluation.jlac10.labels import LabelledRow, Truth, read_labelled
from jlac_mapper.evaluation.jlac10.run import Jlac10Evaluation, analyte_names, evaluate
from jlac_mapper.evaluation.jlac10.wrong import Kind, wrong_rows
from jlac_mapper.evaluation.metrics import rate
from jlac_mapper.evaluation.previous import changes, read_previous
from jlac_mapper.evaluation.run import PRODUCT
from jlac_mapper.types import (
    Disposition,
    Evidence,
    Jlac10Candidate,
    Jlac10Mapping,
    LocalTest,
    MapOptions,
    Provenance,
    Reason,
    System,
)
from jlac_mapper.vocabulary import Concept, Name, NameForm, Vocabulary

ACCEPTED, REVIEW, NO_CODE = Disposition.ACCEPTED, Disposition.NEEDS_REVIEW, Disposition.NO_CODE
AST, ALT = "3B0350000023272", "3B0450000023272"
IL6, IL8 = "5J1100000023052", "5J1200000023052"
IGG, IGM = "5F4311431023023", "5F4311432023023"
MEASLES, RUBELLA = "5F4310000023023", "5F3950000023023"
CONCEPTS = tuple(
    Concept(code, name, name, jlac10=(code[:5],))
    for code, name in (
        (AST, "AST"),
        (ALT, "ALT"),
        (IL6, "IL-6"),
        (IL8, "IL-8"),
        (MEASLES, "麻疹IgG"),
        (RUBELLA, "風疹IgM"),
    )
)
BY_ANALYTE = {concept.jlac10[0]: concept for concept in CONCEPTS}
NAMES = (("AST", "3B035"), ("GOT", "3B035"), ("ALT", "3B045"), ("インターロイキン6", "5J110"))


def answer(disposition: Disposition, *codes: str, probability: float = 0.5) -> Jlac10Mapping:
    """An answer that proposes the first code, with candidates for all."""
    candidates = tuple(
        Jlac10Candidate(
            jlac10.parse(code), f"name of {code}", BY_ANALYTE.get(code[:5], CONCEPTS[0]), (), (), probability
        )
        for code in codes
    )
    return Jlac10Mapping(
        disposition=disposition,
        code=codes[0] if codes and disposition is not NO_CODE else "",
        probability=probability,
        analyte_probability=probability,
        name="",
        reasons=(Reason.EXACT_NAME,),
        candidates=candidates,
        evidence=(Evidence("specimen.given", (("specimen", "<血清>"),), "specimen"),),
        provenance=Provenance("scripted", "0" * 64, {"retrieval": "none"}, "none", 0.9, "2026-01-01", "0"),
    )


class ScriptedMapper:
    """Answers each name as the script says."""

    def __init__(self, script: Mapping[str, Jlac10Mapping]) -> None:
        self._script = script

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Jlac10Mapping]:  # noqa: ARG002
        """Return one answer a row."""
        return [self._script[test.name] for test in tests]


def labelled(*rows: tuple[str, str, str]) -> list[LabelledRow]:
    """Rows of (name, label, level)."""
    return read_labelled({"name": n, "expected_jlac10": code, "level": level} for n, code, level in rows)


TABLE = labelled(
    ("AST", AST, "specimen"),
    ("GPT", ALT, ""),
    ("IL6", IL6, "method"),
    ("IL6 <b>尿</b>", "5J1100000001052", "analyte"),
    ("IL8", f"{IL8}01", ""),
    ("採血管", "NONE", ""),
    ("再診料", "NONE", ""),
    ("麻疹", MEASLES, ""),
)
SCRIPT = {
    "AST": answer(ACCEPTED, f"{AST}01", probability=0.99),
    "GPT": answer(REVIEW, AST, ALT, probability=0.6),
    "IL6": answer(ACCEPTED, "5J1100000023001", probability=0.95),
    "IL6 <b>尿</b>": answer(ACCEPTED, IL6, probability=0.9),
    "IL8": answer(REVIEW, IL8, probability=0.4),
    "採血管": answer(ACCEPTED, AST, probability=0.8),
    "再診料": answer(NO_CODE),
    "麻疹": answer(NO_CODE, MEASLES, probability=0.1),
}


def measured() -> Jlac10Evaluation:
    return evaluate(TABLE, ScriptedMapper(SCRIPT), NAMES, CONCEPTS)


def saved_in(folder: Path, about: Mapping[str, str] | None = None) -> tuple[dict[str, Any], str]:
    previous = folder / "metrics.json"
    before = read_previous(previous, System.JLAC10) if previous.is_file() else None
    report.save(measured(), folder, about or {"dataset": "t.csv"}, before)
    figures = json.loads(previous.read_text(encoding="utf-8"))
    return figures, (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("label", "level", "codes", "known"),
    [
        (AST, "", 1, 15),
        (f"{AST}01", "", 1, 17),
        ("3B035-0000-023-272-01", " Method ", 1, 15),
        (f"{AST}01", "result", 1, 17),
        (AST, "result", 1, 15),
        (f"{AST} {ALT}", "specimen", 2, 12),
        ("none", "analyte", 0, 0),
    ],
)
def test_a_label_reaches_as_far_as_it_is_written_and_as_the_row_determines_it(
    label: str, level: str, codes: int, known: int
) -> None:
    (row,) = labelled(("x", label, level))
    assert (len(row.truth.codes), row.truth.known) == (codes, known)


def test_rows_without_a_label_are_left_out_and_the_others_keep_their_number() -> None:
    rows = labelled(("a", "", ""), ("b", AST, ""))
    assert [(row.number, row.test.name) for row in rows] == [(2, "b")]


def test_the_code_that_a_row_holds_itself_is_never_read() -> None:
    (row,) = read_labelled([{"name": "AST", "unit": "U/L", "jlac10": f"{AST}01", "expected_jlac10": AST}])
    assert row.test == LocalTest(name="AST", unit="U/L")


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([], "no labelled row"),
        ([{"name": "AST", "expected_jlac10": " "}], "no labelled row"),
        ([{"name": "AST", "jlac10": AST}], "no column `expected_jlac10`"),
        ([{"expected_jlac10": AST}], "no column `name`"),
        ([{"name": "AST", "expected_jlac10": "3B035"}], "labelled row 1: expected_jlac10: '3B035'"),
        ([{"name": "AST", "expected_jlac10": AST, "level": "unit"}], "labelled row 1: level is 'unit'"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_with_its_place(
    records: list[dict[str, str]], told: str
) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        read_labelled(records)


def test_analytes_are_counted_over_the_rows_with_a_code_for_the_product_and_each_search() -> None:
    evaluation = measured()
    assert (evaluation.rows, evaluation.coded) == (8, 6)
    product = evaluation.searched[PRODUCT]
    assert (product.top1, product.top5) == (rate(5, 6), rate(6, 6))
    assert list(evaluation.searched) == [PRODUCT, "substring", "RapidFuzz WRatio", "character TF-IDF"]
    assert evaluation.searched["substring"].top1 == rate(1, 6)


def test_characters_are_counted_over_the_rows_that_determine_them_and_over_all() -> None:
    evaluation = measured()
    determined = {n: (found.count, found.total) for n, found in evaluation.digits.items()}
    every = {n: (found.count, found.total) for n, found in evaluation.digits_all.items()}
    assert determined == {5: (5, 6), 9: (4, 5), 12: (4, 5), 15: (2, 4), 17: (0, 1)}
    assert every == {5: (5, 6), 9: (5, 6), 12: (4, 6), 15: (3, 6), 17: (0, 1)}


def test_acceptance_is_right_in_twelve_characters_whatever_the_row_determines() -> None:
    evaluation = measured()
    assert evaluation.accepted == rate(4, 8)
    assert evaluation.accepted_right == rate(2, 4)
    assert evaluation.accepted_rightly == rate(2, 6)
    assert evaluation.accepted_without_code == rate(1, 2)
    assert evaluation.missed == rate(1, 6)
    point = evaluation.at_precision[0.99]
    assert point is not None
    assert (point.threshold, point.accepted, point.right) == (0.95, 2, 2)
    assert evaluation.dispositions == {
        True: {ACCEPTED: 3, REVIEW: 2, NO_CODE: 1},
        False: {ACCEPTED: 1, NO_CODE: 1},
    }


def test_a_class_is_marked_where_tf_idf_over_the_same_names_finds_more() -> None:
    rows = labelled(("GPT", ALT, ""), ("AST", AST, ""), ("IL6", IL6, ""))
    script = SCRIPT | {"AST": answer(REVIEW, ALT)}
    evaluation = evaluate(rows, ScriptedMapper(script), NAMES, CONCEPTS)
    enzymes, cytokines = evaluation.sections
    assert (enzymes.name, enzymes.product.top1, enzymes.beside["character TF-IDF"]) == (
        "3B",
        rate(0, 2),
        rate(1, 2),
    )
    assert (enzymes.below_search, cytokines.below_search) == (True, False)
    assert (cytokines.accepted_rightly, cytokines.accepted_wrongly) == (rate(1, 1), 0)


@pytest.mark.parametrize(
    ("label", "level", "given", "kind"),
    [
        ("NONE", "", answer(ACCEPTED, AST), Kind.FALSE_ACCEPT),
        ("NONE", "", answer(REVIEW, AST), None),
        (AST, "", answer(NO_CODE, AST), Kind.MISSED),
        ("1A0100000001901", "", answer(REVIEW, AST), Kind.NO_CONCEPT),
        (AST, "", answer(REVIEW, ALT), Kind.NAME_UNKNOWN),
        (AST, "", answer(Disposition.ERROR), Kind.NAME_UNKNOWN),
        (IL6, "", answer(REVIEW, IL8, IL6), Kind.NUMBER),
        (MEASLES, "", answer(REVIEW, RUBELLA, MEASLES), Kind.CLASS),
        (AST, "", answer(REVIEW, ALT, AST), Kind.NEIGHBOUR),
        (IGG, "", answer(REVIEW, IGM), Kind.IDENTIFICATION),
        (AST, "", answer(REVIEW, "3B0350000001272"), Kind.SPECIMEN),
        (AST, "", answer(REVIEW, "3B0350000023271"), Kind.METHOD),
        (f"{AST}01", "", answer(REVIEW, f"{AST}11"), Kind.RESULT),
        (f"{AST}01", "", answer(REVIEW, AST), Kind.RESULT),
        (AST, "specimen", answer(REVIEW, "3B0350000023271"), None),
        (AST, "identification", answer(REVIEW, "3B0350000001272"), None),
        (AST, "identification", answer(ACCEPTED, "3B0350000001272"), Kind.SPECIMEN),
        (f"{ALT} {AST}", "", answer(ACCEPTED, f"{AST}01"), None),
    ],
)
def test_an_error_has_the_kind_of_the_first_thing_that_is_wrong(
    label: str, level: str, given: Jlac10Mapping, kind: Kind | None
) -> None:
    found = wrong_rows(labelled(("x", label, level)), [given], CONCEPTS)
    assert [each.kind for each in found] == ([kind] if kind else [])


def test_what_was_accepted_wrongly_comes_first_then_what_was_missed_then_the_surest() -> None:
    evaluation = measured()
    assert [(each.row, each.kind, each.accepted) for each in evaluation.wrong] == [
        (4, Kind.SPECIMEN, True),
        (6, Kind.FALSE_ACCEPT, True),
        (8, Kind.MISSED, False),
        (3, Kind.METHOD, False),
        (2, Kind.NEIGHBOUR, False),
        (5, Kind.RESULT, False),
    ]
    assert sum(evaluation.kinds.values()) == 6


def test_the_searches_get_the_names_of_every_concept_with_an_analyte_but_homonyms() -> None:
    concepts = (Concept("ast", "AST", "AST", jlac10=("3B035", "3B036")), Concept("fee", "再診料", "fee"))
    names = (Name("GOT", "ast"), Name("TG", "ast", NameForm.HOMONYM), Name("料金", "fee"))
    assert analyte_names(Vocabulary(concepts, names, (), ())) == [("AST", "3B035"), ("GOT", "3B035")]


def test_a_class_is_named_in_japanese_and_an_unknown_one_by_its_code() -> None:
    assert (class_title("3B"), class_title("9X")) == ("3B 酵素", "9X")


def test_the_saved_figures_hold_no_row(tmp_path: Path) -> None:
    figures, _ = saved_in(tmp_path)
    assert figures["system"] == "jlac10"
    assert figures["characters"]["12"]["determined"]["count"] == 4
    assert figures["at_precision"]["0.99"]["coverage"]["total"] == 6
    assert figures["kinds"]["missed"] == 1
    assert {section["class"] for section in figures["sections"]} == {"3B", "5F", "5J"}
    text = json.dumps(figures, ensure_ascii=False)
    assert not [row.test.name for row in TABLE if row.test.name in text and row.test.name not in ("AST",)]


def test_the_page_is_one_file_and_what_a_hospital_wrote_is_no_markup(tmp_path: Path) -> None:
    _, page = saved_in(tmp_path)
    assert not re.search(r"<script|<link|<img|@import|src=|href=|url\((?!#)", page)
    assert "IL6 &lt;b&gt;尿&lt;/b&gt;" in page
    assert "&lt;血清&gt;" in page
    assert "<b>尿" not in page
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page))
    assert "50.0% of the rows without a code were accepted all the same 1 of 2;" in text
    assert "has a code 3 2 1 0 6" in text
    assert "12 and specimen 80.0% (38%-96%), 4 of 5 66.7% (30%-90%), 4 of 6" in text
    assert "3B 酵素 50.0% (9%-91%), 1 of 2" in text


def test_a_second_run_is_compared_with_the_first(tmp_path: Path) -> None:
    figures, first = saved_in(tmp_path)
    assert "There is no earlier result" in first
    figures["analyte"][PRODUCT]["top1"] = {"value": 0.0, "low": 0.0, "high": 0.1}
    (tmp_path / "metrics.json").write_text(json.dumps(figures), encoding="utf-8")
    _, second = saved_in(tmp_path)
    text = re.sub("<[^>]+>", " ", second)
    assert re.search(r"Right analyte first\s+0.0%\s+83.3%\s+\+83.3 points\s+beyond chance", text)
    assert re.search(r"Rows with a code accepted rightly\s+33.3%\s+33.3%\s+\+0.0 points\s+unchanged", text)


def test_a_change_within_the_earlier_interval_may_be_chance_and_a_missing_figure_is_none() -> None:
    before = {"missed": {"value": 0.2, "low": 0.1, "high": 0.4}}
    now = {"missed": {"value": 0.3, "low": 0.2, "high": 0.5}}
    by_measure = {change.measure: change for change in changes(before, now, System.JLAC10)}
    assert "may be chance" in by_measure["Rows with a code answered with none"].meaning
    assert by_measure["Right analyte first"].before is None


def test_figures_of_the_other_code_system_are_not_compared(tmp_path: Path) -> None:
    earlier = tmp_path / "metrics.json"
    earlier.write_text('{"systems": {}}', encoding="utf-8")
    with pytest.raises(InputError, match="give another --previous, or another -o"):
        read_previous(earlier, System.JLAC10)


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    blocked = tmp_path / "out"
    blocked.write_text("a file, no folder", encoding="utf-8")
    with pytest.raises(OutputError, match="give another -o"):
        report.save(measured(), blocked, {})


def test_a_terminal_of_80_columns_shows_every_figure_and_whole_codes() -> None:
    screen = StringIO()
    report.show(measured(), Console(file=screen, width=80))
    shown = screen.getvalue()
    assert max(map(len, shown.splitlines())) <= 80
    for text in (
        PRODUCT,
        "substring",
        "12",
        "80.0% (4/5; 37.6%-96.4%)",
        "coverage at 99 % precision",
        "3B 酵素",
    ):
        assert text in shown
    assert "5J1100000001052" in shown
    assert "! false" in shown


def test_rows_are_shown_only_where_they_are_wanted() -> None:
    screen = StringIO()
    report.show(measured(), Console(file=screen, width=80), worst=0)
    assert "採血管" not in screen.getvalue()
    assert "5J1100000001052" not in screen.getvalue()


def test_rows_without_any_answer_have_rates_of_nothing() -> None:
    evaluation = evaluate(labelled(("再診料", "NONE", "")), ScriptedMapper(SCRIPT), (), CONCEPTS)
    assert (evaluation.coded, evaluation.accepted_right, evaluation.missed) == (0, rate(0, 0), rate(0, 0))
    assert evaluation.calibration_error is None
    assert Truth((), 0) == TABLE[5].truth
    report.show(evaluation, Console(file=StringIO()))
