"""A release with its concepts: what the stages of mapping know of the codes that may be proposed."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from jlac_mapper.codes.editions import STARTER
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.codes.release import Release
from jlac_mapper.codes.successions import Successions
from jlac_mapper.concepts.binding import (
    Binder,
    Binding,
    KnownResults,
    Result,
    bound_by_person,
    renamed,
    result_of,
    standing_for,
)
from jlac_mapper.reading import units
from jlac_mapper.text import clean, fold
from jlac_mapper.vocabulary import Name, Specimen, Unit, Vocabulary


@dataclass(frozen=True, slots=True)
class BoundRelease:
    """
    A release on a day, bound to the concepts of a vocabulary.

    Attributes:
        release: Its codes, completed, with successors.
        binding: The concepts of all of them, completions included.
        vocabulary: The vocabulary with the names that the release gives its own results, and with what it
            says of specimens and units whose digits the vocabulary does not hold.
        listed: Concepts with a code that may be proposed on the day.
        ended: Concepts that had a code, here or in the starter, and have none on the day.
        unknown_units: Concept -> specimens (digits) that it is listed in though its unit is not known.
    """

    release: Release
    binding: Binding
    vocabulary: Vocabulary
    listed: frozenset[str]
    ended: frozenset[str]
    unknown_units: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def sharing(self) -> frozenset[str]:
        """Return the concepts that share a code with another one: the digits do not tell them apart."""
        return frozenset(c for found in self.binding.concepts.values() if len(found) > 1 for c in found)

    def by_concept(self, codes: Iterable[ListedCode]) -> dict[str, list[ListedCode]]:
        """Return *codes* by concept, in the order given; a code of several concepts stands under each."""
        found: dict[str, list[ListedCode]] = defaultdict(list)
        for listed in codes:
            for concept in self.binding.of(listed.code):
                found[concept].append(listed)
        return dict(found)


def bind_release(
    edition: Edition,
    *,
    starter: Edition,
    successions: Successions,
    known: KnownResults,
    vocabulary: Vocabulary,
    day: date,
    ended: Iterable[str] = (),
    unknown_units: Mapping[str, frozenset[str]] | None = None,
    earlier: Iterable[ListedCode] = (),
    added: Mapping[Result, str] | None = None,
) -> BoundRelease:
    """
    Bind an edition to the concepts of *vocabulary*, completed with the starter's codes of those concepts.

    Args:
        known: Concepts of the starter's results.
        ended: Concepts that were listed once, as far as the starter knows.
        unknown_units: See `BoundRelease`; for the starter alone.
        earlier: Codes of the release in use before (see `codes.release.Release`).
        added: Results that a person bound (see `Binder.bind`).
    """
    binder = Binder(vocabulary, known)
    own = binder.bind([listed for listed in edition.codes if listed.source != STARTER], added)
    standing = standing_for(own, known)
    numbers = dict(renamed(own, known))
    release = Release(
        edition,
        starter,
        day,
        successions.renumbered(numbers) if numbers else successions,
        earlier,
        standing=lambda code: standing.get(result_of(code), (code.measurand,)),
    )
    back = {new: old for old, new in numbers.items()}
    rest = binder.bind([c for c in release.edition.codes if c.code not in own.concepts], added)
    concepts = dict(own.concepts)
    measurands = own.measurands()
    for listed in release.edition.codes:
        if listed.code not in concepts:
            told = bound_by_person(listed.code, added or {})
            found = _known_concepts(listed.code, known, back, measurands)
            concepts[listed.code] = (told,) if told else found or rest.of(listed.code)
    binding = Binding({code: found for code, found in concepts.items() if found}, own.unbound, own.unclear)
    listed_now = frozenset(c for row in release.proposable for c in binding.of(row.code))
    once = frozenset(c for row in release.others for c in binding.of(row.code) if not row.code.is_request)
    own_names = binder.names(binding, release.edition.codes, vocabulary.names)
    return BoundRelease(
        release,
        binding,
        _with_elements(vocabulary, own_names, release.edition.codes),
        listed_now,
        (once | frozenset(ended)) - listed_now,
        unknown_units or {},
    )


def _known_concepts(
    code: Jlac11Code, known: KnownResults, back: Mapping[str, str], here: Mapping[str, Container[str]]
) -> tuple[str, ...]:
    """
    Return the concepts of a result that the starter knows, under its own number or the release's.

    Where the release gives a number to something else, both are known: those that it calls so (*here*, the
    measurands of each concept) go first.
    """
    result = result_of(code)
    under_own = known.get(result, frozenset())
    under_other = known.get((back.get(result[0], ""), *result[1:]), frozenset())
    called_so = {c for c in under_own | under_other if code.measurand in here.get(c, ())}
    return tuple(sorted(called_so or under_own or under_other))


def _with_elements(
    vocabulary: Vocabulary, names: tuple[Name, ...], codes: Iterable[ListedCode]
) -> Vocabulary:
    """Add a release's own names, and the digits of specimens and units that it alone gives."""
    spellings = {fold(text): s for s in vocabulary.specimens for text in (s.name, s.name_en, *s.spellings)}
    have_specimens = {s.code for s in vocabulary.specimens}
    have_units = {u.code for u in vocabulary.units}
    specimens: dict[str, Specimen] = {}
    new_units: dict[str, Unit] = {}
    for listed in codes:
        code, text = listed.code, listed.specimen_name
        if code.specimen not in have_specimens and (found := spellings.get(fold(text))):
            specimens.setdefault(code.specimen, replace(found, code=code.specimen))
        if code.unit not in have_units and (unit := units.canonical(clean(listed.unit_name))):
            kind = units.result_type_of(unit)
            new_units.setdefault(code.unit, Unit(code.unit, unit, listed.unit_name, kind, ()))
    without_digits = {s.key for s in vocabulary.specimens if not s.code}
    by_key = {s.key: s for s in specimens.values() if s.key in without_digits}
    return replace(
        vocabulary,
        names=(*vocabulary.names, *names),
        specimens=tuple(by_key.get(s.key, s) for s in vocabulary.specimens),
        units=(*vocabulary.units, *new_units.values()),
    )
