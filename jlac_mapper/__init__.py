"""
Gives a Japanese hospital's own laboratory test names their national codes, JLAC11 and JLAC10.

Everything else than what is named here is internal. The names are loaded when they are first used, so that
importing the package costs nothing.
"""

from typing import TYPE_CHECKING, Any

from jlac_mapper.version import __version__

if TYPE_CHECKING:
    from jlac_mapper.api import Answers, Jlac10Mapping, LocalTest, Mapper, MappingResult, open_mapper

__all__ = [
    "Answers",
    "Jlac10Mapping",
    "LocalTest",
    "Mapper",
    "MappingResult",
    "__version__",
    "open_mapper",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from jlac_mapper import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
