"""What an edition says against itself, the vocabulary and the release before: findings, never changes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from jlac_mapper.codes import jlac11
from jlac_mapper.codes.editions import STARTER
from jlac_mapper.codes.listed import Edition, ListedCode
from jlac_mapper.codes.successions import Successions
from jlac_mapper.concepts.binding import Binding
from jlac_mapper.element_tables import Element
from jlac_mapper.errors import InvalidCodeError
from jlac_mapper.master.checks.concepts import check_concepts
from jlac_mapper.master.checks.dates import check_ended
from jlac_mapper.master.checks.elements import check_specimens, check_units
from jlac_mapper.master.checks.finding import Finding, Severity, places_of
from jlac_mapper.master.checks.methods import check_methods
from jlac_mapper.master.checks.names import check_families, check_order
from jlac_mapper.master.checks.notes import check_notes
from jlac_mapper.master.checks.release import check_release
from jlac_mapper.master.diff import OldNew
from jlac_mapper.master.elements import in_force
from jlac_mapper.master.import_rows import CODE_ALPHABET
from jlac_mapper.vocabulary import Vocabulary

__all__ = ["Finding", "Known", "Severity", "check_edition"]


@dataclass(frozen=True, slots=True)
class Known:
    """What an edition is held against, beside the vocabulary; every part may be absent."""

    elements: tuple[Element, ...] = ()
    """Lines of the official element tables and of the list's methods."""
    successions: Successions = field(default_factory=Successions)
    """What replaced what, beside an edition's own dates: see `starter.Starter`."""
    binding: Binding | None = None
    """The concepts of the edition's codes."""
    before: Edition | None = None
    """The release before."""
    old_new: Mapping[str, OldNew] = field(default_factory=dict)
    """The official table of old and new codes."""


_NOTHING = Known()


def check_edition(
    edition: Edition, vocabulary: Vocabulary, as_of: date, known: Known = _NOTHING
) -> list[Finding]:
    """
    Check an edition's own rows; completions from the starter are not its statements and are left out.

    Rules: every kind of note and remark of the import (see `notes`); `code-alphabet`; `unit-name` and
    `specimen-name` (the text against the code: by the element tables, else the vocabulary, else the
    majority of the edition), `unit-code` and `specimen-code`; those of `methods`; `sort-order`; where it is
    bound to concepts `name-family`, `concept-unknown` and `concept-unclear`; `product-ended`,
    `product-partly-ended` and `ended-no-successor` (codes that ended before *as_of*); and the `release-`
    rules where the release before is given.

    Returns:
        Findings by severity (errors first), then rule, then code.
    """
    own = _official(edition)
    rows = list(own.codes)
    tables = in_force(known.elements)
    findings = [
        *check_notes(edition.notes),
        *_check_alphabet(rows),
        *check_units(rows, vocabulary, tables),
        *check_specimens(rows, vocabulary, tables),
        *check_methods(rows, tables),
        *(check_families(rows, vocabulary, known.binding) if known.binding else ()),
        *(check_concepts(known.binding) if known.binding else ()),
        *check_order(rows),
        *check_ended(own, as_of, known.successions),
    ]
    if known.before is not None:
        before = _official(known.before)
        findings += check_release(before, own, as_of, known.successions, known.old_new)
    order = list(Severity)
    return sorted(findings, key=lambda f: (order.index(f.severity), f.rule, f.code, f.message))


def _official(edition: Edition) -> Edition:
    """Return the edition without its completions; the starter is what it is."""
    if not edition.completed:
        return edition
    return replace(edition, codes=tuple(row for row in edition.codes if row.source != STARTER), completed=0)


def _check_alphabet(rows: Iterable[ListedCode]) -> Iterator[Finding]:
    """Check codes that reached the database some other way than by an import."""
    for row in rows:
        try:
            jlac11.parse(str(row.code))
        except InvalidCodeError as error:
            yield Finding(
                Severity.ERROR,
                str(row.code),
                CODE_ALPHABET,
                str(error),
                places_of([row]),
                str(row.code),
                "a JLAC11 code",
            )
