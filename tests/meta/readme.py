"""The README cut into what tests compare: tables, code blocks, marked parts."""

import re
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
README = REPOSITORY / "README.md"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]+)`")


@cache
def text() -> str:
    return README.read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of one language."""
    return [block for found, block in _FENCE.findall(text()) if found == language]


def marked(name: str) -> str:
    """Return the one code block between `<!-- name: begin -->` and `<!-- name: end -->`."""
    part = text().split(f"<!-- {name}: begin -->")[1].split(f"<!-- {name}: end -->")[0]
    [(_, block)] = _FENCE.findall(part)
    return str(block)


def prose() -> str:
    """Return the README without its code blocks."""
    return _FENCE.sub("", text())


def spans() -> list[str]:
    """Return the `code` inside the prose."""
    return _CODE.findall(prose())


def table(heading: str) -> list[tuple[str, ...]]:
    """Return the cells of the table whose header row begins with *heading*, several tables of it joined."""
    rows: list[tuple[str, ...]] = []
    inside = False
    for line in prose().splitlines():
        cells = tuple(cell.strip() for cell in line.strip().strip("|").split(" | "))
        if not line.startswith("|"):
            inside = False
        elif cells[0] == heading:
            inside = True
        elif inside and not line.startswith("|-"):
            rows.append(cells)
    return rows


_RANK = re.compile(r"(?<=_)\d+")


def names(cell: str) -> list[str]:
    """Return the `code` words of a cell; `a_1` … `a_5` stands for all five."""
    found = _CODE.findall(cell)
    if "…" not in cell:
        return found
    first, last = found
    low, high = (int(_RANK.findall(name)[0]) for name in (first, last))
    return [_RANK.sub(str(number), first, count=1) for number in range(low, high + 1)]
