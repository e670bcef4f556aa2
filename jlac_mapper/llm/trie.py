"""Probabilities of closed options under generation that a trie of their targets constrains."""

import math
from collections import defaultdict
from collections.abc import Sequence


def option_probabilities(
    targets: Sequence[Sequence[int]], log_probabilities: Sequence[Sequence[float]]
) -> tuple[float, ...]:
    """
    Return the probability that constrained generation writes each option.

    At each node of the trie the model's probabilities are renormalised over the tokens that the options
    still in play offer there; an option's probability is the product along its path. Where only one token
    is offered it is certain, whatever the model says. Options with the same target share its probability
    evenly.

    Args:
        targets: One list of tokens an option, none of them the beginning of another one.
        log_probabilities: Of each of those tokens, given the prompt and the tokens before it; -inf is
            allowed. Options that share a beginning may differ there by rounding: the first one counts.

    Returns:
        One probability an option, in order, summing to 1.

    Raises:
        ValueError: The shapes differ, a target is empty or the beginning of another, or a log-probability
            at a branching is not a number or above nought by more than rounding.
    """
    if [len(t) for t in targets] != [len(values) for values in log_probabilities]:
        raise ValueError("every token of every target needs one log-probability")
    if not targets or not all(targets):
        raise ValueError("every option needs a target of at least one token")
    shares = [0.0] * len(targets)
    _divide(range(len(targets)), 0, 1.0, targets, log_probabilities, shares)
    return tuple(shares)


def _divide(
    options: Sequence[int],
    depth: int,
    share: float,
    targets: Sequence[Sequence[int]],
    log_probabilities: Sequence[Sequence[float]],
    shares: list[float],
) -> None:
    """Divide the *share* that reaches a node among the options below it."""
    ended = [i for i in options if len(targets[i]) == depth]
    if ended:
        if len(ended) < len(options):
            raise ValueError("one target is the beginning of another: an end mark is missing")
        for i in ended:
            shares[i] = share / len(ended)
        return
    children: dict[int, list[int]] = defaultdict(list)
    for i in options:
        children[targets[i][depth]].append(i)
    if len(children) == 1:
        _divide(options, depth + 1, share, targets, log_probabilities, shares)
        return
    said = [log_probabilities[below[0]][depth] for below in children.values()]
    for part, below in zip(_renormalised(said), children.values(), strict=True):
        _divide(below, depth + 1, share * part, targets, log_probabilities, shares)


def _renormalised(log_probabilities: Sequence[float]) -> list[float]:
    if any(math.isnan(value) or value > 1e-3 for value in log_probabilities):
        raise ValueError("a log-probability is not a number or above nought")
    highest = max(log_probabilities)
    if highest == -math.inf:
        return [1 / len(log_probabilities)] * len(log_probabilities)
    weights = [math.exp(value - highest) for value in log_probabilities]
    return [weight / sum(weights) for weight in weights]
