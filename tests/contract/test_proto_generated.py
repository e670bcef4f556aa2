"""The protos, the code made from them, and the core's types say the same."""

import dataclasses
import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from google.protobuf.descriptor import Descriptor

from jlac_mapper import errors, types, wording
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.grpc_api import errors as grpc_errors  # its error classes count too
from jlac_mapper.grpc_api._pb.v1 import error_reason_pb2, mapping_pb2
from jlac_mapper.vocabulary import Concept, ConceptKind, Name

REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", REPOSITORY / "proto" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copied_protos(generator: ModuleType, folder: Path) -> Path:
    """Point *generator* at a copy of the protos; return the copy of mapping.proto."""
    shutil.copytree(generator.PROTO, folder / "proto")
    generator.PROTO = folder / "proto"  # type: ignore[attr-defined]  # a module loaded by its path
    return folder / "proto" / "jlac" / "mapper" / "v1" / "mapping.proto"


def test_the_committed_code_is_what_the_protos_give(generator: ModuleType, tmp_path: Path) -> None:
    assert generator.stale(tmp_path) == []


def test_a_changed_proto_makes_the_committed_code_stale(generator: ModuleType, tmp_path: Path) -> None:
    proto = copied_protos(generator, tmp_path)
    proto.write_text(proto.read_text(encoding="utf-8").replace("string kana = 4", "string kana = 40"))
    (tmp_path / "out").mkdir()
    assert generator.stale(tmp_path / "out") == ["v1/mapping_pb2.py"]


def test_the_protos_pass_the_linter(generator: ModuleType, tmp_path: Path) -> None:
    assert generator.lint(tmp_path) == 0


def test_the_linter_sees_a_badly_named_field(
    generator: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    proto = copied_protos(generator, tmp_path)
    proto.write_text(proto.read_text(encoding="utf-8").replace("string kana = 4", "string Kana = 4"))
    assert generator.lint(tmp_path) != 0
    assert "Kana" in capfd.readouterr().out


def test_every_error_reason_is_in_the_proto_and_no_other() -> None:
    def walk(kind: type[errors.JlacMapperError]) -> set[str]:
        return {kind.reason}.union(*(walk(child) for child in kind.__subclasses__()))

    assert issubclass(grpc_errors.FieldError, errors.JlacMapperError)
    listed = error_reason_pb2.ErrorReason.DESCRIPTOR.values_by_name
    assert set(listed) - {"ERROR_REASON_UNSPECIFIED"} == {
        f"ERROR_REASON_{reason}" for reason in walk(errors.JlacMapperError)
    }


def test_every_disposition_is_in_the_proto_and_no_other() -> None:
    listed = {name.removeprefix("DISPOSITION_") for name in mapping_pb2.Disposition.DESCRIPTOR.values_by_name}
    assert listed - {"UNSPECIFIED"} == {disposition.value for disposition in types.Disposition}


@pytest.mark.parametrize(
    ("message", "kind", "renamed"),
    [
        (mapping_pb2.LocalTest.DESCRIPTOR, types.LocalTest, {}),
        (mapping_pb2.Mapping.DESCRIPTOR, types.MappingResult, {"concept": "read_as"}),
        (mapping_pb2.Candidate.DESCRIPTOR, types.Candidate, {"elements": None}),
        (mapping_pb2.CodeElements.DESCRIPTOR, Jlac11Code, {}),
        (mapping_pb2.Evidence.DESCRIPTOR, types.Evidence, {"element": None, "statement": None}),
        (
            mapping_pb2.Hypothesis.DESCRIPTOR,
            types.Hypothesis,
            {"listed": "name", "unlisted": "name", "measurand": "listed"},
        ),
        (
            mapping_pb2.ListedName.DESCRIPTOR,
            Name,
            {"name": "text", "measurand": "concept", "kind": "form", "identification": None},
        ),
        (mapping_pb2.Provenance.DESCRIPTOR, types.Provenance, {}),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_message_has_the_fields_of_its_type(
    message: Descriptor, kind: type, renamed: dict[str, str | None]
) -> None:
    names = {renamed.get(field.name, field.name) for field in message.fields} - {None}
    assert names == {field.name for field in dataclasses.fields(kind) if field.init}


def test_a_concept_is_sent_without_the_tables_that_belong_to_the_vocabulary() -> None:
    sent = [field.name for field in mapping_pb2.Concept.DESCRIPTOR.fields]
    assert sent == ["key", "name", "name_en", "kind"]
    assert set(sent) <= {field.name for field in dataclasses.fields(Concept)}


def test_every_kind_of_a_concept_and_every_element_of_evidence_is_named_in_the_proto() -> None:
    proto = (REPOSITORY / "proto" / "jlac" / "mapper" / "v1" / "mapping.proto").read_text(encoding="utf-8")
    of_kind = re.search(r"// ([^/]*)\n  string kind = 4;", proto)
    of_element = re.search(r"// The element it speaks for: ([^/]*)\n  string element = 1;", proto)
    assert of_kind is not None
    assert of_element is not None
    assert set(re.findall(r"[a-z]+", of_kind[1])) - {"or"} == set(ConceptKind)
    elements = {key.removeprefix("element.") for key in wording.catalogue() if key.startswith("element.")}
    assert set(re.findall(r"[a-z_]+", of_element[1])) - {"or"} == elements
