"""Stage between guard and calibration: a language model may speak on rows that stay uncertain."""

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from jlac_mapper.mapping.question import row_fields
from jlac_mapper.ports import Choice, ChoiceAnswer, ChoiceModel, ChoiceOption
from jlac_mapper.types import Candidate, Evidence, NormalizedTest, Reason, System
from jlac_mapper.vocabulary import Vocabulary

NONE_OF_THESE = ChoiceOption("", "", "該当なし(ここにない検査、または標準コードのない検査)")
MOST_OPTIONS = 7
"""Candidates in a question, "none of these" not counted."""
_REMEMBERED = 50_000
_Offered = TypeVar("_Offered")


@dataclass(frozen=True, slots=True)
class Opinion:
    """
    What the model said of a row.

    Attributes:
        odds: Log-odds of each offered concept (`ChoiceOption.concept`) over an even split; empty: no opinion.
        none: Those of "none of these".
        reasons: LLM_UNAVAILABLE when it was to speak and could not, LLM_DISAGREES when it chose differently
            in another order of the options; then there are no odds.
        evidence: What it said, for a person.
    """

    odds: Mapping[str, float]
    reasons: tuple[Reason, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    none: float = 0.0


UNASKED = Opinion({})
"""Of a row that was not asked about, or on which the model has no opinion."""


class Reranker(Generic[_Offered]):
    """
    Asks *model* about uncertain rows, each question in two orders where order can matter, and only once.

    Args:
        question: Writes the closed question for one row over what is offered, the likeliest first.
    """

    def __init__(
        self, model: ChoiceModel, question: Callable[[NormalizedTest, Sequence[_Offered]], Choice]
    ) -> None:
        self.model = model
        self.question = question
        self._answers: OrderedDict[Choice, ChoiceAnswer] = OrderedDict()

    @property
    def identity(self) -> str:
        """Adapter, model, digest, template and number of orders: the provenance of an opinion."""
        if not self.model.template:
            return self.model.identity
        return f"{self.model.identity} template={self.model.template} orders={self._orders}"

    @property
    def _orders(self) -> int:
        return 2 if self.model.sees_order else 1

    def ask(self, rows: Sequence[tuple[NormalizedTest, Sequence[_Offered]]]) -> list[Opinion]:
        """Return one opinion a row; identical questions are asked once and remembered."""
        if not self.model.speaks:
            return [UNASKED] * len(rows)
        questions = [self.question(test, offered) for test, offered in rows]
        asked = [q._replace(options=_order(q, i)) for q in questions for i in range(self._orders)]
        answers = self._answered(asked)
        opinions = []
        for number, question in enumerate(questions):
            here = slice(number * self._orders, (number + 1) * self._orders)
            opinions.append(_opinion(question, asked[here], answers[here]))
        return opinions

    def _answered(self, asked: Sequence[Choice]) -> list[ChoiceAnswer]:
        """Return the answers in order; failures are not remembered, so that they are asked again."""
        new = [choice for choice in dict.fromkeys(asked) if choice not in self._answers]
        said = dict(zip(new, self.model.choose(new), strict=True)) if new else {}
        answers = [said[choice] if choice in said else self._answers[choice] for choice in asked]
        self._answers.update((choice, answer) for choice, answer in said.items() if not answer.unavailable)
        while len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)
        return answers


class CandidateQuestion:
    """
    Writes the closed question for one row over its resolved JLAC11 candidates, the likeliest first.

    Args:
        names: (element, key or code) -> its name, for the elements concept, specimen and unit.
    """

    def __init__(self, names: Mapping[tuple[str, str], str]) -> None:
        self._names = names

    def __call__(self, test: NormalizedTest, candidates: Sequence[Candidate]) -> Choice:
        """Return the question; each concept and identification is offered once."""
        grouped: dict[tuple[str, str, str], list[Candidate]] = {}
        for candidate in candidates:
            code = candidate.code
            key = (code.measurand, code.identification, candidate.hypothesis.key)
            grouped.setdefault(key, []).append(candidate)
        offered = [
            ChoiceOption(measurand, identification, self._describe(group), concept)
            for (measurand, identification, concept), group in grouped.items()
        ]
        return Choice(row_fields(test.source), (*offered[:MOST_OPTIONS], NONE_OF_THESE))

    def _describe(self, group: Sequence[Candidate]) -> str:
        specimens = dict.fromkeys(self._names.get(("specimen", c.code.specimen), "") for c in group)
        units = dict.fromkeys(self._names.get(("unit", c.code.unit), "") for c in group)
        parts = (
            self._names.get(("concept", group[0].hypothesis.key), group[0].name),
            "・".join(s for s in specimens if s),
            "・".join(u for u in units if u),
        )
        return described(*parts)


def described(name: str, specimens: str, units: str) -> str:
    """Return an option's text: the concept, with the specimens and units that it is reported in."""
    parts = zip(("", "材料 ", "単位 "), (name, specimens, units), strict=True)
    return "、".join(label + part for label, part in parts if part)


def element_names(vocabulary: Vocabulary) -> dict[tuple[str, str], str]:
    """Return (element, key or code) -> name of a vocabulary's concepts, specimens and units."""
    return {
        **{("concept", concept.key): concept.name for concept in vocabulary.concepts},
        **{("specimen", s.code): s.name for s in vocabulary.specimens if s.code},
        **{("unit", u.code): u.name for u in vocabulary.units if u.code},
    }


def _order(question: Choice, number: int) -> tuple[ChoiceOption, ...]:
    return question.options if number == 0 else question.options[::-1]


def _opinion(question: Choice, asked: Sequence[Choice], answers: Sequence[ChoiceAnswer]) -> Opinion:
    if any(a.unavailable for a in answers):
        return Opinion({}, (Reason.LLM_UNAVAILABLE,))
    if not all(a.probabilities for a in answers):
        return UNASKED
    said = [dict(zip(c.options, a.probabilities, strict=True)) for c, a in zip(asked, answers, strict=True)]
    mean = {option: sum(one[option] for one in said) / len(said) for option in question.options}
    said_of = _evidence(mean, question.system)
    if len({max(question.options, key=one.__getitem__) for one in said}) > 1:
        return Opinion({}, (Reason.LLM_DISAGREES,), said_of)
    shares: dict[str, float] = {}
    for option, share in mean.items():
        shares[option.concept] = shares.get(option.concept, 0.0) + share
    odds = {c: math.log(max(share, 1e-6) * len(shares)) for c, share in shares.items()}
    none = odds.pop("", 0.0)
    return Opinion(odds, (), said_of, none)


def _evidence(mean: Mapping[ChoiceOption, float], system: System) -> tuple[Evidence, ...]:
    """Say the shares by measurand, in JLAC10 by analyte with its identification."""
    ranked = sorted(mean.items(), key=lambda pair: -pair[1])
    is_jlac10 = system is System.JLAC10
    values = tuple((o.concept if is_jlac10 else o.measurand, f"{share:.2f}") for o, share in ranked)
    return (Evidence("concept.language_model", values, "language_model"),)
