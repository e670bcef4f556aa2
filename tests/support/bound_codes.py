"""Small releases on the day of the tests of review, bound by hand: what codes are searched and named in."""

from collections.abc import Iterable, Mapping
from datetime import date

from jlac_mapper.codes.editions import STARTER, make_edition
from jlac_mapper.codes.jlac11 import Jlac11Code
from jlac_mapper.codes.listed import ListedCode
from jlac_mapper.codes.release import Release
from jlac_mapper.codes.successions import Successions
from jlac_mapper.concepts.binding import Binding
from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.review.code_search import CodeSearch
from jlac_mapper.vocabulary import Name, Vocabulary

DAY = date(2026, 1, 2)


def search_in(
    codes: Iterable[ListedCode],
    names: Iterable[Name] = (),
    concepts: Mapping[Jlac11Code, tuple[str, ...]] | None = None,
) -> CodeSearch:
    """Return a search among codes, with names of the *concepts* of some of them."""
    edition = make_edition(STARTER, codes)  # what bears this name is not completed
    release = Release(edition, edition, DAY, Successions())
    binding = Binding(concepts or {})
    listed = frozenset(key for row in release.proposable for key in binding.of(row.code))
    vocabulary = Vocabulary((), tuple(names), (), ())
    return CodeSearch(BoundRelease(release, binding, vocabulary, listed, frozenset()))
