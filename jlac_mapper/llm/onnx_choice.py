"""The bundled small language model on ONNX Runtime: it writes codes under a trie of those on offer."""

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jlac_mapper.config import models_dir
from jlac_mapper.errors import MissingExtraError, ModelFileError
from jlac_mapper.llm.checkpoint import BUNDLED_MARK
from jlac_mapper.llm.generation_template import GENERATION_TEMPLATE, NOTHING, prompt
from jlac_mapper.llm.learned_codes import Learned, is_learned
from jlac_mapper.llm.trie import option_probabilities
from jlac_mapper.ports import Choice, ChoiceAnswer

MODEL_FILE, TOKENIZER_FILE = "model.onnx", "tokenizer.json"
DIGESTED = ("config.json", "tokenizer.json", "model.safetensors", "model.onnx")
"""Files of the digest, in its order."""

UNKNOWN = "<unk>"

_BATCH_TOKENS = 4096
_BATCH_ROWS = 128
_NO_OPINION = ChoiceAnswer()
_LATE = ChoiceAnswer(unavailable="the bundled model did not answer in time")

Sequences = Sequence[tuple[int, ...]]
Scores = dict[tuple[int, ...], Any]
"""Token numbers so far -> log-probability of each element as the next token."""


class _Session:
    """A session of ONNX Runtime that a copy of this process opens anew: threads are not copied with it."""

    def __init__(self, onnxruntime: Any, path: Path) -> None:
        self._onnxruntime = onnxruntime
        self._path = path
        # One that is left stays: taken down in a copy, it would wait for threads that are not there.
        self._sessions: list[Any] = []
        self._open(threads=0)

    def _open(self, *, threads: int) -> None:
        settings = self._onnxruntime.SessionOptions()
        settings.log_severity_level = 4  # failures come back as exceptions; nothing goes to the terminal
        settings.enable_cpu_mem_arena = False  # the arena would keep the largest batch for good
        settings.intra_op_num_threads = threads
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = self._onnxruntime.InferenceSession(
            str(self._path), settings, providers=["CPUExecutionProvider"]
        )
        self._sessions.append(session)
        self._process = os.getpid()

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, Any]) -> Any:
        if self._process != os.getpid():
            self._open(threads=1)  # the other cores have copies of their own
        return self._sessions[-1].run(outputs, inputs)


class OnnxChoice:
    """
    A ChoiceModel that reads the row and scores the code of every option.

    It has no opinion where a measurand is on offer that it never learned, and on two identifications of one
    measurand when it never learned one of them.
    """

    template = GENERATION_TEMPLATE
    speaks = True
    sees_order = False

    def __init__(
        self,
        session: Any,
        numbers: Mapping[str, int],
        mark: Mapping[str, Any],
        *,
        deadline: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Keep a loaded model.

        Args:
            session: An ONNX Runtime session of what `training/reranker_onnx.py` writes.
            numbers: Token -> its number, as in its tokenizer.json.
            mark: The content of jlac_reranker.json.
            deadline: Seconds for a call of `choose`; questions left then come back unavailable.
            clock: Seconds that only rise.
        """
        self._session = session
        self._numbers = dict(numbers)
        self._unknown = self._numbers[UNKNOWN]
        self._learned: Learned = {m: frozenset(i) for m, i in mark["learned"].items()}
        self._first = int(mark["first_element"])
        self._deadline = deadline
        self._clock = clock
        self._identity = f"onnx:{mark['name']}@{mark['digest'][:12]}"

    @classmethod
    def load(
        cls,
        folder: Path | None = None,
        *,
        deadline: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> "OnnxChoice":
        """
        Read a model folder; the shipped one when not given. See the constructor for *deadline* and *clock*.

        Raises:
            MissingExtraError: ONNX Runtime is not installed.
            ModelFileError: A file is missing or damaged, or the model was trained for another text.
        """
        try:
            import onnxruntime
        except ImportError as error:
            raise MissingExtraError(
                "the bundled language model needs ONNX Runtime; install it with: "
                "pip install 'jlac-mapper[cpu]'"
            ) from error
        folder = folder or models_dir() / "reranker"
        try:
            mark = json.loads((folder / BUNDLED_MARK).read_text(encoding="utf-8"))
            found = digest(folder)
            if mark["template"] != GENERATION_TEMPLATE:
                raise ModelFileError(
                    f"{folder} was trained for the text {mark['template']}; this is {GENERATION_TEMPLATE}"
                )
            if found != mark["digest"]:
                raise ModelFileError(
                    f"{folder}: the files have digest {found[:12]}, {BUNDLED_MARK} says "
                    f"{str(mark['digest'])[:12]}; copy or train the model again"
                )
            session = _Session(onnxruntime, folder / MODEL_FILE)
            numbers = read_numbers(folder / TOKENIZER_FILE)
            return cls(session, numbers, mark, deadline=deadline, clock=clock)
        except ModelFileError:
            raise
        except Exception as error:  # ONNX Runtime's exceptions have no common class of their own
            line = " ".join(str(error).split())[:200]
            raise ModelFileError(f"{folder} holds no usable language model: {line}") from error

    @property
    def identity(self) -> str:
        """Adapter, model and the beginning of its digest, for provenance."""
        return self._identity

    def choose(self, questions: Sequence[Choice]) -> list[ChoiceAnswer]:
        """Return one answer a question, in order; see `ports.ChoiceModel`."""
        ends = self._clock() + self._deadline
        try:
            return self._choose(questions, ends)
        except Exception as error:
            line = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            return [ChoiceAnswer(unavailable=f"the bundled model failed: {line}")] * len(questions)

    def _choose(self, questions: Sequence[Choice], ends: float) -> list[ChoiceAnswer]:
        read = [self.read(q) if is_learned(q, self._learned) else None for q in questions]
        asked = {ids for ids in read if ids is not None}
        for question, ids in zip(questions, read, strict=True):
            if ids is not None:
                asked |= {(*ids, self._numbers[m]) for m in _branching(question)}
        scores = self._score(asked, ends)
        return [
            _NO_OPINION if ids is None else self._answer(question, ids, scores)
            for question, ids in zip(questions, read, strict=True)
        ]

    def read(self, question: Choice) -> tuple[int, ...]:
        """Return the token numbers that the model reads of a question."""
        return tuple(self._numbers.get(word, self._unknown) for word in prompt(question).split(" "))

    def _answer(self, question: Choice, ids: tuple[int, ...], scores: Scores) -> ChoiceAnswer:
        shared = _branching(question)
        targets: list[list[int]] = []
        said: list[list[float]] = []
        after = {measurand: (*ids, self._numbers[measurand]) for measurand in shared}
        if ids not in scores or any(key not in scores for key in after.values()):
            return _LATE
        for option in question.options:
            tokens = [self._numbers[option.measurand or NOTHING]]
            values = [float(scores[ids][tokens[0] - self._first])]
            if option.measurand in shared:
                tokens.append(self._numbers[f"I{option.identification}"])
                values.append(float(scores[after[option.measurand]][tokens[1] - self._first]))
            targets.append(tokens)
            said.append(values)
        try:
            return ChoiceAnswer(option_probabilities(targets, said))
        except ValueError as error:
            return ChoiceAnswer(unavailable=f"the bundled model's answer cannot be used: {error}")

    def _score(self, sequences: set[tuple[int, ...]], ends: float) -> Scores:
        """Return what comes next after each sequence, as far as there is time."""
        scores: Scores = {}
        for batch in _batches(sorted(sequences, key=lambda ids: (len(ids), ids))):
            if self._clock() >= ends:
                break
            padded = np.zeros((len(batch), max(map(len, batch))), np.int64)
            for row, ids in enumerate(batch):
                padded[row, : len(ids)] = ids
            last = np.array([len(ids) - 1 for ids in batch], np.int64)
            (said,) = self._session.run(None, {"ids": padded, "last": last})
            scores.update(zip(batch, said, strict=True))
        return scores


def read_numbers(path: Path) -> dict[str, int]:
    """Return token -> its number, of a tokenizer.json that knows words only (else ModelFileError)."""
    model = json.loads(path.read_text(encoding="utf-8"))["model"]
    if model["type"] != "WordLevel":
        raise ModelFileError(f"{path} holds a {model['type']} tokenizer; expected words")
    return {str(token): int(number) for token, number in model["vocab"].items()}


def digest(folder: Path) -> str:
    """Return the SHA-256 over the files of `DIGESTED`, in that order."""
    total = hashlib.sha256()
    for name in DIGESTED:
        with (folder / name).open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def _branching(question: Choice) -> set[str]:
    """Return the measurands on offer in several identifications."""
    counts = Counter(
        measurand for measurand, _ in {(o.measurand, o.identification) for o in question.options}
    )
    return {measurand for measurand, count in counts.items() if count > 1 and measurand}


def _batches(ordered: Sequences) -> Iterator[Sequences]:
    """Cut sequences of rising length into batches of a limited size, padding included."""
    start = 0
    while start < len(ordered):
        end = start + 1
        while (
            end < len(ordered)
            and end - start < _BATCH_ROWS
            and (end + 1 - start) * len(ordered[end]) <= _BATCH_TOKENS
        ):
            end += 1
        yield ordered[start:end]
        start = end
