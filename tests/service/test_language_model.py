"""The composed app with a language model: what it changes, what it never changes, and when it is away."""

from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest

from jlac_mapper.bootstrap import App, build_app
from jlac_mapper.config import Settings
from jlac_mapper.errors import ConfigurationError, MissingExtraError
from jlac_mapper.field_limits import overlong_field
from jlac_mapper.llm import onnx_choice
from jlac_mapper.types import Disposition, LocalTest, MapOptions, MappingResult, Reason
from jlac_mapper.wording import say
from tests.support.attack_names import ATTACK_NAMES

DAY = date(2026, 1, 15)
UNCERTAIN = LocalTest(name="クレアチニソ精密", specimen="血清", unit="mg/dL")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    database = f"sqlite:///{tmp_path_factory.mktemp('llm') / 'editions.sqlite3'}"
    return Settings(database_url=database, llm_deadline=600.0)  # what is tested is not how fast it is


@pytest.fixture(scope="module")
def off(settings: Settings) -> App:
    return build_app(replace(settings, llm="off"), as_of=DAY)


@pytest.fixture(scope="module")
def bundled(settings: Settings) -> App:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    return build_app(replace(settings, llm="bundled"), as_of=DAY)


def one(app: App, test: LocalTest) -> MappingResult:
    return app.mapper.map_batch([test], MapOptions())[0]


def test_an_uncertain_row_says_what_the_model_said(bundled: App) -> None:
    answer = one(bundled, UNCERTAIN)
    (said,) = [e for e in answer.evidence if e.source == "language_model"]
    assert say(said, "en").text.startswith("language model: ")
    assert answer.provenance.models["language_model"].startswith("onnx:")
    assert "template=generation-2 orders=1" in answer.provenance.models["language_model"]


def test_no_model_speaks_unless_it_is_asked_for(settings: Settings) -> None:
    answer = one(build_app(settings, as_of=DAY), UNCERTAIN)
    assert answer.provenance.models["language_model"] == "score_only"


def test_the_models_word_alone_closes_no_row(off: App, bundled: App) -> None:
    """Names around a known one: the scores leave them open, the model is sure that none is meant."""
    rows = [
        LocalTest(name=f"{n}ナゾ検査", specimen="血清")
        for n in ("AST", "クレアチニン", "カリウム", "HBs抗原", "CRP")
    ]
    pairs = zip(*(app.mapper.map_batch(rows, MapOptions()) for app in (off, bundled)), strict=True)
    asked = [(a, b) for a, b in pairs if any(e.source == "language_model" for e in b.evidence)]
    assert asked
    assert all(b.disposition is a.disposition is Disposition.NEEDS_REVIEW for a, b in asked)


def test_a_model_that_agrees_accepts_no_row_that_was_uncertain(bundled: App) -> None:
    rows = [
        LocalTest(name=n, specimen="EDTA全血", unit="pg/mL") for n in ("BNP(ER)", "BNP 救急", "BNP?", "BNP精")
    ]
    answers = bundled.mapper.map_batch(rows, MapOptions())
    asked = [a for a in answers if any(e.source == "language_model" for e in a.evidence)]
    assert asked
    assert {a.disposition for a in asked} == {Disposition.NEEDS_REVIEW}


def test_a_certain_row_is_not_asked_about(bundled: App) -> None:
    answer = one(bundled, LocalTest(name="AST", specimen="血清", unit="U/L"))
    assert answer.disposition is Disposition.ACCEPTED
    assert not [e for e in answer.evidence if e.source == "language_model"]


def test_without_a_model_the_provenance_says_so(off: App) -> None:
    answer = one(off, UNCERTAIN)
    assert answer.provenance.models["language_model"] == "score_only"
    assert Reason.LLM_UNAVAILABLE not in answer.reasons


@pytest.mark.parametrize("number", range(len(ATTACK_NAMES)))
def test_a_name_that_reads_like_an_instruction_changes_nothing_but_asks_for_a_person(
    off: App, bundled: App, number: int
) -> None:
    """
    Each of the sixty is AST with something around it: its code, or a person; never another, never none.

    Those that no list has so long are not read at all.
    """
    row = LocalTest(name=ATTACK_NAMES[number], specimen="血清", unit="U/L")
    plain = one(off, LocalTest(name="AST", specimen="血清", unit="U/L"))
    allowed = (plain.disposition, Disposition.NEEDS_REVIEW)
    if overlong_field(row):
        allowed = (Disposition.ERROR,)
    for app in (off, bundled):
        answer = one(app, row)
        assert answer.jlac11 in (plain.jlac11, ""), answer.reasons
        assert answer.disposition in allowed, answer.reasons


def test_a_server_that_is_not_there_leaves_every_decision_as_it_was(settings: Settings, off: App) -> None:
    pytest.importorskip("httpx", reason="the llm extra is not installed")
    away = build_app(replace(settings, llm="http://127.0.0.1:9/v1", llm_deadline=2.0), as_of=DAY)
    rows = [UNCERTAIN, LocalTest(name="AST", specimen="血清", unit="U/L"), LocalTest(name="スギ")]
    without, alone = (app.mapper.map_batch(rows, MapOptions()) for app in (away, off))
    decided = [(a.disposition, a.jlac11, a.probability) for a in without]
    assert decided == [(a.disposition, a.jlac11, a.probability) for a in alone]
    assert Reason.LLM_UNAVAILABLE in without[0].reasons
    assert Reason.LLM_UNAVAILABLE not in without[1].reasons


@pytest.mark.parametrize("llm", ["no-such-model", "ftp://server", "/no/such/folder"])
def test_a_model_that_does_not_exist_is_refused_in_one_line(settings: Settings, llm: str) -> None:
    with pytest.raises(ConfigurationError, match=f"no language model '{llm}'") as refusal:
        build_app(replace(settings, llm=llm), as_of=DAY)
    assert "\n" not in str(refusal.value)


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed here")
def test_a_local_checkpoint_needs_vllm_and_says_how_to_get_it(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match="pip install"):
        build_app(replace(settings, llm=str(tmp_path)), as_of=DAY)


def test_a_damaged_model_never_speaks_and_the_rows_say_so(
    settings: Settings, off: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    monkeypatch.setattr(onnx_choice, "models_dir", lambda: tmp_path)
    answer = one(build_app(replace(settings, llm="bundled"), as_of=DAY), UNCERTAIN)
    assert Reason.LLM_UNAVAILABLE in answer.reasons
    assert answer.probability == one(off, UNCERTAIN).probability
    assert answer.provenance.models["language_model"] == "unavailable:bundled"
