"""Training of the small language model: what it learns from, that it learns, and that it repeats."""

import json
import random
from collections import Counter
from dataclasses import replace
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from jlac_mapper.cli.train_release import earlier_releases, shipped_release
from jlac_mapper.codes.release import Release
from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.mapping.ask import NONE_OF_THESE
from jlac_mapper.ports import Choice, ChoiceOption
from jlac_mapper.text import fold
from jlac_mapper.training import reranker_rows
from jlac_mapper.training.calibration import FOLDS
from jlac_mapper.training.generated_rows import names_by_listing
from jlac_mapper.training.pairs import is_held_out
from jlac_mapper.training.reranker import lessons
from jlac_mapper.training.reranker_jlac10 import Jlac10Lessons, learned_analytes
from jlac_mapper.training.reranker_rows import learned_options
from jlac_mapper.types import System
from jlac_mapper.vocabulary import Concept, Name, NameFamily, Vocabulary
from tests.support.shipped_release import shipped, shipped_vocabulary, with_names

SUPERSEDED = shipped().release.successions.identifications()
needs_torch = pytest.mark.skipif(
    any(find_spec(module) is None for module in ("torch", "transformers", "onnx", "onnxruntime")),
    reason="torch, transformers and onnx are not installed (the train extra)",
)
TAUGHT = {
    "C2008": "ast",
    "C2011": "alt",
    "C6011": "ldl_cholesterol",
    "B1002": "white_blood_cell_count",
}


@pytest.fixture(scope="module")
def small() -> BoundRelease:
    """Four measurands, and some names of concepts that are not listed."""
    listed, others = names_by_listing(shipped())
    bound = with_names(*(n for n in listed if n.concept in TAUGHT.values()), *others[::60])
    concepts = {c: found for c, found in bound.binding.concepts.items() if c.measurand in TAUGHT}
    # The rest of the release is as if it were not there.
    edition = replace(
        bound.release.edition,
        codes=tuple(c for c in bound.release.edition.codes if c.code.measurand in TAUGHT),
    )
    release = Release(edition, edition, bound.release.day, bound.release.successions)
    # JLAC10 is taught by what bears a name here, and by no families.
    named = {name.concept for name in bound.vocabulary.names}
    coded = tuple(c if c.key in named else replace(c, jlac10=()) for c in bound.vocabulary.concepts)
    return replace(
        bound,
        vocabulary=replace(bound.vocabulary, concepts=coded, families=()),
        release=release,
        binding=replace(bound.binding, concepts=concepts),
        listed=frozenset(TAUGHT.values()),
    )


def test_the_held_out_fifth_is_the_last_fold_of_the_calibration() -> None:
    from jlac_mapper.training.calibration import fold_of

    kept, out = reranker_rows.split(shipped_vocabulary())
    folds = [{fold_of(n.text, 11) for n in v.names} for v in (kept, out)]
    assert folds == [set(range(FOLDS - 1)), {FOLDS - 1}]
    listed, others = names_by_listing(replace(shipped(), vocabulary=out))
    assert len(listed) > 500
    assert len(others) > 1_000


def test_lessons_never_hold_a_held_out_name() -> None:
    kept, out = reranker_rows.split(shipped().vocabulary)
    drawn = reranker_rows.Jlac11Lessons(replace(shipped(), vocabulary=kept), SUPERSEDED, 3)
    read = Counter(
        "".join(w for w in lesson.prompt.split(" ") if len(w) == 1)[1:].split("Ｓ")[0].split("Ｕ")[0]
        for lesson in islice(drawn, 3_000)
    )
    held_out = {fold(n.text) for n in out.names}
    # A typing slip or a remainder can make one by chance.
    assert sum(count for name, count in read.items() if name.replace("_", "").rstrip("＝") in held_out) < 15


def test_half_of_the_lessons_have_no_code_and_older_identifications_are_taught_too() -> None:
    drawn = list(islice(reranker_rows.Jlac11Lessons(shipped(), SUPERSEDED, 3), 4_000))
    assert 0.45 < sum(not lesson.measurand for lesson in drawn) / len(drawn) < 0.65
    learned = reranker_rows.learned_options([shipped()], SUPERSEDED)
    assert all(le.identification in learned[le.measurand] for le in drawn if le.measurand)
    assert {"0000", "0002", "0003"} <= {le.identification for le in drawn if le.measurand == "B2006"}
    assert {"1336", "1337"} <= {le.identification for le in drawn if le.measurand == "C4001"}
    assert {le.measurand for le in drawn} == {"", *learned}


def test_thinning_takes_characters_but_no_marks() -> None:
    text = "Ｎ Ｎa a as s st t tＳ Ｓ Ｓ血 血 血＝ ＝"
    chance = random.Random(1)
    thinned = [reranker_rows.thinned(text, 0.4, chance) for _ in range(200)]
    assert len(set(thinned)) > 20
    assert text in thinned
    assert {tuple(w for w in t.split(" ") if w in ("Ｎ", "Ｓ", "＝")) for t in thinned} == {
        ("Ｎ", "Ｓ", "＝")
    }


def test_lessons_of_jlac10_are_of_all_concepts_and_hold_no_held_out_name() -> None:
    kept, _ = reranker_rows.split(shipped().vocabulary)
    drawn = list(islice(Jlac10Lessons(kept, 3), 6_000))
    learned = learned_analytes(kept)
    assert all(le.identification in learned[le.measurand] for le in drawn if le.measurand)
    assert len({le.measurand for le in drawn}) > 1_500
    assert 0.02 < sum(not le.measurand for le in drawn) / len(drawn) < 0.3
    assert {le.prompt[-1] for le in drawn} == {"＃"}
    again = list(islice(Jlac10Lessons(kept, 3), 6_000))
    assert drawn == again


def test_composed_names_are_held_out_as_listed_ones_are() -> None:
    family = NameFamily({"cat": ("ネコ", "猫上皮")}, (("specific_ige_{}", ("{}特異的IgE", "IgE({})")),))
    concept = Concept("specific_ige_cat", "", "", jlac10=("5A100-2401",))
    vocabulary = Vocabulary((concept,), (), (), (), families=(family,))
    texts = [f"{a}特異的IgE" for a in family.stems["cat"]] + [f"IgE({a})" for a in family.stems["cat"]]
    held = {fold(t) for t in texts if is_held_out(Name(t, "x"), reranker_rows.HELD_OUT_FOLD, 11)}
    read = {
        "".join(w for w in le.prompt.split(" ") if len(w) == 1)[1:-1].replace("_", "")
        for le in islice(Jlac10Lessons(vocabulary, 3), 300)
    }
    assert {fold(t) for t in texts} - held <= read
    assert held.isdisjoint(read)


def test_both_code_systems_are_taught_in_the_share_of_the_recipe() -> None:
    drawn = Counter(le.system for le in islice(lessons([shipped()], SUPERSEDED, 3, 0.7), 2_000))
    assert 0.65 < drawn[System.JLAC10] / 2_000 < 0.75


def test_the_numbers_of_earlier_days_are_learned_beside_todays() -> None:
    today = shipped_release("2026-11-27")
    earlier = earlier_releases(today)
    assert [one.release.day.isoformat() for one in earlier] == ["2026-07-31"]
    learned = learned_options([today, *earlier], SUPERSEDED)
    drawn = {le.measurand for le in islice(lessons([today, *earlier], SUPERSEDED, 3, 0.0), 8_000)}
    assert {"A1006", "C1009", "V2253"} <= learned.keys()
    assert drawn - {""} == learned.keys()


@needs_torch
def test_a_tiny_model_learns_repeats_and_is_the_same_on_onnx_and_in_transformers(
    small: BoundRelease, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from jlac_mapper.llm.generation_template import prompt
    from jlac_mapper.llm.onnx_choice import OnnxChoice
    from jlac_mapper.training import reranker, reranker_export, reranker_measure, reranker_network

    shape = reranker_network.Shape(layers=2, width=32, heads=2, inner=64)
    recipe = replace(reranker.RECIPE, steps=200, batch=32, learning_rate=0.01, jlac10=0.3, shape=shape)
    first = reranker.train(small, {}, recipe, drawn=2_000)
    again = reranker.train(small, {}, recipe, drawn=2_000)
    pairs = zip(first.model.parameters(), again.model.parameters(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)
    trained = reranker_export.rounded(first)
    listed = replace(small.vocabulary, names=tuple(names_by_listing(small)[0]))
    asked = reranker_measure.questions(small, listed, 5)
    measurands = [m for m in trained.learned if not reranker.is_analyte(m)]
    scores = reranker_measure.model_scores(trained, measurands, asked)
    figures = reranker_measure.figures(asked, measurands, scores)
    assert figures["the right one of all measurands"].value > 0.6  # chance: 0.25
    measured = reranker_export.Measured(len(asked), {"this model": figures})
    story = reranker_export.Story(small, small.vocabulary, recipe, 0, {System.JLAC11: measured})
    digest = reranker_export.write(tmp_path / "model", trained, story)

    model = OnnxChoice.load(tmp_path / "model", deadline=600.0)
    assert model.identity == f"onnx:jlac-reranker@{digest[:12]}"
    options = (*(ChoiceOption(m, "0000", "") for m in TAUGHT), NONE_OF_THESE)
    choices = [Choice((("name", text), ("unit", "U/L")), options) for text in ("AST", "ＬＤＬ", "", "鑑別")]
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    whole = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    wanted = tokenizer([*TAUGHT, "X0000"]).input_ids
    for choice, answer in zip(choices, model.choose(choices), strict=True):
        ids = tokenizer(prompt(choice), return_tensors="pt").input_ids
        with torch.no_grad():
            logits = whole(input_ids=ids).logits[0, -1]
        expected = logits[torch.tensor(wanted)[:, 0]].softmax(-1).numpy()
        np.testing.assert_allclose(answer.probabilities, expected, atol=1e-4)
    assert json.loads((tmp_path / "model" / "jlac_reranker.json").read_text())["digest"] == digest
    assert digest in (tmp_path / "model" / "card.md").read_text()


def test_confirmed_names_are_no_longer_held_out() -> None:
    kept, out = reranker_rows.split(shipped_vocabulary())
    back = out.names[0]
    left = reranker_rows.unread(out, replace(kept, names=(*kept.names, Name(back.text, back.concept))))
    assert len(left.names) < len(out.names)
    assert back.text not in {n.text for n in left.names}
