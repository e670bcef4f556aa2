"""Finds English in what should be Japanese."""

import re
from html.parser import HTMLParser

_WORD = re.compile(r"[A-Za-z][a-z]+(?:'[a-z]+)?")
_RUN = re.compile(r"(?<![\w./=-])[A-Za-z][a-z']*(?:[,;:]? [A-Za-z][a-z']*){2,}(?![\w=/-])")
_COMMAND = re.compile(r"jlac-mapper(?: [a-z-]+)+")
_SPOKEN = ("alt", "aria-label", "placeholder", "title")


def english_runs(text: str) -> list[str]:
    """Return each run of three English words or more that is no command of the program."""
    return [run for run in _RUN.findall(_COMMAND.sub("", text)) if len(_WORD.findall(run)) >= 3]


class _Texts(HTMLParser):
    """Collects what a page says: its texts, one an element, and the attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._unsaid = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unsaid += tag in ("script", "style")
        self.texts += [value for name, value in attrs if name in _SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._unsaid -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._unsaid:
            self.texts.append(data)


def said_by(html: str) -> list[str]:
    """Return the texts of a page."""
    reader = _Texts()
    reader.feed(html)
    return reader.texts
