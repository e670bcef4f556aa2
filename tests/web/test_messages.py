"""Nothing on the page lacks its words, in either language."""

import re
import string
from pathlib import Path

import pytest

from jlac_mapper.master.checks import Severity
from jlac_mapper.master.diff import Difference
from jlac_mapper.master.service import Kept
from jlac_mapper.review.model import Action, ItemState, Role
from jlac_mapper.tables.understanding import RowProblem
from jlac_mapper.types import Disposition, Evidence, Reason
from jlac_mapper.web.evidence import statements
from jlac_mapper.web.messages import catalogue, preferred, reasons
from jlac_mapper.web.queue_filter import SECTIONS, STATES
from jlac_mapper.wording import Language

WEB = Path(__file__).parents[2] / "jlac_mapper" / "web"


def test_every_reason_is_explained_in_both_languages_and_no_other() -> None:
    assert set(reasons()) == {reason.value for reason in Reason}
    for word, texts in reasons().items():
        assert set(texts) == set(Language), word
        assert re.search("[\u3041-\u9fff]", texts["ja"]), word
        assert texts["en"].endswith("."), word


def test_every_text_is_in_both_languages_with_the_same_blanks() -> None:
    for key, texts in catalogue().items():
        assert set(texts) == set(Language), key
        blanks = [
            {name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts.values()
        ]
        assert blanks[0] == blanks[1], key


def test_every_key_that_templates_and_code_name_exists() -> None:
    used: set[str] = set()
    for file in (*WEB.glob("templates/*.html"), *WEB.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        used |= set(re.findall(r"\bt\(\s*f?['\"]([a-z_]+\.[a-zA-Z_0-9]+)['\"]\s*[,)]", text))
        used |= set(re.findall(r"translate\(\w+, f?['\"]([a-z_]+\.[a-z_]+)['\"]", text))
    assert len(used) > 100
    assert used <= set(catalogue())


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("state", [*ItemState, *STATES]),
        ("event", Action),
        ("section", SECTIONS),
        ("done", ["comment", "undo", "claim", "release", "assign", "reopen"]),
        ("job", ["waiting", "running", "done", "failed"]),
        ("role", Role),
        ("row_problem", RowProblem),
        ("difference", Difference),
        ("severity", Severity),
        ("try", [word.lower() for word in Disposition]),
        ("editions", [f"kept_{kept.name.lower()}" for kept in Kept]),
    ],
)
def test_every_word_of_a_kind_has_its_text(prefix: str, words: list[str]) -> None:
    assert {f"{prefix}.{word}" for word in words} <= set(catalogue())


@pytest.mark.parametrize(
    ("chosen", "header", "language"),
    [
        ("", "", "ja"),
        ("", "en-US,en;q=0.9,ja;q=0.8", "en"),
        ("", "ja;q=0.5, en;q=0.9", "en"),
        ("", "fr, de", "ja"),
        ("", "en;q=0", "ja"),
        ("", "en;q=x", "ja"),
        ("en", "ja", "en"),
        ("xx", "ja", "ja"),
    ],
)
def test_the_users_choice_wins_then_the_browsers_language(chosen: str, header: str, language: str) -> None:
    assert preferred(chosen, header) == language


def test_evidence_is_put_into_japanese_and_the_machines_part_kept_apart() -> None:
    rules, machine = statements(
        (
            Evidence("specimen.only_listed", (("specimen", "血清"),), "release"),
            Evidence("unit.equal", (("unit", "10*3/uL"),), "unit"),
            Evidence(
                "concept.name",
                tuple(
                    {
                        "concept": "",
                        "name": "尿糖",
                        "kind": "test",
                        "cosine": "0.52",
                        "cosine_rank": "2",
                    }.items()
                ),
                "name",
            ),
            Evidence("concept.language_model", (("C2008", "0.91"), ("", "0.09")), "language_model"),
        ),
        "ja",
    )
    assert [line.text for line in rules] == [
        "血清（版に収載された唯一のもの）",
        "10*3/uL（書かれた単位と同じ値になる単位）",
    ]
    assert [line.source for line in rules] == ["版より", "単位欄より"]
    assert [line.text for line in machine] == [
        "収載コードのないもの: 尿糖（検査）: 文字列の類似度 0.52 （2位）",
        "言語モデル: C2008 0.91, 収載コードなし 0.09",
    ]
