"""
The vocabulary as it ships: concepts and their names, a file a section, and the words beside them.

`concepts/SECTION.csv` holds a section's concepts and `names/SECTION.csv` names of concepts, of any section;
`families/` what names are composed of; `words/` what specimens, units and the words beside a name mean.
See master_data/README.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import chain
from pathlib import Path

from jlac_mapper.compiled import compiled
from jlac_mapper.concepts import tables
from jlac_mapper.concepts.families import first_names, read_families
from jlac_mapper.config import master_data_dir
from jlac_mapper.csv_tables import Row, read, read_folder, unique
from jlac_mapper.text import fold
from jlac_mapper.vocabulary import (
    Concept,
    ConceptKind,
    Name,
    NameForm,
    Principle,
    Qualifier,
    ResultType,
    Scale,
    Section,
    SiteName,
    Specimen,
    Timing,
    Unit,
    Vocabulary,
)

_FORMS = frozenset(NameForm) - {NameForm.RELEASE, NameForm.CONFIRMED}
_SITE = "site:"
_FOLDERS = ("concepts", "names", "families", "words")
_PLACES = ("piece", "edge", "inside", "heading", "remark")


def load_vocabulary(folder: Path | None = None) -> Vocabulary:
    """
    Read what names, specimens, units and words mean.

    Args:
        folder: Holds concepts/, names/ and words/; the shipped master data when not given.

    Raises:
        MasterFileError: A table is missing or malformed, a key is used twice or refers to nothing, a name is
            written twice for one concept, or two concepts claim one name without one of them calling it a
            homonym; the message gives file and line.
    """
    folder = folder or master_data_dir()
    files = sorted(path for part in _FOLDERS for path in (folder / part).glob("*.csv"))
    try:
        sources = [
            text
            for path in files
            for text in (path.relative_to(folder).as_posix().encode(), path.read_bytes())
        ]
    except OSError:
        return _load(folder)  # says what is wrong with which table
    return compiled("vocabulary", [str(folder), *sources], lambda: _load(folder))


def _load(folder: Path) -> Vocabulary:
    specimens = tuple(
        Specimen(
            r["key"], r["code"], r["name_ja"], r["name_en"], r["broader"], r.list("spellings"), r["jlac10"]
        )
        for r in unique(read(folder / "words" / "specimens.csv", tables.SPECIMENS), "key")
    )
    units = tuple(
        Unit(r["code"], r["canonical"], r["name_ja"], r.word("result_type", ResultType), r.list("spellings"))
        for r in read(folder / "words" / "units.csv", tables.UNITS)
    )
    keys = frozenset(specimen.key for specimen in specimens)
    concepts = _concepts(folder, keys)
    concept_keys = frozenset(concept.key for concept in concepts)
    names, families = _names(folder, concept_keys, keys), tuple(read_families(folder / "families"))
    sections = frozenset(chain.from_iterable(concept.sections for concept in concepts))
    return Vocabulary(
        concepts,
        (*names, *first_names(families, concept_keys, names)),
        specimens,
        units,
        _qualifiers(folder, keys, sections),
        _principles(folder / "words" / "principles.csv"),
        families,
        _sections(folder / "words" / "sections.csv", keys, sections),
    )


def with_site_names(vocabulary: Vocabulary, extra: Iterable[SiteName]) -> Vocabulary:
    """
    Return the vocabulary with a site's own names, each a concept of its own.

    A name that the vocabulary knows already keeps its meaning: nothing that is brought in makes it ambiguous.
    """
    known = {name.key for name in vocabulary.names}
    added: dict[str, SiteName] = {}
    for name in extra:
        if (key := fold(name.text)) and key not in known:
            added.setdefault(key, name)
    return replace(
        vocabulary,
        concepts=(
            *vocabulary.concepts,
            *(Concept(f"{_SITE}{key}", name.text, name.text) for key, name in added.items()),
        ),
        names=(*vocabulary.names, *(Name(name.text, f"{_SITE}{key}") for key, name in added.items())),
    )


def with_analytes(vocabulary: Vocabulary, analytes: Mapping[str, Sequence[str]]) -> Vocabulary:
    """
    Return the vocabulary with the JLAC10 analytes of what the site brought in, known by their names.

    Args:
        analytes: The names of each analyte (five characters) of an imported table.
    """
    codes: dict[str, str] = {}
    for code, names in analytes.items():
        for name in names:
            codes.setdefault(fold(name), code)
    concepts = tuple(
        replace(c, jlac10=(codes[key],))
        if c.key.startswith(_SITE) and (key := c.key.removeprefix(_SITE)) in codes
        else c
        for c in vocabulary.concepts
    )
    return replace(vocabulary, concepts=concepts)


def _concepts(folder: Path, specimens: Set[str]) -> tuple[Concept, ...]:
    rows = list(unique(read_folder(folder / "concepts", tables.CONCEPTS), "concept"))
    keys = {row["concept"] for row in rows}
    sections = {row.path.stem for row in rows}
    return tuple(_concept(row, keys, specimens, sections) for row in rows)


def _concept(row: Row, keys: Set[str], specimens: Set[str], sections: Set[str]) -> Concept:
    for column, known in (("specimens", specimens), ("confused_with", keys), ("also_in", sections)):
        if strange := [key for key in row.list(column) if key not in known]:
            raise row.error(f"{column}: {strange[0]!r} is in no table")
    if not row["concept"] or not row["name_ja"] or not row["name_en"]:
        raise row.error("a concept needs its key, a Japanese and an English name")
    return Concept(
        key=row["concept"],
        name=row["name_ja"],
        name_en=row["name_en"],
        kind=row.word("kind", ConceptKind),
        scale=row.word("scale", Scale),
        section=row.path.stem,
        specimens=row.list("specimens"),
        units=row.list("units"),
        jlac10=row.list("jlac10"),
        confused_with=row.list("confused_with"),
        also_in=row.list("also_in"),
        methods=row.list("methods"),
    )


def _names(folder: Path, concepts: Set[str], specimens: Set[str]) -> list[Name]:
    names: list[Name] = []
    claimed: dict[str, dict[str, str]] = {}
    for row in read_folder(folder / "names", tables.NAMES):
        key, concept, form = fold(row["name"]), row["concept"], row["form"]
        if not key or concept not in concepts:
            raise row.error(f"{row['name']!r} has no letters, or {concept!r} is in no table of concepts")
        if form not in _FORMS or (row["specimen"] and row["specimen"] not in specimens):
            raise row.error(f"form {form!r} or specimen {row['specimen']!r} is unknown")
        others = claimed.setdefault(key, {})
        if concept in others:
            raise row.error(f"{row['name']!r} is already a name of {concept}")
        rival = next((other for other, usual in others.items() if usual != NameForm.HOMONYM), "")
        if rival and form != NameForm.HOMONYM:
            raise row.error(f"{row['name']!r} is already a name of {rival}; the rarer meaning is a homonym")
        others[concept] = form
        names.append(_name(row))
    return names


def _name(row: Row) -> Name:
    return Name(
        row["name"],
        row["concept"],
        row["form"],
        row["specimen"],
        row["unit"],
        row.word("result_type", ResultType),
        row.word("timing", Timing),
    )


def _principles(path: Path) -> tuple[Principle, ...]:
    if not path.is_file():
        return ()
    return tuple(
        Principle(r["code"], r["name_ja"], r["name_en"], r.list("families"), r.list("spellings"))
        for r in unique(read(path, tables.PRINCIPLES), "code")
    )


def _sections(path: Path, specimens: Set[str], kinds: Set[str]) -> tuple[Section, ...]:
    if not path.is_file():
        return ()
    return tuple(_section(row, specimens, kinds) for row in unique(read(path, tables.SECTIONS), "key"))


def _section(row: Row, specimens: Set[str], kinds: Set[str]) -> Section:
    said = {
        "kinds": (row.list("kinds"), kinds),
        "states": (row.list("states"), specimens),
        "specimens": (row.list("specimens"), specimens),
        "usual": (row.list("usual"), specimens),
    }
    for column, (keys, known) in said.items():
        if strange := [key for key in keys if key not in known]:
            raise row.error(f"{column}: {strange[0]!r} is in no table")
    return Section(
        key=row["key"],
        name=row["name_ja"],
        name_en=row["name_en"],
        kinds=frozenset(row.list("kinds")),
        states=row["states"],
        specimens=row.list("specimens"),
        usual=row["usual"],
        spellings=row.list("spellings"),
    )


def _qualifiers(folder: Path, specimens: Set[str], sections: Set[str]) -> tuple[Qualifier, ...]:
    values: dict[str, Set[str]] = {
        "specimen": specimens,
        "result_type": {kind.value for kind in ResultType},
        "timing": {timing.value for timing in Timing},
        "method": {""},
        "note": {""},
        "another_test": {""},
        "section": sections,
    }
    return tuple(_qualifier_rows(folder, values))


def _qualifier_rows(folder: Path, values: dict[str, Set[str]]) -> Iterator[Qualifier]:
    for row in unique(read(folder / "words" / "qualifiers.csv", tables.QUALIFIERS), "text"):
        kind, value, where = row["kind"], row["value"], row["where"]
        said = row.list("value") if kind == "section" else (value,)
        if not said or not set(said) <= values.get(kind, frozenset()) or where not in _PLACES:
            raise row.error(f"kind {kind!r}, value {value!r} or where {where!r} is unknown")
        yield Qualifier(row["text"], kind, value, where)
