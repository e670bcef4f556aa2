"""What is asked of a vLLM server: a label under constrained decoding, or the likelihood of codes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from jlac_mapper.config import models_dir
from jlac_mapper.llm import choice_template, generation_template
from jlac_mapper.llm.checkpoint import BUNDLED_MARK
from jlac_mapper.llm.label_scores import (
    LABEL_CONTEXT,
    OutsideOptionsError,
    label_probabilities,
    label_tokens,
    require_label,
)
from jlac_mapper.llm.learned_codes import is_learned, read_learned
from jlac_mapper.llm.server import LlmServer, NoAnswerError
from jlac_mapper.llm.trie import option_probabilities
from jlac_mapper.ports import Choice

_TOKEN_MARK = "token_id:"


class Formulation(Protocol):
    """One way to get a probability an option from a server."""

    template: str
    model: str
    """Served name; empty until it is known."""

    async def ask(self, question: Choice) -> tuple[float, ...]:
        """
        Return one probability an option; none for no opinion.

        Raises:
            NoAnswerError: The server gave none.
            OutsideOptionsError: The answer does not fit the options.
            LookupError, TypeError, ValueError, AttributeError: It has an unknown shape.
        """
        ...

    @property
    def is_ready(self) -> bool:
        """Whether nothing about the server has to be learnt before a question."""
        ...

    def forget(self) -> None:
        """Drop what was learnt of the server; it may have changed."""
        ...


@dataclass
class _Learnt:
    """What a server told of itself; asked once."""

    model: str
    chat: bool
    tokens: tuple[int, ...]
    neutral: dict[int, tuple[float, ...]] = field(default_factory=dict)
    """Number of options -> log-probability of each label where the question says nothing."""


class LabelQuestions:
    """A general model chooses a label: structured outputs, and the log-probabilities of the label tokens."""

    template = choice_template.CHOICE_TEMPLATE

    def __init__(self, server: LlmServer, model: str) -> None:
        self.model = model
        self._configured = model
        self._server = server
        self._learnt: _Learnt | None = None
        self._learning = asyncio.Lock()

    async def ask(self, question: Choice) -> tuple[float, ...]:
        """See `Formulation`."""
        if len(question.options) > len(choice_template.LABELS):
            raise OutsideOptionsError("the question has more options than there are labels")
        labels = choice_template.labels(question)
        learnt, neutral = await self._know(len(labels))
        return label_probabilities(await self._scores(learnt, question, labels), neutral)

    @property
    def is_ready(self) -> bool:
        """See `Formulation`."""
        return self._learnt is not None

    def forget(self) -> None:
        """See `Formulation`."""
        self._learnt = None

    async def _know(self, options: int) -> tuple[_Learnt, tuple[float, ...]]:
        async with self._learning:
            learnt = self._learnt or await self._learn()
            self._learnt = learnt
            if options not in learnt.neutral:
                nothing = choice_template.content_free(options)
                labels = choice_template.labels(nothing)
                learnt.neutral[options] = await self._scores(learnt, nothing, labels)
            return learnt, learnt.neutral[options]

    async def _learn(self) -> _Learnt:
        self.model = self._configured or await self._only_model()
        asked = (self._tokens(prompt=LABEL_CONTEXT + label) for label in choice_template.LABELS)
        tokens = label_tokens(await asyncio.gather(*asked))
        return _Learnt(self.model, await self._has_chat_template(), tokens)

    async def _has_chat_template(self) -> bool:
        try:
            await self._tokens(messages=[{"role": "user", "content": "A"}])
        except NoAnswerError as error:
            if 400 <= error.status < 500:
                return False
            raise
        return True

    async def _only_model(self) -> str:
        served = [str(entry["id"]) for entry in (await self._server.get("/v1/models"))["data"]]
        if len(served) != 1:
            raise NoAnswerError(f"{self._server.host} serves {len(served)} models: set JLAC_MAPPER_LLM_MODEL")
        return served[0]

    async def _tokens(self, **text: object) -> list[int]:
        body = {"model": self.model, "add_special_tokens": False, **text}
        return [int(token) for token in (await self._server.post("/tokenize", body))["tokens"]]

    async def _scores(self, learnt: _Learnt, question: Choice, labels: Sequence[str]) -> tuple[float, ...]:
        tokens = learnt.tokens[: len(labels)]
        body = {
            "model": learnt.model,
            "max_tokens": 1,
            "temperature": 0,
            "structured_outputs": {"choice": list(labels)},
            "logprob_token_ids": list(tokens),
            "return_tokens_as_token_ids": True,
        }
        if learnt.chat:
            text, said = await self._chat(question, body)
        else:
            text, said = await self._complete(question, body)
        written = next(iter(said), -1)
        require_label(text, written, labels, tokens)
        if missing := [token for token in tokens if token not in said]:
            raise OutsideOptionsError(f"{len(missing)} labels have no log-probability; is the server vLLM?")
        return tuple(said[token] for token in tokens)

    async def _chat(self, question: Choice, body: Mapping[str, object]) -> tuple[str, dict[int, float]]:
        more = {
            "messages": choice_template.messages(question),
            "logprobs": True,
            # The answer is one token: nothing may be thought aloud before it.
            "chat_template_kwargs": {"enable_thinking": False},
        }
        answer = await self._server.post("/v1/chat/completions", {**body, **more})
        choice = answer["choices"][0]
        written = choice["logprobs"]["content"][0]
        said = [(written["token"], written["logprob"])]
        said += [(entry["token"], entry["logprob"]) for entry in written["top_logprobs"]]
        return choice["message"]["content"] or "", _by_token(said)

    async def _complete(self, question: Choice, body: Mapping[str, object]) -> tuple[str, dict[int, float]]:
        more = {"prompt": choice_template.prompt(question), "logprobs": 1}
        choice = (await self._server.post("/v1/completions", {**body, **more}))["choices"][0]
        logprobs = choice["logprobs"]
        said = [(logprobs["tokens"][0], logprobs["token_logprobs"][0])]
        return choice["text"], _by_token([*said, *logprobs["top_logprobs"][0].items()])


class GenerationQuestions:
    """Our own model: the likelihood of every option's code, in one request a question."""

    template = generation_template.GENERATION_TEMPLATE
    is_ready = True

    def __init__(self, server: LlmServer, model: str) -> None:
        self.model = model
        self._server = server
        # What is served under this name is what ships.
        self._learned = read_learned(models_dir() / "reranker" / BUNDLED_MARK)
        self._tokens: dict[str, tuple[int, ...]] = {}
        """Target -> its tokens; a run's targets are a few hundred."""

    async def ask(self, question: Choice) -> tuple[float, ...]:
        """See `Formulation`; empty where the model never learned what is on offer."""
        if not is_learned(question, self._learned):
            return ()
        prompt = generation_template.prompt(question)
        targets = [generation_template.target(option) for option in question.options]
        offered = list(dict.fromkeys(targets))
        tokens = {target: await self._tokenised(target) for target in offered}
        body = {
            "model": self.model,
            "prompt": [prompt + target for target in offered],
            "max_tokens": 0,
            "temperature": 0,
            "echo": True,
            "logprobs": 0,
            "return_tokens_as_token_ids": True,
        }
        choices = (await self._server.post("/v1/completions", body))["choices"]
        by_number = {int(choice["index"]): choice["logprobs"] for choice in choices}
        said = {target: _tail(by_number[n], tokens[target]) for n, target in enumerate(offered)}
        return option_probabilities([tokens[t] for t in targets], [said[t] for t in targets])

    def forget(self) -> None:
        """See `Formulation`."""
        self._tokens.clear()

    async def _tokenised(self, target: str) -> tuple[int, ...]:
        if target not in self._tokens:
            body = {"model": self.model, "prompt": target, "add_special_tokens": False}
            answer = await self._server.post("/tokenize", body)
            self._tokens[target] = tuple(int(token) for token in answer["tokens"])
        return self._tokens[target]


def _by_token(said: Sequence[tuple[str, Any]]) -> dict[int, float]:
    """Return token -> log-probability from `token_id:N` marks, the written token first."""
    return {int(token.removeprefix(_TOKEN_MARK)): float(value) for token, value in said}


def _tail(logprobs: Mapping[str, Any], target: Sequence[int]) -> list[float]:
    """Return the log-probabilities of a target's tokens at the end of a text."""
    values = logprobs["token_logprobs"]
    written = [int(token.removeprefix(_TOKEN_MARK)) for token in logprobs["tokens"][-len(target) :]]
    if written != list(target) or len(values) != len(logprobs["tokens"]):
        raise OutsideOptionsError("the server read another text than it was sent")
    return [float(value) for value in values[-len(target) :]]
