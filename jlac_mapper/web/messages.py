"""The page's words in Japanese and English, and the choice between the two."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jlac_mapper.wording import Language

_FOLDER = Path(__file__).parent


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return key -> language -> text."""
    found: dict[str, Mapping[str, str]] = json.loads((_FOLDER / "messages.json").read_text(encoding="utf-8"))
    return found


@cache
def reasons() -> Mapping[str, Mapping[str, str]]:
    """Return Reason -> language -> a short explanation for a person."""
    found: dict[str, Mapping[str, str]] = json.loads((_FOLDER / "reasons.json").read_text(encoding="utf-8"))
    return found


def translate(language: Language, key: str, **values: object) -> str:
    """Return the text of *key* with its {values} filled in; an unknown key is a defect (KeyError)."""
    text = catalogue()[key][language]
    return text.format(**values) if values else text


def preferred(chosen: str, accept_language: str) -> Language:
    """
    Return the language for a request.

    Args:
        chosen: What the user chose before (a cookie); wins where it is a Language.
        accept_language: The browser's header; its first known language by weight, Japanese where none is.
    """
    known = set(Language)
    if chosen in known:
        return Language(chosen)
    weighted: list[tuple[float, Language]] = []
    for part in accept_language.split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if (language := tag.split("-")[0].lower()) in known and weight > 0:
            weighted.append((weight, Language(language)))
    return max(weighted, key=lambda pair: pair[0])[1] if weighted else Language.JAPANESE
