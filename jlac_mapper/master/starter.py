"""
The starter master: small tables of facts, shipped with the product, from which its codes are composed.

A rule says in which specimens and under which method digits a measurand's result is reported; the codes are
the rules written out. Names, specimens and units serve every edition. See master_data/README.md.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from jlac_mapper import jlac11
from jlac_mapper.config import master_data_dir
from jlac_mapper.errors import InvalidCodeError
from jlac_mapper.master.editions import STARTER, digest_of
from jlac_mapper.master.tables import Row, read, unique
from jlac_mapper.text import fold
from jlac_mapper.types import (
    BackgroundName,
    Edition,
    ListedCode,
    Measurand,
    Qualifier,
    ResultType,
    Specimen,
    TestName,
    Timing,
    Unit,
    Vocabulary,
)


def starter_dir() -> Path:
    """Return the folder of the shipped starter tables."""
    return master_data_dir() / "starter"


def load_vocabulary(
    folder: Path | None = None, *, extra_background: Iterable[BackgroundName] = ()
) -> Vocabulary:
    """
    Read what names, specimens and units mean, and the names that have no listed code.

    Args:
        folder: Where the tables are; the shipped ones when not given.
        extra_background: A site's own names without a code; those that the tables know are left out.

    Raises:
        MasterFileError: A table is missing or malformed, one name claims two measurands, or a background
            name is a listed one; the message gives file and line.
    """
    folder = folder or starter_dir()
    measurands = _measurands(folder)
    names = _names(folder, {m.code for m in measurands})
    background = _background(folder, names)
    known = {*names, *background}
    for extra in extra_background:
        if (key := fold(extra.name)) and key not in known:
            background.setdefault(key, extra)
    specimens = tuple(
        Specimen(r["key"], r["code"], r["name_ja"], r["name_en"], r["broader"], r.list("spellings"))
        for r in unique(read(folder / "specimens.csv"), "key")
    )
    units = tuple(
        Unit(r["code"], r["canonical"], r["name_ja"], r.result_type, r.list("spellings"))
        for r in unique(read(folder / "units.csv"), "canonical")
    )
    return Vocabulary(
        measurands,
        tuple(names.values()),
        tuple(background.values()),
        specimens,
        units,
        _qualifiers(folder, {s.key for s in specimens}),
    )


def load_starter(folder: Path | None = None) -> Edition:
    """
    Compose the starter edition: one code for each specimen of each rule, in ascending order.

    Raises:
        MasterFileError: As for `load_vocabulary`, or a rule names an unknown measurand, specimen or unit,
            makes no valid code, asks for a request code, or repeats another rule.
    """
    folder = folder or starter_dir()
    measurands = {m.code: m for m in _measurands(folder)}
    specimen_names: dict[str, str] = {}
    for row in read(folder / "specimens.csv"):
        if row["key"] != "blood":  # the unspecific word shares its code with whole blood
            specimen_names.setdefault(row["code"], row["name_ja"])
    unit_names = {row["code"]: row["name_ja"] for row in read(folder / "units.csv") if row["code"]}
    groups = {row["group"]: row.list("specimens") for row in read(folder / "specimen_groups.csv")}
    codes: dict[jlac11.Jlac11Code, ListedCode] = {}
    for row in read(folder / "rules.csv"):
        if row["measurand"] not in measurands:
            raise row.error(f"measurand {row['measurand']!r} is not in measurands.csv")
        if row["unit"] not in unit_names:
            raise row.error(f"unit {row['unit']!r} is not in units.csv")
        for specimen in _expand(row.list("specimens"), groups):
            if specimen not in specimen_names:
                raise row.error(f"specimen {specimen!r} is neither in specimens.csv nor a specimen group")
            code = _compose(row, specimen)
            if code in codes:
                raise row.error(f"{code.hyphenated} is composed twice")
            codes[code] = ListedCode(
                code,
                row["name"],
                jlac10=measurands[code.measurand].jlac10,
                source=STARTER,
                specimen_name=specimen_names[specimen],
                unit_name=unit_names[code.unit],
            )
    ordered = tuple(codes[code] for code in sorted(codes))
    return Edition(STARTER, digest_of(ordered), ordered)


def superseded(folder: Path | None = None) -> Mapping[tuple[str, str, str], str]:
    """
    Return the identifications that were replaced: (measurand, identification, unit) -> successor.

    Raises:
        MasterFileError: A successor is not current in rules.csv, or the replaced one still is.
    """
    folder = folder or starter_dir()
    current = {(r["measurand"], r["identification"], r["unit"]) for r in read(folder / "rules.csv")}
    successors: dict[tuple[str, str, str], str] = {}
    for row in read(folder / "identifications.csv"):
        old = (row["measurand"], row["identification"], row["unit"])
        if old in current or old in successors or row["status"] != "superseded":
            raise row.error(f"{'-'.join(old)} is current or listed twice, or its status is not superseded")
        if (row["measurand"], row["successor"], row["unit"]) not in current:
            raise row.error(f"successor {row['successor']!r} of {'-'.join(old)} is not in rules.csv")
        successors[old] = row["successor"]
    return successors


def _compose(row: Row, specimen: str) -> jlac11.Jlac11Code:
    try:
        code = jlac11.parse(row["measurand"] + row["identification"] + specimen + row["method"] + row["unit"])
    except InvalidCodeError as error:
        raise row.error(str(error)) from error
    if code.is_request:
        raise row.error(f"{code.hyphenated} is a request code; rules describe results")
    return code


def _expand(specimens: Sequence[str], groups: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the specimen codes of a list that may name groups, which may name groups in turn."""
    for specimen in specimens:
        if specimen in groups:
            yield from _expand(groups[specimen], groups)
        else:
            yield specimen


def _measurands(folder: Path) -> tuple[Measurand, ...]:
    return tuple(
        Measurand(
            r["measurand"], r["name_ja"], r["name_en"], r["section"], r["default_specimen"], r.list("jlac10")
        )
        for r in unique(read(folder / "measurands.csv"), "measurand")
    )


def _qualifiers(folder: Path, specimens: set[str]) -> tuple[Qualifier, ...]:
    values: dict[str, set[str]] = {
        "specimen": specimens,
        "result_type": {kind.value for kind in ResultType},
        "timing": {timing.value for timing in Timing},
        "method": {""},
        "note": {""},
        "another_test": {""},
    }
    for row in read(folder / "qualifiers.csv"):
        kind, value, where = row["kind"], row["value"], row["where"]
        said = value.isalpha() and value.isupper() if kind == "section" else value in values.get(kind, ())
        if not said or where not in ("piece", "edge", "inside", "heading", "remark"):
            raise row.error(f"kind {kind!r}, value {value!r} or where {where!r} is unknown")
    return tuple(
        Qualifier(r["text"], r["kind"], r["value"], r["where"])
        for r in unique(read(folder / "qualifiers.csv"), "text")
    )


def _names(folder: Path, measurands: set[str]) -> dict[str, TestName]:
    names: dict[str, TestName] = {}
    for row in read(folder / "names.csv"):
        key, measurand = fold(row["name"]), row["measurand"]
        if not key or measurand not in measurands:
            raise row.error(f"{row['name']!r} has no letters, or {measurand!r} is not in measurands.csv")
        if key in names:
            raise row.error(f"{row['name']!r} is already a name of {names[key].measurand}")
        names[key] = TestName(
            row["name"],
            measurand,
            row["kind"],
            row["identification"],
            row["specimen"],
            row["unit"],
            row.result_type,
        )
    return names


def _background(folder: Path, names: Mapping[str, TestName]) -> dict[str, BackgroundName]:
    background: dict[str, BackgroundName] = {}
    measurands = {name.measurand for name in names.values()}
    for path in sorted((folder / "background").glob("*.csv")):
        for row in read(path):
            key = fold(row["name"])
            if key in names:
                raise row.error(f"{row['name']!r} is a listed name of {names[key].measurand}")
            near = _near(row, names, measurands)
            if key:
                background.setdefault(key, BackgroundName(row["name"], row["kind"], near))
    return background


def _near(row: Row, names: Mapping[str, TestName], measurands: Container[str]) -> str:
    """Return the measurand that a background name is confused with; the table gives it or a name of it."""
    near = row["near"]
    if near in measurands:
        return near
    for text in (near, near.partition("/")[0]):
        if found := names.get(fold(text)):
            return found.measurand
    if near:
        raise row.error(f"near is {near!r}; expected a name in names.csv")
    return ""
