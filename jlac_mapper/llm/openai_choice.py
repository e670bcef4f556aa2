"""A vLLM server in the site's network as the ChoiceModel, over its OpenAI-compatible interface."""

import asyncio
import threading
from collections.abc import Sequence

from jlac_mapper.llm.circuit_breaker import CircuitBreaker
from jlac_mapper.llm.generation_template import GENERATION_TEMPLATE
from jlac_mapper.llm.label_scores import OutsideOptionsError
from jlac_mapper.llm.openai_questions import Formulation, GenerationQuestions, LabelQuestions
from jlac_mapper.llm.server import LlmServer, NoAnswerError
from jlac_mapper.ports import Choice, ChoiceAnswer

BUNDLED_NAME = "jlac-reranker"
"""Served names that begin so are our own small model, which writes codes instead of choosing a label."""

_CONCURRENCY = 16
_FAILURES = 5
_PAUSE = 5.0
_LONGEST_PAUSE = 60.0
_TRIAL = 3.0
_GRACE = 60.0
"""Seconds more for our own thread, which keeps the deadline: a process may stand still for a while."""


class OpenAiChoice:
    """
    Asks a server; away, slow or wrong, it costs a run little and every question says why.

    After some failures in a row nothing is asked for a pause, then one question is tried: a server that
    returns is used again. Identical questions of one call are asked once. Safe for several threads.

    Args:
        base_url: `http(s)://host[:port]`, with or without `/v1`.
        model: Served name; empty where the server serves one model. A name that begins with
            `jlac-reranker` is our own model.
        token: Bearer token; never logged, never part of the identity.
        ca_file: PEM file of the site's certificate authority.
        deadline: Seconds for one call of `choose`.
        pause: Seconds without questions after failures; doubles to a minute.

    Raises:
        MissingExtraError: httpx is not installed.
        ConfigurationError: The URL, the token or the file cannot be used.
    """

    speaks = True

    def __init__(
        self,
        base_url: str,
        *,
        model: str = "",
        token: str = "",
        ca_file: str = "",
        deadline: float = 30.0,
        pause: float = _PAUSE,
    ) -> None:
        self._server = LlmServer(base_url, token=token, ca_file=ca_file, concurrency=_CONCURRENCY)
        self.deadline = deadline
        bundled = model.startswith(BUNDLED_NAME)
        kind = GenerationQuestions if bundled else LabelQuestions
        self._questions: Formulation = kind(self._server, model)
        self._breaker = CircuitBreaker(_FAILURES, pause, max(pause, _LONGEST_PAUSE))
        self._why = ""
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._slots: asyncio.Semaphore

    @property
    def identity(self) -> str:
        """Adapter, served name (once it is known) and host."""
        return f"openai:{self._questions.model or 'default'}@{self._server.host}"

    @property
    def template(self) -> str:
        """Version of the text that the model reads."""
        return self._questions.template

    @property
    def sees_order(self) -> bool:
        """True where the model chooses a label."""
        return self._questions.template != GENERATION_TEMPLATE

    def choose(self, questions: Sequence[Choice]) -> list[ChoiceAnswer]:
        """Return one answer a question, in order, within the deadline; never raises for the server."""
        unique = list(dict.fromkeys(questions))
        if not unique:
            return []
        running = asyncio.run_coroutine_threadsafe(self._choose(unique), self._running_loop())
        try:
            answers = running.result(timeout=self.deadline + _GRACE)
        except TimeoutError:
            running.cancel()
            late = ChoiceAnswer(unavailable=f"{self._server.host}: no answer within {self.deadline:g} s")
            answers = dict.fromkeys(unique, late)
        return [answers[question] for question in questions]

    def close(self) -> None:
        """Close the connections and end the thread; it is not to be used afterwards."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._server.close(), loop).result(timeout=_GRACE)
            loop.call_soon_threadsafe(loop.stop)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of a thread of our own: connections outlive a call, whoever calls."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._slots = asyncio.Semaphore(_CONCURRENCY)
                threading.Thread(target=self._loop.run_forever, name="openai-choice", daemon=True).start()
            return self._loop

    async def _choose(self, questions: Sequence[Choice]) -> dict[Choice, ChoiceAnswer]:
        answers: dict[Choice, ChoiceAnswer] = {}
        loop = asyncio.get_running_loop()
        until = loop.time() + self.deadline
        if self._breaker.trial_is_due:
            await self._try(questions[0], min(_TRIAL, self.deadline), answers)
        elif not (self._breaker.is_open or self._questions.is_ready):
            await self._try(questions[0], self.deadline, answers)
        waiting = [q for q in questions if q not in answers]
        tasks = [asyncio.create_task(self._one(question, answers)) for question in waiting]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=max(0.0, until - loop.time()))
            for task in late:
                task.cancel()
            if late:
                self._note_lateness(answers)
        missing = ChoiceAnswer(unavailable=f"{self._server.host}: no answer within {self.deadline:g} s")
        return {question: answers.get(question, missing) for question in questions}

    def _note_lateness(self, answers: dict[Choice, ChoiceAnswer]) -> None:
        """A server that gave no answer at all within a deadline is not asked again for a while."""
        if all(answer.unavailable for answer in answers.values()):
            self._fail(f"no answer within {self.deadline:g} s", enough=True)

    async def _try(self, question: Choice, seconds: float, answers: dict[Choice, ChoiceAnswer]) -> None:
        """Ask one question alone; where it fails, the others are not asked for a while."""
        try:
            async with asyncio.timeout(seconds):
                await self._ask(question, answers, alone=True)
        except TimeoutError:
            self._fail(f"no answer within {seconds:g} s", enough=True)
            answers[question] = ChoiceAnswer(unavailable=self._why)

    async def _one(self, question: Choice, answers: dict[Choice, ChoiceAnswer]) -> None:
        async with self._slots:
            if self._breaker.is_open:
                answers[question] = ChoiceAnswer(unavailable=f"not asked, after: {self._why}")
            else:
                await self._ask(question, answers)

    async def _ask(
        self, question: Choice, answers: dict[Choice, ChoiceAnswer], *, alone: bool = False
    ) -> None:
        try:
            probabilities = await self._questions.ask(question)
        except (NoAnswerError, OutsideOptionsError) as error:
            self._fail(str(error), enough=alone)
            answers[question] = ChoiceAnswer(unavailable=self._why)
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
            self._fail(f"an answer of an unknown shape ({type(error).__name__})", enough=alone)
            answers[question] = ChoiceAnswer(unavailable=self._why)
        else:
            if probabilities:
                self._breaker.succeeded()
            answers[question] = ChoiceAnswer(probabilities)

    def _fail(self, reason: str, *, enough: bool = False) -> None:
        self._why = reason if reason.startswith(self._server.host) else f"{self._server.host}: {reason}"
        self._breaker.failed(enough=enough)
        if self._breaker.is_open:
            self._questions.forget()  # what returns may be another model
