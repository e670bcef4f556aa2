"""The public API as a program uses it: from jlac_mapper import open_mapper, LocalTest."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

import jlac_mapper
from jlac_mapper import LocalTest, Mapper, open_mapper
from jlac_mapper.errors import InputError, UnknownEditionError


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


def test_an_unknown_release_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownEditionError, match="2099-01"):
        open_mapper(master="2099-01", database_url=f"sqlite:///{tmp_path / 'x.sqlite3'}")


def test_the_mapper_says_its_release_and_day(mapper: Mapper) -> None:
    assert (mapper.release, mapper.as_of) == ("starter", date(2025, 12, 1))


def test_the_package_names_its_public_api_and_nothing_else() -> None:
    assert sorted(jlac_mapper.__all__) == [
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
