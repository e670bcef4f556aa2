"""What a facility's decisions answer, whoever asks."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.errors import NotFoundError
from jlac_mapper.mapping.systems import Systems
from jlac_mapper.review.local_aliases import alias_key
from jlac_mapper.review.memory import FacilityMapper
from jlac_mapper.review.model import Facility, LocalAlias
from jlac_mapper.review.rules import KeptRule
from jlac_mapper.types import Answers, Disposition, LocalTest, MapOptions, MappingResult, Reason, System
from jlac_mapper.wording import say
from tests.support.fakes import EchoMapper, ScriptedMapper
from tests.support.grpc_fakes import EchoJlac10Mapper
from tests.support.review_values import AST, CK, CODES, ENDED, NOON, SUCCESSOR, TP
from tests.unit.test_local_aliases import ROW


@dataclass
class KnownNames:
    """What FacilityMapper asks of a unit of work and its ReviewStore, from memory; h1 is the facility."""

    here: dict[str, list[LocalAlias]] = field(default_factory=dict)
    elsewhere: dict[str, dict[str, int]] = field(default_factory=dict)
    readings: int = 0

    @contextmanager
    def reading(self) -> Iterator["KnownNames"]:
        self.readings += 1
        yield self

    @property
    def reviews(self) -> "KnownNames":
        return self

    @property
    def users(self) -> "KnownNames":
        return self

    def facility(self, key: str) -> Facility:
        if key != "h1":
            raise NotFoundError(f"there is no facility {key!r}")
        return Facility(key, "One")

    def rules(self, _facility: str) -> list[KeptRule]:
        return []

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


def inside() -> ScriptedMapper:
    return ScriptedMapper({ROW.name: (Disposition.NEEDS_REVIEW, (CK, AST), 0.6)})


def answer(store: KnownNames, test: LocalTest = ROW, *, top_k: int = 5) -> MappingResult:
    mapper = FacilityMapper(inside(), store, CODES)  # type: ignore[arg-type]  # asks no more than these
    [mapping] = mapper.map_batch([test], MapOptions(top_k=top_k, facility="h1"))
    return mapping


def both(store: KnownNames, systems: tuple[System, ...] = tuple(System), facility: str = "h1") -> Answers:
    codes = Systems(inside, EchoJlac10Mapper)
    mapper = FacilityMapper(codes, store, CODES)  # type: ignore[arg-type]
    [answers] = mapper.map_batch([ROW], MapOptions(systems=systems, facility=facility))
    return answers


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
    nameless = LocalTest("")
    store = KnownNames(
        {alias_key(nameless): [LocalAlias("h1", alias_key(nameless), AST, 1, "ann", NOON, "")]}
    )
    mapper = FacilityMapper(EchoMapper(), store, CODES)  # type: ignore[arg-type]
    assert mapper.map_batch([nameless], MapOptions(facility="h1"))[0].disposition is Disposition.ERROR


def test_without_a_facility_no_database_is_asked_and_the_mapper_inside_answers() -> None:
    store = known(AST)
    mapper = FacilityMapper(inside(), store, CODES)  # type: ignore[arg-type]
    assert mapper.map_batch([ROW], MapOptions()) == inside().map_batch([ROW], MapOptions())
    assert store.readings == 0


def test_a_decision_that_is_made_between_two_calls_answers_the_second() -> None:
    store = known()
    assert answer(store).disposition is Disposition.NEEDS_REVIEW
    store.here = known(AST).here
    assert answer(store).reasons == (Reason.HOUSE_NAME,)


@pytest.mark.parametrize("key", ["h9", " ", "h1\0", "\ud800"])
def test_a_facility_that_is_not_there_is_an_error_with_what_to_do(key: str) -> None:
    mapper = FacilityMapper(inside(), known(AST), CODES)  # type: ignore[arg-type]
    for tests in ([], [ROW]):
        with pytest.raises(NotFoundError, match=r"no facility .*: jlac-mapper review facility list .* add"):
            mapper.map_batch(tests, MapOptions(facility=key))


def test_a_decision_answers_in_jlac11_and_leaves_jlac10_as_it_is() -> None:
    decided, plain = both(known(TP)), both(known(TP), facility="")
    assert decided.jlac11 is not None
    assert (decided.jlac11.jlac11, decided.jlac11.reasons) == (TP, (Reason.HOUSE_NAME,))
    assert decided.jlac10 == plain.jlac10


def test_a_call_for_jlac10_alone_has_its_facility_checked_and_no_decision_told() -> None:
    alone = (System.JLAC10,)
    assert both(known(TP), alone) == both(known(TP), alone, facility="")
    with pytest.raises(NotFoundError):
        both(known(TP), alone, facility="h9")
