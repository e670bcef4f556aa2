"""
English texts into Japanese, by their templates.

A template is an English text with `{1}`, `{2}` ... where the program puts its values in; what stands there is
carried over as it is. `{2:ja}` in the Japanese is a value that is itself a text of the program, such as the
error below another one, and said in Japanese too.
"""

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from pathlib import Path

_PLACE = re.compile(r"\{(\d+)(:ja)?\}")


class Book(StrEnum):
    """Where templates are kept, one JSON file each: English -> Japanese."""

    MESSAGES = "messages"
    """What the program refuses or finds: errors, notes on rows, findings on masters and audit trails."""
    COMMAND_LINE = "command_line"
    """Help, tables and lines of the command line."""


class Phrases:
    """Templates of some books, ready to be looked up."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        # The one with most words of its own comes first: `{1}: {2}` would take nearly everything.
        ordered = sorted(templates, key=lambda text: -len(_PLACE.sub("", text)))
        self._fixed = {text: templates[text] for text in ordered if not _PLACE.search(text)}
        self._patterns = [(_pattern(text), templates[text]) for text in ordered if _PLACE.search(text)]

    def say(self, text: str) -> str:
        """Return *text* in Japanese; a text of no template, such as a library's own words, as it is."""
        if text in self._fixed:
            return self._fixed[text]
        for pattern, japanese in self._patterns:
            if found := pattern.fullmatch(text):
                return _PLACE.sub(partial(self._value, found), japanese)
        return text

    def _value(self, found: re.Match[str], place: re.Match[str]) -> str:
        value = found[f"v{place[1]}"]
        return self.say(value) if place[2] else value


def _pattern(template: str) -> re.Pattern[str]:
    pieces = _PLACE.split(template)  # text, number, mark, text, number, mark ... text
    pattern = re.escape(pieces[0])
    for number, text in zip(pieces[1::3], pieces[3::3], strict=True):
        pattern += f"(?P<v{number}>.*?)" + re.escape(text)
    return re.compile(pattern, re.DOTALL)


@cache
def templates(book: Book) -> Mapping[str, str]:
    """Return English template -> Japanese template of one book."""
    found: dict[str, str] = json.loads(Path(__file__).with_name(f"{book}.json").read_text(encoding="utf-8"))
    return found


@cache
def phrases(*books: Book) -> Phrases:
    """Return the templates of some books together."""
    return Phrases({text: japanese for book in books for text, japanese in templates(book).items()})


def in_japanese(message: str) -> str:
    """Return an error, a note or a finding in Japanese."""
    return phrases(Book.MESSAGES).say(message)
