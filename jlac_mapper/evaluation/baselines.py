"""What a hospital could do without this product: three ways to search a list of names."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from rapidfuzz import fuzz, process

from jlac_mapper.concepts.bound_release import BoundRelease
from jlac_mapper.evaluation.scores import Answer
from jlac_mapper.vocabulary import NameForm

TOP = 5

ListedName = tuple[str, str]
"""A name and the measurand that it stands for in a release."""
_WIDE = 50
"""Names looked at to find five different measurands: several names stand for one."""


class Baseline(Protocol):
    """Ranks measurands by the name alone; the score (0-1) of the first serves as its confidence."""

    @property
    def title(self) -> str:
        """The name in reports."""
        ...

    def rank(self, name: str) -> list[tuple[str, float]]:
        """Return at most five different measurands with scores, best first; empty for no proposal."""
        ...


def answer(baseline: Baseline, name: str) -> Answer:
    """Return a baseline's answer in the form that is scored; a baseline accepts nothing by itself."""
    ranked = baseline.rank(name)
    return Answer(tuple(measurand for measurand, _ in ranked), ranked[0][1] if ranked else 0.0)


def usual_measurands(bound: BoundRelease) -> dict[str, str]:
    """Return listed concept -> the measurand that most of its codes have, of equal ones the first."""
    found = {}
    for concept, listed in bound.by_concept(bound.release.proposable).items():
        counts = Counter(sorted(one.code.measurand for one in listed))
        found[concept] = counts.most_common(1)[0][0]
    return found


def listed_names(bound: BoundRelease) -> list[ListedName]:
    """Return the names of the concepts that a release lists, in the vocabulary's order, homonyms left out."""
    measurands = usual_measurands(bound)
    return [
        (name.text, measurands[name.concept])
        for name in bound.vocabulary.names
        if name.concept in measurands and name.form != NameForm.HOMONYM
    ]


def all_baselines(names: Sequence[ListedName]) -> tuple[Baseline, ...]:
    """Return the three baselines over the listed names."""
    return SubstringBaseline(names), FuzzyBaseline(names), TfidfBaseline(names)


def plain(text: str) -> str:
    """Return the text after NFKC and case folding, blanks trimmed: all the cleaning that baselines get."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


class _OverNames:
    """What the searches share: the different plain names, and whose each is."""

    def __init__(self, names: Sequence[ListedName]) -> None:
        # The first owner of a name keeps it.
        owners: dict[str, str] = {}
        for text, measurand in names:
            if key := plain(text):
                owners.setdefault(key, measurand)
        self._names, self._measurands = list(owners), list(owners.values())


class SubstringBaseline(_OverNames):
    """A listed name inside the hospital's, or the other way round; score = shorter over longer length."""

    title = "substring"

    def rank(self, name: str) -> list[tuple[str, float]]:
        """Rank by the share of the longer text that the shorter one covers; ties by the list's order."""
        query = plain(name)
        if not query:
            return []
        hits = [
            (min(len(query), len(listed)) / max(len(query), len(listed)), row)
            for row, listed in enumerate(self._names)
            if listed in query or query in listed
        ]
        hits.sort(key=lambda hit: (-hit[0], hit[1]))
        return _distinct((self._measurands[row], score) for score, row in hits)


class FuzzyBaseline(_OverNames):
    """RapidFuzz WRatio over all listed names."""

    title = "RapidFuzz WRatio"

    def rank(self, name: str) -> list[tuple[str, float]]:
        """Rank by WRatio / 100; ties by the list's order."""
        query = plain(name)
        if not query:
            return []
        hits = process.extract(query, self._names, scorer=fuzz.WRatio, limit=_WIDE)
        return _distinct((self._measurands[row], similarity / 100) for _, similarity, row in hits)


class TfidfBaseline(_OverNames):
    """Cosine of character 1-3-gram TF-IDF over all listed names, by scikit-learn (the extra `report`)."""

    title = "character TF-IDF"

    def __init__(self, names: Sequence[ListedName]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        super().__init__(names)
        self._vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False)
        # A line for each n-gram: only names that share one with a query are looked at.
        self._by_gram = self._vectorizer.fit_transform(self._names).T.tocsr()

    def rank(self, name: str) -> list[tuple[str, float]]:
        """Rank by cosine; ties by the list's order; names without a common character are left out."""
        # What is equal is equal: a sum's last digits would tear rows of exact names (1.0) apart.
        cosines = (self._vectorizer.transform([plain(name)]) @ self._by_gram).toarray()[0].round(12)
        order = (-cosines).argsort(kind="stable")
        return _distinct((self._measurands[row], float(cosines[row])) for row in order if cosines[row] > 0)


def _distinct(ranked: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    best: dict[str, float] = {}
    for measurand, score in ranked:
        best.setdefault(measurand, score)
        if len(best) == TOP:
            break
    return list(best.items())
