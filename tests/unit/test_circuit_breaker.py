"""When a service that failed is asked again."""

from jlac_mapper.llm.circuit_breaker import CircuitBreaker


class Seconds:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_only_failures_in_a_row_open_it() -> None:
    breaker = CircuitBreaker(3, 5.0, 60.0, Seconds())
    for outcome in (breaker.failed, breaker.failed, breaker.succeeded, breaker.failed, breaker.failed):
        outcome()
    assert not breaker.is_open
    breaker.failed()
    assert breaker.is_open


def test_one_failure_that_is_enough_opens_it() -> None:
    breaker = CircuitBreaker(3, 5.0, 60.0, Seconds())
    breaker.failed(enough=True)
    assert breaker.is_open


def test_a_trial_is_due_after_the_pause_and_a_failed_one_doubles_it_up_to_the_longest() -> None:
    clock = Seconds()
    breaker = CircuitBreaker(1, 5.0, 15.0, clock)
    breaker.failed()
    waited = []
    for _ in range(4):
        began = clock.now
        while not breaker.trial_is_due:
            clock.now += 1.0
        waited.append(clock.now - began)
        breaker.failed()
    assert waited == [5.0, 10.0, 15.0, 15.0]


def test_late_failures_of_what_was_asked_before_it_opened_do_not_lengthen_the_pause() -> None:
    clock = Seconds()
    breaker = CircuitBreaker(1, 5.0, 60.0, clock)
    for _ in range(10):
        breaker.failed()
    clock.now += 5.0
    assert breaker.trial_is_due


def test_a_trial_that_succeeds_closes_it_and_the_next_pause_is_short_again() -> None:
    clock = Seconds()
    breaker = CircuitBreaker(1, 5.0, 60.0, clock)
    breaker.failed()
    clock.now += 5.0
    breaker.failed()
    clock.now += 10.0
    breaker.succeeded()
    assert not breaker.is_open
    breaker.failed()
    clock.now += 5.0
    assert breaker.trial_is_due
