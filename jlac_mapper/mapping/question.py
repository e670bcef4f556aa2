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

# The last two fall apart into an angle bracket and a stroke.
_ANGLES = "<>‹›〈〉《》⟨⟩⟪⟫❬❭❮❯❰❱⧼⧽\N{NOT LESS-THAN}\N{NOT GREATER-THAN}"
_HARMLESS = str.maketrans({**dict.fromkeys(_ANGLES, " "), "[": "(", "]": ")"})

# Invisible, though Unicode calls them letters, marks or symbols: Default_Ignorable_Code_Point outside
# category C (Unicode 15, DerivedCoreProperties.txt), and the empty Braille cell.
_SHOWS_NOTHING = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)


def row_fields(test: LocalTest) -> tuple[tuple[str, str], ...]:
    """Return (field, cleaned value) of the fields that say something, the name first."""
    cleaned = ((name, clean(getattr(test, name))) for name in FIELDS)
    return tuple((name, value) for name, value in cleaned if value)


def clean(text: str, longest: int = LONGEST) -> str:
    """
    Reduce a field to one line of visible characters, at most *longest*.

    Compatibility forms become their plain ones (NFKC), so that what is compared is what is read. Control,
    zero-width, direction, private-use and other characters that show nothing go. Line breaks, angle brackets
    and what looks like them cannot end the data, and square brackets become round ones: a tokenizer reads
    texts such as `[INST]` as its own marks.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_HARMLESS)
    visible = "".join(" " if c.isspace() else c for c in plain if c.isspace() or _is_visible(c))
    # Once more: what stood between a letter and its mark may have gone.
    return unicodedata.normalize("NFC", " ".join(visible.split()))[:longest].rstrip()


def _is_visible(character: str) -> bool:
    return unicodedata.category(character)[0] not in "CZ" and character not in _SHOWS_NOTHING
