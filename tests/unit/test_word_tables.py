"""The tables of words in master_data/words: that they load, and that what is wrong is one clear line."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from jlac_mapper.config import master_data_dir
from jlac_mapper.errors import MasterFileError
from jlac_mapper.reading.facts import read_result_types
from jlac_mapper.reading.product_words import (
    read_analysers,
    read_makers,
    read_product_words,
    read_trade_names,
)
from jlac_mapper.reading.units import are_equal, read_equalities
from jlac_mapper.tables.headings import FIELDS, read_headings

READERS: Mapping[str, Callable[[Path], Any]] = {
    "headings": read_headings,
    "result_types": read_result_types,
    "makers": read_makers,
    "product_words": read_product_words,
    "trade_names": read_trade_names,
    "analysers": read_analysers,
    "unit_equalities": read_equalities,
}


@pytest.mark.parametrize("table", READERS)
def test_the_shipped_table_loads_without_a_key_twice(table: str) -> None:
    path = master_data_dir() / "words" / f"{table}.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(READERS[table](path)) == len(lines) - 1


@pytest.mark.parametrize(
    ("table", "lines", "message"),
    [
        (
            "headings",
            ["field,heading", "name,検査名", "colour,色"],
            f"words/headings.csv, line 3: field is 'colour'; expected one of {', '.join(FIELDS)}",
        ),
        (
            "headings",
            ["field,heading", "name,検査名", "unit,検査 名"],
            "words/headings.csv, line 3: heading '検査 名' is listed twice, first in headings.csv, line 2",
        ),
        (
            "headings",
            ["field,heading", "name,"],
            "words/headings.csv, line 2: heading is '', which holds no letters",
        ),
        ("headings", ["field,heading", "name"], "words/headings.csv, line 2: 1 cells, 2 expected"),
        ("headings", ["heading,field"], "words/headings.csv, line 1: the header must be field,heading"),
        (
            "result_types",
            ["word,result_type", "定性,qualitative", "定量,quantity"],
            "words/result_types.csv, line 3: result_type is 'quantity'; "
            "expected one of qualitative, semi_quantitative, quantitative",
        ),
        (
            "result_types",
            ["word,result_type", "定性,"],
            "words/result_types.csv, line 2: result_type is ''; "
            "expected one of qualitative, semi_quantitative, quantitative",
        ),
        (
            "result_types",
            ["word,result_type", "コード,qualitative", "ｺｰﾄﾞ,quantitative"],
            "words/result_types.csv, line 3: word 'ｺｰﾄﾞ' is listed twice, first in result_types.csv, line 2",
        ),
        (
            "makers",
            ["maker,name_now", "生研,デンカ", "デンカ,", "協和,ミナリス"],
            "words/makers.csv, line 4: name_now is 'ミナリス', which is no maker of this table",
        ),
        (
            "makers",
            ["maker,name_now", "ロシュ,", "ﾛｼｭ,"],
            "words/makers.csv, line 3: maker 'ﾛｼｭ' is listed twice, first in makers.csv, line 2",
        ),
        (
            "product_words",
            ["word,kind", "キット,kit", "プラス,edition"],
            "words/product_words.csv, line 3: kind is 'edition'; expected one of kit, version",
        ),
        (
            "product_words",
            ["word,kind", "用,kit", "用,version"],
            "words/product_words.csv, line 3: word '用' is listed twice, first in product_words.csv, line 2",
        ),
        (
            "trade_names",
            ["written,listed", "advia,アドヴィア", "ADVIA,アドビア"],
            "words/trade_names.csv, line 3: "
            "written 'ADVIA' is listed twice, first in trade_names.csv, line 2",
        ),
        ("trade_names", ["written,listed", "cobas,"], "words/trade_names.csv, line 2: listed is empty"),
        (
            "analysers",
            ["analyser,named", "コバス,either", "AU,model"],
            "words/analysers.csv, line 3: named is 'model'; expected one of with_model, alone, either",
        ),
        (
            "analysers",
            ["analyser,named", "-,alone"],
            "words/analysers.csv, line 2: analyser is '-', which holds no letters",
        ),
        (
            "unit_equalities",
            ["units,remark", "ng/mL|ug/L,", "pg/mL|ng/l,"],
            "words/unit_equalities.csv, line 3: 'ng/l' is no canonical unit; it is read as 'ng/L'",
        ),
        (
            "unit_equalities",
            ["units,remark", "ng/mL,"],
            "words/unit_equalities.csv, line 2: units is 'ng/mL'; expected two or more, with | between them",
        ),
        (
            "unit_equalities",
            ["units,remark", "ng/mL|ug/L,", "ug/L|ng/mL,"],
            "words/unit_equalities.csv, line 3: "
            "units 'ug/L|ng/mL' is listed twice, first in unit_equalities.csv, line 2",
        ),
    ],
)
def test_what_is_wrong_is_one_line_with_file_and_line(
    tmp_path: Path, table: str, lines: list[str], message: str
) -> None:
    path = tmp_path / "words" / f"{table}.csv"
    path.parent.mkdir()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(MasterFileError) as caught:
        READERS[table](path)
    assert str(caught.value) == message


def test_of_two_headings_of_a_field_the_earlier_line_is_the_more_telling(tmp_path: Path) -> None:
    path = tmp_path / "headings.csv"
    path.write_text("field,heading\nname,検査名\nunit,単位\nname,項目\n", encoding="utf-8")
    known = read_headings(path)
    assert {heading: field for heading, (field, _) in known.items()} == {
        "検査名": "name",
        "単位": "unit",
        "項目": "name",
    }
    assert known["検査名"][1] < known["項目"][1]


def test_a_maker_is_known_by_the_name_that_it_has_now(tmp_path: Path) -> None:
    path = tmp_path / "makers.csv"
    path.write_text("maker,name_now\nデンカ生研,デンカ\nデンカ,\n", encoding="utf-8")
    assert read_makers(path) == {"デンカ生研": "デンカ", "デンカ": "デンカ"}


def test_units_of_one_line_are_equal_and_those_of_two_lines_that_share_a_unit_are_not() -> None:
    assert are_equal("U", "U/mL")
    assert are_equal("U/mL", "kU/L")
    assert not are_equal("U", "kU/L")


_OPENED = """
import sys
opened = []
sys.addaudithook(lambda event, given: event == "open" and opened.append(str(given[0])))
import jlac_mapper.reading.row, jlac_mapper.reading.products, jlac_mapper.tables.headings
from jlac_mapper.vocabulary import Vocabulary
{then}
print(*sorted({{path.rpartition("/")[2] for path in opened if path.endswith(".csv")}}))
"""


@pytest.mark.parametrize(
    ("then", "read"),
    [
        ("", ""),
        ("jlac_mapper.tables.headings.recognise(['unit'])", "headings.csv"),
        (
            "jlac_mapper.reading.row.Normalizer(Vocabulary((), (), (), (), ()))",
            "analysers.csv makers.csv product_words.csv result_types.csv trade_names.csv unit_equalities.csv",
        ),
    ],
    ids=["at import", "with the header", "with the reading stage"],
)
def test_a_table_is_read_where_its_stage_is_built_and_not_at_a_row(then: str, read: str) -> None:
    command = [sys.executable, "-c", _OPENED.format(then=then)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == f"{read}\n"
