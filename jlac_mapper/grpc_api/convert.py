"""Messages to the core's types and back; total in both directions, no decisions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jlac_mapper import wording
from jlac_mapper.codes import jlac10, jlac11
from jlac_mapper.codes.jlac10 import Jlac10Code
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.errors import InputError
from jlac_mapper.grpc_api._pb.v1 import mapper_service_pb2, mapping_pb2
from jlac_mapper.grpc_api.errors import FieldError
from jlac_mapper.types import (
    Candidate,
    Disposition,
    Evidence,
    Hypothesis,
    Jlac10Candidate,
    Jlac10Mapping,
    LocalTest,
    MapOptions,
    MappingResult,
    Provenance,
    Reason,
    System,
)
from jlac_mapper.vocabulary import Concept, ConceptKind, Name, ResultType, Timing

DEFAULT_TOP_K = 5
MAX_TOP_K = 50


def local_test_to_proto(test: LocalTest) -> mapping_pb2.LocalTest:
    """Return the message of a row."""
    return mapping_pb2.LocalTest(**_fields(test, LocalTest))


def local_test_from_proto(message: mapping_pb2.LocalTest) -> LocalTest:
    """Return the row of a message; an absent field is empty."""
    return LocalTest(**_fields(message, LocalTest))


def options_from_proto(
    message: mapper_service_pb2.MapOptions, site_defaults: Mapping[str, str]
) -> MapOptions:
    """
    Return the options of a request, with the site's defaults, which a caller cannot choose.

    Raises:
        FieldError: `top_k` is negative or over MAX_TOP_K, or a code system is unknown or asked for twice.
    """
    if not 0 <= message.top_k <= MAX_TOP_K:
        raise FieldError(
            "options.top_k", f"top_k is {message.top_k}; give 1 to {MAX_TOP_K}, or 0 for {DEFAULT_TOP_K}"
        )
    return MapOptions(
        top_k=message.top_k or DEFAULT_TOP_K,
        facility=message.facility,
        systems=_systems(message.systems),
        site_defaults=site_defaults,
    )


def mapping_to_proto(mapping: MappingResult) -> mapping_pb2.Mapping:
    """Return the message of an answer."""
    return mapping_pb2.Mapping(
        disposition=mapping_pb2.Disposition.Value(f"DISPOSITION_{mapping.disposition.value}"),
        jlac11=mapping.jlac11,
        probability=float(mapping.probability),
        measurand_probability=float(mapping.measurand_probability),
        standard_name=mapping.standard_name,
        reasons=[reason.value for reason in mapping.reasons],
        candidates=[_candidate_to_proto(candidate) for candidate in mapping.candidates],
        evidence=[_evidence_to_proto(evidence) for evidence in mapping.evidence],
        provenance=_provenance_to_proto(mapping.provenance),
        message=mapping.message,
        concept=_concept_to_proto(mapping.read_as) if mapping.read_as else None,
    )


def mapping_from_proto(message: mapping_pb2.Mapping) -> MappingResult:
    """
    Return the answer of a message.

    Raises:
        InputError: A disposition, reason or kind of concept that this version does not know.
        InvalidCodeError: A candidate's code is no JLAC11 code.
    """
    return MappingResult(
        disposition=_disposition(message.disposition),
        jlac11=message.jlac11,
        probability=message.probability,
        measurand_probability=message.measurand_probability,
        standard_name=message.standard_name,
        reasons=_reasons(message.reasons),
        candidates=tuple(_candidate_from_proto(candidate) for candidate in message.candidates),
        evidence=tuple(_evidence_from_proto(evidence) for evidence in message.evidence),
        provenance=_provenance_from_proto(message.provenance),
        message=message.message,
        read_as=_concept_from_proto(message.concept) if message.HasField("concept") else None,
    )


def jlac10_mapping_to_proto(mapping: Jlac10Mapping) -> mapping_pb2.Jlac10Mapping:
    """Return the message of an answer in JLAC10."""
    return mapping_pb2.Jlac10Mapping(
        disposition=mapping_pb2.Disposition.Value(f"DISPOSITION_{mapping.disposition.value}"),
        code=mapping.code,
        probability=float(mapping.probability),
        analyte_probability=float(mapping.analyte_probability),
        name=mapping.name,
        reasons=[reason.value for reason in mapping.reasons],
        candidates=[_jlac10_candidate_to_proto(candidate) for candidate in mapping.candidates],
        evidence=[_evidence_to_proto(evidence) for evidence in mapping.evidence],
        provenance=_provenance_to_proto(mapping.provenance),
        message=mapping.message,
        concept=_concept_to_proto(mapping.read_as) if mapping.read_as else None,
    )


def jlac10_mapping_from_proto(message: mapping_pb2.Jlac10Mapping) -> Jlac10Mapping:
    """
    Return the answer of a message.

    Raises:
        InputError: A disposition, reason or kind of concept that this version does not know.
        InvalidCodeError: A candidate's code is no JLAC10 code.
    """
    return Jlac10Mapping(
        disposition=_disposition(message.disposition),
        code=message.code,
        probability=message.probability,
        analyte_probability=message.analyte_probability,
        name=message.name,
        reasons=_reasons(message.reasons),
        candidates=tuple(_jlac10_candidate_from_proto(candidate) for candidate in message.candidates),
        evidence=tuple(_evidence_from_proto(evidence) for evidence in message.evidence),
        provenance=_provenance_from_proto(message.provenance),
        message=message.message,
        read_as=_concept_from_proto(message.concept) if message.HasField("concept") else None,
    )


def _systems(asked: Sequence[mapping_pb2.CodeSystem.ValueType]) -> tuple[System, ...]:
    """Return the code systems of a request in the core's order; JLAC11 where none is asked for."""
    found: list[System] = []
    for place, number in enumerate(asked):
        path = f"options.systems[{place}]"
        value = mapping_pb2.CodeSystem.DESCRIPTOR.values_by_number.get(number)
        if value is None or number == mapping_pb2.CODE_SYSTEM_UNSPECIFIED:
            known = ", ".join(f"CODE_SYSTEM_{system.name}" for system in System)
            raise FieldError(path, f"{path} is {value.name if value else number}; known: {known}")
        system = System[value.name.removeprefix("CODE_SYSTEM_")]
        if system in found:
            raise FieldError(path, f"{path} is {value.name} again; ask for each system once")
        found.append(system)
    return tuple(system for system in System if system in found) or (System.JLAC11,)


def _candidate_to_proto(candidate: Candidate) -> mapping_pb2.Candidate:
    code = candidate.code
    return mapping_pb2.Candidate(
        code=str(code),
        elements=mapping_pb2.CodeElements(**_fields(code, Jlac11Code)),
        name=candidate.name,
        probability=float(candidate.probability),
        reasons=[reason.value for reason in candidate.reasons],
        evidence=[_evidence_to_proto(evidence) for evidence in candidate.evidence],
        hypothesis=_hypothesis_to_proto(candidate.hypothesis, code),
    )


def _candidate_from_proto(message: mapping_pb2.Candidate) -> Candidate:
    return Candidate(
        code=jlac11.parse(message.code),
        name=message.name,
        hypothesis=_hypothesis_from_proto(message.hypothesis),
        reasons=_reasons(message.reasons),
        evidence=tuple(_evidence_from_proto(evidence) for evidence in message.evidence),
        probability=message.probability,
    )


def _jlac10_candidate_to_proto(candidate: Jlac10Candidate) -> mapping_pb2.Jlac10Candidate:
    code = candidate.code
    return mapping_pb2.Jlac10Candidate(
        code=str(code),
        elements=mapping_pb2.Jlac10Elements(**_fields(code, Jlac10Code)),
        name=candidate.name,
        probability=float(candidate.probability),
        analyte_probability=float(candidate.analyte_probability),
        reasons=[reason.value for reason in candidate.reasons],
        evidence=[_evidence_to_proto(evidence) for evidence in candidate.evidence],
        concept=_concept_to_proto(candidate.concept),
    )


def _jlac10_candidate_from_proto(message: mapping_pb2.Jlac10Candidate) -> Jlac10Candidate:
    return Jlac10Candidate(
        code=jlac10.parse(message.code),
        name=message.name,
        concept=_concept_from_proto(message.concept),
        reasons=_reasons(message.reasons),
        evidence=tuple(_evidence_from_proto(evidence) for evidence in message.evidence),
        probability=message.probability,
        analyte_probability=message.analyte_probability,
    )


def _concept_to_proto(concept: Concept) -> mapping_pb2.Concept:
    return mapping_pb2.Concept(
        key=concept.key, name=concept.name, name_en=concept.name_en, kind=concept.kind.value
    )


def _concept_from_proto(message: mapping_pb2.Concept) -> Concept:
    try:
        kind = ConceptKind(message.kind)
    except ValueError as error:
        raise InputError(f"kind of concept {error} is unknown to this version: update jlac-mapper") from None
    return Concept(message.key, message.name, message.name_en, kind)


def _hypothesis_to_proto(hypothesis: Hypothesis, code: Jlac11Code) -> mapping_pb2.Hypothesis:
    message = mapping_pb2.Hypothesis(
        measurand=code.measurand if hypothesis.listed else "",
        scores={method: float(score) for method, score in hypothesis.scores.items()},
        explained=float(hypothesis.explained),
    )
    if hypothesis.concept is not None:
        message.concept.CopyFrom(_concept_to_proto(hypothesis.concept))
    name = hypothesis.name
    if name is not None and hypothesis.listed:
        message.listed.CopyFrom(
            mapping_pb2.ListedName(
                name=name.text,
                measurand=code.measurand,
                kind=name.form,
                specimen=name.specimen,
                unit=name.unit,
                result_type=name.result_type.value,
                timing=name.timing.value,
            )
        )
    elif name is not None:
        kind = hypothesis.concept.kind.value if hypothesis.concept else ""
        message.unlisted.CopyFrom(mapping_pb2.UnlistedName(name=name.text, kind=kind))
    return message


def _hypothesis_from_proto(message: mapping_pb2.Hypothesis) -> Hypothesis:
    concept = _concept_from_proto(message.concept) if message.HasField("concept") else None
    key = concept.key if concept else ""
    name = None
    if message.HasField("listed"):
        listed = message.listed
        name = Name(
            listed.name,
            key,
            listed.kind,
            listed.specimen,
            listed.unit,
            ResultType(listed.result_type),
            Timing(listed.timing),
        )
    elif message.HasField("unlisted"):
        name = Name(message.unlisted.name, key)
    is_listed = not message.HasField("unlisted") and bool(message.measurand)
    return Hypothesis(concept, is_listed, name, dict(message.scores), message.explained)


def _evidence_to_proto(evidence: Evidence) -> mapping_pb2.Evidence:
    return mapping_pb2.Evidence(
        element=evidence.element,
        statement=wording.say(evidence, wording.Language.ENGLISH).text,
        source=evidence.source,
        key=evidence.key,
        values=[mapping_pb2.EvidenceValue(name=name, value=value) for name, value in evidence.values],
    )


def _evidence_from_proto(message: mapping_pb2.Evidence) -> Evidence:
    values = tuple((pair.name, pair.value) for pair in message.values)
    return Evidence(message.key, values, message.source)


def _provenance_to_proto(provenance: Provenance) -> mapping_pb2.Provenance:
    written = {"models": dict(provenance.models), "threshold": float(provenance.threshold)}
    return mapping_pb2.Provenance(**_fields(provenance, Provenance) | written)


def _provenance_from_proto(message: mapping_pb2.Provenance) -> Provenance:
    return Provenance(**_fields(message, Provenance) | {"models": dict(message.models)})


def _fields(value: object, kind: type) -> dict[str, Any]:
    """Return the fields of a dataclass, read from one or from a message that has them by the same names."""
    return {name: getattr(value, name) for name in kind.__slots__}  # type: ignore[attr-defined]


def _disposition(value: mapping_pb2.Disposition.ValueType) -> Disposition:
    name = mapping_pb2.Disposition.DESCRIPTOR.values_by_number.get(value)
    word = name.name.removeprefix("DISPOSITION_") if name else str(value)
    try:
        return Disposition(word)
    except ValueError:
        raise InputError(f"disposition {word} is unknown to this version: update jlac-mapper") from None


def _reasons(words: Iterable[str]) -> tuple[Reason, ...]:
    try:
        return tuple(Reason(word) for word in words)
    except ValueError as error:
        raise InputError(f"reason {error} is unknown to this version: update jlac-mapper") from None
