"""The tokenizer of the small language model: pairs of characters, single ones, and the elements of codes."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from jlac_mapper.llm.generation_template import ENDS, NOTHING

PADDING, UNKNOWN = "<pad>", "<unk>"
CODES = "[A-Z][0-9]{4}|[0-9][A-Z][0-9]{3}"
"""An element of a target, JLAC11's or JLAC10's; prompts hold no ASCII capitals."""


def vocabulary_of(prompts: Iterable[str], targets: Iterable[str], least: int = 5) -> list[str]:
    """
    Return the tokens that prompts and targets are made of.

    A pair seen fewer than *least* times is unknown; its characters stand beside it.
    """
    words = Counter(word for prompt in prompts for word in prompt.split(" "))
    known = sorted(word for word, count in words.items() if len(word) == 1 or count >= least)
    elements = sorted({element for target in targets for element in elements_of(target)})
    return [PADDING, UNKNOWN, *elements, *known]


def elements_of(target: str) -> tuple[str, ...]:
    """Return the tokens of a target: C1003I0000 is C1003, I0000."""
    return (target,) if target == NOTHING else (target[:5], target[5:])


def element_bounds(tokens: Sequence[str]) -> tuple[int, int]:
    """
    Return the first token that is an element of a code, and the one after the last.

    Raises:
        ValueError: They are no neighbours.
    """
    found = [i for i, token in enumerate(tokens) if re.fullmatch(CODES, token)]
    if not found or found[-1] - found[0] + 1 != len(found):
        raise ValueError("the elements of codes must be neighbours among the tokens")
    return found[0], found[-1] + 1


def build(tokens: Sequence[str]) -> Any:
    """Return the transformers tokenizer over these tokens."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    numbers = {token: i for i, token in enumerate(tokens)}
    if len(numbers) < len(tokens) or not numbers.keys() >= set(ENDS.values()):
        raise ValueError("tokens must differ, and the end marks must be among them")
    splitter = Tokenizer(models.WordLevel(numbers, unk_token=UNKNOWN))
    splitter.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(CODES), "isolated"), pre_tokenizers.WhitespaceSplit()]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=splitter,
        pad_token=PADDING,
        unk_token=UNKNOWN,
        clean_up_tokenization_spaces=False,
    )


def encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Return the token numbers of each text."""
    return [list(found.ids) for found in tokenizer.backend_tokenizer.encode_batch(list(texts))]
