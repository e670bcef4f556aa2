"""`jlac-mapper master bind` as a user runs it: what it counts, keeps, refuses, and what `map` says then."""

import csv
from pathlib import Path

import pytest

from jlac_mapper.cli.main import main
from tests.service.master_verbs import alone, run, stored
from tests.unit.master_files import HEADER_2024, cells, write_csv

UNKNOWN = "C9001"
CODES = ("C90010000250001F7", "C90010000250000F7", "C90010000240000F7")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with the edition `mine`: AST, and a measurand of which neither name nor JLAC10 tells."""
    path = alone(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    other = {"FHIR項目名称": "院内呼称甲", "略称": "", "JLAC10コード": "", "販売名称": ""}
    rows = [
        cells(
            HEADER_2024,
            **(other | {"JLAC11コード": code, "販売名称": "試薬" if code[12:15] == "001" else ""}),
        )
        for code in CODES
    ]
    assert (
        run(
            "import",
            write_csv(tmp_path / "m.csv", HEADER_2024, cells(HEADER_2024), *rows),
            "--name",
            "mine",
            "--use",
        )
        == 0
    )
    return path


@pytest.fixture
def said(database: Path, capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """What the verbs print, without the import's summary."""
    assert database.exists()
    capsys.readouterr()
    return capsys


def mapped(*rows: tuple[str, str, str]) -> list[tuple[str, str]]:
    """Map (name, specimen, unit) with the edition in use; return dispositions and codes."""
    write_csv(Path("list.csv"), ("name", "specimen", "unit"), *rows)
    assert main(["map", "list.csv", "-o", "out.csv"]) == 0
    with Path("out.csv").open(encoding="utf-8-sig", newline="") as stream:
        return [(row["disposition"], row["jlac11"]) for row in csv.DictReader(stream)]


CK_MB = ("CK-MB", "血清", "U/L")


def test_a_result_without_a_concept_is_bound_counted_and_then_proposed(
    database: Path, said: pytest.CaptureFixture[str]
) -> None:
    assert mapped(CK_MB) == [("NO_CODE", "")]
    run("check", "mine")
    assert "3 code(s) of C9001 named '院内呼称甲' are of no known concept" in said.readouterr().out
    assert run("bind", "mine", UNKNOWN, "ck_mb_activity") == 0
    first, second = said.readouterr().out.splitlines()
    assert first.startswith("bound: 3 codes of mine to ck_mb_activity (")
    assert second == "codes without a concept: 0"
    assert stored(database).load_bindings("mine") == {(UNKNOWN, "", "", ""): "ck_mb_activity"}
    assert mapped(CK_MB) == [("ACCEPTED", "C90010000250000F7")]
    run("check", "mine")
    assert "no known concept" not in said.readouterr().out


def test_a_binding_that_was_taken_back_proposes_nothing_more(said: pytest.CaptureFixture[str]) -> None:
    run("bind", "mine", UNKNOWN, "ck_mb_activity")
    said.readouterr()
    assert run("bind", "mine", UNKNOWN, "-") == 0
    assert said.readouterr().out.splitlines() == [
        "taken back: C9001 of mine; 0 of its 3 codes have a concept without it",
        "codes without a concept: 3",
    ]
    assert mapped(CK_MB) == [("NO_CODE", "")]


@pytest.mark.parametrize(
    ("written", "kept", "bound", "left"),
    [
        ("C9001", ("C9001", "", "", ""), 3, 0),
        ("C9001-0000-240", ("C9001", "0000", "240", ""), 1, 2),
        ("C9001--250-", ("C9001", "", "250", ""), 2, 1),
        ("c9001---f7", ("C9001", "", "", "F7"), 3, 0),
        ("C9001-0000-250-001-F7", ("C9001", "0000", "250", "F7"), 2, 1),
        ("Ｃ90010000250001F7", ("C9001", "0000", "250", "F7"), 2, 1),
    ],
)
def test_a_result_is_written_as_far_as_it_matters(
    database: Path,
    said: pytest.CaptureFixture[str],
    written: str,
    kept: tuple[str, str, str, str],
    bound: int,
    left: int,
) -> None:
    assert run("bind", "mine", written, "ck_mb_activity") == 0
    first, second = said.readouterr().out.splitlines()
    assert first.startswith(f"bound: {bound} codes of mine")
    assert second == f"codes without a concept: {left}"
    assert stored(database).load_bindings("mine") == {kept: "ck_mb_activity"}


def test_of_several_bindings_the_one_with_the_most_elements_counts(said: pytest.CaptureFixture[str]) -> None:
    run("bind", "mine", "C9001-0000-240", "ck_mb_mass")
    run("bind", "mine", "C9001", "ck_mb_activity")
    assert "bound: 2 codes of mine to ck_mb_activity" in said.readouterr().out
    assert mapped(CK_MB) == [("ACCEPTED", "C90010000250000F7")]


def test_what_a_person_says_goes_before_names_digits_and_completions(
    said: pytest.CaptureFixture[str],
) -> None:
    ast = ("AST", "血清", "U/L")
    assert mapped(ast) == [("ACCEPTED", "C20080000250000F7")]
    said.readouterr()
    run("bind", "mine", "C2008", "alt")
    assert "to alt" in said.readouterr().out
    [(disposition, _), (_, code)] = mapped(ast, ("ALT", "血清", "U/L"))
    assert disposition == "NO_CODE"
    assert code[:5] == "C2008"


def test_results_of_the_shipped_release_can_be_bound_too(said: pytest.CaptureFixture[str]) -> None:
    assert run("bind", "starter", "C2011-0000-250", "ck_mb_activity") == 0
    assert "bound: 1 codes of starter to ck_mb_activity" in said.readouterr().out
    run("use", "starter")
    (_, code), (of_alt, _) = mapped(CK_MB, ("ALT", "血清", "U/L"))
    assert code == "C20110000250000F7"
    assert of_alt != "ACCEPTED"


def test_a_binding_is_of_one_edition_and_outlives_its_import_again(
    tmp_path: Path, said: pytest.CaptureFixture[str]
) -> None:
    run("bind", "mine", UNKNOWN, "ck_mb_activity")
    run("import", tmp_path / "m.csv", "--name", "other", "--use")
    assert mapped(CK_MB) == [("NO_CODE", "")]
    run("import", tmp_path / "m.csv", "--name", "mine", "--use")
    assert mapped(CK_MB) == [("ACCEPTED", "C90010000250000F7")]
    assert "codes without a concept" in said.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("none", UNKNOWN, "ast"), "there is no edition 'none'; there are: starter, mine"),
        (("mine", UNKNOWN, "ck_mb_activty"), "no concept 'ck_mb_activty'; near: ck_mb_activity"),
        (("mine", UNKNOWN, "CK-MB"), "no concept 'CK-MB'; near: ck_mb_activity"),
        (("mine", UNKNOWN, "zzzzzzzzzz"), "no concept 'zzzzzzzzzz'"),
        (("mine", UNKNOWN, "electrolytes_panel"), "of kind panel, which has no result of its own"),
        (("mine", "C9002", "ast"), "mine lists no result C9002: it has no C9002"),
        (("mine", "C9001--100", "ast"), "lists no result C9001--100: of C9001 it lists C9001-0000-240-F7,"),
        (("mine", "AST", "ast"), "'AST' is no result: 'AST' is no measurand"),
        (("mine", "", "ast"), "'' is no result: '' is no measurand"),
        (("mine", "C9001-1", "ast"), "'1' is no identification"),
        (("mine", "C9001-0000-250-001-F7-1", "ast"), "6 elements, expected measurand-identification-spec"),
        (("mine", "I90010000250001F7", "ast"), "is not a JLAC11 code"),
        (("mine", UNKNOWN, "-"), "nobody bound C9001 of mine; bound there: nothing"),
    ],
)
def test_what_cannot_be_bound_is_one_line_exit_code_2_and_changes_nothing(
    database: Path, said: pytest.CaptureFixture[str], arguments: tuple[str, str, str], complaint: str
) -> None:
    assert run("bind", *arguments) == 2
    captured = said.readouterr()
    assert complaint in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert stored(database).load_bindings("mine") == {}
