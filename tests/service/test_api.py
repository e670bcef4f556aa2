"""The public API as a program uses it: from jlac_mapper import open_mapper, LocalTest."""

import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import jlac_mapper
from jlac_mapper import Answers, Jlac10Mapping, LocalTest, Mapper, open_mapper
from jlac_mapper.errors import InputError, UnknownEditionError
from jlac_mapper.tables.table import result_columns
from jlac_mapper.types import System


@pytest.fixture(scope="module")
def mapper(tmp_path_factory: pytest.TempPathFactory) -> Mapper:
    database = tmp_path_factory.mktemp("api") / "jlac.sqlite3"
    return open_mapper(database_url=f"sqlite:///{database}", as_of=date(2025, 12, 1))


def test_three_lines_map_a_row(mapper: Mapper) -> None:
    [answer] = mapper.map([LocalTest("ｺﾘﾝｴｽﾃﾗｰｾﾞ", specimen="血清", unit="U/L")])
    assert answer.disposition == "ACCEPTED"
    assert answer.jlac11 == "C20280000250000F7"
    assert answer.read_as is not None
    assert answer.read_as.key == "cholinesterase"


def test_a_row_without_a_name_is_an_answer_and_the_others_are_mapped(mapper: Mapper) -> None:
    answers = mapper.map([LocalTest(""), LocalTest("Ｔ－Ｃｈｏ", specimen="血清", unit="mg/dL")])
    assert [answer.disposition for answer in answers] == ["ERROR", "ACCEPTED"]
    assert answers[0].message


def test_a_stream_answers_as_rows_come_and_in_their_order(mapper: Mapper) -> None:
    names = ["AST", "CK-MB", "尿酸"] * 400
    seen = [answer.read_as.key for answer in mapper.stream(map(LocalTest, names)) if answer.read_as]
    assert seen == [{"AST": "ast", "尿酸": "uric_acid"}.get(name, seen[1]) for name in names]
    assert seen[1].startswith("ck_mb")


def test_a_row_is_answered_in_both_systems_and_in_jlac11_as_map_answers_it(mapper: Mapper) -> None:
    rows = [LocalTest("ｺﾘﾝｴｽﾃﾗｰｾﾞ", specimen="血清", unit="U/L"), LocalTest("")]
    answers = mapper.answers(rows)
    first = answers[0]
    assert isinstance(first, Answers)
    assert isinstance(first.jlac10, Jlac10Mapping)
    assert first.jlac10.code.startswith("3B110")
    assert first.jlac10.code[9:12] == "023"
    assert [answer.jlac11 for answer in answers] == mapper.map(rows)
    assert answers[1].jlac10 is not None
    assert (answers[1].jlac10.disposition, bool(answers[1].jlac10.message)) == ("ERROR", True)


def test_an_answer_has_as_many_candidates_as_are_asked_for(mapper: Mapper) -> None:
    [many], [one] = (mapper.answers([LocalTest("HBs抗原", specimen="血清")], top_k=k) for k in (5, 1))
    assert many.jlac11 is not None
    assert many.jlac10 is not None
    assert min(len(many.jlac11.candidates), len(many.jlac10.candidates)) > 1
    assert one.jlac11 is not None
    assert one.jlac10 is not None
    assert [c.code for c in one.jlac11.candidates] == [many.jlac11.candidates[0].code]
    assert [c.code for c in one.jlac10.candidates] == [many.jlac10.candidates[0].code]


@pytest.mark.parametrize(
    ("systems", "jlac11", "jlac10"),
    [(("jlac11",), True, False), (["jlac10"], False, True), ("jlac10", False, True), (System, True, True)],
)
def test_a_system_that_is_not_asked_for_is_none(
    mapper: Mapper, systems: Iterable[str], jlac11: bool, jlac10: bool
) -> None:
    [answer] = mapper.answers([LocalTest("AST")], systems=systems)
    assert (answer.jlac11 is not None, answer.jlac10 is not None) == (jlac11, jlac10)


@pytest.mark.parametrize(
    ("systems", "said"),
    [
        (("jlac11", "loinc"), "unknown code system 'loinc'; known: jlac11, jlac10"),
        ("JLAC10", "unknown code system 'JLAC10'; known: jlac11, jlac10"),
        ((), "no code system is named; known: jlac11, jlac10"),
    ],
)
def test_a_system_that_is_not_known_is_refused_with_those_that_are(
    mapper: Mapper, systems: Iterable[str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        mapper.answers([LocalTest("AST")], systems=systems)
    with pytest.raises(ValueError, match=said):
        mapper.map_frame(pd.DataFrame({"name": ["AST"]}), systems=systems)


@pytest.mark.parametrize("systems", [("jlac10",), ("jlac10", "jlac11")])
def test_a_frame_gets_the_columns_of_each_system_that_is_asked_for(
    mapper: Mapper, systems: tuple[str, ...]
) -> None:
    frame = pd.DataFrame({"name": ["AST", None], "specimen": ["血清", None], "unit": ["U/L", None]})
    mapped = mapper.map_frame(frame, systems=systems, top_k=2)
    [answer, _] = mapper.answers([LocalTest("AST", specimen="血清", unit="U/L"), LocalTest("")], top_k=2)
    assert answer.jlac10 is not None
    in_order = [system for system in System if system in systems]
    assert list(mapped.columns) == [*frame.columns, *result_columns(2, in_order)]
    assert list(mapped["jlac10_disposition"]) == [answer.jlac10.disposition, "ERROR"]
    assert list(mapped["jlac10_code"]) == [answer.jlac10.code, ""]
    assert mapped["jlac10_analyte_probability"].dtype == float
    assert mapped.loc[0, "jlac10_probability"] == answer.jlac10.probability
    assert mapped.loc[0, "jlac10_candidate_1"] == answer.jlac10.code
    if "jlac11" in systems:
        assert list(mapped["jlac11"]) == ["C20080000250000F7", ""]


def test_a_frame_keeps_its_columns_and_index_and_gets_those_of_map(mapper: Mapper) -> None:
    frame = pd.DataFrame(
        {
            "院内コード": [101, 102, 103],
            "検査名": ["Ｔ－Ｃｈｏ", "CK-MB", None],
            "材料": ["血清", float("nan"), None],
            "単位": ["mg/dL", "U/L", ""],
        },
        index=[7, 9, 11],
    )
    mapped = mapper.map_frame(frame)
    pd.testing.assert_frame_equal(mapped[list(frame.columns)], frame)
    assert list(mapped["disposition"]) == ["ACCEPTED", "NO_CODE", "ERROR"]
    assert mapped.loc[7, "jlac11"] == "C6005000025000085"
    assert mapped.loc[9, "read_as"].startswith("CK-MB")
    assert mapped.loc[11, "read_as"] == ""
    assert mapped["measurand_probability"].dtype == float
    assert mapped.loc[7, "candidate_1_probability"] > 0.9
    assert pd.isna(mapped.loc[11, "candidate_1_probability"])
    assert list(mapped.columns)[-2:] == ["read_as", "provenance"]


def test_a_column_can_be_named_for_a_field_and_an_empty_frame_stays_empty(mapper: Mapper) -> None:
    frame = pd.DataFrame({"x": ["AST"], "y": ["血清"], "z": ["U/L"]})
    mapped = mapper.map_frame(frame, columns={"name": "x", "specimen": "y", "unit": "z"})
    assert mapped.loc[0, "jlac11"] == "C20080000250000F7"
    empty = mapper.map_frame(frame.iloc[:0], columns={"name": "x"})
    assert empty.empty
    assert "jlac11" in empty.columns


@pytest.mark.parametrize(
    ("frame", "columns", "said"),
    [
        (pd.DataFrame({"x": ["AST"]}), {}, "no column of the frame holds the tests' names"),
        (pd.DataFrame({"x": ["AST"]}), {"name": "y"}, "the frame has no column 'y'"),
        (pd.DataFrame({"x": ["AST"]}), {"nmae": "x"}, "unknown field 'nmae'"),
        (pd.DataFrame({"name": ["AST"], "jlac11": [""]}), {}, "a column 'jlac11' already"),
    ],
)
def test_a_frame_that_cannot_be_mapped_is_refused_in_one_line(
    mapper: Mapper, frame: pd.DataFrame, columns: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        mapper.map_frame(frame, columns=columns)
    assert "\n" not in str(refused.value)


def test_fewer_than_one_candidate_is_refused(mapper: Mapper) -> None:
    with pytest.raises(ValueError, match="top_k is 0"):
        mapper.map([LocalTest("AST")], top_k=0)
    with pytest.raises(ValueError, match="top_k is 0"):
        mapper.answers([LocalTest("AST")], top_k=0)


def test_an_unknown_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownEditionError, match="2099-01"):
        open_mapper(master="2099-01", database_url=f"sqlite:///{tmp_path / 'x.sqlite3'}")


def test_the_mapper_says_its_release_and_day(mapper: Mapper) -> None:
    assert (mapper.release, mapper.as_of) == ("starter", date(2025, 12, 1))


def test_the_package_names_its_public_api_and_nothing_else() -> None:
    assert sorted(jlac_mapper.__all__) == [
        "Answers",
        "Jlac10Mapping",
        "LocalTest",
        "Mapper",
        "MappingResult",
        "__version__",
        "open_mapper",
    ]
    with pytest.raises(AttributeError, match="no attribute 'Pipeline'"):
        _ = jlac_mapper.Pipeline


def test_importing_the_package_loads_neither_numpy_nor_pandas() -> None:
    script = (
        "import sys, jlac_mapper; print([m for m in ('numpy', 'pandas', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"
