"""Whether a service that failed is worth asking again: closed, open for a pause, then one trial."""

import time
from collections.abc import Callable


class CircuitBreaker:
    """
    Opens after *failures* in a row; after a pause it lets one trial through, whose outcome decides.

    Each trial that fails doubles the pause, up to *longest*. It holds no lock: one thread uses it.

    Args:
        failures: Failures in a row that open it, at least 1.
        pause: Seconds before the first trial.
        longest: Seconds that a pause grows to.
        clock: Monotonic seconds.
    """

    def __init__(
        self, failures: int, pause: float, longest: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = failures
        self._first_pause = pause
        self._longest = longest
        self._clock = clock
        self._failed = 0
        self._pause = pause
        self._opened_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether failures keep it open; a trial may be due all the same."""
        return self._opened_at is not None

    @property
    def trial_is_due(self) -> bool:
        """Whether it is open and its pause has passed."""
        return self._opened_at is not None and self._clock() - self._opened_at >= self._pause

    def succeeded(self) -> None:
        """Note an answer: it is closed, and its pause short again."""
        self._failed = 0
        self._pause = self._first_pause
        self._opened_at = None

    def failed(self, *, enough: bool = False) -> None:
        """Note a failure; *enough*: this one alone opens it."""
        if self._opened_at is not None:
            if self.trial_is_due:
                self._pause = min(2 * self._pause, self._longest)
                self._opened_at = self._clock()
            return
        self._failed += 1
        if enough or self._failed >= self._limit:
            self._opened_at = self._clock()
