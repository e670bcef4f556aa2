"""From log-probabilities of label tokens to a probability an option."""

import math
from collections.abc import Sequence

MOST_CORRECTION = 10.0
"""Nats that the correction for label bias may favour one label over another by."""

LABEL_CONTEXT = "\n"
"""What stands before a label where its token is looked up: a label after it is a token without a blank."""


class OutsideOptionsError(Exception):
    """A model's answer does not fit the options that were offered; the message says how."""


def label_probabilities(said: Sequence[float], neutral: Sequence[float]) -> tuple[float, ...]:
    """
    Return one probability an option, corrected for the model's liking for labels.

    Args:
        said: Log-probability of each label's token, up to a common constant (masking and temperature 1 do
            not matter); -inf is allowed.
        neutral: The same where the question said nothing.

    Raises:
        OutsideOptionsError: The lengths differ, a value is not a number, or no label is possible.
    """
    if len(said) != len(neutral) or not said:
        raise OutsideOptionsError(f"{len(said)} labels have a probability; expected {len(neutral)}")
    if any(math.isnan(value) or value == math.inf for value in (*said, *neutral)):
        raise OutsideOptionsError("a label's probability is not a number")
    highest = max(neutral)
    if max(said) == -math.inf or highest == -math.inf:
        raise OutsideOptionsError("no label is possible")
    liking = [max(value - highest, -MOST_CORRECTION) for value in neutral]
    corrected = [value - bias for value, bias in zip(said, liking, strict=True)]
    weights = [math.exp(value - max(corrected)) for value in corrected]
    return tuple(weight / sum(weights) for weight in weights)


def label_tokens(tokenised: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """
    Return the token of each label, given the tokens of `LABEL_CONTEXT` and the label.

    Raises:
        OutsideOptionsError: The vocabulary has no token of its own for a label.
    """
    before = {tuple(tokens[:-1]) for tokens in tokenised}
    last = tuple(tokens[-1] for tokens in tokenised if tokens)
    if len(before) != 1 or len(set(last)) != len(tokenised):
        raise OutsideOptionsError("the model's vocabulary has no single token for each label")
    return last


def require_label(text: str, token: int, labels: Sequence[str], tokens: Sequence[int]) -> None:
    """
    Check that what was written is one of the labels, and by its own token.

    Raises:
        OutsideOptionsError: It is anything else; an engine that ignored the constraint does that.
    """
    if (text, token) not in zip(labels, tokens, strict=True):
        raise OutsideOptionsError(f"the answer {text[:20]!r} is none of the labels {', '.join(labels)}")
