"""Part of rerank: the closed question about one row, with every field reduced to harmless data."""

import unicodedata

from jlac_mapper.types import LocalTest

FIELDS = (
    "name",
    "abbreviation",
    "kana",
    "specimen",
    "unit",
    "reference_range",
    "method",
    "result_type",
)
"""What a question may show of a row. Reagent and JLAC10 are looked up, never asked about."""

LONGEST = 60
"""Characters kept of a field; names of laboratory tests are shorter, attacks are longer."""


def row_fields(test: LocalTest) -> tuple[tuple[str, str], ...]:
    """Return (field, cleaned value) of the fields that say something, the name first."""
    cleaned = ((name, clean(getattr(test, name))) for name in FIELDS)
    return tuple((name, value) for name, value in cleaned if value)


def clean(text: str) -> str:
    """
    Reduce a field to one line of visible characters, at most `LONGEST`.

    Compatibility forms become their plain ones (NFKC), so that what is compared is what is read; control,
    zero-width, direction and private-use characters go; angle brackets and line breaks cannot end the data.
    """
    plain = unicodedata.normalize("NFKC", text)
    kept = (" " if c in "<>" else c for c in plain)
    visible = "".join(" " if c.isspace() else c for c in kept if c.isspace() or _is_visible(c))
    return " ".join(visible.split())[:LONGEST].rstrip()


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ"
