"""The documentation cut into what tests compare: tables, code blocks, marked parts, links."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
DOCS = REPOSITORY / "docs"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")
_RANK = re.compile(r"(?<=_)\d+")


@dataclass(frozen=True)
class Page:
    """One page, or several that are read as one."""

    name: str
    text: str

    def blocks(self, *languages: str) -> list[str]:
        """Return the code blocks of these languages."""
        return [block for found, block in _FENCE.findall(self.text) if found in languages]

    def marked(self, name: str) -> str:
        """Return the one code block between `<!-- name: begin -->` and `<!-- name: end -->`."""
        [part] = re.findall(rf"<!-- {name}: begin -->(.*?)<!-- {name}: end -->", self.text, re.DOTALL)
        [(_, block)] = _FENCE.findall(part)
        return str(block)

    def prose(self) -> str:
        """Return the text without its code blocks."""
        return _FENCE.sub("", self.text)

    def spans(self) -> list[str]:
        """Return the `code` inside the prose."""
        return _CODE.findall(self.prose())

    def table(self, heading: str) -> list[tuple[str, ...]]:
        """Return the cells of the tables whose header row begins with *heading*, joined."""
        rows: list[tuple[str, ...]] = []
        inside = before = False
        for line in self.prose().splitlines():
            cells = tuple(cell.strip() for cell in line.strip().strip("|").split(" | "))
            if line.startswith("|") and not before:
                inside = cells[0] == heading
            elif line.startswith("|") and inside and not line.startswith("|-"):
                rows.append(cells)
            before = line.startswith("|")
        return rows

    def links(self) -> list[str]:
        """Return what the prose links to."""
        return re.findall(r"\]\(([^)]+)\)", self.prose())


@cache
def read(path: Path) -> Page:
    """Return a page of the repository, named by its path there."""
    return Page(path.relative_to(REPOSITORY).as_posix(), path.read_text(encoding="utf-8"))


def joined(name: str, pages: Iterable[Page]) -> Page:
    """Return several pages as one."""
    return Page(name, "\n".join(page.text for page in pages))


@dataclass(frozen=True)
class Guide:
    """The users' pages of one language."""

    language: str
    folder: Path
    headings: tuple[tuple[str, str], ...]
    """What the first heading of a table is in this language, by what it is in English."""

    def pages(self) -> tuple[Page, ...]:
        """Return the pages that every language has."""
        names = sorted(path.name for path in (DOCS / "en").glob("*.md"))
        return tuple(read(self.folder / name) for name in names)

    def page(self, name: str) -> Page:
        """Return one page by its file's name without suffix."""
        return read(self.folder / f"{name}.md")

    def whole(self) -> Page:
        """Return all of it as one page."""
        return joined(self.language, self.pages())

    def heading(self, english: str) -> str:
        """Return the first heading of a table in this language."""
        return dict(self.headings)[english]

    def table(self, english: str) -> list[tuple[str, ...]]:
        """Return the table whose first heading is *english* in the English pages."""
        return self.whole().table(self.heading(english))


_HEADINGS = {
    "option of `map`": "`map` のオプション",
    "column": "列",
    "field": "項目",
    "disposition": "処理区分",
    "reason": "理由",
    "variable": "環境変数",
    "cell": "セル",
    "status": "ステータス",
    "extra": "extra",
    "format": "形式",
    "file": "ファイル",
    "element": "要素",
    "`--llm`": "`--llm`",
    "term": "用語",
}
TABLES = tuple(_HEADINGS)
"""Tables that stand on exactly one page in each language."""

ENGLISH = Guide("English", DOCS / "en", tuple((name, name) for name in _HEADINGS))
JAPANESE = Guide("Japanese", DOCS, tuple(_HEADINGS.items()))
GUIDES = (JAPANESE, ENGLISH)

README, README_JA = read(REPOSITORY / "README.md"), read(REPOSITORY / "README.ja.md")


def developers() -> tuple[Page, ...]:
    """Return the pages that are in English alone: figures, architecture, decisions."""
    named = [read(DOCS / f"{name}.md") for name in ("accuracy", "performance", "architecture")]
    return (*named, *(read(path) for path in sorted((DOCS / "decisions").glob("*.md"))))


def every() -> tuple[Page, ...]:
    """Return every page that a person reads about the product."""
    front = (README, README_JA, read(REPOSITORY / "CONTRIBUTING.md"), read(REPOSITORY / "SECURITY.md"))
    return (*front, *(page for guide in GUIDES for page in guide.pages()), *developers())


def names(cell: str) -> list[str]:
    """Return the `code` words of a cell; `a_1` … `a_5` stands for all five."""
    found = _CODE.findall(cell)
    if "…" not in cell:
        return found
    first, last = found
    low, high = (int(_RANK.findall(name)[0]) for name in (first, last))
    return [_RANK.sub(str(number), first, count=1) for number in range(low, high + 1)]
