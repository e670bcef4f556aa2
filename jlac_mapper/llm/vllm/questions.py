"""What is asked of an engine in this process, a batch at a time: labels, or the likelihood of codes."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from jlac_mapper.llm import choice_template, generation_template
from jlac_mapper.llm.label_scores import (
    LABEL_CONTEXT,
    OutsideOptionsError,
    label_probabilities,
    label_tokens,
    require_label,
)
from jlac_mapper.llm.learned_codes import Learned, is_learned
from jlac_mapper.llm.trie import option_probabilities
from jlac_mapper.llm.vllm.engine import Engine
from jlac_mapper.ports import Choice

Outcome: TypeAlias = tuple[float, ...] | OutsideOptionsError
"""One number an option, none for no opinion, or what is wrong with the answer."""

_TOO_MANY = OutsideOptionsError("the question has more options than there are labels")
_TOO_LONG = OutsideOptionsError("the question is longer than the model can read")


class BatchFormulation(Protocol):
    """One way to get a probability an option from an engine."""

    def ask(self, questions: Sequence[Choice]) -> list[Outcome]:
        """Return one probability an option, none, or what is wrong with the answer, a question."""
        ...


class LabelBatch:
    """A general model chooses a label."""

    def __init__(self, engine: Engine) -> None:
        """
        Look up the labels' tokens.

        Raises:
            OutsideOptionsError: The vocabulary has no token of its own for a label.
        """
        self._engine = engine
        encode = engine.tokenizer.encode
        labels = choice_template.LABELS
        self._tokens = label_tokens([encode(LABEL_CONTEXT + x, add_special_tokens=False) for x in labels])
        self._neutral: dict[int, tuple[float, ...]] = {}
        """Number of options -> log-probability of each label where the question says nothing."""

    def ask(self, questions: Sequence[Choice]) -> list[Outcome]:
        """See `BatchFormulation`."""
        most = len(choice_template.LABELS)
        said = iter(self._ask([question for question in questions if len(question.options) <= most]))
        return [next(said) if len(question.options) <= most else _TOO_MANY for question in questions]

    def _ask(self, questions: Sequence[Choice]) -> list[Outcome]:
        counts = {len(question.options) for question in questions} - self._neutral.keys()
        nothing = [choice_template.content_free(count) for count in sorted(counts)]
        said = self._scores([*nothing, *questions])
        for question, scores in zip(nothing, said, strict=False):
            if not isinstance(scores, OutsideOptionsError):
                self._neutral[len(question.options)] = scores
        return [self._corrected(scores) for scores in said[len(nothing) :]]

    def _corrected(self, scores: Outcome) -> Outcome:
        if isinstance(scores, OutsideOptionsError):
            return scores
        try:
            return label_probabilities(scores, self._neutral.get(len(scores), ()))
        except OutsideOptionsError as error:
            return error

    def _scores(self, questions: Sequence[Choice]) -> list[Outcome]:
        labels = [choice_template.labels(question) for question in questions]
        tokens = [self._tokens[: len(words)] for words in labels]
        prompts = [self._prompt(question) for question in questions]
        fit = [number for number, prompt in enumerate(prompts) if len(prompt) < self._engine.longest]
        written = self._engine.choose(
            [prompts[number] for number in fit],
            [labels[number] for number in fit],
            [tokens[number] for number in fit],
        )
        scores: list[Outcome] = [_TOO_LONG] * len(questions)
        for number, (text, token, said) in zip(fit, written, strict=True):
            try:
                require_label(text, token, labels[number], tokens[number])
                scores[number] = tuple(said[one] for one in tokens[number])
            except OutsideOptionsError as error:
                scores[number] = error
        return scores

    def _prompt(self, question: Choice) -> list[int]:
        tokenizer = self._engine.tokenizer
        if not tokenizer.chat_template:
            plain: list[int] = tokenizer.encode(choice_template.prompt(question))
            return plain
        text = tokenizer.apply_chat_template(
            choice_template.messages(question),
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,  # the answer is one token
        )
        chat: list[int] = tokenizer.encode(text, add_special_tokens=False)
        return chat


class GenerationBatch:
    """Our own model: the likelihood of every option's code; no opinion on codes that it never learned."""

    def __init__(self, engine: Engine, learned: Learned | None) -> None:
        self._engine = engine
        self._learned = learned

    def ask(self, questions: Sequence[Choice]) -> list[Outcome]:
        """See `BatchFormulation`."""
        known = [is_learned(question, self._learned) for question in questions]
        said = iter(self._ask([q for q, asked in zip(questions, known, strict=True) if asked]))
        return [next(said) if asked else () for asked in known]

    def _ask(self, questions: Sequence[Choice]) -> list[Outcome]:
        offered = [self._targets(question) for question in questions]
        texts = [
            [[*prompt, *target] for target in targets]
            for prompt, targets in zip(map(self._prompt, questions), offered, strict=True)
        ]
        fit = [max(map(len, row)) < self._engine.longest for row in texts]
        scored = iter(
            self._engine.score(
                [text for row, fits in zip(texts, fit, strict=True) if fits for text in row],
                [len(target) for row, fits in zip(offered, fit, strict=True) if fits for target in row],
            )
        )
        return [
            _probabilities(targets, [next(scored) for _ in targets]) if fits else _TOO_LONG
            for targets, fits in zip(offered, fit, strict=True)
        ]

    def _prompt(self, question: Choice) -> list[int]:
        prompt: list[int] = self._engine.tokenizer.encode(generation_template.prompt(question))
        return prompt

    def _targets(self, question: Choice) -> list[list[int]]:
        encode = self._engine.tokenizer.encode
        targets = [generation_template.target(option) for option in question.options]
        return [encode(target, add_special_tokens=False) for target in targets]


def _probabilities(targets: Sequence[Sequence[int]], said: Sequence[Sequence[float]]) -> Outcome:
    try:
        return option_probabilities(targets, said)
    except ValueError as error:
        return OutsideOptionsError(str(error))
