"""A row and the mapper's answer as JSON and back, without loss."""

import json
from dataclasses import asdict
from typing import Any

from jlac_mapper import jlac11
from jlac_mapper.types import (
    BackgroundName,
    Candidate,
    Disposition,
    Evidence,
    Hypothesis,
    LocalTest,
    Mapping,
    Provenance,
    Reason,
    ResultType,
    TestName,
)


def row_to_json(test: LocalTest) -> str:
    """Write a row; empty fields are left out."""
    return _dumps({name: text for name, text in asdict(test).items() if text})


def row_from_json(text: str) -> LocalTest:
    """Read a row."""
    return LocalTest(**{"name": "", **json.loads(text)})


def mapping_to_json(mapping: Mapping) -> str:
    """Write an answer with its candidates, evidence and provenance."""
    return _dumps(
        {
            "disposition": mapping.disposition, "jlac11": mapping.jlac11, "probability": mapping.probability,
            "measurand_probability": mapping.measurand_probability, "standard_name": mapping.standard_name,
            "reasons": mapping.reasons, "candidates": [_candidate(c) for c in mapping.candidates],
            "evidence": [_evidence(e) for e in mapping.evidence],
            "provenance": asdict(mapping.provenance), "message": mapping.message,
        }
    )  # fmt: skip


def mapping_from_json(text: str) -> Mapping:
    """Read an answer."""
    read = json.loads(text)
    return Mapping(
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
    )


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _evidence(evidence: Evidence) -> list[str]:
    return [evidence.element, evidence.statement, evidence.source]


def _read_evidence(read: list[list[str]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(*fields) for fields in read)


def _reasons(read: list[str]) -> tuple[Reason, ...]:
    return tuple(Reason(word) for word in read)


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "code": str(candidate.code), "name": candidate.name, "hypothesis": _hypothesis(candidate.hypothesis),
        "reasons": candidate.reasons, "evidence": [_evidence(e) for e in candidate.evidence],
        "probability": candidate.probability,
    }  # fmt: skip


def _read_candidate(read: dict[str, Any]) -> Candidate:
    return Candidate(
        code=jlac11.parse(read["code"]), name=read["name"], hypothesis=_read_hypothesis(read["hypothesis"]),
        reasons=_reasons(read["reasons"]), evidence=_read_evidence(read["evidence"]),
        probability=read["probability"],
    )  # fmt: skip


def _hypothesis(hypothesis: Hypothesis) -> dict[str, Any]:
    return {
        "measurand": hypothesis.measurand,
        "name": asdict(hypothesis.name) if hypothesis.name else None,
        "background": asdict(hypothesis.background) if hypothesis.background else None,
        "scores": dict(hypothesis.scores),
        "explained": hypothesis.explained,
    }


def _read_hypothesis(read: dict[str, Any]) -> Hypothesis:
    name, background = read["name"], read["background"]
    if name is not None:
        name = TestName(**{**name, "result_type": ResultType(name["result_type"])})
    return Hypothesis(
        measurand=read["measurand"], name=name,
        background=BackgroundName(**background) if background is not None else None,
        scores=read["scores"], explained=read["explained"],
    )  # fmt: skip
