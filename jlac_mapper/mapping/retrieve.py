"""Stage 2: what may this name mean? Listed measurands and things without a code compete."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.similar_names import Close, Resembling, SimilarNames
from jlac_mapper.text import fold
from jlac_mapper.types import BackgroundName, Hypothesis, NamePart, NormalizedTest, TestName, Vocabulary

LISTED_LIMIT = 5
_LEAST_SCORE = 0.3
"""Listed names that resemble the row less than this are no help to anyone."""


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    listed: TestName | None
    background: BackgroundName | None


@dataclass(slots=True)
class _Support:
    """What speaks for one meaning of the row while its evidence is gathered."""

    name: TestName | None = None
    background: BackgroundName | None = None
    exact: float = 0.0
    covered: int = 0
    cosine: float = 0.0
    similarity: float = 0.0
    dense: float = 0.0
    alias: float = 0.0

    def propose(self, entry: _Entry, *, better: bool) -> None:
        if better or (self.name is None and self.background is None):
            self.name, self.background = entry.listed, entry.background


@dataclass(slots=True)
class _Gathered:
    """Support by measurand code; the empty code stands for everything without a listed code."""

    by_measurand: dict[str, _Support] = field(default_factory=lambda: defaultdict(_Support))
    total: int = 0
    pieces_listed: list[frozenset[str]] = field(default_factory=list)
    pieces_open: bool = False
    """A piece is neither a listed name nor background."""


class Retriever:
    """
    Finds hypotheses for normalised rows over one vocabulary; built once, then free of side effects.

    Four methods look at every name, listed and background alike, and each keeps its own score and rank in
    the answer: `exact` (folded look-up of the whole name, or of every part of it), `cosine` (character
    n-grams), `similarity` (RapidFuzz ratio on the nearest names) and `dense` (embeddings; 0 without a
    *make_dense*, which builds them over the folded names).
    """

    def __init__(
        self, vocabulary: Vocabulary, make_dense: Callable[[Sequence[str]], DenseNames] | None = None
    ) -> None:
        listed: dict[str, list[_Entry]] = defaultdict(list)
        for name in vocabulary.names:
            if key := fold(name.name):
                listed[key].append(_Entry(key, name, None))
        background: dict[str, _Entry] = {}
        for other in vocabulary.background:
            key = fold(other.name)
            if key and key not in listed:
                background.setdefault(key, _Entry(key, None, other))
        self._listed = dict(listed)
        self._background = background
        self._entries = [e for group in listed.values() for e in group] + list(background.values())
        keys = [e.key for e in self._entries]
        dense = make_dense(keys) if make_dense else None
        self._similar = SimilarNames(keys, [_code(e) for e in self._entries], dense)

    def retrieve(self, tests: Sequence[NormalizedTest]) -> list[tuple[Hypothesis, ...]]:
        """
        Return hypotheses for each row, the likeliest first.

        At most `LISTED_LIMIT` listed measurands and one hypothesis without a code; equal scores by
        measurand code, the one without a code last. Empty only for a row without a name.
        """
        close = self._similar.by_embedding(q for test in tests for q in test.queries)
        resembling = self._similar.by_characters(
            q for test in tests for q in (*test.queries, *_part_queries(test))
        )
        return [self._retrieve(test, resembling, close) for test in tests]

    def _retrieve(
        self, test: NormalizedTest, resembling: Mapping[str, Resembling], close: Mapping[str, Close]
    ) -> tuple[Hypothesis, ...]:
        gathered = _Gathered()
        self._look_up_whole(test.keys, gathered)
        for part in test.parts:
            self._look_up_part(part, gathered)
        self._look_up_aliases(test.aliases, gathered)
        self._add_resembling(test, resembling, gathered)
        for query in test.queries:
            self._add_close(close[query], gathered)
        return _rank(test, gathered)

    def _find(self, key: str) -> list[_Entry]:
        if entries := self._listed.get(key):
            return entries
        entry = self._background.get(key)
        return [entry] if entry else []

    def _look_up_whole(self, keys: Iterable[str], gathered: _Gathered) -> None:
        for rank, key in enumerate(keys):
            entries = self._find(key)
            for entry in entries:
                support = gathered.by_measurand[_code(entry)]
                score = 1.0 if rank == 0 else 0.95
                support.propose(entry, better=score > support.exact)
                support.exact = max(support.exact, score)
            if entries:
                return

    def _look_up_part(self, part: NamePart, gathered: _Gathered) -> None:
        if self._cover(part.variants, len(part.variants[0]), gathered):
            gathered.total += len(part.variants[0])
            return
        for piece in part.pieces or (part.variants,):
            gathered.total += len(piece[0])
            if not part.pieces or not self._cover(piece, len(piece[0]), gathered):
                gathered.pieces_open = True

    def _cover(self, variants: Sequence[str], length: int, gathered: _Gathered) -> bool:
        for variant in variants:
            entries = self._find(variant)
            if entries:
                codes = {_code(e) for e in entries}
                gathered.pieces_listed.append(frozenset(codes - {""}))
                for code in codes:
                    support = gathered.by_measurand[code]
                    support.propose(
                        next(e for e in entries if _code(e) == code), better=length > support.covered
                    )
                    support.covered += length
                return True
        return False

    def _look_up_aliases(self, aliases: Iterable[str], gathered: _Gathered) -> None:
        for alias in aliases:
            for entry in self._find(alias):
                support = gathered.by_measurand[_code(entry)]
                support.propose(entry, better=False)
                support.alias = 1.0

    def _add_resembling(
        self, test: NormalizedTest, resembling: Mapping[str, Resembling], gathered: _Gathered
    ) -> None:
        weights = dict.fromkeys(test.queries, 1.0)
        for text in _part_queries(test):
            weights.setdefault(text, (len(text) / max(1, gathered.total)) ** 0.5)
        for query, weight in weights.items():
            cosines, found = resembling[query]
            for (row, ratio), cosine in zip(found, (weight * cosines).tolist(), strict=True):
                entry = self._entries[row]
                support = gathered.by_measurand[_code(entry)]
                similarity = weight * ratio / 100
                if not support.exact and not support.covered:
                    better = cosine + similarity > support.cosine + support.similarity
                    support.propose(entry, better=better)
                if cosine > support.cosine:
                    support.cosine = cosine
                if similarity > support.similarity:
                    support.similarity = similarity

    def _add_close(self, hits: Close, gathered: _Gathered) -> None:
        for row, cosine in hits:
            entry = self._entries[row]
            support = gathered.by_measurand[_code(entry)]
            support.propose(entry, better=False)
            support.dense = max(support.dense, cosine)


def _part_queries(test: NormalizedTest) -> list[str]:
    """Return the parts of a name of several parts, bare: each resembles something on its own."""
    return [part.variants[-1] for part in test.parts] if len(test.parts) > 1 else []


def _code(entry: _Entry) -> str:
    return entry.listed.measurand if entry.listed else ""


def _rank(test: NormalizedTest, gathered: _Gathered) -> tuple[Hypothesis, ...]:
    total = max(1, gathered.total)
    panel = _is_panel(gathered)
    found: list[tuple[float, Hypothesis]] = []
    for code, support in gathered.by_measurand.items():
        explained = 1.0 if support.exact else min(1.0, support.covered / total)
        exact = support.exact or (0.9 if explained == 1.0 else 0.0)
        background = support.background
        if panel and not code:
            background = BackgroundName(test.text, "panel")
            exact, explained = max(exact, 0.9), 1.0
        scores = {
            "exact": exact,
            "cosine": support.cosine,
            "similarity": support.similarity,
            "dense": support.dense,
            "alias": support.alias,
        }
        score = max(exact, explained * 0.8, _resemblance(support))
        score += 0.15 * support.alias
        if code and max(score, _lexical(support)) < _LEAST_SCORE and not support.alias:
            continue
        name = support.name if code else None
        found.append((score, Hypothesis(code, name, None if code else background, scores, explained)))
    if panel and "" not in gathered.by_measurand:
        other = BackgroundName(test.text, "panel")
        empty = {"exact": 0.9, "cosine": 0.0, "similarity": 0.0, "dense": 0.0, "alias": 0.0}
        found.append((0.9, Hypothesis("", None, other, empty, 1.0)))
    found.sort(key=lambda pair: (-round(pair[0], 6), not pair[1].measurand, pair[1].measurand))
    listed = [h for _, h in found if h.measurand][:LISTED_LIMIT]
    return tuple(h for _, h in found if not h.measurand or h in listed)


def _lexical(support: _Support) -> float:
    return 0.5 * support.cosine + 0.4 * support.similarity


def _resemblance(support: _Support) -> float:
    """
    Return how much a name that no look-up found resembles the row's, from 0 to 1.

    The embedding orders unseen names best, measured; what only the other two found stays behind it.
    """
    return max(support.dense, 0.5 * _lexical(support))


def _is_panel(gathered: _Gathered) -> bool:
    """Every piece is a listed name, and no single measurand claims them all: Na・K・Cl."""
    pieces = gathered.pieces_listed
    if gathered.pieces_open or len(pieces) < 2 or not all(pieces):
        return False
    if any(s.exact for s in gathered.by_measurand.values()):
        return False
    return not frozenset.intersection(*pieces)
