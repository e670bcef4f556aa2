"""Stage 2: what may this name mean? Concepts that the release lists and everything else compete."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from rapidfuzz.fuzz import ratio

from jlac_mapper.mapping.comparisons.usual import fit_usual
from jlac_mapper.mapping.dense_names import DenseNames
from jlac_mapper.mapping.similar_names import Close, Resembling, SimilarNames
from jlac_mapper.types import Hypothesis, Measure, NamePart, NormalizedTest
from jlac_mapper.vocabulary import Concept, Name, NameForm, Vocabulary

LISTED_LIMIT = 5
LEAST_SCORE = 0.3
"""Listed names that resemble the row less than this are no help to anyone."""

UNLISTED = ""
"""What stands for all concepts without a listed code together."""


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    name: Name
    concept: Concept
    listed: bool
    meaning: str
    """The concept's key where it is listed, else `UNLISTED`."""


@dataclass(slots=True)
class _Support:
    """What speaks for one meaning of the row while its evidence is gathered."""

    entry: _Entry | None = None
    exact: float = 0.0
    covered: int = 0
    cosine: float = 0.0
    similarity: float = 0.0
    dense: float = 0.0
    alias: float = 0.0

    def propose(self, entry: _Entry, *, better: bool) -> None:
        if better or self.entry is None:
            self.entry = entry


@dataclass(slots=True)
class _Gathered:
    """Support by meaning: the key of a listed concept, or `UNLISTED` for everything else."""

    by_meaning: dict[str, _Support] = field(default_factory=lambda: defaultdict(_Support))
    total: int = 0
    pieces_listed: list[frozenset[str]] = field(default_factory=list)
    pieces_open: bool = False
    """A piece is no known name."""


class Retriever:
    """
    Finds hypotheses for normalised rows over one vocabulary; built once, then free of side effects.

    Four methods look at every name alike, and each keeps its own score and rank in the answer: `exact`
    (folded look-up of the whole name, or of every part of it), `cosine` (character n-grams), `similarity`
    (RapidFuzz ratio on the nearest names) and `dense` (embeddings; 0 without a *make_dense*, which builds
    them over the folded names).

    Args:
        listed: Keys of the concepts that the release has a code for.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        listed: AbstractSet[str],
        make_dense: Callable[[Sequence[str]], DenseNames] | None = None,
    ) -> None:
        concepts = vocabulary.by_key()
        self._by_key: dict[str, list[_Entry]] = defaultdict(list)
        for name in vocabulary.names:
            if key := name.key:
                concept, here = concepts[name.concept], name.concept in listed
                meaning = concept.key if here else UNLISTED
                self._by_key[key].append(_Entry(key, name, concept, here, meaning))
        self._by_key = dict(self._by_key)
        self._entries = [entry for group in self._by_key.values() for entry in _meant(group)]
        named: dict[str, list[_Entry]] = defaultdict(list)
        for entry in self._entries:
            if entry.listed:
                named[entry.concept.key].append(entry)
        self._twins = {
            key: [named[twin] for twin in concept.confused_with if twin in named]
            for key, concept in concepts.items()
        }
        keys = [e.key for e in self._entries]
        dense = make_dense(keys) if make_dense else None
        self._similar = SimilarNames(keys, [e.meaning for e in self._entries], dense)

    def retrieve(self, tests: Sequence[NormalizedTest]) -> list[tuple[Hypothesis, ...]]:
        """
        Return hypotheses for each row, the likeliest first.

        At most `LISTED_LIMIT` listed concepts and one hypothesis without a code; equal scores by the
        concept's key, the one without a code last. Empty only for a row without a name.
        """
        unknown = [test for test in tests if not self._is_known(test)]
        close = self._similar.by_embedding(q for test in unknown for q in test.queries)
        resembling = self._similar.by_characters(
            q for test in unknown for q in (*test.queries, *_part_queries(test))
        )
        return [self._retrieve(test, resembling, close) for test in tests]

    def _retrieve(
        self, test: NormalizedTest, resembling: Mapping[str, Resembling], close: Mapping[str, Close]
    ) -> tuple[Hypothesis, ...]:
        gathered = _Gathered()
        self._look_up_whole(test, gathered)
        for part in test.parts:
            self._look_up_part(part, test, gathered)
        self._look_up_aliases(test, gathered)
        if self._is_known(test):
            self._add_twins(test.keys[0], gathered)
        else:
            self._add_resembling(test, resembling, gathered)
            for query in test.queries:
                self._add_close(close[query], gathered)
        return _rank(gathered)

    def _is_known(self, test: NormalizedTest) -> bool:
        """Whether the name as it stands is a known one: then nothing else need be searched."""
        return bool(test.keys) and test.keys[0] in self._by_key

    def _add_twins(self, key: str, gathered: _Gathered) -> None:
        """Put listed concepts that a known name is confused with beside it, for whoever reviews the row."""
        for entry in self._by_key[key]:
            for names in self._twins[entry.concept.key]:
                twin = max(names, key=lambda name: ratio(key, name.key))
                support = gathered.by_meaning[twin.meaning]
                support.propose(twin, better=False)
                support.similarity = max(support.similarity, ratio(key, twin.key) / 100)
                support.cosine = max(support.cosine, support.similarity / 2)

    def _find(self, key: str, test: NormalizedTest) -> Sequence[_Entry]:
        entries = self._by_key.get(key, ())
        return entries if len(entries) < 2 else _meant(entries, test)

    def _look_up_whole(self, test: NormalizedTest, gathered: _Gathered) -> None:
        for rank, key in enumerate(test.keys):
            entries = self._find(key, test)
            for entry in entries:
                support = gathered.by_meaning[entry.meaning]
                score = 1.0 if rank == 0 else 0.95
                support.propose(entry, better=score > support.exact)
                support.exact = max(support.exact, score)
            if entries:
                return

    def _look_up_part(self, part: NamePart, test: NormalizedTest, gathered: _Gathered) -> None:
        if self._cover(part.variants, len(part.variants[0]), test, gathered):
            gathered.total += len(part.variants[0])
            return
        for piece in part.pieces or (part.variants,):
            gathered.total += len(piece[0])
            if not part.pieces or not self._cover(piece, len(piece[0]), test, gathered):
                gathered.pieces_open = True

    def _cover(self, variants: Sequence[str], length: int, test: NormalizedTest, gathered: _Gathered) -> bool:
        for variant in variants:
            if entries := self._find(variant, test):
                said = {entry.meaning: entry for entry in reversed(entries)}
                gathered.pieces_listed.append(frozenset(said) - {UNLISTED})
                for meaning, entry in said.items():
                    support = gathered.by_meaning[meaning]
                    support.propose(entry, better=not support.exact and length > support.covered)
                    support.covered += length
                return True
        return False

    def _look_up_aliases(self, test: NormalizedTest, gathered: _Gathered) -> None:
        for alias in test.aliases:
            for entry in self._find(alias, test):
                support = gathered.by_meaning[entry.meaning]
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
            for (row, likeness), cosine in zip(found, (weight * cosines).tolist(), strict=True):
                entry = self._entries[row]
                support = gathered.by_meaning[entry.meaning]
                similarity = weight * likeness / 100
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
            support = gathered.by_meaning[entry.meaning]
            support.propose(entry, better=False)
            support.dense = max(support.dense, cosine)


def _part_queries(test: NormalizedTest) -> list[str]:
    """Return the parts of a name of several parts, bare: each resembles something on its own."""
    return [part.variants[-1] for part in test.parts] if len(test.parts) > 1 else []


def _meant(entries: Sequence[_Entry], test: NormalizedTest | None = None) -> list[_Entry]:
    """
    Return those of a name's meanings that a row may have in mind.

    A homonym counts only where specimen and unit fit it better than the usual meaning; of meanings that fit
    alike a listed one goes before one without a code.
    """
    fits = [fit_usual(entry.concept, test) if test else 0 for entry in entries]
    best = [entry for entry, fit in zip(entries, fits, strict=True) if fit == max(fits)]
    usual = [entry for entry in best if entry.name.form != NameForm.HOMONYM] or best
    return [entry for entry in usual if entry.listed] or usual


def _rank(gathered: _Gathered) -> tuple[Hypothesis, ...]:
    total = max(1, gathered.total)
    panel = _is_panel(gathered)
    found: list[tuple[float, Hypothesis]] = []
    for meaning, support in gathered.by_meaning.items():
        explained = 1.0 if support.exact else min(1.0, support.covered / total)
        exact = support.exact or (0.9 if explained == 1.0 else 0.0)
        entry = support.entry
        if panel and meaning == UNLISTED:
            entry = None
            exact, explained = max(exact, 0.9), 1.0
        scores: dict[str, float] = {
            Measure.EXACT: exact,
            Measure.COSINE: support.cosine,
            Measure.SIMILARITY: support.similarity,
            Measure.DENSE: support.dense,
            Measure.ALIAS: support.alias,
        }
        score = max(exact, explained * 0.8, _resemblance(support))
        score += 0.15 * support.alias
        listed = meaning != UNLISTED
        if listed and max(score, _lexical(support)) < LEAST_SCORE and not support.alias:
            continue
        concept, name = (entry.concept, entry.name) if entry else (None, None)
        found.append((score, Hypothesis(concept, listed, name, scores, explained)))
    if panel and UNLISTED not in gathered.by_meaning:
        empty: dict[str, float] = {one: 0.9 if one is Measure.EXACT else 0.0 for one in Measure}
        found.append((0.9, Hypothesis(None, False, None, empty, 1.0)))
    found.sort(key=lambda pair: (-round(pair[0], 6), not pair[1].listed, pair[1].key))
    places = [place for place, (_, hypothesis) in enumerate(found) if hypothesis.listed][LISTED_LIMIT:]
    return tuple(h for place, (_, h) in enumerate(found) if place not in places)


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
    if any(s.exact for s in gathered.by_meaning.values()):
        return False
    return not frozenset.intersection(*pieces)
