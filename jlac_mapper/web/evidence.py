"""Evidence on the page: what fields and edition say apart from what models estimate."""

from collections.abc import Sequence
from dataclasses import replace

from jlac_mapper.codes.jlac11 import UNCODABLE
from jlac_mapper.types import Evidence
from jlac_mapper.web.messages import translate
from jlac_mapper.wording import Language, Statement, is_machine, say


def statements(
    evidence: Sequence[Evidence], language: Language
) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
    """Return (what the row's fields and the edition say, what models and similarities say)."""
    rules: list[Statement] = []
    machine: list[Statement] = []
    for found in dict.fromkeys(evidence):
        said = say(found, language)
        # No reader takes seventeen nines for a code.
        said = replace(said, text=said.text.replace(UNCODABLE, translate(language, "code.none")))
        (machine if is_machine(found) else rules).append(said)
    return tuple(rules), tuple(machine)
