"""Real classes that stand in for the application behind the gRPC server."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jlac_mapper.codes.jlac10 import parse
from jlac_mapper.config import Settings
from jlac_mapper.mapping.systems import Systems
from jlac_mapper.ports import Jlac10Mapper, Mapper
from jlac_mapper.types import (
    Disposition,
    Evidence,
    Jlac10Candidate,
    Jlac10Mapping,
    LocalTest,
    MapOptions,
    Provenance,
    Reason,
)
from jlac_mapper.vocabulary import Concept, ConceptKind

AST10 = "3B035000002327201"


class EchoJlac10Mapper:
    """A mapper that answers with the row's own name and the code of AST; a row without a name is an ERROR."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[Jlac10Mapping]:
        """Return one answer a row, with `options.top_k` candidates."""
        return [self._answer(test, options.top_k) for test in tests]

    def _answer(self, test: LocalTest, top_k: int) -> Jlac10Mapping:
        provenance = Provenance("fake10", "0" * 64, {"name": "echo"}, "none", 0.9, "2026-01-01", "0")
        if not test.name.strip():
            reasons, message = (Reason.NAME_EMPTY,), "the row has no name"
            return Jlac10Mapping(Disposition.ERROR, "", 0, 0, "", reasons, (), (), provenance, message)
        concept = Concept("ast", test.name, "AST", ConceptKind.TEST, jlac10=("3B035",))
        said = (Evidence("specimen.given", (("specimen", "血清"),), "specimen"),)
        candidate = Jlac10Candidate(parse(AST10), test.name, concept, (Reason.EXACT_NAME,), said, 0.8, 0.9)
        candidates = (candidate,) * top_k
        return Jlac10Mapping(
            Disposition.ACCEPTED,
            AST10,
            0.8,
            0.9,
            test.name,
            candidate.reasons,
            candidates,
            said,
            provenance,
            read_as=concept,
        )


@dataclass(frozen=True)
class ServedApp:
    """What a server needs of an application."""

    mapper: Mapper
    settings: Settings = field(default_factory=lambda: Settings(database_url="sqlite://"))
    make_jlac10: Callable[[], Jlac10Mapper] = EchoJlac10Mapper

    def systems(self) -> Systems:
        """Return the mapper of every code system."""
        return Systems(lambda: self.mapper, self.make_jlac10)
