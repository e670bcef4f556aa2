"""The command line speaks Japanese where it is asked to, or where the locale is Japanese."""

import os
import re
from pathlib import Path

import pytest

from jlac_mapper.cli.language import of_locale, taken_out
from jlac_mapper.cli.main import main
from tests.meta.command_lines import verbs
from tests.support.english_runs import english_runs

GROUPS = ("", "master", "review", "review user", "review facility", "train")


@pytest.fixture(autouse=True)
def own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("JLAC_MAPPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("JLAC_MAPPER_DATABASE_URL", f"sqlite:///{tmp_path / 'editions.sqlite3'}")
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize("verb", [*GROUPS, *verbs()])
def test_the_help_of_every_verb_is_japanese(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--lang", "ja", *verb.split(), "--help"])
    said = capsys.readouterr().out
    assert "使い方: jlac-mapper" in said
    assert english_runs(said) == []
    assert not re.search(r"Usage|Options|Arguments|Commands|required|default", said)


@pytest.mark.parametrize("verb", [*GROUPS, *verbs()])
def test_no_help_cuts_its_japanese_in_a_narrow_terminal(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    main(["--lang", "ja", *verb.split(), "--help"])
    options = capsys.readouterr().out.partition("╭─ コマンド")[0]
    assert "…" not in options


def test_after_japanese_the_help_is_english_again(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    before = capsys.readouterr().out
    main(["--lang", "ja", "--help"])
    capsys.readouterr()
    main(["--help"])
    assert capsys.readouterr().out == before
    assert "Options" in before


def test_a_list_is_mapped_with_a_summary_in_japanese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "検査マスタ.csv"
    source.write_text("検査名,材料,単位\nAST(GOT),血清,U/L\n,,\n手術料,,\n", encoding="utf-8")
    assert main(["--lang", "ja", "map", str(source)]) == 0
    said = capsys.readouterr().err
    for word in ("集計", "行数", "自動確定", "要確認", "コードなし", "エラー", "行/秒"):
        assert word in said
    assert "2 行目: 検査名がありません" in said
    assert f"出力: {tmp_path / '検査マスタ.jlac11.csv'}" in said
    assert english_runs(said) == []
    assert "disposition" in (tmp_path / "検査マスタ.jlac11.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("arguments", [["--lang=ja", "map", "no.csv"], ["map", "no.csv", "--lang", "ja"]])
def test_an_error_is_one_japanese_line_with_its_reason(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == "jlac-mapper: エラー: no.csv がありません [INPUT_UNUSABLE]\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["map"], "引数 INPUT を指定してください"),
        (["map", "a.csv", "--colour"], "オプション --colour はありません"),
        (["mapp"], "コマンド 'mapp' はありません"),
        (["map", "a.csv", "--top-k", "x"], "'--top-k' の値が正しくありません: 整数を指定してください"),
        (["map", "a.csv", "--system", "x"], "'x' は使えません。使える値: 'jlac11', 'jlac10', 'both'"),
        (["map", "a.csv", "b", "c"], "余分な引数があります: b c"),
        (["map", "a.csv", "--top-k", "99"], "の値が正しくありません: 50 以下の数を指定してください"),
    ],
)
def test_a_line_that_cannot_be_understood_is_refused_in_japanese(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lang", "ja", *arguments]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert english_runs(said) == []


def test_the_locale_chooses_where_nothing_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    main(["map", "no.csv"])
    main(["--lang", "en", "map", "no.csv"])
    assert capsys.readouterr().err.splitlines() == [
        "jlac-mapper: エラー: no.csv がありません [INPUT_UNUSABLE]",
        "jlac-mapper: error: no.csv does not exist",
    ]


def test_the_first_variable_of_the_locale_that_is_set_decides() -> None:
    assert of_locale({"LC_ALL": "", "LC_MESSAGES": "ja_JP.UTF-8", "LANG": "C"}) == "ja"
    assert of_locale({"LC_ALL": "C.UTF-8", "LANG": "ja_JP.UTF-8"}) == "en"
    assert of_locale({}) == "en"


def test_another_language_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "fr", "--help"]) == 2
    assert main(["master", "list", "--lang"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "jlac-mapper: error: language 'fr' is not known; use ja or en",
        "jlac-mapper: error: language '' is not known; use ja or en",
    ]


def test_what_follows_two_hyphens_is_no_option() -> None:
    assert taken_out(["map", "--", "--lang", "ja"]) == ("", ["map", "--", "--lang", "ja"])


def test_masters_are_listed_in_japanese(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["master", "list", "--lang", "ja"]) == 0
    said = capsys.readouterr().out
    assert "版（* は使用中）" in said
    assert english_runs(said) == []
