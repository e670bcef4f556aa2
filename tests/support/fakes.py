"""Real classes that stand in for a database, a model or an index in tests."""

import builtins
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from jlac_mapper.codes.jlac11 import Jlac11Code, parse
from jlac_mapper.codes.listed import Edition
from jlac_mapper.config import Settings
from jlac_mapper.element_tables import Element
from jlac_mapper.errors import InputError, UnknownEditionError
from jlac_mapper.ports import EditionInfo
from jlac_mapper.types import (
    Candidate,
    Disposition,
    Evidence,
    Hypothesis,
    LocalTest,
    MapOptions,
    MappingResult,
    Provenance,
    Reason,
)
from jlac_mapper.vocabulary import Concept, SiteName


class EchoMapper:
    """
    A mapper that answers with the row's own name as the standard name.

    A name beginning with REVIEW needs review; one beginning with BROKEN raises, as a defect would.
    """

    def __init__(self) -> None:
        self.batches: list[tuple[str, ...]] = []
        """The names of each call of map_batch."""
        self.options: list[MapOptions] = []
        self.threads: set[str] = set()

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Return one answer a row."""
        self.batches.append(tuple(test.name for test in tests))
        self.options.append(options)
        self.threads.add(threading.current_thread().name)
        if any(test.name.startswith("BROKEN") for test in tests):
            raise RuntimeError("a detail that is nobody's business")
        return [self._answer(test) for test in tests]

    def is_listed(self, code: str, day: date | None = None) -> bool:  # noqa: ARG002
        """List nothing."""
        return False

    def _answer(self, test: LocalTest) -> MappingResult:
        disposition, reasons, message = Disposition.ACCEPTED, (Reason.EXACT_NAME,), ""
        if not test.name.strip():
            disposition, reasons, message = Disposition.ERROR, (Reason.NAME_EMPTY,), "the row has no name"
        elif test.name.startswith("REVIEW"):
            disposition, reasons = Disposition.NEEDS_REVIEW, (Reason.SIMILAR_NAME,)
        provenance = Provenance("fake", "0" * 64, {"name": "echo"}, "none", 0.9, "2026-01-01", "0")
        return MappingResult(disposition, "", 0.5, 0.5, test.name, reasons, (), (), provenance, message)


class GatedMapper(EchoMapper):
    """An EchoMapper that stands still while its gate is closed; `entered` tells that a batch waits there."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.held: tuple[str, ...] = ()
        """The names of the batch that stands still, or stood there last."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Wait for the gate, then answer."""
        self.held = tuple(test.name for test in tests)
        self.entered.set()
        if not self.gate.wait(timeout=600):
            raise TimeoutError("the gate was never opened")
        return super().map_batch(tests, options)

    def close(self) -> None:
        """Make the next batch stand still."""
        self.entered.clear()
        self.gate.clear()

    def wait_until_entered(self) -> None:
        """Wait until a batch stands still."""
        if not self.entered.wait(timeout=600):
            raise TimeoutError("no batch came")


@dataclass(frozen=True)
class FakeApp:
    """What a server needs of an application."""

    mapper: EchoMapper
    settings: Settings = field(default_factory=lambda: Settings(database_url="sqlite://"))


class CodingMapper:
    """
    A mapper that answers from the name alone and keeps nothing, so that runs of any length can be measured.

    Names beginning with NONE have no code, with REVIEW need review, with BROKEN raise; all others get a code
    whose digits follow from the name.
    """

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Return one answer a row, with `options.top_k` candidates where there is a code."""
        return [self._answer(test, options.top_k) for test in tests]

    def is_listed(self, code: str, day: date | None = None) -> bool:  # noqa: ARG002
        """List everything."""
        return True

    def _answer(self, test: LocalTest, top_k: int) -> MappingResult:
        if test.name.startswith("BROKEN"):
            raise ValueError("cannot map\nthis row")
        provenance = Provenance("fake", "0" * 64, {"name": "coding"}, "none", 0.9, "2026-01-01", "0")
        if not test.name.strip():
            reasons = (Reason.NAME_EMPTY,)
            return MappingResult(
                Disposition.ERROR, "", 0.0, 0.0, "", reasons, (), (), provenance, "the row has no name"
            )
        if test.name.startswith("NONE"):
            return MappingResult(
                Disposition.NO_CODE, "", 0.0, 0.02, "", (Reason.NAME_UNKNOWN,), (), (), provenance
            )
        digest = zlib.crc32(test.name.encode("utf-8", "surrogatepass"))
        candidates = tuple(self._candidate(digest + rank, 0.9 / (rank + 1), test) for rank in range(top_k))
        accepted = not test.name.startswith("REVIEW")
        return MappingResult(
            disposition=Disposition.ACCEPTED if accepted else Disposition.NEEDS_REVIEW,
            jlac11=str(candidates[0].code),
            probability=0.9,
            measurand_probability=0.95,
            standard_name="標準" + test.name,
            reasons=(Reason.EXACT_NAME, Reason.METHOD_UNSPECIFIED),
            candidates=candidates,
            evidence=(),
            provenance=provenance,
        )

    def _candidate(self, number: int, probability: float, test: LocalTest) -> Candidate:
        code = Jlac11Code(f"C{number % 10_000:04}", "0000", "250", "000", "F7")
        hypothesis = Hypothesis(None, True, None, {}, 1.0)
        return Candidate(code, test.name, hypothesis, (), (), probability)


class InterruptedMapper(CodingMapper):
    """A CodingMapper during whose work on the test named *name* the user presses Ctrl-C."""

    def __init__(self, name: str) -> None:
        self.name = name

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Answer, or raise as an interrupted process does."""
        if any(test.name == self.name for test in tests):
            raise KeyboardInterrupt
        return super().map_batch(tests, options)


class ScriptedMapper:
    """
    A Mapper that answers from a table: name -> (disposition, codes best first, measurand_probability).

    `probability` equals the measurand's. An unknown name is NO_CODE without candidates. It keeps the
    batches it was asked, so that a test can see what reached it.
    """

    def __init__(self, answers: dict[str, tuple[Disposition, tuple[str, ...], float]]) -> None:
        self.answers = answers
        self.batches: list[list[LocalTest]] = []
        self.read_as: dict[str, Concept] = {}
        """What names are read as; None for those that are not here."""

    def map_batch(self, tests: Sequence[LocalTest], options: MapOptions) -> list[MappingResult]:
        """Look every name up."""
        self.batches.append(list(tests))
        return [self._map(test, options) for test in tests]

    def is_listed(self, code: str, day: date | None = None) -> bool:  # noqa: ARG002
        """Every code of the script is listed, on every day."""
        return any(code in codes for _, codes, _ in self.answers.values())

    def _map(self, test: LocalTest, options: MapOptions) -> MappingResult:
        disposition, codes, probability = self.answers.get(test.name, (Disposition.NO_CODE, (), 0.0))
        evidence = (Evidence("concept.told", (("text", f"the script says {test.name}"),), test.name),)
        hypothesis = Hypothesis(None, True, None, {}, 1.0)
        candidates = tuple(
            Candidate(parse(code), f"name of {code}", hypothesis, (Reason.EXACT_NAME,), evidence, probability)
            for code in codes[: options.top_k]
        )
        accepted = disposition in (Disposition.ACCEPTED, Disposition.NEEDS_REVIEW)
        return MappingResult(
            disposition=disposition,
            jlac11=codes[0] if codes and accepted else "",
            probability=probability,
            measurand_probability=probability,
            standard_name=f"name of {codes[0]}" if codes else "",
            reasons=(Reason.EXACT_NAME,) if codes else (Reason.NAME_UNKNOWN,),
            candidates=candidates,
            evidence=evidence,
            provenance=Provenance(
                "scripted", "0" * 64, {"retrieval": "script"}, "none", 0.9, "2026-01-01", "test"
            ),
            read_as=self.read_as.get(test.name),
        )


class InMemoryMasterStore:
    """A MasterStore that forgets everything at the end; held to the same contract suite as the database."""

    def __init__(self, starter: Edition) -> None:
        self._starter = starter
        self._editions: dict[str, tuple[Edition, str, datetime]] = {}
        self._site_names: dict[str, tuple[SiteName, ...]] = {}
        self._bindings: dict[str, dict[tuple[str, str, str, str], str]] = {}
        self._elements: dict[str, tuple[Element, ...]] = {}
        self._active = "starter"

    def save(self, edition: Edition, *, source_file: str, imported_at: datetime) -> None:
        """Keep an edition."""
        self._require_name(edition.name)
        self._editions[edition.name] = (edition, source_file, imported_at)

    def load(self, name: str) -> Edition:
        """Return an edition."""
        self._require_known(name)
        return self._starter if name == "starter" else self._editions[name][0]

    def list(self) -> builtins.list[EditionInfo]:
        """Return the starter, then the others by name."""
        infos = [self._info(self._starter, "", "")]
        for _, (edition, source_file, imported_at) in sorted(self._editions.items()):
            at = imported_at.astimezone(UTC).isoformat(timespec="seconds")
            infos.append(self._info(edition, source_file, at))
        return infos

    def active(self) -> str:
        """Return the edition in use."""
        return self._active

    def use(self, name: str) -> None:
        """Choose the edition in use."""
        self._require_known(name)
        self._active = name

    def save_site_names(self, name: str, names: Sequence[SiteName]) -> None:
        """Keep names."""
        self._require_name(name)
        self._site_names[name] = tuple(names)

    def load_site_names(self) -> tuple[SiteName, ...]:
        """Return all names."""
        return tuple(entry for _, names in sorted(self._site_names.items()) for entry in names)

    def save_binding(self, edition: str, result: tuple[str, str, str, str], concept: str) -> None:
        """Keep what a result is, or take it back."""
        if edition != "starter" and edition not in self._editions:
            raise UnknownEditionError(f"there is no edition {edition!r}")
        kept = self._bindings.setdefault(edition, {})
        kept.pop(result, None)
        if concept:
            kept[result] = concept

    def load_bindings(self, edition: str) -> dict[tuple[str, str, str, str], str]:
        """Return what was bound."""
        return dict(self._bindings.get(edition, {}))

    def save_elements(self, name: str, lines: Sequence[Element]) -> None:
        """Keep element tables."""
        self._require_name(name)
        self._elements[name] = tuple(lines)

    def load_elements(self) -> tuple[Element, ...]:
        """Return all lines."""
        return tuple(line for _, lines in sorted(self._elements.items()) for line in lines)

    def _info(self, edition: Edition, source_file: str, at: str) -> EditionInfo:
        completed = 0 if edition.name == "starter" else edition.completed
        active = edition.name == self._active
        return EditionInfo(
            edition.name, edition.digest, len(edition.codes), completed, at, source_file, active
        )

    def _require_known(self, name: str) -> None:
        known = ["starter", *sorted(self._editions)]
        if name not in known:
            raise UnknownEditionError(f"there is no edition {name!r}; there are: {', '.join(known)}")

    def _require_name(self, name: str) -> None:
        if not name.strip() or len(name) > 100 or not name.isprintable() or name == "starter":
            raise InputError(f"{name!r} cannot be a name here")
