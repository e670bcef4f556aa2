"""
A row and the mapper's answer as JSON and back.

Nothing is lost but the tables of a concept, which belong to the vocabulary: its key, names and kind are kept.
Answers written before there were concepts are read too.
"""

import json
from dataclasses import asdict, fields
from typing import Any

from jlac_mapper.codes import jlac11
from jlac_mapper.review.old_evidence import read_old
from jlac_mapper.types import (
    Candidate,
    Disposition,
    Evidence,
    Hypothesis,
    LocalTest,
    MappingResult,
    Provenance,
    Reason,
)
from jlac_mapper.vocabulary import Concept, ConceptKind, Name, ResultType, Timing


def row_to_json(test: LocalTest) -> str:
    """Write a row; empty fields are left out."""
    return _dumps({name: text for name, text in asdict(test).items() if text})


def row_from_json(text: str) -> LocalTest:
    """Read a row."""
    return LocalTest(**{"name": "", **json.loads(text)})


def mapping_to_json(mapping: MappingResult) -> str:
    """Write an answer with its candidates, evidence and provenance."""
    return _dumps(
        {
            "disposition": mapping.disposition,
            "jlac11": mapping.jlac11,
            "probability": mapping.probability,
            "measurand_probability": mapping.measurand_probability,
            "standard_name": mapping.standard_name,
            "reasons": mapping.reasons,
            "candidates": [_candidate(c) for c in mapping.candidates],
            "evidence": [_evidence(e) for e in mapping.evidence],
            "provenance": asdict(mapping.provenance),
            "message": mapping.message,
            "read_as": _concept(mapping.read_as),
        }
    )


def mapping_from_json(text: str) -> MappingResult:
    """Read an answer."""
    read = json.loads(text)
    return MappingResult(
        disposition=Disposition(read["disposition"]),
        jlac11=read["jlac11"],
        probability=read["probability"],
        measurand_probability=read["measurand_probability"],
        standard_name=read["standard_name"],
        reasons=_reasons(read["reasons"]),
        candidates=tuple(_read_candidate(c) for c in read["candidates"]),
        evidence=_read_evidence(read["evidence"]),
        provenance=Provenance(**read["provenance"]),
        message=read["message"],
        read_as=_read_concept(read.get("read_as")),
    )


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "key": evidence.key,
        "values": [list(pair) for pair in evidence.values],
        "source": evidence.source,
    }


def _read_evidence(read: list[Any]) -> tuple[Evidence, ...]:
    return tuple(
        read_old(*fields)
        if isinstance(fields, list)  # element, statement, source: written before there were keys
        else Evidence(fields["key"], tuple((n, v) for n, v in fields["values"]), fields["source"])
        for fields in read
    )


def _reasons(read: list[str]) -> tuple[Reason, ...]:
    return tuple(Reason(word) for word in read)


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "code": str(candidate.code),
        "name": candidate.name,
        "hypothesis": _hypothesis(candidate.hypothesis),
        "reasons": candidate.reasons,
        "evidence": [_evidence(e) for e in candidate.evidence],
        "probability": candidate.probability,
    }


def _read_candidate(read: dict[str, Any]) -> Candidate:
    return Candidate(
        code=jlac11.parse(read["code"]),
        name=read["name"],
        hypothesis=_read_hypothesis(read["hypothesis"]),
        reasons=_reasons(read["reasons"]),
        evidence=_read_evidence(read["evidence"]),
        probability=read["probability"],
    )


def _concept(concept: Concept | None) -> list[str] | None:
    return [concept.key, concept.name, concept.name_en, concept.kind] if concept else None


def _read_concept(read: list[str] | None) -> Concept | None:
    return Concept(read[0], read[1], read[2], ConceptKind(read[3])) if read else None


def _hypothesis(hypothesis: Hypothesis) -> dict[str, Any]:
    return {
        "concept": _concept(hypothesis.concept),
        "listed": hypothesis.listed,
        "name": _name(hypothesis.name) if hypothesis.name else None,
        "scores": dict(hypothesis.scores),
        "explained": hypothesis.explained,
    }


def _name(name: Name) -> dict[str, Any]:
    return {field.name: getattr(name, field.name) for field in fields(name) if field.init}


def _read_hypothesis(read: dict[str, Any]) -> Hypothesis:
    name = read["name"]
    if "measurand" in read:  # written before there were concepts: the name, and whether it had a code
        old = read["background"] or name
        text = Name(old["name"], "", old["kind"]) if old else None
        return Hypothesis(None, read["background"] is None, text, read["scores"], read["explained"])
    if name is not None:
        kinds = {"result_type": ResultType(name["result_type"]), "timing": Timing(name["timing"])}
        name = Name(**{**name, **kinds})
    return Hypothesis(_read_concept(read["concept"]), read["listed"], name, read["scores"], read["explained"])
