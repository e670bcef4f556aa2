"""How far an answer agrees with a label."""

from jlac_mapper.evaluation.jlac10.labels import Truth
from jlac_mapper.types import Jlac10Mapping

ACCEPTED_LENGTH = 12
"""Leading characters that acceptance speaks of: analyte, identification and specimen."""


def proposed(answer: Jlac10Mapping) -> str:
    """Return the proposed code, or where there is none the best candidate; empty without either."""
    return answer.code or (str(answer.candidates[0].code) if answer.candidates else "")


def analytes(answer: Jlac10Mapping, top: int = 5) -> list[str]:
    """Return the different analytes of the proposed code and the candidates, best first, at most *top*."""
    codes = [answer.code, *(str(candidate.code) for candidate in answer.candidates)]
    return list(dict.fromkeys(code[:5] for code in codes if code))[:top]


def agrees(truth: Truth, answer: Jlac10Mapping, length: int) -> bool:
    """Tell whether the proposed code agrees with one of the label in its first *length* characters."""
    given = proposed(answer)
    return len(given) >= length and any(
        len(str(code)) >= length and str(code)[:length] == given[:length] for code in truth.codes
    )
