"""What kind of quantity a canonical unit measures, so that another scale is told from another quantity."""

import re
from functools import lru_cache

_PREFIX = "(?:[munpfkM]|da|d|c)?"
_VOLUME = f"/{_PREFIX}L"
_KINDS = (
    ("mass concentration", re.compile(f"{_PREFIX}g{_VOLUME}")),
    ("activity concentration", re.compile(f"{_PREFIX}U{_VOLUME}")),
    ("substance concentration", re.compile(f"{_PREFIX}(?:mol|eq){_VOLUME}")),
    ("number concentration", re.compile(rf"(?:10\*[0-9]+)?{_VOLUME}")),
    ("mass per creatinine", re.compile(rf"{_PREFIX}g/{_PREFIX}(?:g|mol)\(creat\)")),
    ("mass per day", re.compile(rf"{_PREFIX}g/d")),
    ("time", re.compile("s|min|h")),
    ("copies", re.compile(f"(?:log)?copies{_VOLUME}")),
    ("index", re.compile(r"COI|S/CO|index|\[ratio\]")),
)


@lru_cache(maxsize=4096)
def dimension(unit: str) -> str:
    """Return the kind of quantity of a canonical unit, "" when it has none that can be scaled."""
    return next((name for name, pattern in _KINDS if pattern.fullmatch(unit)), "")
