"""The frozen results that pass between the stages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from jlac_mapper.codes.jlac10 import Jlac10Code
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.vocabulary import Concept, Name, ResultType, Section, Timing


class System(StrEnum):
    """A code system that rows are mapped to."""

    JLAC11 = "jlac11"
    JLAC10 = "jlac10"


class Measure(StrEnum):
    """How alike a row's name and a known one are, each from 0 to 1; in the order in which they are told."""

    EXACT = "exact"
    COSINE = "cosine"
    SIMILARITY = "similarity"
    DENSE = "dense"
    ALIAS = "alias"


class Disposition(StrEnum):
    """What happens to a row after mapping."""

    ACCEPTED = "ACCEPTED"
    NEEDS_REVIEW = "NEEDS_REVIEW"
    NO_CODE = "NO_CODE"
    ERROR = "ERROR"


class Reason(StrEnum):
    """Why a row got its disposition; stable words, joined by `;` in the CSV."""

    EXACT_NAME = "EXACT_NAME"
    """The whole name, qualifiers aside, is a known name of the measurand."""
    SIMILAR_NAME = "SIMILAR_NAME"
    """The name only resembles a known name."""
    NAME_PARTLY_EXPLAINED = "NAME_PARTLY_EXPLAINED"
    """Something in the name is neither a known name nor a known qualifier."""
    NAME_AMBIGUOUS = "NAME_AMBIGUOUS"
    """Two measurands claim the name about equally."""
    NAME_KNOWN_UNLISTED = "NAME_KNOWN_UNLISTED"
    """The name is a known test or line that has no listed code."""
    NAME_UNKNOWN = "NAME_UNKNOWN"
    """Nothing listed resembles the name."""
    NAME_IS_PANEL = "NAME_IS_PANEL"
    """The name joins several measurands; a panel has no single code."""
    FIELDS_DISAGREE = "FIELDS_DISAGREE"
    """Name and abbreviation (or kana) point to different measurands."""
    SPECIMEN_ASSUMED = "SPECIMEN_ASSUMED"
    """No field gives the specimen; the usual one was taken."""
    SECTION_CONFLICT = "SECTION_CONFLICT"
    """The section has another specimen than the row, or is not where what was read is measured."""
    SPECIMEN_NOT_LISTED = "SPECIMEN_NOT_LISTED"
    """The edition lists the measurand, but not in this specimen."""
    SPECIMEN_UNRECOGNISED = "SPECIMEN_UNRECOGNISED"
    """The specimen field holds a text that no table knows."""
    SPECIMEN_BROADER = "SPECIMEN_BROADER"
    """The exact specimen is not listed, the broader one that contains it is."""
    TIMING_NOT_LISTED = "TIMING_NOT_LISTED"
    """Taken after a meal, a load or at a clock time: no listed result."""
    UNIT_ASSUMED = "UNIT_ASSUMED"
    """No field gives the unit and several are listed."""
    UNIT_NOT_KNOWN = "UNIT_NOT_KNOWN"
    """The measurand is listed in this specimen, but with what unit is not known: no code is proposed."""
    UNIT_CONFLICT = "UNIT_CONFLICT"
    """The row's unit is none that the edition lists for this measurand."""
    UNIT_UNRECOGNISED = "UNIT_UNRECOGNISED"
    """The unit field holds a text that is no known unit."""
    RESULT_TYPE_CONFLICT = "RESULT_TYPE_CONFLICT"
    """Qualitative against quantitative."""
    IDENTIFICATION_ASSUMED = "IDENTIFICATION_ASSUMED"
    """Several identifications fit the row equally."""
    METHOD_UNSPECIFIED = "METHOD_UNSPECIFIED"
    """No product is given: method 000."""
    PRODUCT_MATCHED = "PRODUCT_MATCHED"
    """The reagent or instrument name was found in the edition."""
    PRODUCT_AMBIGUOUS = "PRODUCT_AMBIGUOUS"
    """Several listed products fit the reagent name about equally."""
    PRODUCT_UNRECOGNISED = "PRODUCT_UNRECOGNISED"
    """A reagent is given that the edition does not list for this measurand."""
    METHOD_CONFLICT = "METHOD_CONFLICT"
    """The method is that of another test, such as a confirmation test of the same name."""
    METHOD_ASSUMED = "METHOD_ASSUMED"
    """No product is given and the edition lists no method-000 code here."""
    JLAC10_AGREES = "JLAC10_AGREES"
    """The row's JLAC10 code belongs to the proposed measurand."""
    JLAC10_CONFLICT = "JLAC10_CONFLICT"
    """The row's JLAC10 code belongs to something else."""
    SPECIMEN_UNUSUAL = "SPECIMEN_UNUSUAL"
    """JLAC10: what was read is not usually measured in the row's specimen."""
    PRINCIPLE_ASSUMED = "PRINCIPLE_ASSUMED"
    """JLAC10: the row does not say how it is measured; the usual principle was taken."""
    PRINCIPLE_UNRECOGNISED = "PRINCIPLE_UNRECOGNISED"
    """JLAC10: the method field holds a text that no table knows; the usual principle was taken."""
    COMPOSITE_RESULT = "COMPOSITE_RESULT"
    """JLAC10: the row reports a judgement and a number together: two codes, the first two candidates."""
    ELEMENT_NOT_LISTED = "ELEMENT_NOT_LISTED"
    """JLAC10: the imported tables do not hold an element of the code, or mark it as deleted."""
    SYSTEMS_DISAGREE = "SYSTEMS_DISAGREE"
    """JLAC11 and JLAC10 read the row as two different things."""
    SITE_RULE = "SITE_RULE"
    """An answer of the facility to a question about a group of rows gave an element."""
    SITE_DEFAULT = "SITE_DEFAULT"
    """An element came from a configured site default."""
    CODE_ENDED = "CODE_ENDED"
    """The code ended before the run's date; its successor is proposed."""
    ITEM_ENDED = "ITEM_ENDED"
    """Every code of the item ended and no successor is listed."""
    NAME_FOREIGN = "NAME_FOREIGN"
    """The name holds markup, control characters or sentences that no laboratory name does."""
    REQUEST_ROW = "REQUEST_ROW"
    """The row looks like an order, not a result."""
    COMPLETED_FROM_STARTER = "COMPLETED_FROM_STARTER"
    """The edition lists no method-000 code here; the starter master's was used."""
    HOUSE_NAME = "HOUSE_NAME"
    """A person of this facility decided this very name and these fields before; that decision answers."""
    HOUSE_NAME_ENDED = "HOUSE_NAME_ENDED"
    """This facility decided for a code that the edition no longer lists; its successor is proposed."""
    HOUSE_NAME_CONTRADICTED = "HOUSE_NAME_CONTRADICTED"
    """This facility's people decided this very name for different codes."""
    LLM_UNAVAILABLE = "LLM_UNAVAILABLE"
    """The language model was configured and did not answer."""
    LLM_DISAGREES = "LLM_DISAGREES"
    """The language model chose differently when the same options stood in another order."""
    LLM_CONFIRMS = "LLM_CONFIRMS"
    """JLAC10: the language model's word lifted the row over the threshold."""
    LOW_PROBABILITY = "LOW_PROBABILITY"
    """The calibrated probability is under the threshold."""
    NAME_EMPTY = "NAME_EMPTY"
    """The row has no name."""
    ROW_MALFORMED = "ROW_MALFORMED"
    """The row cannot be read."""
    FIELD_TOO_LONG = "FIELD_TOO_LONG"
    """A field is longer than any laboratory's list has it; nothing of the row is read."""


CONFLICTS = frozenset(
    {
        Reason.FIELDS_DISAGREE,
        Reason.HOUSE_NAME_CONTRADICTED,
        Reason.ITEM_ENDED,
        Reason.JLAC10_CONFLICT,
        Reason.METHOD_CONFLICT,
        Reason.NAME_FOREIGN,
        Reason.NAME_IS_PANEL,
        Reason.NAME_KNOWN_UNLISTED,
        Reason.REQUEST_ROW,
        Reason.RESULT_TYPE_CONFLICT,
        Reason.SECTION_CONFLICT,
        Reason.SPECIMEN_NOT_LISTED,
        Reason.SYSTEMS_DISAGREE,
        Reason.TIMING_NOT_LISTED,
        Reason.UNIT_CONFLICT,
    }
)
"""The row contradicts the candidate."""

ASSUMPTIONS = frozenset(
    {
        Reason.COMPOSITE_RESULT,
        Reason.ELEMENT_NOT_LISTED,
        Reason.HOUSE_NAME_ENDED,
        Reason.IDENTIFICATION_ASSUMED,
        Reason.LLM_DISAGREES,
        Reason.LLM_UNAVAILABLE,
        Reason.METHOD_ASSUMED,
        Reason.NAME_AMBIGUOUS,
        Reason.NAME_PARTLY_EXPLAINED,
        Reason.NAME_UNKNOWN,
        Reason.PRODUCT_AMBIGUOUS,
        Reason.PRODUCT_UNRECOGNISED,
        Reason.SIMILAR_NAME,
        Reason.SPECIMEN_ASSUMED,
        Reason.SPECIMEN_UNRECOGNISED,
        Reason.SPECIMEN_UNUSUAL,
        Reason.UNIT_ASSUMED,
        Reason.UNIT_NOT_KNOWN,
        Reason.UNIT_UNRECOGNISED,
    }
)
"""An element of the candidate is not backed by the row."""


@dataclass(frozen=True, slots=True)
class LocalTest:
    """One row as the hospital gives it; every field is free text, only `name` is required."""

    name: str
    local_code: str = ""
    abbreviation: str = ""
    kana: str = ""
    section: str = ""
    specimen: str = ""
    unit: str = ""
    reference_range: str = ""
    method: str = ""
    reagent: str = ""
    result_type: str = ""
    jlac10: str = ""


# --- the tables of a master -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quantity:
    """A unit read from a row: canonical text, where it stood (unit, reference_range, name), as written."""

    canonical: str
    field: str
    written: str


@dataclass(frozen=True, slots=True)
class NamePart:
    """
    One stretch of a name: what stands outside of brackets, or inside one pair.

    `variants` are its folded spellings, the most complete first, then without qualifiers. `pieces` are
    the same for each of its pieces between separators, when there are several.
    """

    variants: tuple[str, ...]
    pieces: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class NormalizedTest:
    """A row after cleaning: keys for look-up, and the facts taken out of the name and the fields."""

    source: LocalTest
    text: str
    """The name in canonical spelling, for people."""
    keys: tuple[str, ...]
    """Folded look-up keys of the whole name, the most telling first; at least one unless it is empty."""
    queries: tuple[str, ...]
    """Keys to search similar names with: as it would be with its specimen, without its notes, and bare."""
    parts: tuple[NamePart, ...]
    """What is left of the name after notes and stand-alone qualifiers, in order."""
    aliases: tuple[str, ...]
    """Folded keys of abbreviation and kana."""
    specimens: tuple[str, ...]
    """Specimen keys that the specimen field names; where the row says none, what its section states."""
    specimen_text: str
    """The specimen field as written when it is not recognised, else empty."""
    name_specimens: tuple[str, ...]
    """Specimen keys found in the name."""
    quantities: tuple[Quantity, ...]
    """Units found: unit field first, then reference range, then name."""
    unit_text: str
    """The unit field as written when it is not recognised, else empty."""
    result_type: ResultType
    timing: Timing
    methods: tuple[str, ...]
    """Method and generation words found in the name, as written."""
    notes: tuple[str, ...]
    """Wing, hour and shop notes taken out of the name, as written."""
    remark: str
    """Folded text over the name or in brackets behind it that no table knows; mostly empty."""
    stated_type: ResultType
    """The result type as far as a word says it; `result_type` may be inferred from the unit."""
    contradictions: tuple[Reason, ...]
    """What the row says against itself: two result types, two times, a unit in the name against the field."""
    numbering: str
    """A trailing number that may be a count (AST2) or a part of the name (LDH1); empty when there is none."""
    jlac10: str
    """The JLAC10 code without separators, 15 or 17 characters; empty when absent or unreadable."""
    section: Section | None = None
    """What the section field says; None where it is empty or no table knows it."""
    specimen_source: str = "specimen"
    """The field that `specimens` come from: specimen or section."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """
    What the name may mean: a concept that the release lists, or the likeliest of all that it does not.

    Attributes:
        concept: None where the name joins several tests: a panel.
        listed: Whether the release has a code for the concept that may be proposed.
        name: The name that spoke for it; None for a panel.
        scores: By method: `exact`, `cosine` (character n-grams), `similarity` (RapidFuzz), `dense`
            (embeddings) and `alias` (abbreviation or kana), each 0-1.
        explained: Share of the name's characters that known names and qualifiers account for, 0-1.
    """

    concept: Concept | None
    listed: bool
    name: Name | None
    scores: Mapping[str, float]
    explained: float

    @property
    def key(self) -> str:
        """The concept's key; empty for a panel."""
        return self.concept.key if self.concept else ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    One statement for a person, as a key with its values; `wording` puts it into words.

    Attributes:
        key: What is said, such as `specimen.given`; what stands before the dot is the element.
        values: (name, value) in the order of saying, as the words for the key need them.
        source: The field of the row that it came from, or `release`, `site`, `language_model`, `elsewhere`.
    """

    key: str
    values: tuple[tuple[str, str], ...] = ()
    source: str = ""

    @property
    def element(self) -> str:
        """The element it speaks for: concept, identification, specimen, method, unit, scale or decision."""
        return self.key.partition(".")[0]

    def value(self, name: str) -> str:
        """Return a value, empty where there is none of the name."""
        return dict(self.values).get(name, "")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A code of the edition proposed for the row, with why."""

    code: Jlac11Code
    name: str
    hypothesis: Hypothesis
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Provenance:
    """What decided: everything needed to repeat the answer."""

    edition: str
    edition_digest: str
    models: Mapping[str, str]
    """Model identifiers by role, each with its digest."""
    calibration: str
    threshold: float
    as_of: str
    software: str

    def __str__(self) -> str:
        models = ",".join(f"{role}={name}" for role, name in sorted(self.models.items()))
        return (
            f"edition={self.edition}@{self.edition_digest[:12]};{models};calibration={self.calibration};"
            f"threshold={self.threshold:.4f};as_of={self.as_of};jlac_mapper={self.software}"
        )


@dataclass(frozen=True, slots=True)
class MappingResult:
    """
    The answer for one row.

    `jlac11` is empty for NO_CODE and ERROR, and for METHOD_ASSUMED, where a person picks the product.
    `measurand_probability` is the probability that the row has
    a listed code and that its first five characters are those of the best candidate; `probability` that
    the proposed code is right as far as the inputs can determine it. Candidates are best first.
    """

    disposition: Disposition
    jlac11: str
    probability: float
    measurand_probability: float
    standard_name: str
    reasons: tuple[Reason, ...]
    candidates: tuple[Candidate, ...]
    evidence: tuple[Evidence, ...]
    provenance: Provenance
    message: str = ""
    """For ERROR: one line for a person."""
    read_as: Concept | None = None
    """What the row was read as, whether it has a code or not; None where nothing is known of the name."""


@dataclass(frozen=True, slots=True)
class Jlac10Candidate:
    """
    A JLAC10 code proposed for a row, with why.

    Attributes:
        name: Standard names of what was read and of its specimen and principle.
        concept: What the row was read as.
        probability: That the first 12 characters are right, 0-1.
        analyte_probability: That the first 9 characters are right, 0-1.
    """

    code: Jlac10Code
    name: str
    concept: Concept
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]
    probability: float = 0.0
    analyte_probability: float = 0.0


@dataclass(frozen=True, slots=True)
class Jlac10Mapping:
    """
    The answer for one row in JLAC10.

    `code` has 15 characters where the row does not tell the kind of its result, else 17; it is empty for
    NO_CODE, ERROR and names that nothing is known of. `probability` is that of the first 12 characters
    (analyte, identification, specimen), `analyte_probability` that of the first nine. Candidates are best
    first.
    """

    disposition: Disposition
    code: str
    probability: float
    analyte_probability: float
    name: str
    reasons: tuple[Reason, ...]
    candidates: tuple[Jlac10Candidate, ...]
    evidence: tuple[Evidence, ...]
    provenance: Provenance
    message: str = ""
    """For ERROR: one line for a person."""
    read_as: Concept | None = None
    """What the row was read as, whether it has a code or not; None where nothing is known of the name."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one row is in each code system that was asked for; None for the others."""

    jlac11: MappingResult | None = None
    jlac10: Jlac10Mapping | None = None


@dataclass(frozen=True, slots=True)
class MapOptions:
    """What a caller may choose for a run."""

    top_k: int = 5
    facility: str = ""
    systems: tuple[System, ...] = (System.JLAC11,)
    """Code systems to answer in, JLAC11 first."""
    site_defaults: Mapping[str, str] = field(default_factory=dict)
    """Element -> code that the site declares for rows that do not say it, such as specimen -> 250."""
