"""What makes two rows one, and what a local alias answers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.review.local_aliases import LocalAliasMapper, alias_key
from jlac_mapper.review.model import LocalAlias
from jlac_mapper.types import Disposition, LocalTest, MapOptions, MappingResult, Reason
from jlac_mapper.wording import say
from tests.support.fakes import ScriptedMapper
from tests.support.review_values import AST, CK, CODES, ENDED, NOON, SUCCESSOR, TP

ROW = LocalTest("AST(GOT)", abbreviation="AST", specimen="血清", unit="U/L", method="JSCC", reagent="試薬A")


@dataclass
class KnownNames:
    """What LocalAliasMapper asks of a unit of work and its ReviewStore, from memory."""

    here: dict[str, list[LocalAlias]] = field(default_factory=dict)
    elsewhere: dict[str, dict[str, int]] = field(default_factory=dict)

    @contextmanager
    def reading(self) -> Iterator["KnownNames"]:
        yield self

    @property
    def reviews(self) -> "KnownNames":
        return self

    def local_aliases(self, _facility: str, keys: Sequence[str]) -> dict[str, list[LocalAlias]]:
        return {key: self.here[key] for key in keys if key in self.here}

    def local_aliases_elsewhere(self, _facility: str, keys: Sequence[str]) -> dict[str, dict[str, int]]:
        return {key: self.elsewhere[key] for key in keys if key in self.elsewhere}


def known(*codes: str, elsewhere: dict[str, int] | None = None) -> KnownNames:
    names = [
        LocalAlias("h1", alias_key(ROW), code, 5 + i, "ann", NOON, ROW.name) for i, code in enumerate(codes)
    ]
    return KnownNames(
        {alias_key(ROW): names} if names else {}, {alias_key(ROW): elsewhere} if elsewhere else {}
    )


def answer(store: KnownNames, test: LocalTest = ROW, *, top_k: int = 5) -> MappingResult:
    inside = ScriptedMapper({ROW.name: (Disposition.NEEDS_REVIEW, (CK, AST), 0.6)})
    mapper = LocalAliasMapper(inside, store, "h1", CODES)  # type: ignore[arg-type]  # asks no more than these
    [mapping] = mapper.map_batch([test], MapOptions(top_k=top_k))
    return mapping


@pytest.mark.parametrize(
    "same",
    [
        replace(ROW, name="ＡＳＴ（ＧＯＴ）"),
        replace(ROW, name="ast (got)", specimen=" 血清"),
        replace(ROW, unit="Ｕ/Ｌ"),
        replace(ROW, local_code="0042", kana="ｴｰｴｽﾃｨｰ", reference_range="13-30", jlac10="3B035"),
    ],
)
def test_spellings_of_one_row_share_a_key(same: LocalTest) -> None:
    assert alias_key(same) == alias_key(ROW)


@pytest.mark.parametrize(
    "field_", ["name", "abbreviation", "specimen", "unit", "method", "reagent", "result_type"]
)
def test_every_field_that_decides_a_code_is_in_the_key(field_: str) -> None:
    assert alias_key(replace(ROW, **{field_: "mg/dL"})) != alias_key(ROW)


def test_fields_do_not_run_into_each_other() -> None:
    assert alias_key(LocalTest("A", abbreviation="BC")) != alias_key(LocalTest("AB", abbreviation="C"))


def test_a_unit_inside_the_reference_range_counts_where_the_field_is_empty() -> None:
    bare = replace(ROW, unit="")
    assert alias_key(replace(bare, reference_range="13-30 U/L")) == alias_key(
        replace(bare, reference_range="10-40 U/L")
    )
    assert alias_key(replace(bare, reference_range="13-30 U/L")) != alias_key(
        replace(bare, reference_range="13-30 mg/dL")
    )


def test_names_of_punctuation_only_stay_apart() -> None:
    assert alias_key(LocalTest("---")) != alias_key(LocalTest("***"))


def test_a_decided_row_is_accepted_with_the_decided_code_first() -> None:
    mapping = answer(known(AST))
    assert (mapping.disposition, mapping.jlac11, mapping.reasons) == (
        Disposition.ACCEPTED,
        AST,
        (Reason.HOUSE_NAME,),
    )
    assert [str(candidate.code) for candidate in mapping.candidates] == [AST, CK]
    assert mapping.provenance.models["decision"] == "HOUSE_NAME"
    assert say(mapping.evidence[0], "en").text.startswith("ann decided")


def test_a_decided_code_that_the_mapper_did_not_find_becomes_a_candidate() -> None:
    mapping = answer(known(TP), top_k=2)
    assert [str(candidate.code) for candidate in mapping.candidates] == [TP, CK]
    assert mapping.standard_name == "総蛋白"


def test_a_row_that_a_person_found_uncodable_is_no_code_by_alias() -> None:
    mapping = answer(known(UNCODABLE))
    assert (mapping.disposition, mapping.jlac11, mapping.reasons) == (
        Disposition.NO_CODE,
        "",
        (Reason.HOUSE_NAME,),
    )


def test_a_decided_code_that_ended_is_asked_again_with_its_successor() -> None:
    mapping = answer(known(ENDED))
    assert (mapping.disposition, mapping.jlac11) == (Disposition.NEEDS_REVIEW, SUCCESSOR)
    assert mapping.reasons[0] is Reason.HOUSE_NAME_ENDED


def test_a_decided_code_that_vanished_is_asked_again_with_the_mappers_proposal() -> None:
    mapping = answer(known("C99990000250000F7"))
    assert (mapping.disposition, mapping.jlac11) == (Disposition.NEEDS_REVIEW, CK)
    assert mapping.reasons[0] is Reason.HOUSE_NAME_ENDED


def test_contradicting_decisions_are_shown_and_asked() -> None:
    mapping = answer(known(AST, TP))
    assert mapping.disposition is Disposition.NEEDS_REVIEW
    assert mapping.reasons[0] is Reason.HOUSE_NAME_CONTRADICTED
    assert [str(candidate.code) for candidate in mapping.candidates] == [AST, TP, CK]
    said = " ".join(say(evidence, "en").text for evidence in mapping.evidence)
    assert AST in said
    assert TP in said


def test_what_other_facilities_decided_is_evidence_and_changes_no_answer() -> None:
    without, mapping = answer(known()), answer(known(elsewhere={TP: 2, AST: 1}))
    assert replace(mapping, evidence=without.evidence) == without
    assert [say(e, "en").text for e in mapping.evidence[:2]] == [
        f"facilities other than this one that decided {TP} for such a row: 2",
        f"facilities other than this one that decided {AST} for such a row: 1",
    ]
    assert {e.source for e in mapping.evidence[:2]} == {"elsewhere"}


def test_a_row_without_a_name_is_never_answered_by_a_local_alias() -> None:
    from tests.support.fakes import EchoMapper

    nameless = LocalTest("")
    store = KnownNames(
        {alias_key(nameless): [LocalAlias("h1", alias_key(nameless), AST, 1, "ann", NOON, "")]}
    )
    mapper = LocalAliasMapper(EchoMapper(), store, "h1", CODES)  # type: ignore[arg-type]
    assert mapper.map_batch([nameless], MapOptions())[0].disposition is Disposition.ERROR
