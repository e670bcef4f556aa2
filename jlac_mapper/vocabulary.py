"""What names, specimens and units mean, whatever a release lists: the tables of the vocabulary as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from jlac_mapper.text import fold


class NameForm(StrEnum):
    """What kind of name a name is; HOMONYM where it usually means another concept."""

    FORMAL = "formal"
    SHORT = "short"
    ABBREVIATION = "abbreviation"
    ENGLISH = "english"
    OLD = "old"
    KANA = "kana"
    SLANG = "slang"
    HOMONYM = "homonym"
    RELEASE = "release"
    """As a release writes it."""
    CONFIRMED = "confirmed"
    """As reviewers of a hospital confirmed it."""


"""The form of a name that usually means another concept: TG of サイログロブリン."""


class ConceptKind(StrEnum):
    """What sort of line of a test master a concept is; only the first three carry a result."""

    TEST = "test"
    CALCULATED = "calculated"
    """A value worked out from others, such as a ratio or a clearance."""
    PANEL = "panel"
    """Several results under one name; a panel has no single result code."""
    LINE = "line"
    """An order, billing or management line."""
    ORGANISM = "organism"
    ANTIMICROBIAL = "antimicrobial"
    SITE = "site"
    """A specimen or body site that stands among the tests of a master."""
    COMMENT = "comment"


MEASURED = frozenset({ConceptKind.TEST, ConceptKind.CALCULATED})
"""What has one result."""


class Scale(StrEnum):
    """The scale that a concept's results are on; ANY where several are usual."""

    QUANTITY = "quantity"
    QUALITATIVE = "qualitative"
    SEMI_QUANTITATIVE = "semi_quantitative"
    TITRE = "titre"
    TYPE = "type"
    ANY = ""


class ResultType(StrEnum):
    """The kind of value a result row carries."""

    QUALITATIVE = "qualitative"
    SEMI_QUANTITATIVE = "semi_quantitative"
    QUANTITATIVE = "quantitative"
    ANY = ""


class Timing(StrEnum):
    """When the specimen was taken, as far as the name says."""

    FASTING = "fasting"
    RANDOM = "random"
    TIMED = "timed"
    """After a meal or a load, or at a clock time: no nationally listed result."""
    ANY = ""


@dataclass(frozen=True, slots=True)
class Concept:
    """
    One thing a laboratory reports, or a line that is no test; independent of every release.

    Attributes:
        key: Identifier that never changes and is never given again.
        name: Standard Japanese name.
        name_en: Standard English name.
        section: Key of the section of the laboratory that it belongs to.
        specimens: Keys of the specimens it is usually reported in, the most usual first.
        units: Canonical units, the most usual first (see `reading.units.canonical`).
        jlac10: JLAC10 analytes (five characters), with `-` and an identification where that belongs to it.
        confused_with: Keys of concepts whose names are taken for its own.
        also_in: Further sections that laboratories file it under.
        methods: JLAC10 codes of the measuring principles that it is measured by, the most usual first.
        name_key, name_en_key: The standard names as they are looked up (see `text.fold`).
    """

    key: str
    name: str
    name_en: str
    kind: ConceptKind = ConceptKind.TEST
    scale: Scale = Scale.ANY
    section: str = ""
    specimens: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    jlac10: tuple[str, ...] = ()
    confused_with: tuple[str, ...] = ()
    also_in: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    name_key: str = field(init=False, repr=False, compare=False, default="")
    name_en_key: str = field(init=False, repr=False, compare=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "name_key", fold(self.name))
        object.__setattr__(self, "name_en_key", fold(self.name_en))

    @property
    def sections(self) -> frozenset[str]:
        """Every section that it may stand in."""
        return frozenset((self.section, *self.also_in))

    @property
    def entry(self) -> str:
        """The JLAC10 entry that its code is composed from; empty where it has none."""
        return self.jlac10[0] if self.jlac10 else ""

    @property
    def analytes(self) -> tuple[str, ...]:
        """Its JLAC10 analytes, five characters each."""
        return tuple(dict.fromkeys(code[:5] for code in self.jlac10))


@dataclass(frozen=True, slots=True)
class Name:
    """
    A name of a concept, with what the name itself says beyond the concept ("" = nothing).

    One text may be a name of several concepts (TG, TP): then there is one `Name` for each of them.

    Attributes:
        form: A NameForm; in an answer that an earlier version stored, what that version called the name.
        specimen: Specimen key: 血清クレアチニン is serum.
        unit: Canonical unit: PT-INR is INR.
        timing: When the specimen is taken: FBS is fasting.
        key: The text as it is looked up (see `text.fold`).
    """

    text: str
    concept: str
    form: str = NameForm.FORMAL
    specimen: str = ""
    unit: str = ""
    result_type: ResultType = ResultType.ANY
    timing: Timing = Timing.ANY
    key: str = field(init=False, repr=False, compare=False, default="")

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", fold(self.text))

    def __getstate__(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __setstate__(self, state: tuple[object, ...]) -> None:
        # Tens of thousands are read from the cache at every start; the default looks its fields up each time.
        for name, value in zip(self.__slots__, state, strict=True):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class NameFamily:
    """
    Stems with their spellings, and the names that concepts have around a stem; `{}` is the stem's place.

    Attributes:
        stems: Stem -> spellings: measles -> 麻疹, 麻疹ウイルス.
        patterns: (concept's key, name patterns): `{}_antibody_igg` -> `{}IgG抗体`, `抗{}IgG抗体`.
    """

    stems: Mapping[str, tuple[str, ...]]
    patterns: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class SiteName:
    """A name that a site brought in, of a test without a shipped concept; `kind` is its source."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Specimen:
    """
    One specimen (材料).

    `key` names it inside the product; `code` is the three digits, "" where none is nationally listed, and
    `jlac10` the three digits that JLAC10 has for it, "" where it has none.
    `broader` is the key of the specimen that contains it. `spellings` are texts as hospitals write them.
    """

    key: str
    code: str
    name: str
    name_en: str
    broader: str
    spellings: tuple[str, ...]
    jlac10: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """
    A section of the laboratory as lists name it (部門, 検査区分), and what it says of its rows.

    Attributes:
        kinds: Sections that concepts of its rows belong to (see `Concept.section`); any, where empty.
        states: The specimen that a row of it is in where the row says none; "" where it does not tell.
        specimens: Specimens that its rows may be in; any, where empty.
        usual: The specimen that most of its rows are in: a habit, and no more than that.
        spellings: Texts as hospitals write it.
    """

    key: str
    name: str
    name_en: str
    kinds: frozenset[str] = frozenset()
    states: str = ""
    specimens: tuple[str, ...] = ()
    usual: str = ""
    spellings: tuple[str, ...] = ()

    def has(self, concept: Concept) -> bool:
        """Tell whether a concept is measured here; lines that are no test stand in every section."""
        return not self.kinds or concept.kind not in MEASURED or not concept.sections.isdisjoint(self.kinds)


@dataclass(frozen=True, slots=True)
class Unit:
    """One result unit: its two characters, canonical text (see `units.canonical`), result type, spellings."""

    code: str
    canonical: str
    name: str
    result_type: ResultType
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Principle:
    """
    One measuring principle: its three JLAC10 digits, names, and the spellings of method fields.

    `families` are the kinds of measurement that it belongs to, such as immunoassay or nucleic_acid.
    """

    code: str
    name: str
    name_en: str
    families: tuple[str, ...]
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Qualifier:
    """
    A word inside names that says something beside the measurand.

    `kind` is specimen, result_type, timing, method, note, section or another_test; `value` is the specimen's
    key, the ResultType or the Timing it stands for, section keys joined by `|` for a section, and empty
    for the others. `where` says where it may be taken out of a name: `piece` (only when it stands alone
    between separators), `edge` (also at either end), `inside`, `heading` (only as what stands over a known
    name, and for a section over one of its own: 生化:K), `remark` (never: what stands in a remark about a
    known name and makes another test of it).
    """

    text: str
    kind: str
    value: str
    where: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What names, specimens, units and words beside a name mean, in the order of their tables."""

    concepts: tuple[Concept, ...]
    names: tuple[Name, ...]
    specimens: tuple[Specimen, ...]
    units: tuple[Unit, ...]
    qualifiers: tuple[Qualifier, ...] = ()
    principles: tuple[Principle, ...] = ()
    families: tuple[NameFamily, ...] = ()
    sections: tuple[Section, ...] = ()

    def by_key(self) -> dict[str, Concept]:
        """Return the concepts by their keys."""
        return {concept.key: concept for concept in self.concepts}
