"""Evidence on the page: what fields and edition say apart from what models estimate."""

from collections.abc import Sequence

from jlac_mapper.types import Evidence
from jlac_mapper.wording import Language, Statement, is_machine, say


def statements(
    evidence: Sequence[Evidence], language: Language
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """Return (what the row's fields and the edition say, what models and similarities say)."""
    rules: list[Statement] = []
    machine: list[Statement] = []
    for found in dict.fromkeys(evidence):
        (machine if is_machine(found) else rules).append(say(found, language))
    return tuple(rules), tuple(machine)
