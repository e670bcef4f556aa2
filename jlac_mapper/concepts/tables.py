"""The columns of the tables that concepts and the starter are read from."""

CONCEPTS = (
    "concept",
    "name_ja",
    "name_en",
    "kind",
    "scale",
    "specimens",
    "units",
    "jlac10",
    "confused_with",
    "also_in",
    "methods",
)
NAMES = ("name", "concept", "form", "specimen", "unit", "result_type", "timing")
PRINCIPLES = ("code", "name_ja", "name_en", "families", "spellings")
FAMILIES = ("kind", "key", "texts")
SPECIMENS = ("key", "code", "jlac10", "name_ja", "name_en", "broader", "spellings")
SECTIONS = ("key", "name_ja", "name_en", "kinds", "states", "specimens", "usual", "spellings")
UNITS = ("code", "canonical", "name_ja", "result_type", "spellings")
QUALIFIERS = ("text", "kind", "value", "where")
RULES = (
    "measurand",
    "identification",
    "specimens",
    "unit",
    "method",
    "result_type",
    "name",
    "concepts",
    "valid_from",
    "valid_to",
)
SPECIMEN_GROUPS = ("group", "specimens")
SUCCESSORS = (
    "measurand",
    "identification",
    "specimen",
    "unit",
    "new_measurand",
    "new_identification",
    "new_unit",
    "since",
    "change",
)
