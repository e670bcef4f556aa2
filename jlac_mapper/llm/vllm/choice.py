"""vLLM in this process as the ChoiceModel: any local checkpoint, on a GPU or on the CPU build."""

import threading
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from jlac_mapper.errors import ModelFileError
from jlac_mapper.llm import checkpoint
from jlac_mapper.llm.choice_template import CHOICE_TEMPLATE
from jlac_mapper.llm.circuit_breaker import CircuitBreaker
from jlac_mapper.llm.generation_template import GENERATION_TEMPLATE
from jlac_mapper.llm.label_scores import OutsideOptionsError
from jlac_mapper.llm.learned_codes import read_learned
from jlac_mapper.llm.vllm.engine import Engine, Worker, require_vllm
from jlac_mapper.llm.vllm.questions import BatchFormulation, GenerationBatch, LabelBatch
from jlac_mapper.ports import Choice, ChoiceAnswer

_BATCH = 64
_PAUSE = 60.0
_LONGEST_PAUSE = 3600.0


class VllmChoice:
    """
    Asks a checkpoint that vLLM runs in a process beside this one.

    A general checkpoint chooses a label; the bundled one (its folder holds jlac_reranker.json) writes codes.
    The engine is loaded by `load`, or at the first question; one that died is loaded anew after a pause.

    Args:
        folder: A Hugging Face checkpoint; nothing is fetched.
        deadline: Seconds for one call of `choose`. Questions go to the engine in batches, and a batch that
            has begun is not stopped: its answers come too late, and the next call waits for its end.
        engine: Further arguments of `vllm.LLM`.
        pause: Seconds before an engine that died, or could not be loaded, is loaded anew; doubles to an hour.

    Raises:
        MissingExtraError: vLLM is not installed.
        ModelFileError: The folder holds no checkpoint, or ours for another version of its text.
    """

    speaks = True

    def __init__(
        self,
        folder: Path,
        *,
        deadline: float = 30.0,
        engine: Mapping[str, object] | None = None,
        pause: float = _PAUSE,
    ) -> None:
        require_vllm()
        self._folder = folder
        self._bundled = checkpoint.is_bundled(folder)
        self.deadline = deadline
        self._options = dict(engine or {})
        if self._bundled:
            self._options.setdefault("dtype", "float32")  # small, and compared with its ONNX form
        self._worker = Worker()
        self._burial = threading.Lock()
        self._engine: Engine | None = None
        self._formulation: BatchFormulation | None = None
        self._breaker = CircuitBreaker(1, pause, max(pause, _LONGEST_PAUSE))
        self._why = ""
        self._late = False
        """Whether the last call gave up waiting; until that work ends, no other call waits."""

    @cached_property
    def identity(self) -> str:
        """Adapter, folder and the beginning of the digest over its files."""
        return f"vllm:{self._folder.name} {checkpoint.digest(self._folder)[:12]}"

    @property
    def template(self) -> str:
        """Version of the text that the model reads."""
        return GENERATION_TEMPLATE if self._bundled else CHOICE_TEMPLATE

    @property
    def sees_order(self) -> bool:
        """True where the model chooses a label."""
        return not self._bundled

    def load(self) -> None:
        """
        Load the engine now; it takes half a minute or more.

        Raises:
            ModelFileError: vLLM cannot load the checkpoint.
        """
        self._worker.run(self._load)
        if self._formulation is None:
            raise ModelFileError(f"{self._folder} cannot be loaded: {self._why}")

    def choose(self, questions: Sequence[Choice]) -> list[ChoiceAnswer]:
        """Return one answer a question, in order, within the deadline; never raises for the engine."""
        until = time.monotonic() + self.deadline
        unique = list(dict.fromkeys(questions))
        answers: dict[Choice, ChoiceAnswer] = {}
        late = f"vLLM gave no answer within {self.deadline:g} s"
        worker = self._worker
        if unique and not (self._late and worker.is_busy):
            self._late = not worker.run(lambda: self._answer(unique, until, answers), until, self._has_died)
            if self._late and self._has_died():
                self._bury(worker)
        given = dict(answers)  # a batch that ends later changes nothing
        missing = ChoiceAnswer(unavailable=late if self._late else self._why or late)
        return [given.get(question, missing) for question in questions]

    def _has_died(self) -> bool:
        engine = self._engine
        return engine is not None and engine.is_dead

    def _bury(self, worker: Worker) -> None:
        """Leave a thread that waits for a dead engine to itself, and begin anew with another one."""
        with self._burial:
            if self._worker is worker:
                self._fail(RuntimeError("the engine's process ended"))
                self._worker = Worker()
                self._late = False

    def close(self) -> None:
        """End the engine's process; it is not to be used afterwards."""
        if self._engine is not None:
            self._engine.close()

    def _answer(self, questions: Sequence[Choice], until: float, answers: dict[Choice, ChoiceAnswer]) -> None:
        if self._formulation is None:
            self._load()
        for start in range(0, len(questions), _BATCH):
            if self._formulation is None or time.monotonic() >= until:
                return
            batch = questions[start : start + _BATCH]
            try:
                said = self._formulation.ask(batch)
            except Exception as error:  # whatever kills the engine: memory, a driver, a signal
                self._fail(error)
            else:
                answers.update((question, _checked(one)) for question, one in zip(batch, said, strict=True))

    def _load(self) -> None:
        if self._formulation is not None or (self._breaker.is_open and not self._breaker.trial_is_due):
            return
        try:
            engine = Engine(self._folder, self._options)
            self._engine = engine
            if self._bundled:
                learned = read_learned(self._folder / checkpoint.BUNDLED_MARK)
                self._formulation = GenerationBatch(engine, learned)
            else:
                self._formulation = LabelBatch(engine)
        except Exception as error:  # vLLM raises errors of many libraries; none may end a run
            self._fail(error)
        else:
            self._breaker.succeeded()

    def _fail(self, error: Exception) -> None:
        line = (str(error).splitlines() or [""])[0][:200]
        self._why = f"{type(error).__name__}: {line}"
        if self._engine is not None:
            self._engine.close()
        self._formulation = self._engine = None
        self._breaker.failed()


def _checked(said: tuple[float, ...] | OutsideOptionsError) -> ChoiceAnswer:
    if isinstance(said, OutsideOptionsError):
        return ChoiceAnswer(unavailable=str(said))
    return ChoiceAnswer(said)
